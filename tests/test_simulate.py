"""The samples: the same bytes from the same seed, the columns that were promised, and each planted thing visible in what is committed."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import expit

from mktlib.errors import DataError
from mktlib.planning import load_plan
from mktlib.simulate import World, load_sample, load_truth, run_plan, sample_path, write_samples
from mktlib.simulate.firms import COLUMNS
from mktlib.simulate.samples import NAMES
from mktlib.simulate.world import AXES, pieces
from mktlib.vocabulary import load_tables

FROM_THE_PLAN = {"results.csv"}
TRUTH = load_truth()


@pytest.fixture(scope="module")
def log() -> pd.DataFrame:
    return load_sample("content_log")


def exposed(log: pd.DataFrame) -> pd.Series:
    return log["impressions"].fillna(0) + log["delivered"].fillna(0)


def fitted(columns: list[pd.Series], y: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients of a logistic regression and their standard errors."""
    x = np.column_stack([np.ones(len(y)), *(c.to_numpy(float) for c in columns)])
    hits = y.to_numpy(float)
    beta = minimize(lambda b: float(np.sum(np.logaddexp(0, x @ b) - hits * (x @ b))), np.zeros(x.shape[1])).x
    rate = expit(x @ beta)
    return beta, np.sqrt(np.diag(np.linalg.inv((x * (rate * (1 - rate))[:, None]).T @ x)))


# What is written


def test_the_same_seed_writes_the_committed_bytes_and_another_seed_does_not(tmp_path):
    for path in write_samples(tmp_path / "same"):
        assert path.read_bytes() == sample_path(str(path.relative_to(tmp_path / "same"))).read_bytes(), path.name
    written = write_samples(tmp_path / "other", seed=7)
    other = {str(p.relative_to(tmp_path / "other")): p.read_bytes() for p in written if p.suffix != ".toml"}
    texts = {name for name in other if name.startswith(("emails/", "pages/"))}  # letters and pages are written, not drawn
    alike = {name for name, content in other.items() if content == sample_path(name).read_bytes()}
    assert alike == {"shops.csv", "stores.csv"} | texts  # towns where they are
    assert {f"{name}.csv" for name in NAMES} == FROM_THE_PLAN | set(other) - {"truth.json", "exports/meta_ads.csv"} - texts


def test_the_results_are_the_plans_own():
    again = run_plan(load_plan(sample_path("plan"))).to_csv(index=False, lineterminator="\n")
    assert again.encode() == sample_path("results.csv").read_bytes()


def test_the_samples_travel_light_and_say_nothing_a_machine_added():
    files = [p for p in sample_path("").rglob("*") if p.is_file()]
    assert sum(p.stat().st_size for p in files) < 6_000_000
    for path in files:
        content = path.read_bytes()
        assert b"\r" not in content, path.name
        assert content.decode("utf-8").endswith("\n"), path.name


def test_columns_have_their_types():
    audience, sends = load_sample("audience"), load_sample("sends")
    assert str(audience["orders"].dtype) == "Int64"
    assert audience["joined_at"].dtype.kind == sends["sent_at"].dtype.kind == "M"
    assert str(sends["sent_at"].dt.tz) == "UTC"
    assert load_sample("stores")["postal_code"].tolist()[-1] == "06000"
    log = load_sample("content_log")
    assert log["impressions"].isna().equals(log["channel"].eq("email"))
    assert log["delivered"].isna().equals(log["channel"].ne("email"))
    assert log["network"].isna().sum() == 0


def test_a_wrong_name_is_answered_with_the_nearest():
    with pytest.raises(DataError) as refused:
        load_sample("mention")
    assert refused.value.codes == ("E_NO_SAMPLE",)
    assert "mentions" in str(refused.value)


@pytest.mark.parametrize("name", ["content_log", "law_firm", "drive_in"])
def test_a_log_is_canonical_and_its_counts_are_possible(name):
    log, tables = load_sample(name), load_tables()
    assert log.columns.tolist() == list(COLUMNS)
    assert set(log["content_type"]) <= set(tables.content_types)
    assert set(log["style"]) <= set(tables.styles)
    assert set(log["length"]) <= set(tables.lengths)
    assert set(log["stage"]) <= set(tables.stages)
    assert all(tables.allows(cell) for cell in log[list(AXES)].drop_duplicates().to_dict("records"))
    exposure = exposed(log)
    for smaller, larger in [("clicks", exposure), ("conversions", log["clicks"]), ("leads", log["clicks"]), ("opens", exposure)]:
        assert (log[smaller].fillna(0) <= larger).all(), smaller
    assert (log["opens"].isna() | (log["opens"] >= log["clicks"])).all()
    assert (log["margin"] <= log["revenue"]).all()
    assert (log["revenue"].eq(0) == log["conversions"].eq(0)).all()


