"""What a campaign teaches the scorer, and what another plan would have brought: nothing that came later, nothing twice."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from reviewed import plan_of, results_of

from mktlib.errors import DataError
from mktlib.measurement import learn_from, review_campaign
from mktlib.measurement.versus import evenly, placed
from mktlib.results import Plan
from mktlib.scoring import ContentScorer
from mktlib.vocabulary import load_tables

# ---------------------------------------------------------------- what was learnt, and the other plan


def past(n: int = 40) -> pd.DataFrame:
    rng = np.random.default_rng(12)
    frame = pd.DataFrame({"segment": rng.choice(["a", "b"], n), "channel": rng.choice(["display", "email"], n)})
    frame["content_type"] = np.where(frame["channel"] == "email", "newsletter", rng.choice(["banner", "story"], n))
    frame = frame.assign(stage="decision", style="playful", length="short", content_id=[f"old{k}" for k in range(n)])
    size, mail = rng.integers(300, 3000, n), frame["channel"] == "email"
    frame["date"] = (pd.Timestamp("2026-08-01") + pd.to_timedelta(rng.integers(0, 60, n), unit="D")).strftime("%Y-%m-%d")
    clicks = rng.binomial(size, np.where(mail, 0.1, 0.025))
    return frame.assign(clicks=clicks, impressions=np.where(mail, np.nan, size), delivered=np.where(mail, size, np.nan))


@pytest.fixture(scope="module")
def lesson() -> Any:
    return learn_from(ContentScorer(priors="flat").fit(past()), past(), results_of(), plan=plan_of())


def later(how: str, frame: pd.DataFrame, column: str, day: str) -> pd.DataFrame:
    """The same frame with the rows after a day gone, shuffled or spoilt."""
    after = pd.to_datetime(frame[column]) > pd.Timestamp(day)
    if how == "gone":
        return frame[~after]
    if how == "shuffled":
        return pd.concat([frame[after].sample(frac=1, random_state=3), frame[~after]])
    out = frame.astype(dict.fromkeys(["clicks", "impressions", "delivered", "segment"], object))
    out.loc[after, ["clicks", "impressions"]] = ["#REF!", np.nan]
    out.loc[after, "segment"] = "a segment of the future"
    return out


@pytest.mark.parametrize("how", ["gone", pytest.param("shuffled", marks=pytest.mark.slow), "spoilt"])
def test_nothing_that_came_later_is_read(how: str) -> None:
    log = pd.concat([past(), past(8).assign(date="2026-11-20", content_id=[f"new{k}" for k in range(8)], segment="b")], ignore_index=True)
    results = pd.concat([results_of(), results_of(week="2026-11-09", segment="b", item=["P7", "P8", "P9"])], ignore_index=True)
    scorer, plan = ContentScorer(priors="flat"), plan_of()
    whole = learn_from(scorer, log, results, plan=plan, as_of="2026-10-31")
    other = learn_from(
        scorer, later(how, log, "date", "2026-10-31"), later(how, results, "week", "2026-10-31"), plan=plan, as_of="2026-10-31"
    )
    for post in ("scorer", "before"):
        for key, value in getattr(whole, post).posterior_.to_arrays().items():
            assert np.asarray(value).tobytes() == np.asarray(getattr(other, post).posterior_.to_arrays()[key]).tobytes()
    pd.testing.assert_frame_equal(whole.table, other.table, check_exact=True)
    assert whole.scorer.levels_["segment"].tolist() == ["a", "b"]
    assert whole.facts["rows"] == 3
    assert whole.facts["later"] == 11
    assert {**whole.facts, "later": 0} == {**other.facts, "later": 0}


def test_a_week_is_known_when_it_is_over_and_rows_without_a_day_are_left_out() -> None:
    scorer = ContentScorer(priors="flat").fit(past())
    with pytest.raises(DataError) as caught:
        learn_from(scorer, past(), results_of(), plan=plan_of(), as_of="2026-10-10")
    assert list(caught.value.codes) == ["E_NO_RESULTS_YET"]
    some = learn_from(scorer, past(), results_of(week=["2026-10-05", None, "2026-10-05"]), plan=plan_of(), as_of="2026-10-11")
    assert some.facts["rows"] == 2
    assert [f.code for f in some.findings] == ["E_NO_DAY"]
    with pytest.raises(DataError):
        learn_from(scorer, past(), results_of(), plan=plan_of(), as_of="soon")


def test_days_written_the_french_way_are_not_read_as_months() -> None:
    scorer = ContentScorer(priors="flat").fit(past())
    weeks = ["05/10/2026", "19/10/2026", "02/11/2026"]  # month first, the last one would be known in February
    some = learn_from(scorer, past(), results_of(week=weeks), plan=plan_of(), as_of="2026-10-31")
    assert (some.facts["rows"], some.facts["later"]) == (2, 1)
    for wrong in (["02/11/2026"] * 3, [1, 2, 3], ["soon"] * 3):
        with pytest.raises(DataError):
            learn_from(scorer, past(), results_of(week=wrong), plan=plan_of(), as_of="2026-10-31")


@pytest.mark.parametrize("length", [None, "", "medium"])
def test_an_axis_that_the_log_does_not_have_splits_no_cell(length: str | None) -> None:
    """A plan made without lengths writes "any": the log's own pieces stay in the same cells, whatever it writes there (None: no column)."""
    log = past().drop(columns="length") if length is None else past().assign(length=length)
    plan = dataclasses.replace(plan_of(), table=plan_of().table.assign(length="any"))
    some = learn_from(ContentScorer(priors="flat").fit(log), log, results_of(), plan=plan)
    seen = {("a", "display"): 900, ("b", "display"): 2100, ("a", "email"): 500}
    assert int(some.table["run"].sum()) == len(seen)
    for (segment, channel), came in seen.items():
        kind = "newsletter" if channel == "email" else "banner"
        row = some.table.set_index(["segment", "channel", "content_type"]).sort_index().loc[[(segment, channel, kind)]]
        old = log[(log["segment"] == segment) & (log["channel"] == channel) & (log["content_type"] == kind)]
        assert row["exposure_before"].tolist() == [old["impressions"].fillna(old["delivered"]).sum()]
        assert row["exposure"].tolist() == [row["exposure_before"].iloc[0] + came]
    assert some.findings == ()


