"""Which schedule of pieces could be best, judging by cuts: value of week w <= base + worth @ pieces out in w.

With few pieces, every set of pieces is tried at once: the best chain of growing sets, week by week, by dynamic programming over all
subsets (the maximum over subsets of a set takes one pass a piece, as in the fast zeta transform). With many, HiGHS chooses.
Both give an upper bound on every schedule, and the schedule that reaches it.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from scipy import sparse

from mktlib.planning.engine import Meter, feasible, loaded, run, values
from mktlib.planning.program import Matrix
from mktlib.planning.weeks import Cut, Parts

FEW = 15


class Judge(Protocol):
    """What knows the cuts so far and proposes the schedule that looks best."""

    def add(self, week: int, out: np.ndarray, cut: Cut) -> None: ...

    def settle(self, week: int, out: np.ndarray, value: float, bound: float) -> None: ...

    def best(self, hope: float | None = None) -> tuple[float, np.ndarray]: ...


class Lattice:
    """All sets of pieces in all weeks. Sets are bits; `estimate` (weeks, sets) is the lowest cut so far."""

    def __init__(self, parts: Parts, charge: np.ndarray, meter: Meter) -> None:
        self.meter = meter
        p, weeks = charge.shape
        self.pieces, self.sets = p, np.arange(1 << p)
        self.bits = ((self.sets[:, None] >> np.arange(p)) & 1).astype(float)
        self.estimate = np.full((weeks, len(self.sets)), np.inf)
        self.known = np.full((weeks, len(self.sets)), np.nan)
        self.charge = np.array([self.bits @ charge[:, w] for w in range(weeks)])
        for w in range(weeks):
            need = parts.m.a[parts.schedule][:, parts.y[:, w]].tocsr()
            alone = np.diff(parts.m.a[parts.schedule].indptr) == np.diff(need.indptr)
            broken = (self.bits @ need[alone].T.toarray() > parts.m.high[parts.schedule][alone] + 1e-9).any(axis=1)
            self.charge[w, broken] = -np.inf

    def _set(self, out: np.ndarray) -> int:
        return int((out > 0) @ (1 << np.arange(self.pieces)))

    def add(self, week: int, out: np.ndarray, cut: Cut) -> None:
        np.minimum(self.estimate[week], cut.base + self.bits @ cut.worth, out=self.estimate[week])
        self._lower(week, self._set(out), cut.value)

    def _lower(self, week: int, at: int, bound: float) -> None:
        self.estimate[week, at] = min(self.estimate[week, at], bound)

    def settle(self, week: int, out: np.ndarray, value: float, bound: float) -> None:
        """What is known of one set in whole lots."""
        self.known[week, self._set(out)] = self.estimate[week, self._set(out)] - value
        self._lower(week, self._set(out), bound)

    def best(self, hope: float | None = None) -> tuple[float, np.ndarray]:
        """(bound, schedule). With `hope`, the schedule that is likely best in whole lots: where a set is not worked out, what rounding
        lost in other sets of the week is taken off, less `hope` standard deviations."""
        self.meter.spent += 2.5e-9 * self.pieces * self.estimate.size
        value, before = np.zeros(len(self.sets)), list[np.ndarray]()
        for w in range(len(self.charge)):
            value = self.charge[w] + self.estimate[w] + (value if w else 0.0)
            if hope is not None:
                seen = self.known[w][~np.isnan(self.known[w])]
                typical = max(0.0, seen.mean() - hope * seen.std()) if len(seen) else 0.0
                value -= np.where(np.isnan(self.known[w]), typical, self.known[w])
            before.append(value)
            value = self._closed(value)
        now = int(np.argmax(before[-1]))
        upper, chain = float(before[-1][now]), [now]
        for value in before[-2::-1]:
            inside = np.flatnonzero(self.sets & ~now == 0)
            now = int(inside[np.argmax(value[inside])])
            chain.append(now)
        return upper, self.bits[chain[::-1]].T.astype(int)

    def _closed(self, value: np.ndarray) -> np.ndarray:
        """The best value among the subsets of every set."""
        value = value.copy()
        for b in range(self.pieces):
            v = value.reshape(-1, 2, 1 << b)
            np.maximum(v[:, 1], v[:, 0], out=v[:, 1])
        return value


class Chooser:
    """The same by a mixed-integer program: y (pieces x weeks), then one value a week below its cuts."""

    def __init__(self, parts: Parts, charge: np.ndarray, meter: Meter, seed: int) -> None:
        self.shape, self.meter, self.seed = charge.shape, meter, seed
        count = charge.size
        rows = parts.m.a[parts.schedule][:, parts.y.ravel()]
        self.rows: list[sparse.csr_matrix] = [sparse.hstack([rows, sparse.csr_matrix((rows.shape[0], charge.shape[1]))])]
        self.high = [parts.m.high[parts.schedule]]
        self.cost = -np.append(charge.ravel(), np.ones(charge.shape[1]))
        self.top = np.append(np.ones(count), np.full(charge.shape[1], np.inf))
        self.whole = np.append(np.ones(count, bool), np.zeros(charge.shape[1], bool))
        self.known: np.ndarray | None = None

    def add(self, week: int, out: np.ndarray, cut: Cut) -> None:
        p, w = self.shape
        columns = np.append(np.arange(p) * w + week, p * w + week)
        row = sparse.csr_matrix((np.append(-cut.worth, 1.0), (np.zeros(p + 1, int), columns)), shape=(1, p * w + w))
        self.rows.append(row)
        self.high.append(np.array([cut.base]))

    def settle(self, week: int, out: np.ndarray, value: float, bound: float) -> None:
        """A bound on a single set is no cut that a linear row could hold well."""

    def best(self, hope: float | None = None) -> tuple[float, np.ndarray]:
        p, w = self.shape
        a, high = sparse.vstack(self.rows, format="csr"), np.concatenate(self.high)
        m = Matrix(self.cost, a, np.full(len(high), -np.inf), high, self.top, self.whole)
        solver = run(loaded(m, whole=True, seed=self.seed, meter=self.meter, mip_rel_gap=1e-3, mip_max_nodes=100), self.meter)
        self.meter.spent += 0.2  # few columns and many cuts take longer than their number says
        upper = -float(solver.getInfo().mip_dual_bound)
        y = np.round(values(solver)[: p * w]).astype(int).reshape(p, w) if feasible(solver) else np.zeros((p, w), int)
        return upper, y


def judge(parts: Parts, charge: np.ndarray, meter: Meter, seed: int) -> Judge:
    """charge (pieces, weeks): what a piece that is out brings or costs beside the weeks."""
    return Lattice(parts, charge, meter) if len(charge) <= FEW else Chooser(parts, charge, meter, seed)
