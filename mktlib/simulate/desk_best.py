"""The best play that can be found at a desk when the truth is known, and a bound that no play can beat on average.

Best: a play with constant bids on the mean path. A menu of bids, creatives and audiences is played once for all ad sets. For a
price of money (Lagrange multiplier) each ad set takes its best entry, and the price rises until the budget holds: allocation by marginal
gain. Bids are then moved one at a time under the budget as it is (coordinate ascent).
Bound: without wear and learning every auction stands alone, so the greatest mean gain within a budget is at most
min over l >= 0 of l * budget + sum over auctions of max over bids of (worth * sales - (1 + l) * cost), by weak duality. Any bid by auction,
and the best creative and audience each time, are allowed there, so no play of this desk is left out. In a total-value auction the
platform sees the mood of a day before it bids; the bound takes the mean over that mood, which is more than the surplus of the mean mood.
Both know the truth and the market's days of this seed; the luck of counts they do not know. A play that changes from week to week can
bring some per cent more than the best, which is constant; the bound holds for it too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from itertools import product

import numpy as np
from scipy.optimize import minimize_scalar

from mktlib.simulate import desk_engine as engine
from mktlib.simulate.auction import GRID, Floats
from mktlib.simulate.desk_world import DAYS, World, rule
from mktlib.vocabulary import ad_desk

MENU = np.exp(np.linspace(np.log(0.15), np.log(4.0), 14))
"""Bids of the menu, as multiples of what the median rival would make one bid."""
NEAR = np.exp(np.linspace(-0.28, 0.28, 9))
ROUNDS = 3


@dataclass(frozen=True)
class Path:
    """Means of plays: (play, week, ad set) money, impressions, clicks, sales because of the ads, credited sales, days in learning, kept."""

    spend: Floats
    impressions: Floats
    clicks: Floats
    extra: Floats
    credited: Floats
    learning: Floats
    strain: Floats
    restarts: Floats

    def gain(self, world: World) -> Floats:
        return world.worth * self.extra - self.spend


def run(world: World, weeks: Sequence[engine.Moves], budget: float, switches: engine.Switches | None = None) -> Path:
    """The mean path of plays, week by week; budgets of a week are cut to what is left."""
    on = switches or engine.Switches()
    plays, sets = weeks[0].bid.shape
    state, left = engine.start(world, plays), np.full(plays, float(budget))
    rows: dict[str, list[Floats]] = {f.name: [] for f in fields(Path)}
    for w, moves in enumerate(weeks):
        asked = (np.where(moves.bid > 0, moves.budget, 0.0) * moves.days.sum(axis=-1)).sum(axis=-1)
        with np.errstate(divide="ignore", invalid="ignore"):
            room = np.where(np.isfinite(asked) & (asked > left), left / asked, 1.0)
        afforded = replace(moves, budget=moves.budget * room[:, None])
        again = engine.edit(state, afforded, world, on)
        sums = {name: np.zeros((plays, sets)) for name in rows}
        for d in range(DAYS):
            got = engine.day(world, state, afforded, w, d, switches=on)
            _add(sums, got, moves)
        sums["restarts"] = again.astype(float)
        sums["strain"] = sums["strain"] / np.maximum(sums["clicks"], 1e-12)
        left = np.maximum(left - sums["spend"].sum(axis=-1), 0.0)
        for name, value in sums.items():
            rows[name].append(value)
    return Path(**{name: np.stack(values, axis=1) for name, values in rows.items()})


def _add(sums: dict[str, Floats], got: engine.Day, moves: engine.Moves) -> None:
    for name in ("spend", "impressions", "clicks", "extra"):
        sums[name] += getattr(got, name).sum(axis=-1)
    sums["credited"] += (got.seen + got.anyway + got.viewed).sum(axis=-1)
    sums["learning"] += (1.0 - got.progress) * (moves.bid > 0)
    sums["strain"] += (got.strain * got.clicks).sum(axis=-1)


# ---------------------------------------------------------------- the best play found


@dataclass(frozen=True)
class Best:
    """A play of constant settings, and its mean path."""

    moves: engine.Moves
    path: Path
    gain: float


def best_play(world: World, budget: float, others: Sequence[engine.Moves] = ()) -> Best:
    """The best play found. others: constant plays that it must not fall behind."""
    menu = _menu(world)
    found = run(world, [menu] * world.weeks, np.inf)
    sales, money = found.extra.sum(axis=1) * world.worth, found.spend.sum(axis=1)
    starts = [_picked(menu, _priced(sales, money, price)) for price in (_price(sales, money, budget), 0.0)]
    plays = [_within(world, m, budget) for m in (*starts, *others)]
    best = max(plays, key=lambda p: p.gain)
    for _ in range(ROUNDS):
        better = _improved(world, best, budget)
        if better.gain <= best.gain * (1 + 1e-4) + 1e-6:
            return max(best, better, key=lambda p: p.gain)
        best = better
    return best


def _menu(world: World) -> engine.Moves:
    """Every bid with every choice of creatives and every audience, for all ad sets at once: one play an entry, and one that pauses."""
    creatives = [c for c in product((True, False), repeat=world.clicky.shape[1]) if any(c)]
    entries = list(product(MENU, creatives, range(len(ad_desk()["desk_audiences"]))))
    out = engine.idle(world, len(entries) + 1)
    out.bid[:-1] = np.array([e[0] for e in entries])[:, None] * engine.medians(world)
    out.creatives[:-1] = np.array([e[1] for e in entries])[:, None, :] & (world.clicky > 0)
    out.audience[:-1] = np.array([e[2] for e in entries])[:, None]
    out.budget[:] = np.inf
    return out


def _priced(sales: Floats, money: Floats, price: float) -> np.ndarray:
    """The entry of each ad set at a price of money."""
    return np.asarray((sales - (1 + price) * money).argmax(axis=0))


def _price(sales: Floats, money: Floats, budget: float) -> float:
    """The lowest price of money at which the budget holds."""
    low, high = 0.0, 50.0
    over = [money[_priced(sales, money, p), np.arange(money.shape[1])].sum() > budget for p in (low, high)]
    if not over[0]:
        return low
    for _ in range(40):
        middle = (low + high) / 2
        spent = money[_priced(sales, money, middle), np.arange(money.shape[1])].sum()
        low, high = (middle, high) if spent > budget else (low, middle)
    return high


def _picked(menu: engine.Moves, entries: np.ndarray) -> engine.Moves:
    """One play: each ad set with its own entry of the menu."""
    sets = np.arange(len(entries))
    return engine.Moves(**{f.name: getattr(menu, f.name)[entries, sets][None].copy() for f in fields(menu)})


def _stacked(moves: engine.Moves, plays: int) -> engine.Moves:
    return moves.take(np.zeros(plays, dtype=np.int64))


def _budgeted(world: World, moves: engine.Moves, budget: float) -> engine.Moves:
    """Daily budgets that do not bind on a usual day, and the whole within what there is."""
    free = run(world, [replace(moves, budget=np.full_like(moves.budget, np.inf))] * world.weeks, np.inf)
    usual = free.spend.max(axis=1) / np.maximum(moves.days.sum(axis=-1), 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        room = np.minimum(budget / (usual * moves.days.sum(axis=-1)).sum(axis=-1, keepdims=True), 1.0)
    return replace(moves, budget=np.where(moves.bid > 0, np.maximum(1.25 * usual * np.where(np.isfinite(room), room, 1.0), 0.01), 0.0))


def _within(world: World, moves: engine.Moves, budget: float) -> Best:
    """The better of bids scaled to the budget: in a second price too low a budget is better met by lower bids than by stopping early."""
    scales = np.array([0.35, 0.5, 0.6, 0.7, 0.78, 0.86, 0.93, 1.0, 1.08])
    many = _stacked(moves, len(scales))
    many = replace(many, bid=many.bid * scales[:, None])
    return _top(world, many, budget)


def _top(world: World, many: engine.Moves, budget: float) -> Best:
    many = _budgeted(world, many, budget)
    path = run(world, [many] * world.weeks, budget)
    gains = path.gain(world).sum(axis=(1, 2))
    k = int(gains.argmax())
    one = {f.name: getattr(path, f.name)[k : k + 1] for f in fields(Path)}
    return Best(many.take(np.array([k])), Path(**one), float(gains[k]))


def _improved(world: World, best: Best, budget: float) -> Best:
    """One round: each ad set's bid moved alone, then all those that helped together."""
    sets = best.moves.bid.shape[1]
    many = _stacked(best.moves, 1 + sets * (len(NEAR) + 1))
    for a in range(sets):
        rows = slice(1 + a * (len(NEAR) + 1), 1 + (a + 1) * (len(NEAR) + 1))
        many.bid[rows, a] = np.append(NEAR, 0.0) * many.bid[rows, a]
    tried = _budgeted(world, many, budget)
    gains = run(world, [tried] * world.weeks, budget).gain(world).sum(axis=(1, 2))
    moved = gains[1:].reshape(sets, -1)
    joint = _stacked(best.moves, 3)
    steps = np.append(NEAR, 0.0)[moved.argmax(axis=1)]
    joint.bid[0] *= steps
    joint.bid[1] *= np.sqrt(np.maximum(steps, 0.25))
    alone = int(moved.max(axis=1).argmax())
    joint.bid[2, alone] *= steps[alone]
    return max(best, _top(world, joint, budget), key=lambda p: p.gain)


