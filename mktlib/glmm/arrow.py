"""Linear algebra of a crossed design: blocks along the longest axis, and a core that all of them share.

A cell has one level of each axis. Pick one axis, the hub: coefficients of terms with the hub belong to one of its levels, and two of
them at different levels never meet in a row. X' W X is then an arrow,

    H = [[blockdiag(A_1 .. A_T), B], [B', C]]

with C the terms without the hub: factored level by level at a cost of T m r^2 + r^3 instead of (T m + r)^3. A variance of one cell needs
only the inverse's entries inside a level, between a level and the core, and inside the core, so that no more is ever formed.
scipy has dense and banded factors, sparse Cholesky (CHOLMOD) fills in and gives no entries of the inverse: hence these few lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.linalg as sl
import scipy.sparse as sp
from numpy.typing import NDArray

Array = NDArray[Any]
BLOCK = 1_000_000  # numbers in one piece of work: 4 MB of float32


@dataclass(frozen=True)
class Arrow:
    """The shape: coefficients 0 .. core - 1 are the core, starts[t] .. starts[t + 1] - 1 those of hub level t; size = starts[-1].

    A matrix is one flat array: a row for each coefficient, [0, its core entries, its entries inside its own block], and a row of zeros for
    position -1 (a level that was never seen), so that a gather there adds nothing.
    """

    core: int
    starts: tuple[int, ...]

    @property
    def size(self) -> int:
        return self.starts[-1]

    @cached_property
    def blocks(self) -> tuple[slice, ...]:
        """The coefficients of each hub level."""
        return tuple(slice(a, b) for a, b in zip(self.starts[:-1], self.starts[1:], strict=True))

    @cached_property
    def _row(self) -> Array:
        wide = np.repeat(np.diff(self.starts), np.diff(self.starts))
        return np.concatenate([[0], np.cumsum(1 + self.core + np.concatenate([np.zeros(self.core, np.int64), wide]))]).astype(np.int64)

    @cached_property
    def _place(self) -> Array:
        """Where a coefficient stands in a row; 0 for position -1."""
        inside = np.concatenate([np.arange(b.stop - b.start) for b in self.blocks] or [np.zeros(0)])
        return np.concatenate([1 + np.arange(self.core), 1 + self.core + inside, [0]]).astype(np.int64)

    @cached_property
    def _length(self) -> int:
        """Of a flat matrix."""
        return int(self._row[-1]) + 1 + self.core + max((b.stop - b.start for b in self.blocks), default=0)

    def zeros(self) -> Array:
        return np.zeros(self._length)

    def middle(self, flat: Array) -> Array:
        """C, (core, core), a view."""
        return flat[: self.core * (1 + self.core)].reshape(self.core, 1 + self.core)[:, 1:]

    def level(self, flat: Array, b: slice) -> tuple[Array, Array]:
        """B_t (m, core) and A_t (m, m) of the block at b, views."""
        rows = flat[self._row[b.start] : self._row[b.stop]].reshape(b.stop - b.start, -1)
        return rows[:, 1 : 1 + self.core], rows[:, 1 + self.core :]

    def diagonal(self, flat: Array) -> Array:
        return np.asarray(flat[self._row[:-1] + self._place[:-1]])

    # ------------------------------------------------------------ rows of the design

    def meetings(self, columns: Array) -> Iterator[sp.csr_array]:
        """For indicator rows (n, k), hub terms first: where each pair of their columns meets, once; (rows, entries of a flat matrix)."""
        one, other = np.triu_indices(columns.shape[1])
        step = max(1, BLOCK // len(one))
        for start in range(0, len(columns), step):
            row, place = self._row[columns[start : start + step]], self._place[columns[start : start + step]]
            at = np.take(row.astype(np.int32), one, 1) + np.take(place.astype(np.int32), other, 1)
            ends = np.arange(0, at.size + 1, len(one), dtype=np.int32)
            yield sp.csr_array((np.ones(at.size, np.int8), at.ravel(), ends), shape=(len(at), self._length))

    def cross(self, meetings: Iterable[sp.csr_array], weight: Array) -> Array:
        """X' diag(weight) X of indicator rows."""
        out, start = self.zeros(), 0
        for met in meetings:
            out += met.T @ weight[start : start + met.shape[0]]
            start += met.shape[0]
        out[self._row[-1] :] = 0
        out[self._row[:-1]] = 0
        for square in (self.middle(out), *(self.level(out, b)[1] for b in self.blocks)):
            square += np.triu(square, 1).T  # a pair of coefficients met once, the earlier one first
        return out

    def leverage(self, flat: Array, meetings: Iterable[sp.csr_array]) -> Array:
        """x' V x of indicator rows, (n,)."""
        twice = 2 * flat
        twice[self._row[:-1] + self._place[:-1]] /= 2
        return np.concatenate([np.zeros(0), *(met @ twice for met in meetings)])

    def corner(self, flat: Array, level: int) -> Array:
        """V among the core and one level, or the core alone (-1)."""
        if level < 0:
            return self.middle(flat)
        edge, square = self.level(flat, self.blocks[level])
        return np.block([[self.middle(flat), edge.T], [edge, square]])

    def subtract(self, flat: Array, level: int, square: Array) -> None:
        """flat -= square, among the coefficients of `corner`."""
        self.middle(flat)[:] -= square[: self.core, : self.core]
        if level >= 0:
            edge, inner = self.level(flat, self.blocks[level])
            edge -= square[self.core :, : self.core]
            inner -= square[self.core :, self.core :]

    def entries(self, flat: Array, p: Array, q: Array) -> Array:
        """V[p, q], p in the core only where q is."""
        return np.asarray(flat[self._row[p] + self._place[q]])

    def add_outer(self, flat: Array, b: Array) -> None:
        """flat += b b', b (size, k), where the arrow has entries."""
        inner = b[: self.core]
        self.middle(flat)[:] += inner @ inner.T
        for s in self.blocks:
            edge, square = self.level(flat, s)
            edge += b[s] @ inner.T
            square += b[s] @ b[s].T

    def principal(self, flat: Array, at: Array) -> Principal:
        """The principal axes of some coefficients' covariance, level by level where they belong to levels."""
        level = np.searchsorted(self.starts, at, side="right") - 1
        parts = []
        for t in np.unique(level):
            mine = np.flatnonzero(level == t)
            square, start = (self.middle(flat), 0) if t < 0 else (self.level(flat, self.blocks[t])[1], self.starts[t])
            parts.append((mine, *np.linalg.eigh(square[(at[mine] - start)[:, None], at[mine] - start])))
        return Principal(parts)

    # ------------------------------------------------------------ factor and solve

    def factor(self, flat: Array, precision: Array) -> Array:
        """L with L L' = H + diag(precision), written over H: L_t where A_t was, L_t^-1 B_t where B_t was, the core's own factor in C."""
        out = flat
        out[self._row[:-1] + self._place[:-1]] += precision
        edges = []
        for b in self.blocks:
            edge, square = self.level(out, b)
            square[:] = _cholesky(square)
            edge[:] = _under(square, edge)
            edges.append(edge)
        middle = self.middle(out)
        if edges:
            tall = np.concatenate(edges)
            middle -= tall.T @ tall
        middle[:] = _cholesky(middle)
        return out

    def log_det(self, root: Array) -> float:
        """Of L L'."""
        return float(2 * np.log(self.diagonal(root)).sum())

    def forward(self, root: Array, g: Array) -> Array:
        """L^-1 g, g (size,) or (size, k)."""
        out = np.array(g, float)
        for b in self.blocks:
            edge, square = self.level(root, b)
            out[b] = _under(square, out[b])
            out[: self.core] -= edge.T @ out[b]
        out[: self.core] = _under(self.middle(root), out[: self.core])
        return out

    def backward(self, root: Array, z: Array) -> Array:
        """L'^-1 z; of standard normal z, a draw with covariance (L L')^-1."""
        out = np.array(z, float)
        out[: self.core] = _under(self.middle(root), out[: self.core], transposed=True)
        for b in self.blocks:
            edge, square = self.level(root, b)
            out[b] = _under(square, out[b] - edge @ out[: self.core], transposed=True)
        return out

    def solve(self, root: Array, g: Array) -> Array:
        return self.backward(root, self.forward(root, g))

    def inverse(self, root: Array, *, rough: bool = False) -> Array:
        """The entries of (L L')^-1 that an arrow has places for; rough: in single precision, twice as fast."""
        root = root.astype(np.float32) if rough else root
        out = self.zeros().astype(root.dtype)
        core, _ = (sl.lapack.spotri if rough else sl.lapack.dpotri)(self.middle(root), lower=1)
        core = np.tril(core) + np.tril(core, -1).T
        self.middle(out)[:] = core
        for b in self.blocks:
            (edge, square), (to_edge, to_square) = self.level(root, b), self.level(out, b)
            back = _under(square, np.column_stack([edge, np.eye(len(square), dtype=root.dtype)]), transposed=True)
            reach, half = back[:, : self.core], back[:, self.core :]  # A^-1 B, L_t'^-1
            to_edge[:] = -reach @ core
            to_square[:] = half @ half.T - to_edge @ reach.T
        return out


