"""The ad desk: a seeded auction platform to practise on, played week by week, with reports as flattering as the real ones.

The model stands in `tables/desk.toml`, row by row with its sources, and in `auction`, `desk_world` and `desk_engine`. What a player sees is
what a platform shows: credit taken by last touch and views, late sales missing, a status of learning. What is true, the sales that came
because of the ads, stays hidden until `debrief()` and `result()`.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping
from numbers import Integral, Real
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.results import DeskPlay
from mktlib.simulate import desk_engine as engine
from mktlib.simulate.desk_debrief import play_of
from mktlib.simulate.desk_moves import Setting, moves_of, read_moves
from mktlib.simulate.desk_players import PLAYERS
from mktlib.simulate.desk_reports import BY, Week, added, drawn_week, export_text, lift_of, log_of, shop_of
from mktlib.simulate.desk_words import debrief_of
from mktlib.simulate.desk_world import CURRENCY, DAYS, FIRST_DAY, assumptions, make_world, preset_names, rule
from mktlib.vocabulary import default_language, finding, load_tables, nearest
from mktlib.wording import between, write_text

MOST_WEEKS, LEAST_BUDGET, MOST_BUDGET = 26, 100.0, 10_000_000.0
GUESS = (0.7, 1.4)
"""Ends of what a platform says of a size, around the truth."""
SUGGESTED = (0.8, 1.8)
"""Ends of the bids that a platform suggests, around what the median rival would make one bid."""


class AdDesk:
    """A seeded ad platform to practise on: campaigns, ad sets, ads; one call of `spend` plays a week.

    Args:
        platform: "search", "display", "meta" or "x" (a preset of `tables/desk.toml`).
        budget: money for the whole game, EUR.
        seed: 0, 1, 2 ...: the world and its luck. Same seed and same moves, same bytes.
        weeks: length of the game, 1 to 26.
        language: of messages and audiences ("en", "fr").

    Raises:
        DataError: everything that is wrong with the arguments.

    What counts at the end is the gain: margin of the sales that came because of the ads, less what was spent. Money kept counts as kept.

    >>> desk = AdDesk("search", budget=8000, seed=1)
    >>> seen = desk.spend(generic=dict(bid=0.9, budget=60), brand=dict(bid=0.4, budget=20))
    >>> desk.week, sorted(seen["ad_set"].unique()), bool(desk.left < 8000)
    (2, ['brand', 'generic'], True)
    """

    def __init__(self, platform: str, *, budget: float, seed: int = 0, weeks: int = 8, language: str | None = None) -> None:
        if problems := _wrong(platform, budget, seed, weeks, language):
            raise DataError(problems)
        self.platform, self.budget, self.seed, self.weeks = platform, float(budget), int(seed), int(weeks)
        self.language = language or default_language()
        self._world = make_world(platform, self.seed, self.weeks)
        self._chosen: list[dict[str, Setting]] = []
        self._played: list[Week] = []
        self._states: list[engine.State] = [engine.start(self._world, 1)]

    def __repr__(self) -> str:
        return f"<AdDesk {self.platform}: week {min(self.week, self.weeks)} of {self.weeks}, {self.left:,.2f} {CURRENCY} left>"

    # ------------------------------------------------------------ what a person knows

    @property
    def week(self) -> int:
        """The week that comes next, from 1; weeks + 1 when the game is over."""
        return len(self._played) + 1

    @property
    def over(self) -> bool:
        return self.week > self.weeks

    @property
    def left(self) -> float:
        """Money left (EUR)."""
        return round(self.budget - sum(float(d.spend.sum()) for w in self._played for d in w.days), 2)

    @property
    def moves(self) -> tuple[Mapping[str, Any], ...]:
        """What was played so far, week by week, as it would be typed."""
        return tuple(MappingProxyType({name: s.shown() for name, s in week.items()}) for week in self._chosen)

    @property
    def terms(self) -> Mapping[str, Any]:
        """What a person knows of the business and of the platform's rules."""
        world = self._world
        known = {"currency": CURRENCY, "basket": world.basket, "margin": world.margin, "breakeven_roas": 1 / world.margin}
        known |= {"first_day": FIRST_DAY, "weeks": self.weeks, "budget": self.budget, "bid_unit": world.unit}
        rules = {"learning_events": "learning_events", "learning_change": "learning_change", "window_days": "window"}
        return MappingProxyType(known | {k: rule(name, self.platform) for k, name in rules.items()})

    @property
    def assumptions(self) -> pd.DataFrame:
        """What the model assumes, row by row: name, what, value, source, year, conf (V read, S third party, K known, J judgement)."""
        return assumptions(self.platform, self.language)

    @property
    def ad_sets(self) -> pd.DataFrame:
        """One row an ad set: ad_set, campaign, audience, kind, people_low, people_high, bid_unit, bid_low, bid_high (EUR), daily_low,
        daily_high (EUR a day that these bids would take, as the platform forecasts), creatives."""
        world = self._world
        low, high = SUGGESTED
        bids = [(_two(low * bid), _two(high * bid)) for bid in engine.medians(world)]
        ends = [[engine.forecast(world, a, bid) for bid in pair] for a, pair in enumerate(bids)]
        few, many = (_rough(x * world.people) for x in GUESS)
        return pd.DataFrame(
            {
                "ad_set": world.names,
                "campaign": [s.campaign for s in world.sets],
                "audience": [s.label.get(self.language, s.label["en"]) for s in world.sets],
                "kind": [s.kind for s in world.sets],
                "people_low": few.astype("int64"),
                "people_high": many.astype("int64"),
                "bid_unit": world.unit,
                "bid_low": [b[0] for b in bids],
                "bid_high": [b[1] for b in bids],
                "daily_low": [_two(e[0]) for e in ends],
                "daily_high": [_two(e[1]) for e in ends],
                "creatives": [s.creatives for s in world.sets],
            }
        )

    # ------------------------------------------------------------ play

    def spend(self, **bids: Any) -> pd.DataFrame:
        """Plays one week and returns the platform's report of it, as of its Sunday evening: late sales are missing.

        Args:
            bids: by ad set, the highest bid (EUR a click, a thousand impressions or a sale: `ad_sets.bid_unit`), or a mapping with bid,
                budget (EUR a day), creatives, days ("mon" ... or 1 ...), hours (parts of the day), audience, cap (impressions a person
                and week), holdout (share of people kept out by lot). What is not named stays as it was; ad sets not named pause: with
                none named the week is played without ads.

        Returns:
            One row a day, ad set and ad: week, date, campaign, ad_set, ad, impressions, reach, clicks, spend (EUR), conversions and value
            (EUR) that the platform credits to itself, status (learning, limited, active).

        Raises:
            DataError: everything that is wrong with the week.
        """
        if self.over:
            raise DataError(finding("E_DESK_OVER", self.language, found=self.weeks, hint="desk.debrief()"))
        chosen, problems = read_moves(self._world, bids, self._before(), self.left, self.weeks - self.week + 1, self.language)
        if problems:
            raise DataError(problems)
        state = copy.deepcopy(self._states[-1])
        self._played.append(drawn_week(self._world, state, moves_of(self._world, [chosen])[0], len(self._played)))
        self._chosen.append(chosen)
        self._states.append(state)
        return log_of(self._world, self._played[-1:], DAYS * len(self._played) - 1)

    def undo(self) -> AdDesk:
        """Takes the last week back."""
        if not self._played:
            raise DataError(finding("E_DESK_UNDO", self.language, hint="desk.spend(...)"))
        self._played.pop(), self._chosen.pop(), self._states.pop()
        return self

    def play(self, player: str) -> AdDesk:
        """Lets a scripted player ("naive", "selective" or "careful") play all the weeks left; each sees only what a person would."""
        if not _among(player, PLAYERS):
            raise DataError(
                finding("E_DESK_PLAYER", self.language, found=_typed(player), expected=", ".join(PLAYERS), hint=_close(player, PLAYERS))
            )
        while not self.over:
            self.spend(**PLAYERS[player](self))
        return self

    def _before(self) -> dict[str, Setting]:
        """The last settings of each ad set that ever ran."""
        known: dict[str, Setting] = {}
        for week in self._chosen:
            known |= week
        return known

    # ------------------------------------------------------------ what a person sees

    def report(self, by: str = "day", *, wait: int = 0) -> pd.DataFrame:
        """The platform's report of all weeks played, restated today.

        Args:
            by: "day" (a row a day, ad set and ad), "ad" (week, ad set and ad) or "ad_set" (week and ad set).
            wait: days that pass before one looks; sales that come late are in by then.
        """
        problems = [] if _among(by, BY) else [finding("E_OPTION", self.language, column="by", found=_typed(by), expected=" / ".join(BY))]
        if not isinstance(wait, Integral) or isinstance(wait, bool) or wait < 0:
            problems.append(finding("E_OPTION", self.language, column="wait", found=repr(wait), expected="0, 1, 2 …"))
        elif wait and not self.over:
            problems.append(finding("E_DESK_WAIT", self.language, column="wait", found=wait, hint="desk.report()"))
        if problems:
            raise DataError(problems)
        return added(log_of(self._world, self._played, DAYS * len(self._played) - 1 + int(wait)), by)

    def lift(self) -> pd.DataFrame:
        """Of weeks with a holdout: week, ad_set, group (shown | held), people, buyers (all of them, whoever takes the credit)."""
        return lift_of(self._world, self._played)

    def shop(self) -> pd.DataFrame:
        """The shop's own books: date, orders, revenue (EUR), from everywhere."""
        return shop_of(self._world, self._played)

    def export(self, path: str | Path, language: str | None = None) -> Path:
        """Writes the report of all weeks as this platform's file; `read_export` reads it (and warns of X's unconfirmed headers)."""
        language = self.language if language is None else language
        problems = []
        if not isinstance(path, str | os.PathLike) or "\0" in str(path):
            hint = 'desk.export("report.csv")'
            problems.append(finding("E_OPTION", self.language, column="path", found=_typed(path), expected="report.csv", hint=hint))
        if not _among(language, _languages()):
            expected = " / ".join(_languages())
            problems.append(finding("E_OPTION", self.language, column="language", found=_typed(language), expected=expected))
        if problems:
            raise DataError(problems)
        return write_text(export_text(self._world, self.report(), language), Path(path))

    # ------------------------------------------------------------ the truth

    def result(self) -> DeskPlay:
        """The truth of this play, against the best play found and a bound that no play can beat on average.

        Weeks not played count as paused. Takes some seconds: the best play is searched for.
        """
        self._begun()
        return play_of(self._world, self.budget, self._chosen, self._played)

    def debrief(self) -> list[Finding]:
        """What this play brought, against the best possible, and what cost how much: findings in this desk's language."""
        return list(debrief_of(self.result(), self.language))

    def _begun(self) -> None:
        if not self._played:
            raise DataError(finding("E_DESK_UNDO", self.language, hint="desk.spend(...)"))


