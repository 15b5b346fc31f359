"""Of plans that bring the same, one that a team can live with: things are shown as soon as they are ready, and evenly from then on.

The program does not care in which week a lot falls as long as nothing saturates. Each lot is moved to the first week in which its piece
is out and every limit still holds; then each idea is levelled over its weeks. Weeks and ideas come in their order, so that the same plan
always ends alike.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from mktlib.planning.problem import TOLERANCE, Problem
from mktlib.planning.program import limit_rows


class _Lots:
    """Lots that can be moved between weeks, with the room that each limit leaves."""

    def __init__(self, problem: Problem, n: np.ndarray, y: np.ndarray) -> None:
        lots, made, most = limit_rows(problem)
        self.n, self.per, self.weeks = n.copy(), sparse.csc_matrix(lots), n.shape[1]
        self.room = most + TOLERANCE / 2 * np.maximum(1.0, np.abs(most)) - lots @ n.ravel() - made @ y.ravel()
        self.top = problem.most * y[problem.piece_of]

    def _change(self, start: int, end: int) -> tuple[np.ndarray, np.ndarray]:
        """(limits, by how much) that use more or less of it when a lot goes from one column to another."""
        change = np.zeros(len(self.room))
        for column, sign in ((end, 1.0), (start, -1.0)):
            at = slice(self.per.indptr[column], self.per.indptr[column + 1])
            change[self.per.indices[at]] += sign * self.per.data[at]
        rows = np.flatnonzero(change)
        return rows, change[rows]

    def move(self, idea: int, start: int, end: int, *, lots: int) -> bool:
        """Move up to so many lots of an idea from one week to another; whether any could be."""
        if not self.n[idea, start] or self.n[idea, end] >= self.top[idea, end]:
            return False
        rows, by = self._change(idea * self.weeks + start, idea * self.weeks + end)
        moved = False
        while lots and self.n[idea, start] and self.n[idea, end] < self.top[idea, end] and (by <= self.room[rows]).all():
            self.n[idea, start] -= 1
            self.n[idea, end] += 1
            self.room[rows] -= by
            lots, moved = lots - 1, True
        return moved


def paced(problem: Problem, n: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(ideas, weeks) the lots of a plan (n, y), early and even as far as the limits allow; the value is that of the plan, or more."""
    lots = _Lots(problem, n, y)
    for late in range(1, lots.weeks):
        for idea in np.flatnonzero(lots.n[:, late]).tolist():
            for soon in range(late):
                lots.move(idea, late, soon, lots=int(lots.n[idea, late]))
    for idea in np.flatnonzero(lots.n.any(axis=1)).tolist():
        _levelled(lots, idea)
    kept = not problem.broken(lots.n, y) and problem.value(lots.n) >= problem.value(n) - 1e-9 * abs(problem.value(n))
    return lots.n if kept else n


def _levelled(lots: _Lots, idea: int) -> None:
    """Take from the fullest week of an idea and give to an emptier one, as long as two weeks differ by more than one lot."""
    open_weeks = np.flatnonzero(lots.top[idea] > 0)
    while True:
        own = lots.n[idea, open_weeks]
        full, empty = (open_weeks[np.argsort(order, kind="stable")].tolist() for order in (-own, own))
        pairs = [(a, b) for a in full for b in empty]
        if not any(lots.move(idea, a, b, lots=1) for a, b in pairs if lots.n[idea, a] - lots.n[idea, b] > 1):
            return
