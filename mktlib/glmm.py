"""The mathematics of a score: a crossed random-effects model of counts. Arrays in, a frozen `Posterior` out.

    count_i ~ Binomial(exposure_i, expit(eta_i))       or Poisson(exposure_i * exp(eta_i))
    eta_i   = offset_i + b_0 + sum over terms t of b_t[level of row i in t] + e_i
    b_0 ~ N(center, center_sd^2),   b_t ~ N(0, sd_t^2),   e_i ~ N(0, tau^2),   sd ~ Exponential(mean = scale)

A term is a tuple of axes: (0,) a main effect, (0, 2) a pair, (0, 1, 2, 3) a whole cell. `e` is the unit's own effect: the cell's,
or the single post's where every row is one (`item`).

How it is fitted. The own effect is integrated out row by row (adaptive Gauss-Hermite quadrature); the coefficients b by Laplace's
method; the sds maximise the resulting marginal posterior, by Fisher scoring with the exact gradient, which lets the mode of b move
with the sds (Laplace: Breslow & Clayton 1993, JASA 88; quadrature: Pinheiro & Bates 1995, JCGS 4; the weak prior on an sd that may
be zero: Chung et al. 2013, Psychometrika 78). A mode is not a mean: the mean of b adds the skewness term of Tierney, Kass & Kadane
(1989, JASA 84), and a rate is the mean of expit, never expit of the mean.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import scipy.linalg as sl
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtri
from threadpoolctl import threadpool_limits

Array = NDArray[Any]
Term = tuple[int, ...]
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(9)
LOG_WEIGHTS = np.log(WEIGHTS / WEIGHTS.sum())
FINE, FINE_WEIGHTS = np.polynomial.hermite_e.hermegauss(21)
FINE_WEIGHTS = FINE_WEIGHTS / FINE_WEIGHTS.sum()
SD_FLOOR, SD_CEILING = 0.003, 4.0
LEFT_OUT = -2
"""The code of an axis that a prediction leaves out (no effect, no variance); -1 is a level never seen (its prior)."""


def _softplus(z: Array) -> Array:
    return np.asarray(np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z))))


def pairs(axes: int) -> tuple[Term, ...]:
    """Main effects and every pair of axes.

    >>> pairs(2)
    ((0,), (1,), (0, 1))
    """
    return tuple((a,) for a in range(axes)) + tuple(itertools.combinations(range(axes), 2))


# ---------------------------------------------------------------- one row, its own effect integrated out


@dataclass(frozen=True)
class _Rows:
    """The integrated log-likelihood of each row, and its derivatives in eta and in log tau; shapes (n,).

    With e the own effect and m, v, k its posterior mean, variance and third cumulant, integration by parts gives
    l' = m / tau^2,  W = -l'' = (1 - v / tau^2) / tau^2,  l''' = k / tau^6.
    """

    value: Array
    score: Array
    weight: Array
    third: Array
    own_mean: Array
    own_var: Array
    value_tau: Array
    score_tau: Array
    weight_tau: Array


def _moments(eta: Array, y: Array, n: Array, family: str) -> tuple[Array, Array]:
    """Mean and variance of the count given eta."""
    if family == "poisson":
        mean = n * np.exp(np.minimum(eta, 30.0))
        return mean, mean
    p = expit(eta)
    return n * p, n * p * (1 - p)


def _loglik(eta: Array, y: Array, n: Array, family: str) -> Array:
    return y * eta - n * (np.exp(np.minimum(eta, 30.0)) if family == "poisson" else _softplus(eta))


def _own_mode(eta: Array, y: Array, n: Array, tau: float, family: str, start: Array) -> tuple[Array, Array]:
    """Mode and spread of the own effect in each row, by Newton."""
    e, precision = start, tau**-2
    for _ in range(40):
        mean, var = _moments(eta + e, y, n, family)
        step = np.clip((y - mean - e * precision) / (var + precision), -1.5, 1.5)
        e = e + step
        if step.size == 0 or np.abs(step).max() < 1e-5:
            break
    return e, 1 / np.sqrt(_moments(eta + e, y, n, family)[1] + precision)


def _integrate(eta: Array, y: Array, n: Array, tau: float, family: str, start: Array) -> tuple[_Rows, Array]:
    """The rows' likelihood with the own effect integrated out, and the effect's modes (to start from next time)."""
    mode, spread = _own_mode(eta, y, n, tau, family, start)
    precision = tau**-2
    e = mode + NODES[:, None] * spread  # (9, n)
    log_f = _loglik(eta + e, y, n, family) - 0.5 * precision * e * e + (0.5 * NODES**2 + LOG_WEIGHTS)[:, None]
    top = log_f.max(0)
    f = np.exp(log_f - top)
    total = f.sum(0)
    f /= total
    m = (f * e).sum(0)
    d = e - m
    f_d2 = f * d * d
    v, k, m4 = f_d2.sum(0), (f_d2 * d).sum(0), (f_d2 * d * d).sum(0)
    e2 = v + m * m
    cov_e_e2, cov_d2_e2 = k + 2 * m * v, m4 - v * v + 2 * m * k
    rows = _Rows(
        value=top + np.log(total * spread / tau),
        score=m * precision,
        weight=np.maximum(precision * (1 - v * precision), 1e-12),
        third=k * precision**3,
        own_mean=m,
        own_var=v,
        value_tau=e2 * precision - 1,
        score_tau=-2 * precision * m + precision**2 * cov_e_e2,
        weight_tau=-2 * precision + 4 * precision**2 * v - precision**3 * cov_d2_e2,
    )
    return rows, mode


# ---------------------------------------------------------------- the design


@dataclass(frozen=True)
class _Design:
    """Which coefficient each row of each term uses. index[t]: level code -> column, or -1 where the level was never seen."""

    dims: tuple[int, ...]
    terms: tuple[Term, ...]
    index: tuple[Array, ...]
    slices: tuple[slice, ...]
    size: int

    def columns(self, codes: Array) -> Array:
        """(n, d) codes -> (n, terms + 1) columns; column 0 is the intercept, -1 a level never seen, -2 a term left out."""
        out = np.zeros((len(codes), len(self.terms) + 1), np.int64)
        for j, term in enumerate(self.terms):
            part = codes[:, term]
            known = (part >= 0).all(1)
            level = _ravel(np.where(part < 0, 0, part), [self.dims[a] for a in term])
            out[:, j + 1] = np.where(known, _lookup(self.index[j], level), np.where((part == LEFT_OUT).any(1), LEFT_OUT, -1))
        return out


def _ravel(part: Array, sizes: Sequence[int]) -> Array:
    level = np.zeros(len(part), np.int64)
    for a, size in enumerate(sizes):
        level = level * size + np.minimum(part[:, a], size - 1)
    return level


def _lookup(seen: Array, level: Array) -> Array:
    """Position + offset of a level among the sorted seen levels; seen[0] is the first column, the rest the levels."""
    first, levels = seen[0], seen[1:]
    if len(levels) == 0:
        return np.full(len(level), -1)
    at = np.minimum(np.searchsorted(levels, level), len(levels) - 1)
    return np.where(levels[at] == level, first + at, -1)


def _design(codes: Array, dims: Sequence[int], terms: Sequence[Term]) -> _Design:
    index, slices, column = [], [], 1
    for term in terms:
        part = codes[:, term]
        levels = np.unique(_ravel(part[(part >= 0).all(1)], [dims[a] for a in term]))
        index.append(np.concatenate([[column], levels]).astype(np.int64))
        slices.append(slice(column, column + len(levels)))
        column += len(levels)
    return _Design(tuple(dims), tuple(terms), tuple(index), tuple(slices), column)


def _matrix(columns: Array, size: int) -> sp.csr_array:
    rows, _ = np.nonzero(columns >= 0)
    return sp.csr_array((np.ones(len(rows)), (rows, columns[columns >= 0])), shape=(len(columns), size))


# ---------------------------------------------------------------- fitting


@dataclass
class _Work:
    """What the iterations carry along: data, design, and the warm starts."""

    x: sp.csr_array
    y: Array
    n: Array
    offset: Array
    family: str
    design: _Design
    center: float
    center_precision: float
    modes: Array

    def precision(self, log_sd: Array) -> Array:
        """The prior precision of every coefficient."""
        out = np.full(self.design.size, self.center_precision)
        for part, value in zip(self.design.slices, np.exp(-2 * log_sd), strict=True):
            out[part] = value
        return out

    def rows(self, b: Array, tau: float) -> _Rows:
        rows, self.modes = _integrate(self.offset + self.x @ b, self.y, self.n, tau, self.family, self.modes)
        return rows

    def penalty(self, b: Array, precision: Array) -> float:
        d = b.copy()
        d[0] -= self.center
        return 0.5 * float(precision @ (d * d))

    def hessian(self, weight: Array, precision: Array) -> Array:
        h = (self.x.T @ sp.diags_array(weight) @ self.x).toarray()
        h[np.diag_indices_from(h)] += precision
        return np.asarray(h)


def _find_mode(work: _Work, b: Array, log_sd: Array, tau: float, steps: int) -> tuple[Array, Array]:
    """Newton with step halving on the penalised likelihood; returns the mode and the inverse Hessian there."""
    precision = work.precision(log_sd)
    rows = work.rows(b, tau)
    for _ in range(steps):
        height = rows.value.sum() - work.penalty(b, precision)
        gradient = work.x.T @ rows.score - precision * (b - np.eye(1, len(b))[0] * work.center)
        factor = sl.cho_factor(work.hessian(rows.weight, precision), lower=True, overwrite_a=True, check_finite=False)
        step = sl.cho_solve(factor, gradient, check_finite=False)
        longest = np.abs(step).max()
        share = min(1.0, 3.0 / max(longest, 1e-300))
        for _ in range(12):
            trial = b + share * step
            rows = work.rows(trial, tau)
            if rows.value.sum() - work.penalty(trial, precision) >= height - 1e-9 * abs(height) - 1e-12:
                break
            share /= 2
        b = trial
        if longest < 1e-5:
            break
    factor = sl.cho_factor(work.hessian(rows.weight, precision), lower=True, overwrite_a=True, check_finite=False)
    v, _ = sl.lapack.dpotri(factor[0], lower=1)
    return b, np.tril(v) + np.tril(v, -1).T


def _leverage(columns: Array, v: Array, chunk: int = 20_000) -> Array:
    """x_i' V x_i for every row, x_i the indicator of its columns (negative columns count nothing); (n,)."""
    padded = np.zeros((len(v) + 1, len(v) + 1), v.dtype)
    padded[:-1, :-1] = v
    flat, width, out = padded.ravel(), len(v) + 1, np.empty(len(columns))
    safe = np.where(columns < 0, len(v), columns)
    for start in range(0, len(columns), chunk):
        part = safe[start : start + chunk]
        total = np.zeros(len(part))
        for i in range(part.shape[1]):
            row = part[:, i] * width
            total += flat[row + part[:, i]]
            for j in range(i + 1, part.shape[1]):
                total += 2 * flat[row + part[:, j]]
        out[start : start + chunk] = total
    return out


