"""Whether segments hold: found again in other halves of the same people, and better than people who differ by degrees would give.

- Prediction strength (Tibshirani and Walther 2005, JCGS 14): of two halves, how often a pair that one half puts together is put
  together by what the other half learnt; of the worst segment.
- Jaccard per segment (Hennig 2007, CSDA 52): how much of a segment is found again when half of the people are segmented anew.
- No segments at all: people drawn from one cloud (a Gaussian copula) with the same columns and the same correlations are segmented in
  the same way (Hennig and Lin 2015, Statistics and Computing 25). What is no better than those is nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from mktlib.audience.assigning import Classes, Floats, Ints, fit_classes, one_hot, probabilities, spread_axes

MOST_PEOPLE = 1_000
REFERENCES = 39
GATE_K = (2, 3, 4)
CALIBRATION = 8_000


def labels(codes: Ints, classes: Classes) -> Ints:
    return np.asarray(probabilities(codes, classes).argmax(axis=1))


def overlap(one: Ints, other: Ints) -> Floats:
    """(classes of one, classes of other): people in both.

    >>> overlap(np.array([0, 0, 1]), np.array([1, 1, 0])).tolist()
    [[0.0, 2.0], [1.0, 0.0]]
    """
    out = np.zeros((int(one.max(initial=0)) + 1, int(other.max(initial=0)) + 1))
    np.add.at(out, (one, other), 1)
    return out


def pairs_kept(own: Ints, told: Ints) -> float:
    """Of the pairs that `own` puts together, the share that `told` does too, in the worst class.

    >>> round(pairs_kept(np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 1, 1])), 3)
    0.333
    """
    both = overlap(own, told)
    size = both.sum(axis=1)
    kept = (both * (both - 1)).sum(axis=1)[size > 1] / (size * (size - 1))[size > 1]
    return float(kept.min(initial=1.0))


def jaccards(own: Ints, again: Ints) -> Floats:
    """For each class of `own`, how much it shares with the class of `again` that is most like it (both / either).

    >>> jaccards(np.array([0, 0, 1, 1]), np.array([1, 1, 1, 0])).round(3).tolist()
    [0.667, 0.5]
    """
    both = overlap(own, again)
    return np.asarray((both / (both.sum(axis=1)[:, None] + both.sum(axis=0) - both)).max(axis=1))


def prediction_strength(codes: Ints, sizes: tuple[int, ...], k: int, rng: np.random.Generator, splits: int) -> Floats:
    """(splits,): the worst segment's share of pairs found again, each half judged by the other."""
    out = np.empty(splits)
    for i in range(splits):
        order = rng.permutation(len(codes))
        halves = [codes[np.sort(h)] for h in np.array_split(order, 2)]
        fits = [fit_classes(one_hot(h, sizes), sizes, k, rng) for h in halves]
        told = [(labels(halves[a], fits[a]), labels(halves[a], fits[1 - a])) for a in (0, 1)]
        out[i] = np.mean([pairs_kept(*pair) for pair in told])
    return out


