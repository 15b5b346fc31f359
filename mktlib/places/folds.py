"""Counts of people in which nobody can be picked out, nor be got by taking one number from another.

People are cut into groups that do not meet; a group of fewer than k is joined to others until what is told has k people or none. Sums and
differences of what is told then always speak of k people or more (primary and secondary suppression: Hundepool et al. 2012, Statistical
Disclosure Control).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from mktlib.intake.privacy import joined

OTHERS, ALL = "others", "all"
"""Words of ours among the names of places."""
LARGE = 5
"""A place of so many times k people is not given up to hide a few others: these are left out instead."""


def left_out(people: np.ndarray, k: int) -> np.ndarray:
    """Which groups are told nowhere, not even in totals (n,) bool: a few people whom only a large group could hide.

    >>> left_out(np.array([40, 6, 300]), 10).tolist(), left_out(np.array([400, 6, 300]), 10).tolist()
    ([False, False, False], [False, True, False])
    """
    few, more = (people > 0) & (people < k), people[people >= k]
    alone = 0 < people[few].sum() < k and len(more) and more.min() >= LARGE * k
    return np.asarray(few & bool(alone))


def cells(place: pd.Series, segment: pd.Series | None, k: int) -> pd.DataFrame:
    """The cell in which each person is told: place and segment, or "others" of either; people who are told nowhere are dropped.

    Args:
        place, segment: (people,) words, aligned; a person stands once.
    """
    frame = pd.DataFrame({"place": place.astype(object), "segment": OTHERS if segment is None else segment.astype(object)})
    counted = frame.groupby("place", sort=True).size()
    lost = left_out(counted.to_numpy(), k)
    frame = frame[~frame["place"].isin(counted.index[lost])].copy()
    counted = counted[~lost]
    frame.loc[frame["place"].isin(counted.index[joined(counted.to_numpy(), k)]), :] = OTHERS
    if segment is not None:
        small = [(name, s) for name, part in frame.groupby("place", sort=True)["segment"] for s in _small(part, k)]
        frame.loc[pd.MultiIndex.from_frame(frame).isin(small), "segment"] = OTHERS
    return frame


def _small(segments: pd.Series, k: int) -> list[str]:
    counted = segments.groupby(segments, sort=True).size()
    return list(counted.index[joined(counted.to_numpy(), k)])


def patterns(who: np.ndarray, place: np.ndarray, people: int, places: int) -> np.ndarray:
    """(people,) a number for each set of places that a person is near to: equal sets, equal numbers (Zobrist 1970).

    who, place: (m,) each pair once. Two sets of a million would share a number once in thirty million tables.
    """
    marks = np.random.default_rng(1970).integers(1, 2**63, places, dtype=np.uint64)
    seen = np.zeros(people, np.uint64)
    np.add.at(seen, who, marks[place])
    return seen


def told_alone(cell: np.ndarray, pattern: np.ndarray, alone: np.ndarray, k: int) -> np.ndarray:
    """(people,) bool: who is told as near one place only: those who are, and those whose overlap would be a group of fewer than k.

    Args:
        cell: (people,) where each is counted, every cell having k people or more; pattern: (people,) the set of places; alone: (people,)
            whether that set is one place.

    >>> told_alone(np.zeros(25, int), np.repeat([1, 2, 3], [12, 11, 2]), np.repeat([True, False, False], [12, 11, 2]), 10).sum()
    np.int64(14)
    """
    several = np.flatnonzero(~alone)
    order = several[np.lexsort((pattern[several], cell[several]))]  # whole overlaps together, cell by cell
    fresh = np.ones(len(order), bool)
    fresh[1:] = (cell[order][1:] != cell[order][:-1]) | (pattern[order][1:] != pattern[order][:-1])
    start = np.flatnonzero(fresh)
    people = np.diff(start, append=len(order))
    single = np.bincount(cell[alone], minlength=int(cell.max(initial=0)) + 1)
    told = alone.copy()
    told[order[np.repeat(_given_up(cell[order[start]], people, single, k), people)]] = True
    return told


def _given_up(cell: np.ndarray, people: np.ndarray, single: np.ndarray, k: int) -> np.ndarray:
    """(overlaps,) bool: which overlaps are told as none: the small ones, then the next smallest of a cell while those alone are under k.

    Args:
        cell, people: (overlaps,) sorted by cell. single: (cells,) people near one place only.
    """
    order = np.lexsort((people, cell))
    first = np.searchsorted(cell, cell)  # of its cell, in either order
    grown = np.concatenate([[0], np.cumsum(people[order])])
    before = single[cell] + grown[:-1] - grown[first]
    up = np.empty(len(people), bool)
    up[order] = (people[order] < k) | ((before > 0) & (before < k))
    return up


def distinct(number: np.ndarray) -> np.ndarray:
    """The numbers that occur, rising: sorting whole numbers is many times faster than hashing or comparing rows.

    >>> distinct(np.array([3, 1, 3])).tolist()
    [1, 3]
    """
    number = np.sort(number)
    return number[np.diff(number, prepend=number[:1] - 1) != 0]


def grouped(label: np.ndarray, labels: list[str]) -> dict[str, np.ndarray]:
    """The positions of each label, found in one pass.

    >>> {k: v.tolist() for k, v in grouped(np.array(["b", "a", "b"]), ["a", "b"]).items()}
    {'a': [1], 'b': [0, 2]}
    """
    code = pd.Index(labels).get_indexer(pd.Index(label))
    order = np.argsort(code, kind="stable")
    ends = np.searchsorted(code[order], np.arange(len(labels) + 1))
    return {name: order[ends[k] : ends[k + 1]] for k, name in enumerate(labels)}
