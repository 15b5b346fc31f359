"""From what was given to what the model counts: rates back to counts, old rows faded, money told in sales of one size.

Money is no count, but a sum of sales behaves like one. If sales of v each (any distribution) arrive at random, a sum of them has the
mean n mu and the variance n mu phi, with phi = E v^2 / E v: so that sum / phi has the mean and variance of a Poisson count on n / phi.
The model of counts then serves for money (a quasi-likelihood with log link; Wedderburn 1974, Biometrika 61), zeros and refunds
included, which the logarithm of a gamma model would refuse. Clicks whose days scatter phi times as much as by chance are told in the
same way: phi of them say what one would, were they independent.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import PoissonRegressor
from sklearn.preprocessing import OneHotEncoder

from mktlib.errors import DataError
from mktlib.intake import MOMENTS
from mktlib.vocabulary import finding

Array = NDArray[Any]
SCATTER = 1.2
"""Scatter of days, times that of chance, below which it is left alone: it would change a range by less than a tenth."""
REPEATS = 10
"""Repeats of cells that it takes to learn the size of a sale from."""


def units_of_rates(frame: pd.DataFrame, rates: Array, exposure: Any, per: float, money: bool) -> pd.DataFrame:
    """Counts of rates told for `per` exposures each, one row a row; money has its moments too, and may fall below nothing by refunds.

    Raises:
        DataError: a rate is none, or the exposures do not fit the rows.
    """
    chances = np.ones(len(frame)) if exposure is None else np.asarray(exposure, float)
    wrong = rates[~(np.isfinite(rates) & ((rates >= 0) | money))]
    if len(wrong):
        raise DataError(finding("E_NOT_A_RATE", found=f"{wrong[0]:g}"))
    if rates.shape != (len(frame),) or chances.shape != rates.shape or not (np.isfinite(chances) & (chances >= 0)).all():
        sizes = f"X {len(frame)}, y {len(rates)}, exposure {len(chances)}"
        raise DataError(finding("E_OPTION", column="exposure", found=sizes, expected=f"{len(frame)} x exposure >= 0"))
    count = rates * chances / per
    units = frame.assign(count=count, exposure=chances)
    products: list[Any] = [count**2, count * chances, chances**2, 1]
    return units.assign(**dict(zip(MOMENTS, products, strict=True))) if money else units


def faded(units: pd.DataFrame, half_life_days: float) -> pd.DataFrame:
    """Older rows count less: both counts are halved every `half_life_days`."""
    day = days_of(units)
    share = 0.5 ** ((day.max() - day).dt.days / half_life_days)
    out = units.assign(count=units["count"] * share, exposure=units["exposure"] * share).drop(columns="date")
    out.attrs = units.attrs
    return out


def scatter_of_days(days: pd.DataFrame, by: Sequence[str], *, within: float | None = None) -> float:
    """How many times more than by chance the counts of one cell (or piece) differ from one day to its next; 1 unless beyond doubt.

    days: count and exposure of each cell, piece and day. Squared differences of successive rates over what chance would make them, both
    summed (von Neumann 1941, Annals of Mathematical Statistics 12: a slow drift is no scatter); three standard errors under chance are
    asked for. within: days beyond which two dates say nothing of scatter (where older rows fade, they may differ).
    """
    days = days[(days["exposure"] > 0) & _read_days(days).notna()]
    keys = [*by, *(["content_id"] if "content_id" in days else [])]
    cell, at = days.groupby(keys, sort=False).ngroup().to_numpy() if keys else np.zeros(len(days), int), _read_days(days).to_numpy()
    order = np.lexsort([at, cell])
    y, n, cell, at = (x[order] for x in (days["count"].to_numpy(float), days["exposure"].to_numpy(float), cell, at))
    near = (cell[1:] == cell[:-1]) & (np.diff(at) / np.timedelta64(1, "D") <= (np.inf if within is None else within))
    first, then = np.flatnonzero(near), np.flatnonzero(near) + 1
    weight = n[first] * n[then] / (n[first] + n[then])
    rate = (y[first] + y[then]) / (n[first] + n[then])
    chance = rate * np.maximum(1 - rate, 0) if (y <= n).all() else rate
    if not chance.sum() > 0:
        return 1.0
    scatter = (weight * (y[then] / n[then] - y[first] / n[first]) ** 2).sum() / chance.sum()
    error = np.sqrt((3 * chance**2 + chance / (4 * weight)).sum()) / chance.sum()
    return float(scatter) if scatter > max(SCATTER, 1 + 3 * error) else 1.0


def size_of_a_sale(units: pd.DataFrame, by: Sequence[str], *, of_sales: bool = False) -> tuple[float, bool]:
    """(phi, whether the log has repeats to learn it from); infinite where nothing was sold: such a log says nothing of money.

    phi is how much more the rows of one piece, or one cell, differ than Poisson counts of the same mean: squared residuals over what they
    would be, both summed, so that cells of a single sale bias nothing. Without repeats, sales that are counted (`of_sales`: the exposure
    is sales) are taken to scatter as much as their mean; else the residuals of a model of main effects stand in (what cells differ by is
    then taken for luck); with too few rows even for that, each row counts as one sale.
    """
    units = units[units["exposure"] > 0]
    sums = units[["count", "exposure", *MOMENTS]].astype(float)
    if not sums["count"].sum() > 0:
        return np.inf, True
    for keys in ([*by, "content_id"] if "content_id" in units else None, list(by)):
        if keys is not None:
            cells = sums.groupby([units[k] for k in keys]).sum() if keys else sums.sum().to_frame().T
            y, n, yy, yn, nn, rows = cells.to_numpy().T
            mean = y / n
            scatter, noise = (yy - 2 * mean * yn + mean**2 * nn).sum(), (mean * (n - nn / n)).sum()
            if (rows - 1).sum() >= REPEATS and scatter > 0 < noise:
                return float(scatter / noise), True
    if of_sales:
        return float(2 * sums["count"].sum() / sums["exposure"].sum()), False
    return _size_without_repeats(units, list(by)), False


def _size_without_repeats(units: pd.DataFrame, by: list[str]) -> float:
    y, n = units["count"].to_numpy(float), units["exposure"].to_numpy(float)
    free = len(units) - 1 - sum(units[a].nunique() - 1 for a in by)
    if free < REPEATS or not by:
        return float((y**2).sum() / y.sum())
    levels = OneHotEncoder(drop="first").fit_transform(units[by])
    fitted = PoissonRegressor(alpha=0, max_iter=1000).fit(levels, np.maximum(y, 0) / n * n.sum() / y.sum(), sample_weight=n / n.sum())
    mean = fitted.predict(levels) * n * y.sum() / n.sum()
    return float(((y - mean) ** 2 / mean).sum() / free)


def days_of(frame: pd.DataFrame) -> pd.Series:
    """The column `date` as days; a cell that is none is refused by name."""
    day = _read_days(frame)
    if day.isna().any():
        raise DataError(finding("E_BAD_DATE", column="date", found=frame["date"][day.isna()].iloc[0]))
    return day


def _read_days(frame: pd.DataFrame) -> pd.Series:
    """The column `date` without zones (UTC where some have one), NaT where it holds none."""
    return pd.to_datetime(frame["date"], errors="coerce", format="mixed", utc=True).dt.tz_localize(None)


def deviance(rate: Array, mean: Array, weight: Array, family: str) -> float:
    """Log loss of predicted means for observed rates, weighted by exposure (binomial; Poisson where a rate may exceed 1)."""
    p = np.clip(mean, 1e-12, None)
    if family == "poisson":
        return float(np.sum(weight * (p - rate * np.log(p) + np.where(rate > 0, rate * np.log(np.maximum(rate, 1e-300)) - rate, 0))))
    p = np.clip(p, 1e-12, 1 - 1e-12)
    return float(-np.sum(weight * (rate * np.log(p) + (1 - rate) * np.log1p(-p))))