def _gradient(work: _Work, columns: Array, b: Array, v: Array, log_sd: Array, tau: float) -> tuple[Array, float, Array, float]:
    """Gradient of the Laplace marginal in the log sds and in log tau, and its Fisher information (a matrix, a number)."""
    rows, h = work.rows(b, tau), _leverage(columns, v)
    moved = v @ (work.x.T @ (h * -rows.third))  # how the weights follow the mode, pulled back to the coefficients
    count = np.array([s.stop - s.start for s in work.design.slices], np.int64)
    var = np.exp(2 * log_sd)
    squares = np.array([b[s] @ b[s] + np.trace(v[s, s]) - b[s] @ moved[s] for s in work.design.slices])
    gradient = squares / var - count
    by_tau = work.x @ (v @ (work.x.T @ rows.score_tau))
    gradient_tau = rows.value_tau.sum() - 0.5 * (h * (rows.weight_tau - rows.third * by_tau)).sum()
    scaled = np.repeat(np.exp(-log_sd), count)
    shrunk = np.eye(len(b) - 1) - scaled[:, None] * v[1:, 1:] * scaled
    starts = [s.start - 1 for s in work.design.slices]
    square = shrunk * shrunk
    information = 2 * np.add.reduceat(np.add.reduceat(square, starts, 0), starts, 1) if starts else np.zeros((0, 0))
    return gradient, gradient_tau, information, 2 * float(((rows.weight * tau**2) ** 2).sum())


