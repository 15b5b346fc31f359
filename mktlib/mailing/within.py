"""What a rhythm does to a person, told from the same person at other rhythms.

People who click more are mailed more, so that people cannot be compared with each other. Each is compared with himself: mails of a month
against what comes in his later months, on a multiplicative scale, so that whatever is constant about him drops out (Chamberlain 1992,
Journal of Business & Economic Statistics 10; Wooldridge 1997, Econometric Theory 13). Only later months are compared with, so that it holds
too where the mails of a month answer to the clicks of the months before it, which breaks the usual fixed effects. It fails where a
person's engagement drifts and the mails follow it; then this month's mails go with the change from next month to the months beyond, on
which they can have no effect. That is tested, and since a small log tests little, what it leaves open stands in the range of the curve.
Engagement that is gone by the next month shows only as clicks that come together in one month, more than those of different months do.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from scipy.stats import chi2, norm

STEPS, CLOSE, TINY = 40, 1e-9, 1e-200
KEEPS = 0.5
"""Share of passing engagement that is kept from a month to the next, at least, for its drift to be bounded by what the log shows."""
SHRINK = 2.0
"""Months of an average person that a person's own past is mixed with, where it stands for what was to be expected."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Mailed people-months, by person and month: person (n,) codes from 0, month (n,), mails (n,) > 0 unless `free`, at_risk (people,)."""

    person: np.ndarray
    month: np.ndarray
    mails: np.ndarray
    at_risk: np.ndarray
    free: bool = False

    @property
    def start(self) -> np.ndarray:
        return np.searchsorted(self.person, self.person, side="left")

    @property
    def end(self) -> np.ndarray:
        return np.searchsorted(self.person, self.person, side="right")


@dataclass(frozen=True, kw_only=True)
class Curve:
    """An outcome a customer and month at each rhythm: log (R,), its influence (people, R; the variance is the sum of squares).

    placebo: the chance of what was seen if nothing is hidden. engaged: (n,) outcome over what the month's mails would bring from an average
    person: the person's engagement, with the luck of the month. level: its mean. hidden: (R, R) how far the log lets a drift that it does
    not show move the logs: mean squares. passing, bursts: the share of engagement that is gone in some months, and in the next; drifts,
    bursting: the chance of so much if nothing passes. power: of engagement, to which the outcome goes, root mean square.
    """

    log: np.ndarray
    influence: np.ndarray
    placebo: float = 1.0
    engaged: np.ndarray = field(default_factory=lambda: np.zeros(0))
    level: float = 1.0
    extra: np.ndarray = field(default_factory=lambda: np.zeros(1))
    passing: float = 0.0
    drifts: float = 1.0
    bursts: float = 0.0
    bursting: float = 1.0
    hidden: np.ndarray = field(default_factory=lambda: np.zeros(()))
    power: float = 0.0

    @property
    def cover(self) -> np.ndarray:
        """(R, R) mean squares of what the logs may be off by: luck and hidden drift."""
        return np.asarray(self.influence.T @ self.influence + np.diag(np.broadcast_to(self.extra, self.log.shape)) + self.hidden)


def shape(mails: np.ndarray, scale: float, bends: int) -> np.ndarray:
    """(n, bends) what a log effect is made of: a straight line (each mail wears), and a logarithm (mails share what there is to get)."""
    n = np.asarray(mails, dtype=float)
    return np.column_stack([n / scale, np.log(np.maximum(n, 0.5))])[:, :bends]


def fit_within(kept: Kept, y: np.ndarray, rhythms: np.ndarray, *, bends: int = 2, squares: np.ndarray | None = None) -> Curve | None:
    """The curve of an outcome y (n,) over rhythms (R,); None where it cannot be told. squares: (n,) sums of the squares of single mails.

    Solves sum Z (y - mu mean of later (y / mu)) = 0, with log mu = log mails + shape + month, and Z what the mails of the month were
    beyond what the person's past had led to expect.
    """
    scale = float(max(rhythms.max(), 1.0))
    x = np.hstack([shape(kept.mails, scale, bends), _months(kept)])
    base = np.ones(len(y)) if kept.free else kept.mails
    z = _surprise(kept, x, bends)
    theta = np.zeros(x.shape[1])
    for _ in range(STEPS):
        moment, slope, _, _ = _moments(kept, x, base, y, z, theta)
        if not np.isfinite(slope).all() or np.linalg.cond(slope) > 1e10:
            return None
        step = np.linalg.solve(slope, moment.sum(axis=0))
        theta = theta - step / max(1.0, float(np.abs(step).max()) / 0.7)
        if np.abs(step).max() < CLOSE:
            break
    else:
        return None
    moment, slope, ratio, later = _moments(kept, x, base, y, z, theta)
    inverse = np.linalg.inv(slope).T
    influence = -_summed(kept, moment) @ inverse
    mu = base * np.exp(np.clip(x @ theta, -30, 30))
    drift = -_drift(kept, x, z * mu[:, None], ratio, later, influence) @ inverse
    curve = _curve(kept, x, ratio, theta, influence, drift, rhythms, scale, bends)
    if curve is None or squares is None or curve.level**2 < TINY:
        return curve
    bursts, bursting = _bursts(kept, ratio, (y**2 - squares) / mu**2, later, curve.level)
    return replace(curve, bursts=bursts, bursting=bursting)