def test_levels_that_the_log_cannot_place_are_said() -> None:
    without = past().drop(columns="length")
    told = learn_from(ContentScorer(priors="flat").fit(without), without, results_of(length=["short", "long", "short"]), plan=plan_of())
    assert [f.code for f in told.findings] == ["E_AXIS_NOT_LEARNT"]
    two = past().assign(length=["short", "long"] * 20)
    told = learn_from(ContentScorer(priors="flat").fit(two), two, results_of(length="any"), plan=plan_of())
    assert [(f.code, f.found) for f in told.findings] == [("E_AXIS_APART", "3")]


def test_rows_twice_teach_once_and_rows_without_a_count_are_said(lesson: Any) -> None:
    twice = learn_from(lesson.before, past(), pd.concat([results_of(), results_of()]), plan=plan_of())
    assert [f.code for f in twice.findings] == ["E_TRACK_TWICE"]
    pd.testing.assert_frame_equal(twice.table, lesson.table)
    blank = learn_from(lesson.before, past(), results_of(clicks=[15, 80, None]), plan=plan_of())
    assert [f.code for f in blank.findings] == ["E_MISSING_COUNT"]
    with pytest.raises(DataError) as caught:
        learn_from(None, past(), results_of(), plan="plan", tables="x")  # type: ignore[arg-type]
    assert {f.column for f in caught.value.findings} == {"scorer", "plan", "tables"}


def test_results_or_a_log_with_other_columns_are_refused_and_never_teach_nothing_in_silence(lesson: Any) -> None:
    for log, came, code in (
        (past(), results_of().rename(columns={"clicks": "clics"}), "E_MISSING_COLUMN"),
        (past(), results_of().rename(columns={"impressions": "views", "delivered": "sent"}), "E_MISSING_COLUMN"),
        (past().rename(columns={"clicks": "k"}), results_of(), "E_MISSING_COLUMN"),
        (past(), results_of(clicks=[1500, 80, 40]), "E_CLICKS_GT_IMPRESSIONS"),
    ):
        with pytest.raises(DataError) as caught:
            learn_from(lesson.before, log, came, plan=plan_of())
        assert set(caught.value.codes) == {code}
    strange = learn_from(lesson.before, past(), results_of(item=["P1", "P1", "Z9"]), plan=plan_of())
    assert [f.code for f in strange.findings] == ["E_LEARN_UNKNOWN"]
    more = learn_from(lesson.before, past(), results_of(revenue="n/a").rename(columns={"owner": 0}), plan=plan_of())
    pd.testing.assert_frame_equal(more.table, lesson.table)


