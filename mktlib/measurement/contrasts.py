"""Sums of a test's people, and what two arms' sums say of their difference: means, ratios of two columns, less what was known before.

The mathematics sees sums alone (people, means, covariances), never rows, so that a million rows cost no more than a thousand once they
are added up. For one look at the planned end the numbers are those of tea-tasting; for looks at any time those of `sequences`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, binom
from tea_tasting.aggr import Aggregates
from tea_tasting.metrics import Mean

from mktlib.measurement import sequences

Array = NDArray[Any]
RARE, FEW = 0.1, 10
"""Share of people below which an outcome is rare: its range is that of its events too. Expected events below which nothing is normal."""
MAKERS = 8.0
"""People who make the spread of an outcome (square of the sum of squares over the sum of fourth powers), below which no range is given:
the great spenders are then still to come, and nothing that was seen tells how great they are."""


@dataclass(frozen=True, kw_only=True)
class Sums:
    """What is kept of g groups of people. n (g,); mean (g, 3) and cov (g, 3, 3) of numerator, denominator and covariate (1 and 0 where
    there is none). share: every outcome is 0 or 1. fourth (g,): sum of the fourth powers of how far each person lies from the group's
    mean (or ratio); None where nobody asked."""

    n: Array
    mean: Array
    cov: Array
    share: bool
    fourth: Array | None = None

    def of(self, rows: Array) -> Sums:
        fourth = None if self.fourth is None else self.fourth[rows]
        return Sums(n=self.n[rows], mean=self.mean[rows], cov=self.cov[rows], share=self.share, fourth=fourth)


def added(group: Array, groups: int, columns: Array, share: bool) -> Sums:
    """Sums of rows (n, 3) by group (n,), in two passes, so that large means do not eat small variances."""
    n = np.bincount(group, minlength=groups).astype(float)
    total = np.column_stack([np.bincount(group, weights=c, minlength=groups) for c in columns.T])
    mean = total / np.maximum(n, 1)[:, None]
    away = columns - mean[group]
    cov = np.empty((groups, 3, 3))
    for i in range(3):
        for j in range(i, 3):
            cov[:, i, j] = cov[:, j, i] = np.bincount(group, weights=away[:, i] * away[:, j], minlength=groups)
    fourth = None if share else np.bincount(group, weights=_apart(group, mean, away) ** 4, minlength=groups)
    return Sums(n=n, mean=mean, cov=cov / np.maximum(n - 1, 1)[:, None, None], share=share, fourth=fourth)


def _apart(group: Array, mean: Array, away: Array) -> Array:
    """(n,) how far each person lies from the ratio of his group, in its own unit."""
    base = np.where(mean[:, 1] != 0, mean[:, 1], 1.0)
    return np.asarray((away[:, 0] - (mean[:, 0] / base)[group] * away[:, 1]) / base[group])


@dataclass(frozen=True, kw_only=True)
class Means:
    """One value a group: n, value, variance of one person (g,); events (g,) where the outcome is a share and nothing else was taken
    off; saved: share of the variance that the covariate took away; square, fourth (g,): sums of powers of how far people lie apart."""

    n: Array
    value: Array
    variance: Array
    events: Array | None
    saved: float
    square: Array | None = None
    fourth: Array | None = None

    def of(self, rows: Any) -> Means:
        events, square, fourth = (None if x is None else x[rows] for x in (self.events, self.square, self.fourth))
        n, value, variance = self.n[rows], self.value[rows], self.variance[rows]
        return Means(n=n, value=value, variance=variance, events=events, saved=self.saved, square=square, fourth=fourth)


def means(sums: Sums, *, covariate: bool) -> Means:
    """Mean, or ratio of two means by the delta method (Deng, Knoblich & Lu 2018), less what a column from before foretells (CUPED, Deng et
    al. 2013)."""
    denominator = sums.mean[:, 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        value = sums.mean[:, 0] / denominator
        variance = (sums.cov[:, 0, 0] - 2 * value * sums.cov[:, 0, 1] + value**2 * sums.cov[:, 1, 1]) / denominator**2
        along = (sums.cov[:, 0, 2] - value * sums.cov[:, 1, 2]) / denominator
    events = sums.n * sums.mean[:, 0] if sums.share else None
    square = variance * np.maximum(sums.n - 1, 0)
    powers: dict[str, Any] = {} if sums.fourth is None else {"square": square, "fourth": sums.fourth}
    if not covariate:
        if sums.share:  # a variance that 0 of 20 does not make nothing
            smooth = (sums.n * value + 1) / (sums.n + 2)
            variance = smooth * (1 - smooth)
        return Means(n=sums.n, value=value, variance=variance, events=events, saved=0.0, **powers)
    free = np.maximum(sums.n - 1, 0)
    spread = float((free * sums.cov[:, 2, 2]).sum())
    slope = float(np.nansum(free * along)) / spread if spread > 0 else 0.0
    centre = float((sums.n * sums.mean[:, 2]).sum() / max(sums.n.sum(), 1))
    less = np.maximum(variance - 2 * slope * along + slope**2 * sums.cov[:, 2, 2], 0.0)
    whole = float(np.nansum(free * variance))
    saved = max(0.0, 1 - float(np.nansum(free * less)) / whole) if whole > 0 else 0.0
    return Means(n=sums.n, value=value - slope * (sums.mean[:, 2] - centre), variance=less, events=events, saved=saved, **powers)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How a test is read. look: any | fixed; planned: people in both arms of a difference at its end; tuned: alpha that the spread of
    `sequences` is chosen for."""

    look: str
    planned: float | None
    tuned: float


