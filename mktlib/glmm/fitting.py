"""Coefficients by Newton and Laplace; the sds term by term, each integrated over along its own line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.special import logit
from threadpoolctl import threadpool_limits

from mktlib.glmm.design import Array, Data, Family, Held, Term, pairs, prepare
from mktlib.glmm.posterior import Posterior
from mktlib.glmm.sds import ABSENT, LEAST, Line, Sd, exponential, first_direction, known
from mktlib.glmm.units import Units, integrate
from mktlib.vocabulary import progress

CENTER_SD, MAIN, PAIR, OWN = 1.5, 0.5, 0.4, 0.5
"""Before any data: sd of the intercept, and root mean squares of the sds of main effects, of interplays and of the own effect."""
OWN_RANGE, SIZES = (0.01, 4.0), (0.01, 3.0)
OWN_SHAPE = 3.0
START = {1: 0.25, 2: 0.15}  # sds of main effects and of the rest, before the first look
SILENT, LOUD, ENOUGH = 0.7, (0.35, 0.6, 1.0), 2000
"""Probability before the data that nothing matters; loudness of content where it does; events from which the sds alone say so."""
ROUGH = 1200  # coefficients from which sds may settle in single precision
SURE = 0.12  # a standard error of log tau below which its uncertainty changes a variance by less than 3 %

# ------------------------------------------------------------ coefficients at given sds


def _information(data: Data, u: Units) -> Array:
    """X' W X with W = diag(w) - var w w' inside each unit, as an arrow."""
    arrow = data.columns.arrow
    alone = u.w if data.shared else u.w * (1 - u.w * u.var)
    out = arrow.cross(data.meetings, np.bincount(data.cell, alone, len(data.at)))
    for some in data.together if data.shared else ():
        z = some.sums(u.w).toarray()[:, :-1] * np.sqrt(u.var[some.units])[:, None]
        arrow.subtract(out, some.level, z.T @ z)
    return out


@dataclass(frozen=True)
class Mode:
    """The most probable coefficients at given sds, and what was found there; height: log of Laplace's marginal likelihood."""

    b: Array
    u: Units
    height: float


def _newton(data: Data, b: Array, u: Units, sd: Sequence[float] | Array, tau: float, steps: int) -> tuple[Mode, Array]:
    """Newton steps, halved while they go down, on sum(value) - b' Lambda b / 2; beside the mode, the factor of where the last step began
    (the largest thing here: it is not kept longer than it is needed)."""
    arrow, precision, center = data.columns.arrow, data.prior_precision(np.asarray(sd)), np.eye(1, data.size)[0] * data.center

    def height(b: Array, u: Units) -> float:
        return float(u.value.sum() - (precision * (b - center) ** 2).sum() / 2)

    u = integrate(data, b, tau, u.mode)
    for _ in range(steps):
        root = arrow.factor(_information(data, u), precision)
        step = arrow.solve(root, data.pull_back(u.score) - precision * (b - center))
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
    return Mode(b, u, height(b, u) + float(np.log(precision).sum() - arrow.log_det(root)) / 2), root


def _own_frame(data: Data, u: Units, v: Array) -> tuple[Array, Array]:
    """Var(eta_r + e | data) minus var(e), (n,), and the variance that e borrows from b, (units,); v as an arrow.

    The own effect answers a move of eta by -var * sum(w_r d eta_r): a row keeps x_r - z, with z = var * sum(w_r x_r) of its unit.
    """
    arrow = data.columns.arrow
    h = arrow.leverage(v, data.meetings)[data.cell]
    if not data.shared:
        pulled = u.w * u.var
        return h * (1 - pulled) ** 2, h * pulled**2
    cross = np.zeros(len(data.y))
    for some in data.together:
        corner = np.pad(arrow.corner(v, some.level), ((0, 1), (0, 1)))  # the last row and column: never seen
        zv = some.sums(u.w) @ corner
        cross[some.rows] = zv[some.unit[:, None], some.local].sum(1)
    cross *= data.to_rows(u.var)  # x_r' V z
    both = u.var * data.per_unit(u.w * cross)  # z' V z
    return h - 2 * cross + data.to_rows(both), both


def _shift(data: Data, u: Units, root: Array, frame: Array) -> Array:
    """Mode minus mean of b, (size,): V X' d (log det H / 2) / d eta. A mode is not a mean, and moves with the sds by as much."""
    bent = u.skew * frame
    return data.columns.arrow.solve(root, data.pull_back((bent - u.w * data.to_rows(u.var * data.per_unit(bent))) / 2))


