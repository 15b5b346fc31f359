"""The campaign cut into weeks: with the schedule of pieces given, weeks share only a few rows, and each of them alone is a small program.

Rows that touch one week stay with it. Rows that couple weeks (budget, channel maxima, shares, four-week caps, repetition) are paid for at
prices, which makes the sum over the weeks a bound on every plan (Lagrangean relaxation; Geoffrion 1974). The duals of a week's linear
program say what each piece would be worth there, whichever pieces are out (Benders 1962): a cut that judges all schedules at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import highspy
import numpy as np
from scipy import sparse

from mktlib.planning.engine import Meter, feasible, loaded, run, values
from mktlib.planning.problem import Problem
from mktlib.planning.program import Layout, Matrix, matrix

SLIM = 0.05
"""A lot enters the whole-number program of a week if its reduced cost is below this share of the week's value."""


class Parts:
    """The rows of the program, sorted: `schedule` hold pieces alone, `local[w]` one week, `coupling` the rest (links and "shown" apart)."""

    def __init__(self, problem: Problem) -> None:
        self.problem, self.at, self.m = problem, Layout.of(problem), matrix(problem)
        _, p, w = problem.shape
        self.week_of = np.full(self.at.size, -1)
        self.week_of[: self.at.s] = np.arange(self.at.s) % w
        self.week_of[self.at.z :] = (np.arange(self.at.size - self.at.z) // 6) % w
        entries = self.m.a.tocoo()
        rows = self.m.a.shape[0]
        first, last = np.full(rows, w), np.full(rows, -2)
        np.minimum.at(first, entries.row, self.week_of[entries.col])
        np.maximum.at(last, entries.row, self.week_of[entries.col])
        other = np.zeros(rows, bool)
        other[entries.row[(entries.col < self.at.y) | (entries.col >= self.at.s)]] = True
        skipped = np.zeros(rows, bool)
        skipped[slice(*self.m.links)] = skipped[slice(*self.m.shown)] = True
        skipped |= last < -1
        one = (first == last) & (first >= 0)
        self.schedule = np.flatnonzero(~other & ~skipped)
        self.local = [np.flatnonzero(other & one & (first == k) & ~skipped) for k in range(w)]
        self.coupling = np.flatnonzero(other & ~one & ~skipped)
        self.free = np.isfinite(self.m.low[self.coupling])
        self.y = self.at.y + np.arange(p * w).reshape(p, w)
        self.rest = np.r_[self.at.s : self.at.z]

    def prices(self, dual: np.ndarray) -> np.ndarray:
        """Prices of the coupling rows from the duals of all rows of the program, which minimises."""
        price = -dual[self.coupling]
        return np.where(self.free, price, np.maximum(price, 0.0))

    def charged(self, price: np.ndarray) -> np.ndarray:
        """(columns,) what each column brings beyond the prices."""
        return np.asarray(-self.m.cost - self.m.a[self.coupling].T @ price)

    def constant(self, price: np.ndarray) -> float:
        """What the bound holds beside weeks and pieces: the coupling limits at their prices, and the columns that are in no week."""
        left = self.charged(price)[self.rest]
        return float(price @ self.m.high[self.coupling] + (np.maximum(left, 0.0) * self.m.top[self.rest]).sum())


@dataclass(frozen=True)
class Cut:
    """value(pieces out) <= base + worth @ out; value: at the pieces it was made for; spare (lots,): what a lot brings beyond all prices."""

    value: float
    base: float
    worth: np.ndarray
    spare: np.ndarray


@dataclass(frozen=True)
class Filled:
    """A week in whole lots: value at the prices, a bound on it, lots (ideas,), and the value without prices."""

    value: float
    bound: float
    n: np.ndarray
    raw: float


class Week:
    """One week at given prices. Columns: lots that may be bought, then the parts of the saturated response."""

    def __init__(self, parts: Parts, week: int, meter: Meter, seed: int = 0) -> None:
        m, at = parts.m, parts.at
        self.parts, self.week, self.meter, self.seed = parts, week, meter, seed
        mine = np.flatnonzero((parts.week_of == week) & (m.top > 0))
        self.n, self.z = mine[mine < at.y], mine[mine >= at.z]
        self.columns, self.lots = np.append(self.n, self.z), len(self.n)
        self.ideas = self.n // parts.problem.shape[2]
        self.piece, self.top = parts.problem.piece_of[self.ideas], m.top[self.n]
        rows = m.a[parts.local[week]]
        self.made, self.most = rows[:, parts.y[:, week]].toarray(), m.high[parts.local[week]]
        a = rows[:, self.columns].tocsr()
        self.program = Matrix(
            np.zeros(len(self.columns)), a, np.full(len(self.most), -np.inf), self.most, m.top[self.columns], m.whole[self.columns]
        )  # fmt: skip
        self._lp: highspy.Highs | None = None
        self._own = self._rows_of_one_piece(a)
        self.cuts: dict[tuple[bytes, bytes], Cut] = {}
        self.filled: dict[tuple[bytes, bytes], Filled] = {}
        self.pool: dict[bytes, Filled] = {}
        self._tag = b""

    def _rows_of_one_piece(self, a: sparse.csr_matrix) -> list[tuple[int, int, np.ndarray, np.ndarray]]:
        """(row, piece, columns, weights) of rows that hold the lots of one piece alone; they belong to the worth of that piece."""
        found = []
        for r in range(a.shape[0]):
            columns, weight = (x[a.indptr[r] : a.indptr[r + 1]] for x in (a.indices, a.data))
            pieces = np.unique(self.piece[columns]) if (columns < self.lots).all() else np.zeros(0, int)
            if len(pieces) == 1 and (weight > 0).all() and set(np.flatnonzero(self.made[r]).tolist()) <= set(pieces.tolist()):
                found.append((r, int(pieces[0]), columns, weight))
        return found

    def price(self, gain: np.ndarray) -> None:
        """Set what every column brings (`Parts.charged`)."""
        self.program, self._tag = replace(self.program, cost=-gain[self.columns]), np.round(gain[self.columns], 9).tobytes()
        if self._lp is not None:
            count = len(self.columns)
            self._lp.changeColsCost(count, np.arange(count, dtype=np.int32), self.program.cost)

    def cut(self, out: np.ndarray) -> Cut:
        """The week in any fractions with the pieces `out` (pieces,) 0 or 1."""
        key = (self._tag, out.astype(np.int8).tobytes())
        if key not in self.cuts:
            self.cuts[key] = self._solve(out.astype(float))
        return self.cuts[key]

    def _solve(self, out: np.ndarray) -> Cut:
        if self._lp is None:
            self._lp = loaded(self.program, whole=False, seed=self.seed, presolve="off")
        lp, room = self._lp, self.most - self.made @ out
        lp.changeColsBounds(self.lots, np.arange(self.lots, dtype=np.int32), np.zeros(self.lots), self.top * out[self.piece])
        for r in np.flatnonzero(self.made.any(axis=1)).tolist():
            lp.changeRowBounds(r, -np.inf, float(room[r]))
        run(lp, self.meter)
        found = lp.getSolution()
        spare, dual = -np.array(found.col_dual)[: self.lots], np.maximum(0.0, -np.array(found.row_dual))
        worth, value = self._worth(spare, dual), -float(lp.getInfo().objective_function_value)
        return Cut(value, value - float(worth @ out), worth, spare)

    def _worth(self, spare: np.ndarray, dual: np.ndarray) -> np.ndarray:
        """(pieces,) the most that a piece can bring at these duals, within the rows that are its own."""
        free, rest = spare.copy(), np.ones(len(dual), bool)
        for r, _, columns, weight in self._own:
            free[columns] += dual[r] * weight
            rest[r] = False
        worth = np.bincount(self.piece, weights=np.maximum(free, 0.0) * self.top, minlength=self.made.shape[1])
        for r, p, columns, weight in self._own:
            worth[p] = min(worth[p], _knapsack(free[columns], weight, self.top[columns], self.most[r] - self.made[r, p]))
        return worth - dual[rest] @ self.made[rest]

    def fill(self, out: np.ndarray, gap: float = 1e-3) -> Filled:
        """The week in whole lots at the prices: what it brings, and a bound on that."""
        key = (self._tag, out.astype(np.int8).tobytes())
        if key not in self.filled:
            found = self.filled[key] = self._whole(out.astype(float), gap)
            self.pool.setdefault(found.n.tobytes(), found)
        return self.filled[key]

    def _whole(self, out: np.ndarray, gap: float) -> Filled:
        """Lots whose reduced cost exceeds what rounding loses are in no best plan, and stay out (reduced-cost fixing)."""
        cut = self.cut(out)
        slack = SLIM * abs(cut.value) + 1e-9
        use = np.flatnonzero((out[self.piece] > 0) & (cut.spare > -slack))
        columns = np.append(use, np.arange(self.lots, len(self.columns)))
        m = self.program
        small = Matrix(m.cost[columns], m.a[:, columns], m.low, self.most - self.made @ out, m.top[columns], m.whole[columns])
        solver = run(
            loaded(
                small,
                whole=True,
                seed=self.seed,
                meter=self.meter,
                mip_rel_gap=gap,
                mip_max_nodes=200,
                mip_heuristic_run_feasibility_jump=False,
            ),
            self.meter,
        )
        n = np.zeros(self.parts.problem.shape[0], int)
        if not feasible(solver):
            return Filled(-np.inf, cut.value, n, -np.inf)
        n[self.ideas[use]] = np.round(values(solver)[: len(use)]).astype(int)
        bound = max(-float(solver.getInfo().mip_dual_bound), cut.value - slack)
        value = -float(solver.getInfo().objective_function_value)
        paid = -m.cost[: self.lots] + self.parts.m.cost[self.n]  # what a lot brings at the prices, less what it brings without
        return Filled(value, min(bound, cut.value), n, value - float(paid @ n[self.ideas]))


def _knapsack(gain: np.ndarray, weight: np.ndarray, top: np.ndarray, room: float) -> float:
    """max gain @ x, weight @ x <= room, 0 <= x <= top, in fractions: the best for its weight first (Dantzig 1957)."""
    order = np.argsort(-gain / weight, kind="stable")
    used = (weight * top)[order]
    taken = np.clip(room - (np.cumsum(used) - used), 0.0, used)
    return float((np.maximum(gain[order], 0.0) / weight[order] * taken).sum())