@dataclass(frozen=True, kw_only=True)
class Told:
    """A difference of two groups, (g,) each: lift, error, low, high, p; ratio_low, ratio_high of the two means."""

    lift: Array
    error: Array
    low: Array
    high: Array
    p: Array
    ratio_low: Array
    ratio_high: Array


def contrast(arm: Means, control: Means, how: Reading, alpha: float) -> Told:
    """The difference of each group of `arm` from the same one of `control`, with a range of level 1 - alpha."""
    lift, error = sequences.difference(arm.n, arm.value, arm.variance, control.n, control.value, control.variance)
    known = (arm.n > 1) & (control.n > 1) & np.isfinite(lift) & np.isfinite(error) & (error > 1e-12 * np.abs(control.value))
    known &= makers(arm, control) >= MAKERS
    people = arm.n + control.n
    if how.look == "any":
        safe = np.where(known, error, 1.0)
        half = np.where(known, sequences.always(safe, people, how.planned, alpha, how.tuned), np.inf)
        p = np.where(known, sequences.always_p(np.where(known, lift, 0.0), safe, people, how.planned, how.tuned), 1.0)
    else:
        half, p = _once(arm, control, known, alpha)
    low, high = lift - half, lift + half
    times = np.divide(half, error, out=np.full(len(half), np.inf), where=known)
    ratios = _fieller(arm, control, error, times)
    low, high, p, *ratios = _with_events(arm, control, how, alpha, [low, high, p, *ratios])
    lost = ~np.isfinite(low) | ~np.isfinite(high)
    low, high = np.where(lost, np.nan, low), np.where(lost, np.nan, high)
    return Told(lift=lift, error=error, low=low, high=high, p=p, ratio_low=ratios[0], ratio_high=ratios[1])


def makers(arm: Means, control: Means) -> Array:
    """(g,) how many people make the spread of both: all of n in a law without tails, one where one person makes all of it."""
    if arm.square is None or arm.fourth is None or control.square is None or control.fourth is None:
        return np.full(len(arm.n), np.inf)
    square, fourth = arm.square + control.square, arm.fourth + control.fourth
    with np.errstate(invalid="ignore"):
        return np.asarray(np.divide(square**2, fourth, out=np.zeros(len(square)), where=fourth > 0))


def _once(arm: Means, control: Means, known: Array, alpha: float) -> tuple[Array, Array]:
    """(half width, p) for one look at the planned end: Welch's test by tea-tasting."""
    half, p = np.full(len(known), np.inf), np.ones(len(known))
    test = Mean("y", confidence_level=1 - alpha, alternative="two-sided", equal_var=False, use_t=True)
    for g in np.flatnonzero(known & (arm.variance + control.variance > 0)):
        a, c = (Aggregates(int(m.n[g]), {"y": float(m.value[g])}, {"y": float(m.variance[g])}, {}) for m in (arm, control))
        if c.mean("y") == 0 or a.mean("y") == 0:  # its relative effect divides by both
            a, c = (Aggregates(x.count(), {"y": x.mean("y") + 1.0}, x.var_, {}) for x in (a, c))
        told = test.analyze_aggregates(c, a)
        half[g], p[g] = (told.effect_size_ci_upper - told.effect_size_ci_lower) / 2, told.pvalue
    return half, p


