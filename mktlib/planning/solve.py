"""The campaign as a mixed-integer program for HiGHS: the best plan that all limits allow, with the bound that proves how good it is.

Deterministic: one thread, a fixed seed, limits on nodes and never on seconds. The matrix is that of Dantzig's knapsack with fixed
charges (pieces), bounded concave response (three columns an idea) and cumulative make-by-week columns, so that a link between a
piece and its placements is one row of two nonzeros.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import highspy
import numpy as np
from scipy import sparse

from mktlib.planning.problem import STEPS, Limit, Problem

NODES = 1000
GAP = 0.01


@dataclass(frozen=True)
class Matrix:
    """minimise cost @ x, low <= A x <= high, 0 <= x <= top; columns n (ideas x weeks), y (pieces x weeks), s (ideas x 3), u (channels)."""

    cost: np.ndarray
    a: sparse.csr_matrix
    low: np.ndarray
    high: np.ndarray
    top: np.ndarray
    whole: np.ndarray


@dataclass(frozen=True)
class Answer:
    n: np.ndarray
    y: np.ndarray
    bound: float


def matrix(problem: Problem) -> Matrix:
    """The program of a problem; its first rows are the problem's limits, in their order."""
    i, p, w = problem.shape
    channels = list(problem.minimum)
    at_y, at_s, at_u = i * w, i * w + p * w, i * w + p * w + STEPS * i
    size = at_u + len(channels)
    blocks: list[tuple[sparse.csr_matrix, np.ndarray, np.ndarray]] = []

    def add(rows: Any, low: np.ndarray, high: np.ndarray) -> None:
        blocks.append((sparse.csr_matrix(rows, shape=(rows.shape[0], size)), low, high))

    flat = [np.concatenate([r.lots.ravel(), r.made.ravel(), np.zeros(size - at_s)]) for r in problem.limits]
    add(sparse.csr_matrix(np.array(flat)), np.full(len(flat), -np.inf), np.array([r.most for r in problem.limits]))
    owner = at_y + problem.piece_of[:, None] * w + np.arange(w)
    add(_pairs(np.arange(i * w), owner.ravel(), -problem.most.ravel(), size), np.full(i * w, -np.inf), np.zeros(i * w))
    before = (at_y + np.arange(p * w).reshape(p, w))[:, :-1].ravel()
    add(_pairs(before, before + 1, -np.ones(len(before)), size), np.full(len(before), -np.inf), np.zeros(len(before)))
    for rows, low, high in (_response(problem, size, at_y, at_s), _shown(problem, size, at_y), _least(problem, size, at_u)):
        add(rows, low, high)
    cost = np.zeros(size)
    cost[at_s:at_u] = -(problem.gain[:, None] * problem.slopes).ravel()
    top = np.concatenate([problem.most.ravel(), np.ones(p * w), problem.steps.ravel(), np.ones(len(channels))]).astype(float)
    whole = np.concatenate([np.ones(at_s), np.zeros(STEPS * i), np.ones(len(channels))]).astype(bool)
    a, low, high = sparse.vstack([b[0] for b in blocks]).tocsr(), *(np.concatenate([b[k] for b in blocks]) for k in (1, 2))
    return Matrix(cost, a, low, high, top, whole)


def _pairs(first: np.ndarray, second: np.ndarray, weight: np.ndarray, size: int) -> sparse.csr_matrix:
    """Rows x[first] + weight * x[second]."""
    rows = np.arange(len(first))
    data = np.concatenate([np.ones(len(first)), weight])
    return sparse.csr_matrix((data, (np.concatenate([rows, rows]), np.concatenate([first, second]))), shape=(len(first), size))


def _response(problem: Problem, size: int, at_y: int, at_s: int) -> tuple[sparse.csr_matrix, np.ndarray, np.ndarray]:
    """The lots of an idea are the sum of its three steps; the first step needs the piece."""
    i, _, w = problem.shape
    rows = sparse.lil_matrix((2 * i, size))
    for k in range(i):
        rows[k, k * w : (k + 1) * w] = 1
        rows[k, at_s + STEPS * k : at_s + STEPS * (k + 1)] = -1
        rows[i + k, at_s + STEPS * k] = 1
        rows[i + k, at_y + problem.piece_of[k] * w + w - 1] = -problem.steps[k, 0]
    return rows.tocsr(), np.concatenate([np.zeros(i), np.full(i, -np.inf)]), np.zeros(2 * i)


def _shown(problem: Problem, size: int, at_y: int) -> tuple[sparse.csr_matrix, np.ndarray, np.ndarray]:
    """A piece that is made is shown at least once."""
    _, p, w = problem.shape
    rows = sparse.lil_matrix((p, size))
    for k, piece in enumerate(problem.piece_of.tolist()):
        rows[piece, k * w : (k + 1) * w] = -1
    for piece in range(p):
        rows[piece, at_y + piece * w + w - 1] = 1
    return rows.tocsr(), np.full(p, -np.inf), np.zeros(p)


def _least(problem: Problem, size: int, at_u: int) -> tuple[sparse.csr_matrix, np.ndarray, np.ndarray]:
    """A channel is left alone, or bought for at least its minimum."""
    w = problem.shape[2]
    rows = sparse.lil_matrix((2 * len(problem.minimum), size))
    for k, (channel, low) in enumerate(problem.minimum.items()):
        for i in np.flatnonzero((problem.ideas["channel"] == channel).to_numpy()).tolist():
            rows[2 * k, i * w : (i + 1) * w] = -problem.cost[i]
            rows[2 * k + 1, i * w : (i + 1) * w] = problem.cost[i]
        rows[2 * k, at_u + k], rows[2 * k + 1, at_u + k] = low, -problem.brief.budget
    return rows.tocsr(), np.full(rows.shape[0], -np.inf), np.zeros(rows.shape[0])


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


