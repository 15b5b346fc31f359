"""Draws of a whole grid, group by group, from parts that groups share: what makes P(best) cheap."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mktlib.glmm.design import BLOCK, Array, Term


@dataclass(frozen=True)
class Answers:
    """Seen cells: their own effect gives back (1 - kept) of what their structure gains over its center, and keeps variance `var`."""

    rows: Array
    kept: Array
    center: Array
    var: Array


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
    common: list[int]
    by_axis: dict[int, tuple[Array, list[int], dict[int, Array]]]
    rest: list[int]

    @property
    def height(self) -> int:
        """Numbers held for one draw."""
        return len(self.first) * (3 + sum(len(x[2]) for x in self.by_axis.values()))

    @classmethod
    def of(cls, codes: Array, columns: Array, group: Array, terms: Sequence[Term]) -> Layout:
        groups = tuple(groups_of(group))
        number = np.empty(len(codes), np.int64)
        for g, rows in enumerate(groups):
            number[rows] = g
        fixed = {a for a in range(codes.shape[1]) if all((codes[r, a] == codes[r[0], a]).all() for r in groups)}
        free = [a for a in range(codes.shape[1]) if a not in fixed]
        _, first, content = np.unique(codes[:, free], axis=0, return_index=True, return_inverse=True)
        kind = {j + 1: fixed.intersection(t) for j, t in enumerate(terms)}
        common = [0] + [j for j, k in kind.items() if not k]
        by_axis = {}
        for a in sorted(fixed):
            used = [j for j, k in kind.items() if k == {a} and len(terms[j - 1]) > 1]
            if used:
                by_axis[a] = (codes[:, a], used, _one_row_each(codes[:, a], content.ravel(), len(first)))
        done = {*common, *(j for x in by_axis.values() for j in x[1])}
        return cls(columns, groups, number, content.ravel(), first, common, by_axis, [j for j in kind if j not in done])


class Sums:
    """Draws of every part of a layout, and of each group from them; noise: one draw of a content's own effect, for every group."""

    def __init__(self, layout: Layout, table: Array, tau: float, rng: np.random.Generator) -> None:
        self.layout, self.table = layout, table
        self.noise = rng.standard_normal((len(layout.first), table.shape[1]), dtype=np.float32)
        self.common = gather(table, layout.columns[layout.first][:, layout.common])
        self.common += np.float32(tau) * self.noise
        self.tau = np.float32(tau)
        self.parts = {
            a: {level: gather(table, layout.columns[rows][:, used]) for level, rows in at.items()}
            for a, (_, used, at) in layout.by_axis.items()
        }

    def group(self, rows: Array, answers: Answers) -> Array:
        """(rows, draws) of eta without the offset and the own effects' means."""
        x, content = self.layout, self.layout.content[rows]
        whole = len(content) == len(x.first) and bool((np.diff(content) == 1).all())
        eta = self.common.copy() if whole else self.common[content]
        for a, (codes, _, _) in x.by_axis.items():
            part = self.parts[a][int(codes[rows[0]])]
            eta += part if whole else part[content]
        for j in x.rest:
            level = x.columns[rows, j]
            eta += self.table[level[0]] if (level == level[0]).all() else self.table[level]
        seen = np.flatnonzero(answers.kept[rows] < 1)
        if len(seen):
            at = rows[seen]
            center, kept, spread = (z[at, None].astype(np.float32) for z in (answers.center, answers.kept, np.sqrt(answers.var)))
            noise = self.noise[content[seen]]
            eta[seen] = center + (eta[seen] - self.tau * noise - center) * kept + spread * noise
        return eta


def _one_row_each(codes: Array, content: Array, contents: int) -> dict[int, Array]:
    """For each level: one row of every content at that level (row 0 where there is none, never looked at)."""
    out = {}
    for level in np.unique(codes):
        rows = np.flatnonzero(codes == level)
        out[int(level)] = np.zeros(contents, np.int64)
        out[int(level)][content[rows]] = rows
    return out


def gather(table: Array, columns: Array) -> Array:
    """(rows, draws): the sum of the table's rows that each row of columns names."""
    out = np.zeros((len(columns), table.shape[1]), table.dtype)
    for column in columns.T:
        out += table[column]
    return out


def groups_of(group: Array) -> Iterator[Array]:
    """The rows of each group, ascending."""
    order = np.argsort(group, kind="stable")
    values = np.asarray(group)[order]
    yield from np.split(order, np.flatnonzero(values[1:] != values[:-1]) + 1) if len(order) else ()


def chunks(count: int, each: int) -> Iterator[slice]:
    """Slices of a range in which `each` numbers a step stay within a block."""
    step = max(1, BLOCK // max(each, 1))
    yield from (slice(start, start + step) for start in range(0, count, step))