def found_again(codes: Ints, classes: Classes, rng: np.random.Generator, rounds: int) -> Iterator[Floats]:
    """Round by round, (k,): how much of each segment a fresh segmentation of half of the people finds again, in that half."""
    own = labels(codes, classes)
    for _ in range(rounds):
        half = np.sort(rng.choice(len(codes), len(codes) // 2, replace=False))
        fresh = fit_classes(one_hot(codes[half], classes.sizes), classes.sizes, classes.k, rng)
        both = jaccards(own[half], labels(codes[half], fresh))
        out = np.zeros(classes.k)
        out[: len(both)] = both
        yield out


def sharpness(codes: Ints, sizes: tuple[int, ...], rng: np.random.Generator, most: int) -> float:
    """How much better classes say the answers than none: the best gain in log likelihood over 2 to `most` classes, less what more
    parameters gain by luck and less the doubt about who belongs where (the ICL of Biernacki, Celeux and Govaert 2000)."""
    answers = one_hot(codes, sizes)
    none = fit_classes(answers, sizes, 1, rng).gain
    free = sum(s - 1 for s in sizes)
    best = -np.inf
    for k in [k for k in GATE_K if k <= most]:
        fit = fit_classes(answers, sizes, k, rng, starts=4, steps=100)
        share = probabilities(codes, fit)
        doubt = -float((share * np.log(np.maximum(share, 1e-300))).sum())
        best = max(best, fit.gain - none - doubt * DOUBT - 0.5 * (k - 1) * (free + 1) * np.log(len(codes)))
    return best


DOUBT = 1.0


def references(codes: Ints, sizes: tuple[int, ...], ordered: NDArray[np.bool_], rng: np.random.Generator) -> Iterator[Ints]:
    """People of one cloud, without end: each column's own levels and blanks, the columns' own correlations, no groups."""
    codes = _ordered(codes, sizes, ordered)
    edges = [_edges(codes[:, j], size) for j, size in enumerate(sizes)]
    root = _root(_latent(_correlations(codes, edges), edges, rng))
    while True:
        drawn = _cut(rng.standard_normal(codes.shape) @ root.T, edges)
        yield np.where(codes >= 0, drawn, -1)


def _ordered(codes: Ints, sizes: tuple[int, ...], ordered: NDArray[np.bool_]) -> Ints:
    """Levels without an order get the one in which they lie on the main axis of all answers."""
    main = spread_axes(one_hot(codes, sizes))[:, 0]
    out = codes.copy()
    for j in np.flatnonzero(~ordered):
        mean = [main[codes[:, j] == level].mean() if (codes[:, j] == level).any() else 0.0 for level in range(sizes[j])]
        rank = np.argsort(np.argsort(mean, kind="stable"), kind="stable")
        out[:, j] = np.where(codes[:, j] >= 0, rank[codes[:, j]], -1)
    return out


def _edges(column: Ints, size: int) -> Floats:
    """Where a standard normal is cut so that each level is as frequent as in the column."""
    count = np.bincount(column[column >= 0], minlength=size).astype(float)
    return np.asarray(ndtri(np.clip(np.cumsum(count)[:-1] / max(count.sum(), 1), 1e-9, 1 - 1e-9)))


def _cut(latent: Floats, edges: list[Floats]) -> Ints:
    return np.column_stack([np.searchsorted(e, latent[:, j]) for j, e in enumerate(edges)])


def _correlations(codes: Ints, edges: list[Floats]) -> Floats:
    """Of the columns' normal scores, over the people who answered both."""
    score = np.zeros(codes.shape)
    for j, e in enumerate(edges):
        ends = ndtr(np.r_[-np.inf, e, np.inf])
        middle = ndtri(np.clip((ends[1:] + ends[:-1]) / 2, 1e-6, 1 - 1e-6))
        known = codes[:, j] >= 0
        value = middle[codes[known, j]]
        score[known, j] = (value - value.mean()) / max(value.std(), 1e-9)
    both = (codes >= 0).astype(float)
    pairs, spread = both.T @ both, (score**2).T @ both
    return np.asarray(score.T @ score / np.sqrt(np.maximum(spread * spread.T, 1e-9)) * (pairs > 2))


def _latent(target: Floats, edges: list[Floats], rng: np.random.Generator) -> Floats:
    """The correlations of the cloud that, once cut into levels, shows the target: found by trial on one fixed set of draws."""
    noise, now = rng.standard_normal((CALIBRATION, len(edges))), target.copy()
    for _ in range(5):
        shown = _correlations(_cut(noise @ _root(now).T, edges), edges)
        now = np.clip(now + (target - shown), -0.995, 0.995)
        np.fill_diagonal(now, 1.0)
    return now


def _root(correlation: Floats) -> Floats:
    """A square root of the nearest correlations that can be."""
    values, vectors = np.linalg.eigh((correlation + correlation.T) / 2)
    root = vectors * np.sqrt(np.maximum(values, 1e-6))
    return np.asarray(root / np.sqrt((root**2).sum(axis=1))[:, None])
