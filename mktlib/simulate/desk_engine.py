"""The days of an ad desk, for one play or for many at once: auctions, budgets, exploration of creatives, learning phase, wear.

The same code plays in two ways. With `lots` it draws whole counts from the world's uniform numbers. Without, every count is its mean given
the means before it: the mean path, in which plays are compared without luck. It is the usual fluid approximation: exact for the auctions
and the counts of a day, approximate where a mean enters a curve (wear, learning, exploration).
Arrays run over (play, ad set, creative, part of the day).
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import binom, poisson

from mktlib.simulate.auction import Floats, Won
from mktlib.simulate.desk_world import DAYS, World, rule
from mktlib.vocabulary import ad_desk

QUALITY = 0.08
"""In a total-value auction, the part of the median rival's total value that a creative of usual quality has without any bid."""
IMPRESSIONS, CLICKS, EXTRA, ANYWAY, VIEWED, PRICE, MOOD, SEEN = range(8)
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Moves:
    """A week's settings. bid 0: paused. (play, ad set), and creatives, days, parts behind them."""

    bid: Floats
    budget: Floats
    creatives: Bools
    days: Bools
    parts: Bools
    audience: NDArray[np.int64]
    cap: Floats
    holdout: Floats

    def take(self, plays: NDArray[np.int64]) -> Moves:
        return Moves(**{f.name: getattr(self, f.name)[plays] for f in fields(self)})


@dataclass(frozen=True)
class Switches:
    """What is left on of the model, for replays that ask what something cost."""

    learning: bool = True
    restarts: bool = True
    wear: bool = True


@dataclass
class State:
    """What the platform and the audience remember."""

    pressure: Floats
    fresh: Floats
    shown: Floats
    clicked: Floats
    events: Floats
    progress: Floats
    age: Floats
    last: Moves | None = None


@dataclass(frozen=True)
class Day:
    """What a day brought, (play, ad set, creative). `extra` come because of the ad; `anyway` and `viewed` would have come."""

    impressions: Floats
    clicks: Floats
    spend: Floats
    extra: Floats
    seen: Floats
    """Those of `extra` that the platform sees."""
    anyway: Floats
    viewed: Floats
    progress: Floats = field(repr=False)
    strain: Floats = field(repr=False)
    """Clicks kept of those that would have come without wear."""


def start(world: World, plays: int) -> State:
    a, c = world.clicky.shape
    zero = np.zeros((plays, a))
    more = np.zeros((plays, a, c))
    return State(zero.copy(), more.copy(), more.copy(), more.copy(), np.zeros((plays, a, DAYS)), zero.copy(), zero.copy())


def idle(world: World, plays: int) -> Moves:
    """A week in which everything pauses."""
    a, c = world.clicky.shape
    both = (plays, a)
    return Moves(
        bid=np.zeros(both), budget=np.zeros(both), creatives=np.broadcast_to(world.clicky > 0, (plays, a, c)).copy(),
        days=np.ones((*both, DAYS), dtype=bool), parts=np.ones((*both, world.market.shape[-1]), dtype=bool),
        audience=np.full(both, list(ad_desk()["desk_audiences"]).index("usual")), cap=np.full(both, np.inf), holdout=np.zeros(both),
    )  # fmt: skip


@lru_cache(maxsize=1)
def day_tables() -> tuple[dict[str, Floats], dict[str, Floats]]:
    parts = {k: np.array([r[k] for r in ad_desk()["desk_parts"].values()]) for k in ("share", "convert")}
    kinds = ("people", "click", "convert", "price")
    return parts, {k: np.array([r[k] for r in ad_desk()["desk_audiences"].values()]) for k in kinds}


def medians(world: World) -> Floats:
    """The bid of each ad set, in its own unit, that makes its usual creative equal to the median rival."""
    price, click = world.rates["price"], world.rates["click"]
    if world.kind != "total":
        return price
    credited = (click * (world.rates["extra"] + world.rates["anyway"]) + world.rates["viewed"]) * float(rule("seen", world.platform))
    return np.asarray(price / (1000 * (credited if world.unit == "sale" else click)))


