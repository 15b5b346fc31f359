"""A unit's likelihood with its own effect integrated out, and everything that the fit needs of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from mktlib.glmm.design import LOG_RATE_CEILING, Array, Data, Family


@dataclass(frozen=True)
class Units:
    """log of the integral of f(y | eta + e) N(e; 0, tau^2) de for every unit, and what its derivatives need.

    mode, mean, var (units,): of the own effect given the data and eta. value (units,): the log integral; value_tau: d/d log tau.
    Per row: score = d value / d eta;  minus the second derivative is, inside a unit, diag(w) - var * w w', with
    sum(w) = 1/var - 1/tau^2 (exact for a unit of one row; for several, w is shared out as the curvature of each row);
    skew = d w / d(eta + e);  score_tau, w_tau: d/d log tau.
    """

    mode: Array
    mean: Array
    var: Array
    value: Array
    value_tau: Array
    score: Array
    score_tau: Array
    w: Array
    w_tau: Array
    skew: Array


def _cumulants(eta: Array, n: Array, family: Family) -> tuple[Array, Array, Array]:
    """Mean, variance and third cumulant of the count given eta: n times the derivatives of log(1 + exp(eta)), or of exp(eta)."""
    if family == "poisson":
        mean = n * np.exp(np.minimum(eta, LOG_RATE_CEILING))
        return mean, mean, mean
    p = expit(eta)
    v = n * p * (1 - p)
    return n * p, v, v * (1 - 2 * p)


def _log_likelihood(eta: Array, y: Array, n: Array, family: Family) -> Array:
    if family == "poisson":
        return np.asarray(y * eta - n * np.exp(np.minimum(eta, LOG_RATE_CEILING)))
    return np.asarray(y * eta - n * np.logaddexp(0, eta))


def _log_ratio(eta: Array, d: Array, y: Array, n: Array, family: Family) -> Array:
    """log f(y | eta + d) - log f(y | eta), exact also where both are huge."""
    if family == "poisson":
        return np.asarray(y * d - n * np.exp(np.minimum(eta, LOG_RATE_CEILING)) * np.expm1(d))
    return np.asarray(y * d - n * np.log1p(expit(eta) * np.expm1(d)))


def _own_mode(data: Data, eta: Array, tau: float, e: Array) -> tuple[Array, Array]:
    """Mode and curvature of each unit's own effect given eta, by Newton from `e`; (units,) each."""
    for _ in range(50):
        mean, var, _ = _cumulants(eta + data.to_rows(e), data.n, data.family)
        curvature = data.per_unit(var) + tau**-2
        step = np.clip((data.per_unit(data.y - mean) - e * tau**-2) / curvature, -1.5, 1.5)
        e = e + step
        if np.abs(step).max(initial=0) < 1e-7:
            break
    return e, curvature


def integrate(data: Data, b: Array, tau: float, start: Array) -> Units:
    """Nine points around the mode of each own effect; all posterior moments of e come from the same points."""
    eta, y, n = data.offset + data.linear(b), data.y, data.n
    mode, curvature = _own_mode(data, eta, tau, start)
    nodes, weights = np.polynomial.hermite_e.hermegauss(data.quad)
    precision, spread = tau**-2, curvature**-0.5
    step = nodes[:, None] * spread  # (quad, units)
    e, at_mode = mode + step, eta + data.to_rows(mode)
    log_f = data.per_unit(_log_ratio(at_mode, data.to_rows(step), y, n, data.family)) - precision * step * (mode + step / 2)
    log_f += (nodes**2 / 2 + np.log(weights / weights.sum()))[:, None]
    top = log_f.max(0)
    f = np.exp(log_f - top)
    total = f.sum(0)
    f /= total  # the posterior weights of the points
    m = (f * e).sum(0)
    d = e - m
    v, third = (f * d**2).sum(0), (f * d**3).sum(0)
    square = e**2 - (f * e**2).sum(0)

    means, variances, thirds = _cumulants(at_mode + data.to_rows(step), n, data.family)
    f_rows = data.to_rows(f)
    residual, w, skew = y - means, (f_rows * variances).sum(0), (f_rows * thirds).sum(0)
    share = w / np.maximum(data.to_rows(data.per_unit(w)), 1e-300)

    def to_total(x: Array, total: Array) -> Array:
        return x + data.to_rows(total - data.per_unit(x)) * share

    at_peak = data.per_unit(_log_likelihood(at_mode, y, n, data.family)) - precision * mode**2 / 2
    return Units(
        mode=mode,
        mean=m,
        var=v,
        value=at_peak + top + np.log(total * spread / tau),
        value_tau=(f * e**2).sum(0) * precision - 1,
        score=(f_rows * residual).sum(0),
        score_tau=(f_rows * residual * data.to_rows(square)).sum(0) * precision,
        w=share * data.to_rows(np.maximum(1 / v - precision, 1e-12)),
        w_tau=share * data.to_rows(precision * (2 - (f * d**2 * square).sum(0) / v**2)),
        skew=to_total(skew, -third / v**3),
    )
