"""What a person types at the desk for a week, checked as a whole and turned into settings: every problem is said at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any

import numpy as np

from mktlib.errors import Finding
from mktlib.simulate.desk_engine import Moves, idle
from mktlib.simulate.desk_world import CURRENCY, DAYS, World
from mktlib.vocabulary import ad_desk, finding, load_tables, lookup, nearest
from mktlib.wording import money

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
KEYS = ("bid", "budget", "creatives", "days", "hours", "audience", "cap", "holdout")
MOST_HELD, MOST = 0.5, 1e9


@dataclass(frozen=True)
class Setting:
    """One ad set's settings of a week; budget None: an even share of what is left."""

    bid: float
    budget: float | None
    creatives: tuple[str, ...]
    days: tuple[int, ...] = tuple(range(DAYS))
    hours: tuple[str, ...] = ()
    audience: str = "usual"
    cap: float = math.inf
    holdout: float = 0.0

    def shown(self) -> dict[str, Any]:
        """As it would be typed."""
        given: dict[str, Any] = {"bid": self.bid, "budget": self.budget, "creatives": list(self.creatives)}
        given |= {"days": [WEEKDAYS[d] for d in self.days], "hours": list(self.hours), "audience": self.audience}
        return given | ({"cap": self.cap} if math.isfinite(self.cap) else {}) | ({"holdout": self.holdout} if self.holdout else {})


def parts() -> tuple[str, ...]:
    return tuple(ad_desk()["desk_parts"])


def read_moves(
    world: World, given: Mapping[str, Any], before: Mapping[str, Setting], left: float, weeks_left: int, language: str | None = None
) -> tuple[dict[str, Setting], list[Finding]]:
    """The settings of a week by ad set, and everything that is wrong with what was typed."""
    problems: list[Finding] = []
    chosen: dict[str, Setting] = {}
    for name, value in given.items():
        if name not in world.names:
            problems.append(
                finding("E_DESK_SET", language, column=name, found=name, expected=", ".join(world.names), hint=_near_set(world, name))
            )
            continue
        setting, wrong = _setting(world, name, value, before.get(name), language)
        problems += wrong
        if setting:
            chosen[name] = setting
    if not problems:
        chosen = _shared(chosen, left, weeks_left)
        problems = _too_dear(chosen, left, language)
    return chosen, problems


def _near_set(world: World, typed: str) -> str | None:
    """The ad set whose name, or whose label in any language, looks most like what was typed."""
    called = {name: name for name in world.names}
    for code in load_tables().languages:
        called |= {str(lookup(f"labels.ad_set.{name}", code) or name).lower(): name for name in world.names}
    return called.get(nearest(typed.replace("_", " "), called) or nearest(typed, called) or "")


def _setting(world: World, name: str, value: Any, before: Setting | None, language: str | None) -> tuple[Setting | None, list[Finding]]:
    """One ad set's setting, laid over what it was."""
    creatives = world.sets[world.names.index(name)].creatives
    entries: dict[Any, Any] = dict(value) if isinstance(value, Mapping) else {"bid": value}
    problems: list[Finding] = []
    if "bid" not in entries and before is None:
        problems.append(finding("E_DESK_BID", language, column=name, found="–", hint=f"{name}=dict(bid=1.0)"))
    put: dict[str, Any] = {}
    for key, entry in entries.items():
        got = _entry(name, key, entry, creatives, language)
        if isinstance(got, Finding):
            problems.append(got)
        else:
            put[key] = got
    now = before or Setting(bid=math.nan, budget=None, creatives=creatives, hours=parts())
    return (None if problems else replace(now, **put)), problems