# ------------------------------------------------------------ the sds


def _slope(data: Data, u: Units, frame: Array, borrowed: Array, shift: Array, tau: float) -> float:
    """Of Laplace's log marginal likelihood in log tau: at a fixed mode of b, and through the mode's own move."""
    fixed = u.value_tau.sum() - (u.w_tau * frame).sum() / 2 + borrowed.sum() / tau**2
    return float(fixed - u.score_tau @ data.linear(shift))


@dataclass(frozen=True)
class Peak:
    """Where the sds settle: a line for each term, one sd each for the means (`typical`) and for the variances (`wide`), tau."""

    mode: Mode
    typical: Array
    wide: Array
    lines: tuple[Line, ...]
    tau: float
    tau_error: float


def _settle(data: Data, priors: Sequence[Sd], own: Sd, most: int = 40) -> Peak:
    """Every term moves to what its own line says, given all others; log tau by Fisher scoring with the exact gradient of Laplace's
    marginal likelihood, in which the mode of b moves with tau. own: tau's prior."""
    arrow, where = data.columns.arrow, data.columns.where
    sd = np.array([START[min(len(t), 2)] if len(p.grid) > 1 else p.grid[0] for t, p in zip(data.columns.terms, priors, strict=True)])
    estimated = len(own.grid) > 1
    tau = float(np.clip(own.mean, *OWN_RANGE)) if estimated else float(own.grid[0])
    b = np.eye(1, data.size)[0] * _average_eta(data)
    mode, root = _newton(data, b, integrate(data, b, tau, np.zeros(len(data.first))), sd, tau, 3)
    fastest = np.append(np.full(len(sd), 0.7), 1.0)
    pace, before = fastest, np.zeros(len(fastest))
    for _ in progress(range(most), unit="round"):
        del root  # one factor at a time
        mode, root = _newton(data, mode.b, mode.u, sd, tau, 1)
        u, v = mode.u, arrow.inverse(root, rough=arrow.size > ROUGH)
        frame, borrowed = _own_frame(data, u, v)
        shift = _shift(data, u, root, frame)
        mean = mode.b - shift
        axes = [arrow.principal(v, at) for at in where]
        lines = tuple(Line.of(x.turn(mean[at]), x.var, s, p) for x, at, s, p in zip(axes, where, sd, priors, strict=True))
        new = np.array([x.typical(x.fit) for x in lines])
        wide = np.array([x.typical(x.shrunk) for x in lines])
        pull = OWN_SHAPE * tau / own.mean  # of the prior
        gradient, curvature = (
            _slope(data, u, frame, borrowed, shift, tau) + OWN_SHAPE - pull,
            2 * ((1 - u.var / tau**2) ** 2).sum() + pull + 0.02,
        )
        moved = np.append(np.log(new / sd), np.clip(gradient / curvature, -1, 1) if estimated else 0.0)
        pace = np.where(moved * before < 0, pace / 2, np.minimum(pace * 1.3, fastest))  # who turns back walks slower
        step, before = pace * moved, moved
        sd, tau = sd * np.exp(step[:-1]), float(np.clip(tau * np.exp(step[-1]), *OWN_RANGE)) if estimated else tau
        if np.abs(step[np.append(np.maximum(new, sd), 1) > 0.03]).max() < 0.025:  # below, an sd is as good as nothing
            break
    return Peak(mode, sd, wide, lines, tau, curvature**-0.5 if estimated else 0.0)


def _own_points(data: Data, peak: Peak, own: Sd) -> tuple[Array, Array, list[Mode], Sd]:
    """(values of tau, their weights, the modes there, all of tau's posterior): Laplace's marginal on a few points, smooth between them."""
    settled, _ = _newton(data, peak.mode.b, peak.mode.u, peak.typical, peak.tau, 30)
    if peak.tau_error < SURE:
        return np.array([peak.tau]), np.ones(1), [settled], known(peak.tau)
    points = peak.tau * np.exp(peak.tau_error * np.array([-3.5, -2.2, -1.2, -0.5, 0, 0.5, 1.1, 2.0]))
    points = points[(points >= OWN_RANGE[0]) & (points <= OWN_RANGE[1])]
    modes = [_newton(data, settled.b, settled.u, peak.typical, float(t), 2)[0] for t in points]
    log = np.array([m.height for m in modes]) + OWN_SHAPE * (np.log(points) - points / own.mean)  # the prior
    grid = np.linspace(np.log(points[0]), np.log(points[-1]), 201)
    parabola = np.polynomial.Polynomial.fit(np.log(points), log - log.max(), 2)
    density = parabola(grid) + np.interp(grid, np.log(points), log - log.max() - parabola(np.log(points)))
    weight = np.exp(density) / np.exp(density).sum()
    edges = np.searchsorted(grid, (np.log(points[1:]) + np.log(points[:-1])) / 2)
    return points, np.array([x.sum() for x in np.split(weight, edges)]), modes, Sd(np.exp(grid), weight)


