"""One figure of one group: its value, its range, and in what way it has none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t as student

from mktlib.measurement.kpi_ranges import Belief, Layout, Plain, Sums, believed, mean_range, plain, scatter, summed
from mktlib.measurement.kpi_read import SPANS
from mktlib.measurement.kpi_spells import DOUBT, UNSEEN, WAVES, Spells, spells_in, unlike

NAN = float("nan")
ENOUGH = 6
"""Bundles from which on what they scatter is worth more than an opinion."""
FEW_ORDERS, LARGE_SHARE = 30, 0.25
"""Orders below which, or share of one bundle above which, a range of revenue may be too narrow (opinion, J: see benchmarks)."""

FEW_PIECES, FEWEST_PIECES = 10, 5
"""Pieces that bring unlike: below the first they are told of, from the second on the range is for pieces like these."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """The sums of one figure in one group, by kind of bundle: above, below, events (each a row (n,)) and how the rows lie; left: what was
    left out, of the column above or, where left_below, of the one below, as the other was blank."""

    above: Mapping[str, np.ndarray]
    below: Mapping[str, np.ndarray]
    events: Mapping[str, np.ndarray]
    layout: Mapping[str, Layout]
    rows: int
    left: float
    left_below: bool

    @property
    def totals(self) -> tuple[float, float, float]:
        kind = next(iter(self.above))
        return float(self.above[kind].sum()), float(self.below[kind].sum()), float(self.events[kind].sum())


def cell(parts: Mapping[str, pd.DataFrame], name: str, layout: Mapping[str, Layout]) -> Cell:
    """The sums of a pair from frames of one group, one a kind of bundle."""
    some = next(iter(parts.values()))
    left = [float(some[f"{name} {k}"].sum()) for k in ("n_left", "d_left")]

    def taken(part: str) -> dict[str, np.ndarray]:
        return {kind: frame[f"{name} {part}"].to_numpy(float) for kind, frame in parts.items()}

    rows = int(some[f"{name} rows"].sum())
    return Cell(
        above=taken("n"), below=taken("d"), events=taken("e"), layout=layout, rows=rows, left=left[0] or left[1], left_below=not left[0]
    )


@dataclass(frozen=True, kw_only=True)
class Figure:
    """How a row of the table is read: the side that is luck, whether it is money, whether it is part of the other side."""

    random: str
    factor: float
    less: float
    money_above: bool
    money_below: bool
    paid: bool
    bounded: bool
    minus: bool
    counted: bool

    @staticmethod
    def of(row: Mapping[str, Any]) -> Figure:
        money, sides = row.get("money", ()), (row["numerator"], row["denominator"])
        return Figure(
            random=row["random"], factor=float(row.get("factor", 1)), less=float(row.get("less", 0)), money_above=sides[0] in money,
            money_below=sides[1] in money, paid="spend" in sides, bounded=bool(row.get("bounded")), minus=bool(row.get("minus")),
            counted=bool(row.get("events")),
        )  # fmt: skip

    @property
    def luck_is_money(self) -> bool:
        return self.money_above if self.random == "numerator" else self.money_below


def sums_of(figure: Figure, one: Cell) -> dict[str, Sums]:
    """The side that is luck over the other one, by kind of bundle."""
    out = {}
    for kind in one.above:
        luck, over = (one.above[kind], one.below[kind]) if figure.random == "numerator" else (one.below[kind], one.above[kind])
        events = one.events[kind] if figure.counted and one.events[kind].any() else np.sign(np.abs(luck))
        out[kind] = summed(luck, over, events if figure.luck_is_money else None, one.layout[kind], bounded=fits(figure, one))
    return out


def fits(figure: Figure, one: Cell) -> bool:
    """Whether a part is nowhere larger than its whole."""
    return figure.bounded and all((one.above[k] <= one.below[k]).all() for k in one.above)


def widest(sums: Mapping[str, Sums]) -> str:
    """The bundle between which it scatters most, of those with enough bundles; else the one with most."""
    many = {k: s for k, s in sums.items() if s.clusters >= ENOUGH and np.isfinite(s.phi)}
    return max(many, key=lambda k: many[k].phi) if many else max(sums, key=lambda k: sums[k].clusters)


@dataclass(frozen=True, kw_only=True)
class Told:
    """A figure, told. belief: of the side that is luck (None: no range); spells: as many independent days tell as much as these, which
    hang together (NaN: they do not; 0: too few days to see it); pieces: how many, where few bring unlike (NaN: else); doubted: as
    belief, for what is judged, where it cannot be seen whether days hang together: as if they did (None: it can)."""

    value: float
    low: float = NAN
    high: float = NAN
    status: str = "ok"
    scatter: float = NAN
    scatter_by: str = "none"
    belief: Belief | Plain | None = None
    spells: float = NAN
    pieces: float = NAN
    doubted: Belief | Plain | None = None


def told(figure: Figure, one: Cell, others: Sequence[Mapping[str, Sums]], level: float, largest: float = 0.0) -> Told:
    """The value and the range of a figure.

    Args:
        figure: how it is read.
        one: its sums.
        others: sums of the same figure in other groups (`sums_of`), which tell how much such sums scatter.
        level: of the range.
        largest: the most that one event adds anywhere in the log, for groups in which nothing came.
    """
    above, below, _ = one.totals
    status = _status(figure, above, below) if one.rows else "no_data"
    if status:
        return Told(value=NAN, status=status)
    if figure.random == "none":
        return Told(value=figure.factor * above / below - figure.less, status="described")
    if figure.random == "both":
        return _mean(figure, one, level)
    luck = one.above if figure.random == "numerator" else one.below
    if figure.luck_is_money and any((x < 0).any() for x in luck.values()):
        return _signed(figure, one, level)
    sums, spells = sums_of(figure, one), spells_of(figure, one)
    pieces = _few_unlike(sums, one)
    kind = widest(sums)
    near, own = [other[kind] for other in others if kind in other], sums[kind]
    phi, df = scatter(own, near)
    for slow, seldom in _slow(sums, spells, pieces).items():  # never narrower than without them
        if seldom.df > 0 and _reach(seldom.phi, seldom.df, level) > _reach(phi, df, level):
            kind, own, phi, df = slow, seldom, seldom.phi, seldom.df
    held: dict[str, Any] = {"largest": largest if figure.luck_is_money else None, "bounded": fits(figure, one)}
    belief = believed(own, phi, df, **held)
    doubted = believed(own, phi * DOUBT, min(df, WAVES), **held) if spells is UNSEEN else None
    seen = kind if own.df > 0 else "others" if any(s.df > 0 for s in near) else "opinion"
    ends = belief.ends(level) if own.total > 0 or not figure.luck_is_money or largest > 0 else (0.0, NAN)
    said = _in_words(figure, above, below, ends, (phi, seen), belief)
    return replace(said, spells=spells.spells if spells else NAN, pieces=pieces, doubted=doubted)


def _reach(phi: float, df: float, level: float) -> float:
    """How wide a range is, squared, by its scatter and how well that is known."""
    return phi * float(student.ppf((1 + level) / 2, df)) ** 2


def spells_of(figure: Figure, one: Cell) -> Spells | None:
    """What the side that is luck scatters where its days hang together; None: they do not."""
    if "day" not in one.above:
        return UNSEEN
    luck, over = (one.above, one.below) if figure.random == "numerator" else (one.below, one.above)
    layout = one.layout["day"]
    return spells_in(layout.strayed(luck["day"], over["day"]), layout.added(over["day"]))


def _few_unlike(sums: Mapping[str, Sums], one: Cell) -> float:
    """How many pieces, where they are few and bring more unlike than their days do; NaN else."""
    if "piece" not in sums:
        return NAN
    held = int((one.layout["piece"].added(np.abs(one.above["piece"]) + np.abs(one.below["piece"])) > 0).sum())
    days = sums["day"].phi if "day" in sums else 1.0
    return float(held) if 1 < held < FEW_PIECES and unlike(sums["piece"], days) else NAN


def _slow(sums: Mapping[str, Sums], spells: Spells | None, pieces: float) -> dict[str, Sums]:
    """What scatters by so few things that only these may tell of it: spells of days, or pieces."""
    found = {}
    if spells and spells.spells:
        seen = [sums[k].variance for k in SPANS if k in sums and np.isfinite(sums[k].variance)]
        found["spells"] = replace(sums["day"], variance=max(spells.variance, *seen, 0.0), clusters=spells.df + 1)
    if pieces >= FEWEST_PIECES:
        found["piece"] = sums["piece"]
    return found


def _status(figure: Figure, above: float, below: float) -> str:
    """Why there is no figure at all; "" where there may be one."""
    if figure.paid:
        spend = above if figure.money_above and figure.random == "denominator" else below
        return "credit" if spend < 0 else "no_cost" if spend == 0 else ""
    return "no_exposure" if below <= 0 and figure.random != "denominator" else ""


def _mean(figure: Figure, one: Cell, level: float) -> Told:
    """Values by their number, over the bundles that give the widest range."""
    above, below, _ = one.totals
    ranges = {k: mean_range(one.above[k], one.below[k], level, one.layout[k]) for k in one.above}
    known = {k: r for k, r in ranges.items() if np.isfinite(r[0])}
    value = figure.factor * above / below - figure.less
    if not known:
        return Told(value=value, status="no_range")
    kind = max(known, key=lambda k: known[k][1] / known[k][0])
    low, high = (figure.factor * x - figure.less for x in known[kind])
    return Told(value=value, low=low, high=high, scatter_by=kind)


def _signed(figure: Figure, one: Cell, level: float) -> Told:
    """Money with negative parts: margins, refunds."""
    above, below, _ = one.totals
    value = figure.factor * above / below - figure.less if below else NAN
    beliefs = {k: plain(one.above[k], one.below[k], one.layout[k]) for k in one.above}
    known = {k: b for k, b in beliefs.items() if b is not None and b.df >= ENOUGH - 1}
    spells = spells_of(figure, one)
    if spells and spells.spells and "day" in known:
        known["spells"] = replace(known["day"], error=float(np.sqrt(spells.variance)), df=spells.df)
    if figure.random != "numerator" or not known:
        return Told(value=value, status="no_range")
    kind = max(known, key=lambda k: np.subtract(*known[k].ends(level)[::-1]))
    low, high = (figure.factor * x / below - figure.less for x in known[kind].ends(level))
    lasts = spells.spells if spells else NAN
    doubted = replace(known[kind], error=known[kind].error * DOUBT**0.5, df=min(known[kind].df, WAVES)) if spells is UNSEEN else None
    return Told(value=value, low=low, high=high, scatter_by=kind, belief=known[kind], spells=lasts, doubted=doubted)


def _in_words(
    figure: Figure, above: float, below: float, ends: tuple[float, float], how: tuple[float, str], belief: Belief | Plain
) -> Told:
    """The figure from the range of the side that is luck."""
    status, low, high = "ok", ends[0], ends[1]
    seen: dict[str, Any] = {"scatter": how[0], "scatter_by": how[1], "belief": belief}
    if figure.random == "numerator":
        value, low, high = (figure.factor * x / below - figure.less for x in (above, low, high))
        status = "ok" if above > 0 else "at_most" if np.isfinite(high) else "none_sold"
    else:
        cost = figure.factor * above
        status = "ok" if below > 0 else "at_least" if np.isfinite(high) else "none_sold"
        value = cost / below if below > 0 else NAN
        low, high = (cost / high if np.isfinite(high) else NAN), (cost / low if low > 0 else NAN)
    if figure.minus:
        value, low, high = 1 - value, 1 - high, 1 - low
        status = "ok"
    return Told(value=value, low=low, high=high, status=status, **seen)


def few_orders(figure: Figure, one: Cell) -> bool:
    """Whether a sum of money rests on few orders, or on one bundle."""
    mean = figure.random == "both" and figure.money_above
    if not mean and not (figure.luck_is_money and figure.random in ("numerator", "denominator")):
        return False
    money = one.above if mean or figure.random == "numerator" else one.below
    orders = one.totals[1] if mean else one.totals[2]
    total = sum(next(iter(money.values())))
    peak = max(float(one.layout[kind].added(x).max(initial=0.0)) for kind, x in money.items() if kind not in SPANS)
    return bool(total > 0 and (0 < orders < FEW_ORDERS or peak > LARGE_SHARE * total))
