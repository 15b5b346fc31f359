"""Ranges that may be looked at every day: what they promise holds at all looks together, however often one looks and whenever one stops.

A range for one look (1.96 errors on each side) is wrong in one of four tests of equal arms that are looked at daily for four weeks. These
are wider, and hold for ever: the weight of evidence against "no difference" is a likelihood ratio, averaged over differences that a test of
the planned size could tell (Robbins 1970, Annals of Mathematical Statistics 41; Johari et al. 2022, Operations Research 70; Waudby-Smith et
al. 2024, Annals of Statistics 52). Arrays in, arrays out; shapes are broadcast.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaln, gammaln, lambertw

Array = NDArray[Any]
SIZES = (100.0, 1_000.0, 10_000.0, 100_000.0, 1_000_000.0)
"""Sizes of a test of which nobody said how large it is to be: one of them is near enough."""
STEPS = 50


def _log_sum(x: Array) -> Array:
    """Logarithm of the sum of exponentials over the last axis."""
    top = x.max(axis=-1, keepdims=True)
    return np.asarray(np.log(np.exp(x - top).sum(axis=-1)) + top[..., 0])


def tuning(alpha: float) -> float:
    """How far the averaged differences spread, in squared errors of the planned size: there the range is narrowest.

    >>> round(float(np.sqrt(1 + tuning(0.05))), 3)  # errors on each side at the planned size, where one look has 1.96
    3.035
    """
    return float(-lambertw(-np.exp(-1 + 2 * np.log(alpha)), -1).real) - 1


def spreads(people: ArrayLike, planned: float | None, alpha: float) -> Array:
    """(..., k) variance of the averaged differences over the squared error at `people`, one for each planned size that is thought of."""
    sizes = np.asarray(SIZES if planned is None else (planned,), float)
    return tuning(alpha) * np.asarray(people, float)[..., None] / sizes


def log_evidence(z: ArrayLike, spread: Array) -> Array:
    """Logarithm of the likelihood ratio against "no difference": z (...,) errors away from it, spread (..., k).

    >>> float(log_evidence(0.0, np.array([0.0])))
    0.0
    """
    each = 0.5 * (np.asarray(z, float)[..., None] ** 2 * spread / (1 + spread) - np.log1p(spread))
    return np.asarray(_log_sum(each) - np.log(spread.shape[-1]))


def reach(spread: Array, alpha: float) -> Array:
    """(...,) errors on each side of a range whose chance of ever leaving the truth out is alpha; infinite where nobody was seen.

    >>> float(reach(spreads(8_000, 8_000, 0.05), 0.05).round(3))
    3.035
    """
    with np.errstate(divide="ignore"):
        ends = np.sqrt((1 + 1 / spread) * (2 * np.log(spread.shape[-1] / alpha) + np.log1p(spread))).min(axis=-1)
    if spread.shape[-1] == 1:
        return np.asarray(ends)
    low, high = np.zeros_like(ends), np.where(np.isfinite(ends), ends, 0.0)
    for _ in range(STEPS):
        middle = (low + high) / 2
        enough = log_evidence(middle, spread) >= -np.log(alpha)
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return np.asarray(np.where(np.isfinite(ends), high, np.inf))


def difference(n: Array, mean: Array, variance: Array, n0: Array, mean0: Array, variance0: Array) -> tuple[Array, Array]:
    """(lift, its error) of two means. The error is the larger of the one with each arm's own variance and the one with both together:
    an arm that by luck lacks its great spenders must not look sure of itself.

    >>> [float(x) for x in difference(*(np.array(v) for v in (50, 2.0, 1.0, 50, 1.5, 1.0)))]
    [0.5, 0.2]
    """
    both = ((n - 1) * variance + (n0 - 1) * variance0) / np.maximum(n + n0 - 2, 1)
    own, other = (1 / np.maximum(x, 1) for x in (n, n0))
    error = np.maximum(variance * own + variance0 * other, both * (own + other))
    return np.asarray(mean - mean0), np.asarray(np.sqrt(np.maximum(error, 0.0)))


def always(error: Array, people: ArrayLike, planned: float | None, alpha: float, tuned: float) -> Array:
    """(...,) half width of the range of a lift at all looks. The variance is that of all people under the difference in question, so that
    the range holds for arms of equal size exactly, whatever the outcomes (de la Peña 1999, Annals of Probability 27).

    Args:
        error: (...,) of the lift. people: (...,) in both arms. planned: people in both at the planned end; None: not known.
        alpha: of this range. tuned: alpha for which the differences are chosen (one for all ranges of one test, so that they nest).
    """
    times = reach(spreads(people, planned, tuned), alpha)
    left = 1 - times**2 / np.maximum(np.asarray(people, float), 1)
    return np.asarray(np.where((left > 0) & (error > 0), times * error / np.sqrt(np.maximum(left, 1e-12)), np.inf))


def always_p(lift: Array, error: Array, people: ArrayLike, planned: float | None, tuned: float) -> Array:
    """(...,) p-value that holds at all looks: one over the evidence, at most 1."""
    z2 = np.divide(lift**2, error**2, out=np.zeros(np.broadcast(lift, error).shape), where=np.asarray(error) > 0)
    score = np.sqrt(z2 / (1 + z2 / np.maximum(np.asarray(people, float), 1)))
    return np.asarray(np.exp(-np.maximum(log_evidence(score, spreads(people, planned, tuned)), 0.0)))


def several(q: ArrayLike, df: ArrayLike, spread: Array) -> Array:
    """(...,) p-value, at all looks, of "all alike" from Cochran's Q with so many degrees of freedom.

    >>> float(several(0.0, 3, np.array([8.0])))
    1.0
    """
    q, df = np.asarray(q, float)[..., None], np.asarray(df, float)[..., None]
    each = 0.5 * (q * spread / (1 + spread) - df * np.log1p(spread))
    return np.asarray(np.exp(-np.maximum(_log_sum(each) - np.log(spread.shape[-1]), 0.0)))


# ---------------------------------------------------------------- rare events


def log_evidence_of_events(k: Array, k0: Array, share: Array, weight: Array, centre: ArrayLike) -> Array:
    """Logarithm of the evidence against "a share `share` of all events falls to the arm": k events of it, k0 of the control.

    weight (..., w): events that the opinion before is worth, spread around the share `centre`. Under equal rates each event is a coin that
    falls to the arm with its share of the people, so that this is exact at every look and for every number of events.
    """
    k, k0, centre = (np.asarray(x, float)[..., None] for x in (k, k0, centre))
    a, b = weight * centre, weight * (1 - centre)
    mixed = _log_sum(betaln(a + k, b + k0) - betaln(a, b)) - np.log(weight.shape[-1])
    return np.asarray(mixed - (k[..., 0] * np.log(share) + k0[..., 0] * np.log1p(-share)))


def weights_of_events(people: ArrayLike, events: ArrayLike, planned: float | None, tuned: float) -> Array:
    """(..., w) what the opinion before is worth in events, from the planned size and the rate seen; decades where no size is planned."""
    if planned is None:
        return np.asarray((1.0, 10.0, 100.0, 1_000.0, 10_000.0)) * np.ones((*np.shape(events), 1))
    rate = (np.asarray(events, float) + 1) / (np.asarray(people, float) + 2)
    return np.maximum(planned * rate / tuning(tuned) - 1, 1.0)[..., None]


def events_range(k: Array, k0: Array, n: Array, n0: Array, planned: float | None, alpha: float, tuned: float) -> tuple[Array, Array, Array]:
    """(low, high, p) of the ratio of two rates at all looks, from the events alone (beta-binomial mixture, exact given their number).

    Args:
        k, k0: (...,) events of the arm and of the control. n, n0: people of each.

    >>> low, high, p = events_range(*(np.array([v]) for v in (40, 10, 5000, 5000)), None, 0.05, 0.05)
    >>> bool(low[0] > 1), bool(high[0] > 4), bool(p[0] < 0.05)
    (True, True, True)
    """
    centre = np.asarray(n / (n + n0), float)
    weight = weights_of_events(n + n0, k + k0, planned, tuned)

    def refused(share: Array) -> Array:
        return log_evidence_of_events(k, k0, share, weight, centre) >= -np.log(alpha)

    p = np.exp(-np.maximum(log_evidence_of_events(k, k0, centre, weight, centre), 0.0))
    seen = np.clip(np.divide(k, k + k0, out=centre.copy(), where=k + k0 > 0), 1e-12, 1 - 1e-12)
    ends = []
    for far in (np.full_like(seen, 1e-12), np.full_like(seen, 1 - 1e-12)):
        inside, outside = seen.copy(), far
        for _ in range(STEPS):
            middle = (inside + outside) / 2
            out = refused(middle)
            inside, outside = np.where(out, inside, middle), np.where(out, middle, outside)
        ends.append(np.where(refused(far), outside, far))
    low, high = (e / (1 - e) * n0 / n for e in ends)
    return np.where(ends[0] <= 1e-12, 0.0, low), np.where(ends[1] >= 1 - 1e-12, np.inf, high), p


def lift_of_ratio(ratio: Array, events: Array, n: Array, n0: Array) -> Array:
    """The difference of two rates whose ratio is this, the events of both together being what they are.

    >>> float(lift_of_ratio(np.array(3.0), np.array(40), np.array(1000), np.array(1000)).round(6))
    0.02
    """
    whole = np.where(np.isfinite(ratio), ratio, 0.0)
    return np.asarray(np.where(np.isfinite(ratio), (whole - 1) * events / (n0 + whole * n), events / n))


# ---------------------------------------------------------------- shares of the lot


def mismatch_p(counts: Array, expected: Array) -> Array:
    """(...,) p-value, at all looks, of "the arms were drawn with these shares": Dirichlet-multinomial mixture (Lindon & Malek 2022).

    counts, expected: (..., arms). Mixed over opinions worth 10 to 100,000 people.

    >>> bool(mismatch_p(np.array([5000, 5000]), np.array([0.5, 0.5])) == 1), bool(mismatch_p(np.array([5300, 4700]), np.array([0.5, 0.5])) < 1e-3)
    (True, True)
    """  # noqa: E501
    counts, expected = np.asarray(counts, float), np.asarray(expected, float)
    before = np.asarray((10.0, 1_000.0, 100_000.0))[:, None] * expected[..., None, :]
    n = counts.sum(axis=-1)[..., None]
    each = (gammaln(before + counts[..., None, :]) - gammaln(before)).sum(axis=-1)
    each += gammaln(before.sum(axis=-1)) - gammaln(before.sum(axis=-1) + n)
    mixed = _log_sum(each) - np.log(before.shape[-2]) - (counts * np.log(expected)).sum(axis=-1)
    return np.asarray(np.exp(-np.maximum(mixed, 0.0)))