# The truth and what was drawn from it


def test_the_log_is_drawn_from_the_truth(log):
    counts = log.assign(n=exposed(log)).groupby(list(AXES), as_index=False)[["clicks", "n"]].sum()
    counts["true"] = ["|".join(row) for row in counts[list(AXES)].itertuples(index=False)]
    counts["true"] = counts["true"].map(TRUTH["cells"])
    assert counts["true"].notna().all()
    busy = counts[counts["n"] > 2000]
    away = np.log(busy["clicks"].astype(float) / busy["n"].astype(float)) - np.log(busy["true"])
    assert abs(away.mean()) < 0.03
    assert away.std() < 2 * TRUTH["sds"]["item"] + 0.1, "only the luck of pieces and people lies between"


def test_the_effects_of_the_truth_are_the_worlds():
    world = World(TRUTH["seed"])
    for axes, table in world.effects.items():
        assert TRUTH["effects"]["|".join(axes)] == {"|".join(k): round(v, 4) for k, v in table.items()}
    cells = pd.DataFrame([key.split("|") for key in TRUTH["cells"]], columns=list(AXES))
    assert expit(world.click_logit(cells)) == pytest.approx(list(TRUTH["cells"].values()), abs=1e-6)


def test_the_group_means_of_the_truth_match_the_year(log):
    for axis, means in TRUTH["groups"].items():
        sums = log.assign(n=exposed(log)).groupby(axis)[["clicks", "n"]].sum()
        big = sums[sums["n"] > 50_000]
        assert len(big) >= 2
        for level, row in big.iterrows():
            assert row["clicks"] / row["n"] == pytest.approx(means[level], rel=0.12), (axis, level)


# The planted things


def test_the_segment_that_looks_best_rests_on_three_conversions(log):
    planted = TRUTH["planted"]["three_conversions"]
    sums = log.groupby("segment")[["clicks", "conversions"]].sum()
    raw = sums["conversions"] / sums["clicks"]
    assert raw.idxmax() == planted["segment"]
    assert sums.loc[planted["segment"], "conversions"] == planted["conversions"] == 3
    true = TRUTH["segments"]["conversion_rate"]
    assert max(true, key=true.get) != planted["segment"]
    assert raw.max() > 2 * true[planted["segment"]]


def test_the_reversal_one_type_wins_in_every_segment_and_loses_in_the_total(log):
    planted = TRUTH["planted"]["simpson"]
    first, second = planted["content_types"]
    assert planted["ahead_in_every_segment"] == first

    def rates(*by: str) -> pd.Series:
        sums = log[log["content_type"].isin([first, second])].groupby(list(by))[["clicks", "impressions"]].sum()
        return sums["clicks"] / sums["impressions"]

    inside = rates(planted["factor"], "content_type").reset_index(name="rate").pivot_table("rate", planted["factor"], "content_type")
    assert len(inside) == 6
    assert (inside[first] > inside[second]).all()
    total = rates("content_type")
    assert total[second] > 1.05 * total[first]
    for segment in inside.index:
        truth = {k: [v for key, v in TRUTH["cells"].items() if key.startswith(f"{segment}|") and f"|{k}|" in key] for k in (first, second)}
        assert min(truth[first]) > max(truth[second]), segment


def test_more_mails_look_better_and_are_worse():
    planted = TRUTH["planted"]["email_frequency"]
    sends = load_sample("sends").merge(load_sample("audience")[["member_id", planted["confounder"]]], on="member_id", validate="m:1")
    month = sends["sent_at"].dt.strftime("%Y-%m")
    mails = sends.groupby(["member_id", month])["message_id"].transform("size")
    naive, error = fitted([mails], sends["clicks"])
    assert naive[1] > 3 * error[1] > 0
    fair, error = fitted([mails, sends[planted["confounder"]]], sends["clicks"])
    assert fair[1] < -3 * error[1] < 0
    assert abs(fair[1] - planted["effect_per_mail"]) < 2 * error[1]
    tired, error = fitted([mails, sends[planted["confounder"]]], sends["unsubscribes"])
    assert abs(tired[1] - planted["unsubscribe_effect_per_mail"]) < 2 * error[1]


