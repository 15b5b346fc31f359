"""The solver: against enumeration, against HiGHS alone, and its bounds against both; large campaigns are taken apart on small ones too."""

from __future__ import annotations

import itertools
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from planned import SMALL as BRIEF
from planned import cells_of, random_brief, scores_of
from scipy.optimize import linprog

from mktlib.planning import brief_from_text, schedules, shortlist
from mktlib.planning import solve as solver
from mktlib.planning.engine import Meter
from mktlib.planning.greedy import Fill, greedy
from mktlib.planning.limits import build
from mktlib.planning.problem import Problem
from mktlib.planning.program import columns, matrix
from mktlib.planning.schedules import Lattice
from mktlib.planning.weeks import Parts, _knapsack

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))
from plans import Instance

EXACT = 1e-6
"""HiGHS holds its rows to 1e-7 each."""


def campaign(seed: int, more: str = "", keep: int = 80) -> Problem:
    """A general brief: money, days, caps, shares, a channel with a least buy."""
    brief = brief_from_text(random_brief(seed).replace("budget =", f"{more}\nbudget =", 1))
    cells = cells_of(
        segment=["parents", "drivers"], stage=["awareness", "interest", "decision"],
        content_type=["carousel", "banner", "promo_email", "sms", "social_image"],
        style=["playful", "expert"], channel=["paid_social", "display", "organic_social", "email", "sms"],
    )  # fmt: skip
    return build(shortlist(scores_of(cells, seed=seed), brief, keep=keep).table, brief)


def taken_apart(
    problem: Problem, monkeypatch: pytest.MonkeyPatch, *, work: float = 0.05, few: int | None = None, kernel: int = 0
) -> solver.Answer:
    """The answer of the search for large campaigns alone."""
    monkeypatch.setattr(solver, "SMALL", 0)
    monkeypatch.setattr(solver, "MIDDLE", 0)
    monkeypatch.setattr(solver, "KERNEL", kernel)
    if few is not None:
        monkeypatch.setattr(schedules, "FEW", few)
    found = solver.solve(problem, start=greedy(problem), seed=0, work=work)
    monkeypatch.undo()
    assert found is not None
    return found


# ---------------------------------------------------------------- saturation


def saturated_by_hand(total: float, cap: float) -> float:
    """The six tangents of cap (1 - exp(-u / cap)), each worked out by itself."""
    lines = []
    for k in range(6):
        at = 0.6 * k * cap
        slope = np.exp(-at / cap)
        lines.append(cap * (1 - np.exp(-at / cap)) + slope * (total - at))
    return min(lines)


