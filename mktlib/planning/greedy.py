"""A plan as a careful person would fill it by hand: what must be first, then always the next best thing for the money.

It is the yardstick and the safety net of the solver: `plan_campaign` never returns less than this.
"""

from __future__ import annotations

import numpy as np

from mktlib.planning.problem import TOLERANCE, Limit, Problem, saturated
from mktlib.planning.program import limit_rows

FREE = 1e-6


class Fill:
    """A growing solution: n lots (ideas, weeks), y made (pieces, weeks), and how much of each limit is used."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        i, p, w = problem.shape
        self.n, self.y = np.zeros((i, w), int), np.zeros((p, w), int)
        kept = np.array([not r.wanted and r.unit != "share" for r in problem.limits], bool)
        lots, made, most = limit_rows(problem)
        self.by_limit, self.by_lot = lots[kept], lots[kept].tocsc()
        self.made = made[kept].toarray().reshape(-1, p, w)
        self.free = most[kept] * (1 + 1e-12) + 1e-9
        self.total = np.zeros((int(problem.group.max(initial=-1)) + 1, w))

    def hold(self, n: np.ndarray, y: np.ndarray) -> None:
        """Begin with a plan instead of with nothing."""
        self.n, self.y = n.copy(), y.copy()
        self.free = self.free - self.by_limit @ n.ravel() - self.made.reshape(len(self.free), -1) @ y.ravel()
        self.total = self.total + self.problem.together(self.problem.gains * n)

    def slope(self) -> np.ndarray:
        """(ideas,) what the next lot counts for."""
        step = (self.n.sum(axis=1)[:, None] >= np.cumsum(self.problem.steps, axis=1)).sum(axis=1)
        return np.append(np.maximum(self.problem.slopes, 1e-12), 0.0)[step]

    def room(self) -> np.ndarray:
        """(ideas, weeks) whether one more lot fits all limits."""
        over = self.by_limit.data > np.repeat(self.free, np.diff(self.by_limit.indptr))
        fits = np.ones(self.n.size, bool)
        fits[self.by_limit.indices[over]] = False
        return fits.reshape(self.n.shape) & (self.slope() > 0)[:, None] & (self.n < self.problem.most * self.y[self.problem.piece_of])

    def next_lot(self, ideas: np.ndarray | slice = slice(None)) -> np.ndarray:
        """(ideas, weeks) what one more lot brings, after wear and saturation."""
        problem = self.problem
        gain, group = problem.gains[ideas], problem.group[ideas]
        full = gain
        if problem.caps is not None:
            total, cap = self.total[group], problem.caps[group][:, None]
            full = saturated(total + gain, cap) - saturated(total, cap)
        return np.asarray(full - (problem.gain[ideas] * (1 - self.slope()[ideas]))[:, None])

    def buy(self, allowed: np.ndarray, stop: float = np.inf, lots: int = 1_000_000) -> None:
        """Buy the best lots for the money among allowed ideas until nothing fits, `stop` money is spent on them or `lots` are bought.

        The worth of a lot only falls while others are bought, so that only its own group and idea need another look (lazy greedy;
        Minoux 1978).
        """
        problem, mine = self.problem, np.flatnonzero(allowed)
        spent = float((problem.cost * self.n.sum(axis=1))[mine].sum())
        price = problem.cost + FREE
        worth = np.where(self.room() & allowed[:, None], self.next_lot() / price[:, None], 0.0)
        while lots > 0 and spent < stop:
            i, w = divmod(int(np.argmax(worth)), worth.shape[1])
            if worth[i, w] <= 0:
                return
            self.take(i, w)
            lots, spent = lots - 1, spent + float(problem.cost[i])
            near = np.flatnonzero(problem.group == problem.group[i]) if problem.caps is not None else np.array([i])
            worth[near] = np.where(worth[near] > 0, self.next_lot(near) / price[near, None], 0.0)
            worth[i] *= self.slope()[i] > 0
            worth[i, w] *= self.n[i, w] < problem.most[i, w]
            self._close(worth.reshape(-1), i * worth.shape[1] + w)

    def _close(self, worth: np.ndarray, lot: int) -> None:
        """Strike out what no longer fits the limits that the last lot used."""
        for r in self.by_lot.indices[self.by_lot.indptr[lot] : self.by_lot.indptr[lot + 1]]:
            at = slice(self.by_limit.indptr[r], self.by_limit.indptr[r + 1])
            worth[self.by_limit.indices[at][self.by_limit.data[at] > self.free[r]]] = 0.0

    def take(self, i: int, w: int, lots: int = 1) -> None:
        """Buy a lot, or give one back (-1)."""
        self.n[i, w] += lots
        lot = i * self.n.shape[1] + w
        at = slice(self.by_lot.indptr[lot], self.by_lot.indptr[lot + 1])
        self.free[self.by_lot.indices[at]] -= lots * self.by_lot.data[at]
        self.total[self.problem.group[i], w] += lots * self.problem.gains[i, w]

    def make(self, p: int, by: int | None = None) -> bool:
        """Have a piece out in the first week whose days allow it."""
        for week in range(self.y.shape[1] if by is None else by + 1):
            need = self.made[:, p, week:].sum(axis=1)
            if not self.y[p, -1] and (need <= self.free).all():
                self.y[p, week:] = 1
                self.free -= need
                return True
        return False

    def promise(self, allowed: np.ndarray, target: float = 0.0) -> np.ndarray:
        """(pieces,) value for money of each piece not made yet, its ideas at their first lots, within the money left.

        A piece that cannot take the `target` money by itself counts in proportion.
        """
        problem = self.problem
        first = np.minimum(problem.steps[:, 0], problem.most.sum(axis=1)) * allowed
        money = np.bincount(problem.piece_of, weights=first * problem.cost, minlength=len(self.y))
        value = np.bincount(problem.piece_of, weights=first * problem.gain, minlength=len(self.y))
        cost = problem.pieces["cost"].to_numpy(float)
        left = max(self.problem.brief.budget - float((problem.cost * self.n.sum(axis=1)).sum() + (cost * self.y[:, -1]).sum()), 0.0)
        share = np.minimum(1.0, np.maximum(left - cost, 0.0) / np.maximum(money, FREE))
        takes = np.minimum(1.0, 3 * money / target) if target > 0 else 1.0
        return np.where(
            (self.y[:, -1] == 0) & (cost <= left), takes * (value * share - problem.making) / (cost + money * share + FREE), -1.0
        )


def greedy(problem: Problem) -> tuple[np.ndarray, np.ndarray] | None:
    """(n, y) of a feasible fill, or None where filling by hand fails to meet what the brief demands."""
    best: tuple[np.ndarray, np.ndarray] | None = None
    for most in (4, 8, 12, 20):
        found = _filled(problem, most)
        if found is not None and (best is None or problem.value(found[0]) > problem.value(best[0])):
            best = found
    return best


def _filled(problem: Problem, most: int) -> tuple[np.ndarray, np.ndarray] | None:
    fill, everything = Fill(problem), np.ones(len(problem.ideas), bool)
    for limit in (r for r in problem.limits if r.wanted):
        _meet(fill, limit)
    shares = [r for r in problem.limits if r.unit == "share"]
    for limit in shares:
        mine, target = _mine(problem, limit) & (problem.cost > 0), _share(problem, limit) * 0.9 * problem.brief.budget
        for pieces in (0, 1, 1, 1):
            spent = float((problem.cost * fill.n.sum(axis=1))[mine].sum())
            if spent < target:
                _make_best(fill, mine, pieces, target - spent)
            fill.buy(mine, target)
    _make_best(fill, everything, max(0, most - int(fill.y[:, -1].sum())))
    fill.buy(everything)
    _repair(fill, shares)
    return _tidy(fill)


def _mine(problem: Problem, limit: Limit) -> np.ndarray:
    if limit.code == "stage_share":
        return (problem.ideas["stage"] == limit.scope).to_numpy()
    return problem.ideas["verdict"].isin(["test", "too_early"]).to_numpy()


def _share(problem: Problem, limit: Limit) -> float:
    return problem.brief.stages[limit.scope] if limit.code == "stage_share" else problem.brief.test_share


def _meet(fill: Fill, limit: Limit) -> None:
    """Make the cheapest pieces that a demand can be met with, and buy the placements that it asks for."""
    problem, placed = fill.problem, limit.unit == "placements"
    wanted = limit.lots if placed else limit.made
    week = int(np.flatnonzero(wanted.any(axis=0))[-1]) if wanted.any() else 0
    fits = np.unique(problem.piece_of[limit.lots.any(axis=1)]) if placed else np.flatnonzero(limit.made.any(axis=1))
    order = sorted(map(int, fits), key=lambda p: (problem.pieces["days"][p], problem.pieces["cost"][p], p))
    mine = limit.lots.any(axis=1) if placed else np.ones(len(problem.ideas), bool)
    while (limit.lots * fill.n).sum() + (limit.made * fill.y).sum() > limit.most:
        room = fill.room() & (limit.lots < 0)
        if placed and room.any():
            worth = problem.gain * fill.slope() / (problem.cost + FREE)
            i = int(np.argmax(np.where(room.any(axis=1) & mine, worth, -1.0)))
            fill.take(i, int(np.argmax(room[i])))
            continue
        p = next((p for p in order if fill.make(p, week)), None)
        if p is None:
            return
        if not placed:
            fill.buy(problem.piece_of == p, lots=1)


def _make_best(fill: Fill, allowed: np.ndarray, pieces: int, target: float = 0.0) -> None:
    for _ in range(pieces):
        promise = fill.promise(allowed, target)
        for p in np.argsort(-promise, kind="stable"):
            if promise[p] <= 0:
                return
            if fill.make(int(p)):
                break
        else:
            return
        fill.buy(allowed & (fill.problem.piece_of == p), lots=1)


def _repair(fill: Fill, shares: list[Limit]) -> None:
    """Give back the poorest lots outside a share that is short until every share holds."""
    problem = fill.problem
    for _ in range(int(fill.n.sum())):
        short = [r for r in shares if (r.lots * fill.n).sum() > TOLERANCE]
        if not short:
            return
        held = (fill.n.sum(axis=1) > 0) & (short[0].lots[:, 0] > 0) & ~_needed(fill)
        if not held.any():
            return
        worth = problem.gain * np.maximum(fill.slope(), FREE) / (problem.cost + FREE)
        i = int(np.argmin(np.where(held, worth, np.inf)))
        w = int(np.flatnonzero(fill.n[i])[-1])
        fill.take(i, w, -1)


def _needed(fill: Fill) -> np.ndarray:
    """(ideas,) whose next lot given back would leave a demand unmet."""
    problem, needed = fill.problem, np.zeros(len(fill.n), bool)
    lots = np.bincount(problem.piece_of, weights=fill.n.sum(axis=1), minlength=len(fill.y))
    for limit in (r for r in problem.limits if r.wanted):
        if (limit.lots * fill.n).sum() + (limit.made * fill.y).sum() + 1 > limit.most:
            needed |= limit.lots.any(axis=1) | (limit.made.any(axis=1) & (lots <= 1))[problem.piece_of]
    return needed


def _tidy(fill: Fill) -> tuple[np.ndarray, np.ndarray] | None:
    """Leave channels that stay below their least buy, leave pieces that nobody sees, and answer only with what holds."""
    problem = fill.problem
    for channel, low in problem.minimum.items():
        if problem.spend(fill.n, channel) < low:
            fill.n[(problem.ideas["channel"] == channel).to_numpy()] = 0
    shown = np.bincount(problem.piece_of, weights=fill.n.sum(axis=1), minlength=len(fill.y))
    fill.y[shown == 0] = 0
    return None if problem.broken(fill.n, fill.y) else (fill.n, fill.y)