# ------------------------------------------------------------ whether anything matters


def _heard(data: Data) -> tuple[float, float, float]:
    """(probability that cells differ at all, mean and variance of the one level that they share if not).

    A dozen clicks cannot say which terms matter, but they can say whether any does: the marginal likelihood of typical sds, some way
    from nothing to loud, against that of next to nothing (a Bayes factor; Kass & Raftery 1995, JASA 90).
    """
    arrow, start = data.columns.arrow, np.eye(1, data.size)[0] * _average_eta(data)
    u, modes = integrate(data, start, OWN_RANGE[0], np.zeros(len(data.first))), []
    for loud in (0.01, *LOUD):
        sd = [loud * (MAIN if len(t) == 1 else PAIR) for t in data.columns.terms]
        modes.append(_newton(data, start, u, sd, max(loud * OWN, OWN_RANGE[0]), 30))
    (alike, root), *apart = modes
    factor = np.mean([np.exp(np.clip(m.height - alike.height, -50, 50)) for m, _ in apart])
    odds = factor * (1 - SILENT) / SILENT
    first = np.eye(1, data.size)[0]
    return odds / (1 + odds), float(alike.b[0]), float(arrow.solve(root, first)[0])


# ------------------------------------------------------------ all of it


def _average_eta(data: Data) -> float:
    """The data's own level, offsets taken out."""
    if len(data.y) == 0:
        return 0.0
    y, n, average = max(data.y.sum(), 0.0) + 0.5, data.n.sum(), np.average(data.offset, weights=data.n)
    return float((np.log(y / n) if data.family == "poisson" else logit(min(y / (n + 1), 1 - 1e-9))) - average)


