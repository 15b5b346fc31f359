"""What the data come down to: units, their rows, and which coefficients each row uses."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import scipy.sparse as sp

from mktlib.glmm.arrow import BLOCK, Array, Arrow

Term = tuple[int, ...]
Held = Mapping[Term, tuple[Array, Array]]
Family = Literal["binomial", "poisson"]


LOG_RATE_CEILING = 30.0
PIECE = 4096  # units in one piece of work


def pairs(axes: int) -> tuple[Term, ...]:
    """Every main effect and every pair of axes.

    >>> pairs(2)
    ((0,), (1,), (0, 1))
    """
    return tuple((a,) for a in range(axes)) + tuple(itertools.combinations(range(axes), 2))


@dataclass(frozen=True)
class Columns:
    """Which coefficient each term gives to a cell.

    levels: per term its seen levels, sorted; where: per term their positions among the coefficients. The intercept is coefficient 0.
    Coefficients stand as an `Arrow` wants them: first the core (terms without the hub axis), then level after level of the hub.
    """

    dims: tuple[int, ...]
    terms: tuple[Term, ...]
    levels: tuple[Array, ...]
    hub: int

    @cached_property
    def order(self) -> list[int]:
        """The columns of `of` with the hub's terms first."""
        return (
            [j + 1 for j, t in enumerate(self.terms) if self.hub in t]
            + [0]
            + [j + 1 for j, t in enumerate(self.terms) if self.hub not in t]
        )

    @cached_property
    def _sorted(self) -> tuple[Array, Array]:
        """Of all coefficients but the intercept, term after term: their order (a permutation), and their hub level, -1 in the core."""
        hub = [
            np.unravel_index(seen, [self.dims[a] for a in t])[t.index(self.hub)] if self.hub in t else np.full(len(seen), -1)
            for t, seen in zip(self.terms, self.levels, strict=True)
        ]
        level = np.concatenate([np.zeros(0, np.int64), *hub])
        return np.argsort(level, kind="stable"), level

    @cached_property
    def where(self) -> tuple[Array, ...]:
        order, _ = self._sorted
        at = np.empty(len(order), np.int64)
        at[order] = 1 + np.arange(len(order))
        return tuple(np.split(at, np.cumsum([len(x) for x in self.levels])[:-1])) if self.terms else ()

    @cached_property
    def arrow(self) -> Arrow:
        _, level = self._sorted
        _, count = np.unique(level[level >= 0], return_counts=True)
        core = 1 + int((level < 0).sum())
        return Arrow(core, tuple(int(x) for x in core + np.cumsum([0, *count])))

    @cached_property
    def _grids(self) -> tuple[Array, ...]:
        """Per term: the position at each combination of its levels, an array over its axes; -1 for one that was never seen.

        A term of very many combinations has an empty one: its positions are looked up.
        """
        out = []
        for term, seen, where in zip(self.terms, self.levels, self.where, strict=True):
            size = math.prod(self.dims[a] for a in term)
            if size > BLOCK:
                out.append(np.zeros([0] * len(term), np.int32))
                continue
            grid = np.full(size, -1, np.int32)
            grid[seen] = where
            out.append(grid.reshape([self.dims[a] for a in term]))
        return tuple(out)

    def of(self, codes: Array) -> Array:
        """(n, d) codes -> (n, terms + 1) positions, intercept first; -1 for a level that was never seen."""
        out = np.zeros((len(codes), len(self.terms) + 1), np.int32)
        for j, (term, seen, where) in enumerate(zip(self.terms, self.levels, self.where, strict=True)):
            number = _term_levels(codes, self.dims, term)
            if math.prod(self.dims[a] for a in term) <= BLOCK:
                out[:, j + 1] = np.append(self._grids[j], np.int32(-1))[number]
            else:
                at = find(seen, number)
                out[:, j + 1] = np.where(at < 0, -1, np.append(where, -1)[at])
        return out

    @cached_property
    def _unions(self) -> dict[tuple[int, ...], list[tuple[int, int]]]:
        """Pairs of columns (hub terms first) by axes that hold them both: few sets of axes, of four where that is enough."""
        axes: list[Term] = [(), *self.terms]
        order = self.order
        out: dict[Term, list[tuple[int, int]]] = {}
        keys: list[Term] = []
        met = [(i, j) for n, i in enumerate(order) for j in order[n:]]
        for i, j in sorted(met, key=lambda p: -len({*axes[p[0]], *axes[p[1]]})):
            both = {*axes[i], *axes[j]}
            key = next((k for k in keys if both <= set(k) and len(k) <= max(4, len(both))), None)
            if key is None:
                key = tuple(sorted(both))
                keys.append(key)
            out.setdefault(key, []).append((i, j))
        return out

    def tables_cost(self) -> float:
        """Numbers that `tables` adds up; without end where a term has too many combinations for a table."""
        if any(math.prod(self.dims[a] for a in t) > BLOCK for t in self.terms):
            return math.inf
        return sum(len(pairs) * math.prod(self.dims[a] for a in key) for key, pairs in self._unions.items())

    def tables(self, flat: Array, mean: Array, unseen: Array) -> list[tuple[Term, Array, Array]]:
        """The mean and variance of every cell as sums of few tables: (axes, means, variances), each table flat over its axes.

        flat: variances, as an arrow; mean (P,); unseen (terms,): the variance that a level brings which was never seen.
        """
        grids = [np.zeros((), np.int32), *self._grids]
        axes: list[Term] = [(), *self.terms]

        def spread(j: int, key: Term) -> Array:
            """Positions of column j as an array over the axes of key (length 1 where j does not depend on one)."""
            return grids[j].transpose(np.argsort(axes[j])).reshape([self.dims[a] if a in axes[j] else 1 for a in key])

        out = []
        for key, met in self._unions.items():
            means, variances = (np.zeros([self.dims[a] for a in key]) for _ in range(2))
            for i, j in met:
                p, q = spread(i, key), spread(j, key)
                found = self.arrow.entries(flat, p, q) * (1 if i == j else 2)
                if i == j:
                    means += np.append(mean, 0.0)[p]
                    if i:
                        found = np.where(p < 0, unseen[i - 1], found)
                variances += found
            out.append((key, means.ravel(), variances.ravel()))
        return out


