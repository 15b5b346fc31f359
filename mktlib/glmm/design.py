"""What the data come down to: units, their rows, and which coefficients each row uses."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Term = tuple[int, ...]
Family = Literal["binomial", "poisson"]


SD_RANGE = (0.003, 4.0)
LOG_RATE_CEILING = 30.0
BLOCK = 3_000_000  # numbers in one piece of work: 12 MB of float32


def pairs(axes: int) -> tuple[Term, ...]:
    """Every main effect and every pair of axes.

    >>> pairs(2)
    ((0,), (1,), (0, 1))
    """
    return tuple((a,) for a in range(axes)) + tuple(itertools.combinations(range(axes), 2))


@dataclass(frozen=True)
class Data:
    """Rows (n,) sorted by unit, each pointing to its unit and to its distinct combination of levels (its cell).

    columns (cells, terms + 1): the coefficient that each term gives to a cell; column 0 the intercept, -1 none.
    slices: the coefficients of each term. first (units,): the first row of each unit. levels: per term its seen levels, sorted.
    """

    dims: tuple[int, ...]
    terms: tuple[Term, ...]
    levels: tuple[Array, ...]
    slices: tuple[slice, ...]
    size: int
    columns: Array
    cell: Array
    unit: Array
    first: Array
    unit_code: Array
    y: Array
    n: Array
    offset: Array
    family: Family
    center: float
    center_sd: float
    quad: int

    @property
    def shared(self) -> bool:
        """Whether some unit has several rows."""
        return len(self.first) < len(self.y)

    def per_unit(self, x: Array) -> Array:
        """Sums over the rows of each unit: (..., n) -> (..., units)."""
        return np.add.reduceat(x, self.first, axis=-1) if self.shared else x

    def to_rows(self, x: Array) -> Array:
        """(..., units) -> (..., n)."""
        return x[..., self.unit] if self.shared else x

    def linear(self, b: Array) -> Array:
        """X b, (n,)."""
        return np.asarray(np.append(b, 0.0)[self.columns].sum(1)[self.cell])

    def pull_back(self, u: Array) -> Array:
        """X' u, (size,)."""
        by_cell = np.bincount(self.cell, u, len(self.columns))
        every = np.repeat(by_cell, self.columns.shape[1])
        return np.bincount(self.columns.ravel() + 1, every, self.size + 1)[1:]

    def prior_precision(self, sd: Array) -> Array:
        out = np.full(self.size, self.center_sd**-2)
        for part, value in zip(self.slices, sd, strict=True):
            out[part] = value**-2
        return out


def number_of(codes: Array, sizes: Sequence[int]) -> Array:
    """One number for each combination of levels, -1 where a level is not known."""
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


def columns_of(codes: Array, dims: Sequence[int], terms: Sequence[Term], levels: Sequence[Array]) -> Array:
    """(n, d) codes -> (n, terms + 1) positions among the coefficients, intercept first; -1 for a level that was never seen."""
    out, column = np.zeros((len(codes), len(terms) + 1), np.int32), 1
    for j, (term, seen) in enumerate(zip(terms, levels, strict=True)):
        at = find(seen, _term_levels(codes, dims, term))
        out[:, j + 1] = np.where(at < 0, -1, column + at)
        column += len(seen)
    return out


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


def prepare(
    codes: Array, y: Array, n: Array, offset: Array, item: Array | None, dims: tuple[int, ...], terms: tuple[Term, ...], **rest: Any
) -> Data:
    codes, y, n, offset, unit = _add_up(codes, y, n, offset, item)
    cells, cell = np.unique(codes, axis=0, return_inverse=True)
    found = [np.unique(_term_levels(cells, dims, t)) for t in terms]
    levels = tuple(x[x >= 0] for x in found)
    ends = 1 + np.cumsum([0, *map(len, levels)])
    first = np.flatnonzero(np.diff(unit, prepend=-1))
    return Data(
        dims=dims,
        terms=terms,
        levels=levels,
        slices=tuple(slice(int(a), int(b)) for a, b in itertools.pairwise(ends)),
        size=int(ends[-1]),
        columns=columns_of(cells, dims, terms, levels),
        cell=cell.ravel(),
        unit=unit,
        first=first,
        unit_code=number_of(codes[first], dims) if item is None else np.full(len(first), -1),
        y=y,
        n=n,
        offset=offset,
        **rest,
    )


def leverage(columns: Array, v: Array) -> Array:
    """x' V x for every row of columns (n, k), x the indicator of its columns; (n,)."""
    size, out = len(v) + 1, np.zeros(len(columns))
    flat = np.pad(v, (0, 1)).ravel()  # an empty last row and column: position -1 falls there and adds nothing
    rows = BLOCK // 256
    for start in range(0, len(columns), rows):
        part, total = columns[start : start + rows].T.astype(np.int64), out[start : start + rows]
        for i in range(len(part)):
            at = part[i] * size
            total += flat[at + part[i]]
            for j in range(i):
                total += 2 * flat[at + part[j]]
    return out
