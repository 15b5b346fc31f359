"""How long people stay on the list: the product-limit estimate over months (Kaplan & Meier 1958, JASA 53), and a steady chance to leave."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import norm


def kaplan_meier(length: np.ndarray, left: np.ndarray, *, level: float = 0.9) -> pd.DataFrame:
    """The share still on the list after so many months, those who have not left counted for as long as they were seen.

    Args:
        length: (people,) whole months on the list. left: (people,) bool, left in the last of them.

    Returns:
        month (0, 1, ...), on_list, low, high (log-log range with Greenwood's variance), at_risk (people at the start of the month).

    >>> kaplan_meier(np.array([1, 2, 3, 3]), np.array([True, False, False, True]))["on_list"].round(3).tolist()
    [1.0, 0.75, 0.75, 0.375]
    """
    most = int(length.max()) if len(length) else 0
    at_risk = np.array([(length >= m).sum() for m in range(1, most + 1)], dtype=float)
    gone = np.array([((length == m) & left).sum() for m in range(1, most + 1)], dtype=float)
    stay = np.cumprod(1 - gone / np.maximum(at_risk, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.cumsum(gone / (at_risk * (at_risk - gone)))
        log = np.log(stay)
        half = norm.ppf((1 + level) / 2) * np.sqrt(variance) / np.abs(log)
        low, high = (np.where((stay > 0) & (stay < 1), stay ** np.exp(side * half), stay) for side in (1, -1))
    columns = {"on_list": stay, "low": low, "high": high, "at_risk": at_risk}
    first = {"on_list": 1.0, "low": 1.0, "high": 1.0, "at_risk": float(len(length))}
    table = pd.DataFrame({k: np.concatenate([[first[k]], v]) for k, v in columns.items()})
    table.insert(0, "month", np.arange(most + 1))
    return table


def steady(leave: np.ndarray, months: int) -> np.ndarray:
    """(R, months + 1) share on the list after so many months at a steady chance to leave (R,)."""
    return np.asarray((1 - np.clip(leave, 0, 1))[:, None] ** np.arange(months + 1))
