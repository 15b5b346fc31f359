"""How far the rules disagree: a credit that holds under every rule can carry a decision, one that hangs on the rule cannot."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mktlib.measurement.attribution.redrawn import Shares

AGREEMENT = ["channel", "least", "least_method", "most", "most_method", "spread", "spread_low", "spread_high", "rank_best", "rank_worst"]


def agreement(names: Sequence[str], found: Shares, *, matters: float, level: float) -> pd.DataFrame:
    """`Attribution.agreement`: the largest and smallest share of each channel by any rule, and whether the gap between them matters.

    The gap of the two rules that are farthest apart, over the mean of both, is redrawn with its people: it holds where it is shown to be
    below `matters`, hangs where it is shown to be above.
    """
    methods = list(found.share)
    share = np.stack([found.share[m][:, 0] for m in methods])  # (M, K)
    draws = np.stack([found.draws[m][:, :, 0] for m in methods])
    if np.isnan(share).all():
        blank: dict[str, object] = dict.fromkeys(AGREEMENT[1:], np.nan) | {"least_method": "", "most_method": "", "verdict": "cannot_tell"}
        return pd.DataFrame([{"channel": n} | blank for n in names], columns=[*AGREEMENT, "verdict"])
    order = np.argsort(np.argsort(-share, axis=1, kind="stable"), axis=1, kind="stable") + 1
    rows = []
    for k, name in enumerate(names):
        low, high = int(share[:, k].argmin()), int(share[:, k].argmax())
        gap, near, far = _spread(share[:, k], draws[:, :, k], low, high, level)
        verdict = "holds" if far <= matters else "hangs" if near > matters else "cannot_tell"
        ends = (share[low, k], methods[low], share[high, k], methods[high])
        rows.append([name, *ends, gap, near, far, order[:, k].min(), order[:, k].max(), verdict])
    return pd.DataFrame(rows, columns=[*AGREEMENT, "verdict"])


def _spread(share: np.ndarray, draws: np.ndarray, low: int, high: int, level: float) -> tuple[float, float, float]:
    """Gap of two rules over the mean of both, with its range; blank where neither gives anything."""
    mean = (share[high] + share[low]) / 2
    if not mean > 0:
        return np.nan, np.nan, np.nan
    middle = (draws[high] + draws[low]) / 2
    drawn = (draws[high] - draws[low])[middle > 0] / middle[middle > 0]
    if not len(drawn):
        return float((share[high] - share[low]) / mean), np.nan, np.nan
    ends = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return float((share[high] - share[low]) / mean), float(ends[0]), float(ends[1])


def leads(names: Sequence[str], share: np.ndarray, draws: np.ndarray, level: float) -> tuple[str | None, bool]:
    """(the channel with the largest share, whether the next one is shown to have less at this level)."""
    if not len(share) or np.isnan(share).all():
        return None, False
    order = np.argsort(-share, kind="stable")
    if len(order) == 1:
        return str(names[order[0]]), False
    apart = draws[:, order[0]] - draws[:, order[1]]
    apart = apart[np.isfinite(apart)]
    return str(names[order[0]]), bool(len(apart) and np.quantile(apart, (1 - level) / 2) > 0)


def folded(people: np.ndarray, fewest: int) -> np.ndarray:
    """Which channels are one together (K,) bool: those that fewer than `fewest` people met; with the next smallest where they are still too
    few, so that no number can be got by taking the others away.

    >>> folded(np.array([50, 3, 20]), 10).tolist(), folded(np.array([50, 9, 9]), 10).tolist()
    ([False, True, True], [False, True, True])
    """
    small = people < fewest
    if small.any() and people[small].sum() < fewest and not small.all():
        rest = np.flatnonzero(~small)
        small[rest[people[rest].argmin()]] = True
    return small
