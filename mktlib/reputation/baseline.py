"""What is usual at every hour, told the day before: many series at once, so that the alarm can be tried on thousands of quiet years.

The expected count of an hour is level x weekday x hour of the day x their interplay. Every factor is a gamma-Poisson posterior mean
that fades with age: thin series are drawn to a plain week, busy ones show their own. The level is a mixture of three memories, weighted
by how well each has forecast so far, so that a slow trend is followed and a steady series is averaged. Days that are far out of the
ordinary (a storm, a tool that was off) do not teach what is usual, unless they stay.

How far counts scatter (dispersion: variance over mean) is a posterior on a grid, of hours, of six hours and of days apart, from the
errors of the forecasts: counts that come in clusters, or days that are lively as a whole, have days that scatter more than their hours.
Its uncertainty is carried along as a few nodes of equal weight. Nothing here looks ahead: what is said of a day uses the days before it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.special import expit, logsumexp

from mktlib.reputation.scatter import EXCESS, NODES, likelihood, nodes
from mktlib.vocabulary import progress

HISTORY = 14
"""Days that are learnt from before the first forecast."""
MEMORIES = np.array([10.0, 28.0, 90.0])
"""Half-lives of the level, in days."""
HABITS = 70.0
"""Half-life of weekdays and hours, in days."""
FITTED = 0.8
"""Weight of the first days, which are fitted, in what is learnt of the scatter."""
PLAIN_DAY = np.array([2, 1, 1, 1, 1, 1.5, 3, 5, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 5, 3]) / 101.5
"""The hours of a day before anything is known of it."""
CLIPPED, FORGOTTEN, STAYS = 2.5, 4.0, 10
"""Errors (in sds) from which a day counts less, and not at all; so many such days of the last 14, and it is the new usual."""


@dataclass(frozen=True)
class Calendar:
    """Where the bins (hours) lie: start (days + 1,) first bin of each local day, weekday (days,) 0 Monday, hour (bins,) 0 to 23;
    plain (24,) how the mentions of a day are spread before anything is known of them."""

    start: np.ndarray
    weekday: np.ndarray
    hour: np.ndarray
    plain: np.ndarray = field(default_factory=lambda: PLAIN_DAY)

    @property
    def days(self) -> int:
        return len(self.weekday)

    @property
    def day(self) -> np.ndarray:
        """(bins,) the day of each bin."""
        return np.repeat(np.arange(self.days), np.diff(self.start))

    def totals(self, values: np.ndarray) -> np.ndarray:
        """(series, days) sums of (series, bins)."""
        return np.add.reduceat(values, self.start[:-1], axis=1)


@dataclass
class Forecast:
    """One-day-ahead forecasts of (series, bins) counts.

    mean (series, bins); doubt (series, bins) relative variance of the hour's share; level (series, days) relative variance of the level;
    hours, quarters, whole (series, days, nodes) dispersion less 1 of hours, of six hours and of days; volume (series, days) expected
    mentions a day; seen (series, days) mentions learnt from; steep (series, days) how likely it is that busy hours scatter more, in
    proportion to their mean (negative binomials of one size) and not all alike; busy (series, days) the mean at which both say the same.
    """

    mean: np.ndarray
    doubt: np.ndarray
    level: np.ndarray
    hours: np.ndarray
    quarters: np.ndarray
    whole: np.ndarray
    volume: np.ndarray
    seen: np.ndarray
    steep: np.ndarray
    busy: np.ndarray


def plain_calendar(days: int, first: int = 0) -> Calendar:
    """Days of 24 hours, the first a Monday unless told.

    >>> plain_calendar(2).start.tolist()
    [0, 24, 48]
    """
    return Calendar(np.arange(days + 1) * 24, (np.arange(days) + first) % 7, np.tile(np.arange(24), days))


@dataclass
class _Habits:
    """Weekday and hour counts (series, 7, 24) and the exposure (expected mentions of a plain hour-share) that they were seen on."""

    count: np.ndarray
    exposure: np.ndarray
    plain: np.ndarray
    shares: np.ndarray = field(init=False)
    doubt: np.ndarray = field(init=False)

    def learn(self, counts: np.ndarray, level: np.ndarray, there: np.ndarray, weekday: int) -> None:
        keep = 0.5 ** (1 / HABITS)
        self.count *= keep
        self.exposure *= keep
        self.count[:, weekday] += counts
        self.exposure[:, weekday] += level[:, None] * there

    def settle(self, phi: np.ndarray) -> None:
        """Shares (series, 7, 24) of a level's day, and their relative variance, from what was learnt."""
        scale = phi[:, None]
        usual = self.exposure @ self.plain  # (series, 7): before the hours are known
        weekday = (self.count.sum(axis=2) / scale + 12) / (usual / scale + 12)
        spread = (self.exposure * weekday[:, :, None]).sum(axis=1)
        hour = (self.count.sum(axis=1) / scale + 2.0) / (spread / scale + 2.0 / self.plain)
        hour /= hour.sum(axis=1, keepdims=True)
        usual = (self.exposure * hour[:, None, :]).sum(axis=2)
        weekday = (self.count.sum(axis=2) / scale + 12) / (usual / scale + 12)
        product = weekday[:, :, None] * hour[:, None, :]
        expected = self.exposure * product / scale[:, :, None]
        own = (self.count / scale[:, :, None] + 16) / (expected + 16)
        self.shares = product * own
        self.doubt = 1 / (expected + 16) + (1 / (spread * hour / scale + 2))[:, None, :]


