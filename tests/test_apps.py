"""Apps: money against closed forms, chances against exact ones, sizes against brute force, and a launch that a plan takes."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta, binom, poisson

import mktlib as mk
from mktlib.errors import DataError
from mktlib.glmm import proportions as two
from mktlib.mobile.app import money
from mktlib.mobile.app.beliefs import Belief, posterior, rate_of
from mktlib.mobile.app.launch_plan import STEPS, chain, floors
from mktlib.planning import brief_from_text
from mktlib.results import Segmentation
from mktlib.vocabulary import app_funnel, app_launch

CERTAIN = {"install_rate": 0.25, "activation": 0.5, "day7": 0.2, "conversion": 0.1, "churn": 0.1}
MONTHLY = {"price": {"model": "subscription", "amount": 3.0}, "visitors": 4000, "build": 5000, "monthly": 50, "fee": 0.15, "tax": 0.2}
RANGED = {"price": {"model": "in_app", "amount": (8, 20)}, "visitors": (1500, 6000), "build": (8000, 15000), "fee": 0.15, "tax": 0.2}


# ---------------------------------------------------------------- money


def by_hand(model, months, visitors=4000.0, price=2.0, churn=0.1, build=100.0, monthly=10.0, per_visitor=0.01):
    """The same month by month, in plain numbers."""
    left, brought = 0.0, 0.0
    new = visitors * (0.25 if model == "one_off" else 0.25 * 0.5 * 0.2 * 0.1)
    for _ in range(months):
        left = left * (1 - churn) + new
        brought += price * (left if model in money.STAYING else new)
    return brought - build - months * (monthly + per_visitor * visitors)


@pytest.mark.parametrize("model", money.MODELS)
@pytest.mark.parametrize("months", [1, 2, 24])
@pytest.mark.parametrize("churn", [0.0, 0.1, 1.0])
def test_profit_by_formula_is_that_of_adding_up_months(model, months, churn):
    at = {k: np.array([v]) for k, v in CERTAIN.items()} | {"paid_install_rate": np.array([0.25]), "churn": np.array([churn])}
    at |= {k: np.array([v]) for k, v in {"visitors": 4000.0, "price": 2.0, "build": 100.0, "monthly": 10.0, "per_visitor": 0.01}.items()}
    got = money.profit(money.Terms(model=model, kept=1.0), at, months)
    assert got[0] == pytest.approx(by_hand(model, months, churn=churn))
    needed = money.visitors_needed(money.Terms(model=model, kept=1.0), at, months)[0]
    if math.isfinite(needed):
        assert by_hand(model, months, churn=churn, visitors=needed) == pytest.approx(0, abs=1e-6)
    else:
        assert by_hand(model, months, churn=churn, visitors=1e9) < 0


def test_certain_numbers_give_the_formula_and_the_exact_chance():
    """One-off sales over the horizon are Poisson, so that the chance is one of its tails."""
    given = {
        "price": {"model": "one_off", "amount": 10},
        "visitors": 100,
        "build": 590,
        "assumptions": {"paid_install_rate": 0.05},
        "horizon": 12,
    }
    made = mk.app_brief("x", **given, fee=0.0, tax=0.0)
    exact = poisson.sf(58, 60)
    assert made.facts["p"] == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 10_000))
    assert made.facts["profit"] == pytest.approx(10, abs=4 * 10 * math.sqrt(60 / 10_000))
    assert made.facts["certain"]
    assert made.table.empty
    assert (made.facts["p_low"], made.facts["decisive"]) == (made.facts["p"], None)
    assert made.breakeven.set_index("quantity").loc["payers", "needed"] == pytest.approx(59)
    assert "N_APP_LUCK" in [f.code for f in made.findings]


def test_certain_subscriptions_have_the_mean_and_variance_of_theory():
    """A payer who comes in month m pays a truncated geometric number of times; Poisson arrivals make the variance a sum of squares."""
    made = mk.app_brief("x", **MONTHLY, assumptions=CERTAIN, horizon=12)
    kept, new, left = 3 * 0.85 / 1.2, 4000 * 0.25 * 0.5 * 0.2 * 0.1, 0.9
    mean = square = 0.0
    for stay in range(1, 13):
        t = np.arange(1, stay + 1)
        p = np.where(t < stay, left ** (t - 1) * (1 - left), left ** (stay - 1))
        mean, square = mean + (p * t).sum(), square + (p * t**2).sum()
    sd = kept * math.sqrt(new * square)
    assert made.facts["profit"] == pytest.approx(kept * new * mean - 5000 - 600, abs=4 * sd / 100)
    assert (made.facts["profit_high"] - made.facts["profit_low"]) / (2 * 1.645) == pytest.approx(sd, rel=0.04)


def test_more_is_better_and_ranges_hold_what_they_promise():
    made = mk.app_brief("x", **RANGED, horizon=24)
    table = made.table.set_index("assumption")
    for name in ("install_rate", "activation", "day7", "conversion", "price"):
        assert table.loc[name, "profit_high"] > table.loc[name, "profit_low"]
    for name in ("churn", "build"):
        assert table.loc[name, "profit_high"] < table.loc[name, "profit_low"]
    assert made.months["p"].is_monotonic_increasing
    assert 0.005 < made.facts["p_low"] <= made.facts["p"] <= made.facts["p_high"] < 0.995
    assert table["worth"].max() > 0
    assert table["share"].sum() < 1.05  # first-order shares leave the interplay out
    assert made.facts["opinions"] == ("install_rate", "activation", "day7", "conversion", "churn")
    lows = table[["low", "high"]].loc["visitors"].tolist()
    assert lows == pytest.approx([1500, 6000])


def test_knowing_is_worth_what_brute_force_says():
    """One uncertain number, two outcomes in effect: the value of knowing is the mean loss that is avoided."""
    made = mk.app_brief(
        "x",
        price={"model": "one_off", "amount": 1},
        visitors=1000,
        build=(6000, 24000),
        fee=0.0,
        tax=0.0,
        assumptions={"paid_install_rate": 0.5},
    )
    build = np.exp(np.random.default_rng(1).normal((np.log(6000) + np.log(24000)) / 2, np.log(4) / (2 * 1.645), 400_000))
    gain = 12_000 - build
    brute = np.maximum(gain, 0).mean() - max(gain.mean(), 0)
    assert made.table.loc[0, "worth"] == pytest.approx(brute, rel=0.03)
    assert made.table.loc[0, "share"] == pytest.approx(1, abs=0.08)


def test_tax_first_then_the_fee_and_what_is_not_taken_off_is_said():
    made = mk.app_brief("x", **MONTHLY, assumptions=CERTAIN)
    assert made.facts["kept"] == pytest.approx(0.85 / 1.2)
    bare = mk.app_brief("x", **{**MONTHLY, "fee": None, "tax": None}, assumptions=CERTAIN)
    assert {"N_APP_TAX", "N_APP_FEE", "N_APP_NEED"} <= {f.code for f in bare.findings}
    named = mk.app_brief("x", **{**MONTHLY, "fee": "small"}, store="app_store", assumptions=CERTAIN)
    assert (named.facts["fee"], named.facts["fee_conf"]) == (0.15, "K")
    assert "N_APP_FEE_UNSURE" in [f.code for f in named.findings]


def test_a_need_names_the_count_that_refutes_it():
    made = mk.app_brief("x", **MONTHLY, assumptions=CERTAIN, false_if={"measure": "came back", "least": 0.3})
    n, k = made.facts["people"], made.facts["at_most"]
    assert binom.cdf(k, n, 0.3) <= 0.05 < binom.cdf(k + 1, n, 0.3)
    assert binom.cdf(k, n, 0.15) >= 0.8
    few = mk.app_brief("x", **MONTHLY, assumptions=CERTAIN, false_if={"measure": "came back", "least": 0.3, "people": 5})
    assert few.facts["at_most"] is None
    assert "N_APP_NEED_FEW" in [f.code for f in few.findings]


# ---------------------------------------------------------------- people


def test_an_audience_of_any_kind_is_people_with_ranges():
    frame = pd.DataFrame({"group": ["a", "b", "c"], "people": [500, 40, 3]})
    made = mk.app_brief("x", **MONTHLY, assumptions=CERTAIN, audience=frame)
    assert made.audience.set_index("group")["people"].to_dict() == {"a": 500, "others": 43}
    assert "N_APP_AUDIENCE" in [f.code for f in made.findings]
    table = pd.DataFrame({"segment": ["s1", "s2"], "people": [600, 400], "share": [0.6, 0.4], "low": [0.55, 0.35], "high": [0.65, 0.45]})
    empty = pd.DataFrame()
    segments = Segmentation(table=table, traits=empty, likes=empty, consent=empty, choice=empty)
    made = mk.app_brief("x", **MONTHLY, assumptions=CERTAIN, audience=segments)
    assert made.audience[["low", "high"]].to_numpy().tolist() == [[550, 650], [350, 450]]
    described = mk.describe_audience(mk.load_sample("audience"))
    assert len(mk.app_brief("x", **MONTHLY, assumptions=CERTAIN, audience=described).audience) == len(described.table)


# ---------------------------------------------------------------- beliefs


def test_counts_move_a_prior_as_beta_does_where_it_says_nothing():
    """A prior that is flat on the log-odds is Beta(0, 0): the posterior is Beta(x, n - x)."""
    flat = Belief(key="x", rate=True, center=0.0, sd=60.0)
    for events, of in ((30, 100), (3, 1000), (999, 1000), (300_000, 1_000_000)):
        got = posterior(flat, events, of).quantile(np.array([0.05, 0.5, 0.95]))
        assert got == pytest.approx(beta.ppf([0.05, 0.5, 0.95], events, of - events), rel=0.01)


@pytest.mark.parametrize("of", [20, 500])
def test_a_posterior_covers_what_was_drawn_from_its_prior(of):
    """Simulation-based calibration: 90 % ranges hold 90 % of truths, to within four standard errors of 400 runs."""
    rng = np.random.default_rng(of)
    prior = rate_of("day7", None, app_funnel()["day7"])
    truth = prior.draws(400, rng)
    ends = np.array([posterior(prior, int(rng.binomial(of, p)), of).quantile(np.array([0.05, 0.95])) for p in truth])
    inside = np.mean((ends[:, 0] <= truth) & (truth <= ends[:, 1]))
    assert inside == pytest.approx(0.9, abs=4 * math.sqrt(0.09 / 400))


def test_so_many_observations_halve_a_range():
    prior = rate_of("activation", None, app_funnel()["activation"])
    n = round(prior.observations())
    seen = posterior(prior, round(n * float(prior.quantile(0.5))), n)
    assert seen.spread() == pytest.approx(prior.spread() / 2, rel=0.03)


# ---------------------------------------------------------------- two shares


@pytest.mark.parametrize(("n", "first", "second"), [(50, 0.1, 0.3), (400, 0.25, 0.3), (1251, 0.25, 0.3)])
def test_the_exact_power_is_that_of_simulation(n, first, second):
    rng = np.random.default_rng(n)
    x, y = rng.binomial(n, first, 200_000), rng.binomial(n, second, 200_000)
    pooled = (x + y) / (2 * n)
    seen = np.mean(np.abs(x - y) > 1.959964 * np.sqrt(2 * n * pooled * (1 - pooled)))
    assert two.power_of_difference(n, first, second, 0.95) == pytest.approx(seen, abs=0.005)


def test_looks_are_those_of_armitage_and_of_simulation():
    """Table 2 of Armitage, McPherson and Rowe (1969), nominal 5 %."""
    published = {1: 0.05, 2: 0.083, 3: 0.107, 4: 0.126, 5: 0.142, 10: 0.193, 20: 0.248, 50: 0.320}
    assert {n: round(two.false_alarm(n), 3) for n in published} == pytest.approx(published, abs=0.001)


def test_counts_to_stop_hold_their_tail():
    for n, rate in ((22, 0.01), (371, 0.01), (5000, 0.02)):
        k = two.count_to_stop(n, rate, 0.02)
        assert two.reached(n, rate, k) <= 0.02 < two.reached(n, rate, k - 1)


# ---------------------------------------------------------------- the launch


LAUNCH = dt.date(2026, 10, 14)


def test_the_funnel_is_the_product_of_its_steps_and_counts_narrow_it():
    sheet = mk.launch_sheet(LAUNCH, visitors=5000, weeks=4, assumptions={"install_rate": 0.25, "activation": 0.5, "day7": 0.2})
    people = sheet.funnel.set_index("step")["people"]
    assert people.to_dict() == pytest.approx({"visitors": 20_000, "installs": 5_000, "activated": 2_500, "day7": 500}, rel=0.02)
    wide = mk.launch_sheet(LAUNCH, visitors=5000).funnel.set_index("step")
    counts = {"install_rate": {"events": 260, "of": 1000}}
    told = mk.launch_sheet(LAUNCH, visitors=5000, assumptions=counts).funnel.set_index("step")
    assert told.loc["installs", ["events", "counted", "conf"]].tolist() == [260, 1000, "D"]
    assert (
        np.diff(told.loc["installs", ["rate_low", "rate_high"]].tolist())
        < np.diff(wide.loc["installs", ["rate_low", "rate_high"]].tolist()) / 3
    )


def test_a_launch_as_believed_seldom_falls_below_a_floor():
    """Fresh launches drawn from the beliefs: at most `tail` of them fall below any floor of the sheet (four standard errors)."""
    beliefs = {"visitors": Belief(key="visitors", rate=False, center=math.log(4000), sd=0.2)}
    beliefs |= {key: rate_of(key, None, app_funnel()[key]) for key in STEPS}
    floor = floors(beliefs, 6, 0.05, np.random.default_rng(1), 10_000).drop_duplicates("metric").set_index("metric")["stop_below"]
    rng, runs, bad = np.random.default_rng(2), 4_000, 0
    visitors, rates = beliefs["visitors"].draws(runs, rng), {s: beliefs[s].draws(runs, rng) for s in STEPS}
    low = np.zeros(runs, bool)
    for _ in range(6):
        people = rng.poisson(visitors)
        for step in STEPS:
            after = rng.binomial(people, rates[step])
            low |= after / np.maximum(people, 1) < floor[step]
            people = after
    bad = low.mean()
    assert bad <= 0.05 + 4 * math.sqrt(0.05 * 0.95 / runs)
    assert bad > 0.015  # it is no floor that nothing reaches


def test_chain_has_the_variance_of_its_parts():
    sure = {key: rate_of(key, 0.3, app_funnel()[key]) for key in STEPS}
    sure["visitors"] = Belief(key="visitors", rate=False, center=math.log(1000), sd=0.0, value=1000.0)
    people = chain(sure, 4, 40_000, np.random.default_rng(3))
    for name, share in (("installs", 0.3), ("day7", 0.027)):  # thinned Poisson is Poisson
        assert people[name].mean() == pytest.approx(4000 * share, rel=0.01)
        assert people[name].var() == pytest.approx(4000 * share, rel=0.04)


def test_a_test_is_sized_for_its_versions_and_says_when_it_does_not_fit():
    two_versions, four = (mk.launch_sheet(LAUNCH, visitors=4000, versions=v, assumptions={"install_rate": 0.25}) for v in (2, 4))
    assert four.tests.loc[0, "people"] > two_versions.tests.loc[0, "people"]
    assert two.power_of_difference(int(two_versions.tests.loc[0, "people"]), 0.25, 0.3, 0.95) >= 0.8
    slow = mk.launch_sheet(LAUNCH, visitors=100, weeks=4)
    assert not slow.tests["fits"].any()
    assert "N_LAUNCH_SLOW" in [f.code for f in slow.findings]
    assert "test" not in slow.table["task"].tolist()


def test_the_rollout_stops_a_bad_version_and_leaves_a_good_one():
    sheet = mk.launch_sheet(LAUNCH, visitors=(20_000, 30_000))
    assert sheet.rollout["false_stop"].sum() <= 0.05
    assert sheet.rollout["caught"].is_monotonic_increasing
    assert sheet.rollout["caught"].iloc[-1] > 0.95
    assert "N_LAUNCH_BLIND" in [f.code for f in mk.launch_sheet(LAUNCH, visitors=500).findings]


def test_every_task_is_worded_and_lies_in_the_sheet():
    sheet = mk.launch_sheet(LAUNCH, visitors=4000)
    assert sheet.table["day"].is_monotonic_increasing
    assert set(sheet.table["task"]) <= {*app_launch()["tasks"], "test", "rollout"}
    assert sheet.table.loc[sheet.table["task"] == "launch", "day"].tolist() == [LAUNCH]
    for section in app_launch().values():
        for row in section.values():
            assert row["source"]
            assert row["label"]["fr"] != row["label"]["en"]


@pytest.mark.parametrize("name", ["sunglasses", "sunglasses.fr"])
def test_its_block_is_taken_by_a_brief(name):
    sheet = mk.launch_sheet(LAUNCH, visitors=(3000, 6000))
    text = mk.sample_path(f"briefs/{name}.toml").read_text(encoding="utf-8")
    alone = brief_from_text(text)
    brief = brief_from_text(f"{text}\n{sheet.brief_toml(first_day=alone.first_day, last_day=alone.last_day, segments=6, language='fr')}")
    assert brief.channels["app_store"].quantity == pytest.approx(sheet.facts["visitors"] / 6, abs=1)
    assert brief.must_have[-1].content_type == "app_listing"
    assert brief.fixed_dates[-1].day == LAUNCH
    assert len(brief.fixed_dates) == len(alone.fixed_dates) + 1
    late = sheet.brief_entries(first_day=dt.date(2026, 11, 1))
    assert late["fixed_dates"] == []


def test_a_plan_keeps_the_launch():
    sheet = mk.launch_sheet(LAUNCH, visitors=(3000, 6000))
    text = mk.sample_path("briefs/sunglasses.toml").read_text(encoding="utf-8")
    brief = brief_from_text(f"{text}\n{sheet.brief_toml(segments=6)}")
    cells = brief.cells()
    cells = cells[cells["content_type"].isin(["app_listing", "banner", "newsletter"]) & cells["style"].isin(["conversational", "playful"])]
    scores = mk.ContentScorer(priors="expert").fit(mk.load_sample("content_log")).score_cells(cells)
    plan = mk.plan_campaign(scores, brief, keep=60)
    shown = plan.schedule[(plan.schedule["channel"] == "app_store") & (plan.schedule["exposure"] > 0)]
    assert plan.check().empty
    made = plan.items[plan.items["status"] == "make"]
    assert made["content_type"].eq("app_listing").sum() == 1
    assert shown["week"].min() <= 2  # the week of 14 October
    assert shown.groupby("week")["exposure"].sum().max() <= sheet.facts["visitors"] * 1.01


def test_an_app_that_is_paid_in_the_store_is_installed_by_those_who_buy_it():
    app = mk.app_brief("x", price={"model": "one_off", "amount": 3}, visitors=9000, build=5000, assumptions={"paid_install_rate": 0.04})
    by_app = mk.launch_sheet(LAUNCH, visitors=4000, app=app).funnel.set_index("step")
    assert by_app.loc["installs", "rate"] == pytest.approx(0.04)
    said = mk.launch_sheet(LAUNCH, visitors=4000, assumptions={"paid_install_rate": 0.04}).funnel.set_index("step")
    assert said.loc["installs", "rate"] == pytest.approx(0.04)
    over = mk.launch_sheet(LAUNCH, visitors=4000, app=app, assumptions={"install_rate": 0.3}).funnel.set_index("step")
    assert over.loc["installs", "rate"] == pytest.approx(0.3)


def test_its_block_speaks_the_language_and_refuses_what_is_no_day():
    sheet = mk.launch_sheet(LAUNCH, visitors=4000)
    assert "Lancement de l’application (Google Play)" in sheet.brief_toml(language="fr")
    assert sheet.brief_entries(first_day="2026-11-01")["fixed_dates"] == []
    assert sheet.brief_entries(first_day=pd.Timestamp("2026-10-01"))["fixed_dates"]
    with pytest.raises(DataError) as raised:
        sheet.brief_toml(first_day="autumn", segments=0)
    assert [f.column for f in raised.value.findings] == ["first_day", "segments"]


def test_a_first_version_is_not_said_to_go_out_by_steps():
    codes = {s: [f.code for f in mk.launch_sheet(LAUNCH, visitors=4000, store=s).findings] for s in ("google_play", "amazon_appstore")}
    assert "N_LAUNCH_FIRST" in codes["google_play"]
    assert "N_LAUNCH_FIRST" not in codes["amazon_appstore"]
    for language, words in (("en", "everybody at once"), ("fr", "à tous d’un coup")):
        assert words in mk.report(mk.launch_sheet(LAUNCH, visitors=4000), language=language).html


def test_where_every_floor_is_nothing_no_floor_is_promised():
    few, many = (mk.report(mk.launch_sheet(LAUNCH, visitors=v)).html for v in (3, 4000))
    assert "too small for a floor" in few
    assert "too small for a floor" not in many


def test_knowing_the_one_uncertain_rate_is_worth_the_integral():
    """Of in-app spend: the mean profit is a line in the conversion, and the gain of not building below it an integral."""
    given = {"price": {"model": "in_app", "amount": 7.0}, "visitors": 3000, "build": 6000, "tax": 0.2, "fee": 0.15, "horizon": 18}
    sure = {"install_rate": 0.3, "activation": 0.5, "day7": 0.25, "churn": 0.2}
    made = mk.app_brief("x", **given, assumptions={**sure, "conversion": (0.04, 0.16)})
    low, high = (math.log(x / (1 - x)) for x in (0.04, 0.16))
    z = np.linspace(-7, 7, 200_001)
    rate = 1 / (1 + np.exp(-((low + high) / 2 + (high - low) / 2 / 1.6448536269514722 * z)))
    months = sum(0.8 ** (t - s) for t in range(18) for s in range(t + 1))
    profit = 7 / 1.2 * 0.85 * 3000 * 0.3 * 0.5 * 0.25 * months * rate - 6000
    weight = np.exp(-(z**2) / 2) / np.exp(-(z**2) / 2).sum()
    worth = weight @ np.maximum(profit, 0) - max(float(weight @ profit), 0.0)
    assert made.table["worth"].iloc[0] == pytest.approx(worth, rel=0.04)
    assert made.facts["p"] == pytest.approx(float(weight @ (profit >= 0)), abs=0.02)


# ---------------------------------------------------------------- what is refused


WRONG_APP = [
    ({"need": " "}, "need"),
    ({"price": 3}, "price"),
    ({"price": {"model": "free", "amount": 1}}, "price.model"),
    ({"price": {"model": "unlock", "amount": 0}}, "price.amount"),
    ({"visitors": -1}, "visitors"),
    ({"visitors": float("nan")}, "visitors"),
    ({"visitors": (6, 2)}, "visitors"),
    ({"build": "much"}, "build"),
    ({"horizon": 0}, "horizon"),
    ({"horizon": 1.5}, "horizon"),
    ({"tax": 20}, "tax"),
    ({"fee": "tiny", "store": "app_store"}, "fee"),
    ({"fee": "small"}, "fee"),
    ({"store": "shop"}, "store"),
    ({"currency": "euro"}, "currency"),
    ({"assumptions": {"instal_rate": 0.2}}, "assumptions.instal_rate"),
    ({"assumptions": 3}, "assumptions"),
    ({"assumptions": {"day7": 1.2}}, "assumptions.day7"),
    ({"assumptions": {"day7": (0, 0.2)}}, "assumptions.day7"),
    ({"assumptions": {"day7": {"events": 5, "of": 3}}}, "assumptions.day7"),
    ({"assumptions": {"day7": {"events": 5}}}, "assumptions.day7"),
    ({"false_if": {"measure": "x"}}, "false_if"),
    ({"false_if": {"measure": "x", "least": 30}}, "false_if"),
    ({"level": 90}, "level"),
    ({"audience": 3}, "audience"),
    ({"audience": {}}, "audience"),
    ({"audience": {"a": -3}}, "audience.a"),
    ({"tables": 3}, "tables"),
    ({"audience": pd.DataFrame({"people": [3]})}, "audience"),
    ({"audience": pd.DataFrame({"group": ["a"], "people": [40], "low": [90], "high": [95]})}, "audience"),
    ({"false_if": {"measure": " ", "least": 0.3}}, "false_if"),
    ({"random_state": -1}, "random_state"),
    ({"random_state": "a"}, "random_state"),
    ({"audience": pd.DataFrame({"group": ["a"], "people": ["x"]})}, "audience.people"),
]


@pytest.mark.parametrize(("options", "column"), WRONG_APP, ids=lambda x: str(x)[:50])
def test_what_is_no_app_is_refused_in_words(options, column):
    given = {"need": "x", **MONTHLY} | options
    with pytest.raises(DataError) as raised:
        mk.app_brief(given.pop("need"), **given)
    assert column in [f.column for f in raised.value.findings]


def test_everything_wrong_is_said_at_once():
    with pytest.raises(DataError) as raised:
        mk.app_brief("", **{**MONTHLY, "visitors": 0, "tax": 20}, assumptions={"instal_rate": 0.2, "day7": 7}, audience=3, level=2)
    assert len(raised.value.findings) == 7
    near = next(f for f in raised.value.findings if f.column == "assumptions.instal_rate")
    assert near.hint == "install_rate"


WRONG_LAUNCH = [
    ({"launch": "soon"}, "launch"),
    ({"launch": None}, "launch"),
    ({"visitors": 0}, "visitors"),
    ({"store": "shop"}, "store"),
    ({"weeks": 0}, "weeks"),
    ({"tests": "icon"}, "tests"),
    ({"tests": ["icons"]}, "tests"),
    ({"tests": ["preview"]}, "tests"),
    ({"lift": 0}, "lift"),
    ({"versions": 1}, "versions"),
    ({"crash_bad": 0.001}, "crash_bad"),
    ({"app": 3}, "app"),
    ({"assumptions": {"day7": 9}}, "assumptions.day7"),
    ({"power": 1.0}, "power"),
    ({"level": 0}, "level"),
    ({"test_share": 10}, "test_share"),
    ({"price": float("nan")}, "price"),
    ({"random_state": None}, "random_state"),
    ({"assumptions": {"install_rate": 0}}, "assumptions.install_rate"),
    ({"assumptions": {"install_rate": 0.9}, "lift": 0.2}, "lift"),
]


@pytest.mark.parametrize(("options", "column"), WRONG_LAUNCH, ids=lambda x: str(x)[:50])
def test_what_is_no_launch_is_refused_in_words(options, column):
    given = {"launch": LAUNCH, "visitors": 4000} | options
    with pytest.raises(DataError) as raised:
        mk.launch_sheet(given.pop("launch"), **given)
    assert column in [f.column for f in raised.value.findings]


EXTREME = [
    {"visitors": 1e12, "build": 1e12}, {"visitors": 0.001, "build": 0}, {"build": 0, "monthly": 0, "assumptions": {"conversion": 0.0}},
    {"assumptions": {"churn": 1.0}}, {"assumptions": {"churn": 0.0, "install_rate": 1.0}}, {"visitors": (1e-6, 1e11)},
    {"assumptions": {"conversion": {"events": 0, "of": 5000}}}, {"assumptions": {"day7": {"events": 10**9, "of": 10**9}}}, {"horizon": 1},
    {"assumptions": {"install_rate": 0}}, {"assumptions": {"conversion": (1e-300, 0.5)}},
]  # fmt: skip


@pytest.mark.parametrize("options", EXTREME, ids=lambda x: str(x)[:60])
def test_extremes_give_numbers_or_never_and_no_nan(options):
    made = mk.app_brief("x", **{**MONTHLY, **options})
    assert 0 <= made.facts["p"] <= 1
    assert math.isfinite(made.facts["profit"])
    assert not made.months.isna().any().any()
    assert not made.breakeven.isna().any().any()


def test_the_same_seed_gives_the_same_brief_and_another_one_nearly():
    one, again, other = (mk.app_brief("x", **RANGED, random_state=s) for s in (0, 0, 1))
    pd.testing.assert_frame_equal(one.table, again.table)
    assert one.facts["p"] == again.facts["p"]
    assert other.facts["p"] == pytest.approx(one.facts["p"], abs=6 * one.facts["p_error"])


def test_a_week_is_read_once_it_is_whole():
    table = mk.launch_sheet(LAUNCH, visitors=4000).table.set_index("task")
    first = LAUNCH + dt.timedelta(days=7 - LAUNCH.weekday())  # the Monday on which the first whole week begins
    assert (table.loc["first_count", "day"] - first).days >= 7
    assert (table.loc["first_cohort", "day"] - first).days >= 14
