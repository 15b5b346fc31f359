"""The scorer's mathematics against quadrature, brute force, its own draws, and worlds with known truth."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import beta, binom, norm, poisson

from mktlib import glmm
from mktlib.glmm import design, fitting, sds
from mktlib.glmm.units import integrate

DIMS = (3, 4, 5)
GRID = np.array(list(itertools.product(*map(range, DIMS))))


def world(seed, *, dims=DIMS, share=0.5, exposure=400.0, level=-3.0, sd=0.4, tau=0.3):
    """Cells of a crossed design with main effects, some exposure on a share of them; truth included."""
    rng = np.random.default_rng(seed)
    grid = np.array(list(itertools.product(*map(range, dims))))
    eta = level + sum(rng.normal(0, sd, d)[grid[:, a]] for a, d in enumerate(dims)) + rng.normal(0, tau, len(grid))
    seen = rng.random(len(grid)) < share
    n = np.where(seen, rng.poisson(exposure * np.exp(rng.normal(0, 1, len(grid)))) + 1, 0).astype(float)
    return grid, eta, seen, rng.binomial(n.astype(int), expit(eta)).astype(float), n


# ------------------------------------------------------------ against the exact answer


@pytest.mark.parametrize("family", ["binomial", "poisson"])
@pytest.mark.parametrize(("y", "n"), [(0, 200), (3, 100), (60, 2000), (5000, 100_000)])
def test_one_cell_agrees_with_exact_integration(family, y, n):
    center, center_sd, tau = -3.5, 0.6, 0.4
    post = glmm.fit(np.zeros((1, 1), int), [y], [n], dims=(1,), terms=[], family=family, center=center, center_sd=center_sd, sds=[tau])
    total = np.hypot(center_sd, tau)  # alone, a cell only sees the sum of its intercept and its own effect
    rate = np.exp if family == "poisson" else expit
    like = (lambda e: poisson.pmf(y, n * np.exp(e))) if family == "poisson" else (lambda e: binom.pmf(y, n, expit(e)))
    peak = max(np.linspace(-8, 0, 2000), key=lambda e: like(e) * norm.pdf(e, center, total))
    ends = (max(peak - 2.5, -9), min(peak + 2.5, 1))

    def integral(h):
        return quad(lambda e: h(e) * like(e) * norm.pdf(e, center, total), *ends, points=[peak], limit=400, epsrel=1e-10)[0]

    def mean(g):
        return integral(g) / integral(np.ones_like)

    eta = mean(lambda e: e)
    spread = mean(lambda e: (e - eta) ** 2)
    m, v = (x[0] for x in post.logit([[0]]))
    assert post.rate([[0]])[0] == pytest.approx(mean(rate), abs=1e-4 if y < 60 else 2e-6)
    assert m == pytest.approx(eta, abs=2e-3)
    assert v == pytest.approx(spread, rel=0.02)


def exact(codes, y, n, queries, sds, center, center_sd, size=400_000, seed=0):
    """Means and variances of eta by importance sampling on the whole of (b, e): weights are the likelihood under draws of a wide normal."""
    rng = np.random.default_rng(seed)
    a, b = (codes[:, j].max() + 1 for j in (0, 1))
    # the prior of the structure at the observed cells, and of their own effects
    x = np.zeros((len(codes), 1 + a + b + len(codes)))
    x[:, 0] = 1
    x[np.arange(len(codes)), 1 + codes[:, 0]] = 1
    x[np.arange(len(codes)), 1 + a + codes[:, 1]] = 1
    x[np.arange(len(codes)), 1 + a + b + np.arange(len(codes))] = 1
    prior = np.repeat([center_sd, *sds], [1, a, b, len(codes)])
    mode = np.r_[center, np.zeros(a + b + len(codes))]
    for _ in range(60):
        p = expit(x @ mode)
        h = (x.T * (n * p * (1 - p))) @ x + np.diag(prior**-2.0)
        mode = mode + np.linalg.solve(h, x.T @ (y - n * p) - (mode - np.r_[center, np.zeros(len(mode) - 1)]) / prior**2)
    root = np.linalg.cholesky(np.linalg.inv(h))
    z = rng.standard_normal((size, len(mode)))
    chi = rng.chisquare(30, size) / 30
    draws = mode + (z @ root.T) / np.sqrt(chi)[:, None]
    eta = draws @ x.T
    w = (y * eta - n * np.logaddexp(0, eta)).sum(1) - ((draws - np.r_[center, np.zeros(len(mode) - 1)]) ** 2 / prior**2).sum(1) / 2
    w += (30 + len(mode)) / 2 * np.log1p((z**2).sum(1) / chi / 30)
    w = np.exp(w - w.max())
    w /= w.sum()
    at = eta[:, queries]
    m = w @ at
    return m, w @ (at - m) ** 2, w @ expit(at)


def test_a_held_level_has_the_prior_of_both_its_spreads():
    """With known sds and a known intercept each level stands alone: its posterior on a line, prior precision 1 / sd^2 + 1 / s^2."""
    codes, y, n, low = np.array([[0], [1], [2]]), np.array([400.0, 700, 500]), np.array([20_000.0] * 3), np.log(0.025 / 0.975)
    said = {(0,): (np.array([[1], [3], [-1]]), np.array([0.05, 0.1, 0.2]))}
    options = {"dims": (4,), "terms": [(0,)], "center": low, "center_sd": 1e-3, "sds": [0.4, 0.003]}
    held = glmm.fit(codes, y, n, **options, held=said)
    mean, var = held.logit(np.arange(4)[:, None])
    eta = np.linspace(low - 1.5, low + 1.5, 20_001)
    for level, precision in ((0, 0.4**-2), (1, 0.4**-2 + 0.05**-2), (2, 0.4**-2)):
        log = y[level] * eta - n[level] * np.logaddexp(0, eta) - precision * (eta - low) ** 2 / 2
        weight = np.exp(log - log.max())
        weight /= weight.sum()
        assert mean[level] == pytest.approx(weight @ eta, abs=0.002)
        assert var[level] == pytest.approx(weight @ (eta - weight @ eta) ** 2, rel=0.01)
    assert var[3] == pytest.approx(1 / (0.4**-2 + 0.1**-2), rel=0.01)  # never seen, but spoken of
    np.testing.assert_allclose(held.prior_var(np.array([[3], [0]])), [var[3], 0.16], rtol=1e-2)


def test_a_small_crossed_design_agrees_with_importance_sampling():
    codes = np.array(list(itertools.product(range(2), range(3))))
    y, n = np.array([2.0, 9, 4, 30, 12, 1]), np.array([60.0, 150, 90, 400, 120, 40])
    sds, center, center_sd = [0.5, 0.4, 0.3], -2.5, 0.7
    post = glmm.fit(codes, y, n, dims=(2, 3), terms="main", center=center, center_sd=center_sd, sds=sds)
    mean, var, rate = exact(codes, y, n, np.arange(6), sds, center, center_sd)
    got_mean, got_var = post.logit(codes)
    np.testing.assert_allclose(got_mean, mean, atol=0.02)
    np.testing.assert_allclose(got_var, var, rtol=0.06)
    np.testing.assert_allclose(post.rate(codes), rate, rtol=0.015)


@pytest.mark.parametrize(("family", "items", "rtol"), [("binomial", False, 1e-3), ("poisson", False, 1e-3), ("binomial", True, 0.05)])
def test_the_slope_in_tau_is_that_of_the_laplace_marginal(family, items, rtol):
    grid, _, _, y, n = world(9, exposure=120)
    offset, item = np.zeros(len(grid)), np.arange(len(grid)) // 3 if items else None
    terms, sd = ((0,), (1,), (2,)), [0.3, 0.5, 0.2]
    data = design.prepare(grid, y, n, offset, item, DIMS, terms, family=family, center=-3.0, center_sd=1.0, quad=25)
    start = np.eye(1, data.size)[0] * -3

    def at(tau):
        mode, _ = fitting._newton(data, start, integrate(data, start, tau, np.zeros(len(data.first))), sd, tau, 50)
        return fitting._newton(data, mode.b, mode.u, sd, tau, 1)

    mode, root = at(0.35)
    frame, borrowed = fitting._own_frame(data, mode.u, data.columns.arrow.inverse(root))
    shift = fitting._shift(data, mode.u, root, frame)
    slope = (at(0.35 * np.exp(1e-3))[0].height - at(0.35 * np.exp(-1e-3))[0].height) / 2e-3
    assert fitting._slope(data, mode.u, frame, borrowed, shift, 0.35) == pytest.approx(slope, rel=rtol, abs=rtol)


@pytest.mark.parametrize("hub", [-1, 0, 2])
def test_the_arrow_is_plain_linear_algebra(hub):
    rng = np.random.default_rng(hub + 1)
    codes = rng.integers(0, DIMS, (40, 3))
    codes[:3] = [[-1, 2, 2], [1, -1, 4], [0, 3, -1]]  # unknown levels
    terms = glmm.pairs(3)
    levels = [np.unique(x[x >= 0]) for t in terms for x in [design.number_of(codes[5:, list(t)], [DIMS[a] for a in t])]]
    columns = design.Columns(DIMS, terms, tuple(levels), hub)
    at, arrow = columns.of(codes), columns.arrow
    x = np.zeros((len(codes), arrow.size + 1))
    np.put_along_axis(x, at.astype(int), 1.0, 1)
    x = x[:, :-1] * 1.0
    weight, precision = rng.uniform(0.5, 4, len(codes)), rng.uniform(1, 3, arrow.size)
    met = list(arrow.meetings(at[:, columns.order]))
    flat = arrow.cross(met, weight)
    dense = (x.T * weight) @ x + np.diag(precision)
    root = arrow.factor(flat, precision)
    inverse, g = np.linalg.inv(dense), rng.normal(size=(arrow.size, 2))
    assert arrow.log_det(root) == pytest.approx(np.linalg.slogdet(dense)[1])
    np.testing.assert_allclose(arrow.solve(root, g), inverse @ g, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose((arrow.forward(root, g) ** 2).sum(0), np.einsum("ik,ij,jk->k", g, inverse, g))
    np.testing.assert_allclose(arrow.backward(root, np.eye(arrow.size)) @ arrow.backward(root, np.eye(arrow.size)).T, inverse, atol=1e-12)
    v = arrow.inverse(root)
    np.testing.assert_allclose(arrow.diagonal(v), inverse.diagonal())
    np.testing.assert_allclose(arrow.leverage(v, met), np.einsum("ni,ij,nj->n", x, inverse, x))
    arrow.add_outer(v, g)
    np.testing.assert_allclose(arrow.leverage(v, met), np.einsum("ni,ij,nj->n", x, inverse + g @ g.T, x))
    mean, unseen, grid = rng.normal(size=arrow.size), rng.uniform(1, 2, len(terms)), np.array(list(itertools.product(*map(range, DIMS))))
    whole = columns.of(grid)
    means, variances = np.zeros(len(grid)), np.zeros(len(grid))
    for axes, m, s in columns.tables(v, mean, unseen):
        number = design.number_of(grid[:, list(axes)], [DIMS[a] for a in axes])
        means, variances = means + m[number], variances + s[number]
    np.testing.assert_allclose(means, np.append(mean, 0)[whole].sum(1))
    wanted = arrow.leverage(v, arrow.meetings(whole[:, columns.order])) + (whole[:, 1:] < 0) @ unseen
    np.testing.assert_allclose(variances, wanted)


def test_a_line_is_the_marginal_likelihood_of_its_sd():
    rng = np.random.default_rng(4)
    mean, var, sd = rng.normal(0, 0.3, 9), rng.uniform(0.01, 0.05, 9), 0.4
    prior = sds.exponential(0.35, 0.4)
    line = sds.Line.of(mean, var, sd, prior)
    precision = 1 / var - 1 / sd**2  # what the data say of each level: an estimate, and its variance
    estimate = mean / var / precision
    like = norm.pdf(estimate, 0, np.sqrt(prior.grid[:, None] ** 2 + 1 / precision)).prod(1) * prior.weight
    np.testing.assert_allclose(line.known.weight, like / like.sum(), atol=1e-10)
    typical = line.typical(line.fit)
    expected = np.array([(estimate * precision) ** 2 @ (s**2 / (1 + s**2 * precision)) for s in (*prior.grid, typical)])
    assert expected[-1] == pytest.approx(line.known.weight @ expected[:-1], rel=0.02)
    apart = np.sqrt(line.known.weight)[:, None] * (line.means - line.known.weight @ line.means)
    push = line.sway()
    assert push @ push == pytest.approx(np.linalg.svd(apart)[1][0] ** 2)
    assert (prior.square, prior.absent) == pytest.approx((0.35**2, 0.4))
    assert prior.mean == pytest.approx(0.6 * 0.35 / 1.2**0.5, rel=0.02)  # exponential: mean square twice the squared mean


def test_whether_cells_differ_is_a_ratio_of_marginal_likelihoods():
    y, n = np.array([9.0, 1, 2, 4]), np.array([120.0, 90, 150, 100])
    post = glmm.fit(np.arange(4)[:, None], y, n, dims=(4,), terms=[])
    center = np.log((y.sum() + 0.5) / (n.sum() + 1) / (1 - (y.sum() + 0.5) / (n.sum() + 1)))
    points, weights = np.polynomial.hermite_e.hermegauss(60)

    def marginal(tau):
        def given(b):
            own = binom.pmf(y[:, None], n[:, None], expit(b + tau * points)) @ weights / weights.sum()
            return own.prod() * norm.pdf(b, center, fitting.CENTER_SD)

        return quad(given, center - 3, center + 3, epsrel=1e-9)[0]

    factor = np.mean([marginal(g * fitting.OWN) for g in fitting.LOUD]) / marginal(0.01)
    odds = factor * (1 - fitting.SILENT) / fitting.SILENT
    assert post.heard == pytest.approx(odds / (1 + odds), rel=0.02)
    rates = post.draws(np.arange(4)[:, None], size=200_000, rng=np.random.default_rng(0))
    np.testing.assert_allclose(rates.mean(0), post.rate(np.arange(4)[:, None]), rtol=0.01)


def test_few_events_do_not_make_a_forecast_worse_than_the_level():
    gains, heard = [], []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        n = rng.poisson(30, len(GRID)).astype(float)
        y = rng.binomial(n.astype(int), 0.012).astype(float)  # cells are alike: about 20 events on 60 of them
        post = glmm.fit(GRID, y, n, dims=DIMS)
        level, p = (y.sum() + 0.5) / (n.sum() + 1), post.rate(GRID)
        loss = [-(0.012 * np.log(q) + 0.988 * np.log1p(-q)).mean() for q in (p, np.full(60, level))]
        gains.append(1 - loss[0] / loss[1])
        heard.append(post.heard)
    assert np.mean(gains) > -0.003
    assert np.mean(heard) < 0.35


# ------------------------------------------------------------ what must not matter, and what must


def test_without_data_the_posterior_is_the_prior():
    scale = {(0,): 0.5, (1,): 0.2, (0, 1): 0.1}
    post = glmm.fit(np.zeros((0, 2), int), [], [], dims=(3, 4), center=-4.0, center_sd=0.8, scale=scale, own_scale=0.3)
    codes, offset = np.array([[0, 0], [2, 3], [0, 1]]), np.array([0.0, 0.7, -0.2])
    mean, var = post.logit(codes, offset)
    np.testing.assert_allclose(mean, offset - 4.0, atol=1e-12)
    np.testing.assert_allclose(var, 0.64 + 0.25 + 0.04 + 0.01 + 0.09, rtol=1e-4)
    np.testing.assert_allclose(var, post.prior_var(codes), atol=1e-12)
    assert post.sds == pytest.approx({(0,): 0.5, (1,): 0.2, (0, 1): 0.1, "own": 0.3}, rel=1e-4)
    group = post.group_mean(codes, np.zeros(3), offset)
    np.testing.assert_allclose(group[0], mean.mean(), atol=1e-12)


def test_the_order_of_rows_and_the_splitting_of_rows_do_not_matter():
    grid, _, _, y, n = world(1)
    post = glmm.fit(grid, y, n, dims=DIMS)
    rng = np.random.default_rng(0)
    order = rng.permutation(len(grid))
    half = np.floor(n / 2)
    part = np.minimum(rng.binomial(y.astype(int), 0.5), half)
    part = np.maximum(part, y - (n - half))
    again = glmm.fit(grid[order], y[order], n[order], dims=DIMS)
    split = glmm.fit(np.r_[grid, grid], np.r_[part, y - part], np.r_[half, n - half], dims=DIMS)
    for other in (again, split):
        np.testing.assert_allclose(other.logit(GRID), post.logit(GRID), atol=1e-8)


def test_names_of_levels_do_not_matter():
    grid, _, _, y, n = world(2)
    names = [np.random.default_rng(a).permutation(d) for a, d in enumerate(DIMS)]
    renamed = np.column_stack([p[grid[:, a]] for a, p in enumerate(names)])
    np.testing.assert_allclose(glmm.fit(renamed, y, n, dims=DIMS).logit(renamed), glmm.fit(grid, y, n, dims=DIMS).logit(grid), atol=1e-6)


def test_ten_times_the_counts_narrow_every_interval():
    grid, _, seen, y, n = world(3)
    sds = [0.4] * 3 + [0.3]
    one, ten = (glmm.fit(grid, k * y, k * n, dims=DIMS, terms="main", sds=sds).interval(grid) for k in (1, 10))
    assert ((ten[:, 1] - ten[:, 0]) < (one[:, 1] - one[:, 0]))[seen].all()


def test_an_unseen_level_is_answered_with_its_prior():
    grid, _, _, y, n = world(4)
    post = glmm.fit(grid, y, n, dims=DIMS, terms="main")
    rows = grid[grid[:, 2] != 4]
    keep = grid[:, 2] != 4
    post = glmm.fit(grid[keep], y[keep], n[keep], dims=DIMS, terms="main")
    same = np.column_stack([rows[:1, :2], [[4]]])
    unknown = np.column_stack([rows[:1, :2], [[-1]]])
    beyond = np.column_stack([rows[:1, :2], [[99]]])
    for codes in (unknown, beyond):
        np.testing.assert_allclose(post.logit(codes), post.logit(same), atol=1e-12)
    assert post.structured(same)[1] > post.structured(rows[:1])[1] + 0.5 * post.sds[(2,)] ** 2


HARD = {
    "nothing clicked": (np.zeros(60), np.full(60, 500.0)),
    "everything clicked": (np.full(60, 50.0), np.full(60, 50.0)),
    "separated": (np.where(GRID[:, 0] == 0, 100.0, 0.0), np.full(60, 100.0)),
    "a billion each": (np.round(1e9 * expit(-4 + 0.3 * GRID[:, 0] - 0.2 * GRID[:, 1])), np.full(60, 1e9)),
    "one impression": (np.r_[1.0, np.zeros(59)], np.r_[1.0, np.zeros(59)]),
    "fractions": (np.full(60, 0.3), np.full(60, 7.7)),
}


@pytest.mark.parametrize("family", ["binomial", "poisson"])
@pytest.mark.parametrize("name", HARD)
def test_hard_data_give_finite_answers(name, family):
    y, n = HARD[name]
    post = glmm.fit(GRID, y, n, dims=DIMS, family=family)
    rng = np.random.default_rng(0)
    answers = [
        *post.logit(GRID),
        post.rate(GRID),
        post.interval(GRID),
        post.draws(GRID, size=20, rng=rng),
        post.best(GRID, GRID[:, 0], size=50, rng=rng),
    ]
    assert all(np.isfinite(a).all() for a in answers)
    assert (post.logit(GRID)[1] > 0).all()
    if name == "a billion each":
        np.testing.assert_allclose(post.rate(GRID), y / n, rtol=1e-3)


@pytest.mark.parametrize("dims", [(1, 1, 1), (1, 4, 5), (4, 4, 1)])
def test_axes_of_one_level_and_aliased_axes(dims):
    grid = np.array(list(itertools.product(*map(range, dims))))
    if dims[0] == 4:
        grid = grid[grid[:, 0] == grid[:, 1]]  # the second axis says what the first says
    post = glmm.fit(grid, np.arange(len(grid)) + 1.0, np.full(len(grid), 200.0), dims=dims)
    assert np.isfinite(post.logit(grid)).all()


# ------------------------------------------------------------ pieces


def test_an_item_of_one_row_is_a_cell_where_cells_are_rows():
    grid, _, seen, y, n = world(5)
    codes, y, n = grid[seen], y[seen], n[seen]
    by_cell = glmm.fit(codes, y, n, dims=DIMS)
    by_item = glmm.fit(codes, y, n, dims=DIMS, item=np.array([f"post {i:03d}" for i in range(len(y))]))
    np.testing.assert_allclose(by_item.structured(GRID), by_cell.structured(GRID), atol=1e-7)
    assert by_item.tau == pytest.approx(by_cell.tau, abs=1e-7)


def test_rows_of_one_item_share_its_luck():
    codes, item = np.array([[0], [1], [0], [1], [0], [1]]), np.array([0, 0, 1, 1, 2, 2])
    y, n = np.array([8.0, 20, 2, 7, 15, 40]), np.full(6, 200.0)
    center, sds = -2.6, [0.4, 0.5]
    post = glmm.fit(codes, y, n, dims=(2,), item=item, center=center, center_sd=0.5, sds=sds)
    x = np.zeros((6, 6))
    x[:, 0] = 1
    x[np.arange(6), 1 + codes[:, 0]] = 1
    x[np.arange(6), 3 + item] = 1
    prior, middle = np.array([0.5, 0.4, 0.4, 0.5, 0.5, 0.5]), np.r_[center, np.zeros(5)]
    mode = middle.copy()
    for _ in range(50):
        p = expit(x @ mode)
        h = (x.T * (n * p * (1 - p))) @ x + np.diag(prior**-2.0)
        mode = mode + np.linalg.solve(h, x.T @ (y - n * p) - (mode - middle) / prior**2)
    rng = np.random.default_rng(0)
    z = rng.standard_normal((400_000, 6))
    draws = mode + z @ np.linalg.cholesky(np.linalg.inv(h)).T
    eta = draws @ x.T
    w = (y * eta - n * np.logaddexp(0, eta)).sum(1) - ((draws - middle) ** 2 / prior**2).sum(1) / 2 + (z**2).sum(1) / 2
    w = np.exp(w - w.max())
    w /= w.sum()
    structure = draws[:, :1] + draws[:, 1:3]
    mean = w @ structure
    got_mean, got_var = post.structured(np.array([[0], [1]]))
    np.testing.assert_allclose(got_mean, mean, atol=0.01)
    np.testing.assert_allclose(got_var, w @ (structure - mean) ** 2, rtol=0.04)
    apart = glmm.fit(codes, y, n, dims=(2,), item=np.arange(6), center=center, center_sd=0.5, sds=sds)
    gaps = [np.diff(p.eta_draws(np.array([[0], [1]]), size=20_000, rng=rng)).var() for p in (post, apart)]
    assert gaps[0] < 0.6 * gaps[1]  # compared within a post, luck cancels


def test_the_mean_over_pieces_is_the_rate_of_a_cell():
    rng = np.random.default_rng(6)
    codes = np.repeat(np.arange(4), 150)[:, None]
    eta = -3 + np.array([0, 0.3, -0.4, 0.6])[codes[:, 0]] + rng.normal(0, 0.8, 600)
    n = np.full(600, 3000.0)
    y = rng.binomial(3000, expit(eta)).astype(float)
    post = glmm.fit(codes, y, n, dims=(4,), item=np.arange(600))
    pooled = np.bincount(codes[:, 0], y) / np.bincount(codes[:, 0], n)
    assert post.tau == pytest.approx(0.8, abs=0.07)
    np.testing.assert_allclose(post.rate(np.arange(4)[:, None]), pooled, rtol=0.05)
    ends = post.interval(np.arange(4)[:, None], exposure=np.full(4, 3000.0))
    inside = (y / n >= ends[codes[:, 0], 0]) & (y / n <= ends[codes[:, 0], 1])
    assert 0.87 < inside.mean() < 0.93


# ------------------------------------------------------------ draws, group means, P(best)


@pytest.fixture(scope="module")
def fitted():
    grid, _, seen, y, n = world(7, share=0.4)
    keep = seen & (grid[:, 1] != 3)  # a level that nobody saw
    return glmm.fit(grid[keep], y[keep], n[keep], dims=DIMS)


def test_draws_have_the_moments_that_logit_says(fitted):
    eta = fitted.eta_draws(GRID, 0.3, size=40_000, rng=np.random.default_rng(0))
    mean, var = fitted.logit(GRID, 0.3)
    np.testing.assert_allclose(eta.mean(0), mean, atol=0.02)
    np.testing.assert_allclose(eta.var(0), var, rtol=0.05)
    rates = fitted.draws(GRID, 0.3, size=40_000, rng=np.random.default_rng(0))
    np.testing.assert_allclose(rates.mean(0), fitted.rate(GRID, 0.3), rtol=0.02)
    np.testing.assert_allclose(np.quantile(rates, [0.05, 0.95], axis=0).T, fitted.interval(GRID, 0.3), rtol=0.05)


def test_the_mean_of_a_group_is_what_joint_draws_say(fitted):
    group = GRID[:, 0]
    eta = fitted.eta_draws(GRID, size=40_000, rng=np.random.default_rng(1))
    middle = np.stack([eta[:, group == g].mean(1) for g in range(3)], 1)[:, group]
    center, spread = fitted.group_mean(GRID, group)
    np.testing.assert_allclose(middle.mean(0), center, atol=0.02)
    np.testing.assert_allclose(middle.var(0), spread, rtol=0.05)


@pytest.mark.parametrize("axes", [(0,), (0, 1), (), (2,)])
def test_best_is_what_joint_draws_say(fitted, axes):
    group = np.unique(GRID[:, axes], axis=0, return_inverse=True)[1].ravel() if axes else np.zeros(len(GRID), int)
    offset = np.random.default_rng(3).normal(0, 0.2, len(GRID))
    p = fitted.best(GRID, group, offset, size=20_000, rng=np.random.default_rng(0))
    eta = fitted.eta_draws(GRID, offset, size=20_000, rng=np.random.default_rng(1))
    brute = np.zeros(len(GRID))
    for g in np.unique(group):
        rows = np.flatnonzero(group == g)
        brute[rows] = np.bincount(eta[:, rows].argmax(1), minlength=len(rows)) / len(eta)
        assert p[rows].sum() == pytest.approx(1)
    np.testing.assert_allclose(p, brute, atol=0.02)
    some = np.random.default_rng(4).random(len(GRID)) < 0.7  # not a full grid, and in any order
    rows = np.random.default_rng(5).permutation(np.flatnonzero(some))
    part = fitted.best(GRID[rows], group[rows], offset[rows], size=20_000, rng=np.random.default_rng(0))
    for g in np.unique(group[rows]):
        at = np.flatnonzero(group[rows] == g)
        np.testing.assert_allclose(part[at], np.bincount(eta[:, rows[at]].argmax(1), minlength=len(at)) / len(eta), atol=0.02)


def test_lowest_is_best_where_less_is_better(fitted):
    low = fitted.best(GRID, GRID[:, 0], size=20_000, rng=np.random.default_rng(0), highest=False)
    eta, rows = fitted.eta_draws(GRID, size=20_000, rng=np.random.default_rng(1)), GRID[:, 0] == 0
    np.testing.assert_allclose(low[rows], np.bincount(eta[:, rows].argmin(1), minlength=rows.sum()) / len(eta), atol=0.02)


def test_the_same_seed_gives_the_same_answer(fitted):
    one, two = (fitted.best(GRID, GRID[:, 0], size=200, rng=np.random.default_rng(8)) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(*(fitted.interval(GRID, exposure=np.full(60, 100.0)) for _ in range(2)))


@pytest.mark.parametrize("items", [False, True])
def test_arrays_and_back(tmp_path, fitted, items):
    post = glmm.fit(GRID, np.ones(60), np.full(60, 30.0), dims=DIMS, item=np.arange(60), family="poisson") if items else fitted
    np.savez(tmp_path / "p.npz", **post.to_arrays())
    with np.load(tmp_path / "p.npz", allow_pickle=False) as stored:
        again = glmm.Posterior.from_arrays(stored)
    for name in ("logit", "interval", "own"):
        np.testing.assert_array_equal(getattr(again, name)(GRID), getattr(post, name)(GRID))
    assert again.sds == post.sds
    np.testing.assert_array_equal(again.prior_var(GRID), post.prior_var(GRID))


# ------------------------------------------------------------ promises


def test_the_predictive_interval_holds_counting_luck():
    post = glmm.fit(np.zeros((1, 1), int), [5e6], [1e8], dims=(1,), terms=[])
    low, high = post.interval([[0]], exposure=np.array([400.0]), level=0.9)[0]
    np.testing.assert_allclose([low * 400, high * 400], binom.ppf([0.05, 0.95], 400, 0.05), atol=1)


def coverage(seeds, exposure):
    inside = []
    for seed in seeds:
        grid, eta, _, y, n = world(seed, dims=(4, 5, 6), exposure=exposure)
        post = glmm.fit(grid, y, n, dims=(4, 5, 6))
        mean, var = post.logit(grid)
        inside.append(np.abs(mean - eta) < 1.645 * np.sqrt(var))
    return np.mean(inside)


def test_intervals_keep_their_promise():
    assert 0.86 < coverage(range(25), 400) < 0.94


@pytest.mark.slow
@pytest.mark.parametrize("exposure", [50, 400, 5000])
def test_intervals_keep_their_promise_over_many_worlds(exposure):
    assert 0.87 < coverage(range(150), exposure) < 0.94


def test_the_sds_come_back():
    found = []
    for seed in range(6):
        grid, _, _, y, n = world(seed, dims=(12, 12, 12), share=0.6, exposure=3000, sd=0.4, tau=0.3)
        sds = glmm.fit(grid, y, n, dims=(12, 12, 12)).sds
        found.append([np.mean([sds[(a,)] for a in range(3)]), np.mean([sds[t] for t in ((0, 1), (0, 2), (1, 2))]), sds["own"]])
    main, pair, own = np.mean(found, axis=0)
    assert main == pytest.approx(0.4, abs=0.06)
    assert pair < 0.06
    assert own == pytest.approx(0.3, abs=0.03)


@pytest.mark.slow
@pytest.mark.parametrize(("cells", "exposure"), [(4, 500), (8, 500), (24, 500), (8, 5000)])
def test_small_designs_keep_their_promise_and_pooling_pays(cells, exposure, capsys):
    """Cells of 2 % with an sd of 0.3: coverage on 4,000 cells, and the width beside Clopper & Pearson's."""
    inside, widths = {level: [] for level in (0.5, 0.8, 0.9, 0.95)}, []
    for seed in range(4000 // cells):
        rng = np.random.default_rng(seed)
        p = expit(np.log(0.02 / 0.98) + rng.normal(0, 0.3, cells))
        y = rng.binomial(exposure, p)
        post = glmm.fit(np.arange(cells)[:, None], y, np.full(cells, exposure), dims=(cells,), terms=[])
        mean, var = post.logit(np.arange(cells)[:, None])
        for level, hits in inside.items():
            ends = post.ends(mean, var, level=level)
            hits.append((ends[:, 0] < p) & (p < ends[:, 1]))
            if level == 0.9:
                exact = beta.ppf(0.95, y + 1, exposure - y) - np.where(y > 0, beta.ppf(0.05, np.maximum(y, 1), exposure - y + 1), 0)
                widths.append((np.diff(ends).mean(), exact.mean()))
    share = {level: float(np.mean(hits)) for level, hits in inside.items()}
    ratio = float(np.divide(*np.mean(widths, axis=0)))
    with capsys.disabled():
        print(f"\n| {cells} cells of {exposure:,} | " + " | ".join(f"{x:.3f}" for x in share.values()) + f" | {ratio:.2f} |")
    assert 0.88 < share[0.9] < 0.92
    assert ratio <= 1