# ---------------------------------------------------------------- the bound


def bound(world: World, budget: float) -> float:
    """A gain that no play has on average (weak duality; see above)."""
    cells = _cells(world)

    def dual(price: float) -> float:
        return price * budget + sum(_surplus(cell, price) for cell in cells)

    found = minimize_scalar(dual, bounds=(0.0, 60.0), method="bounded", options={"xatol": 1e-3})
    return float(min(dual(0.0), found.fun))


@dataclass(frozen=True)
class _Cell:
    """Auctions of an ad set over (week, day, part), with one creative and one audience."""

    places: Floats
    worth: Floats
    """What the clicks of an auction at the first place would leave, EUR."""
    price: Floats
    """EUR of one unit of cost."""
    curve: Floats
    """At each of RATIOS, worth / price of money / price: the greatest surplus of any bid, in units of cost."""


RATIOS = np.exp(np.linspace(np.log(1e-4), np.log(1e4), 600))


def _cells(world: World) -> list[list[_Cell]]:
    """By ad set, the choices of creative and audience among which each auction may choose."""
    audiences = range(len(ad_desk()["desk_audiences"]))
    sets = [(a, range(len(s.creatives))) for a, s in enumerate(world.sets)]
    return [[_cell(world, a, c, k) for c, k in product(creatives, audiences)] for a, creatives in sets]


