"""A table that lies in a file is read as the same table in memory; a day that could be two is asked, not guessed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import mktlib as mk
from mktlib.errors import DataError
from mktlib.intake import frame_of
from mktlib.intake.inputs import settled

RNG = np.random.default_rng(3)
PEOPLE = pd.DataFrame({"arm": RNG.integers(0, 2, 600), "clicked": RNG.integers(0, 2, 600), "city": RNG.choice(["NA", "Lyon"], 600)})
SHOPS = pd.DataFrame(
    [(f"Shop {s}", pd.Timestamp("2026-05-04") + pd.Timedelta(weeks=w), 100 + 7 * s + (w * s) % 5, s < 4 and w > 8)
     for s in range(12) for w in range(14)], columns=["shop", "week", "sales", "poster"],
)  # fmt: skip
PLAN = mk.load_plan(mk.sample_path("plan"))
RESULTS = mk.load_sample("results")

ASKED = {
    "compare": (PEOPLE, lambda data: mk.compare(data, metric="clicked", arm="arm", control=0, look="fixed")),
    "uplift": (PEOPLE, lambda data: mk.uplift(data, treatment="arm", outcome="clicked", by=["city"])),
    "did": (SHOPS, lambda data: mk.difference_in_differences(data, unit="shop", time="week", outcome="sales", treated="poster")),
    "track": (RESULTS, lambda data: mk.track_campaign(PLAN, data, as_of="2026-10-19")),
    "review": (RESULTS.drop(columns=["due", "published"]), lambda data: mk.review_campaign(PLAN, data)),
}


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize("name", ASKED)
def test_a_file_says_what_its_table_says(name, kind, tmp_path):
    frame, asked = ASKED[name]
    path = tmp_path / f"it's [1].{kind}"
    frame.to_csv(path, index=False) if kind == "csv" else frame.to_parquet(path, index=False)
    for given in (path, str(path)) if kind == "csv" else (path,):
        pd.testing.assert_frame_equal(asked(given).table, asked(frame).table)


@pytest.mark.parametrize("name", ASKED)
def test_a_file_that_is_not_there_is_named(name, tmp_path):
    with pytest.raises(DataError) as refused:
        ASKED[name][1](tmp_path / "gone.csv")
    assert [(f.code, f.file) for f in refused.value.findings] == [("E_NO_FILE", "gone.csv")]


def test_only_whole_columns_of_numbers_are_numbers(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("n,code,name,yes,far,some,half,id\n1,007,NA,TRUE,1e-05,,true,12345678901234567890\n-2.5,12,x,false,0.1,,,1\n")
    frame = frame_of(path)
    said = frame.astype(object).where(frame.notna(), None).to_dict("list")
    assert said == {
        "n": [1.0, -2.5], "code": ["007", "12"], "name": ["NA", "x"], "yes": [True, False], "far": [1e-05, 0.1], "some": [None, None],
        "half": ["true", None], "id": ["12345678901234567890", "1"],
    }  # fmt: skip


def test_a_day_that_could_be_two_is_asked():
    """05/11/2026 was read as the 11th of May."""
    expected = 'as_of="2026-11-05" / as_of="2026-05-11"'
    scorer = mk.ContentScorer(by=("style",), priors="flat")
    log = pd.DataFrame({"date": ["2026-01-05"], "style": ["playful"], "clicks": [60], "impressions": [1000]})
    for asked in (
        lambda day: mk.track_campaign(PLAN, RESULTS, as_of=day),
        lambda day: mk.learn_from(scorer, log, RESULTS, plan=PLAN, as_of=day),
    ):
        for day in ("05/11/2026", "05-11-2026", " 05.11.2026"):
            with pytest.raises(DataError) as refused:
                asked(day)
            assert [(f.code, f.column, f.expected) for f in refused.value.findings] == [("E_OPTION", "as_of", expected)], day


@pytest.mark.parametrize("day", ["05 11 2026", "5/11", "05/11/2026 10:00", "99/99/2026"])
def test_other_days_that_nobody_can_be_sure_of(day):
    assert settled(day)[1][0].code == "E_OPTION"


def test_a_day_that_settles_its_order_is_read():
    seen = [mk.track_campaign(PLAN, RESULTS, as_of=day).facts for day in ("19/10/2026", "2026-10-19")]
    assert seen[0] == seen[1]


def test_money_of_results_has_either_name():
    frame = RESULTS.rename(columns={"actual_spend": "spend"})
    one, other = mk.review_campaign(PLAN, RESULTS), mk.review_campaign(PLAN, frame)
    assert one.facts["actual_spend"] > 0
    assert other.facts["actual_spend"] == one.facts["actual_spend"]
    both = mk.review_campaign(PLAN, RESULTS.assign(spend=1.0))
    assert both.facts["actual_spend"] == one.facts["actual_spend"]