def _fit_sds(work: _Work, columns: Array, scale: Array, own_scale: float, most: int = 40) -> tuple[Array, Array, Array, float, Array]:
    """Maximise the marginal posterior of the sds; returns b, V, log sds, tau and the sampling variance of the log sds (tau last)."""
    rho = np.log(np.append(scale, own_scale))  # log sds, log tau last
    prior_rate = 1 / np.append(scale, own_scale)
    b = np.zeros(work.design.size)
    level = (work.y.sum() + 0.5) / (work.n.sum() + 1)
    b[0] = (np.log(level) if work.family == "poisson" else logit(level)) - np.average(work.offset, weights=work.n + 1e-9)
    before, damping, information = np.zeros(len(rho)), np.ones(len(rho)), np.eye(len(rho))
    empty = np.array([s.stop == s.start for s in work.design.slices] + [False])
    for iteration in range(most):
        b, v = _find_mode(work, b, rho[:-1], float(np.exp(rho[-1])), 2 if iteration else 8)
        g, g_tau, info, info_tau = _gradient(work, columns, b, v, rho[:-1], float(np.exp(rho[-1])))
        pull = prior_rate * np.exp(rho)
        gradient = np.append(g, g_tau) + 1 - pull
        information = sl.block_diag(info, info_tau) + np.diag(pull + 0.02)
        gradient[empty] = 0
        damping = np.where(gradient * before < 0, damping * 0.5, np.minimum(1, damping * 1.3))
        step = np.clip(np.linalg.solve(information, gradient), -1.2, 1.2) * damping
        target = np.clip(rho + step, np.log(SD_FLOOR), np.log(SD_CEILING))
        moved, rho, before = target - rho, target, gradient
        if np.abs(gradient @ moved) < 0.02 and iteration > 2:
            break
    b, v = _find_mode(work, b, rho[:-1], float(np.exp(rho[-1])), 20)
    return b, v, rho[:-1], float(np.exp(rho[-1])), np.linalg.inv(information).diagonal()