def _cell(world: World, a: int, c: int, k: int) -> _Cell:
    parts, kinds = engine.day_tables()
    days = np.array(rule("weekdays", world.platform))
    places = world.people[a] * kinds["people"][k] * world.daily[a] * days[:, None] * parts["share"]
    click = min(world.rates["click"][a] * world.clicky[a, c] * kinds["click"][k], 0.9)
    sale = world.worth * world.rates["extra"][a] * world.selling[a, c] * kinds["convert"][k] * parts["convert"]
    price = world.rates["price"][a] * world.market[:, :, a, :] * kinds["price"][k]
    unit = click if world.kind == "search" else 1e-3
    quality = {"search": world.clicky[a, c], "total": engine.QUALITY * world.clicky[a, c], "first": 1.0}[world.kind]
    rank = np.maximum(GRID, quality) if world.kind == "total" else GRID
    won = world.auction.won(rank, np.full_like(GRID, quality))
    curve = np.maximum((RATIOS[:, None] * won.clicked - won.cost).max(axis=1), 0.0)
    if world.kind == "total":
        curve = _in_any_mood(world, curve)
    return _Cell(np.broadcast_to(places, price.shape), np.broadcast_to(click * sale, price.shape), price * unit, curve)


def _in_any_mood(world: World, curve: Floats) -> Floats:
    """The greatest mean surplus over days' moods (log-normal of mean 1), at whichever point of the learning phase it is greatest."""
    points, weights = np.polynomial.hermite_e.hermegauss(31)
    calm, wild = float(rule("day_noise", world.platform)), float(rule("learning_noise", world.platform))
    means = [curve]
    for unlearnt in np.linspace(0.0, 1.0, 11):
        spread, held = calm + (wild - calm) * unlearnt, 1.0 - float(rule("learning_loss", world.platform)) * unlearnt
        moods = held * np.exp(spread * points - spread**2 / 2)
        means.append(np.interp(RATIOS[:, None] * moods, RATIOS, curve) @ weights / weights.sum())
    return np.asarray(np.max(means, axis=0))


def _surplus(choices: list[_Cell], price: float) -> float:
    """The most that the auctions of an ad set can bring at a price of money."""
    best = np.zeros_like(choices[0].price)
    for cell in choices:
        per = (1 + price) * cell.price
        best = np.maximum(best, cell.places * per * np.interp(cell.worth / per, RATIOS, cell.curve))
    return float(best.sum())
