"""Rules that share a purchase by the places of its touches: first, last, linear, time decay, position.

Each gives every touch of a journey that ended in a purchase a part of it; the parts of a journey add up to one.
"""

from __future__ import annotations

import numpy as np

RULES = ("first", "last", "linear", "time_decay", "position")
ENDS = 0.4
"""What the first and the last touch get under "position", each; the touches between share the rest."""


def parts(rule: str, start: np.ndarray, age: np.ndarray, half_life: float) -> np.ndarray:
    """What each touch gets of its journey's purchase (touches,).

    Args:
        rule: one of RULES.
        start: (n + 1,) where each journey begins among the touches.
        age: (touches,) days from the touch to the purchase. half_life: days after which a touch counts half, under "time_decay".

    >>> start, age = np.array([0, 4]), np.array([21.0, 14.0, 7.0, 0.0])
    >>> parts("position", start, age, 7.0).round(3).tolist(), parts("time_decay", start, age, 7.0).round(3).tolist()
    ([0.4, 0.1, 0.1, 0.4], [0.067, 0.133, 0.267, 0.533])
    """
    length = np.diff(start)
    many = np.repeat(length, length)
    place = np.arange(len(age)) - np.repeat(start[:-1], length)
    first, last = place == 0, place == many - 1
    if rule == "first":
        return first.astype(float)
    if rule == "last":
        return last.astype(float)
    if rule == "linear":
        return np.asarray(1.0 / many) if len(many) else np.zeros(0)
    if rule == "position":
        middle = (1 - 2 * ENDS) / np.maximum(many - 2, 1)
        return np.where(many == 1, 1.0, np.where(many == 2, 0.5, np.where(first | last, ENDS, middle)))
    return _decayed(length, age, half_life)


def _decayed(length: np.ndarray, age: np.ndarray, half_life: float) -> np.ndarray:
    """Halved with every half-life; the youngest touch of a journey is 1, so that nothing runs under."""
    of = np.repeat(np.arange(len(length)), length)
    youngest = np.full(len(length), np.inf)
    np.minimum.at(youngest, of, age)
    weight = np.exp2(-(age - youngest[of]) / half_life)
    return np.asarray(weight / np.bincount(of, weight, minlength=len(length))[of]) if len(of) else weight
