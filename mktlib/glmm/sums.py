"""Draws of a whole grid, group by group, from parts that groups share: what makes P(best) cheap."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mktlib.glmm.arrow import BLOCK, Array
from mktlib.glmm.design import Term


@dataclass(frozen=True)
class Answers:
    """Seen cells: their own effect gives back (1 - kept) of what their structure gains over its center, and keeps an sd of `spread`."""

    kept: Array
    center: Array
    spread: Array


@dataclass(frozen=True)
class Layout:
    """How the draws of a grid's cells are made of parts that groups share.

    A content is a combination of the levels of the axes that vary inside groups. Terms fall into three: those on contents alone are
    summed once; those that join contents to one grouping axis are summed once a level of it; the others are looked up row by row.
    """

    columns: Array
    groups: tuple[Array, ...]
    number: Array
    content: Array
    first: Array
    common: Recipe
    by_axis: dict[int, tuple[Array, dict[int, Recipe]]]
    rest: list[int]

    @property
    def height(self) -> int:
        """Numbers held for one draw."""
        return len(self.first) * (3 + sum(len(x[1]) for x in self.by_axis.values()))

    @classmethod
    def of(cls, codes: Array, columns: Array, group: Array, terms: Sequence[Term]) -> Layout:
        groups = tuple(groups_of(group))
        number = np.empty(len(codes), np.int64)
        for g, rows in enumerate(groups):
            number[rows] = g
        fixed = {a for a in range(codes.shape[1]) if all((codes[r, a] == codes[r[0], a]).all() for r in groups)}
        free = [a for a in range(codes.shape[1]) if a not in fixed]
        content = np.zeros(len(codes), np.int64)
        for a in free:
            content = content * (codes[:, a].max() + 2) + codes[:, a] + 1
        _, first, content = np.unique(content, return_index=True, return_inverse=True)
        kind = {j + 1: fixed.intersection(t) for j, t in enumerate(terms)}
        common = [0] + [j for j, k in kind.items() if not k]
        by_axis, done = {}, set(common)
        for a in sorted(fixed):
            used = [j for j, k in kind.items() if k == {a} and len(terms[j - 1]) > 1]
            if used:
                each = _one_row_each(codes[:, a], content, len(first))
                by_axis[a] = (codes[:, a], {level: Recipe.of(columns[r][:, used]) for level, r in each.items()})
                done.update(used)
        rest = [j for j in kind if j not in done]
        return cls(columns, groups, number, content, first, Recipe.of(columns[first][:, common]), by_axis, rest)


class Sums:
    """Draws of every part of a layout, and of each group from them; table (draws, P). A content's own luck serves every group."""

    def __init__(self, layout: Layout, table: Array, tau: float, rng: np.random.Generator) -> None:
        self.layout, self.table, self.tau = layout, table, np.float32(tau)
        self._room = np.empty((len(table), max(map(len, layout.groups), default=0)), table.dtype)
        self.noise = rng.standard_normal((len(table), len(layout.first)), dtype=np.float32)
        self.common = layout.common.sum(table) + self.tau * self.noise
        self.parts = {a: {level: r.sum(table) for level, r in at.items()} for a, (_, at) in layout.by_axis.items()}

    def group(self, rows: Array, answers: Answers) -> Array:
        """(draws, rows) of eta without the offset and the own effects' means; good until the next call."""
        x, content = self.layout, self.layout.content[rows]
        whole = len(content) == len(x.first) and bool((np.diff(content) == 1).all())
        eta = self._room[:, : len(rows)]
        np.copyto(eta, self.common if whole else self.common[:, content])
        for a, (codes, _) in x.by_axis.items():
            part = self.parts[a][int(codes[rows[0]])]
            eta += part if whole else part[:, content]
        same = [j for j in x.rest if (x.columns[rows, j] == x.columns[rows[0], j]).all()]
        eta += self.table[:, x.columns[rows[0], same]].sum(1)[:, None]
        for j in set(x.rest).difference(same):
            eta += self.table[:, x.columns[rows, j]]
        seen = np.flatnonzero(answers.kept[rows] < 1)
        if len(seen):
            at = rows[seen]
            center, kept, spread = (z[at].astype(np.float32) for z in (answers.center, answers.kept, answers.spread))
            noise = self.noise[:, content[seen]]
            eta[:, seen] = center + (eta[:, seen] - self.tau * noise - center) * kept + spread * noise
        return eta


def _one_row_each(codes: Array, content: Array, contents: int) -> dict[int, Array]:
    """For each level: one row of every content at that level (row 0 where there is none, never looked at)."""
    out = {}
    for level in np.unique(codes):
        rows = np.flatnonzero(codes == level)
        out[int(level)] = np.zeros(contents, np.int64)
        out[int(level)][content[rows]] = rows
    return out


@dataclass(frozen=True)
class Recipe:
    """How to sum, for every row, the columns of a table that it names: columns with few distinct values first, over what is distinct."""

    steps: tuple[tuple[Array, Array], ...]
    rows: Array

    @classmethod
    def of(cls, columns: Array) -> Recipe:
        kinds = [np.unique(c, return_inverse=True) for c in columns.T]
        steps, row = [], np.zeros(len(columns), np.int64)
        for values, code in sorted(kinds, key=lambda k: len(k[0])):
            _, first, new = np.unique(row * len(values) + code, return_index=True, return_inverse=True)
            steps.append((row[first], values[code[first]]))
            row = new
        return cls(tuple(steps), row)

    def sum(self, table: Array) -> Array:
        """(draws, P) -> (draws, rows)."""
        total = np.zeros((len(table), 1), table.dtype)
        for before, column in self.steps:
            total = np.take(total, before, 1) + np.take(table, column, 1)
        return np.asarray(np.take(total, self.rows, 1))


def groups_of(group: Array) -> Iterator[Array]:
    """The rows of each group, ascending."""
    order = np.argsort(group, kind="stable")
    values = np.asarray(group)[order]
    yield from np.split(order, np.flatnonzero(values[1:] != values[:-1]) + 1) if len(order) else ()


def chunks(count: int, each: int) -> Iterator[slice]:
    """Slices of a range in which `each` numbers a step stay within a block."""
    step = max(1, BLOCK // max(each, 1))
    yield from (slice(start, min(start + step, count)) for start in range(0, count, step))