def fit(
    codes: Array,
    count: Array,
    exposure: Array,
    *,
    dims: Sequence[int],
    terms: str | Sequence[Term] = "pairs",
    offset: Array | float = 0.0,
    item: Array | None = None,
    family: str = "binomial",
    center: float | None = None,
    center_sd: float = 1.5,
    scale: Sequence[float] | Mapping[Term, float] | None = None,
    own_scale: float = 0.25,
) -> Posterior:
    """Fit the model of the module's head.

    Args:
        codes: (n, d) level of each axis, 0 .. dims[a] - 1; -1 where it is not known.
        count, exposure: (n,) events and chances, 0 <= count (<= exposure where binomial).
        terms: "main", "pairs", or tuples of axes.
        offset: (n,) or a number, known part of eta (prior opinion).
        item: (n,) identity of the single post, ad or send; its luck is then the own effect. Without it, rows of one cell are added up.
        center, center_sd: prior of the intercept; without a center it is the data's (and nearly flat).
        scale: prior mean of each term's sd; own_scale that of the own effect.

    >>> post = fit(np.array([[0], [1]]), np.array([30, 60]), np.array([1000, 1000]), dims=(2,))
    >>> bool(post.rate(np.array([[0]]))[0] < post.rate(np.array([[1]]))[0])
    True
    """
    codes = np.asarray(codes, np.int64).reshape(len(codes), len(dims))
    wanted = tuple((a,) for a in range(len(dims))) if terms == "main" else pairs(len(dims)) if terms == "pairs" else tuple(terms)  # type: ignore[arg-type]
    known = scale if isinstance(scale, Mapping) else dict(zip(wanted, scale, strict=True)) if scale is not None else {}
    scales = np.array([known.get(t, 0.25) for t in wanted])
    codes, y, n, off = _sufficient(codes, count, exposure, np.broadcast_to(np.asarray(offset, float), len(codes)), item)
    design = _design(codes, dims, wanted)
    columns = design.columns(codes)
    free = center is None
    work = _Work(
        x=_matrix(columns, design.size),
        y=y,
        n=n,
        offset=off,
        family=family,
        design=design,
        center=0.0 if center is None else center,
        center_precision=1e-4 if free else center_sd**-2,
        modes=np.zeros(len(y)),
    )
    with threadpool_limits(1), np.errstate(under="ignore"):
        if len(y) == 0:
            return _posterior_without_data(work, scales, own_scale, item is not None)
        b, v, log_sd, tau, spread = _fit_sds(work, columns, scales, own_scale)
        rows, h = work.rows(b, tau), _leverage(columns, v)
        mean = b + 0.5 * v @ (work.x.T @ (rows.third * h))
        rows = work.rows(mean, tau)
    whole = (codes >= 0).all(1)
    return Posterior(
        dims=tuple(dims),
        terms=design.terms,
        index=design.index,
        mean=mean,
        cov=v,
        sd=np.exp(log_sd),
        scale=scales,
        tau=tau,
        own_scale=own_scale,
        sd_spread=np.sqrt(np.clip(spread, 0, 1)),
        center_sd=100.0 if free else center_sd,
        family=family,
        per_item=item is not None,
        cell=_ravel(codes, dims)[whole],
        own_mean=rows.own_mean[whole],
        own_var=rows.own_var[whole],
    )


