"""The campaign as one mixed-integer program, built sparse: a quarter of a real campaign has forty thousand columns.

Columns: n (ideas x weeks) lots, y (pieces x weeks) 1 from the week a piece is out, s (worn ideas x 3) lots by how worn they are,
u (channels) 1 where a channel with a least buy is used, z (groups x weeks x 6) gains by how saturated the group is.

The form is compact, which is most of its speed: y is cumulative, so that "made before shown" is a row of two nonzeros; the concave
responses are bounded parts (Dantzig's way of writing them), one row an idea or a group, in place of one row a tangent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from mktlib.planning.problem import PARTS, STEPS, TANGENTS, Problem


@dataclass(frozen=True)
class Matrix:
    """minimise cost @ x, low <= A x <= high, base <= x <= top, some columns whole; links, shown: rows n <= most y and y <= sum n."""

    cost: np.ndarray
    a: sparse.csr_matrix
    low: np.ndarray
    high: np.ndarray
    top: np.ndarray
    whole: np.ndarray
    base: np.ndarray | None = None
    links: tuple[int, int] = (0, 0)
    shown: tuple[int, int] = (0, 0)

    @classmethod
    def under(cls, cost: np.ndarray, rows: list[tuple[sparse.csr_matrix, np.ndarray]], top: np.ndarray, whole: np.ndarray) -> Matrix:
        """minimise cost @ x, A x <= high for each (A, high), 0 <= x <= top."""
        a, high = sparse.vstack([r[0] for r in rows], format="csr"), np.concatenate([r[1] for r in rows])
        return cls(cost, a, np.full(len(high), -np.inf), high, top, whole)


@dataclass(frozen=True)
class Layout:
    """Where each kind of column begins."""

    y: int
    s: int
    u: int
    z: int
    size: int

    @classmethod
    def of(cls, problem: Problem) -> Layout:
        i, p, w = problem.shape
        y, s = i * w, (i + p) * w
        u = s + STEPS * int(problem.wears.sum())
        z = u + len(problem.minimum)
        return cls(y, s, u, z, z + (0 if problem.caps is None else len(PARTS) * len(problem.caps) * w))


def limit_rows(problem: Problem) -> tuple[sparse.csr_matrix, sparse.csr_matrix, np.ndarray]:
    """(rows over lots, rows over pieces, most) of all limits, sparse."""
    i, p, w = problem.shape
    most = np.array([r.most for r in problem.limits], float)
    return _stacked([r.lots for r in problem.limits], i * w), _stacked([r.made for r in problem.limits], p * w), most


def _stacked(tables: list[np.ndarray], width: int) -> sparse.csr_matrix:
    """One row a table, without its zeros."""
    flat = [table.ravel() for table in tables]
    places = [np.flatnonzero(row) for row in flat]
    end = np.cumsum([0, *map(len, places)])
    data = [row[at] for row, at in zip(flat, places, strict=True)]
    joined = (np.concatenate(x) if x else np.zeros(0) for x in (data, places))
    values, columns = joined
    return sparse.csr_matrix((values.astype(float), columns.astype(int), end), shape=(len(tables), width))


def matrix(problem: Problem) -> Matrix:
    """The program of a problem; its first rows are the problem's limits, in their order."""
    at, (_, p, w) = Layout.of(problem), problem.shape
    worn = np.flatnonzero(problem.wears)
    cost = np.zeros(at.size)
    cost[: at.y] = -problem.gains.ravel() if problem.caps is None else 0.0
    cost[at.y + w - 1 : at.s : w] = problem.making
    cost[at.s : at.u] = (problem.gain[worn, None] * (1 - problem.slopes)).ravel()
    top = np.concatenate([problem.most.ravel(), np.ones(p * w), problem.steps[worn].ravel(), np.ones(len(problem.minimum))])
    if problem.caps is not None:
        cost[at.z :] = -np.tile(TANGENTS, len(problem.caps) * w)
        top = np.concatenate([top, np.repeat(problem.caps[:, None] * PARTS, w, axis=0).ravel()])
    whole = np.ones(at.size, bool)
    whole[at.s : at.u] = whole[at.z :] = False
    blocks = list(_blocks(problem, at))
    end = np.cumsum([b[0].shape[0] for b in blocks])
    a = sparse.vstack([b[0] for b in blocks], format="csr")
    low, high = (np.concatenate([b[k] for b in blocks]) for k in (1, 2))
    return Matrix(cost, a, low, high, top.astype(float), whole, None, (end[0], end[1]), (end[-3], end[-2]))


Block = tuple[sparse.csr_matrix, np.ndarray, np.ndarray]


def _blocks(problem: Problem, at: Layout) -> Iterator[Block]:
    lots, made, most = limit_rows(problem)
    i, p, w = problem.shape
    yield _below(sparse.hstack([lots, made, sparse.csr_matrix((len(most), at.size - at.s))]), most)
    owner = at.y + problem.piece_of[:, None] * w + np.arange(w)
    yield _below(_pairs(np.arange(i * w), owner.ravel(), -problem.most.ravel(), at.size))
    before = (at.y + np.arange(p * w).reshape(p, w))[:, :-1].ravel()
    yield _below(_pairs(before, before + 1, -np.ones(len(before)), at.size))
    yield from _response(problem, at)
    yield _below(_shown(problem, at))
    yield _below(_least(problem, at))


