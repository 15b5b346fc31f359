"""What a careful reader would want to be told of a log before trusting its scores: found here, said as findings, never silent."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from mktlib.errors import Finding
from mktlib.glmm import Posterior
from mktlib.vocabulary import AXIS_TABLE, finding

Array = NDArray[Any]
DOUBT = 0.05
OPINION_COLUMNS = ["when", "said", "seen", "low", "high", "sd", "surprise", "contradicted"]
CONTENT = ("content_type", "style", "length")
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
    seen: pd.DataFrame, post: Posterior | None, levels: Mapping[str, Array], opinions: Sequence[Mapping[str, Any]], level: float
) -> pd.DataFrame:
    """How each opinion stands against the log: one row an opinion that the log has something to say of.

    seen: the cells that the log has counts on; post: of a fit to which nobody told an opinion; levels {axis: names}: its axes in order.

    The log's own word is the evidence that the coefficients of what is judged have met there (a content's own, and its interplay with
    the stage or the channel that the opinion names), with everything else integrated out (`Posterior.evidence`). surprise: how far it
    lies from what was said, over its sd if the opinion were right and as sure as it says (a prior predictive check; Box 1980, JRSS A
    143); contradicted beyond the 5 % point over all opinions judged.
    """
    if post is None:
        return pd.DataFrame(columns=OPINION_COLUMNS).astype({"contradicted": bool})
    axes = list(levels)
    known = [row for row in opinions if set(row["when"]) <= set(axes) and _shown(seen, row["when"])]
    codes = np.zeros((len(known), len(axes)), np.int64)
    for i, row in enumerate(known):
        for axis, word in row["when"].items():
            codes[i, axes.index(axis)] = list(levels[axis]).index(str(word))
    size, precision = post.evidence(codes, [_judged_terms(post, [axes.index(a) for a in row["when"]], axes) for row in known])
    judged = [row for row, p in zip(known, precision, strict=True) if p > 0]
    log, blur = size[precision > 0], precision[precision > 0] ** -0.5
    effect, sd = (np.array([row[k] for row in judged], float) for k in ("effect", "sd"))
    reach = norm.isf((1 - level) / 2) * blur
    surprise = (log - effect) / np.hypot(sd, blur)
    return pd.DataFrame(
        {
            "when": [dict(row["when"]) for row in judged],
            **{k: np.exp(np.minimum(x, 50)) for k, x in (("said", effect), ("seen", log), ("low", log - reach), ("high", log + reach))},
            "sd": sd,
            "surprise": surprise,
            "contradicted": np.abs(surprise) > norm.isf(DOUBT / 2 / max(len(judged), 1)),
        }
    )


def _judged_terms(post: Posterior, axes: Sequence[int], names: Sequence[str]) -> list[tuple[int, ...]]:
    """The terms of an opinion: of its content (type, style, length), alone and with what else it names; of all it names without one."""
    about = {a for a in axes if names[a] in CONTENT} or set(axes)
    return [t for t in post.terms if set(t) <= set(axes) and set(t) & about]


def _key(row: Mapping[str, Any]) -> frozenset[tuple[str, str]]:
    return frozenset((str(a), str(v)) for a, v in row["when"].items())


def _shown(seen: pd.DataFrame, when: Mapping[str, str]) -> bool:
    """Whether the log has counts on what an opinion speaks of."""
    return bool(np.logical_and.reduce([seen[a].astype(str).to_numpy() == str(v) for a, v in when.items()]).any())


def clashes(opinions: Sequence[Mapping[str, Any]]) -> list[Finding]:
    """Opinions on one level that cannot both be right: further apart than their doubts allow, and on two sides of the average."""
    out: list[Finding] = []
    of: dict[frozenset[tuple[str, str]], list[Mapping[str, Any]]] = {}
    for row in opinions:
        of.setdefault(_key(row), []).append(row)
    for rows in of.values():
        low, high = min(rows, key=lambda r: r["effect"]), max(rows, key=lambda r: r["effect"])
        if low["effect"] < 0 < high["effect"] and high["effect"] - low["effect"] > 2 * np.hypot(low["sd"], high["sd"]):
            about, times = " + ".join(map(str, low["when"].values())), [f"{np.exp(r['effect']):.2g}" for r in (low, high)]
            out.append(finding("E_OPINIONS_CLASH", level="warning", found=about, one=times[0], other=times[1]))
    return out


def unused(opinions: Sequence[Mapping[str, Any]], by: Sequence[str]) -> list[Finding]:
    """Opinions on an axis of one's own that this scorer does not have: they change nothing."""
    strange = {str(a): row for row in opinions for a in row["when"] if a not in (*by, *AXIS_TABLE, "family")}
    return [finding("E_OPINION_UNUSED", level="warning", column=a, found=str(row["when"][a])) for a, row in strange.items()]
