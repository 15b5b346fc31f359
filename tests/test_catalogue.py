"""The catalogue of bad input, B01 to B64: where each promise is kept, and how many there are, as README says."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
KEPT: dict[str, list[str]] = {  # beyond the files of tests/cases, which bear their number
    "B19": ["test_reading.py::test_a_name_is_that_name", "test_engines.py"],
    "B20": ["test_reading.py::test_what_is_too_large_says_which_line_and_which_limit"],
    "B24": ["test_reading.py::test_identities_that_were_floats_are_refused"],
    "B36": ["test_scoring.py::test_a_word_that_nobody_knows_is_refused_where_it_is_asked_for"],
    "B37": ["test_reading.py::test_shares_are_written_in_one_way"],
    "B39": ["test_intake.py::test_integers_that_no_float_holds_stay_exact_and_money_stays_money"],
    "B51": ["test_intake.py::test_tags_stand_beside_the_log_and_never_multiply_it"],
    "B52": [
        "test_addresses.py::test_each_row_is_kept_or_left_out_for_a_reason",
        "test_addresses.py::test_nobody_who_left_comes_out_and_nobody_twice",
    ],
    "B53": [
        "test_programme.py::test_a_cap_holds_across_campaigns_channels_and_a_month_boundary_in_local_time",
        "test_planned_sends.py::test_a_plan_that_breaks_a_cap_with_what_was_already_sent_is_refused",
    ],
    "B55": ["test_reporting.py::test_hostile_text_stays_text"],
    "B56": ["test_wording.py::test_a_csv_that_no_spreadsheet_runs", "test_outputs.py::test_a_workbook_holds_typed_text_and_numbers_only"],
    "B57": ["test_charts.py::test_hostile_labels_are_drawn_as_text"],
    "B59": ["test_workbooks.py::test_what_is_hostile_or_unreadable_is_refused_by_name"],
    "B60": ["test_workbooks.py::test_what_is_hostile_or_unreadable_is_refused_by_name"],
    "B61": ["test_workbooks.py::test_formulas_without_a_value_are_named_with_their_cells"],
    "B62": ["test_outputs.py::test_every_name_becomes_one_file_inside", "test_outputs.py::test_a_way_out_is_refused"],
    "B63": ["test_scoring.py::test_a_stored_scorer_with_entries_put_in_or_taken_out_is_refused"],
    "B64": [
        "test_fetching.py::test_what_may_not_be_asked_is_refused_and_nothing_is_sent",
        "test_fetching.py::test_a_name_that_leads_to_a_private_address_is_refused",
        "test_fetching.py::test_redirects_are_checked_anew_each_time",
        "test_fetching.py::test_what_never_ends_is_left",
    ],
}
ELSEWHERE: dict[str, str] = {}
NUMBERS = [f"B{n:02d}" for n in range(1, 65)]
CASES = tomllib.loads((TESTS / "cases" / "expected.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("number", NUMBERS)
def test_each_number_is_kept_somewhere_or_said_to_be_open(number: str) -> None:
    files = [name for name in CASES if name.startswith(number)]
    if number in ELSEWHERE:
        assert not files
        assert number not in KEPT
        return
    assert files or number in KEPT
    for place in KEPT.get(number, []):
        file, _, name = place.partition("::")
        assert f"def {name}" in (TESTS / file).read_text(encoding="utf-8")


def test_readme_says_how_many() -> None:
    said = re.search(r"(\d+) of its 64 cases", (TESTS.parent / "README.md").read_text(encoding="utf-8"))
    assert said
    assert int(said[1]) == len(NUMBERS) - len(ELSEWHERE)