def _sufficient(codes: Array, count: Array, exposure: Array, offset: Array, item: Array | None) -> tuple[Array, Array, Array, Array]:
    """Rows of one unit (cell, or cell and item) added up; sorted, so that the order of rows cannot matter."""
    key = codes if item is None else np.column_stack([codes, np.unique(item, return_inverse=True)[1]])
    if len(key) == 0:
        return codes, np.zeros(0), np.zeros(0), np.zeros(0)
    unit, first, inverse = np.unique(key, axis=0, return_index=True, return_inverse=True)
    inverse = inverse.ravel()
    y, n = (np.bincount(inverse, np.asarray(x, float), len(unit)) for x in (count, exposure))
    keep = n > 0
    return unit[keep][:, : codes.shape[1]], y[keep], n[keep], np.asarray(offset, float)[first][keep]


def _posterior_without_data(work: _Work, scale: Array, own_scale: float, per_item: bool) -> Posterior:
    return Posterior(
        dims=work.design.dims,
        terms=work.design.terms,
        index=work.design.index,
        mean=np.array([work.center]),
        cov=np.array([[1 / work.center_precision]]),
        sd=scale,
        scale=scale,
        tau=own_scale,
        own_scale=own_scale,
        sd_spread=np.zeros(len(scale) + 1),
        center_sd=work.center_precision**-0.5,
        family=work.family,
        per_item=per_item,
        cell=np.zeros(0, np.int64),
        own_mean=np.zeros(0),
        own_var=np.zeros(0),
    )


# ---------------------------------------------------------------- what is known afterwards