def forecast(counts: np.ndarray, there: np.ndarray, calendar: Calendar) -> Forecast:
    """One-day-ahead forecasts of (series, bins) counts; there (bins,) or (series, bins): whether anything was collected (0 or 1).

    The first HISTORY days are fitted, not forecast: no alarm may rest on them.
    """
    series, bins = counts.shape
    there = np.broadcast_to(there, counts.shape).astype(float)
    counts, days = counts * there, calendar.days
    out, state = _empty(series, bins, days), _State(series, calendar.plain)
    state.begin([_day(counts, there, calendar, day) for day in range(min(HISTORY, days))], calendar.plain)
    for day in progress(range(days), desc="watch", unit="day"):
        state.step(_day(counts, there, calendar, day), out)
    return out


@dataclass(frozen=True)
class _Day:
    """One day of all series: its bins, counts and there (series, bins of the day), hour (bins of the day,)."""

    index: int
    span: slice
    weekday: int
    hour: np.ndarray
    counts: np.ndarray
    there: np.ndarray


@dataclass(frozen=True)
class _Told:
    """What was told of it in the morning: shares (series, bins of the day), level (series,) and that of each memory, dispersion, doubt."""

    shares: np.ndarray
    level: np.ndarray
    levels: np.ndarray
    phi: np.ndarray
    doubt: np.ndarray


def _day(counts: np.ndarray, there: np.ndarray, calendar: Calendar, day: int) -> _Day:
    span = slice(calendar.start[day], calendar.start[day + 1])
    return _Day(day, span, int(calendar.weekday[day]), calendar.hour[span], counts[:, span], there[:, span])


def _empty(series: int, bins: int, days: int) -> Forecast:
    per_bin, per_day, per_node = (series, bins), (series, days), (series, days, len(NODES))
    return Forecast(
        *(np.zeros(shape) for shape in (per_bin, per_bin, per_day, per_node, per_node, per_node, per_day, per_day, per_day, per_day))
    )


