"""The samples come again from their seed, and what was planted in them can be seen."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from mktlib.intake import tally
from mktlib.simulate import World, load_sample, load_truth, sample_path, write_samples
from mktlib.simulate.world import AXES, pieces

COLUMNS = {
    "content_log": "brand network placement objective margin content_id impressions delivered clicks",
    "audience": "preferred_format preferred_length question_asked consent_date consent_source",
    "sends": "channel delivered clicks unsubscribes",
    "results": "status owner due published planned_spend actual_spend",
}


@pytest.fixture(scope="module")
def truth():
    return load_truth()


def test_they_are_written_again_byte_for_byte_and_stay_small(tmp_path):
    for path in write_samples(tmp_path):
        assert path.read_bytes() == sample_path(path.name).read_bytes(), path.name
    assert sum(p.stat().st_size for p in sample_path("").rglob("*") if p.is_file()) < 4_000_000


@pytest.mark.parametrize("name", COLUMNS)
def test_they_have_the_columns_that_were_promised(name):
    assert set(COLUMNS[name].split()) <= set(load_sample(name).columns)


def test_clicks_follow_the_truth():
    world, log = World(), load_sample("content_log")
    cells = log[list(AXES)].drop_duplicates()
    rate = pd.Series(expit(world.click_logit(cells)), pd.MultiIndex.from_frame(cells))
    exposure = log["impressions"].fillna(log["delivered"]).astype(float)
    expected = (exposure * rate.reindex(pd.MultiIndex.from_frame(log[list(AXES)])).to_numpy()).sum()
    assert log["clicks"].sum() == pytest.approx(expected, rel=0.02)  # 580 pieces of sd 0.12, unequal: about 1 % of luck
    assert len(pieces(world)) >= log["content_id"].nunique()


def test_a_segment_looks_best_on_three_conversions(truth):
    raw = tally(load_sample("content_log"), by=("segment",), metric="conversion_rate").set_index("segment")
    first = (raw["count"] / raw["exposure"]).idxmax()
    true = truth["segments"]["conversion_rate"]
    assert first == truth["planted"]["three_conversions"]["segment"]
    assert raw.loc[first, "count"] == 3
    assert max(true, key=true.get) != first


def test_two_types_reverse_when_segments_are_pooled(truth):
    planted = truth["planted"]["simpson"]
    log = load_sample("content_log")
    two = log[log["content_type"].isin(planted["content_types"])]

    def rates(by):
        part = tally(two, by=by).set_index(list(by))
        return (part["count"] / part["exposure"]).unstack("content_type") if len(by) > 1 else part["count"] / part["exposure"]  # noqa: PD010

    ahead, behind = planted["content_types"]
    pooled, within = rates(("content_type",)), rates(("segment", "content_type"))
    tiny = truth["planted"]["three_conversions"]["segment"]
    assert pooled[ahead] < pooled[behind]
    assert (within[ahead] > within[behind]).drop(tiny).all()


def test_frequency_is_confounded_with_engagement(truth):
    sends = load_sample("sends").merge(load_sample("audience")[["member_id", "engaged"]], on="member_id")
    sends["month"] = sends["at" if "at" in sends else "sent_at"].dt.month
    sends["mails"] = sends.groupby(["member_id", "month"])["message_id"].transform("size")
    few, many = sends["mails"] <= 2, sends["mails"] >= 4
    naive = sends["clicks"][many].mean() / sends["clicks"][few].mean()
    assert truth["planted"]["email_frequency"]["effect_per_mail"] < 0
    assert naive > 1.2  # looks as if more mail made more clicks
    engaged = sends["engaged"] == 1
    assert sends["clicks"][many & engaged].mean() / sends["clicks"][few & engaged].mean() < naive


def test_one_week_goes_wrong(truth):
    mentions, buzz = load_sample("mentions"), truth["planted"]["bad_buzz"]
    day = mentions["at"].dt.tz_localize(None).dt.normalize()
    bad = day.between(buzz["first"], buzz["last"])
    assert bad.sum() / 7 > 3 * (~bad).sum() / 358
    assert (mentions["sentiment_label"][bad] == "negative").mean() > 0.6 > 0.3 > (mentions["sentiment_label"][~bad] == "negative").mean()


def test_credit_is_not_lift():
    journeys = load_sample("journeys")
    near = journeys.groupby("member_id").agg(
        banner=("content_type", lambda x: (x == "reminder_banner").any()),
        held=("holdout", lambda x: (x.astype(int) == 1).any()),
        bought=("event", lambda x: (x == "purchase").any()),
    )
    shown, held = near.loc[near["banner"], "bought"], near.loc[near["held"], "bought"]
    error = np.sqrt(shown.var() / len(shown) + held.var() / len(held))
    assert abs(shown.mean() - held.mean()) < 3 * error
    assert near.loc[near["bought"], "banner"].mean() > 0.6  # last-touch credit would be large


@pytest.mark.parametrize(("name", "winner"), [("law_firm", "legal_formal"), ("drive_in", "playful")])
def test_style_wins_where_it_should(name, winner):
    raw = tally(load_sample(name), by=("style",)).set_index("style")
    assert (raw["count"] / raw["exposure"]).idxmax() == winner


def test_one_customer_is_followed_to_the_reminder_banner():
    path = load_sample("customer")
    member = path["member_id"].iloc[0]
    journey = load_sample("journeys").query("member_id == @member")
    assert path["stage"].iloc[0] == "awareness"
    assert path["content_type"].tolist().index("reminder_banner") < path["event"].tolist().index("purchase")
    assert {"reminder_banner"} <= set(journey["content_type"])
    assert member in set(load_sample("audience")["member_id"])