def _months(kept: Kept) -> np.ndarray:
    """A column a calendar month but the last of those seen."""
    seen = np.unique(kept.month)
    return (kept.month[:, None] == seen[None, :-1]).astype(float)


def _surprise(kept: Kept, x: np.ndarray, bends: int) -> np.ndarray:
    """What the mails of a month were beyond the person's earlier months; calendar months as they are."""
    mails = x[:, :bends]
    before = _cumulated(mails)[np.arange(len(mails))] - _cumulated(mails)[kept.start]
    n = (np.arange(len(mails)) - kept.start)[:, None]
    expected = (before + SHRINK * mails.mean(axis=0)) / (n + SHRINK)
    return np.hstack([mails - expected, x[:, bends:]])


def _cumulated(values: np.ndarray) -> np.ndarray:
    """Sums of the rows before each (n + 1, ...)."""
    return np.concatenate([np.zeros((1, *values.shape[1:])), np.cumsum(values, axis=0)])


def _later(kept: Kept, values: np.ndarray, skip: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """(mean of the same person's rows from `skip` after each on, how many there are)."""
    total = _cumulated(values)
    at = np.minimum(np.arange(len(values)) + skip, kept.end)
    count = kept.end - at
    mean = (total[kept.end] - total[at]) / np.maximum(count, 1).reshape(-1, *[1] * (values.ndim - 1))
    return mean, count


def _moments(
    kept: Kept, x: np.ndarray, base: np.ndarray, y: np.ndarray, z: np.ndarray, theta: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(moments (n, p), their slope (p, p), y / mu (n,), whether a row has later ones (n,))."""
    mu = base * np.exp(np.clip(x @ theta, -30, 30))
    ratio = y / mu
    later, count = _later(kept, ratio)
    later_x, _ = _later(kept, ratio[:, None] * x)
    use = count > 0
    moment = z * ((y - mu * later) * use)[:, None]
    slope = -(z * (mu * use)[:, None]).T @ (x * later[:, None] - later_x)
    return moment, slope, ratio, use


def _summed(kept: Kept, rows: np.ndarray) -> np.ndarray:
    """Sums by person (people, p)."""
    total = _cumulated(rows)
    people = np.arange(len(kept.at_risk))
    return total[np.searchsorted(kept.person, people, side="right")] - total[np.searchsorted(kept.person, people, side="left")]


def _curve(
    kept: Kept, x: np.ndarray, ratio: np.ndarray, theta: np.ndarray, influence: np.ndarray, drift: np.ndarray, rhythms: np.ndarray,
    scale: float, bends: int,
) -> Curve | None:  # fmt: skip
    """The level of the people on the list, times the shape: each person weighs as many months as he was on the list."""
    n = np.bincount(kept.person, minlength=len(kept.at_risk))
    weight = np.where(n > 0, kept.at_risk, 0.0)
    mean = _summed(kept, ratio[:, None])[:, 0] / np.maximum(n, 1)
    mean_x = _summed(kept, ratio[:, None] * x) / np.maximum(n, 1)[:, None]
    level = float(weight @ mean / weight.sum())
    if level <= 0:
        return None
    by_month = _month_shares(kept, x.shape[1] - bends)
    season = np.exp(np.append(theta[bends:], 0.0))
    curve = shape(rhythms, scale, bends)
    log = np.log(level) + curve @ theta[:bends] + np.log(by_month @ season) + (0.0 if kept.free else np.log(rhythms))
    own = weight * (mean - level) / weight.sum() / level
    slope = -(weight @ mean_x) / weight.sum() / level
    tilt = np.hstack([curve, np.tile((by_month * season)[:-1] / (by_month @ season), (len(rhythms), 1))]) + slope
    placebo, (passing, drifts) = _placebo(kept, x, ratio, influence, bends), _passing(kept, ratio, level)
    spread = own[:, None] + influence @ tilt.T
    off = drift @ tilt.T
    hidden = off.T @ off + np.outer(off.sum(axis=0), off.sum(axis=0))
    return Curve(log=log, influence=spread, placebo=placebo, engaged=ratio, level=level, passing=passing, drifts=drifts, hidden=hidden)


def _month_shares(kept: Kept, but_one: int) -> np.ndarray:
    seen, counts = np.unique(kept.month, return_counts=True)
    assert len(seen) == but_one + 1
    return counts / counts.sum()


def _placebo(kept: Kept, x: np.ndarray, ratio: np.ndarray, influence: np.ndarray, bends: int) -> float:
    """The chance of so much agreement between this month's mails and the change from next month to those beyond, if nothing drifts."""
    nxt, beyond = np.minimum(np.arange(len(ratio)) + 1, len(ratio) - 1), _later(kept, ratio, skip=2)
    use = beyond[1] > 0
    if use.sum() < 30:
        return 1.0
    z = _surprise(kept, x, bends)[:, :bends] * use[:, None]
    change = ratio[nxt] - beyond[0]
    slope_x = -ratio[nxt, None] * x[nxt] + _later(kept, ratio[:, None] * x, skip=2)[0]
    by_person = _summed(kept, z * change[:, None]) + influence @ (z.T @ slope_x).T
    total, cover = by_person.sum(axis=0), by_person.T @ by_person
    if np.linalg.cond(cover) > 1e12:
        return 1.0
    return float(chi2.sf(total @ np.linalg.solve(cover, total), bends))


def _drift(
    kept: Kept, x: np.ndarray, weight: np.ndarray, ratio: np.ndarray, use: np.ndarray, influence: np.ndarray
) -> np.ndarray:  # fmt: skip
    """(people, p) by how much the moments may be off because engagement passes and mails follow it, told from what a month's mails, which
    cannot act on it, go with: the change from the next month to those beyond. A change that shows a month later was larger at first, by
    the factor of engagement of which KEEPS is kept a month; all that passes more slowly was less larger.
    """
    nxt, (beyond, count) = np.minimum(np.arange(len(ratio)) + 1, len(ratio) - 1), _later(kept, ratio, skip=2)
    known = count > 0
    if not known.any():
        return np.zeros((len(kept.at_risk), weight.shape[1]))
    powers = np.concatenate([[0.0], np.cumsum(KEEPS ** np.arange(1, count.max() + 2))])
    now = 1 - powers[count + 1] / (count + 1)
    then = KEEPS - (powers[count + 1] - KEEPS) / np.maximum(count, 1)
    size = np.abs(weight[:, 0])
    larger = np.where(known, now / np.where(known, then, 1.0), 0.0) * (size @ use) / max(float(size @ known), 1e-12)
    z = weight * larger[:, None]
    slope_x = _later(kept, ratio[:, None] * x, skip=2)[0] - ratio[nxt, None] * x[nxt]
    return _summed(kept, z * (ratio[nxt] - beyond)[:, None]) + influence @ (z.T @ slope_x).T


def _passing(kept: Kept, ratio: np.ndarray, level: float) -> tuple[float, float]:
    """(the share of engagement above or below the mean that is lost from next month to those beyond, chance of it if nothing passes).

    Luck of different months is unrelated, so that of a constant engagement as much is seen again a month later as many months later.
    """
    nxt, (beyond, count) = np.minimum(np.arange(len(ratio)) + 1, len(ratio) - 1), _later(kept, ratio, skip=3)
    use = count > 0
    if use.sum() < 30:
        return 0.0, 1.0
    known = np.minimum(ratio / level, 10.0)
    z = (known - known[use].mean()) * use
    lost, seen = z * (ratio[nxt] - beyond), float((z * ratio[nxt]).sum())
    by_person = _summed(kept, lost[:, None])[:, 0]
    p = float(norm.sf(by_person.sum() / max(np.sqrt(by_person @ by_person), 1e-12)))
    return float(np.clip(lost.sum() / seen, 0, 1)) if seen > 0 else 0.0, p


def _bursts(kept: Kept, ratio: np.ndarray, pairs: np.ndarray, later: np.ndarray, level: float) -> tuple[float, float]:
    """(the share of engagement above or below the mean that is there in one month alone, chance of it if nothing passes).

    Luck of different mails is unrelated: of a constant engagement, two mails of a month show as much as two of different months.
    """
    use = later & (kept.mails >= 2)
    if use.sum() < 30:
        return 0.0, 1.0
    a, (others, _) = np.maximum(kept.mails, 2), _later(kept, ratio)
    at_once = pairs * a / (a - 1) / level**2 * use
    lost = at_once - ratio * others / level**2 * use
    by_person, seen = _summed(kept, lost[:, None])[:, 0], float(at_once.sum() - use.sum() * (ratio[use].mean() / level) ** 2)
    p = float(norm.sf(by_person.sum() / max(np.sqrt(by_person @ by_person), 1e-12)))
    return float(np.clip(lost.sum() / seen, 0, 1)) if seen > 0 else 0.0, p
