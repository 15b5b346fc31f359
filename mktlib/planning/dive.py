"""From the linear program of a campaign to whole pieces and whole lots, by steps that are cheap: for a plan in a moment.

Which pieces: the campaign in the large (weeks taken together, lots in any fraction) as a program of few whole numbers. When they come
out: the linear program of those pieces alone, a piece and week fixed at a time, the one that is nearest to whole first (diving; Berthold
2006, Primal heuristics for mixed integer programs), each time from where the last one ended. How many lots: HiGHS at its root, within
one lot of that linear program; then whatever still fits. Steps are counted, never seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mktlib.planning.engine import feasible, loaded, optimal, run, values
from mktlib.planning.greedy import Fill
from mktlib.planning.narrow import in_the_large, large_program
from mktlib.planning.problem import STEPS, Problem
from mktlib.planning.program import Layout, Matrix, matrix, split

Found = tuple[np.ndarray, np.ndarray]
DUST = 1e-6
LARGE_GAP, LOTS_GAP = 0.01, 0.005
"""Gaps that end the two programs of whole numbers."""
ROOT: dict[str, Any] = {
    "mip_max_nodes": 1, "mip_heuristic_effort": 0.02, "mip_heuristic_run_root_reduced_cost": False, "mip_allow_restart": False
}  # fmt: skip
"""HiGHS at its root: what pays within a tenth of a second."""
LARGE: dict[str, Any] = {**ROOT, "mip_heuristic_run_feasibility_jump": False, "mip_heuristic_run_rins": False, "mip_rel_gap": LARGE_GAP}


def dived(problem: Problem, made: np.ndarray, seed: int) -> Found | None:
    """(n, y): a plan of pieces out of `made` (pieces,), a mask; None where one of the steps finds none."""
    at = np.flatnonzero(made)
    few = in_the_main(part(problem, at), seed)
    if few is None:
        return None
    at = at[few]
    small = part(problem, at)
    found = Dive(small, seed).plan()
    if found is None:
        return None
    n, y = (np.zeros((size, problem.shape[2]), int) for size in problem.shape[:2])
    n[np.isin(problem.piece_of, at)], y[at] = topped(small, *found)
    return None if problem.broken(n, y) else (n, y)


def part(problem: Problem, pieces: np.ndarray) -> Problem:
    """The campaign of some pieces (their numbers, rising) and their ideas alone, under the same limits."""
    mine = np.isin(problem.piece_of, pieces)
    return replace(
        problem, ideas=problem.ideas[mine].reset_index(drop=True), pieces=problem.pieces.iloc[pieces].reset_index(drop=True),
        piece_of=np.searchsorted(pieces, problem.piece_of[mine]), gain=problem.gain[mine], most=problem.most[mine],
        steps=problem.steps[mine], group=problem.group[mine],
        limits=[replace(r, lots=r.lots[mine], made=r.made[pieces]) for r in problem.limits],
        fixed=None if problem.fixed is None else problem.fixed[pieces],
        weekly=None if problem.weekly is None else problem.weekly[mine],
    )  # fmt: skip


def in_the_main(problem: Problem, seed: int) -> np.ndarray | None:
    """The numbers of the pieces that are worth making when weeks are taken together and lots may be parts."""
    i = len(problem.ideas)
    large = in_the_large(problem, problem.limits)
    cost, held, shown, top = large_program(problem, large, np.arange(i))
    cost[STEPS * i :] = problem.making
    rows = Matrix.under(cost, [(held, large.most), (shown, np.zeros(2 * i))], top, whole=np.arange(len(cost)) >= STEPS * i)
    solver = run(loaded(rows, whole=True, seed=seed, **LARGE))
    return np.flatnonzero(values(solver)[STEPS * i :] > 0.5) if feasible(solver) else None


@dataclass
class _Seen:
    """A linear program solved: its value, its column and the reduced costs."""

    value: float
    x: np.ndarray
    price: np.ndarray


class Dive:
    """The linear program of a campaign all of whose pieces are to be made, bounds of its columns closing step by step."""

    def __init__(self, problem: Problem, seed: int) -> None:
        self.problem, self.seed, self.m, at = problem, seed, matrix(problem), Layout.of(problem)
        self.low, self.top = np.zeros(len(self.m.top)), self.m.top.copy()
        self.lots, self.out, self.used = slice(0, at.y), slice(at.y, at.s), slice(at.u, at.z)
        self.closing = np.r_[at.y : at.s, at.u : at.z].astype(np.int32)
        self.out_low, self.out_top = (b[self.out].reshape(problem.shape[1:]) for b in (self.low, self.top))
        self.out_low[:, -1] = 1.0
        self.solver = loaded(self.m, whole=False, seed=seed)

    def plan(self) -> Found | None:
        """(n, y) in whole numbers; None where nothing holds."""
        seen: _Seen | None = self._solve()
        for step in (self._dropped, self._dated, self._bought):
            seen = None if seen is None else step(seen)
        return None if seen is None else self._whole(seen)

    def _solve(self) -> _Seen | None:
        self.solver.changeColsBounds(len(self.closing), self.closing, self.low[self.closing], self.top[self.closing])
        self.solver.run()
        if not optimal(self.solver):
            return None
        found = self.solver.getSolution()
        return _Seen(-float(self.solver.getInfo().objective_function_value), np.array(found.col_value), np.array(found.col_dual))

    def _dropped(self, seen: _Seen) -> _Seen | None:
        """Leave out, one at a time, the piece that costs most to make, as long as the plan is better without it."""
        while True:
            price = np.where(self.out_low[:, -1] > 0, np.round(seen.price[self.out].reshape(self.out_low.shape)[:, -1], 9), 0.0)
            k = int(np.argmax(price))
            if price[k] <= DUST:
                return seen
            self.out_low[k], self.out_top[k] = 0.0, 0.0
            less = self._solve()
            if less is None or less.value <= seen.value:
                self.out_low[k, -1], self.out_top[k] = 1.0, 1.0
                return self._solve()
            seen = less

    def _dated(self, seen: _Seen | None) -> _Seen | None:
        """The week of every piece: early where it is nearly so already."""
        while seen is not None:
            out = np.round(seen.x[self.out].reshape(self.out_low.shape), 9)
            self.out_low[(self.out_low < self.out_top) & (out >= 1 - DUST)] = 1.0
            parts = (self.out_low < self.out_top) & (out > DUST)
            if not parts.any():
                self.out_top[self.out_low < self.out_top] = 0.0
                return seen
            k, week = np.unravel_index(int(np.argmax(np.where(parts, out, -1.0))), out.shape)
            before = self.out_low[k].copy()
            self.out_low[k, week:] = 1.0
            seen = self._solve()
            if seen is None:
                self.out_low[k], self.out_top[k, : week + 1] = before, 0.0
                seen = self._solve()
        return None

    def _bought(self, seen: _Seen | None) -> _Seen | None:
        """Whether a channel with a least buy is used: where it nearly is already."""
        low, top = self.low[self.used], self.top[self.used]
        while seen is not None:
            used = np.round(seen.x[self.used], 9)
            low[used >= 1 - DUST], top[used <= DUST] = 1.0, 0.0
            if not (low < top).any():
                return self._solve()
            k = int(np.argmax(np.where(low < top, used, -1.0)))
            low[k] = 1.0
            seen = self._solve()
            if seen is None:
                low[k] = top[k] = 0.0
                seen = self._solve()
        return None

    def _whole(self, seen: _Seen) -> Found | None:
        """Whole lots within one of those of the linear program."""
        low, top, x = self.low.copy(), self.top.copy(), seen.x[self.lots]
        low[self.lots] = np.maximum(np.floor(x + DUST) - 1, 0.0)
        top[self.lots] = np.minimum(np.ceil(x - DUST) + 1, top[self.lots])
        solver = run(loaded(replace(self.m, base=low, top=top), whole=True, seed=self.seed, mip_rel_gap=LOTS_GAP, **ROOT))
        found = split(self.problem, values(solver)) if feasible(solver) else None
        return None if found is None or self.problem.broken(*found) else found


def topped(problem: Problem, n: np.ndarray, y: np.ndarray) -> Found:
    """The plan with the lots that still fit, the best for the money first; as it is where they would break a share."""
    fill = Fill(problem)
    fill.hold(n, y)
    fill.buy(np.ones(len(n), bool))
    better = problem.value(fill.n) > problem.value(n) and not problem.broken(fill.n, fill.y)
    return (fill.n, fill.y) if better else (n, y)
