"""A unit's likelihood with its own effect integrated out, and everything that the fit needs of it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache

import numpy as np
from scipy.special import expit

from mktlib.glmm.design import LOG_RATE_CEILING, Array, Data, Family, Rows


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


@cache
def normal_points(count: int) -> tuple[Array, Array]:
    """Points and weights, adding up to 1, for a mean over a standard normal."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(count)
    return nodes, weights / weights.sum()


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


def _own_mode(rows: Rows, eta: Array, tau: float, e: Array, family: Family) -> tuple[Array, Array]:
    """Mode and curvature of each unit's own effect given eta, by Newton from `e`; (units,) each."""
    for _ in range(50):
        mean, var, _ = _cumulants(eta + rows.to_rows(e), rows.n, family)
        curvature = rows.per_unit(var) + tau**-2
        step = np.clip((rows.per_unit(rows.y - mean) - e * tau**-2) / curvature, -1.5, 1.5)
        e = e + step
        if np.abs(step).max(initial=0) < 1e-7:
            break
    return e, curvature


def integrate(data: Data, b: Array, tau: float, start: Array) -> Units:
    """Points around the mode of each own effect; all posterior moments of e come from the same points."""
    eta = data.offset + data.linear(b)
    found = [_integrate(part, eta[rows], tau, start[units], data.family, data.quad) for units, rows, part in data.pieces]
    if len(found) == 1:
        return found[0]
    return Units(**{f.name: np.concatenate([getattr(u, f.name) for u in found]) for f in fields(Units)})


def _integrate(rows: Rows, eta: Array, tau: float, start: Array, family: Family, quad: int) -> Units:
    y, n = rows.y, rows.n
    mode, curvature = _own_mode(rows, eta, tau, start, family)
    nodes, weights = normal_points(quad)
    precision, spread = tau**-2, curvature**-0.5
    step = nodes[:, None] * spread  # (quad, units)
    e, at_mode = mode + step, eta + rows.to_rows(mode)
    log_f = rows.per_unit(_log_ratio(at_mode, rows.to_rows(step), y, n, family)) - precision * step * (mode + step / 2)
    log_f += (nodes**2 / 2 + np.log(weights))[:, None]
    top = log_f.max(0)
    f = np.exp(log_f - top)
    total = f.sum(0)
    f /= total  # the posterior weights of the points
    m = _mean(f, e)
    d = e - m
    near = d * d
    v, third = _mean(f, near), np.einsum("qu,qu,qu->u", f, near, d)
    square = e * e
    whole = _mean(f, square)
    square -= whole

    means, variances, thirds = _cumulants(at_mode + rows.to_rows(step), n, family)
    f_rows = rows.to_rows(f)
    residual, w, skew = y - means, _mean(f_rows, variances), _mean(f_rows, thirds)
    share = w / np.maximum(rows.to_rows(rows.per_unit(w)), 1e-300)

    def to_total(x: Array, total: Array) -> Array:
        return x + rows.to_rows(total - rows.per_unit(x)) * share

    at_peak = rows.per_unit(_log_likelihood(at_mode, y, n, family)) - precision * mode**2 / 2
    return Units(
        mode=mode,
        mean=m,
        var=v,
        value=at_peak + top + np.log(total * spread / tau),
        value_tau=whole * precision - 1,
        score=_mean(f_rows, residual),
        score_tau=np.einsum("qu,qu,qu->u", f_rows, residual, rows.to_rows(square)) * precision,
        w=share * rows.to_rows(np.maximum(1 / v - precision, 1e-12)),
        w_tau=share * rows.to_rows(precision * (2 - np.einsum("qu,qu,qu->u", f, near, square) / v**2)),
        skew=to_total(skew, -third / v**3),
    )


def _mean(weight: Array, x: Array) -> Array:
    """Sums over the points, (points, n) each."""
    return np.asarray(np.einsum("qu,qu->u", weight, x))