def _entry(name: str, key: Any, entry: Any, creatives: Sequence[str], language: str | None) -> Any:
    """One entry as it is kept, or what is wrong with it."""
    if key in NUMBERS:
        fine, example = NUMBERS[key]
        hint = f"{name}=dict({key}={example})"
        return float(entry) if fine(entry) else finding(f"E_DESK_{key.upper()}", language, column=name, found=entry, hint=hint)
    lists: dict[str, Sequence[str]] = {
        "creatives": creatives,
        "days": WEEKDAYS,
        "hours": parts(),
        "audience": tuple(ad_desk()["desk_audiences"]),
    }
    if key not in lists:
        close = nearest(key, KEYS) or "bid"
        return finding("E_DESK_KEY", language, column=name, found=key, expected=", ".join(KEYS), hint=close)
    known = lists[key]
    picked = _picked(entry, known)
    if picked is None or (key == "audience" and not isinstance(entry, str)):
        close = next((c for e in _listed(entry) if not (isinstance(e, str) and e in known) and (c := nearest(e, known))), known[0])
        hint = f'{name}=dict({key}="{close}")' if key == "audience" else f'{name}=dict({key}=["{close}"])'
        return finding("E_DESK_LIST", language, column=name, key=key, found=entry, expected=", ".join(known), hint=hint)
    return tuple(WEEKDAYS.index(d) for d in picked) if key == "days" else picked[0] if key == "audience" else picked


def _number(value: Any) -> bool:
    real = isinstance(value, Real) and not isinstance(value, bool | np.bool_)
    return real and bool(-MOST <= value <= MOST)


def _above(value: Any) -> bool:
    return _number(value) and float(value) > 0


def _share(value: Any) -> bool:
    return _number(value) and 0 <= float(value) <= MOST_HELD


NUMBERS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "bid": (_above, "1.0"), "budget": (_above, "40"), "cap": (_above, "3"), "holdout": (_share, "0.2"),
}  # fmt: skip


def _listed(entry: Any) -> list[Any]:
    return [entry] if isinstance(entry, str | int) else list(entry) if isinstance(entry, Sequence | set | frozenset) else []


def _picked(entry: Any, known: Sequence[str]) -> tuple[str, ...] | None:
    """The chosen ones in the order of the known; days may be numbers, 1 for Monday. None: something else stands there."""
    chosen = _listed(entry)
    if known is WEEKDAYS:
        chosen = [WEEKDAYS[e - 1] if isinstance(e, int) and not isinstance(e, bool) and 1 <= e <= DAYS else e for e in chosen]
    fine = bool(chosen) and all(isinstance(e, str) and e in known for e in chosen)
    return tuple(k for k in known if k in chosen) if fine else None


def _shared(chosen: dict[str, Setting], left: float, weeks_left: int) -> dict[str, Setting]:
    """Ad sets without a budget share what the week may take: what is left over the weeks left, less what is named."""
    open_ones = [name for name, s in chosen.items() if s.budget is None]
    if not open_ones:
        return chosen
    taken = sum((s.budget or 0.0) * len(s.days) for s in chosen.values())
    each = max(left / max(weeks_left, 1) - taken, 0.0) / sum(len(chosen[n].days) for n in open_ones)
    return {n: replace(s, budget=math.floor(100 * each) / 100) if s.budget is None else s for n, s in chosen.items()}


def _too_dear(chosen: Mapping[str, Setting], left: float, language: str | None) -> list[Finding]:
    asked = sum((s.budget or 0.0) * len(s.days) for s in chosen.values())
    nothing = [n for n, s in chosen.items() if not s.budget]
    if asked <= left + 0.005 and not nothing:
        return []
    days = sum(len(s.days) for s in chosen.values())
    most = math.floor(100 * left / days) / 100
    wanted, there = (money(x, CURRENCY, language, digits=2) for x in (asked, left))
    return [finding("E_DESK_LEFT", language, found=wanted, expected=there, hint=f"budget={most:.2f}" if most else "desk.spend()")]


def moves_of(world: World, weeks: Sequence[Mapping[str, Setting]]) -> list[Moves]:
    """Each week's settings as arrays of one play."""
    return [_week(world, chosen) for chosen in weeks]


def _week(world: World, chosen: Mapping[str, Setting]) -> Moves:
    out = idle(world, 1)
    audiences = list(ad_desk()["desk_audiences"])
    for a, ad_set in enumerate(world.sets):
        if ad_set.name not in chosen:
            continue
        s = chosen[ad_set.name]
        out.bid[0, a], out.budget[0, a], out.cap[0, a], out.holdout[0, a] = s.bid, s.budget or 0.0, s.cap, s.holdout
        out.creatives[0, a, : len(ad_set.creatives)] = [c in s.creatives for c in ad_set.creatives]
        out.days[0, a] = [d in s.days for d in range(DAYS)]
        out.parts[0, a] = [p in s.hours for p in parts()]
        out.audience[0, a] = audiences.index(s.audience)
    return out