def test_learning_adds_the_results_once_and_leaves_the_scorer_as_it_was(lesson: Any) -> None:
    counted = lesson.scorer.evidence_["exposure"].sum() - lesson.before.evidence_["exposure"].sum()
    assert counted == 900 + 2100 + 500
    assert lesson.before is not lesson.scorer
    ran = lesson.table[lesson.table["run"]]
    assert (ran["opinion"] <= ran["opinion_before"]).all()
    assert lesson.facts["run"] == 3
    again = learn_from(
        lesson.before, pd.concat([past(), results_of(content_id=["P1", "P1", "P2"], date="2026-10-11")]), results_of(), plan=plan_of()
    )
    assert "E_TAUGHT_TWICE" in [f.code for f in again.findings]


def test_a_plan_beside_itself_differs_by_nothing_and_beside_another_as_its_draws_say(lesson: Any) -> None:
    plan = plan_of()
    same = review_campaign(plan, results_of(), learnt=lesson, against=plan).facts["versus"]
    assert (same["difference"], same["low"], same["high"], same["grade"]) == (0.0, 0.0, 0.0, "too_early")
    other = plan_of(exposure=[2000.0, 1000.0, 500.0], value=[40.0, 30.0, 50.0], spend=[20.0, 10.0, 2.0])
    got = review_campaign(plan, results_of(), learnt=lesson, against=other).facts["versus"]
    cells = placed(plan).astype({"stage": "str"})
    rates = lesson.scorer.draws(cells[list(lesson.scorer.by_)], 20_000, random_state=1)
    by_hand = rates[:, 0] * (1000 - 2000) + rates[:, 1] * (2000 - 1000)
    assert abs(got["difference"] - by_hand.mean()) < 4 * by_hand.std() / np.sqrt(2000)
    assert got["grade"] != "shown"


@pytest.mark.parametrize(
    ("columns", "column"),
    [({c: [np.nan, 1.0, 1.0]}, c) for c in ("exposure", "rate", "value", "spend")]
    + [({"exposure": ["x", "1", "2"]}, "exposure"), ({"value": np.inf}, "value"), ({"segment": [None, "a", "b"]}, "segment")]
    + [({"item": ["P1", "P1", "P9"]}, "item")],
)
def test_another_plan_that_cannot_be_valued_is_refused(lesson: Any, columns: dict[str, Any], column: str) -> None:
    with pytest.raises(DataError) as caught:
        review_campaign(plan_of(), results_of(), learnt=lesson, against=plan_of(**columns))
    assert column in {f.column for f in caught.value.findings}


def test_a_plan_in_another_currency_is_not_put_beside(lesson: Any) -> None:
    other = plan_of()
    other = Plan(
        table=other.items, schedule=other.schedule, limits=other.limits, tests=other.tests, facts={**other.facts, "currency": "USD"}
    )
    with pytest.raises(DataError) as caught:
        review_campaign(plan_of(), results_of(), learnt=lesson, against=other)
    assert [f.found for f in caught.value.findings] == ["click_rate, USD"]


def test_value_of_cells_nobody_has_shown_is_called_opinion(lesson: Any) -> None:
    other = plan_of(segment=["z", "z", "z"])
    got = review_campaign(plan_of(), results_of(), learnt=lesson, against=other).facts["versus"]
    assert got["opinion_other"] > got["opinion_plan"]
    assert got["opinion_other"] > 0.5


def test_the_even_plan_spends_the_same_and_leaves_messages_and_what_is_free() -> None:
    rows = placed(plan_of(channel=["display", "paid_social", "email"]))
    even = evenly(rows, load_tables())
    assert even["spend"].tolist() == [15.0, 15.0, 2.0]
    assert even["exposure"].tolist() == [1500.0, 1500.0, 500.0]


# ---------------------------------------------------------------- four quarters


@pytest.mark.slow
def test_learning_lowers_regret_over_four_quarters() -> None:
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))
    import quarters

    regret = quarters.wide(quarters.played(4))
    assert regret["learning", 4].mean() < regret["frozen", 4].mean()
    assert regret["learning", 4].mean() < regret["learning", 1].mean()
    assert (regret["learning", 1] == regret["frozen", 1]).all()
