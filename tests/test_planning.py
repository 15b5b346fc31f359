"""Planning: proved against enumeration, a fill by hand, random plans and a second check of every limit."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mktlib.errors import DataError, PlanError, StoreError
from mktlib.planning import brief_from_answers, brief_from_text, load_plan, plan_campaign, questions, read_brief, shortlist
from mktlib.planning.greedy import Fill, _tidy, greedy
from mktlib.planning.ideas import priced
from mktlib.planning.limits import build
from mktlib.planning.narrow import _large, _solved, ceiling
from mktlib.planning.pacing import paced
from mktlib.planning.problem import worn
from mktlib.planning.sieves import dominated
from mktlib.planning.solve import matrix, solve
from mktlib.results import CELL, Scores
from mktlib.scoring import ContentScorer
from mktlib.simulate import load_sample
from mktlib.vocabulary import load_tables, lookup, retell

BRIEFS = Path(__file__).resolve().parents[1] / "data" / "samples" / "briefs"

SMALL = """
first_day = 2026-10-05
last_day = 2026-10-18
budget = 900
test_share = 0
[objective]
value = 2.0
[segments]
parents = {size = 20000, consent = {email = 0.1}, cap_per_week = 1, cap_per_month = 2}
[channels]
paid_social = {price = 10, quantity = 6000, per_week = 2}
[production]
default = {cost = 100, days = 3, most = 2}
"""


def scores_of(
    cells: pd.DataFrame, *, seed: int = 0, rate: float = 0.02, verdicts: tuple[str, ...] = ("make", "test", "too_early")
) -> Scores:
    rng = np.random.default_rng(seed)
    sd = rng.uniform(0.1, 0.5, len(cells))
    mu = np.log(rate) + rng.normal(0, 0.5, len(cells))
    table = cells.assign(
        rate=1 / (1 + np.exp(-mu)), low=1 / (1 + np.exp(-mu + 1.645 * sd)), high=1 / (1 + np.exp(-mu - 1.645 * sd)), index=100.0,
        p_best=0.1, exposure=1000.0, opinion=0.5, verdict=rng.choice(verdicts, len(cells)),
    )  # fmt: skip
    return Scores(table=table, by=CELL, within=("segment", "stage"), metric="click_rate", level=0.9)


def cells_of(**levels: list[str]) -> pd.DataFrame:
    whole = {
        "segment": ["parents"],
        "stage": ["decision"],
        "content_type": ["carousel"],
        "style": ["playful"],
        "length": ["none"],
        "channel": ["paid_social"],
    }
    table = pd.DataFrame(list(itertools.product(*{**whole, **levels}.values())), columns=list(CELL))
    written = table["content_type"].isin(["promo_email", "sms"])
    return table.assign(length=table["length"].where(~written, "short"))


def random_brief(seed: int) -> str:
    rng = np.random.default_rng(seed)
    shares = "awareness = 0.1\ninterest = 0.1\ndecision = 0.2" if seed % 2 else "awareness = 0.0\ninterest = 0.0\ndecision = 0.0"
    return f"""
