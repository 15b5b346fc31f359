"""Plans for those who fear the bad outcomes: the mean of the worst share of all outcomes (CVaR) is made large, not the mean of all.

The mean of the worst outcomes is the smallest mean that any fair reweighting of the draws can give, no draw weighing more than
1 / (share x draws) (Rockafellar & Uryasev 2000; Artzner, Delbaen, Eber & Heath 1999). With the weights fixed it is the same program
with other gains, so the planner plays against the weights: plan, weigh the worst draws of that plan, average with the weights before,
plan again (fictitious play: Brown 1951, Robinson 1951). Each round's bound holds for its weights, hence for the worst ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy.stats import norm

from mktlib.planning.problem import Problem, saturated
from mktlib.planning.solve import Answer

ROUNDS = 6
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
    lost = (problem.brought(n) - full).sum(axis=1) - _spared(problem, full)
    values = ratio @ lost
    for week in np.flatnonzero(full.any(axis=0)):
        used = np.flatnonzero(full[:, week])
        for group in np.unique(problem.group[used]):
            mine = used[problem.group[used] == group]
            total = ratio[:, mine] @ full[mine, week]
            values += saturated(total, np.full(len(total), problem.caps[group]))
    return np.asarray(values)


def _spared(problem: Problem, full: np.ndarray) -> np.ndarray:
    """(ideas,) what saturation takes, as a negative number."""
    assert problem.caps is not None
    total = problem.together(full)
    share = saturated(total, problem.caps[:, None]) / np.where(total > 0, total, 1.0)
    return np.asarray((full * (share[problem.group] - 1)).sum(axis=1))


def careful(problem: Problem, ratio: np.ndarray, risk: float, solved: Callable[[Problem], Answer | None]) -> tuple[Answer, float] | None:
    """(the plan of the best worst mean that was found, a bound on every plan's worst mean); None where no plan holds all limits.

    Parameters
    ----------
    ratio : (draws, ideas) what an idea brings in each draw, over what is expected of it.
    risk : 0 <= risk < 1, the share of the best outcomes that do not count.
    solved : the solver for one set of gains.
    """
    weights = np.full(len(ratio), 1.0 / len(ratio))
    best, worth, bound, stopped = None, -np.inf, np.inf, False
    for turn in range(1, ROUNDS + 1):
        answer = solved(_reweighed(problem, weights @ ratio))
        if answer is None:
            return None
        came = outcomes(problem, answer.n, ratio) - problem.making[answer.y[:, -1] > 0].sum()
        bound = min(bound, answer.bound)
        if (mine := worst_mean(came, risk)) > worth:
            best, worth = answer, mine
        stopped = answer.stopped
        if stopped or bound - worth <= SETTLED * abs(bound):
            break
        weights += (_weights(came, risk) - weights) / turn
    assert best is not None
    return replace(best, bound=max(bound, worth), stopped=stopped), worth


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
