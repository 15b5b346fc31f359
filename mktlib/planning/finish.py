"""From a schedule of pieces to a plan in whole lots that holds every limit.

Column generation (Dantzig and Wolfe 1960): each week offers whole plans; a small program mixes them under what couples the weeks, and its
prices call for further plans; at last it takes one plan a week. Then weeks, alone and in pairs, are solved again with all that is left, as
long as that helps (a large neighbourhood search; Shaw 1998).
"""

from __future__ import annotations

import itertools

import numpy as np
from scipy import sparse

from mktlib.planning.engine import feasible, loaded, run, values
from mktlib.planning.program import Matrix
from mktlib.planning.search import Search
from mktlib.planning.weeks import SLIM, Filled

HEAVY = 100.0
"""How many times its worth a unit of an unmet demand costs: a week meets what it can, and the next one mends the rest."""


class Finisher:
    """A plan n (ideas x weeks), flat, in fractions where it is not finished yet, for one schedule y."""

    def __init__(self, search: Search, y: np.ndarray) -> None:
        self.search, self.parts, self.y, self.meter = search, search.parts, y, search.meter
        parts = self.parts
        self.n = np.zeros(parts.at.y)
        self.rows = parts.m.a[parts.coupling]
        self.room = parts.m.high[parts.coupling] - self.rows[:, parts.y.ravel()] @ y.ravel()
        self.price = np.where(parts.free, 0.0, search.price)
        self.demand = np.flatnonzero((self.rows.min(axis=1).toarray().ravel() < 0) & ~parts.free)
        self.slim = [self._useful(w) for w in range(len(search.weeks))]

    def _useful(self, w: int) -> np.ndarray:
        """Lots of a week whose reduced cost is small enough to matter."""
        week, out = self.search.weeks[w], self.y[:, w]
        cut = week.cut(out)
        return np.asarray(week.n[(out[week.piece] > 0) & (cut.spare > -SLIM * abs(cut.value) - 1e-9)])

    def solve(self, weeks: tuple[int, ...], care: float, gap: float = 1e-3) -> np.ndarray | None:
        """All lots, those of `weeks` chosen anew within the room that the others leave; `care`: the share of the prices that is paid."""
        parts, m = self.parts, self.parts.m
        lots = np.concatenate([np.union1d(self.slim[w], self.search.weeks[w].n[self.n[self.search.weeks[w].n] > 0]) for w in weeks])
        columns = np.concatenate([lots, *(self.search.weeks[w].z for w in weeks), parts.rest])
        rest = self.n.copy()
        for w in weeks:
            rest[self.search.weeks[w].n] = 0.0
        room = self.room - self.rows[:, : parts.at.y] @ rest
        local = np.concatenate([parts.local[w] for w in weeks])
        high = m.high[local] - m.a[local][:, parts.y.ravel()] @ self.y.ravel()
        unmet = sparse.csr_matrix((-np.ones(len(self.demand)), (self.demand, np.arange(len(self.demand)))), (len(room), len(self.demand)))
        a = sparse.bmat([[m.a[local][:, columns], None], [self.rows[:, columns], unmet]], format="csr")
        cost = m.cost[columns].copy()
        cost[: len(lots)] += care * (self.rows[:, lots].T @ self.price)
        low = np.concatenate([np.full(len(local), -np.inf), np.where(parts.free, room, -np.inf)])
        program = Matrix(
            np.append(cost, np.full(len(self.demand), HEAVY * self._worth())), a, low, np.append(high, room),
            np.append(m.top[columns], np.full(len(self.demand), np.inf)), np.append(m.whole[columns], np.zeros(len(self.demand), bool)),
        )  # fmt: skip
        solver = run(loaded(program, whole=True, seed=self.search.seed, meter=self.meter, mip_rel_gap=gap, mip_max_nodes=100), self.meter)
        if not feasible(solver):
            return None
        rest[lots] = np.round(values(solver)[: len(lots)])
        return rest

    def _worth(self) -> float:
        return float(np.abs(self.parts.problem.gain).max(initial=1.0))

    def priced(self, rounds: int) -> np.ndarray:
        """The prices, out of a few, at which the bound on this schedule in whole lots is lowest.

        Column generation; each step goes half way from the best prices to those of the mixture, which are wild at first (Wentges 1997).
        """
        search, kept = self.search, self.search.price
        best, lowest, price = kept, np.inf, kept
        for _ in range(rounds):
            search.reprice(price)
            filled = [week.fill(self.y[:, w]) for w, week in enumerate(search.weeks)]
            bound = search.constant + float((search.charge * self.y).sum()) + sum(f.bound for f in filled)
            if bound < lowest:
                best, lowest = price, bound
            price = (best + self._mixed(whole=False)) / 2
        search.reprice(kept)
        return best

    def compose(self) -> None:
        """One plan a week out of those that the weeks offer, at a few prices: dearer and cheaper ones make lots fit what is there."""
        kept, price = self.search.price, self.priced(3)
        for scale in (0.97, 1.03):
            self.search.reprice(price * scale)
            for w, week in enumerate(self.search.weeks):
                week.fill(self.y[:, w])
        self.search.reprice(kept)
        self._mixed(whole=True)

    def _mixed(self, whole: bool) -> np.ndarray:
        """Prices of the best mixture of weekly plans; with `whole`, takes the best choice instead."""
        parts = self.parts
        offers = [(w, f) for w, week in enumerate(self.search.weeks) for f in week.pool.values() if self._made(f, w)]
        uses = np.array([self._use(w, f.n) for w, f in offers]).T
        week = np.array([w for w, _ in offers])
        one = sparse.csr_matrix((np.ones(len(offers)), (week, np.arange(len(offers)))), (len(self.slim), len(offers)))
        demand = sparse.csr_matrix(
            (-np.ones(len(self.demand)), (self.demand, np.arange(len(self.demand)))), (len(self.room), len(self.demand))
        )
        a = sparse.bmat([[one, None, None], [uses, self.rows[:, parts.rest], demand]], format="csr")
        heavy = np.full(len(self.demand), HEAVY * self._worth())
        low, high = np.where(parts.free, self.room, -np.inf), np.append(np.ones(len(self.slim)), self.room)
        program = Matrix(
            np.concatenate([[-f.raw for _, f in offers], parts.m.cost[parts.rest], heavy]), a,
            np.append(np.full(len(self.slim), -np.inf), low), high,
            np.concatenate([np.ones(len(offers)), parts.m.top[parts.rest], np.full(len(heavy), np.inf)]),
            np.concatenate([np.ones(len(offers), bool), parts.m.whole[parts.rest], np.zeros(len(heavy), bool)]),
        )  # fmt: skip
        limits = {"mip_rel_gap": 1e-4, "mip_max_nodes": 200} if whole else {}
        solver = run(loaded(program, whole=whole, seed=self.search.seed, meter=self.meter, **limits), self.meter)
        if not whole:
            price = -np.array(solver.getSolution().row_dual)[len(self.slim) :]
            return np.where(parts.free, price, np.maximum(price, 0.0))
        taken = values(solver)[: len(offers)] > 0.5 if feasible(solver) else np.zeros(len(offers), bool)
        n = np.zeros(parts.problem.most.shape)
        for k in np.flatnonzero(taken).tolist():
            n[:, offers[k][0]] = offers[k][1].n
        self.n = n.ravel()
        return self.search.price

    def _made(self, plan: Filled, w: int) -> bool:
        return bool(np.isfinite(plan.raw) and (self.y[self.parts.problem.piece_of[plan.n > 0], w] > 0).all())

    def _use(self, w: int, n: np.ndarray) -> np.ndarray:
        week = self.search.weeks[w]
        return np.asarray(self.rows[:, week.n] @ n[week.ideas])

    def polish(self) -> None:
        """Weeks again, one by one and then in pairs, while it brings more and there is work left."""
        weeks = range(len(self.slim))
        for group in (*((w,) for w in weeks), *itertools.combinations(weeks, 2)):
            if self.meter.over():
                return
            found = self.solve(group, care=0.0, gap=2e-4)
            if found is not None and self.value(found) > self.value(self.n) + 1e-9 and not self._broken(found):
                self.n = found

    def held(self) -> tuple[np.ndarray, np.ndarray] | None:
        """The plan so far, or None where it breaks a limit."""
        return None if self._broken(self.n) else self.plan()

    def value(self, n: np.ndarray) -> float:
        return self.parts.problem.value(self._whole(n)) if not self._broken(n) else -np.inf

    def _whole(self, n: np.ndarray) -> np.ndarray:
        return np.round(n).astype(int).reshape(self.parts.problem.most.shape)

    def _broken(self, n: np.ndarray) -> bool:
        return bool(self.parts.problem.broken(*self.plan(n)))

    def plan(self, n: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """(n, y) with pieces that nobody sees left out."""
        whole = self._whole(self.n if n is None else n)
        shown = np.bincount(self.parts.problem.piece_of, weights=whole.sum(axis=1), minlength=len(self.y)) > 0
        return whole, self.y * shown[:, None]