def _highs(m: Matrix, *, whole: bool, seed: int, nodes: int = NODES, gap: float = GAP) -> highspy.Highs:
    with _quiet():
        solver = highspy.Highs()
    options: dict[str, Any] = {
        "output_flag": False, "threads": 1, "random_seed": seed % 2147483647, "mip_max_nodes": nodes, "mip_rel_gap": gap,
        "parallel": "off", "mip_heuristic_effort": 0.1,
    }  # fmt: skip
    for name, value in options.items():
        solver.setOptionValue(name, value)
    lp, a = highspy.HighsLp(), m.a.tocsc()
    lp.num_col_, lp.num_row_ = len(m.cost), len(m.low)
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = m.cost, np.zeros(len(m.cost)), m.top
    lp.row_lower_, lp.row_upper_ = m.low, m.high
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = a.indptr, a.indices, a.data
    if whole:
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[int(x)] for x in m.whole]
    solver.passModel(lp)
    return solver


def solve(
    problem: Problem, *, start: tuple[np.ndarray, np.ndarray] | None, seed: int, nodes: int = NODES, gap: float = GAP
) -> Answer | None:
    """The best plan found and an upper bound on every plan's value; None where no plan holds all limits.

    `start` is handed to the solver, and returned where the solver stops with less.
    """
    m = matrix(problem)
    solver = _highs(m, whole=True, seed=seed, nodes=nodes, gap=gap)
    if start is not None:
        known = highspy.HighsSolution()
        known.col_value = list(_columns(problem, m, *start))
        solver.setSolution(known)
    solver.run()
    info = solver.getInfo()
    found = None
    if info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
        found = _split(problem, np.array(solver.getSolution().col_value))
        found = found if not problem.broken(*found) else None
    if start is not None and (found is None or problem.value(found[0]) < problem.value(start[0])):
        found = start
    return None if found is None else Answer(*found, bound=max(-float(info.mip_dual_bound), problem.value(found[0])))


def relaxed(cost: np.ndarray, a: sparse.csr_matrix, high: np.ndarray, top: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """(x, prices of the rows) of the linear program min cost @ x, a x <= high, 0 <= x <= top; None where nothing holds."""
    free = np.full(len(high), -np.inf)
    solver = _highs(Matrix(cost, a, free, high, top, np.zeros(len(cost), bool)), whole=False, seed=0)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    found = solver.getSolution()
    return np.array(found.col_value), np.maximum(0.0, -np.array(found.row_dual))


def _split(problem: Problem, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    i, p, w = problem.shape
    whole = np.round(x[: (i + p) * w]).astype(int)
    return whole[: i * w].reshape(i, w), whole[i * w :].reshape(p, w)


def _columns(problem: Problem, m: Matrix, n: np.ndarray, y: np.ndarray) -> np.ndarray:
    before = np.cumsum(problem.steps, axis=1) - problem.steps
    steps = np.clip(n.sum(axis=1)[:, None] - before, 0, problem.steps)
    used = [float(problem.spend(n, c) > 0) for c in problem.minimum]
    return np.concatenate([n.ravel(), y.ravel(), steps.ravel(), used]).astype(float)


def prices(problem: Problem, answer: Answer, *, seed: int) -> np.ndarray:
    """What one more unit of each limit would add to the value: the duals of the linear program.

    Limits on placements are priced with the pieces of the plan as they are; limits on pieces and days, which are then fixed, by the
    program in which pieces may be made in part. Both are right for a small change.
    """
    m, (i, p, w) = matrix(problem), problem.shape
    fixed, held = m.top.copy(), np.zeros(len(m.top))
    x = _columns(problem, m, answer.n, answer.y)
    for part in (slice(i * w, (i + p) * w), slice((i + p) * w + STEPS * i, None)):
        fixed[part] = held[part] = x[part]
    duals = []
    for top, low in ((fixed, held), (m.top, None)):
        solver = _highs(replace(m, top=top), whole=False, seed=seed)
        if low is not None:
            solver.changeColsBounds(len(top), np.arange(len(top), dtype=np.int32), low, top)
        solver.run()
        duals.append(np.maximum(0.0, -np.array(solver.getSolution().row_dual)[: len(problem.limits)]))
    making = np.array([r.code in ("days", "pieces") for r in problem.limits])
    return np.where(making, duals[1], duals[0])


def clash(problem: Problem, *, seed: int) -> list[tuple[Limit, float]]:
    """Why nothing holds: how much more of which limits would do, then which demands would have to go if the limits stay."""
    found: list[tuple[Limit, float]] = []
    for demands in (False, True):
        m, rows = matrix(problem), [k for k, r in enumerate(problem.limits) if r.wanted == demands]
        slack = sparse.csr_matrix((-np.ones(len(rows)), (rows, range(len(rows)))), shape=(m.a.shape[0], len(rows)))
        weight = [1.0 / max(1.0, abs(problem.limits[k].most)) for k in rows]
        elastic = Matrix(
            np.concatenate([np.zeros(len(m.cost)), weight]), sparse.hstack([m.a, slack]).tocsr(), m.low, m.high,
            np.concatenate([m.top, np.full(len(rows), np.inf)]), np.concatenate([m.whole, np.zeros(len(rows), bool)]),
        )  # fmt: skip
        solver = _highs(elastic, whole=True, seed=seed)
        solver.run()
        if solver.getInfo().primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
            extra = np.array(solver.getSolution().col_value)[len(m.cost) :]
            found += [(problem.limits[k], float(more)) for k, more in zip(rows, extra, strict=True) if more > 1e-6]
    return found