def forecast(world: World, a: int, bid: float) -> float:
    """What a bid would take on a usual day when nobody is tired of the ads, without any limit (EUR)."""
    moves = idle(world, 1)
    moves.bid[0, a], moves.budget[0, a] = bid, np.inf
    return float(day(world, start(world, 1), moves, 0, 0).spend.sum())


def edit(state: State, moves: Moves, world: World, switches: Switches) -> Bools:
    """Starts the learning phase again where a change is significant; returns where."""
    most = float(rule("learning_change", world.platform))
    on, last = moves.bid > 0, state.last
    again = np.ones_like(on)
    if last is not None:
        with np.errstate(divide="ignore", invalid="ignore"):
            moved = [np.abs(now / before - 1) > most + 1e-9 for now, before in ((moves.bid, last.bid), (moves.budget, last.budget))]
        again = moved[0] | moved[1] | (moves.creatives != last.creatives).any(axis=2) | (moves.audience != last.audience) | (last.bid <= 0)
    again &= on
    if not switches.restarts:
        again &= state.age <= 0
    state.progress = np.where(again, 0.0, state.progress)
    state.events = np.where(again[..., None], 0.0, state.events)
    state.age = np.where(on, np.where(again, 0.0, state.age), 0.0 if switches.restarts else state.age)
    state.last = moves
    return again


def day(world: World, state: State, moves: Moves, week: int, weekday: int, *, lots: bool = False, switches: Switches | None = None) -> Day:
    """Plays one day and moves the state on."""
    on = switches or Switches()
    rates, strain = _rates(world, state, moves, week, weekday, lots, on)
    cells, won, price = _auctions(world, state, moves, week, weekday, rates)
    means, cost = _delivery(world, moves, cells, won, price, rates["click"])
    luck = world.luck[week, weekday]
    got = _drawn(world, moves, luck, means, cost, rates) if lots else _mean(world, means, cost, rates)
    _remember(world, state, moves, got)
    return replace(got, progress=state.progress.copy(), strain=np.broadcast_to(strain, got.clicks.shape))


def _rates(world: World, state: State, moves: Moves, week: int, weekday: int, lots: bool, on: Switches) -> tuple[dict[str, Floats], Floats]:
    """Clicks an impression and sales a click of each creative today."""
    _, kinds = day_tables()
    held = 1.0 - float(rule("learning_loss", world.platform)) * (1.0 - state.progress) * on.learning
    load = state.pressure + state.pressure @ world.overlap.T
    wear = float(rule("wear", world.platform)) * load[..., None] + float(rule("creative_wear", world.platform)) * state.fresh
    strain = np.exp(-wear) if on.wear else np.ones_like(wear)
    mood = np.ones_like(held)
    if lots:  # the mood of a day is one for the creatives of an ad set
        low, high = float(rule("day_noise", world.platform)), float(rule("learning_noise", world.platform))
        sd = low + (high - low) * (1.0 - state.progress)
        mood = np.exp(sd * ndtri(world.luck[week, weekday, :, 0, MOOD]) - sd**2 / 2)
    click = world.rates["click"][:, None] * world.clicky * strain * (kinds["click"][moves.audience] * mood)[..., None]
    better = world.selling * (held * kinds["convert"][moves.audience])[..., None]
    rates = {k: world.rates[k][:, None] * better for k in ("extra", "anyway")}
    rates |= {"click": np.minimum(click, 0.9), "viewed": np.broadcast_to(world.rates["viewed"][:, None], click.shape)}
    return rates, strain