@dataclass(frozen=True)
class Rows:
    """Counts y of chances n, (n,), sorted by unit; unit (n,) and the first row of each unit (units,)."""

    y: Array
    n: Array
    unit: Array
    first: Array

    @property
    def shared(self) -> bool:
        return len(self.first) < len(self.y)

    def per_unit(self, x: Array) -> Array:
        return np.add.reduceat(x, self.first, axis=-1) if self.shared else x

    def to_rows(self, x: Array) -> Array:
        return x[..., self.unit] if self.shared else x


@dataclass(frozen=True)
class Together:
    """Some units of one hub level (-1: the core alone), their rows, and the rows' columns among the coefficients of that corner."""

    level: int
    units: Array
    rows: Array
    local: Array
    unit: Array
    width: int

    def sums(self, w: Array) -> sp.csr_array:
        """(units, coefficients): the sum of w_r x_r over the rows of each unit; a last column takes what was never seen."""
        ends = np.searchsorted(self.unit, np.arange(len(self.units) + 1)) * self.local.shape[1]
        value = np.repeat(w[self.rows], self.local.shape[1])
        return sp.csr_array((value, self.local.ravel(), ends), shape=(len(self.units), self.width + 1))


@dataclass(frozen=True)
class Data:
    """Rows (n,) sorted by unit, each pointing to its unit and to its distinct combination of levels (its cell).

    at (cells, terms + 1): the coefficients of a cell (`Columns.of`). first (units,): the first row of each unit; unit_code: its cell's
    number where units are cells, else -1. held (size,): the precision with which an opinion holds a coefficient, beside its term's sd.
    """

    columns: Columns
    at: Array
    cell: Array
    unit: Array
    first: Array
    unit_code: Array
    y: Array
    n: Array
    offset: Array
    held: Array
    family: Family
    center: float
    center_sd: float
    quad: int

    @property
    def size(self) -> int:
        """Coefficients."""
        return self.columns.arrow.size

    @property
    def shared(self) -> bool:
        """Whether some unit has several rows."""
        return self.rows.shared

    @cached_property
    def rows(self) -> Rows:
        return Rows(self.y, self.n, self.unit, self.first)

    @cached_property
    def pieces(self) -> list[tuple[slice, slice, Rows]]:
        """(units, rows, what they hold): few enough at a time to stay near the processor."""
        ends = np.append(self.first, len(self.y))
        out = []
        for start in range(0, len(self.first), PIECE):
            units = slice(start, min(start + PIECE, len(self.first)))
            rows = slice(int(ends[units.start]), int(ends[units.stop]))
            out.append((units, rows, Rows(self.y[rows], self.n[rows], self.unit[rows] - start, self.first[units] - rows.start)))
        return out

    @cached_property
    def together(self) -> list[Together]:
        """Units of several rows, by the hub level on which their rows agree, a piece at a time."""
        arrow, out = self.columns.arrow, []
        last = np.maximum.reduceat(self.at.max(1)[self.cell], self.first)
        level = np.searchsorted(arrow.starts, last, side="right") - 1
        for t in np.unique(level):
            units = np.flatnonzero(level == t)
            here = np.r_[: arrow.core, arrow.blocks[t]] if t >= 0 else np.arange(arrow.core)
            local = np.full(self.size + 1, len(here), np.int32)
            local[here] = np.arange(len(here))
            for part in np.split(units, np.arange(PIECE, len(units), PIECE)):
                rows = np.flatnonzero(np.isin(self.unit, part))
                columns = local[self.at[self.cell[rows]]]
                out.append(Together(int(t), part, rows, columns, np.searchsorted(part, self.unit[rows]), len(here)))
        return out

    def per_unit(self, x: Array) -> Array:
        """Sums over the rows of each unit: (..., n) -> (..., units)."""
        return self.rows.per_unit(x)

    def to_rows(self, x: Array) -> Array:
        """(..., units) -> (..., n)."""
        return self.rows.to_rows(x)

    @property
    def meetings(self) -> Iterable[sp.csr_array]:
        """Where the columns of each cell meet (`Arrow.meetings`): kept where that is small, else found again."""
        small = len(self.at) * self.at.shape[1] ** 2 < 20 * BLOCK
        return self._meetings if small else self.columns.arrow.meetings(self.at[:, self.columns.order])

    @cached_property
    def _meetings(self) -> list[sp.csr_array]:
        return list(self.columns.arrow.meetings(self.at[:, self.columns.order]))

    def linear(self, b: Array) -> Array:
        """X b, (n,)."""
        return np.asarray(np.append(b, 0.0)[self.at].sum(1)[self.cell])

    def pull_back(self, u: Array) -> Array:
        """X' u, (size,)."""
        by_cell = np.bincount(self.cell, u, len(self.at))
        every = np.repeat(by_cell, self.at.shape[1])
        return np.bincount(self.at.ravel() + 1, every, self.size + 1)[1:]

    def prior_precision(self, sd: Array) -> Array:
        out = np.full(self.size, self.center_sd**-2)
        for where, value in zip(self.columns.where, sd, strict=True):
            out[where] = value**-2
        return out + self.held


