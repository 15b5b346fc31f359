"""The scorer's mathematics against other software. Values and the scripts that made them: `tests/reference/`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit, gammaln
from scipy.stats import chisquare

from mktlib import glmm
from mktlib.glmm import design, fitting, sds
from mktlib.glmm.units import integrate

STORED = json.loads((Path(__file__).parent / "reference" / "glmmtmb.json").read_text(encoding="utf-8"))
NOTHING = 0.003  # sd of an effect that is as good as absent


def laplace(codes, count, exposure, dims, terms, sds, intercept, offset=0.0):
    """(log likelihood by Laplace's method, modes of each term, eta) with everything else known; cells have no effect beside the terms."""
    y, n = np.asarray(count, float), np.asarray(exposure, float)
    known = np.broadcast_to(offset, len(y)) + intercept
    data = design.prepare(
        np.asarray(codes), y, n, known, None, tuple(dims), tuple(terms), family="binomial", center=0.0, center_sd=1e-4, quad=15
    )
    start = np.zeros(data.size)
    mode, _ = fitting._newton(data, start, integrate(data, start, NOTHING, np.zeros(len(data.first))), sds, NOTHING, 60)
    return mode.height + binomial(n, y).sum(), [mode.b[at] for at in data.columns.where], data, mode.b


def binomial(n, y):
    return gammaln(n + 1) - gammaln(y + 1) - gammaln(n - y + 1)


def test_cattle_as_glmmtmb_fits_them():
    """cbpp (Lesnoff et al. 2004, Preventive Veterinary Medicine 64; in lme4): 56 counts of 15 herds in 4 periods."""
    cbpp = STORED["cbpp"]
    herd, period = (np.asarray(cbpp[k])[:, None] - 1 for k in ("herd", "period"))
    counts = (cbpp["count"], cbpp["exposure"], (15,), [(0,)])

    def loss(x):  # periods against the first, and log sd
        return -laplace(herd, *counts, [np.exp(x[-1])], x[0], np.append(0, x[1:4])[period[:, 0]])[0]

    best = minimize(loss, [-1.0, -0.5, -0.5, -0.5, -1.0], method="BFGS", options={"gtol": 1e-3}).x
    np.testing.assert_allclose(best[:4], cbpp["fixed"], atol=2e-3)
    assert np.exp(best[4]) == pytest.approx(cbpp["sd"], rel=2e-3)
    _, (modes,), _, _ = laplace(herd, *counts, [cbpp["sd"]], cbpp["fixed"][0], np.append(0, cbpp["fixed"][1:])[period[:, 0]])
    np.testing.assert_allclose(modes, cbpp["modes"], atol=1e-3)
    alone = minimize(lambda x: -laplace(herd, *counts, [np.exp(x[1])], x[0])[0], [-1.0, -1.0], method="BFGS", options={"gtol": 1e-3}).x
    assert alone[0] == pytest.approx(cbpp["intercept_only"], abs=1e-3)
    assert np.exp(alone[1]) == pytest.approx(cbpp["intercept_only_sd"], rel=2e-3)


@pytest.mark.parametrize("number", range(5))
def test_a_crossed_design_as_glmmtmb_fits_it(number):
    stored = STORED["crossed"][number]
    dims, sds = stored["dims"], stored["sds"]
    axes = tuple(range(len(dims)))
    terms, known = [*((a,) for a in axes), (0, 1)], [*(sds[k] for k in "abc"[: len(dims)]), sds["ab"]]
    if len(dims) > 2:  # the cell effect as a term, so that both take the mode of all effects together
        terms, known = [*terms, axes], [*known, sds["cell"]]
    else:  # a pair of two axes is the cell
        known[-1] = np.hypot(sds["ab"], sds["cell"])
    height, _, data, b = laplace(stored["codes"], stored["count"], stored["exposure"], dims, terms, known, stored["intercept"])
    assert height == pytest.approx(stored["log_likelihood"], abs=0.02)
    eta = stored["intercept"] + np.append(b, 0.0)[data.columns.of(np.asarray(stored["codes"]))].sum(1)
    np.testing.assert_allclose(eta, stored["eta"], atol=2e-3)


CHAINS = json.loads((Path(__file__).parent / "reference" / "nuts.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("name", "middle", "ends"), [("known_pairs", 0.05, 0.1), ("known_items", 0.05, 0.1), ("priors_main", 0.1, 0.2)])
def test_full_mcmc_says_the_same(name, middle, ends):
    """Differences in posterior sds: of the mean, and of the 5 and 95 % points."""
    stored = CHAINS[name]
    assert stored["rhat"] < 1.01
    codes, items = np.column_stack([stored["a"], stored["b"]]), np.asarray(stored["item"])
    several = len(np.unique(items)) < len(items)
    post = glmm.fit(
        codes,
        stored["y"],
        stored["n"],
        dims=stored["dims"],
        terms="pairs" if stored["pairs"] else "main",
        item=items if several else None,
        center=stored["center"],
        center_sd=stored["center_sd"],
        sds=stored["sds"],
    )
    mean, var = post.logit(codes)
    sd = np.asarray(stored["sd"])
    assert np.max(np.abs(mean - stored["mean"]) / sd) < middle
    for end, z in (("low", -1.6449), ("high", 1.6449)):
        assert np.sqrt(np.mean(((mean + z * np.sqrt(var) - stored[end]) / sd) ** 2)) < ends


def calibration(runs, seed):
    """Where the truth falls in its own posterior (runs, 5), worlds drawn from the prior: the logits of three cells, the mean of all
    logits, and the log likelihood, which a posterior that ignored the data would get wrong."""
    dims, center, center_sd = (4, 5), -2.5, 0.5
    grid = np.array([(a, b) for a in range(dims[0]) for b in range(dims[1])])
    priors = [sds.exponential(fitting.MAIN, 0.0), sds.exponential(fitting.MAIN, 0.0), sds.exponential(fitting.PAIR, sds.ABSENT)]
    own = sds.exponential(fitting.OWN, 0.0, fitting.OWN_SHAPE)
    rng, out = np.random.default_rng(seed), np.empty((runs, 5))
    for run in range(runs):
        main, other, pair, tau = (rng.choice(s.grid, p=s.weight) for s in (*priors, own))
        eta = center + rng.normal(0, center_sd) + rng.normal(0, main, 4)[grid[:, 0]] + rng.normal(0, other, 5)[grid[:, 1]]
        eta = eta + rng.normal(0, pair, 20) + rng.normal(0, tau, 20)
        n = rng.integers(50, 1500, 20)
        y = rng.binomial(n, expit(eta))
        post = glmm.fit(grid, y, n, dims=dims, center=center, center_sd=center_sd)
        draws = post.eta_draws(grid, size=400, rng=rng)

        def log_likelihood(x, y=y, n=n):
            return (y * x - n * np.logaddexp(0, x)).sum(-1)

        told = [(draws[:, k], eta[k]) for k in (0, 7, 19)]
        told += [(draws.mean(1), eta.mean()), (log_likelihood(draws), log_likelihood(eta))]
        out[run] = [(d < truth).mean() for d, truth in told]
    return out


def far_from_even(places, bins):
    """p values of the chi-square test that places are spread evenly, one a column."""
    return [chisquare(np.histogram(x, bins, (0, 1 + 1e-9))[0]).pvalue for x in places.T]


def test_worlds_drawn_from_the_prior_fall_evenly_into_their_posteriors():
    assert min(far_from_even(calibration(100, 0), 8)) > 0.001 / 5


@pytest.mark.slow
def test_many_worlds_drawn_from_the_prior_fall_evenly_into_their_posteriors(capsys):
    places = calibration(500, 1)
    p = far_from_even(places, 16)
    with capsys.disabled():
        print("\n| quantity | p of evenness, 500 worlds | share inside 90 % |\n|---|---|---|")
        for name, x, column in zip(("cell 1", "cell 8", "cell 20", "mean of all", "log likelihood"), p, places.T, strict=True):
            print(f"| {name} | {x:.3f} | {np.mean((column > 0.05) & (column < 0.95)):.3f} |")
    assert min(p) > 0.001 / 5