def test_mails_go_only_to_those_who_agreed_and_stop_when_they_leave():
    sends = load_sample("sends").merge(load_sample("audience")[["member_id", "consent_email", "consent_date"]], on="member_id")
    assert sends["consent_email"].eq(1).all()
    assert (sends["sent_at"].dt.tz_localize(None) > sends["consent_date"]).all()
    left = sends[sends["unsubscribes"] == 1].set_index("member_id")["sent_at"]
    assert left.index.is_unique
    after = sends[sends["member_id"].isin(left.index)]
    assert (after["sent_at"].dt.strftime("%Y-%m") <= after["member_id"].map(left.dt.strftime("%Y-%m"))).all()


def test_the_bad_week_stands_out_of_the_year_and_only_for_the_brand():
    planted = TRUTH["planted"]["bad_buzz"]
    mentions = load_sample("mentions")
    day = mentions["at"].dt.strftime("%Y-%m-%d")
    bad = day.between(planted["first"], planted["last"])
    own = mentions["brand"] == planted["brand"]
    daily = day[own].value_counts()
    usual = daily[~daily.index.isin(day[bad])]
    week = daily[daily.index.isin(day[bad])]
    assert week.sum() / 7 > 5 * usual.sum() / 358
    assert (week > usual.max()).sum() >= 5, "but for its first or last days, each day beats the busiest other day of the year"
    assert (mentions.loc[bad & own, "topic"] == planted["topic"]).mean() > 0.5
    assert (mentions.loc[~bad & own, "topic"] == planted["topic"]).mean() < 0.1
    rivals = day[~own].value_counts()
    assert rivals[rivals.index.isin(day[bad])].sum() < 7 * 3 * rivals.mean()
    assert mentions.loc[own, "text"].str.contains("Solène").all()
    assert not mentions.loc[~own, "text"].str.contains("Solène").any()
    lost = load_sample("followers").groupby("date")["followers_lost"].sum()
    assert lost[planted["first"] : planted["last"]].mean() > 2 * lost.median()


def test_the_banner_takes_the_credit_and_adds_nothing():
    planted = TRUTH["planted"]["credit_is_not_lift"]
    journeys = load_sample("journeys")
    assert journeys.groupby("member_id")["holdout"].nunique().eq(1).all(), "held out is a person, not a touch"
    banner = journeys["content_type"] == planted["content_type"]
    buyers = set(journeys.loc[journeys["event"] == planted["outcome"], "member_id"])
    people = journeys.groupby("member_id").agg(holdout=("holdout", "first"))
    people["bought"] = people.index.isin(buyers)
    people["saw"] = people.index.isin(journeys.loc[banner, "member_id"])
    assert not people.loc[people["holdout"] == 1, "saw"].any()
    share = people.groupby("saw")["bought"].mean()
    assert share.loc[True] > 4 * share.loc[False], "who saw it buys far more"
    touches = journeys[journeys["event"].isin(["impression", "click"]) & journeys["member_id"].isin(buyers)]
    assert touches.groupby("member_id")["channel"].last().value_counts().idxmax() == planted["channel"]
    rate = people.groupby("holdout")["bought"].agg(["mean", "size"])
    error = np.sqrt((rate["mean"] * (1 - rate["mean"]) / rate["size"]).sum())
    assert abs(rate["mean"][0] - rate["mean"][1] - planted["true_lift"]) < error
    assert people["holdout"].mean() == pytest.approx(planted["holdout_share"], abs=0.03)


@pytest.mark.parametrize("name", ["law_firm", "drive_in"])
def test_each_small_firm_is_won_by_its_own_manner_on_every_channel(name):
    planted = TRUTH["planted"]["style_by_firm"]
    log = load_sample(name)
    sums = log.assign(n=exposed(log)).groupby(["channel", "style"])[["clicks", "n"]].sum()
    rate = (sums["clicks"] / sums["n"]).reset_index(name="rate").pivot_table("rate", "channel", "style")
    assert set(rate.idxmax(axis=1)) == {planted[name]["style"]}
    assert planted["law_firm"]["style"] == "legal_formal"
    assert planted["drive_in"]["style"] == "playful"
    assert rate["playful"].gt(rate["legal_formal"]).all() == (name == "drive_in")


