"""Of plans that bring the same, the one that shows things early: what is shown sooner teaches sooner, and the last week is no dump.

The program does not care in which week a lot falls as long as nothing saturates. Each lot is moved to the first week in which its piece
is out and every limit still holds, weeks and ideas in their order, so that the same plan always ends alike.
"""

from __future__ import annotations

import numpy as np

from mktlib.planning.problem import TOLERANCE, Problem
from mktlib.planning.program import limit_rows


def early(problem: Problem, n: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(ideas, weeks) the lots of a plan (n, y), each as early as the limits allow; the value is that of the plan, or more."""
    w = problem.shape[2]
    lots, made, most = limit_rows(problem)
    per, room = lots.tocsc(), most + TOLERANCE / 2 * np.maximum(1.0, np.abs(most)) - lots @ n.ravel() - made @ y.ravel()
    moved, open_weeks = n.copy(), problem.most * y[problem.piece_of]
    for late in range(1, w):
        for k in np.flatnonzero(moved[:, late]):
            for soon in range(late):
                change = per[:, k * w + soon] - per[:, k * w + late]
                rows, by = change.indices, change.data
                while moved[k, late] and moved[k, soon] < open_weeks[k, soon] and (by <= room[rows]).all():
                    moved[k, late] -= 1
                    moved[k, soon] += 1
                    room[rows] -= by
    kept = not problem.broken(moved, y) and problem.value(moved) >= problem.value(n) - 1e-9 * abs(problem.value(n))
    return moved if kept else n
