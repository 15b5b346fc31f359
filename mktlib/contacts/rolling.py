"""Messages to one person within any so many days on end, by sorting and one search: a million messages in a second."""

from __future__ import annotations

import numpy as np


def rolling(person: np.ndarray, day: np.ndarray, window: int) -> np.ndarray:
    """Messages that a person got in the `window` days that end with each message's day, itself included (n,).

    person: whole numbers (n,); day: whole days (n,), in any order; of several on one day each counts all of them.

    >>> rolling(np.array([0, 0, 0, 1]), np.array([1, 7, 8, 8]), 7).tolist()
    [1, 2, 2, 1]
    """
    if len(person) == 0:
        return np.zeros(0, int)
    first = int(day.min())
    step = int(day.max()) - first + window + 1  # so far apart that a window never reaches the person before
    key = person.astype(np.int64) * step + (day.astype(np.int64) - first)
    order = np.argsort(key)
    key = key[order]  # looked up in its own order: what is near in the list is near in memory
    count = np.empty(len(key), int)
    count[order] = np.searchsorted(key, key, side="right") - np.searchsorted(key, key - window + 1, side="left")
    return count


def at_most(person: np.ndarray, count: np.ndarray, people: int) -> np.ndarray:
    """The highest of a person's counts (people,), 0 for who got nothing.

    >>> at_most(np.array([0, 0, 2]), np.array([1, 3, 2]), 3).tolist()
    [3, 0, 2]
    """
    most = np.zeros(people, int)
    np.maximum.at(most, person, count)
    return most