def _fieller(arm: Means, control: Means, error: Array, times: Array) -> list[Array]:
    """(low, high) of the ratio of two means (Fieller 1954), which leaves out 1 exactly where the range of the lift leaves out 0."""
    own, other = arm.variance / np.maximum(arm.n, 1), control.variance / np.maximum(control.n, 1)
    with np.errstate(all="ignore"):
        wider = np.divide(error**2, own + other, out=np.ones(len(error)), where=own + other > 0)
        own, other = own * wider, other * wider
        t2 = times**2
        a = control.value**2 - t2 * other
        b, c = arm.value * control.value, arm.value**2 - t2 * own
        root = np.sqrt(np.maximum(b**2 - a * c, 0.0))
        fine = (a > 0) & (control.value > 0) & np.isfinite(times)
        return [np.where(fine, (b + sign * root) / a, np.nan) for sign in (-1, 1)]


def _with_events(arm: Means, control: Means, how: Reading, alpha: float, told: list[Array]) -> list[Array]:
    """Where the outcome is rare, the range reaches as far as that of its events does: bells do not describe three sales against one."""
    if arm.events is None or control.events is None:
        return told
    low, high, p, below, above = told
    k, k0 = np.rint(arm.events), np.rint(control.events)
    both, people = k + k0, arm.n + control.n
    expected = both / np.maximum(people, 1) * np.minimum(arm.n, control.n)
    rare = (arm.n > 0) & (control.n > 0)
    rare &= (both < RARE * people) if how.look == "any" else (expected < FEW)
    if not rare.any():
        return told
    k, k0, n, n0 = k[rare], k0[rare], arm.n[rare], control.n[rare]
    if how.look == "any":
        least, most, chance = sequences.events_range(k, k0, n, n0, how.planned, alpha, how.tuned)
        p[rare] = np.maximum(p[rare], chance)
    else:
        least, most, chance = exact_once(k, k0, n, n0, alpha)
        p[rare] = chance
    ends = [sequences.lift_of_ratio(r, k + k0, n, n0) for r in (least, most)]
    none = k + k0 == 0  # no event, no ratio: the range is the smoothed one
    if how.look == "any":
        low[rare] = np.where(none, low[rare], np.minimum(low[rare], ends[0]))
        high[rare] = np.where(none, high[rare], np.maximum(high[rare], ends[1]))
    else:
        low[rare], high[rare] = np.where(none, low[rare], ends[0]), np.where(none, high[rare], ends[1])
    finite = [np.where(np.isfinite(most) & (k0 > 0), r, np.nan) for r in (least, most)]
    below[rare] = np.minimum(below[rare], finite[0]) if how.look == "any" else finite[0]
    above[rare] = np.maximum(above[rare], finite[1]) if how.look == "any" else finite[1]
    return [low, high, p, below, above]


def exact_once(k: Array, k0: Array, n: Array, n0: Array, alpha: float) -> tuple[Array, Array, Array]:
    """(low, high, p) of the ratio of two rates for one look, from the events alone (Przyborowski & Wilenski 1940; Clopper & Pearson 1934).

    >>> low, high, p = exact_once(*(np.array([v]) for v in (8, 1, 1000, 1000)), 0.05)
    >>> bool(low[0] > 1), round(float(p[0]), 4)
    (True, 0.0391)
    """
    share, both = n / (n + n0), k + k0
    with np.errstate(invalid="ignore"):
        low = np.where(k > 0, beta.ppf(alpha / 2, k, k0 + 1), 0.0)
        high = np.where(k0 > 0, beta.ppf(1 - alpha / 2, k + 1, k0), 1.0)
    p = np.minimum(1.0, 2 * np.minimum(binom.cdf(k, both, share), binom.sf(k - 1, both, share)))
    with np.errstate(divide="ignore"):
        return low / (1 - low) * n0 / n, high / (1 - high) * n0 / n, p