def number_of(codes: Array, sizes: Sequence[int]) -> Array:
    """One number for each combination of levels, -1 where a level is not known.

    Raises:
        OverflowError: there are more combinations than a 64-bit integer can number.
    """
    if math.prod(map(int, sizes)) > 2**62:
        raise OverflowError(f"{math.prod(map(int, sizes)):.3g} combinations of levels")
    out = np.zeros(len(codes), np.int64)
    for a, size in enumerate(sizes):
        out = out * size + codes[:, a]
    return np.where(((codes >= 0) & (codes < np.asarray(sizes, np.int64))).all(1), out, -1)


def _term_levels(codes: Array, dims: Sequence[int], term: Term) -> Array:
    return number_of(codes[:, list(term)], [dims[a] for a in term])


def find(sorted_values: Array, wanted: Array) -> Array:
    """Position of each wanted value, -1 where it is not there."""
    if len(sorted_values) == 0:
        return np.full(len(wanted), -1)
    at = np.minimum(np.searchsorted(sorted_values, wanted), len(sorted_values) - 1)
    return np.where(sorted_values[at] == wanted, at, -1)


def _add_up(codes: Array, y: Array, n: Array, offset: Array, item: Array | None) -> tuple[Array, Array, Array, Array, Array]:
    """Rows that cannot be told apart are added up: the same levels, offset and item. Sorted by unit; empty exposures leave."""
    unit = codes if item is None else np.unique(item, return_inverse=True)[1].reshape(-1, 1)
    key = np.column_stack([unit, codes, offset])[n > 0]
    distinct, inverse = np.unique(key, axis=0, return_inverse=True)
    inverse = inverse.ravel()
    y, n = (np.bincount(inverse, x[n > 0], len(distinct)) for x in (y, n))
    width = unit.shape[1]
    unit = np.unique(distinct[:, :width], axis=0, return_inverse=True)[1].ravel()
    return distinct[:, width:-1].astype(np.int64), y, n, distinct[:, -1], unit


def _hub(dims: Sequence[int], codes: Array, unit: Array, first: Array) -> int:
    """The longest axis on which the rows of a unit agree; -1 if there is none."""
    for axis in np.argsort(dims, kind="stable")[::-1]:
        if len(first) == len(codes) or (codes[:, axis] == codes[first, axis][unit]).all():
            return int(axis)
    return -1


def prepare(
    codes: Array,
    y: Array,
    n: Array,
    offset: Array,
    item: Array | None,
    dims: tuple[int, ...],
    terms: tuple[Term, ...],
    held: Held | None = None,
    **rest: Any,
) -> Data:
    codes, y, n, offset, unit = _add_up(codes, y, n, offset, item)
    cells, cell = np.unique(codes, axis=0, return_inverse=True)
    opined = {t: number_of(levels, [dims[a] for a in t]) for t, (levels, _) in (held or {}).items()}
    found = [np.unique(np.append(_term_levels(cells, dims, t), opined.get(t, np.zeros(0, np.int64)))) for t in terms]
    first = np.flatnonzero(np.diff(unit, prepend=-1))
    columns = Columns(dims, terms, tuple(x[x >= 0] for x in found), _hub(dims, codes, unit, first))
    holds = np.zeros(columns.arrow.size)
    for t, seen, where in zip(terms, columns.levels, columns.where, strict=True):
        if held and t in opined:
            known = opined[t] >= 0
            np.add.at(holds, where[find(seen, opined[t][known])], held[t][1][known] ** -2.0)
    return Data(
        columns=columns,
        at=columns.of(cells),
        cell=cell.ravel(),
        unit=unit,
        first=first,
        unit_code=number_of(codes[first], dims) if item is None else np.full(len(first), -1),
        y=y,
        n=n,
        offset=offset,
        held=holds,
        **rest,
    )