@dataclass(frozen=True)
class Posterior:
    """Coefficients ~ N(mean, cov); answers for any cell, seen or not.

    mean (P,), cov (P, P): intercept first, then the seen levels of each term. sd, scale (terms,): fitted and prior sds; tau, own_scale the
    own effect's. sd_spread (terms + 1,): standard error of the log sds. cell, own_mean, own_var (units,): flat cell code of each fitted
    unit and its own effect. Everything on the scale of eta (log-odds, or log rate).
    """

    dims: tuple[int, ...]
    terms: tuple[Term, ...]
    index: tuple[Array, ...]
    mean: Array
    cov: Array
    sd: Array
    scale: Array
    tau: float
    own_scale: float
    sd_spread: Array
    center_sd: float
    family: str
    per_item: bool
    cell: Array
    own_mean: Array
    own_var: Array

    @property
    def sds(self) -> dict[Term, float]:
        return dict(zip(self.terms, map(float, self.sd), strict=True))

    def _columns(self, codes: Array) -> Array:
        slices = tuple(slice(int(i[0]), int(i[0]) + len(i) - 1) for i in self.index)
        return _Design(self.dims, self.terms, self.index, slices, len(self.mean)).columns(np.asarray(codes, np.int64))

    def structured(self, codes: Array, offset: Array | float = 0.0) -> tuple[Array, Array]:
        """Mean and variance (n,) of eta without the own effect; a level never seen brings its term's variance."""
        columns = self._columns(codes)
        with threadpool_limits(1):
            m = np.append(self.mean, 0.0)[columns.clip(-1)].sum(1) + offset
            v = _leverage(columns, self.cov) + (columns[:, 1:] == -1) @ self.sd**2
        return m, v

    def own(self, codes: Array) -> tuple[Array, Array]:
        """Posterior mean and variance (n,) of the cells' own effects: (0, tau^2) where a cell was never seen; nothing for items."""
        n = len(codes)
        if self.per_item:
            return np.zeros(n), np.zeros(n)
        m, v = np.zeros(n), np.full(n, self.tau**2)
        if len(self.cell):
            codes = np.asarray(codes, np.int64)
            flat = _ravel(codes.clip(0), self.dims)
            at = np.minimum(np.searchsorted(self.cell, flat), len(self.cell) - 1)
            hit = (self.cell[at] == flat) & (codes >= 0).all(1)
            m[hit], v[hit] = self.own_mean[at[hit]], self.own_var[at[hit]]
        return m, v

    def logit(self, codes: Array, offset: Array | float = 0.0, *, own: bool = True, item: bool = False) -> tuple[Array, Array]:
        """Mean and variance (n,) of eta: with the cell's own effect (`own`), and with the luck of a new single piece (`item`)."""
        m, v = self.structured(codes, offset)
        if own and not self.per_item:
            own_mean, own_var = self.own(codes)
            kept = np.clip(own_var / self.tau**2, 0, 1)  # the own effect gives back what the structure gains: de/d eta = v/tau^2 - 1
            m, v = m + own_mean, v * kept**2 + own_var
        return m, v + (self.tau**2 if item and self.per_item else 0.0)

    def expect(self, m: Array, v: Array) -> Array:
        """E of the inverse link under N(m, v): a rate is a mean."""
        if self.family == "poisson":
            return np.asarray(np.exp(m + v / 2))
        return np.asarray(expit(m[:, None] + np.sqrt(v)[:, None] * FINE) @ FINE_WEIGHTS)

    def rate(self, codes: Array, offset: Array | float = 0.0) -> Array:
        """Posterior mean rate (n,)."""
        return self.expect(*self.logit(codes, offset))

    def interval(self, codes: Array, offset: Array | float = 0.0, *, level: float = 0.9, exposure: Array | None = None) -> Array:
        """(n, 2) of the rate; with `exposure`, of the rate that will be observed on so many (counting luck, and a new piece's, included)."""
        m, v = self.logit(codes, offset, item=exposure is not None)
        if exposure is not None:
            return self._predictive(m, v, np.asarray(exposure, float), level)
        z = ndtri(0.5 + level / 2)
        ends = np.column_stack([m - z * np.sqrt(v), m + z * np.sqrt(v)])
        return np.asarray(np.exp(ends) if self.family == "poisson" else expit(ends))

    def _predictive(self, m: Array, v: Array, n: Array, level: float) -> Array:
        rng = np.random.default_rng(0)
        eta = m[:, None] + np.sqrt(v)[:, None] * ndtri((np.arange(400) + 0.5) / 400)
        rate = np.exp(eta) if self.family == "poisson" else expit(eta)
        chances = np.maximum(np.rint(n), 1)[:, None]
        counts = rng.poisson(rate * chances) if self.family == "poisson" else rng.binomial(chances.astype(np.int64), rate)
        return np.asarray(np.quantile(counts / chances, [0.5 - level / 2, 0.5 + level / 2], axis=1).T)

    def prior_var(self, codes: Array) -> Array:
        """Variance (n,) of eta before any data: the intercept's, each term's prior scale, and the own effect's."""
        used = self._columns(codes)[:, 1:] != LEFT_OUT
        return np.asarray(min(self.center_sd, 1.5) ** 2 + used @ self.scale**2 + (0.0 if self.per_item else self.own_scale**2))

    # ------------------------------------------------------------ draws

    def _tables(self, codes: Array, size: int, rng: np.random.Generator) -> tuple[Array, list[Array]]:
        """Draws of every coefficient that the rows use: columns (n, terms + 1) into draws (used, size), unseen levels drawn from their prior."""
        columns = self._columns(codes)
        root = sl.cholesky(self.cov, lower=True, check_finite=False)
        drawn = (self.mean[:, None] + root @ rng.standard_normal((len(self.mean), size))).astype(np.float32)
        blocks, total = [drawn], len(drawn)
        for j, term in enumerate(self.terms):
            unseen = columns[:, j + 1] == -1
            if unseen.any():
                level, at = np.unique(_ravel(np.asarray(codes)[unseen][:, term].clip(0), [self.dims[a] for a in term]), return_inverse=True)
                blocks.append((self.sd[j] * rng.standard_normal((len(level), size))).astype(np.float32))
                columns[unseen, j + 1] = total + at
                total += len(level)
        blocks.append(np.zeros((1, size), np.float32))
        columns[columns == LEFT_OUT] = total
        return columns, blocks

    def eta_draws(self, codes: Array, offset: Array | float = 0.0, *, size: int, rng: np.random.Generator) -> Array:
        """(size, n) joint draws of eta, own effects included."""
        codes = np.asarray(codes, np.int64)
        with threadpool_limits(1):
            columns, blocks = self._tables(codes, size, rng)
            table = np.concatenate(blocks)
            eta = np.zeros((len(codes), size), np.float32)
            for j in range(columns.shape[1]):
                eta += table[columns[:, j]]
            m, v = self.own(codes)
            kept = np.ones(len(codes)) if self.per_item else np.clip(v / self.tau**2, 0, 1)
            center = self.structured(codes)[0]
            eta = center[:, None] + (eta - center[:, None]) * kept[:, None] + m[:, None] + np.sqrt(v)[:, None] * rng.standard_normal(eta.shape)
        return np.asarray((eta + np.broadcast_to(np.asarray(offset, float), len(codes))[:, None]).T)

    def draws(self, codes: Array, offset: Array | float = 0.0, *, size: int, rng: np.random.Generator) -> Array:
        """(size, n) joint draws of the rates."""
        eta = self.eta_draws(codes, offset, size=size, rng=rng)
        return np.exp(eta) if self.family == "poisson" else np.asarray(expit(eta))

    def best(self, codes: Array, group: Array, offset: Array | float = 0.0, *, size: int = 1000, rng: np.random.Generator, highest: bool = True) -> Array:
        """(n,) probability that the cell's own rate is the highest (or lowest) of its group; sums to 1 in each group.

        Terms that are constant inside a group cannot change its order and are left out; those without any grouping axis are summed once.
        """
        codes, group = np.asarray(codes, np.int64), np.asarray(group)
        out = np.zeros(len(codes))
        if len(codes) == 0:
            return out
        fixed = [a for a in range(codes.shape[1]) if _constant(codes[:, a], group)]
        with threadpool_limits(1):
            columns, blocks = self._tables(codes, size, rng)
            table = np.concatenate(blocks)
            own_mean, own_var = self.own(codes)
            kept = np.ones(len(codes)) if self.per_item else np.clip(own_var / self.tau**2, 0, 1)
            center = np.where(kept < 1, self.structured(codes)[0], 0.0)
            shift = (np.broadcast_to(np.asarray(offset, float), len(codes)) + own_mean).astype(np.float32)
            parts = _Parts(codes, columns, self.terms, fixed, table, whole=bool((kept < 1).any()))
            for rows in _groups(group):
                eta = parts.sum(rows)
                own = np.flatnonzero(kept[rows] < 1)
                if len(own):  # a seen cell's own effect gives back part of what its structure gains
                    c, k = center[rows[own], None].astype(np.float32), kept[rows[own], None].astype(np.float32)
                    eta[own] = c + (eta[own] - c) * k
                noise = rng.standard_normal(eta.shape, dtype=np.float32)
                noise *= np.sqrt(own_var[rows, None]).astype(np.float32)
                eta += noise
                eta += shift[rows, None]
                winner = eta.argmax(0) if highest else eta.argmin(0)
                out[rows] = np.bincount(winner, minlength=len(rows)) / size
        return out

    def group_mean(self, codes: Array, group: Array, offset: Array | float = 0.0) -> tuple[Array, Array]:
        """(n,) the mean eta of each row's group, and its variance (own effects included)."""
        codes, group = np.asarray(codes, np.int64), np.asarray(group)
        m, _ = self.logit(codes, offset)
        columns, own_var = self._columns(codes), self.own(codes)[1]
        kept = np.ones(len(codes)) if self.per_item else np.clip(own_var / self.tau**2, 0, 1)
        alone = own_var + ((columns[:, 1:] == -1) @ self.sd**2) * kept**2
        mean, var = np.empty(len(codes)), np.empty(len(codes))
        with threadpool_limits(1):
            for rows in _groups(group):
                average = _matrix(columns[rows], len(self.mean)).T @ kept[rows] / len(rows)
                mean[rows] = m[rows].mean()
                var[rows] = average @ self.cov @ average + alone[rows].sum() / len(rows) ** 2
        return mean, var

    def to_arrays(self) -> dict[str, Array]:
        """Everything as plain arrays, for .npz."""
        flat: dict[str, Array] = {f"index_{j}": i for j, i in enumerate(self.index)}
        flat["terms"] = np.array([list(t) + [-1] * (len(self.dims) - len(t)) for t in self.terms], np.int64).reshape(len(self.terms), len(self.dims))
        for f in fields(self):
            if f.name not in ("index", "terms", "family"):
                flat[f.name] = np.asarray(getattr(self, f.name))
        flat["family"] = np.asarray(self.family)
        return flat

    @classmethod
    def from_arrays(cls, a: Mapping[str, Array]) -> Posterior:
        """The inverse of `to_arrays`."""
        terms = tuple(tuple(int(x) for x in row if x >= 0) for row in a["terms"])
        arrays = {k: np.asarray(a[k]) for k in ("mean", "cov", "sd", "scale", "sd_spread", "cell", "own_mean", "own_var")}
        numbers = {k: float(a[k]) for k in ("tau", "own_scale", "center_sd")}
        index = tuple(np.asarray(a[f"index_{j}"]) for j in range(len(terms)))
        dims = tuple(int(x) for x in a["dims"])
        return cls(dims=dims, terms=terms, index=index, family=str(a["family"]), per_item=bool(a["per_item"]), **arrays, **numbers)


