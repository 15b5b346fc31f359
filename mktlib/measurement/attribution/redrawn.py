"""Shares by every method, and how far they would move with other people: whole people are redrawn.

Each draw gives every person a Poisson weight of mean one (Hanley and MacGibbon 2006, Computer Methods and Programs in Biomedicine 83):
of people whose journeys are alike and who never bought only the sum matters, which is Poisson too, so that the draws are exact and cost
what the distinct paths cost. Shares are redrawn, not totals: of the purchases that were counted, what part is credited to whom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.special import betaincinv
from threadpoolctl import threadpool_limits

from mktlib.intake.journeys import Journeys
from mktlib.measurement.attribution import chain as mc
from mktlib.measurement.attribution import coalition
from mktlib.measurement.attribution.rules import RULES, parts
from mktlib.vocabulary import progress

WALKS = 4_000
"""Journeys drawn for each redraw, where Shapley's value is sampled; their own luck is taken out of the ranges."""
ROOM = 20_000_000
"""Numbers held at once."""
AT_ONCE = 50
"""Draws between two looks at the bar."""
RARE = 10
"""Purchases below which the exact range of a share is laid over the redrawn one."""


@dataclass(frozen=True, kw_only=True)
class Walk:
    """A chain for any weights of people: its steps; of (m, buyers), value (S + 1, buyers) sparse: what each person who bought adds."""

    steps: mc.Steps
    of: sp.csr_array
    value: sp.csr_array
    order: int

    def chain(self, mine: np.ndarray, theirs: np.ndarray) -> mc.Chain:
        return mc.chain(self.steps, self.of @ mine + self.steps.lost @ theirs, self.value @ mine)


@dataclass(frozen=True, kw_only=True)
class Model:
    """What is summed for any weights of people. rules: {rule: (conversions, values)} sparse (K, buyers); walk: the chain of the order that
    is asked; first: the one of order 1, on which Shapley's value stands."""

    channels: int
    rules: dict[str, tuple[sp.csr_array, sp.csr_array]]
    walk: Walk
    first: Walk


@dataclass(frozen=True, kw_only=True)
class Shares:
    """share: {method: (K, 2)} of purchases and of value; draws: {method: (B, K, 2)}; error: {method: (K, 2)} of the sampling of Shapley's
    value, else 0; apart (B,): difference of the purchases a person between those not held out and those held out, None without."""

    share: dict[str, np.ndarray]
    draws: dict[str, np.ndarray]
    error: dict[str, np.ndarray]
    apart: np.ndarray | None


@dataclass(frozen=True, kw_only=True)
class Split:
    """Who was held out (1), not (0), or untold: buyers (n,), null (m,), purchases (n,); more: people without a row, (not held, held)."""

    buyers: np.ndarray
    null: np.ndarray
    purchases: np.ndarray
    more: tuple[float, float]


def model(journeys: Journeys, *, half_life: float, order: int) -> Model:
    """What any weights of people need."""
    walk = _walk(journeys, order)
    won = journeys.paths.only(np.flatnonzero(journeys.bought))
    of = won.of
    buyer, value = journeys.buyer[journeys.bought][of], journeys.value[journeys.bought][of]
    age = journeys.age[np.repeat(journeys.bought, journeys.paths.length)]
    shape = (len(journeys.channels), len(journeys.held))
    rules = {}
    for rule in RULES:
        part = parts(rule, won.start, age, half_life)
        rules[rule] = (sp.csr_array((part, (won.code, buyer)), shape=shape), sp.csr_array((part * value, (won.code, buyer)), shape=shape))
    return Model(channels=shape[0], rules=rules, walk=walk, first=walk if order == 1 else _walk(journeys, 1))


def _walk(journeys: Journeys, order: int) -> Walk:
    known = mc.steps(journeys.paths, journeys.bought, journeys.null, len(journeys.channels), order)
    many, count = len(journeys.held), len(journeys.paths)
    to_buyer = sp.csr_array((np.ones(count), (np.arange(count), journeys.buyer)), shape=(count, many))
    paid = sp.csr_array((journeys.value * (known.ends > 0), (known.ends, journeys.buyer)), shape=(known.states + 1, many))
    return Walk(steps=known, of=(known.of @ to_buyer).tocsr(), value=paid, order=order)


def shares(
    made: Model, journeys: Journeys, methods: Sequence[str], *, draws: int, rng: np.random.Generator, split: Split | None = None
) -> Shares:
    """Shares as counted, and redrawn."""
    with threadpool_limits(1):  # many small systems
        once = np.ones((len(journeys.held), 1)), journeys.null_count[:, None].astype(float)
        returns = _returns(made, *once, methods)
        point, error = _once(made, *once, methods, returns, coalition.WALKS, rng)
        drawn: dict[str, list[np.ndarray]] = {m: [] for m in methods}
        apart = []
        for few in progress(_chunks(made, journeys, methods, draws), desc="redraw"):
            mine = rng.poisson(1.0, (len(journeys.held), few)).astype(float)
            theirs = rng.poisson(journeys.null_count[:, None], (len(journeys.null_count), few)).astype(float)
            found, _ = _once(made, mine, theirs, methods, returns, WALKS, rng)
            for m in methods:
                drawn[m].append(found[m])
            apart += [_apart(split, mine, theirs, rng)] if split is not None else []
    share = {m: point[m][0] for m in methods}
    stacked = {m: np.concatenate(drawn[m]) if drawn[m] else np.full((1, made.channels, 2), np.nan) for m in methods}
    stacked |= {m: _calmed(stacked[m], error[m] * np.sqrt(coalition.WALKS / WALKS)) for m in methods if error[m].any()}
    return Shares(share=share, draws=stacked, error=error, apart=np.concatenate(apart) if apart else None)


