"""Plans for those who fear the bad outcomes: the mean of the worst share of all outcomes (CVaR) is made large, not the mean of all.

The mean of the worst outcomes is the smallest mean that any fair reweighting of the draws can give, no draw weighing more than
1 / (share x draws) (Rockafellar & Uryasev 2000; Artzner, Delbaen, Eber & Heath 1999). So the program makes one number large that is
below the mean under every weighting seen so far (cutting planes, Kelley 1960): plan, weigh the worst draws of that plan, add its
weighting, plan again. Each round's bound holds for the weightings it has, hence for all of them.

A very large or saturated campaign has no such program: there the planner plays against the average of the weightings (fictitious play,
Brown 1951), which has a bound too, but cannot mix what is good under different weightings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy import sparse
from scipy.stats import norm

from mktlib.planning.engine import GAP, NODES, feasible, loaded, run, values
from mktlib.planning.problem import Problem, saturated
from mktlib.planning.program import Layout, Matrix, columns, matrix, split
from mktlib.planning.solve import SMALL, Answer
from mktlib.vocabulary import progress

ROUNDS, CUTS = 6, 12
SETTLED = 1e-4
"""Rounds end when plan and bound are this near to each other, relative to the bound."""


def worst_mean(outcomes: np.ndarray, risk: float) -> float:
    """Mean of the worst 1 - risk of some outcomes; the last one counts in part.

    >>> worst_mean(np.array([1.0, 2.0, 3.0, 4.0]), 0.5), worst_mean(np.array([1.0, 2.0, 3.0, 4.0]), 0.0)
    (1.5, 2.5)
    """
    return float(np.asarray(outcomes, float) @ _weights(outcomes, risk))


def sds_off(risk: float) -> float:
    """Standard deviations between the mean of a normal and the mean of its worst 1 - risk: how careful a first look must be.

    >>> round(sds_off(0.9), 3), sds_off(0.0)
    (1.755, 0.0)
    """
    return 0.0 if risk <= 0 else float(norm.pdf(norm.ppf(risk)) / (1 - risk))


def outcomes(problem: Problem, n: np.ndarray, ratio: np.ndarray) -> np.ndarray:
    """(draws,) value of a plan n (ideas, weeks) when each idea brings ratio (draws, ideas) times what is expected of it."""
    if problem.caps is None:
        return np.asarray(ratio @ problem.brought(n).sum(axis=1))
    full = problem.gains * n
    values = ratio @ -problem.worn_off(n).sum(axis=1)
    for week in np.flatnonzero(full.any(axis=0)):
        used = np.flatnonzero(full[:, week])
        for group in np.unique(problem.group[used]):
            mine = used[problem.group[used] == group]
            total = ratio[:, mine] @ full[mine, week]
            values += saturated(total, np.full(len(total), problem.caps[group]))
    return np.asarray(values)


def careful(
    problem: Problem, ratio: np.ndarray, risk: float, solved: Callable[[Problem], Answer | None], *, seed: int = 0
) -> tuple[Answer, float] | None:
    """(the plan of the best worst mean that was found, a bound on every plan's worst mean); None where no plan holds all limits.

    Parameters
    ----------
    ratio : (draws, ideas) what an idea brings in each draw, over what is expected of it.
    risk : 0 <= risk < 1, the share of the best outcomes that do not count.
    solved : the solver for one set of gains.
    """
    fair = np.full(len(ratio), 1.0 / len(ratio))
    first = solved(_reweighed(problem, fair @ ratio))
    if first is None:
        return None
    game = _Game(problem, ratio, risk, first)
    weights = game.seen(first, first.bound)
    if problem.caps is None and Layout.of(problem).size <= SMALL:
        _cut(game, [fair, weights], seed)
    else:
        _played(game, weights, solved)
    return replace(game.best, bound=max(game.bound, game.worth), stopped=game.stopped), game.worth


class _Game:
    """The best plan by its worst outcomes so far, and the bound."""

    def __init__(self, problem: Problem, ratio: np.ndarray, risk: float, first: Answer) -> None:
        self.problem, self.ratio, self.risk = problem, ratio, risk
        self.best, self.worth, self.bound, self.stopped = first, -np.inf, np.inf, first.stopped

    def seen(self, answer: Answer, bound: float) -> np.ndarray:
        """Take a plan into account; the weights of its worst draws."""
        came = outcomes(self.problem, answer.n, self.ratio) - self.problem.making[answer.y[:, -1] > 0].sum()
        self.bound = min(self.bound, bound)
        if (mine := worst_mean(came, self.risk)) > self.worth:
            self.best, self.worth = answer, mine
        return _weights(came, self.risk)

    def over(self, gap: float) -> bool:
        return self.stopped or self.bound - self.worth <= gap * abs(self.bound)


def _cut(game: _Game, weightings: list[np.ndarray], seed: int) -> None:
    """Cutting planes: the highest number that is below the plan's mean under each weighting."""
    problem, program = game.problem, matrix(game.problem)
    size, most = len(program.cost), max(1.0, game.bound)
    rows = [_under(game, weights) for weights in weightings]
    for _ in progress(range(CUTS), desc="worst outcomes"):
        if game.over(GAP):
            return
        many = len(rows)
        master = Matrix(
            np.r_[np.zeros(size), -1.0], sparse.bmat([[program.a, None], [np.array(rows), np.ones((many, 1))]], format="csr"),
            np.r_[program.low, np.full(many, -np.inf)], np.r_[program.high, np.zeros(many)], np.r_[program.top, 2 * most],
            np.r_[program.whole, False], np.r_[np.zeros(size), -1.0 - problem.making.sum()],
        )  # fmt: skip
        start = columns(problem, game.best.n, game.best.y)
        solver = loaded(master, whole=True, seed=seed, mip_max_nodes=NODES // 10, mip_rel_gap=GAP / 2)
        run(solver, start=np.r_[start, min(-float(row @ start) for row in rows)])
        n, y = split(problem, values(solver)[:size]) if feasible(solver) else (game.best.n, game.best.y)
        if not feasible(solver) or problem.broken(n, y):
            return
        before = len(rows)
        rows.append(_under(game, game.seen(Answer(n, y, np.inf), -float(solver.getInfo().mip_dual_bound))))
        if any(np.array_equal(rows[-1], row) for row in rows[:before]):  # the same plan again: nothing more to learn
            return


def _under(game: _Game, weights: np.ndarray) -> np.ndarray:
    """The costs of the program under a weighting of the draws."""
    return matrix(_reweighed(game.problem, weights @ game.ratio)).cost


def _played(game: _Game, weights: np.ndarray, solved: Callable[[Problem], Answer | None]) -> None:
    """Fictitious play: the average of the weightings against the plan that is best under it."""
    for turn in range(2, ROUNDS + 1):
        answer = None if game.over(SETTLED) else solved(_reweighed(game.problem, weights @ game.ratio))
        if answer is None:
            return
        game.stopped = answer.stopped
        weights = weights + (game.seen(answer, answer.bound) - weights) / turn


def _reweighed(problem: Problem, times: np.ndarray) -> Problem:
    weekly = None if problem.weekly is None else problem.weekly * times[:, None]
    return replace(problem, gain=problem.gain * times, weekly=weekly)


def _weights(outcomes: np.ndarray, risk: float) -> np.ndarray:
    """Weights of the draws in the worst mean: the worst ones alike, the one at the edge in part."""
    size = len(outcomes)
    share = (1 - risk) * size
    order = np.argsort(outcomes, kind="stable")
    weights = np.zeros(size)
    weights[order] = np.clip(share - np.arange(size), 0.0, 1.0) / share
    return weights