class _State:
    """What is known of each series on the morning of a day."""

    def __init__(self, series: int, plain: np.ndarray) -> None:
        self.habits = _Habits(np.zeros((series, 7, 24)), np.zeros((series, 7, 24)), plain)
        self.total, self.unit = np.zeros((series, 3)), np.zeros((series, 3))
        self.squares = np.zeros((series, 3))
        self.skill = np.zeros((series, 3))
        prior = -0.5 * ((np.log(EXCESS) - np.log(1.6)) / 1.0) ** 2
        self.whole = np.tile(prior, (series, 1))
        self.hours, self.quarters = np.tile(prior, (2, series, 1)), np.tile(prior, (2, series, 1))  # all alike, in proportion
        self.odd = np.zeros((series, 14), dtype=bool)
        self.seen = np.zeros(series)

    def begin(self, days: list[_Day], plain: np.ndarray) -> None:
        """Learn the first days as one: a level that no single day can move far, weekdays and hours, and how much they scatter."""
        tops = np.stack([day.counts.sum(axis=1) for day in days], axis=1)
        units = np.maximum(np.stack([day.there @ plain[day.hour] for day in days], axis=1), 1e-9)
        level = np.maximum((tops.sum(axis=1) + 0.05) / (units.sum(axis=1) + 0.05), 0.02)
        for _ in range(3):
            scatter = np.median(np.abs(tops - level[:, None] * units), axis=1) * 1.4826
            cap = level[:, None] * units + 3 * np.maximum(scatter, 1.3 * np.sqrt(level))[:, None]
            level = np.maximum((np.minimum(tops, cap).sum(axis=1) + 0.05) / (units.sum(axis=1) + 0.05), 0.02)
        shrunk = np.minimum(1.0, cap / np.maximum(tops, 1e-9))
        for day in days:
            mine = day.counts * shrunk[:, day.index, None]
            self.habits.learn(_by_hour(mine, day.hour), level, _by_hour(day.there, day.hour), day.weekday)
        self.habits.settle(np.full(len(level), 2.0))
        self.total, self.unit, self.squares = (np.repeat(x[:, None], 3, axis=1) for x in (level, np.ones_like(level), np.ones_like(level)))
        for day in days:  # fitted days are a little too close to their fit
            mean = level[:, None] * self.habits.shares[:, day.weekday][:, day.hour] * day.there
            calm = FITTED * (tops[:, day.index] <= cap[:, day.index]).astype(float)[:, None]
            self.whole += calm * likelihood(day.counts.sum(axis=1)[:, None], mean.sum(axis=1)[:, None])[:, 0]
            self._learn_hours(day, mean, level * self._peak(), calm)

    def step(self, today: _Day, out: Forecast) -> None:
        """Forecast one day, then learn from it."""
        day = today.index
        steep = self._steep()
        out.whole[:, day], out.steep[:, day] = nodes(self.whole), steep
        for found, grid in ((out.hours, self.hours), (out.quarters, self.quarters)):
            found[:, day] = (1 - steep)[:, None] * nodes(grid[0]) + steep[:, None] * nodes(grid[1])
        phi = 1 + out.whole[:, day].mean(axis=1)
        if day >= HISTORY or day % 7 == 0:
            self.habits.settle(phi)
        shares = self.habits.shares[:, today.weekday][:, today.hour] * today.there
        weight = np.exp(self.skill - self.skill.max(axis=1, keepdims=True))
        weight /= weight.sum(axis=1, keepdims=True)
        levels = (self.total + 0.02) / (self.unit + 0.02)
        level = (weight * levels).sum(axis=1)
        between = (weight * (levels - level[:, None]) ** 2).sum(axis=1) / level**2
        within = (weight * phi[:, None] * self.squares / np.maximum(self.unit, 1e-9) ** 2 / levels).sum(axis=1)
        out.mean[:, today.span] = level[:, None] * shares
        out.doubt[:, today.span] = self.habits.doubt[:, today.weekday][:, today.hour]
        out.level[:, day], out.busy[:, day] = np.minimum(within + between, 4.0), level * self._peak()
        out.volume[:, day], out.seen[:, day] = level * self.habits.shares.sum(axis=2).mean(axis=1), self.seen
        self._learn(today, _Told(shares, level, levels, phi, out.level[:, day]))

    def _learn(self, today: _Day, told: _Told) -> None:
        unit = told.shares.sum(axis=1)
        mean, total = np.maximum(told.level * unit, 1e-9), today.counts.sum(axis=1)
        taken, odd = self._taken(today.index, total, mean, told.phi + told.doubt * mean)
        self.seen += total
        if today.index >= HISTORY:
            self._learn_scatter(today, told, mean, (~odd & (unit > 0)).astype(float)[:, None])
        keep = 0.5 ** (1 / MEMORIES)
        self.total, self.unit = self.total * keep + taken[:, None], self.unit * keep + unit[:, None]
        self.squares = self.squares * keep**2 + unit[:, None]
        if today.index >= HISTORY:
            part = taken / np.where(total > 0, total, np.maximum(unit, 1e-9))
            kept = np.where((total > 0)[:, None], today.counts, told.shares) * part[:, None]
            self.habits.learn(_by_hour(kept, today.hour), told.level, _by_hour(today.there, today.hour), today.weekday)

    def _learn_scatter(self, today: _Day, told: _Told, mean: np.ndarray, usable: np.ndarray) -> None:
        """How far the day lay from its forecast, and which memory of the level told it best; usable (series, 1): 0 for odd days."""
        total = today.counts.sum(axis=1)[:, None]
        self.whole += usable * likelihood(total, mean[:, None])[:, 0]
        expected = np.maximum(told.level[:, None] * told.shares, 1e-9) * today.there
        self._learn_hours(today, expected, told.level * self._peak(), usable)
        each = np.maximum(told.levels * told.shares.sum(axis=1, keepdims=True), 1e-9)
        self.skill = 0.985 * self.skill + usable * likelihood(total, each, told.phi[:, None] - 1)

    def _learn_hours(self, today: _Day, mean: np.ndarray, busy: np.ndarray, usable: np.ndarray) -> None:
        """The scatter of hours and of six hours, alike at all means or in proportion to them."""
        six = _by_six(today.hour)
        squares = mean**2
        for index, counts, expected, square in ((0, today.counts, mean, squares), (1, today.counts @ six, mean @ six, squares @ six)):
            grid = (self.hours, self.quarters)[index]
            grid[0] += usable * likelihood(counts, expected).sum(axis=1)
            steep = square / np.maximum(expected, 1e-12) / busy[:, None]
            grid[1] += usable * likelihood(counts, expected, EXCESS * np.maximum(steep, 1e-3)[..., None]).sum(axis=1)

    def _peak(self) -> np.ndarray:
        """(series,) mean share of a day in the hours in which mentions come."""
        shares = self.habits.shares
        return (shares**2).sum(axis=(1, 2)) / shares.sum(axis=(1, 2))

    def _steep(self) -> np.ndarray:
        """(series,) the probability that scatter grows with the mean, from the hours."""
        alike, grown = (logsumexp(grid, axis=1) for grid in self.hours)
        return expit(np.clip(grown - alike, -50, 50))

    def _taken(self, day: int, total: np.ndarray, mean: np.ndarray, spread: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What a day teaches of the level (its total, less where it is out of the ordinary), and whether it is far out."""
        error = 2 * (np.sqrt(total + 0.25) - np.sqrt(mean + 0.25)) / np.sqrt(spread)
        odd = np.abs(error) > FORGOTTEN
        self.odd[:, day % 14] = odd
        stays = self.odd.sum(axis=1) >= STAYS
        ends = [(np.sqrt(mean + 0.25) + sign * CLIPPED / 2 * np.sqrt(spread)) for sign in (-1, 1)]
        low, high = np.maximum(ends[0], 0.5) ** 2 - 0.25, ends[1] ** 2 - 0.25
        fade = np.clip((FORGOTTEN + 2 - np.abs(error)) / 2, 0, 1)  # from the fence back to the mean
        clipped = mean + (np.clip(total, low, high) - mean) * np.where(np.abs(error) > FORGOTTEN, fade, 1.0)
        return np.where(stays | (day < HISTORY), np.where(day < HISTORY, np.minimum(total, high), total), clipped), odd & ~stays


def _by_hour(values: np.ndarray, hour: np.ndarray) -> np.ndarray:
    """(series, 24) sums of a day's bins; a day of 25 hours has one twice."""
    if len(hour) == 24 and hour[0] == 0 and hour[-1] == 23:
        return values
    return values @ (hour[:, None] == np.arange(24)).astype(float)


def _by_six(hour: np.ndarray) -> np.ndarray:
    """(bins, 4) that adds a day's bins to its four quarters."""
    return (hour[:, None] // 6 == np.arange(4)).astype(float)