def _chunks(made: Model, journeys: Journeys, methods: Sequence[str], draws: int) -> list[int]:
    """How many draws are made at once."""
    s = made.walk.steps.states
    if s > mc.DENSE or ("shapley" in methods and made.channels > coalition.EXACT):
        return [1] * draws
    sets = 2**made.channels * 6 if "shapley" in methods else 1
    size = max(len(journeys.held), len(journeys.null_count), made.walk.of.shape[0], (s + 1) ** 2 * 3, sets)
    few = max(1, min(AT_ONCE, draws, ROOM // max(size, 1)))
    return [few] * (draws // few) + ([draws % few] if draws % few else [])


def _returns(made: Model, mine: np.ndarray, theirs: np.ndarray, methods: Sequence[str]) -> np.ndarray | None:
    """How often each state of a large chain is met from itself on: solved once, and held for the redraws (it hardly moves)."""
    if made.walk.steps.states <= mc.DENSE or "markov" not in methods:
        return None
    on = made.walk.chain(mine, theirs).on
    assert not isinstance(on, np.ndarray)
    return mc.diagonal(on[1:])


Found = tuple[dict[str, np.ndarray], dict[str, np.ndarray]]


def _once(
    made: Model, mine: np.ndarray, theirs: np.ndarray, methods: Sequence[str], returns: np.ndarray | None, walks: int,
    rng: np.random.Generator,
) -> Found:  # fmt: skip
    """({method: (b, K, 2)}, {method: error}) for some weights of people who bought (buyers, b) and of the others (paths, b)."""
    raw: dict[str, np.ndarray] = {}
    error = {m: np.zeros((made.channels, 2)) for m in methods}
    for m in methods:
        if m in made.rules:
            raw[m] = np.stack([(part @ mine).T for part in made.rules[m]], axis=2)
    chained = made.walk.chain(mine, theirs) if {"markov", "shapley"} & {*methods} else None
    if chained is not None and "markov" in methods:
        raw["markov"] = mc.removal(made.walk.steps, chained, made.channels, made.walk.order, returns)
    if chained is not None and "shapley" in methods:
        first = chained if made.walk is made.first else made.first.chain(mine, theirs)
        raw["shapley"], error["shapley"] = _shapley(made, first, walks, rng)
    return {m: _as_shares(v) for m, v in raw.items()}, error


def _shapley(made: Model, chained: mc.Chain, walks: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    if made.channels <= coalition.EXACT:
        return coalition.shapley(coalition.worths(chained)), np.zeros((made.channels, 2))
    share, error = coalition.sampled(chained, mc.wins_of(chained), walks, rng)
    return share[None], error


def _as_shares(raw: np.ndarray) -> np.ndarray:
    """Parts of one; blank where there is nothing to share."""
    whole = raw.sum(axis=1, keepdims=True)
    return np.asarray(np.where(whole > 0, raw / np.where(whole > 0, whole, 1.0), np.nan))


def _calmed(draws: np.ndarray, luck: np.ndarray) -> np.ndarray:
    """Redraws without the luck of the journeys that were drawn in each: drawn together around their mean."""
    mean, spread = np.nanmean(draws, axis=0), np.nanvar(draws, axis=0)
    kept = np.sqrt(np.maximum(spread - luck**2, 0) / np.maximum(spread, 1e-300))
    return np.asarray(mean + (draws - mean) * kept)


def _apart(split: Split, mine: np.ndarray, theirs: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(b,) purchases a person not held out, less those of a person held out."""
    rate = []
    for group, more in zip((0, 1), split.more, strict=True):
        people = mine[split.buyers == group].sum(axis=0) + theirs[split.null == group].sum(axis=0) + rng.poisson(more, mine.shape[1])
        rate.append(split.purchases[split.buyers == group] @ mine[split.buyers == group] / np.maximum(people, 1))
    return np.asarray(rate[0] - rate[1])


def ranges(share: np.ndarray, draws: np.ndarray, level: float, buyers: float) -> tuple[np.ndarray, np.ndarray]:
    """Low and high of shares (K,) from redraws (B, K): percentiles, and where few purchases are behind a share also the exact range of a
    share of so many buyers (Clopper and Pearson 1934), whichever is wider: a channel with none is not shown to be worth none.

    >>> low, high = ranges(np.array([0.0]), np.zeros((9, 1)), 0.9, 20.0)
    >>> low.tolist(), high.round(3).tolist()
    ([0.0], [0.139])
    """
    tail = (1 - level) / 2
    told = draws[np.isfinite(draws).all(axis=1)]
    if not len(told) or buyers <= 0:
        return np.full(len(share), np.nan), np.full(len(share), np.nan)
    low, high = np.quantile(told, [tail, 1 - tail], axis=0)
    k = np.clip(share * buyers, 0, buyers)
    rare = (k < RARE) | (buyers - k < RARE)
    alone = share >= 1 - 1e-12  # every purchase is credited to the only channel there is
    exact_low = np.where(k > 0, betaincinv(np.maximum(k, 1e-9), buyers - k + 1, tail), 0.0)
    exact_high = np.where(k < buyers, betaincinv(k + 1, np.maximum(buyers - k, 1e-9), 1 - tail), 1.0)
    low = np.where(rare & ~(alone & (len(share) == 1)), np.minimum(low, exact_low), low)
    high = np.where(rare, np.maximum(high, exact_high), high)
    return np.minimum(low, share), np.maximum(high, share)
