"""What a careful reader would want to be told of a log before trusting its scores: found here, said as findings, never silent."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import norm

from mktlib.errors import Finding
from mktlib.glmm import Posterior
from mktlib.vocabulary import finding

Array = NDArray[Any]
DOUBT = 0.05
MOST_LEVELS = 8  # of an axis, those with the most exposure, between which reversals are looked for
LEAST = 0.05  # a difference on the log-odds below which two levels do alike


def aliased(units: pd.DataFrame, by: Sequence[str]) -> list[Finding]:
    """Pairs of axes whose levels always change together."""
    out = []
    for a, b in itertools.combinations(by, 2):
        met = units[[a, b]].drop_duplicates()
        if len(met) > 1 and met[a].is_unique and met[b].is_unique:
            out.append(finding("E_ALIASED", level="warning", found=a, other=b))
    return out


def _strata(y: Array, n: Array, a: Array, b: Array) -> tuple[Array, Array, float]:
    """Counts and exposures (levels of a, levels of b), and how much units of one stratum differ beyond chance (1 at least)."""
    shape = (int(a.max()) + 1, int(b.max()) + 1)
    flat = a * shape[1] + b
    count, chances = (np.bincount(flat, x, shape[0] * shape[1]) for x in (y, n))
    p = np.divide(count, chances, out=np.zeros(len(count)), where=chances > 0)[flat]
    noise = n * p * (1 - p)
    free = (noise > 0).sum() - len(np.unique(flat[noise > 0]))
    scatter = float(((y - n * p)[noise > 0] ** 2 / noise[noise > 0]).sum() / free) if free > 0 else 1.0
    return count.reshape(shape), chances.reshape(shape), max(scatter, 1.0)


def _log_odds_ratio(y: Array, n: Array) -> tuple[float, float]:
    """Of row 0 against row 1 over strata, (2, strata) each: Mantel & Haenszel's, with the variance of Robins, Breslow & Greenland
    (1986, Biometrics 42); (nan, nan) where nothing can be compared."""
    total = n.sum(0)
    keep = (n > 0).all(0)
    good, bad, total = y[:, keep], (n - y)[:, keep], total[keep]
    r, s = good[0] * bad[1] / total, bad[0] * good[1] / total
    if not (r.sum() > 0 and s.sum() > 0):
        return np.nan, np.nan
    p, q = (good[0] + bad[1]) / total, (bad[0] + good[1]) / total
    var = (p * r).sum() / (2 * r.sum() ** 2) + (p * s + q * r).sum() / (2 * r.sum() * s.sum()) + (q * s).sum() / (2 * s.sum() ** 2)
    return float(np.log(r.sum() / s.sum())), float(var)


def reversals(units: pd.DataFrame, by: Sequence[str], *, doubt: float = DOUBT) -> list[Finding]:
    """Simpson's: one level beats another beyond chance, and loses to it within the levels of a second axis; the plainest of each axis.

    At most a share `doubt` of logs without any difference show one: the difference in all must pass that point over all comparisons.
    """
    y, n = units["count"].to_numpy(float), units["exposure"].to_numpy(float)
    if not len(units) or (y > n).any():
        return []
    codes = {a: pd.factorize(units[a], sort=True) for a in by}
    pairs = []
    for a, b in itertools.permutations([a for a in by if len(codes[a][1]) > 1], 2):
        count, chances, scatter = _strata(y, n, codes[a][0], codes[b][0])
        largest = np.sort(np.argsort(-chances.sum(1), kind="stable")[:MOST_LEVELS])
        pairs += [(a, b, count[[i, j]], chances[[i, j]], scatter, i, j) for i, j in itertools.combinations(largest, 2)]
    out, far = [], norm.isf(doubt / 2 / max(len(pairs), 1))
    for a, b, count, chances, scatter, i, j in pairs:
        whole, var = _log_odds_ratio(count.sum(1, keepdims=True), chances.sum(1, keepdims=True))
        within, _ = _log_odds_ratio(count, chances)
        if abs(whole) > far * np.sqrt(scatter * var) and whole * within < 0 and abs(within) > LEAST:
            better, worse = (codes[a][1][x] for x in ((i, j) if whole > 0 else (j, i)))
            out.append((abs(whole - within), a, str(better), str(worse), b))
    plainest = {a: (better, worse, b) for _, a, better, worse, b in sorted(out)}
    return [
        finding("E_SIMPSON", level="warning", column=a, found=better, other=worse, factor=b)
        for a, (better, worse, b) in sorted(plainest.items())
    ]


def opinions_against_log(
    cells: pd.DataFrame, codes: Array, offset: Array, post: Posterior, opinions: Sequence[Mapping[str, Any]], level: float
) -> pd.DataFrame:
    """How each opinion stands against the log: one row an opinion that the log has counts on.

    cells: their levels, count, exposure, and squares (the sum of their pieces' squared exposures); codes, offset: theirs.

    The log's own word is how far the cells that an opinion speaks of lie from what all the rest of the model says of them, one weighted
    step from their residuals; the luck of single pieces is noise. (The main effects have seen these cells too: `seen` leans towards
    `said`.) surprise: that distance over its sd if the opinion were right and as sure as it says (a prior predictive check; Box 1980,
    JRSS A 143); it is contradicted beyond the 5 % point over all opinions judged.
    """
    eta, at = post.structured(codes, offset)[0], post.columns.of(codes)
    y, n, squares = (cells[c].to_numpy(float) for c in ("count", "exposure", "squares"))
    axis = {a: j for j, a in enumerate(c for c in cells if c not in ("count", "exposure", "squares"))}
    coefficient = {frozenset(t): np.append(post.mean, 0.0)[at[:, j + 1]] for j, t in enumerate(post.terms)}
    judged, found = [], []
    for row in opinions:
        when = row["when"]
        if not set(when) <= set(axis):
            continue
        about = (n > 0) & np.logical_and.reduce([cells[a].astype(str).to_numpy() == str(v) for a, v in when.items()])
        if not about.any():
            continue
        without = eta[about] - coefficient.get(frozenset(axis[a] for a in when), np.zeros(len(eta)))[about]
        rate = np.exp(without) if post.family == "poisson" else expit(without)
        noise = n[about] * rate * (1 if post.family == "poisson" else 1 - rate)
        weight = noise / (1 + noise * post.luck**2 * squares[about] / n[about] ** 2)
        judged.append(row)
        found.append((float((weight * (y[about] - n[about] * rate) / noise).sum() / weight.sum()), float(weight.sum() ** -0.5)))
    away, blur = np.array(found).reshape(-1, 2).T
    effect, sd = (np.array([row[k] for row in judged], float) for k in ("effect", "sd"))
    reach, surprise = norm.isf((1 - level) / 2) * blur, away / np.hypot(sd, blur)
    return pd.DataFrame(
        {
            "when": [dict(row["when"]) for row in judged],
            **{k: np.exp(x) for k, x in (("said", effect), ("seen", effect + away), ("low", effect + away - reach))},
            "high": np.exp(np.minimum(effect + away + reach, 50)),
            "sd": sd,
            "surprise": surprise,
            "contradicted": np.abs(surprise) > norm.isf(DOUBT / 2 / max(len(judged), 1)),
        }
    )
