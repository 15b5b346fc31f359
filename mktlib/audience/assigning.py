"""Latent classes of people: which class each person's answers make likely, and the classes that make all answers most likely.

Every column has been cut into a few levels (see `features`), so that one class alone already fits each column by itself: what a class
gains, it gains from columns that go together, never from the shape of one (Lazarsfeld and Henry 1968, "Latent Structure Analysis";
Goodman 1974, Biometrika 61). A missing answer takes no part: nothing is imputed. The fit is EM (Dempster, Laird and Rubin 1977).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
PULL = 1.0
"""People's worth of the whole audience's answers added to each class, so that no answer is ever impossible."""
TOLERANCE, MOST_STEPS, SHORT, AXES = 1e-6, 300, 25, 6
CHUNK = 20_000


@dataclass(frozen=True)
class Classes:
    """k classes. weight (k,): their shares. level (levels of all columns, k): log probability of each level. gain: log likelihood of the
    answers given the classes. sizes: how many levels each column has."""

    weight: Floats
    level: Floats
    sizes: tuple[int, ...]
    gain: float = 0.0

    @property
    def k(self) -> int:
        return len(self.weight)


def one_hot(codes: Ints, sizes: tuple[int, ...]) -> Floats:
    """(people, levels of all columns): 1 where a person gave that answer; -1 in `codes` (no answer) leaves a column's zeros.

    >>> one_hot(np.array([[1, -1]]), (2, 2)).tolist()
    [[0.0, 1.0, 0.0, 0.0]]
    """
    starts = np.r_[0, np.cumsum(sizes)[:-1]]
    out = np.zeros((len(codes), int(sum(sizes))))
    row, column = np.nonzero(codes >= 0)
    out[row, starts[column] + codes[row, column]] = 1.0
    return out


def probabilities(codes: Ints, classes: Classes) -> Floats:
    """(people, k): how likely each class is for each person."""
    out = np.empty((len(codes), classes.k))
    for at in range(0, len(codes), CHUNK):  # so that a million people need no more room than a few
        log = one_hot(codes[at : at + CHUNK], classes.sizes) @ classes.level + np.log(classes.weight)
        out[at : at + CHUNK] = _shares(log)[0]
    return out


def fit_classes(
    answers: Floats, sizes: tuple[int, ...], k: int, rng: np.random.Generator, *, starts: int = 6, steps: int = MOST_STEPS
) -> Classes:
    """The likeliest k classes of `answers` (one-hot), from several short starts, the best of which goes on (Biernacki et al. 2003)."""
    if k == 1:
        starts, first = 1, np.ones((len(answers), 1, 1))
    else:
        first = _first_shares(answers, k, starts, rng)
    best = _climb(answers, sizes, first, min(steps, SHORT))
    return best if k == 1 else refit(answers, best, steps=steps)


def refit(answers: Floats, classes: Classes, *, steps: int = MOST_STEPS) -> Classes:
    """The classes of other answers, starting from known ones, so that class j stays class j."""
    share, _ = _shares(answers @ classes.level + np.log(classes.weight))
    return _climb(answers, classes.sizes, share[:, None, :], steps)


def _climb(answers: Floats, sizes: tuple[int, ...], share: Floats, steps: int) -> Classes:
    """EM from the shares (people, starts, k); the best start is kept."""
    n, starts, k = share.shape
    cuts = np.r_[0, np.cumsum(sizes)[:-1]]
    prior = _marginal(answers, sizes)
    before = np.full(starts, -np.inf)
    for _ in range(steps):
        weight = (share.sum(axis=0) + 1) / (n + k)
        level = _levels(answers.T @ share.reshape(n, -1), prior, cuts, sizes)
        log = (answers @ level).reshape(n, starts, k) + np.log(weight)
        share, likely = _shares(log)
        now = likely.sum(axis=0)
        if (now - before < TOLERANCE * n).all():
            break
        before = now
    best = int(np.argmax(now))
    return Classes(weight[best], level.reshape(-1, starts, k)[:, best], sizes, float(now[best]))


def _marginal(answers: Floats, sizes: tuple[int, ...]) -> Floats:
    """The audience's own share of each level."""
    cuts = np.r_[0, np.cumsum(sizes)[:-1]]
    count = answers.sum(axis=0) + 0.5
    return np.asarray(count / np.repeat(np.add.reduceat(count, cuts), sizes))


def _levels(count: Floats, prior: Floats, cuts: NDArray[np.int64], sizes: tuple[int, ...]) -> Floats:
    """Log probabilities of levels from how often each class gave them."""
    held = count + PULL * prior[:, None]
    return np.asarray(np.log(held) - np.log(np.repeat(np.add.reduceat(held, cuts, axis=0), sizes, axis=0)))


def _shares(log: Floats) -> tuple[Floats, Floats]:
    """(probabilities along the last axis, log of what they add up to)."""
    top = log.max(axis=-1, keepdims=True)
    out = np.exp(log - top)
    total = out.sum(axis=-1, keepdims=True)
    out /= total
    return out, (np.log(total) + top)[..., 0]


def spread_axes(answers: Floats) -> Floats:
    """(people, up to AXES): the first axes of a multiple correspondence analysis (Greenacre 1984), where starts are looked for."""
    mass = answers.mean(axis=0)
    used = mass > 0
    scaled = (answers[:, used] - mass[used]) / np.sqrt(mass[used])
    _, vectors = np.linalg.eigh(scaled.T @ scaled)
    return np.asarray(scaled @ vectors[:, ::-1][:, :AXES])


def _first_shares(answers: Floats, k: int, starts: int, rng: np.random.Generator) -> Floats:
    """(people, starts, k): people given to the nearest of k seeds, each seed far from those before (k-means++, Arthur 2007)."""
    axes = spread_axes(answers)
    out = np.full((len(answers), starts, k), 0.2 / k)
    for s in range(starts):
        seeds = [int(rng.integers(len(axes)))]
        near = ((axes - axes[seeds[0]]) ** 2).sum(axis=1)
        distance = [near]
        for _ in range(k - 1):
            total = near.sum()
            pick = rng.choice(len(axes), p=near / total) if total > 0 else rng.integers(len(axes))
            distance.append(((axes - axes[int(pick)]) ** 2).sum(axis=1))
            near = np.minimum(near, distance[-1])
        out[np.arange(len(axes)), s, np.argmin(distance, axis=0)] += 0.8
    return out