def _priors(scale: Mapping[Term, float] | Sequence[float] | float | None, terms: tuple[Term, ...], sds: Sequence[float] | None) -> list[Sd]:
    if sds is not None:
        return [known(max(float(x), LEAST)) for x in sds[:-1]]
    given = (
        {} if scale is None else scale if isinstance(scale, Mapping) else dict(zip(terms, np.broadcast_to(scale, len(terms)), strict=True))
    )
    sizes = [float(np.clip(given.get(t, MAIN if len(t) == 1 else PAIR), *SIZES)) for t in terms]
    return [exponential(size, ABSENT if len(t) > 1 else 0.0) for t, size in zip(terms, sizes, strict=True)]


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
    own_scale: float = OWN,
    held: Held | None = None,
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
        scale: root mean square of each term's sd before the data (a number, one a term, or a mapping); own_scale: of the own effect's.
        held: {term: (levels (k, axes of the term), sds (k,))}: levels that an opinion holds to within an sd of the offset, beside the
            term's own sd (k pieces of Gaussian evidence).
        sds: known sds, one a term and the own effect's last; nothing is estimated then.
        quad: points of the quadrature over the own effect.

    >>> post = fit(np.array([[0], [1]]), np.array([30, 60]), np.array([1000, 1000]), dims=(2,))
    >>> bool(post.rate(np.array([[0]]))[0] < post.rate(np.array([[1]]))[0])
    True
    """
    axes, dims = len(dims), tuple(int(x) for x in dims)
    codes = np.asarray(codes, np.int64).reshape(len(codes), axes)
    wanted = pairs(axes) if terms == "pairs" else tuple((a,) for a in range(axes)) if terms == "main" else tuple(map(tuple, terms))
    y, n, offsets = (np.broadcast_to(np.asarray(x, float), len(codes)) for x in (count, exposure, offset))
    data = prepare(codes, y, n, offsets, item, dims, wanted, held, family=family, center=0.0, center_sd=center_sd, quad=quad)
    data = replace(data, center=_average_eta(data) if center is None else center)
    priors = _priors(scale, wanted, sds)
    own = known(max(float(sds[-1]), LEAST)) if sds is not None else exponential(float(np.clip(own_scale, *SIZES)), 0.0, OWN_SHAPE)
    with threadpool_limits(1), np.errstate(under="ignore"):
        if len(data.y) == 0:
            return _unread(data, priors, own, item is not None)
        level = _heard(data) if sds is None and data.y.sum() < ENOUGH else (1.0, data.center, 0.0)
        return _conclude(data, priors, own, item is not None, level)


def _unread(data: Data, priors: Sequence[Sd], own: Sd, per_item: bool) -> Posterior:
    """Without data: the prior."""
    wide = np.array([p.square**0.5 for p in priors])
    root = data.columns.arrow.factor(data.columns.arrow.zeros(), data.prior_precision(wide))
    level = (1 - SILENT, data.center, data.center_sd**2)
    v = data.columns.arrow.inverse(root)
    units, mean = (np.zeros(0), np.zeros(0), np.zeros(0)), np.eye(1, data.size)[0] * data.center
    return Posterior.of(data, mean, root, v, np.zeros((data.size, 0)), wide, priors, priors, own, own, per_item, units, level)


def _conclude(data: Data, priors: Sequence[Sd], own: Sd, per_item: bool, level: tuple[float, float, float]) -> Posterior:
    """Means, variances and the ways in which uncertain sds sway them; what is known of each unit's own effect."""
    arrow, columns = data.columns.arrow, data.columns
    peak = _settle(data, priors, own)
    taus, weight, modes, of_tau = _own_points(data, peak, own)
    middle = modes[int(np.argmin(np.abs(taus - peak.tau)))]
    root = arrow.factor(_information(data, middle.u), data.prior_precision(peak.wide))
    v = arrow.inverse(root)
    frame, _ = _own_frame(data, middle.u, v)
    shift = _shift(data, middle.u, root, frame)
    b = np.array([m.b for m in modes])
    mean = weight @ b - shift
    pushes = []
    for at, line, prior, sd in zip(columns.where, peak.lines, priors, peak.wide, strict=True):
        if len(prior.grid) > 1 and len(at):
            push = np.zeros(data.size)
            axes = arrow.principal(v, at)
            along = replace(Line.of(axes.turn(mean[at]), axes.var, sd, prior), known=line.known)
            push[at] = axes.back(along.sway() / axes.var)
            pushes.append(push)
    sways = [arrow.solve(root, np.column_stack(pushes)) if pushes else np.zeros((data.size, 0))]
    if len(taus) > 1:
        sways.append(first_direction(b, weight)[:, None])
    sway = np.ascontiguousarray(np.column_stack(sways))
    sway *= np.where(np.cos(np.arange(len(sway))) @ sway < 0, -1.0, 1.0)  # an axis has no sign of its own: the same draws on every machine
    units = _own(data, mean, b, taus, weight, modes, middle, frame)
    arrow.add_outer(v, sway)
    return Posterior.of(data, mean, root, v, sway, peak.wide, priors, [x.known for x in peak.lines], own, of_tau, per_item, units, level)


def _own(
    data: Data, mean: Array, b: Array, taus: Array, weight: Array, modes: Sequence[Mode], middle: Mode, frame: Array
) -> tuple[Array, Array, Array]:
    """Mean, variance and share kept (units,) of the own effects over the values of tau."""
    if not (data.unit_code >= 0).any():
        return np.zeros(0), np.zeros(0), np.zeros(0)
    moved = b - weight @ b
    found = [integrate(data, mean + d, float(t), m.u.mode) for d, t, m in zip(moved, taus, modes, strict=True)]
    own, var = np.array([u.mean for u in found]), np.array([u.var for u in found])
    kept = np.clip(weight @ (var / taus[:, None] ** 2), 0, 1)
    along = np.array([data.linear(d)[data.first] for d in moved])
    total = weight @ (own + along) ** 2 - (weight @ own) ** 2 - kept**2 * (weight @ along**2)  # of eta over tau, less what the sway says
    bent = middle.u.var * data.per_unit(middle.u.skew * frame) / 2  # a mean is not a mode: the same correction as that of b
    return weight @ own - bent, weight @ var + np.maximum(total, 0), kept