first_day = 2026-10-05
last_day = 2026-11-{int(rng.integers(5, 25)):02d}
budget = {rng.uniform(3000, 15000):.2f}
test_share = {rng.choice([0.0, 0.1, 0.2])}
[objective]
value = {{awareness = 0.5, interest = 0.8, decision = {rng.uniform(1, 2):.2f}}}
[team]
days_per_week = {rng.uniform(2, 8):.2f}
[stages]
{shares}
[segments]
parents = {{size = 40000, consent = {{email = 0.1}}, cap_per_week = 1, cap_per_month = 3}}
drivers = {{size = 25000, consent = {{email = 0.2, sms = 0.1}}}}
[channels]
paid_social = {{price = 8, quantity = 6000, maximum = {rng.uniform(2000, 9000):.0f}}}
display = {{price = 3, quantity = 9000, minimum = 200}}
organic_social = {{price = 0, quantity = 1500, per_week = 1}}
email = 0.004
sms = 0.06
[production]
default = {{cost = {rng.uniform(50, 400):.2f}, days = 2, most = 2}}
"""


@pytest.fixture(scope="module")
def sunglasses():
    brief = read_brief(BRIEFS / "sunglasses.toml")
    cells = brief.cells()
    tables = load_tables()
    scores = scores_of(cells, seed=3)
    base = np.array([tables.base_rate("click_rate", c)[0] for c in cells["channel"]]) / 0.02
    for column in ("rate", "low", "high"):
        scores.table[column] *= base
    return scores, brief


@pytest.fixture(scope="module")
def plan(sunglasses):
    return plan_campaign(*sunglasses)


# ---------------------------------------------------------------- the brief


def test_a_brief_of_a_few_lines_is_enough():
    brief = brief_from_text("first_day = 2026-10-05\nlast_day = 2026-10-18\nbudget = 500\n[channels]\nemail = 0.01")
    assert brief.channels["email"].price == 0.01
    assert brief.weeks == 2
    assert brief.making("carousel") == (5.0, 3.0, 3)


BAD = """
name = 3
first_day = 2026-10-18
last_day = 2026-10-05
budget = -5
test_share = 1.5
langage = "fr"
[objective]
metric = "clik_rate"
[brand]
allowed = ["playful"]
forbidden = ["playful", "convresational"]
[stages]
awarness = 0.2
decision = 0.9
[segments.parents]
size = 1.5
consnet = {email = 0.1}
[channels.email]
prise = 0.1
minimum = 5
maximum = 1
[channels.paid_socail]
price = 1.0
[[mutes]]
first_day = 2026-10-06
"""


def test_every_mistake_of_a_brief_is_told_at_once_with_its_path():
    with pytest.raises(DataError) as caught:
        brief_from_text(BAD, file="mine.toml")
    found = {(f.column, f.code): f for f in caught.value.findings}
    assert set(found) == {
        ("name", "E_BRIEF_VALUE"), ("last_day", "E_BRIEF_ORDER"), ("budget", "E_BRIEF_VALUE"), ("test_share", "E_BRIEF_VALUE"),
        ("langage", "E_BRIEF_UNKNOWN"), ("objective.metric", "E_BRIEF_WORD"), ("brand.forbidden", "E_BRIEF_BOTH"),
        ("brand.forbidden", "E_BRIEF_WORD"),
        ("stages", "E_BRIEF_SHARES"), ("stages.awarness", "E_BRIEF_WORD"), ("segments.parents.size", "E_BRIEF_VALUE"),
        ("segments.parents.consnet", "E_BRIEF_UNKNOWN"), ("channels.email.prise", "E_BRIEF_UNKNOWN"),
        ("channels.email.minimum", "E_BRIEF_ORDER"),
        ("channels.paid_socail", "E_BRIEF_WORD"), ("mutes.0.last_day", "E_BRIEF_MISSING"),
    }  # fmt: skip
    assert found["channels.email.prise", "E_BRIEF_UNKNOWN"].hint == "price"
    assert found["langage", "E_BRIEF_UNKNOWN"].hint == "language"
    assert found["stages.awarness", "E_BRIEF_WORD"].hint == "awareness"
    assert found["channels.paid_socail", "E_BRIEF_WORD"].hint == "paid_social"
    assert "-5" in found["budget", "E_BRIEF_VALUE"].found
    assert all(f.file == "mine.toml" for f in caught.value.findings)
    assert "mine.toml, budget\u00a0: " in retell(found["budget", "E_BRIEF_VALUE"], "fr").text


def test_a_slip_of_syntax_is_named_by_its_line():
    with pytest.raises(DataError) as caught:
        brief_from_text("budget = 5\nfirst_day = = 2\n")
    assert caught.value.codes == ("E_TOML",)
    assert caught.value.findings[0].line == 2


def test_nan_and_infinity_are_no_money():
    for text in ("nan", "inf"):
        with pytest.raises(DataError) as caught:
            brief_from_text(SMALL.replace("budget = 900", f"budget = {text}"))
        assert [f.column for f in caught.value.findings] == ["budget"]


@pytest.mark.parametrize("name", ["sunglasses", "law_firm", "drive_in"])
def test_the_sample_briefs_are_planned_within_every_limit(name):
    brief = read_brief(BRIEFS / f"{name}.toml")
    made = plan_campaign(scores_of(brief.cells(), seed=1, rate=0.03), brief)
    assert made.check().empty
    assert made.expected["value"] >= made.expected["greedy"] - 1e-6
    assert made.expected["gap"] < 0.02
    assert (made.items["status"] == "make").any()


def test_ten_answers_make_a_brief_that_reads(tmp_path):
    assert len(questions("en")) == len(questions("fr")) == 10
    for language in ("en", "fr"):
        text = brief_from_answers(
            {"name": 'The "new" one', "budget": "12 500 €", "styles": "Ludique / humoristique", "channels": ["email", "display"]},
            language=language,
        )
        brief = brief_from_text(text)
        assert (brief.budget, brief.name, brief.language) == (12500.0, 'The "new" one', language)
        assert brief.brand.allowed == ["playful"]
        assert len(brief.cells())
    with pytest.raises(DataError) as caught:
        brief_from_answers({"budget": "much", "weeks": "0", "channels": "emial", "colour": "red"})
    assert {f.column for f in caught.value.findings} == {"budget", "weeks", "channels", "colour"}


def test_every_answer_left_out_takes_its_default():
    assert brief_from_text(brief_from_answers({})).weeks == 6


@pytest.mark.parametrize("section", ["plan", "command.start", "labels.limit", "labels.reason", "labels.unit"])
def test_both_languages_say_the_same_things(section):
    def keys(node, path=""):
        return {path} if isinstance(node, str) else set().union(*(keys(v, f"{path}.{k}") for k, v in node.items()))

    assert keys(lookup(section, "en")) == keys(lookup(section, "fr"))


# ---------------------------------------------------------------- the short list


def test_the_steps_of_the_short_list_add_up(sunglasses):
    scores, brief = sunglasses
    short = shortlist(scores, brief, keep=60)
    steps = short.steps
    assert list(steps["reason"]) == ["all", "brand", "channel", "format", "stage", "fit", "excluded", "drop", "dominated", "shortlist"]
    assert steps["kept"].iloc[0] == len(scores.table)
    assert (steps["kept"].shift().iloc[1:] - steps["kept"].iloc[1:] == steps["dropped"].iloc[1:]).all()
    assert len(short.table) == steps["kept"].iloc[-1] == 60
    assert not ((short.table["segment"] == "students") & (short.table["style"] == "luxury")).any()


def test_an_idea_falls_only_when_three_others_are_surely_better():
    table = priced(
        scores_of(cells_of(content_type=["carousel", "story", "photo_gallery", "social_image", "infographic"])),
        brief_from_text(SMALL),
        load_tables(),
    )
    table = table.assign(rate=[0.05, 0.05, 0.05, 0.01, 0.05], low=[0.04, 0.04, 0.04, 0.005, 0.01], high=[0.06, 0.06, 0.06, 0.02, 0.09])
    table["value"] = table["exposures"] * table["rate"]
    assert dominated(table).tolist() == [False, False, False, True, False]
    assert not dominated(table[table["content_type"] != "story"]).any()


def test_scores_without_some_axes_are_planned_too():
    table = scores_of(cells_of(content_type=["carousel", "story"])).table.drop(columns=["segment", "stage", "length", "style"])
    scores = Scores(table=table, by=("content_type", "channel"), within=(), metric="click_rate")
    made = plan_campaign(scores, brief_from_text(SMALL))
    assert made.check().empty
    assert made.expected["value"] > 0


def test_another_metric_than_the_briefs_is_refused():
    with pytest.raises(DataError, match="click_rate"):
        shortlist(replace(scores_of(cells_of()), metric="open_rate"), brief_from_text(SMALL))


# ---------------------------------------------------------------- the plan is the best one


def by_enumeration(problem) -> float:
    """The best value of a small problem, from the brief's words alone."""
    brief, ideas = problem.brief, problem.ideas
    lots = [range(int(m) + 1) for m in problem.most.ravel()]
    best = 0.0
    for weeks in itertools.product(range(1, brief.weeks + 2), repeat=len(problem.pieces)):
        days = [sum(d for d, w in zip(problem.pieces["days"], weeks, strict=True) if w <= k) for k in range(1, brief.weeks + 1)]
        if any(used > brief.team.days_before + brief.team.days_per_week * k for k, used in enumerate(days, 1)):
            continue
        fixed = sum(c for c, w in zip(problem.pieces["cost"], weeks, strict=True) if w <= brief.weeks)
        for flat in itertools.product(*lots):
            n = np.reshape(flat, problem.most.shape)
            early = any(n[i, : weeks[p] - 1].any() for i, p in enumerate(problem.piece_of))
            if early or fixed + (n.sum(axis=1) * ideas["lot_cost"]).sum() > brief.budget + 1e-9:
                continue
            value = 0.0
            for i, total in enumerate(n.sum(axis=1)):
                first = max(1, round(ideas["people"][i] / ideas["lot"][i]))
                value += sum(ideas["value"][i] * brief.wear ** (k // first) for k in range(total)) if total <= 3 * first else -np.inf
            best = max(best, value)
    return best


@pytest.mark.parametrize(("seed", "budget", "days"), [(0, 300, 5), (1, 420, 3), (2, 260, 3), (3, 900, 5), (4, 215, 2)])
def test_the_plan_equals_enumeration(seed, budget, days):
    text = SMALL.replace("budget = 900", f"budget = {budget}").replace("per_week = 2", "per_week = 1") + f"[team]\ndays_per_week = {days}\n"
    brief = brief_from_text(text.replace("size = 20000", "size = 30000"))
    cells = cells_of(content_type=["carousel", "story"], style=["playful", "expert"])
    short = shortlist(scores_of(cells, seed=seed), brief)
    problem = build(short.table, brief)
    assert problem.most.size <= 12
    answer = solve(problem, start=greedy(problem), seed=0, gap=0.0)
    assert answer is not None
    assert problem.value(answer.n) == pytest.approx(by_enumeration(problem), rel=1e-9)
    assert answer.bound == pytest.approx(problem.value(answer.n), rel=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_never_below_a_fill_by_hand_and_every_limit_holds(seed):
    brief = brief_from_text(random_brief(seed))
    problem_scores = scores_of(cells_of(
        segment=["parents", "drivers"], stage=["awareness", "interest", "decision"],
        content_type=["carousel", "banner", "promo_email", "sms", "social_image"],
        style=["playful", "expert"], channel=["paid_social", "display", "organic_social", "email", "sms"],
    ), seed=seed)  # fmt: skip
    made = plan_campaign(problem_scores, brief, keep=80)
    assert made.check().empty
    assert made.expected["greedy"] > 0
    assert made.expected["value"] >= made.expected["greedy"] - 1e-9
    assert made.expected["bound"] >= made.expected["value"] * (1 - 1e-9)
    assert made.expected["gap"] < 0.03


def test_no_random_plan_is_better_and_none_passes_the_bound():
    brief = brief_from_text(re.sub("test_share = .*", "test_share = 0.0", random_brief(0)))
    cells = cells_of(
        segment=["parents", "drivers"], content_type=["carousel", "banner", "promo_email"], channel=["paid_social", "display", "email"]
    )
    scores = scores_of(cells, seed=5)
    made = plan_campaign(scores, brief)
    problem = build(shortlist(scores, brief, keep=150).table, brief)
    rng, seen = np.random.default_rng(0), 0
    for _ in range(1200):
        fill = Fill(problem)
        for p in rng.permutation(len(problem.pieces))[: rng.integers(1, 5)]:
            fill.make(int(p))
        while (room := fill.room()).any() and rng.random() > 0.01:
            i, w = rng.choice(np.argwhere(room))
            fill.take(int(i), int(w))
        if (found := _tidy(fill)) is not None and found[0].any():
            seen += 1
            assert problem.value(found[0]) <= made.expected["value"] * (1 + 1e-9)
    assert seen >= 1000


WIDE = {
    "segment": ["parents", "drivers"], "stage": ["awareness", "interest", "decision"],
    "content_type": ["carousel", "banner", "promo_email", "sms", "social_image"], "style": ["playful", "expert", "educational"],
    "channel": ["paid_social", "display", "organic_social", "email", "sms"],
}  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_a_short_list_brings_nearly_what_all_ideas_would_and_nothing_passes_the_ceiling(seed):
    brief, scores = brief_from_text(random_brief(seed)), scores_of(cells_of(**WIDE), seed=seed)
    short, whole = shortlist(scores, brief, keep=50), shortlist(scores, brief, keep=10_000)
    assert len(whole.table) > 2 * len(short.table)
    best = plan_campaign(scores, brief, keep=10_000)
    few = plan_campaign(scores, brief, keep=50)
    assert few.check().empty
    assert few.expected["value"] >= 0.97 * best.expected["value"]
    assert few.expected["ceiling"] == max(short.facts["ceiling"], few.expected["bound"])
    assert best.expected["value"] <= few.expected["ceiling"] <= 1.25 * best.expected["value"]


def test_the_ceiling_holds_at_any_prices_and_is_lowest_at_those_of_the_linear_program():
    """Weak duality by hand: every plan made by chance stays below, whatever the prices; the program's own are no worse than others."""
    brief = brief_from_text(random_brief(1))
    problem = build(shortlist(scores_of(cells_of(**WIDE), seed=1), brief, keep=10_000).table, brief)
    large, rng = _large(problem), np.random.default_rng(0)
    _, price = _solved(problem, large, np.arange(len(problem.ideas)))
    lowest = ceiling(problem, large, price)
    plans = [greedy(problem)[0]]
    for _ in range(20):
        fill = Fill(problem)
        for p in rng.permutation(len(problem.pieces))[:6]:
            fill.make(int(p))
        while (room := fill.room()).any():
            fill.take(*map(int, rng.choice(np.argwhere(room))))
        plans += [found[0] for found in [_tidy(fill)] if found is not None]
    top = max(map(problem.value, plans))
    for _ in range(50):
        other = ceiling(problem, large, price * rng.lognormal(0, 0.5, len(price)) + (rng.random(len(price)) < 0.2) * rng.random(len(price)))
        assert top <= lowest <= other * (1 + 1e-7)
    assert ceiling(problem, large, np.zeros(len(price))) >= lowest


def test_the_matrix_says_what_the_problem_says(sunglasses):
    scores, brief = sunglasses
    problem = build(shortlist(scores, brief, keep=150).table, brief)
    n, y = greedy(problem)
    m = matrix(problem)
    before = np.cumsum(problem.steps, axis=1) - problem.steps
    steps = np.clip(n.sum(axis=1)[:, None] - before, 0, problem.steps)
    used = [float(problem.spend(n, c) > 0) for c in problem.minimum]
    x = np.concatenate([n.ravel(), y.ravel(), steps[problem.wears].ravel(), used])
    rows = m.a @ x
    assert (rows <= m.high + 1e-6).all()
    assert (rows >= m.low - 1e-6).all()
    assert -(m.cost @ x) == pytest.approx(problem.value(n))


def test_more_budget_never_lowers_the_value(sunglasses, plan):
    scores, brief = sunglasses
    more = plan_campaign(scores, brief.model_copy(update={"budget": brief.budget * 1.1}))
    assert more.expected["bound"] >= plan.expected["value"]
    assert more.expected["value"] >= plan.expected["value"] * (1 - plan.expected["gap"] - more.expected["gap"])


def test_the_price_of_the_budget_is_what_a_little_more_brings():
    text = (
        SMALL.replace("quantity = 6000", "quantity = 60").replace("per_week = 2", "per_week = 50").replace("size = 20000", "size = 400000")
    )
    scores = scores_of(cells_of(content_type=["carousel", "story"]), seed=2)
    values = []
    for budget in (120.0, 140.0):
        made = plan_campaign(scores, brief_from_text(text.replace("budget = 900", f"budget = {budget}")))
        price = made.limits.set_index("limit").loc["budget", "price"]
        values.append(made.expected["value"])
    assert price == pytest.approx((values[1] - values[0]) / 20, rel=0.1)


@pytest.mark.parametrize("saturation", [None, 5.0])
@pytest.mark.parametrize("seed", range(4))
def test_pace_changes_weeks_and_nothing_else(seed, saturation):
    brief = brief_from_text(random_brief(seed)).model_copy(update={"saturation": saturation})
    scores = scores_of(cells_of(
        segment=["parents", "drivers"], stage=["awareness", "interest", "decision"],
        content_type=["carousel", "social_image", "promo_email"], channel=["paid_social", "display", "organic_social", "email"],
    ), seed=seed)  # fmt: skip
    problem = build(shortlist(scores, brief, keep=60).table, brief)
    start = greedy(problem)
    if start is None:
        pytest.skip("no fill by hand for this brief")
    even = paced(problem, *start)
    assert not problem.broken(even, start[1])
    assert problem.value(even) >= problem.value(start[0]) * (1 - 1e-9)
    assert (even.sum(axis=1) == start[0].sum(axis=1)).all()


@pytest.mark.parametrize(("lots", "expected"), [([0, 0, 0, 6], [2, 2, 1, 1]), ([0, 0, 0, 2], [1, 1, 0, 0]), ([4, 0, 0, 0], [1, 1, 1, 1])])
def test_a_pace_is_early_and_even(lots, expected):
    text = SMALL.replace("2026-10-18", "2026-11-01").replace("per_week = 2", "per_week = 9").replace("budget = 900", "budget = 9000")
    problem = build(shortlist(scores_of(cells_of()), brief_from_text(text)).table, brief_from_text(text))
    assert paced(problem, np.array([lots]), np.ones((1, 4), int)).tolist() == [expected]


def test_ties_go_to_the_first_name_in_whatever_order_the_scores_come():
    cells = cells_of(content_type=["story", "carousel", "social_image"])
    table = scores_of(cells).table.assign(rate=0.02, low=0.015, high=0.026, verdict="make")
    brief = brief_from_text(SMALL.replace("budget = 900", "budget = 160"))
    made = []
    for order in itertools.permutations(range(3)):
        scores = Scores(table=table.iloc[list(order)], by=CELL, within=(), metric="click_rate")
        made.append(plan_campaign(scores, brief).items.query("status == 'make'")["content_type"].tolist())
    assert made == [["carousel"]] * 6


def test_risk_prefers_the_surer_idea():
    cells = cells_of(content_type=["carousel", "story"])
    table = scores_of(cells).table.assign(rate=[0.022, 0.02], low=[0.005, 0.0195], high=[0.06, 0.0205])
    scores = Scores(table=table, by=CELL, within=(), metric="click_rate")
    brief = brief_from_text(SMALL.replace("budget = 900", "budget = 160"))
    chosen = [plan_campaign(scores, brief, risk=risk).items.query("status == 'make'")["content_type"].tolist() for risk in (0.0, 0.9)]
    assert chosen == [["carousel"], ["story"]]


# ---------------------------------------------------------------- what it promises


def test_the_promised_range_covers_what_the_same_world_brings(plan):
    """Worlds drawn from the posterior, cell by cell: nine in ten land inside the promise."""
    rng, rows = np.random.default_rng(77), plan.schedule
    cells = rows.groupby(["item", "segment", "channel"], sort=True).ngroup().to_numpy()
    inside = 0
    for _ in range(400):
        shift = rows["rate_sd"].to_numpy() * rng.standard_normal(cells.max() + 1)[cells]
        logit = np.log(rows["rate"] / (1 - rows["rate"])) + shift - 0.5 * (1 - 2 * rows["rate"]) * rows["rate_sd"] ** 2
        events = rng.poisson(rows["events"] / rows["rate"] / (1 + np.exp(-logit)))
        inside += plan.expected["low"] <= (events * rows["value"] / rows["events"]).sum() <= plan.expected["high"]
    assert 0.85 <= inside / 400 <= 0.95


def test_the_range_of_a_plan_lets_cells_go_wrong_together():
    """By hand: all placements drawn from the scorer's posterior at once; one by one they would promise far too much."""
    scores, brief = ContentScorer().fit(load_sample("content_log")).score_cells(), read_brief(BRIEFS / "sunglasses.toml")
    joint, alone = (plan_campaign(s, brief, keep=60) for s in (scores, Scores(**{f.name: getattr(scores, f.name) for f in fields(Scores)})))
    rows = joint.schedule.merge(joint.items[["item", "content_type", "style", "length"]], on="item")
    worth = rows.groupby(list(CELL), sort=False, as_index=False)["value"].sum()
    at = scores.table[list(CELL)].reset_index().merge(worth, on=list(CELL))
    rates = scores.draws(at["index"].to_numpy(), 4000, random_state=9)
    total = (rates / rates.mean(axis=0)) @ at["value"].to_numpy()
    assert len(at) == len(worth)
    assert joint.schedule["value"].tolist() == alone.schedule["value"].tolist()
    assert [joint.expected["low"], joint.expected["high"]] == pytest.approx(np.quantile(total, [0.05, 0.95]), rel=0.03)
    wide, narrow = (p.expected["high"] - p.expected["low"] for p in (joint, alone))
    assert wide > 1.5 * narrow


def test_the_whole_is_the_sum_of_its_rows(plan):
    assert plan.expected["value"] == pytest.approx(plan.schedule["value"].sum())
    assert plan.expected["spend"] == pytest.approx(plan.schedule["spend"].sum() + plan.items.query("status == 'make'")["cost"].sum())
    assert plan.expected["low"] < plan.expected["value"] < plan.expected["high"]
    assert ((plan.schedule["low"] <= plan.schedule["value"]) & (plan.schedule["value"] <= plan.schedule["high"])).mean() > 0.98
    assert {"exposure", "rate", "rate_sd", "verdict"} <= set(plan.schedule.columns)
    assert plan.facts["weeks"] == 6


def test_wear_is_concave():
    value = worn(np.arange(10.0), np.full((10, 3), 2.0), np.array([1.0, 0.6, 0.36]))
    steps = np.diff(value)
    assert (np.diff(steps) <= 1e-12).all()
    assert value[-1] == pytest.approx(2 * 1.96)


def test_a_demand_without_an_idea_is_told_before_anything_is_solved():
    brief = brief_from_text(SMALL + '[stages]\nloyalty = 0.2\ndecision = 0.1\n[[must_have]]\ncontent_type = "quiz"\n')
    with pytest.raises(PlanError) as caught:
        plan_campaign(scores_of(cells_of()), brief)
    assert {f.column for f in caught.value.findings} == {"stages.loyalty", "must_have.0"}


# ---------------------------------------------------------------- the second check


def _first(table: pd.DataFrame, **values: object) -> pd.DataFrame:
    table = table.copy()
    for column, value in values.items():
        table[column] = table[column].astype(object)
        table.loc[table.index[0], column] = value
        table[column] = table[column].infer_objects()
    return table


def _mails(plan) -> pd.DataFrame:
    return plan.schedule[plan.schedule["channel"] == "email"]


BREAK = {
    "budget": lambda p: replace(p, brief=p.brief.model_copy(update={"budget": p.expected["spend"] - 1})),
    "cost": lambda p: replace(p, table=_first(p.table, cost=1.0)),
    "spend": lambda p: replace(p, schedule=p.schedule.assign(spend=p.schedule["spend"] * 0.9)),
    "days": lambda p: replace(p, brief=p.brief.model_copy(update={"team": p.brief.team.model_copy(update={"days_per_week": 0.5})})),
    "early": lambda p: replace(p, table=p.table.assign(week=6)),
    "dates": lambda p: replace(p, schedule=_first(p.schedule, week=9)),
    "messages_week": lambda p: replace(p, schedule=pd.concat([p.schedule, *[_mails(p)] * 2], ignore_index=True)),
    "messages_month": lambda p: replace(p, schedule=pd.concat([p.schedule, _mails(p)], ignore_index=True)),
    "channel": lambda p: replace(p, schedule=p.schedule.assign(channel="paid_search")),
    "channel_minimum": lambda p: replace(p, brief=_channel(p.brief, "email", minimum=30_000.0)),
    "stage_share": lambda p: replace(p, schedule=p.schedule.assign(stage="loyalty")),
    "test_share": lambda p: replace(p, brief=p.brief.model_copy(update={"test_share": 1.0})),
    "pieces": lambda p: replace(p, table=p.table.assign(content_type="carousel")),
    "style": lambda p: replace(p, table=_first(p.table, style="edgy")),
    "stage": lambda p: replace(p, table=_first(p.table, stage="advocacy")),
    "length": lambda p: replace(p, brief=p.brief.model_copy(update={"lengths": ["very_long"]})),
    "unused": lambda p: replace(p, table=p.table.assign(status="make")),
    "twice": lambda p: replace(p, schedule=pd.concat([p.schedule, p.schedule.head(1)], ignore_index=True)),
    "segment": lambda p: replace(p, schedule=_first(p.schedule, segment="everyone")),
    "exclude": lambda p: replace(p, schedule=p.schedule.assign(segment="students"), table=p.table.assign(style="luxury")),
    "mute": lambda p: replace(p, brief=brief_from_text(
        (BRIEFS / "sunglasses.toml").read_text(encoding="utf-8") + "\n[[mutes]]\nfirst_day = 2026-10-05\nlast_day = 2026-11-15\n")),
    "placement": lambda p: replace(p, schedule=p.schedule.assign(quantity=p.schedule["quantity"] * 40)),
    "repeat": lambda p: replace(p, schedule=p.schedule.assign(quantity=p.schedule["quantity"] * 40)),
    "must_have": lambda p: replace(p, schedule=p.schedule[p.schedule["channel"] != "email"]),
    "fixed_date": lambda p: replace(p, schedule=p.schedule.assign(week=6), table=p.table.assign(week=6)),
}  # fmt: skip


def _channel(brief, name, **change):
    return brief.model_copy(update={"channels": {**brief.channels, name: brief.channels[name].model_copy(update=change)}})


@pytest.mark.parametrize("limit", sorted(BREAK))
def test_the_check_sees_each_broken_limit(plan, limit):
    assert plan.check().empty
    broken = BREAK[limit](plan).check()
    assert limit in set(broken["limit"])
    assert (broken["over"] > 0).all()


def test_the_sample_plan_is_one_that_a_team_can_make(plan):
    made = plan.items.query("status == 'make'")
    assert 8 <= len(made) <= 24
    assert plan.expected["gap"] <= 0.01
    assert set(plan.schedule["stage"]) >= {"awareness", "interest", "consideration", "decision"}
    assert plan.expected["spend"] <= 40_000 + 1e-6


# ---------------------------------------------------------------- on disk


def test_the_same_input_gives_the_same_bytes(sunglasses, plan, tmp_path):
    plan.save(tmp_path / "a")
    plan_campaign(*sunglasses).save(tmp_path / "b")
    names = sorted(f.name for f in (tmp_path / "a").iterdir())
    assert names == ["items.csv", "limits.csv", "margins.csv", "plan.json", "schedule.csv", "tests.csv"]
    assert all((tmp_path / "a" / n).read_bytes() == (tmp_path / "b" / n).read_bytes() for n in names)


def test_what_is_loaded_is_what_was_saved(plan, tmp_path):
    back = load_plan(plan.save(tmp_path / "plan"))
    for name in ("table", "schedule", "limits", "tests"):
        pd.testing.assert_frame_equal(getattr(back, name), getattr(plan, name))
    assert back.facts == plan.facts
    assert back.expected == plan.expected
    assert back.brief == plan.brief
    assert back.findings == plan.findings
    assert back.check().empty


@pytest.mark.parametrize("part", ["plan.json", "items.csv", "schedule.csv", "limits.csv", "tests.csv"])
def test_a_changed_or_missing_part_is_refused(plan, tmp_path, part):
    folder = plan.save(tmp_path / "plan")
    whole = (folder / part).read_bytes()
    for changed in (whole[:-9], whole.replace(b"1", b"2", 1), b""):
        (folder / part).write_bytes(changed)
        with pytest.raises(StoreError):
            load_plan(folder)
    (folder / part).unlink()
    with pytest.raises(StoreError):
        load_plan(folder)


def test_a_plan_of_another_schema_is_refused_by_name(plan, tmp_path):
    folder = plan.save(tmp_path / "plan")
    header = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    (folder / "plan.json").write_text(json.dumps({**header, "schema": 99}), encoding="utf-8")
    with pytest.raises(StoreError) as caught:
        load_plan(folder)
    assert caught.value.codes == ("E_PLAN_SCHEMA",)


def test_a_failed_write_leaves_the_old_plan_whole(plan, tmp_path, monkeypatch):
    folder = plan.save(tmp_path / "plan")
    before = (folder / "plan.json").read_bytes()

    def full(*_):
        raise OSError("no space left")

    monkeypatch.setattr("mktlib.wording.os.replace", full)
    with pytest.raises(StoreError):
        plan.save(folder)
    assert (folder / "plan.json").read_bytes() == before
    assert sorted(f.name for f in folder.iterdir()) == ["items.csv", "limits.csv", "margins.csv", "plan.json", "schedule.csv", "tests.csv"]


@pytest.mark.parametrize("risk", [-1.0, 1.0, float("nan"), float("inf")])
def test_a_risk_that_is_no_share_is_refused(sunglasses, risk):
    with pytest.raises(PlanError) as caught:
        plan_campaign(*sunglasses, risk=risk)
    assert caught.value.codes == ("E_OPTION",)


def test_what_a_brief_demands_is_short_listed_however_few_are_kept(sunglasses):
    scores, brief = sunglasses
    assert plan_campaign(scores, brief, keep=1).check().empty


def test_a_segment_that_was_never_scored_is_said(sunglasses):
    scores, brief = sunglasses
    typo = brief.model_copy(update={"segments": {("studentes" if k == "students" else k): v for k, v in brief.segments.items()}})
    found = plan_campaign(scores, typo, keep=40).findings
    assert [(f.column, f.hint) for f in found if f.code == "N_PLAN_SEGMENT"] == [("segments.studentes", "students")]


def test_words_that_name_nothing_scored_are_told_and_a_ban_that_bans_nothing_is_told_as_one(sunglasses):
    scores, brief = sunglasses
    update = {"brand": brief.brand.model_copy(update={"forbidden": ["legal_formal", "saucy"]}), "channels": {**brief.channels}}
    update["channels"]["carrier_pigeon"] = brief.channels["email"]
    found = plan_campaign(scores, brief.model_copy(update=update), keep=40).findings
    told = {(f.code, f.column) for f in found if f.code in ("N_PLAN_WORD", "N_PLAN_BAN")}
    assert ("N_PLAN_BAN", "brand.forbidden") in told
    assert ("N_PLAN_WORD", "channels.carrier_pigeon") in told
    assert {f.found for f in found if f.code == "N_PLAN_BAN"} >= {"saucy"}


def test_money_that_stays_unspent_is_told():
    scores = scores_of(cells_of())
    rich, poor = (plan_campaign(scores, brief_from_text(SMALL.replace("budget = 900", f"budget = {b}"))) for b in (90_000, 160))
    assert "N_PLAN_LEFT" in [f.code for f in rich.findings]
    assert "N_PLAN_LEFT" not in [f.code for f in poor.findings]


@pytest.mark.parametrize(("more", "column"), [
    ('[[exclude]]\nsegment = "student"\n', "exclude.1.segment"),
    ('[[mutes]]\nfirst_day = 2026-10-06\nlast_day = 2026-10-07\nsegment = "student"\n', "mutes.1.segment"),
    ("", "last_day"), ("", "segments.students.consent.emial"), ("", "lengths"),
])  # fmt: skip
def test_words_that_name_nobody_are_refused(more, column):
    text = (BRIEFS / "sunglasses.toml").read_text(encoding="utf-8") + more
    text = text.replace("last_day = 2026-11-15", "last_day = 2036-11-15") if column == "last_day" else text
    text = text.replace("{ email = 0.06, push = 0.04 }", "{ emial = 0.06 }") if "consent" in column else text
    text = text.replace("wear = 0.6", 'wear = 0.6\nlengths = ["shrt"]') if column == "lengths" else text
    with pytest.raises(DataError) as caught:
        brief_from_text(text)
    assert column in [f.column for f in caught.value.findings]


def test_a_careful_plan_is_bounded_in_what_it_makes_large(sunglasses):
    mean, worst = (plan_campaign(*sunglasses, risk=risk, keep=60).expected for risk in (0.0, 0.9))
    assert worst["ceiling"] is None
    assert worst["careful"] <= worst["bound"]
    assert worst["careful"] < worst["value"]
    assert 0 <= worst["gap"] < 0.05
    assert mean["careful"] == pytest.approx(mean["value"])


def test_scores_with_one_more_axis_must_fix_it():
    table = scores_of(cells_of(content_type=["carousel", "story"])).table
    both = pd.concat([table.assign(band="low"), table.assign(band="high", rate=0.2)], ignore_index=True)
    scores = Scores(table=both, by=(*CELL, "band"), within=(), metric="click_rate")
    with pytest.raises(DataError) as caught:
        plan_campaign(scores, brief_from_text(SMALL))
    assert caught.value.codes == ("E_PLAN_AXIS",)


def test_a_spend_that_is_no_number_does_not_hold(plan):
    assert not replace(plan, schedule=_first(plan.schedule, spend=float("nan"))).check().empty