def by_enumeration(problem: Problem) -> float:
    """The best value of a small brief with wear and saturation, from the words of the brief alone."""
    brief, ideas = problem.brief, problem.ideas
    cap = brief.saturation * ideas["value"].mean()  # one segment and one stage
    first = [max(1, round(p / lot)) for p, lot in zip(ideas["people"], ideas["lot"], strict=True)]
    best = 0.0
    for out in itertools.product(range(1, brief.weeks + 2), repeat=len(problem.pieces)):
        days = [sum(d for d, w in zip(problem.pieces["days"], out, strict=True) if w <= k) for k in range(1, brief.weeks + 1)]
        if any(used > brief.team.days_per_week * k for k, used in enumerate(days, 1)):
            continue
        fixed = sum(c for c, w in zip(problem.pieces["cost"], out, strict=True) if w <= brief.weeks)
        room = [
            range(int(m) + 1 if w >= out[problem.piece_of[i]] - 1 else 1) for i, row in enumerate(problem.most) for w, m in enumerate(row)
        ]
        for flat in itertools.product(*room):
            n = np.reshape(flat, problem.most.shape)
            total = n.sum(axis=1)
            if fixed + (total * ideas["lot_cost"]).sum() > brief.budget + 1e-9 or any(t > 3 * f for t, f in zip(total, first, strict=True)):
                continue
            value = sum(saturated_by_hand(float(u), cap) for u in ideas["value"].to_numpy() @ n)
            for i, t in enumerate(total):
                value -= ideas["value"][i] * sum(1 - brief.wear ** (k // first[i]) for k in range(t))
            best = max(best, value)
    return best


@pytest.mark.parametrize(("seed", "budget", "saturation"), [(0, 400, 1.0), (1, 520, 0.5), (2, 900, 2.0), (3, 900, 0.3)])
def test_a_saturated_plan_equals_enumeration(seed, budget, saturation, monkeypatch):
    text = BRIEF.replace("budget = 900", f"budget = {budget}\nsaturation = {saturation}")
    brief = brief_from_text(text.replace("size = 20000", "size = 8000") + "[team]\ndays_per_week = 5\n")
    problem = build(
        shortlist(scores_of(cells_of(content_type=["carousel", "story"], style=["playful", "expert"]), seed=seed), brief).table, brief
    )
    best = by_enumeration(problem)
    found = solver.solve(problem, start=greedy(problem), seed=0, gap=0.0)
    assert found is not None
    assert problem.value(found.n) == pytest.approx(best, rel=EXACT)
    assert found.bound == pytest.approx(best, rel=EXACT)
    apart = taken_apart(problem, monkeypatch)
    assert problem.value(apart.n) <= best * (1 + EXACT)
    assert apart.bound >= best * (1 - EXACT)


def test_saturation_makes_a_plan_spread_and_less_worth():
    problems = [campaign(0, more) for more in ("", "saturation = 3.0", "saturation = 1.0")]
    values = []
    for problem in problems:
        found = solver.solve(problem, start=greedy(problem), seed=0, nodes=20)
        assert found is not None
        values.append(problem.value(found.n))
        assert problem.brought(found.n).sum() == pytest.approx(problem.value(found.n))
    assert values[0] > values[1] > values[2] > 0


def test_the_program_says_what_a_saturated_problem_says():
    problem = campaign(1, "saturation = 1.5")
    n, y = greedy(problem)
    m, x = matrix(problem), columns(problem, n, y)
    assert (m.a @ x <= m.high + EXACT).all()
    assert (x <= m.top + EXACT).all()
    assert -(m.cost @ x) == pytest.approx(problem.value(n))


# ---------------------------------------------------------------- taken apart


@pytest.mark.parametrize(("seed", "few"), [(0, None), (1, None), (0, 0), (1, 0), (2, 0)])
def test_binary_instances_taken_apart_equal_highs_alone(seed, few, monkeypatch):
    """Both ways to choose schedules: over all sets of pieces, and by a program."""
    problem = Instance.of(2, 2, 8, 2, 3, seed=seed).problem()
    best = solver.solve(problem, start=None, seed=0, gap=1e-6)
    found = taken_apart(problem, monkeypatch, work=0.4, few=few)
    assert best is not None
    assert problem.broken(found.n, found.y) == []
    assert problem.value(found.n) >= 0.98 * problem.value(best.n)
    assert problem.value(best.n) <= found.bound * (1 + EXACT)
    assert found.bound <= found.lp * (1 + EXACT)


@pytest.mark.parametrize(("seed", "more"), [(0, ""), (1, ""), (2, "saturation = 2.0"), (3, "saturation = 2.0")])
def test_general_briefs_taken_apart_hold_every_limit_and_no_plan_passes_the_bound(seed, more, monkeypatch):
    problem = campaign(seed, more)
    found, alone = taken_apart(problem, monkeypatch), solver.solve(problem, start=greedy(problem), seed=0, nodes=50)
    assert alone is not None
    assert problem.broken(found.n, found.y) == []
    assert problem.value(found.n) >= problem.value(greedy(problem)[0])
    assert problem.value(alone.n) <= found.bound * (1 + EXACT)
    assert problem.value(found.n) <= alone.bound * (1 + EXACT)


@pytest.mark.parametrize("seed", [1, 3])
def test_the_ideas_that_the_linear_program_likes_are_enough_for_a_good_plan(seed, monkeypatch):
    problem = campaign(seed)
    alone, found = solver.solve(problem, start=greedy(problem), seed=0, nodes=50), taken_apart(problem, monkeypatch, kernel=400)
    assert alone is not None
    assert problem.shape[0] * problem.shape[2] > 400
    assert problem.broken(found.n, found.y) == []
    assert problem.value(found.n) >= 0.9 * problem.value(alone.n)


def test_the_best_chain_of_sets_equals_enumeration():
    problem = Instance.of(1, 1, 4, 1, 3).problem()
    rng, parts = np.random.default_rng(0), Parts(problem)
    judge = Lattice(parts, rng.normal(size=(4, 3)), Meter())
    judge.estimate = rng.normal(size=(3, 16))
    best = -np.inf
    for out in itertools.product(range(4), repeat=4):
        y = (np.array(out)[:, None] <= np.arange(3)).astype(int)
        if (y.sum(axis=0) <= np.arange(1, 4)).all():  # one a week
            at = y.T @ (1 << np.arange(4))
            best = max(best, sum(judge.charge[w, at[w]] + judge.estimate[w, at[w]] for w in range(3)))
    upper, y = judge.best()
    assert upper == pytest.approx(best)
    assert (np.diff(y, axis=1) >= 0).all()


def test_a_knapsack_in_fractions_equals_a_linear_program():
    rng = np.random.default_rng(4)
    for _ in range(20):
        gain, weight, top, room = rng.normal(size=9), rng.uniform(0.5, 2, 9), rng.uniform(0, 2, 9), rng.uniform(0, 6)
        known = linprog(-gain, A_ub=weight[None], b_ub=[room], bounds=list(zip(np.zeros(9), top, strict=True)))
        assert _knapsack(gain, weight, top, room) == pytest.approx(-known.fun)


# ---------------------------------------------------------------- the same, and to be stopped


def test_the_same_seed_and_work_give_the_same_bytes(monkeypatch):
    problem = Instance.of(3, 2, 9, 2, 4).problem()
    one, two = (taken_apart(problem, monkeypatch, work=0.05) for _ in range(2))
    assert one.n.tobytes() == two.n.tobytes()
    assert one.y.tobytes() == two.y.tobytes()
    assert one.bound == two.bound


def test_ctrl_c_returns_the_best_so_far(monkeypatch):
    problem, told = Instance.of(3, 2, 9, 2, 4).problem(), Meter.tell

    def tell(self: Meter, best: float = -np.inf, bound: float = np.inf) -> None:
        told(self, best, bound)
        if np.isfinite(self.bound):
            os.kill(os.getpid(), signal.SIGINT)

    start = greedy(problem)
    monkeypatch.setattr(Meter, "tell", tell)
    before = signal.getsignal(signal.SIGINT)
    found = taken_apart(problem, monkeypatch)
    assert found.stopped
    assert problem.broken(found.n, found.y) == []
    assert problem.value(start[0]) <= problem.value(found.n) <= found.bound
    assert signal.getsignal(signal.SIGINT) is before


def test_called_off_before_any_plan_is_an_interrupt(monkeypatch):
    problem = Instance.of(3, 2, 9, 2, 4).problem()
    monkeypatch.setattr(Meter, "over", lambda self, share=1.0: True)
    monkeypatch.setattr(Meter, "stopped", True, raising=False)
    monkeypatch.setattr(
        Meter, "__init__", lambda self, work: self.__dict__.update(limit=1.0, spent=0.0, best=-np.inf, bound=np.inf, _bar=None)
    )
    monkeypatch.setattr(solver, "SMALL", 0)
    with pytest.raises(KeyboardInterrupt):
        solver.solve(problem, start=None, seed=0)


# ---------------------------------------------------------------- the fill by hand


@pytest.mark.parametrize("more", ["", "saturation = 1.5"])
def test_the_fill_always_buys_the_best_lot_for_the_money(more):
    """By hand: after each lot, every lot that fits is priced by the change in the value of the whole."""
    problem = campaign(2, more, keep=25)
    fill = Fill(problem)
    for p in range(3):
        fill.make(p)
    other = Fill(problem)
    for p in range(3):
        other.make(p)
    fill.buy(np.ones(len(problem.ideas), bool), lots=12)
    for _ in range(12):
        best, choice = 0.0, None
        for i, w in np.argwhere(other.room()):
            n = other.n.copy()
            n[i, w] += 1
            worth = (problem.value(n) - problem.value(other.n)) / (problem.cost[i] + 1e-6)
            if worth > best * (1 + 1e-9):
                best, choice = worth, (int(i), int(w))
        if choice is None:
            break
        other.take(*choice)
    assert problem.value(fill.n) == pytest.approx(problem.value(other.n))


def test_pieces_that_take_more_than_they_bring_stay_unmade():
    problem = Instance.of(2, 1, 4, 2, 2).problem()
    dear = replace(problem, fixed=np.full(4, 1e6))
    found = solver.solve(dear, start=None, seed=0)
    assert found is not None
    assert not found.y.any()
    assert dear.value(found.n) == 0.0