def _wrong(platform: Any, budget: Any, seed: Any, weeks: Any, language: Any) -> list[Finding]:
    known = _languages()
    says = language if _among(language, known) else None
    problems = []
    if language is not None and not says:
        problems.append(finding("E_OPTION", says, column="language", found=_typed(language), expected=" / ".join(known)))
    if not _among(platform, preset_names()):
        hint = f'AdDesk("{_close(platform, preset_names())}", ...)'
        problems.append(
            finding("E_OPTION", says, column="platform", found=_typed(platform), expected=" / ".join(preset_names()), hint=hint)
        )
    number = isinstance(budget, Real) and not isinstance(budget, bool)
    if not (number and LEAST_BUDGET <= budget <= MOST_BUDGET):
        expected = between(LEAST_BUDGET, MOST_BUDGET, says, kind="money", currency=CURRENCY)
        problems.append(finding("E_OPTION", says, column="budget", found=repr(budget), expected=expected, hint="budget=10000"))
    if not _whole(seed) or seed < 0:
        problems.append(finding("E_OPTION", says, column="seed", found=repr(seed), expected="0, 1, 2 …", hint="seed=0"))
    if not _whole(weeks) or not 1 <= weeks <= MOST_WEEKS:
        problems.append(finding("E_OPTION", says, column="weeks", found=repr(weeks), expected=between(1, MOST_WEEKS, says), hint="weeks=8"))
    return problems


def _languages() -> tuple[str, ...]:
    return tuple(load_tables().languages)


def _whole(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _among(value: Any, known: Any) -> bool:
    return isinstance(value, str) and value in known


def _typed(value: Any) -> str:
    """What was typed, as it is told."""
    return value if isinstance(value, str) else repr(value)


def _close(word: object, known: Any) -> str:
    return nearest(word, list(known)) or next(iter(known))


def _two(value: float) -> float:
    """Two digits that say something, never under a cent."""
    return max(0.01, float(f"{value:.2g}"))


def _rough(values: Any) -> Any:
    return np.array([float(f"{v:.2g}") for v in values])
