"""A plan in a moment, for a brief that somebody turns by hand: a good one with a bound, not the best one.

`plan_campaign` narrows thousands of ideas and closes the gap to its bound, which takes seconds. Here the ideas are narrowed once, for the
brief and for two briefs far from it, and each change of the brief is then answered by rounding: the linear program of the campaign tells
which pieces to make when, one after the other (diving), and from there the solver looks once among the pieces that the linear program
makes at least in part (a neighbourhood; both in Berthold 2006, Primal heuristics for mixed integer programs). The linear program is a
bound on every plan of the ideas kept, so that a quick answer tells how much a better one could bring at the most.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import highspy
import numpy as np
import pandas as pd

from mktlib.errors import PlanError
from mktlib.planning.brief import Brief
from mktlib.planning.engine import feasible, loaded, optimal, run, values
from mktlib.planning.greedy import greedy
from mktlib.planning.ideas import priced
from mktlib.planning.limits import build
from mktlib.planning.narrow import worth_most
from mktlib.planning.plan import CampaignPlan, _clashes, _nothing_left, _told
from mktlib.planning.problem import Problem
from mktlib.planning.program import Layout, Matrix, columns, matrix, split
from mktlib.planning.readable import ratios, strangers
from mktlib.planning.risk import _reweighed, _weights, outcomes, worst_mean
from mktlib.planning.sieves import sieves
from mktlib.planning.solve import Answer, solve
from mktlib.results import CELL, Scores
from mktlib.vocabulary import Tables, load_tables, progress

CORNERS = ((1.0, 1.0), (2.0, 2.0), (0.25, 0.25))
"""Budget and days of the briefs that ideas are narrowed for, in times of those of the first brief."""
NEAR = 700
"""Ideas kept of each corner."""
KEEP = 200
"""Ideas in the program of one brief."""
ROUND_UP = 0.35
"""A piece of which the linear program makes at least so much is tried whole."""
DIVES, TRIES = 80, 4
LOOSE, NEAR_ENOUGH = 0.05, 0.02
"""Gaps that end the purchase of lots for pieces that are fixed, and the search among the pieces that the linear program likes."""

LOOKS, POOR = 30, 0.06
"""Times that HiGHS asks whether to go on (they come at the same steps on every machine), twice as many where the gap is still poor."""
DRAWS = 2000

Found = tuple[np.ndarray, np.ndarray]


class QuickPlanner:
    """The same campaign planned again and again while money, days, shares and maxima of its brief change; everything else stays.

    scores, brief: as for `plan_campaign`. The same brief gives the same plan, whatever was asked before.
    """

    def __init__(self, scores: Scores, brief: Brief, *, tables: Tables | None = None, random_state: int = 0) -> None:
        self.scores, self.tables, self.seed = scores, tables or load_tables(), random_state
        allowed = priced(scores, brief, self.tables)
        for test in sieves(brief, self.tables).values():
            allowed = allowed[test(allowed).to_numpy(bool)]
        self.allowed = len(allowed)
        _nothing_left(allowed, brief, strangers(brief, scores, self.tables), scores)
        self.ideas = _near(allowed, brief)
        self.ratio = ratios(scores, self.ideas, seed=random_state, size=DRAWS)

    def plan(self, brief: Brief) -> CampaignPlan:
        """A plan within every limit of the brief; `expected` has its value and the bound, `facts["quick"]` is True.

        `ceiling` is None: ideas that were not kept are in no bound here. `margins` is empty: `plan_campaign` asks for those.

        Raises
        ------
        PlanError
            When limits and demands cannot hold together, as `plan_campaign` says it.
        """
        problem, ratio, found, bound = self._answer(brief, brief.risk)
        answer = Answer(*found, bound=bound)
        worth = problem.value(found[0]) if not brief.risk else worst_mean(outcomes(problem, found[0], ratio), brief.risk)
        short, none = {"ceiling": None, "allowed": self.allowed}, problem.ideas.head(0)
        told = strangers(brief, self.scores, self.tables)
        plan = _told(
            problem, (replace(answer, bound=max(bound, worth)), worth), worth, short, self.scores, self.tables, ratio, self.seed,
            brief.risk, none, tuple(told), steps=False,
        )  # fmt: skip
        quick: dict[str, Any] = {"ceiling": None, "greedy": None}
        return replace(plan, facts={**plan.facts, **quick, "quick": True}, expected={**plan.expected, **quick})

    def _problem(self, brief: Brief) -> Problem:
        kept = worth_most(self.ideas, brief, KEEP).kept
        return build(self.ideas.loc[kept].assign(_at=kept, rank=0), brief)

    def _answer(self, brief: Brief, risk: float) -> tuple[Problem, np.ndarray, Found, float]:
        """(problem, ratio (draws, ideas), plan, bound); with risk, the plan of the better worst outcomes out of two."""
        problem = self._problem(brief)
        ratio = self.ratio[:, problem.ideas["_at"].to_numpy(int)]
        found, bound = self._solved(problem)
        if risk <= 0:
            return problem, ratio, found, bound
        careful = _reweighed(problem, _weights(outcomes(problem, found[0], ratio), risk) @ ratio)
        other, lower = self._solved(careful)
        best = max((found, other), key=lambda f: worst_mean(outcomes(problem, f[0], ratio), risk))
        return problem, ratio, best, min(bound, lower)  # the worst mean is below the mean under every weighting that is fair to it

    def _solved(self, problem: Problem) -> tuple[Found, float]:
        """(a good plan, the bound of the linear program)."""
        program = matrix(problem)
        wanted, y, bound = dive(problem, program, self.seed)
        start = None if y is None else bought(problem, program, y, y, self.seed, gap=LOOSE)
        best = None if wanted is None else bought(problem, program, np.zeros_like(wanted), wanted, self.seed, gap=NEAR_ENOUGH, start=start)
        best = best or start
        if best is None:  # rounding found nothing: either nothing holds, or the solver finds it
            answer = solve(problem, start=greedy(problem), seed=self.seed, gap=NEAR_ENOUGH)
            if answer is None:
                raise PlanError(_clashes(problem, self.seed))
            return (answer.n, answer.y), answer.bound
        return best, max(bound, problem.value(best[0]))


def _near(allowed: pd.DataFrame, brief: Brief) -> pd.DataFrame:
    """The ideas worth looking at for this brief and for some far from it, numbered 0, 1 ..."""
    if len(allowed) <= NEAR:
        return allowed.reset_index(drop=True)
    kept = pd.Index([])
    for money, days in progress(CORNERS, desc="ideas"):
        team = brief.team.model_copy(update={"days_per_week": days * brief.team.days_per_week})
        place = worth_most(allowed, brief.model_copy(update={"budget": money * brief.budget, "team": team}), KEEP).place
        kept = kept.union(place.sort_values(kind="stable").index[:NEAR])
    return allowed.loc[kept].sort_values(list(CELL), kind="stable").reset_index(drop=True)


def dive(problem: Problem, program: Matrix, seed: int) -> tuple[np.ndarray | None, np.ndarray | None, float]:
    """((pieces, weeks) what the linear program makes, in whole or in part; (pieces, weeks) 1 from the week a piece is out, None where
    rounding leads nowhere; the bound of the linear program)."""
    solver = run(loaded(program, whole=False, seed=seed))
    if not optimal(solver):
        return None, None, np.inf
    bound = -float(solver.getInfo().objective_function_value)
    room = _Pieces(problem, program, solver)
    wanted = (room.y > 1e-6).astype(float)
    for _ in range(DIVES):
        if not room.open.any():
            return wanted, room.low, bound
        if not any(room.set(*step) for step in room.steps()):
            break
    return wanted, None, bound


class _Pieces:
    """The pieces of a linear program, fixed one after the other: low <= y <= high."""

    def __init__(self, problem: Problem, program: Matrix, solver: highspy.Highs) -> None:
        at, shape = Layout.of(problem), problem.shape[1:]
        self.solver, self.shape = solver, shape
        self.at = np.arange(at.y, at.s, dtype=np.int32)
        self.low, self.high = np.zeros(shape), program.top[at.y : at.s].reshape(shape).copy()
        self.y = values(solver)[self.at].reshape(shape)

    @property
    def open(self) -> np.ndarray:
        return np.asarray(self.low < self.high)

    def steps(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """(up, down) to try in turn: what is whole already, else the fullest pieces up, else the emptiest down."""
        whole = self.open & (self.y > 0.999), self.open & (self.y < 1e-6)
        if whole[0].any() or whole[1].any():
            yield whole
            return
        share, none = np.where(self.open, self.y, -1.0), np.zeros(self.shape, bool)
        fullest = np.argsort(-share, axis=None, kind="stable")[: min(TRIES, int(self.open.sum()))]
        one = [np.arange(share.size).reshape(self.shape) == k for k in fullest]
        if share.max() < ROUND_UP:
            yield none, self.open
        yield from ((up, none) for up in one)
        yield from ((none, down) for down in one)

    def set(self, up: np.ndarray, down: np.ndarray) -> bool:
        """Fix some; what no longer leaves room for a plan is taken back."""
        low, high = np.where(up, 1.0, self.low), np.where(down, 0.0, self.high)
        self._bounds(low, high)
        if not optimal(self.solver):
            self._bounds(self.low, self.high)
            return False
        self.low, self.high, self.y = low, high, values(self.solver)[self.at].reshape(self.shape)
        return True

    def _bounds(self, low: np.ndarray, high: np.ndarray) -> None:
        self.solver.changeColsBounds(len(self.at), self.at, low.ravel(), high.ravel())
        run(self.solver)


def bought(
    problem: Problem, program: Matrix, least: np.ndarray, most: np.ndarray, seed: int, *, gap: float, start: Found | None = None
) -> Found | None:
    """(n, y): a plan with least <= y <= most (pieces, weeks) by HiGHS at its root; None where it finds none."""
    at = Layout.of(problem)
    top, base = program.top.copy(), np.zeros(len(program.top))
    top[: at.y] *= most[problem.piece_of].ravel()
    top[at.y : at.s], base[at.y : at.s] = most.ravel(), least.ravel()
    program = replace(program, top=top, base=base)
    solver = loaded(program, whole=True, seed=seed, mip_max_nodes=1, mip_rel_gap=gap, mip_heuristic_effort=0.02)
    looks = itertools.count(1)

    def look(event: Any) -> None:
        if next(looks) > (LOOKS if event.data_out.mip_gap < POOR else 2 * LOOKS):
            event.interrupt()

    solver.cbMipInterrupt += look
    run(solver, start=None if start is None else columns(problem, *start))
    if not feasible(solver):
        return None
    found = split(problem, values(solver))
    return None if problem.broken(*found) else found