def _auctions(world: World, state: State, moves: Moves, week: int, weekday: int, rates: dict[str, Floats]) -> tuple[Floats, Won, Floats]:
    """(auctions by creative and part, what each wins, median price)."""
    parts, kinds = day_tables()
    kind = moves.audience
    people = world.people * kinds["people"][kind] * (1 - moves.holdout)
    open_now = (moves.bid > 0) & moves.days[..., weekday]
    places = (people * world.daily * float(rule("weekdays", world.platform)[weekday]) * open_now)[..., None] * parts["share"] * moves.parts
    cells = places[:, :, None, :] * _favoured(world, state, moves)[..., None]
    price = (world.rates["price"][:, None] * world.market[week, weekday]) * kinds["price"][kind][..., None]
    rank, quality = _ranked(world, moves, rates, price)
    return cells, world.auction.won(rank, quality), price[:, :, None, :]


def _ranked(world: World, moves: Moves, rates: dict[str, Floats], price: Floats) -> tuple[Floats, Floats]:
    """(rank, quality) of each creative and part of the day, in medians of the market, as the platform's auction counts them."""
    bid, median = moves.bid[..., None, None], price[:, :, None, :]
    clicky = world.clicky[None, :, :, None]
    if world.kind == "search":
        good = np.maximum(clicky, 1e-9)
        return bid * good / median, good
    if world.kind == "first":
        return np.broadcast_to(bid / median, (*moves.bid.shape, world.clicky.shape[1], median.shape[-1])), np.ones((1, 1, 1, 1))
    seen = float(rule("seen", world.platform))
    credited = rates["click"] * (rates["extra"] + rates["anyway"]) * seen + rates["viewed"] * seen
    rate = credited if world.unit == "sale" else rates["click"]
    return QUALITY * clicky + 1000 * bid * rate[..., None] / median, QUALITY * clicky


def _favoured(world: World, state: State, moves: Moves) -> Floats:
    """Share of the delivery that each creative gets: nearly all to the one believed better, as soon as anything is known."""
    doubt = float(rule("exploration", world.platform)) / world.rates["click"][:, None] / 20
    usual = np.broadcast_to(world.rates["click"][:, None], state.shown.shape)
    believed = (usual * doubt + state.clicked) / (doubt + state.shown) / usual
    weight = np.where(moves.creatives, believed ** float(rule("favouring", world.platform)), 0.0)
    return np.asarray(weight / np.maximum(weight.sum(axis=-1, keepdims=True), 1e-12))


def _delivery(world: World, moves: Moves, cells: Floats, won: Won, price: Floats, click: Floats) -> tuple[dict[str, Floats], Floats]:
    """Mean impressions and clicks by creative within the day's budget and the cap, with the cost of each, and how well the parts sell."""
    parts, kinds = day_tables()
    shown, weight = cells * won.shown, cells * won.clicked
    clicks = weight.sum(axis=-1) * click
    cost = (cells * won.cost * price).sum(axis=-1) * (click if world.kind == "search" else 1e-3)
    whole, seen = cost.sum(axis=-1), shown.sum(axis=(-1, -2))
    people = world.people * kinds["people"][moves.audience] * (1 - moves.holdout)
    with np.errstate(divide="ignore", invalid="ignore"):
        room = np.minimum(np.where(whole > 0, moves.budget / whole, 1.0), np.where(seen > 0, moves.cap * people / DAYS / seen, 1.0))
    sells = (weight * parts["convert"]).sum(axis=-1) / np.maximum(weight.sum(axis=-1), 1e-12)
    part = np.minimum(room, 1.0)[..., None]
    return {"impressions": shown.sum(axis=-1) * part, "clicks": clicks * part, "sells": sells}, cost * part


def _mean(world: World, means: dict[str, Floats], cost: Floats, rates: dict[str, Floats]) -> Day:
    """A day on the mean path: every count is its mean."""
    clicks, seen = means["clicks"], float(rule("seen", world.platform))
    extra, anyway = (clicks * rates[k] * means["sells"] for k in ("extra", "anyway"))
    viewed, none = means["impressions"] * rates["viewed"], np.zeros_like(clicks)
    return Day(means["impressions"], clicks, cost, extra, extra * seen, anyway * seen, viewed * seen, none, none)