@dataclass
class _Parts:
    """Sums of draws over terms, made once for what groups share: `shared` per combination of the free axes, the rest per group."""

    codes: Array
    columns: Array
    terms: tuple[Term, ...]
    fixed: list[int]
    table: Array
    whole: bool

    def __post_init__(self) -> None:
        free = [a for a in range(self.codes.shape[1]) if a not in self.fixed]
        kinds = [[a for a in t if a in self.fixed] for t in self.terms]
        content, first, self.content = np.unique(self.codes[:, free], axis=0, return_index=True, return_inverse=True)
        self.content = self.content.ravel()
        # a term on grouping axes alone shifts a whole group: needed only where an own effect pulls back towards the structure
        constant = [j + 1 for j, t in enumerate(self.terms) if len(kinds[j]) == len(t)]
        self.level = [0, *constant] if self.whole else []
        self.shared = self._gather(first, [j + 1 for j, k in enumerate(kinds) if not k])
        self.single = {a: [j + 1 for j, (k, t) in enumerate(zip(kinds, self.terms, strict=True)) if k == [a] and len(t) > 1] for a in self.fixed}
        done = {*constant, *(j for js in self.single.values() for j in js)}
        self.rest = [j + 1 for j, k in enumerate(kinds) if k and j + 1 not in done]
        self.cache: dict[tuple[int, int], Array] = {}

    def _gather(self, rows: Array, columns: list[int]) -> Array:
        total = np.zeros((len(rows), self.table.shape[1]), np.float32)
        for j in columns:
            total += self.table[self.columns[rows, j]]
        return total

    def sum(self, rows: Array) -> Array:
        """(rows, size) draws of eta for the rows of one group."""
        eta = self.shared[self.content[rows]]
        eta = eta + self._gather(rows, [*self.rest, *self.level])
        for a in self.fixed:
            eta += self._mixed(a, rows)
        return eta

    def _mixed(self, axis: int, rows: Array) -> Array:
        """The terms of one grouping axis with free axes. The last level asked for is kept, and few-levelled axes are kept whole."""
        if not self.single[axis]:
            return np.zeros((1, 1), np.float32)
        key = (axis, int(self.codes[rows[0], axis]))
        if key not in self.cache or len(self.cache[key]) != len(rows) or not np.array_equal(self.content[rows], self.cache_rows[key]):
            for old in [k for k in self.cache if k[0] == axis and len([q for q in self.cache if q[0] == axis]) >= 4]:
                del self.cache[old]
            self.cache[key] = self._gather(rows, self.single[axis])
            self.cache_rows[key] = self.content[rows]
        return self.cache[key]

    @property
    def cache_rows(self) -> dict[tuple[int, int], Array]:
        return self.__dict__.setdefault("_cache_rows", {})


def _constant(codes: Array, group: Array) -> bool:
    order = np.argsort(group, kind="stable")
    same = group[order][1:] == group[order][:-1]
    return bool((codes[order][1:] == codes[order][:-1])[same].all())


def _groups(group: Array) -> Iterator[Array]:
    order = np.argsort(group, kind="stable")
    yield from np.split(order, np.flatnonzero(np.diff(group[order])) + 1)
