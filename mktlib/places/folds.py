"""Counts of people in which nobody can be picked out, nor be got by taking one number from another.

People are cut into groups that do not meet; a group of fewer than k is joined to others until what is told has k people or none. Sums and
differences of what is told then always speak of k people or more (primary and secondary suppression: Hundepool et al. 2012, Statistical
Disclosure Control).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

OTHERS, ALL = "others", "all"
"""Words of ours among the names of places."""
LARGE = 5
"""A place of so many times k people is not given up to hide a few others: these are left out instead."""


def joined(people: np.ndarray, k: int) -> np.ndarray:
    """Which groups are told together (n,) bool: all of fewer than k, and the next smallest until together they have k people or none.

    >>> joined(np.array([40, 3, 12, 25]), 10).tolist()
    [False, True, True, False]
    >>> joined(np.array([40, 6, 5, 25]), 10).tolist()
    [False, True, True, False]
    """
    together = (people > 0) & (people < k)
    for at in np.argsort(people, kind="stable"):
        if not 0 < people[together].sum() < k:
            break
        together[at] |= people[at] > 0
    return np.asarray(together | ((people == 0) & together.any()))


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
    frame = pd.DataFrame({"cell": cell, "pattern": pattern, "alone": alone})
    atoms = frame[~frame["alone"]].groupby(["cell", "pattern"], sort=True).size().rename("people").reset_index()
    single = frame["alone"].groupby(frame["cell"]).sum().reindex(atoms["cell"].unique(), fill_value=0)
    given = [atoms.loc[part.index[_given_up(part["people"].to_numpy(), int(single[c]), k)]] for c, part in atoms.groupby("cell")]
    lost = pd.concat(given) if given else atoms
    keys = pd.MultiIndex.from_frame(frame[["cell", "pattern"]])
    return np.asarray(alone | keys.isin(pd.MultiIndex.from_frame(lost[["cell", "pattern"]])))


def _given_up(people: np.ndarray, alone: int, k: int) -> np.ndarray:
    """Which overlaps of a cell are told as none: the small ones, then the next smallest while those alone are fewer than k."""
    up = people < k
    for at in np.argsort(people, kind="stable"):
        if not 0 < alone + people[up].sum() < k:
            break
        up[at] = True
    return up
