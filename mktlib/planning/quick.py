"""A plan in a moment, for a brief that somebody turns by hand: a good one with a bound, not the best one.

`plan_campaign` narrows thousands of ideas and closes the gap to its bound, which takes seconds. Here the ideas are narrowed once, for the
brief and for two briefs far from it. Each change of the brief is then answered in two steps: the linear program of the campaign tells which
pieces are worth making at least in part, and whole pieces and lots are sought among those (a neighbourhood of the relaxation; Berthold
2006, Primal heuristics for mixed integer programs): by `dive`, and where that finds nothing by the solver, once, at its root. The linear
program is a bound on every plan of the ideas kept, so that a quick answer tells how much a better one could bring at the most.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from mktlib.errors import PlanError
from mktlib.planning.brief import Brief
from mktlib.planning.clash import first_budget
from mktlib.planning.dive import Found, dived
from mktlib.planning.engine import feasible, loaded, optimal, run, values
from mktlib.planning.greedy import greedy
from mktlib.planning.ideas import priced
from mktlib.planning.limits import build
from mktlib.planning.narrow import worth_most
from mktlib.planning.plan import CampaignPlan, _clashes, _nothing_left, _told
from mktlib.planning.problem import Problem
from mktlib.planning.program import Layout, matrix, split
from mktlib.planning.readable import ratios, strangers
from mktlib.planning.risk import _reweighed, _weights, outcomes, worst_mean
from mktlib.planning.sieves import sieves
from mktlib.planning.solve import Answer, duals, solve
from mktlib.results import CELL, Scores
from mktlib.vocabulary import Tables, load_tables, progress

CORNERS = ((1.0, 1.0), (2.0, 2.0), (0.25, 0.25))
"""Budget and days of the briefs that ideas are narrowed for, in times of those of the first brief."""
NEAR = 700
"""Ideas kept of each corner."""
KEEP = 200
"""Ideas in the program of one brief."""
NEAR_ENOUGH = 0.02
"""A gap within the neighbourhood that ends the search."""
LOOKS, POOR = 30, 0.06
"""Times that HiGHS asks whether to go on (they come at the same steps on every machine), twice as many where the gap is still poor."""
DRAWS = 2000
FIRST = 5
"""Times that the least budget is asked for again with the budget found."""


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
        problem, ratio, price, found, bound = self._answer(brief)
        answer = Answer(*found, bound=bound)
        worth = problem.value(found[0]) if not brief.risk else worst_mean(outcomes(problem, found[0], ratio), brief.risk)
        short, none = {"ceiling": None, "allowed": self.allowed}, problem.ideas.head(0)
        told = strangers(brief, self.scores, self.tables)
        plan = _told(
            problem, (replace(answer, bound=max(bound, worth)), worth), worth, short, self.scores, self.tables, ratio, self.seed,
            brief.risk, none, tuple(told), steps=False, loose=price,
        )  # fmt: skip
        quick: dict[str, Any] = {"ceiling": None, "greedy": None}
        return replace(plan, facts={**plan.facts, **quick, "quick": True}, expected={**plan.expected, **quick})

    def first_budget(self, brief: Brief) -> float | None:
        """A budget, in whole units of money, with which something can be made and shown: the brief's own where it is enough; None: no
        budget is enough. Costs of production that are a share of the budget grow with it."""
        for _ in range(FIRST):
            found = first_budget(self._problem(brief), seed=self.seed)
            if found is None or found <= brief.budget + 1e-6:
                return found
            brief = brief.model_copy(update={"budget": float(math.ceil(round(found, 4)))})
        return brief.budget

    def _problem(self, brief: Brief) -> Problem:
        kept = worth_most(self.ideas, brief, KEEP).kept
        return build(self.ideas.loc[kept].assign(_at=kept, rank=0), brief)

    def _answer(self, brief: Brief) -> tuple[Problem, np.ndarray, np.ndarray | None, Found, float]:
        """(problem, ratio (draws, ideas), prices of the linear program, plan, bound). With risk the draws are weighed as the worst outcomes
        of the linear program are: the mean of the worst outcomes of a plan is below its mean under every such weighting, so that the bound
        holds."""
        problem = self._problem(brief)
        ratio = self.ratio[:, problem.ideas["_at"].to_numpy(int)]
        made, lots, price, bound = relaxed(problem, self.seed)
        if brief.risk > 0 and lots is not None:
            careful = _reweighed(problem, _weights(outcomes(problem, lots, ratio), brief.risk) @ ratio)
            made, _, _, lower = relaxed(careful, self.seed)
            found, lower = self._whole(careful, made, lower)
            return problem, ratio, price, found, min(bound, lower)
        return problem, ratio, price, *self._whole(problem, made, bound)

    def _whole(self, problem: Problem, made: np.ndarray | None, bound: float) -> tuple[Found, float]:
        """(a good plan, a bound on every plan): in the neighbourhood of the linear program, or wherever the solver finds one."""
        found = None if made is None or problem.caps is not None else dived(problem, np.asarray(made.any(axis=1)), self.seed)
        found = nearby(problem, made, self.seed) if found is None and made is not None else found
        if found is not None:
            return found, max(bound, problem.value(found[0]))
        answer = solve(problem, start=greedy(problem), seed=self.seed, gap=NEAR_ENOUGH)
        if answer is None:
            raise PlanError(_clashes(problem, self.seed))
        return (answer.n, answer.y), answer.bound


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


Relaxed = tuple[np.ndarray | None, np.ndarray | None, np.ndarray | None, float]


def relaxed(problem: Problem, seed: int) -> Relaxed:
    """Of the linear program: ((pieces, weeks) 1 where it makes a piece at least in part, (ideas, weeks) its lots, (limits,) its prices, its
    bound); None and no bound where nothing holds."""
    solver = run(loaded(matrix(problem), whole=False, seed=seed))
    if not optimal(solver):
        return None, None, None, np.inf
    at, (i, p, w), found = Layout.of(problem), problem.shape, values(solver)
    made = (found[at.y : at.s] > 1e-6).astype(float).reshape(p, w)
    return made, found[: at.y].reshape(i, w), duals(solver, problem), -float(solver.getInfo().objective_function_value)


def nearby(problem: Problem, made: np.ndarray, seed: int) -> Found | None:
    """(n, y): a plan of pieces out of `made` (pieces, weeks), by HiGHS at its root; None where it finds none."""
    program, at, looks = matrix(problem), Layout.of(problem), itertools.count(1)
    program.top[: at.y] *= made[problem.piece_of].ravel()
    program.top[at.y : at.s] *= made.ravel()
    solver = loaded(program, whole=True, seed=seed, mip_max_nodes=1, mip_rel_gap=NEAR_ENOUGH, mip_heuristic_effort=0.02)

    def look(event: Any) -> None:
        if next(looks) > (LOOKS if event.data_out.mip_gap < POOR else 2 * LOOKS):
            event.interrupt()

    solver.cbMipInterrupt += look
    run(solver)
    found = split(problem, values(solver)) if feasible(solver) else None
    return None if found is None or problem.broken(*found) else found
