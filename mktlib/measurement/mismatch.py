"""Whether the lot was kept: arms whose sizes differ from the shares that were drawn, by more than luck, are no fair comparison.

A mismatch means that people fell out of one arm (a redirect, a filter, a late script), and those who fall out are not like the others: no
winner is named from such a test (Fabijan et al. 2019).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import chisquare

from mktlib.errors import Finding
from mktlib.measurement.ratios import is_positive
from mktlib.measurement.sequences import mismatch_p
from mktlib.vocabulary import finding, nearest

MISMATCH = 1e-3
"""Chance of a false alarm over all looks together."""


def shares(ratio: Any, arms: Sequence[str]) -> tuple[np.ndarray, list[Finding]]:
    """(arms,) share of the people that each arm was to get, and what is wrong with the option: None (all alike), {arm: part}, or parts in
    the order of the arms."""
    alike = np.full(len(arms), 1 / max(len(arms), 1))
    if ratio is None:
        return alike, []
    expected = "ratio={" + ", ".join(f'"{a}": 1' for a in arms) + "}"
    if isinstance(ratio, Mapping):
        given = {str(k).strip(): v for k, v in ratio.items()}
        unknown = [k for k in given if k not in arms]
        if unknown or len(given) != len(arms):
            return alike, [
                finding("E_OPTION", column="ratio", found=", ".join(given), expected=expected, hint=nearest((unknown or [""])[0], arms))
            ]
        parts: list[Any] = [given[a] for a in arms]
    elif isinstance(ratio, Sequence) and not isinstance(ratio, str) and len(ratio) == len(arms):
        parts = list(ratio)
    else:
        return alike, [finding("E_OPTION", column="ratio", found=ratio, expected=expected)]
    if not all(map(is_positive, parts)):
        return alike, [finding("E_OPTION", column="ratio", found=ratio, expected=expected)]
    whole = np.asarray(parts, float)
    return whole / whole.sum(), []


def chance_of_lot(drawn: np.ndarray, expected: np.ndarray, look: str) -> float:
    """P-value of "drawn with these shares": at all looks, or at one (chi-square).

    >>> chance_of_lot(np.array([500.0, 500.0]), np.array([0.5, 0.5]), "fixed")
    1.0
    """
    if drawn.sum() == 0:
        return 1.0
    if look == "fixed":
        return float(chisquare(drawn, drawn.sum() * expected).pvalue)
    return float(mismatch_p(drawn, expected))
