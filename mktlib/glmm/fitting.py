"""Coefficients by Newton and Laplace, sds by Fisher scoring on what remains."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import scipy.linalg as sl
import scipy.sparse as sp
from scipy.special import logit
from threadpoolctl import threadpool_limits

from mktlib.glmm.design import BLOCK, SD_RANGE, Array, Data, Family, Term, leverage, pairs, prepare
from mktlib.glmm.posterior import Posterior
from mktlib.glmm.units import Units, integrate

CENTER_SD, SCALE = 1.5, 0.25


def _cross_tables(data: Data, weight: Array) -> Array:
    """X' diag(weight) X: the weighted contingency table of every pair of terms; weight (cells,)."""
    out = np.zeros((data.size, data.size))
    parts = [slice(0, 1), *data.slices]
    local = [np.where(c < 0, p.stop - p.start, c - p.start) for p, c in zip(parts, data.columns.T, strict=True)]
    for i, j in itertools.combinations_with_replacement(range(len(parts)), 2):
        wide, high = parts[i].stop - parts[i].start + 1, parts[j].stop - parts[j].start + 1
        table = np.bincount(local[i] * high + local[j], weight, wide * high).reshape(wide, high)[:-1, :-1]
        out[parts[i], parts[j]] = table
        out[parts[j], parts[i]] = table.T
    return out


def _unit_rows(data: Data, w: Array) -> sp.csr_array:
    """(units, size): the sum of w_r x_r over the rows r of each unit."""
    columns = data.columns[data.cell]
    used = columns >= 0
    row, value = np.broadcast_to(data.unit[:, None], columns.shape), np.broadcast_to(w[:, None], columns.shape)
    return sp.csr_array((value[used], (row[used], columns[used])), shape=(len(data.first), data.size))


def _hessian(data: Data, u: Units, precision: Array) -> Array:
    """X' W X + prior precision, with W = diag(w) - var w w' inside each unit."""
    alone = u.w if data.shared else u.w * (1 - u.w * u.var)
    h = _cross_tables(data, np.bincount(data.cell, alone, len(data.columns)))
    if data.shared:
        z = sp.diags_array(np.sqrt(u.var)) @ _unit_rows(data, u.w)
        h -= (z.T @ z).toarray()
    h[np.diag_indices_from(h)] += precision
    return h


def _newton(data: Data, b: Array, u: Units, sd: Array, tau: float, steps: int) -> tuple[Array, Units, Array]:
    """Newton steps, halved while they go down, on sum(value) - b' Lambda b / 2; also the inverse Hessian where the last one began."""
    precision = data.prior_precision(sd)
    center = np.eye(1, data.size)[0] * data.center

    def height(b: Array, u: Units) -> float:
        return float(u.value.sum() - (precision * (b - center) ** 2).sum() / 2)

    for _ in range(steps):
        factor = sl.cho_factor(_hessian(data, u, precision), lower=True, overwrite_a=True, check_finite=False)
        step = sl.cho_solve(factor, data.pull_back(u.score) - precision * (b - center), check_finite=False)
        longest, before = np.abs(step).max(), height(b, u)
        share = min(1.0, 3.0 / max(longest, 1e-300))
        for _ in range(12):
            trial = integrate(data, b + share * step, tau, u.mode)
            if height(b + share * step, trial) >= before - 1e-9 * abs(before) - 1e-9:
                break
            share /= 2
        b, u = b + share * step, trial
        if longest < 1e-6:
            break
    v, _ = sl.lapack.dpotri(factor[0], lower=1, overwrite_c=1)
    return b, u, np.tril(v) + np.tril(v, -1).T