def test_the_drive_in_has_its_french_name():
    assert load_sample("drive_in")["brand"].str.contains("restaurant au volant").all()


# The people


def test_one_customer_is_the_same_person_everywhere():
    hero = TRUTH["planted"]["customer"]
    path, people, journeys = load_sample("customer"), load_sample("audience"), load_sample("journeys")
    row = people.set_index("member_id").loc[hero]
    assert path["member_id"].eq(hero).all()
    assert path["stage"].drop_duplicates().tolist() == ["awareness", "interest", "consideration", "decision", "loyalty"]
    banner = path.index[path["content_type"] == "reminder_banner"][0]
    assert path["event"].tolist().index("purchase") == banner + 1
    hers = journeys[journeys["member_id"] == hero].reset_index(drop=True)
    assert hers["at"].dt.tz_localize(None).tolist() == path["at"].tolist()
    assert hers["content_id"].tolist() == path["content_id"].tolist()
    assert hers["value"].sum() == row["revenue"]
    assert row["orders"] == 1
    lead = path.loc[path["event"] == "lead", "at"].iloc[0]
    assert row["consent_date"] == row["joined_at"] == lead.normalize()
    assert row["last_activity_at"] == path["at"].max().normalize()


def test_buyers_are_the_same_people_in_journeys_and_audience():
    people, journeys = load_sample("audience"), load_sample("journeys")
    assert set(journeys["member_id"]) == set(people["member_id"])
    bought = journeys[journeys["event"] == "purchase"].set_index("member_id")["value"]
    orders = people.set_index("member_id").query("orders > 0")
    assert set(bought.index) == set(orders.index)
    assert (orders["revenue"] + 0.01 >= bought.reindex(orders.index)).all()


def test_touches_are_of_pieces_that_had_begun():
    made = pieces(World(TRUTH["seed"])).set_index("content_id")
    touches = load_sample("journeys").query("content_id != ''")
    assert len(touches) > 6000
    assert (touches["content_id"].map(made["content_type"]) == touches["content_type"]).all()
    assert (touches["content_id"].map(made["start"]) <= touches["at"].dt.tz_localize(None)).all()


def test_visits_are_of_hashed_people_near_a_shop_in_opening_hours():
    visits, stores = load_sample("visits"), load_sample("stores")
    assert visits["member_id"].str.fullmatch("[0-9a-f]{16}").all()
    assert 300 < visits["member_id"].nunique() < len(visits)
    assert visits["at"].dt.hour.between(8, 17).all()
    away = [np.hypot(visits["latitude"] - s.latitude, visits["longitude"] - s.longitude) for s in stores.itertuples()]
    assert np.min(away, axis=0).max() < 0.06


def test_a_plans_results_hold_late_and_cancelled_pieces_and_come_from_the_truth():
    results = load_sample("results")
    assert set(results["status"]) == {"published", "late", "cancelled"}
    cancelled = results["status"] == "cancelled"
    assert results.loc[cancelled, "published"].isna().all()
    assert results.loc[cancelled, ["clicks", "actual_spend"]].to_numpy(float).sum() == 0
    late = results["status"] == "late"
    assert (results.loc[late, "published"] > results.loc[late, "due"]).all()
    assert results["owner"].ne("").all()
    assert results["week"].between("2026-10-05", "2026-11-15").all()
    n = exposed(results)
    true = World(TRUTH["seed"]).click_rate(results)
    done = results[n > 0]
    assert done["clicks"].sum() / (n * true).sum() == pytest.approx(1, abs=0.15)


def test_truth_is_plain_json_with_sorted_keys():
    text = sample_path("truth.json").read_text(encoding="utf-8")
    assert json.dumps(json.loads(text), ensure_ascii=False, indent=0, sort_keys=True) + "\n" == text
    assert all(0 < rate < 1 for rate in itertools.chain(TRUTH["cells"].values(), *(g.values() for g in TRUTH["groups"].values())))
