"""Would choosing whom to treat have brought more? A rule learnt on one half of the people, judged on the other, and the other way round.

Each person gets a score whose mean is the effect whatever the models in it are worth (augmented inverse weighting: Robins, Rotnitzky &
Zhao 1994); the rule foretells that score from the columns (Kennedy 2023), shrunk as far as it foretells nothing. The Qini curve (Radcliffe
2007) sums the scores from the highest foretold on; its area beyond the straight line is 0 where the rule ranks no better than a lot
(Yadlowsky et al. 2025).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.stats import norm
from sklearn.linear_model import Ridge
from threadpoolctl import threadpool_limits

from mktlib.vocabulary import progress

SHARES = np.linspace(0, 1, 101)
BLOCKS, BAGS, DRAWN = 100, 500, 1000
"""Steps of a curve; bags into which people are dealt, and how often the bags are drawn again."""
LEAST = 200
"""People of either arm below which no rule is tried."""
PULLS, STREAM = np.logspace(0, 6, 7), 7411


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """half, score (effect of one person, with luck) and foretold, each (n,)."""

    half: np.ndarray
    score: np.ndarray
    foretold: np.ndarray


def one_hot(codes: list[np.ndarray]) -> sparse.csr_matrix:
    """(n, levels) of 0 and 1.

    >>> one_hot([np.array([0, 1]), np.array([1, 0])]).toarray().tolist()
    [[1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 1.0, 0.0]]
    """
    width = np.array([int(c.max(initial=0)) + 1 for c in codes])
    column = np.column_stack([c + s for c, s in zip(codes, np.cumsum(width) - width, strict=True)])
    rows = np.arange(0, column.size + 1, len(codes))
    return sparse.csr_matrix((np.ones(column.size), column.ravel(), rows), shape=(len(column), int(width.sum())))


def ranked(x: sparse.csr_matrix, t: np.ndarray, y: np.ndarray, chance: np.ndarray, seed: int) -> Ranked:
    """Every person judged by a rule that never saw him."""
    half = halves(t, seed)
    score, foretold = np.empty(len(t)), np.empty(len(t))
    with threadpool_limits(1):  # a few dozen columns
        for k in progress((0, 1), desc="targeting"):
            learn, judge = half != k, half == k
            means = [Ridge(alpha=1.0).fit(x[learn & (t == a)], y[learn & (t == a)]) for a in (0, 1)]
            own, other = (_scores(x[m], t[m], y[m], chance[m], means) for m in (learn, judge))
            weight, start = shrunk(x[learn], own)
            score[judge], foretold[judge] = other, x[judge] @ weight + start
    return Ranked(half=half, score=score, foretold=foretold)


def shrunk(x: sparse.csr_matrix, y: np.ndarray) -> tuple[np.ndarray, float]:
    """(weights, constant) of a ridge regression, its pull chosen by generalised cross-validation (Golub, Heath & Wahba 1979).

    All pulls are judged from one decomposition of the columns, without going through the people again: a million cost one pass.

    >>> weight, start = shrunk(one_hot([np.array([0, 1] * 50)]), np.array([1.0, 3.0] * 50))
    >>> (weight + start).round(2).tolist()
    [1.02, 2.98]
    """
    n, middle, mean = x.shape[0], np.asarray(x.mean(axis=0)).ravel(), float(y.mean())
    size, turned = np.linalg.eigh((x.T @ x).toarray() - n * np.outer(middle, middle))
    size, along = np.maximum(size, 0.0), turned.T @ (x.T @ y - n * middle * mean)
    kept = 1 / (size + PULLS[:, None])
    left = float(((y - mean) ** 2).sum()) - (along**2 * kept * (2 - size * kept)).sum(axis=1)
    best = int(np.argmin(left / (n - 1 - (size * kept).sum(axis=1)) ** 2))
    weight = turned @ (along * kept[best])
    return weight, mean - float(middle @ weight)


def halves(t: np.ndarray, seed: int) -> np.ndarray:
    """(n,) 0 or 1, each arm cut in two; drawn apart from anything that a caller draws from the same seed.

    >>> t = np.repeat([0.0, 1.0], 50)
    >>> halves(t, 0)[t == 0].sum(), halves(t, 0)[t == 1].sum()
    (np.int64(25), np.int64(25))
    """
    rng, half = np.random.default_rng([seed, STREAM]), np.empty(len(t), dtype=np.int64)
    for arm in (0, 1):
        mine = np.flatnonzero(t == arm)
        half[rng.permutation(mine)] = np.arange(len(mine)) % 2
    return half


def _scores(x: sparse.csr_matrix, t: np.ndarray, y: np.ndarray, chance: np.ndarray, means: list[Ridge]) -> np.ndarray:
    without, with_it = (m.predict(x) for m in means)
    return np.asarray(with_it - without + t * (y - with_it) / chance - (1 - t) * (y - without) / (1 - chance))


@dataclass(frozen=True, kw_only=True)
class Qini:
    """curve (shares, 3): gain for each person of the whole with its range; area (3,) beyond chance."""

    curve: np.ndarray
    area: np.ndarray


def qini(people: Ranked, level: float, seed: int) -> Qini:
    """The curve and its area, with ranges from drawing people again (dealt into bags, so that a million cost no more than a thousand).

    The two halves do not check each other independently: what made the one's rule is what judges the other's. So their errors are added as
    if they went together, which no dependence can exceed.
    """
    rng = np.random.default_rng([seed, STREAM + 1])
    n = len(people.half)
    bag = rng.permutation(n) % min(BAGS, n)
    bags = int(bag.max()) + 1
    again = rng.multinomial(bags, np.full(bags, 1 / bags), DRAWN).astype(float)
    weight = np.vstack([np.ones(bags), again])
    z = float(norm.ppf(0.5 + level / 2))
    curve, wide, area, error = np.zeros(len(SHARES)), np.zeros(len(SHARES)), 0.0, 0.0
    for k in (0, 1):
        mine = people.half == k
        block = _blocks(people.foretold[mine])
        place = bag[mine] * (block.max() + 1) + block
        shape = (bags, int(block.max()) + 1)
        many, sums = (np.bincount(place, w, bags * shape[1]).reshape(shape) for w in (None, people.score[mine]))
        size, part = weight @ many, float(mine.mean())
        curves = _steps(size, weight @ sums) / size.sum(axis=1)[:, None]
        areas = np.trapezoid(curves - curves[:, -1:] * SHARES, SHARES, axis=1)
        curve, area = curve + part * curves[0], area + part * float(areas[0])
        wide, error = wide + part * z * curves[1:].std(axis=0, ddof=1), error + part * z * float(areas[1:].std(ddof=1))
    return Qini(curve=np.column_stack([curve, curve - wide, curve + wide]), area=np.array([area, area - error, area + error]))


def _blocks(foretold: np.ndarray) -> np.ndarray:
    """(n,) step of each person, the highest foretold first; equals are never parted.

    >>> _blocks(np.array([0.1, 0.3, 0.3, 0.2])).tolist()
    [2, 0, 0, 1]
    """
    values, place, many = np.unique(-foretold, return_inverse=True, return_counts=True)
    if len(values) <= BLOCKS:
        return np.asarray(place)
    step = ((np.cumsum(many) - many / 2) / len(foretold) * BLOCKS).astype(int)
    return np.asarray(np.unique(step, return_inverse=True)[1][place])


def _steps(size: np.ndarray, sums: np.ndarray) -> np.ndarray:
    """(draws, shares): summed scores of those with the highest foretold effect."""
    start = np.zeros((len(size), 1))
    upto, gained = (np.hstack([start, np.cumsum(x, axis=1)]) for x in (size, sums))
    return np.vstack([np.interp(SHARES * u[-1], u, g) for u, g in zip(upto, gained, strict=True)])


def rule_gain(people: Ranked, worth: float, cost: float, level: float) -> tuple[float, str, np.ndarray]:
    """(share treated, better of "all" and "none", gain of the rule over it with its range): for each person of the whole.

    The rule treats those whose foretold effect is worth more than it costs. The better of the two is picked on the same people, which
    can only make the rule look worse.

    >>> half, sign = np.arange(400) % 2, np.where(np.arange(400) < 200, 1.0, -1.0)
    >>> people = Ranked(half=half, score=sign, foretold=sign)
    >>> rule_gain(people, 1.0, 0.0, 0.9)[2].round(2).tolist()
    [0.5, 0.44, 0.56]
    """
    net = worth * people.score - cost
    chosen = (worth * people.foretold > cost).astype(float)
    against = "all" if net.mean() > 0 else "none"
    gain = net * (chosen - (against == "all"))
    parts = [gain[people.half == k] for k in (0, 1)]
    wide = float(norm.ppf(0.5 + level / 2) * sum(np.sqrt(len(p)) * p.std(ddof=1) for p in parts) / len(gain))
    return float(chosen.mean()), against, float(gain.mean()) + np.array([0.0, -wide, wide])