def _own_frame(data: Data, u: Units, v: Array) -> tuple[Array, Array]:
    """Var(eta_r + e | data) minus var(e), (n,), and the variance that e borrows from b, (units,).

    The own effect answers a move of eta by -var * sum(w_r d eta_r): a row keeps x_r - z, with z = var * sum(w_r x_r) of its unit.
    """
    h = leverage(data.columns, v)[data.cell]
    if not data.shared:
        pulled = u.w * u.var
        return h * (1 - pulled) ** 2, h * pulled**2
    z, columns, cross = _unit_rows(data, u.w), data.columns[data.cell], np.zeros(len(data.y))
    chunk = max(1, BLOCK // (4 * data.size))
    for start in range(0, len(data.first), chunk):
        rows = slice(*np.searchsorted(data.unit, [start, start + chunk]))
        zv = np.pad(z[start : start + chunk] @ v, ((0, 0), (0, 1)))
        cross[rows] = zv[data.unit[rows, None] - start, columns[rows]].sum(1)
    cross *= data.to_rows(u.var)  # x_r' V z
    both = u.var * data.per_unit(u.w * cross)  # z' V z
    return h - 2 * cross + data.to_rows(both), both


def _half_slope(data: Data, u: Units, frame: Array) -> Array:
    """d (log det H / 2) / d eta, (n,): what pulls the mean of b away from its mode, and the sds through the mode."""
    bent = u.skew * frame
    return (bent - u.w * data.to_rows(u.var * data.per_unit(bent))) / 2


def _gradient(data: Data, b: Array, u: Units, v: Array, sd: Array, tau: float) -> Array:
    """Of the Laplace log marginal likelihood in the log sds, tau last: at a fixed mode, and through the mode's own move."""
    frame, borrowed = _own_frame(data, u, v)
    shift = v @ data.pull_back(_half_slope(data, u, frame))  # mode minus mean
    squares = np.array([b[s] @ b[s] + np.trace(v[s, s]) - 2 * b[s] @ shift[s] for s in data.slices])
    count = np.array([s.stop - s.start for s in data.slices])
    by_tau = u.value_tau.sum() - (u.w_tau * frame).sum() / 2 + borrowed.sum() / tau**2
    return np.append(squares / sd**2 - count, by_tau - u.score_tau @ data.linear(shift))


def _information(data: Data, u: Units, v: Array, sd: Array, tau: float) -> Array:
    """Expected information of the log sds, tau last: 2 tr(M_jk M_kj) with M = I - V / (sd_j sd_k) by blocks; tau taken apart."""
    count = [s.stop - s.start for s in data.slices]
    member = np.repeat(np.eye(len(count)), count, axis=0)  # (coefficients, terms)
    scaled = member @ (1 / sd)
    m = np.eye(len(scaled)) - scaled[:, None] * v[1:, 1:] * scaled
    out = np.zeros((len(count) + 1, len(count) + 1))
    out[:-1, :-1] = 2 * member.T @ (m**2 @ member)
    out[-1, -1] = 2 * ((1 - u.var / tau**2) ** 2).sum()
    return out


def _fit_sds(data: Data, b: Array, scale: Array, most: int = 60) -> tuple[Array, Array]:
    """The log sds (tau last) that maximise the marginal posterior, and their standard errors; the prior adds log sd - sd / scale."""
    rho, damping, before = np.log(scale), np.ones(len(scale)), np.zeros(len(scale))
    u = integrate(data, b, scale[-1], np.zeros(len(data.first)))
    b, u, v = _newton(data, b, u, scale[:-1], scale[-1], 8)
    for round in range(most):
        sd, tau = np.exp(rho[:-1]), float(np.exp(rho[-1]))
        u = integrate(data, b, tau, u.mode)
        b, u, v = _newton(data, b, u, sd, tau, 1)
        pull = np.exp(rho) / scale
        gradient = _gradient(data, b, u, v, sd, tau) + 1 - pull
        information = _information(data, u, v, sd, tau) + np.diag(pull + 0.02)
        damping = np.where(gradient * before < 0, damping * 0.5, np.minimum(1, damping * 1.4))
        step = np.clip(np.linalg.solve(information, gradient), -1.2, 1.2) * damping
        target = np.clip(rho + step, *np.log(SD_RANGE))
        gain, rho, before = gradient @ (target - rho), target, gradient
        if round > 2 and abs(gain) < 0.02:
            break
    return rho, np.sqrt(np.linalg.inv(information).diagonal())


def _as_scales(scale: Mapping[Term, float] | Sequence[float] | float | None, terms: Sequence[Term], own: float) -> Array:
    if scale is None or isinstance(scale, int | float):
        each = [SCALE if scale is None else float(scale)] * len(terms)
    elif isinstance(scale, Mapping):
        each = [float(scale.get(t, SCALE)) for t in terms]
    else:
        each = [float(x) for _, x in zip(terms, scale, strict=True)]
    return np.clip([*each, own], *SD_RANGE)


def _average_eta(data: Data) -> float:
    """Where the intercept starts, and its prior centre where the caller has none."""
    if len(data.y) == 0:
        return 0.0
    level = (data.y.sum() + 0.5) / (data.n.sum() + 1)
    return float((np.log(level) if data.family == "poisson" else logit(level)) - np.average(data.offset, weights=data.n))


def fit(
    codes: Array,
    count: Array,
    exposure: Array,
    *,
    dims: Sequence[int],
    terms: Literal["pairs", "main"] | Sequence[Term] = "pairs",
    offset: Array | float = 0.0,
    item: Array | None = None,
    family: Family = "binomial",
    center: float | None = None,
    center_sd: float = CENTER_SD,
    scale: Mapping[Term, float] | Sequence[float] | float | None = None,
    own_scale: float = SCALE,
    sds: Sequence[float] | None = None,
    quad: int = 9,
) -> Posterior:
    """Fit the model of the module's head.

    Args:
        codes: (n, d) level of each axis, 0 .. dims[a] - 1; -1 where it is not known.
        count, exposure: (n,) events and chances, count <= exposure where binomial. Rows that cannot be told apart are added up.
        terms: "main", "pairs", or tuples of axes.
        offset: (n,) or a number, the known part of eta.
        item: (n,) identity of the post, ad or send that a row belongs to: the own effect is then the item's, else the cell's.
        center, center_sd: prior of the intercept; without a center it is the data's own level (0 without data).
        scale: prior mean of each term's sd (a number, one a term, or a mapping); own_scale: of the own effect's.
        sds: known sds, one a term and the own effect's last; nothing is estimated then.
        quad: points of the quadrature over the own effect.

    >>> post = fit(np.array([[0], [1]]), np.array([30, 60]), np.array([1000, 1000]), dims=(2,))
    >>> bool(post.rate(np.array([[0]]))[0] < post.rate(np.array([[1]]))[0])
    True
    """
    axes, dims = len(dims), tuple(int(x) for x in dims)
    codes = np.asarray(codes, np.int64).reshape(-1, axes)
    wanted = pairs(axes) if terms == "pairs" else tuple((a,) for a in range(axes)) if terms == "main" else tuple(map(tuple, terms))
    y, n, known = (np.broadcast_to(np.asarray(x, float), len(codes)) for x in (count, exposure, offset))
    scales = _as_scales(scale, wanted, own_scale)
    data = prepare(codes, y, n, known, item, dims, wanted, family=family, center=0.0, center_sd=center_sd, quad=quad)
    data = replace(data, center=_average_eta(data) if center is None else center)
    with threadpool_limits(1), np.errstate(under="ignore"):
        b = np.eye(1, data.size)[0] * _average_eta(data)
        if sds is not None:
            rho, spread = np.log(np.clip(sds, *SD_RANGE)), np.zeros(len(scales))
        elif len(data.y) == 0:
            rho, spread = np.log(scales), np.zeros(len(scales))
        else:
            rho, spread = _fit_sds(data, b, scales)
        return _conclude(data, b, rho, spread, scales, item is not None)


def _conclude(data: Data, b: Array, rho: Array, spread: Array, scales: Array, per_item: bool) -> Posterior:
    """The posterior at given log sds: mode, mean, covariance, and what is known of each unit."""
    sd, tau = np.exp(rho[:-1]), float(np.exp(rho[-1]))
    if len(data.y) == 0:
        mean, v = np.array([data.center]), np.array([[data.center_sd**2]])
        own_mean = own_var = np.zeros(0)
    else:
        u = integrate(data, b, tau, np.zeros(len(data.first)))
        b, u, _ = _newton(data, b, u, sd, tau, 30)
        _, _, v = _newton(data, b, u, sd, tau, 1)
        frame, _ = _own_frame(data, u, v)
        mean = b - v @ data.pull_back(_half_slope(data, u, frame))
        u = integrate(data, mean, tau, u.mode)
        own_mean, own_var = u.mean - u.var * data.per_unit(u.skew * frame) / 2, u.var  # the same correction, of the own effects
    whole = data.unit_code >= 0
    return Posterior(
        dims=data.dims,
        terms=data.terms,
        levels=data.levels,
        mean=mean,
        cov=v,
        sd=sd,
        scale=scales[:-1],
        tau=tau,
        own_scale=float(scales[-1]),
        sd_spread=spread,
        center_sd=data.center_sd,
        family=data.family,
        per_item=per_item,
        cell=data.unit_code[whole],
        own_mean=own_mean[whole],
        own_var=own_var[whole],
    )