@dataclass(frozen=True)
class Principal:
    """Blocks of a covariance turned to their principal axes: (members, variances, axes) each."""

    parts: list[tuple[Array, Array, Array]]

    @property
    def var(self) -> Array:
        return np.maximum(self._join([var for _, var, _ in self.parts]), 1e-14)

    def turn(self, x: Array) -> Array:
        """Coordinates along the axes, (n,)."""
        return self._join([axes.T @ x[mine] for mine, _, axes in self.parts])

    def back(self, x: Array) -> Array:
        return self._join([axes @ x[mine] for mine, _, axes in self.parts])

    def _join(self, pieces: list[Array]) -> Array:
        out = np.empty(sum(map(len, pieces)))
        for (mine, _, _), piece in zip(self.parts, pieces, strict=True):
            out[mine] = piece
        return out


def _cholesky(a: Array) -> Array:
    """Lower factor; LAPACK itself, since the checks of scipy's functions cost more than a small block."""
    root, wrong = sl.lapack.dpotrf(a, lower=1, clean=1)
    if wrong:
        raise np.linalg.LinAlgError("not positive definite")
    return np.asarray(root)


def _under(lower: Array, g: Array, *, transposed: bool = False) -> Array:
    """L^-1 g, or L'^-1 g."""
    solve = sl.blas.strsm if lower.dtype == np.float32 else sl.blas.dtrsm
    return np.asarray(solve(1.0, lower, g.reshape(len(g), -1), lower=1, trans_a=int(transposed))).reshape(g.shape)
