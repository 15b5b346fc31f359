"""Several arms against one control: the more are tried, the more luck is found, unless each is asked for more."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def corrected(p: Array, alpha: float, correction: str) -> tuple[Array, float]:
    """(p-values raised (m,), alpha that each range is made for).

    "fwer": no false winner at all (Bonferroni; all ranges hold together). "fdr": of the winners named, at most a share alpha is false
    (Benjamini & Hochberg 1995; for p-values that hold at all looks under any dependence, Wang & Ramdas 2022), with ranges of those
    that were chosen (Benjamini & Yekutieli 2005). A range leaves out 0 exactly where its raised p-value is at most alpha.

    >>> p, each = corrected(np.array([0.01, 0.04, 0.6]), 0.05, "fwer")
    >>> p.round(3).tolist(), round(each, 4)
    ([0.03, 0.12, 1.0], 0.0167)
    >>> corrected(np.array([0.01, 0.02, 0.6]), 0.05, "fdr")[0].round(3).tolist()
    [0.03, 0.03, 0.6]
    """
    m = max(len(p), 1)
    if correction == "none" or m == 1:
        return p, alpha
    if correction == "fwer":
        return np.minimum(m * p, 1.0), alpha / m
    order = np.argsort(p, kind="stable")
    raised = np.empty(len(p))
    raised[order] = np.minimum(1.0, np.minimum.accumulate((p[order] * m / np.arange(1, m + 1))[::-1])[::-1])
    return raised, alpha * max(int((raised <= alpha).sum()), 1) / m