def _below(rows: sparse.spmatrix, most: np.ndarray | None = None) -> Block:
    count = rows.shape[0]
    return sparse.csr_matrix(rows), np.full(count, -np.inf), np.zeros(count) if most is None else most


def _filled(rows: list[np.ndarray], columns: list[np.ndarray], data: list[np.ndarray], shape: tuple[int, int]) -> sparse.csr_matrix:
    return sparse.csr_matrix((np.concatenate(data).astype(float), (np.concatenate(rows), np.concatenate(columns))), shape=shape)


def _pairs(first: np.ndarray, second: np.ndarray, weight: np.ndarray, size: int) -> sparse.csr_matrix:
    """Rows x[first] + weight * x[second]."""
    rows = np.arange(len(first))
    return _filled([rows, rows], [first, second], [np.ones(len(first)), weight], (len(first), size))


def _response(problem: Problem, at: Layout) -> Iterator[Block]:
    """The lots of an idea are the sum of its three steps, the first of which needs the piece; gains of a group are the sum of its parts."""
    w, worn = problem.shape[2], np.flatnonzero(problem.wears)
    k = np.arange(len(worn))
    if len(worn):
        spread = np.repeat(k, w), (worn[:, None] * w + np.arange(w)).ravel()
        steps = np.repeat(k, STEPS), at.s + np.arange(STEPS * len(worn))
        rows = _filled(
            [spread[0], steps[0]], [spread[1], steps[1]], [np.ones(len(worn) * w), -np.ones(STEPS * len(worn))], (len(worn), at.size)
        )
        yield rows, np.zeros(len(worn)), np.zeros(len(worn))
        out = at.y + problem.piece_of[worn] * w + w - 1
        yield _below(_pairs(at.s + STEPS * k, out, -problem.steps[worn, 0].astype(float), at.size))
    if problem.caps is not None:
        groups, parts = len(problem.caps) * w, len(TANGENTS)
        lots = (problem.group[:, None] * w + np.arange(w)).ravel(), np.arange(at.y)
        rows = _filled(
            [lots[0], np.repeat(np.arange(groups), parts)], [lots[1], np.arange(at.z, at.size)],
            [-problem.gains.ravel(), np.ones(groups * parts)], (groups, at.size),
        )  # fmt: skip
        yield _below(rows)


def _shown(problem: Problem, at: Layout) -> sparse.csr_matrix:
    """A piece that is made is shown at least once."""
    _, p, w = problem.shape
    rows = [np.repeat(problem.piece_of, w), np.arange(p)]
    return _filled(rows, [np.arange(at.y), at.y + np.arange(p) * w + w - 1], [-np.ones(at.y), np.ones(p)], (p, at.size))


def _least(problem: Problem, at: Layout) -> sparse.csr_matrix:
    """A channel is left alone, or bought for at least its minimum."""
    w = problem.shape[2]
    rows, columns, data = [np.zeros(0, int)], [np.zeros(0, int)], [np.zeros(0)]
    for k, (channel, low) in enumerate(problem.minimum.items()):
        mine = np.flatnonzero((problem.ideas["channel"] == channel).to_numpy())
        lots, spent = (mine[:, None] * w + np.arange(w)).ravel(), np.repeat(problem.cost[mine], w)
        rows += [np.full(len(lots) + 1, 2 * k), np.full(len(lots) + 1, 2 * k + 1)]
        columns += [np.append(lots, at.u + k)] * 2
        data += [np.append(-spent, low), np.append(spent, -problem.brief.budget)]
    least = _filled(rows, columns, data, (2 * len(problem.minimum), at.size))
    least.eliminate_zeros()
    return least


def split(problem: Problem, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n, y) of a column of the program."""
    i, p, w = problem.shape
    whole = np.round(x[: (i + p) * w]).astype(int)
    return whole[: i * w].reshape(i, w), whole[i * w :].reshape(p, w)


def columns(problem: Problem, n: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The column of the program of a plan (n, y)."""
    before = np.cumsum(problem.steps, axis=1) - problem.steps
    steps = np.clip(n.sum(axis=1)[:, None] - before, 0, problem.steps)[problem.wears]
    used = [float(problem.spend(n, c) > 0) for c in problem.minimum]
    return np.concatenate([n.ravel(), y.ravel(), steps.ravel(), used, parts(problem, n).ravel()]).astype(float)


def parts(problem: Problem, n: np.ndarray) -> np.ndarray:
    """(groups, weeks, 6) gains of a plan by how saturated their group is; empty without saturation."""
    if problem.caps is None:
        return np.zeros(0)
    length = problem.caps[:, None, None] * PARTS
    total = problem.together(problem.gains * n)[..., None]
    return np.clip(total - (np.cumsum(length, axis=2) - length), 0.0, length)