def _drawn(world: World, moves: Moves, luck: Floats, means: dict[str, Floats], cost: Floats, rates: dict[str, Floats]) -> Day:
    """A day in whole counts, drawn from the uniform numbers of its luck."""
    impressions, clicks, spend = _bought(world, moves, luck, means, cost)
    seen = float(rule("seen", world.platform))
    extra = binom.ppf(luck[..., EXTRA], clicks, np.minimum(rates["extra"] * means["sells"], 1.0))
    anyway = binom.ppf(luck[..., ANYWAY], clicks - extra, np.minimum(rates["anyway"] * means["sells"] * seen, 1.0))
    viewed = binom.ppf(luck[..., VIEWED], impressions - clicks, rates["viewed"] * seen)
    credited = binom.ppf(luck[..., SEEN], extra, seen)
    none = np.zeros_like(clicks)
    return Day(impressions, clicks, spend, extra, credited, anyway, viewed, none, none)


def _bought(world: World, moves: Moves, luck: Floats, means: dict[str, Floats], cost: Floats) -> tuple[Floats, Floats, Floats]:
    """(impressions, clicks, spend in whole cents): what is paid for, clicks in search, else impressions, stays within the budget."""
    by_click = world.kind == "search"
    each = cost / np.maximum(means["clicks"] if by_click else means["impressions"], 1e-12)
    each = each * np.exp(0.05 * ndtri(luck[..., PRICE]) - 0.05**2 / 2)
    impressions = poisson.ppf(luck[..., IMPRESSIONS], means["impressions"])
    impressions = np.where(means["impressions"] > 0, impressions, 0.0)
    if not by_click:
        impressions = _within(impressions, each, moves.budget)
    rate = means["clicks"] / np.maximum(means["impressions"], 1e-12)
    clicks = binom.ppf(luck[..., CLICKS], impressions, np.minimum(rate, 1.0))
    if by_click:
        kept = _within(clicks, each, moves.budget)
        impressions = np.where(clicks > 0, np.maximum(np.round(impressions * kept / np.maximum(clicks, 1)), kept), impressions)
        clicks = kept
    return impressions, clicks, np.floor(100 * each * (clicks if by_click else impressions) + 1e-9) / 100


def _within(count: Floats, each: Floats, budget: Floats) -> Floats:
    """Whole counts whose cost does not exceed the day's budget."""
    cost = (count * each).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        room = np.where(cost > budget, budget / cost, 1.0)
    return np.where(room[..., None] < 1, np.floor(count * room[..., None]), count)


def _remember(world: World, state: State, moves: Moves, got: Day) -> None:
    """Exposure is added and forgotten, creatives are known better, results of seven days end the learning phase."""
    _, kinds = day_tables()
    keep = 0.5 ** (1 / float(rule("forgetting", world.platform)))
    people = np.maximum(world.people * kinds["people"][moves.audience] * (1 - moves.holdout), 1.0)
    state.pressure = keep * state.pressure + got.impressions.sum(axis=-1) / people
    state.fresh = keep * state.fresh + got.impressions / people[..., None]
    state.shown, state.clicked = state.shown + got.impressions, state.clicked + got.clicks
    results = got.clicks if world.unit == "click" and world.kind == "total" else got.seen + got.anyway + got.viewed
    state.events = np.concatenate([state.events[..., 1:], results.sum(axis=-1)[..., None]], axis=-1)
    reached = np.minimum(state.events.sum(axis=-1) / float(rule("learning_events", world.platform)), 1.0)
    state.progress = np.maximum(state.progress, np.where(reached >= 1, 1.0, np.where(state.progress >= 1, 1.0, reached)))
    state.age = state.age + (moves.bid > 0)
