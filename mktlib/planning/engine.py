"""HiGHS as this package uses it: one thread, a fixed seed, work counted in simplex iterations, and a way to stop with the best so far.

Seconds depend on the machine; iterations do not, so a limit on them gives the same plan everywhere.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import highspy
import numpy as np

from mktlib.planning.program import Matrix
from mktlib.vocabulary import progress

NODES = 1000
GAP = 0.01
UNIT = 20.0
"""Work of one unit, in what would be seconds on one core of 2024: counted from iterations, nodes and sizes, never from a clock."""


class Meter:
    """Work done and left, the best value and bound so far, and whether somebody asked to stop."""

    def __init__(self, work: float = 1.0) -> None:
        self.limit, self.spent, self.stopped = work * UNIT, 0.0, False
        self.best, self.bound = -np.inf, np.inf
        self._bar: Any = None

    def over(self, share: float = 1.0) -> bool:
        """Whether this share of the work is done, or all of it was called off."""
        return self.stopped or self.spent >= share * self.limit

    def count(self, solver: highspy.Highs) -> None:
        """Add the work of a run: by its iterations for a linear program; by its nodes for whole numbers, where HiGHS tells no more."""
        info, size = solver.getInfo(), solver.getNumNz() + solver.getNumCol()
        whole = max(0, info.mip_node_count) + 1 if info.mip_node_count >= 0 else 0
        self.spent += 5e-4 + size * (4e-6 * whole if whole else 1.2e-9 * max(0, info.simplex_iteration_count))

    def tell(self, best: float = -np.inf, bound: float = np.inf) -> None:
        self.best, self.bound = max(self.best, best), min(self.bound, bound)
        if self._bar is not None:
            self._bar.set_postfix_str(f"best {self.best:,.6g}, bound {self.bound:,.6g}", refresh=False)
            self._bar.update(min(self.spent, self.limit) / self.limit - self._bar.n)

    @contextmanager
    def watched(self) -> Iterator[Meter]:
        """A progress bar, and Ctrl-C (or a notebook's stop button) as a wish to have the best so far instead of an exception.

        HiGHS cannot be left by an exception; so the signal only sets a mark that the search looks at.
        """
        main = threading.current_thread() is threading.main_thread()
        before = signal.getsignal(signal.SIGINT) if main else None
        with progress(total=1.0, desc="plan", delay=2, leave=False, bar_format="{desc} {percentage:3.0f}%|{bar}| {postfix}") as self._bar:
            try:
                if main:
                    signal.signal(signal.SIGINT, self._stop)
                yield self
            finally:
                self._bar = None
                if main:
                    signal.signal(signal.SIGINT, before)

    def _stop(self, *_: object) -> None:
        self.stopped = True


@contextmanager
def _quiet() -> Iterator[None]:
    """HiGHS greets on the process's standard output before any option can silence it; that would stand in every notebook and log."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def loaded(m: Matrix, *, whole: bool, seed: int, meter: Meter | None = None, **more: Any) -> highspy.Highs:
    """A program given to HiGHS, its columns whole or in any fraction; a wish to stop ends whole ones at HiGHS's next look."""
    with _quiet():
        solver = highspy.Highs()
    options: dict[str, Any] = {"output_flag": False, "threads": 1, "random_seed": seed % 2147483647, "parallel": "off", "solver": "simplex"}
    for name, value in (options | ({"mip_heuristic_effort": 0.1} if whole else {}) | more).items():
        solver.setOptionValue(name, value)
    lp, a = highspy.HighsLp(), m.a.tocsc()
    lp.num_col_, lp.num_row_ = len(m.cost), len(m.low)
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = m.cost, np.zeros(len(m.cost)) if m.base is None else m.base, m.top
    lp.row_lower_, lp.row_upper_ = m.low, m.high
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = a.indptr, a.indices, a.data
    if whole:
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[int(x)] for x in m.whole]
    solver.passModel(lp)
    if whole and meter is not None:
        solver.cbMipInterrupt += lambda event: event.interrupt() if meter.stopped else None
    return solver


def run(solver: highspy.Highs, meter: Meter | None = None, start: np.ndarray | None = None) -> highspy.Highs:
    """Solve, from a known solution where there is one.

    HiGHS may find a better solution than the one it was given and still hand that one back: then it is asked again without.
    """
    if start is not None:
        known = highspy.HighsSolution()
        known.col_value = start.tolist()
        solver.setSolution(known)
    solver.run()
    if start is not None and feasible(solver) and not _its_own(solver):
        solver.clearSolver()
        solver.run()
    if meter is not None:
        meter.count(solver)
    return solver


def _its_own(solver: highspy.Highs) -> bool:
    """Whether the solution that is handed back has the value that is told."""
    told, cost = float(solver.getInfo().objective_function_value), np.array(solver.getLp().col_cost_)
    return abs(told - float(cost @ values(solver))) <= 1e-6 * max(1.0, abs(told))


def feasible(solver: highspy.Highs) -> bool:
    return bool(solver.getInfo().primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible)


def optimal(solver: highspy.Highs) -> bool:
    return bool(solver.getModelStatus() == highspy.HighsModelStatus.kOptimal)


def values(solver: highspy.Highs) -> np.ndarray:
    return np.array(solver.getSolution().col_value)
