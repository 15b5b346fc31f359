"""The plan is the best one: against enumeration, a fill by hand, random plans, a ceiling and a little more money."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
from planned import SMALL, cells_of, random_brief, scores_of
from planned import plan as plan
from planned import sunglasses as sunglasses

from mktlib.planning import brief_from_text, plan_campaign, shortlist
from mktlib.planning.greedy import Fill, _tidy, greedy
from mktlib.planning.limits import build
from mktlib.planning.narrow import _solved, ceiling, in_the_large
from mktlib.planning.pacing import paced
from mktlib.planning.solve import matrix, solve
from mktlib.results import CELL, Scores


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
    large, rng = in_the_large(problem, problem.limits), np.random.default_rng(0)
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
