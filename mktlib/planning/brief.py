"""What a client asks for, as one validated file: money, dates, people, channels, production, and what must or must not happen.

A brief is TOML. Whatever is wrong in it is said at once, entry by entry, with its path in the file, what was found and what to
type. What is left out has a default that promises nothing: no consent, no free reach, a modest price for each piece.
"""

from __future__ import annotations

import datetime as dt
import difflib
import itertools
import math
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from mktlib.errors import DataError, Finding
from mktlib.results import CELL
from mktlib.vocabulary import Tables, default_language, finding, load_tables, nearest, phrase

Unit = Literal["thousand_impressions", "click", "delivered", "none"]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Money = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Entry(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Objective(_Entry):
    """What counts: one metric and what one of its events is worth, everywhere or by stage. No value: the events themselves are counted."""

    metric: str = "click_rate"
    value: Money | dict[str, Money] | None = None


class Brand(_Entry):
    """Styles that the brand may and may not use; an empty `allowed` allows all that are not forbidden."""

    allowed: list[str] = []
    forbidden: list[str] = []


class Segment(_Entry):
    """People of one group: how many, the share that ads can reach, the share that agreed to messages by channel (unsaid is no),
    and how many messages one person accepts in a week and in four weeks."""

    size: Annotated[int, Field(gt=0)] = 10_000
    reach: Share = 0.6
    consent: Share | dict[str, Share] = 0.0
    cap_per_week: Annotated[int, Field(ge=0)] = 2
    cap_per_month: Annotated[int, Field(ge=0)] = 6

    def agreed(self, channel: str) -> float:
        """People who agreed to be written to on a channel."""
        share = self.consent.get(channel, 0.0) if isinstance(self.consent, dict) else self.consent
        return share * self.size


class Channel(_Entry):
    """Price of one cost unit (a thousand impressions, a click, a message), least and most money, and the size of one placement."""

    price: Money = 0.0
    unit: Unit | None = None
    minimum: Money = 0.0
    maximum: Money | None = None
    quantity: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 10_000.0
    per_week: Annotated[int, Field(ge=1, le=50)] = 3


class Production(_Entry):
    """What one piece of a content type costs, the working days it takes, and how many the team wants at most."""

    cost: Money | None = None
    days: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 3.0
    most: Annotated[int, Field(ge=0)] = 3


class Team(_Entry):
    """Working days a week, and those at hand before the first week."""

    days_per_week: Money = 5.0
    days_before: Money = 0.0


class _Where(_Entry):
    """Some axes of a cell; an axis left out means any."""

    segment: str | None = None
    stage: str | None = None
    content_type: str | None = None
    style: str | None = None
    length: str | None = None
    channel: str | None = None

    def given(self) -> dict[str, str]:
        return {axis: value for axis in CELL if (value := getattr(self, axis)) is not None}

    def rows(self, table: pd.DataFrame) -> pd.Series:
        """Which rows of a table it speaks of."""
        chosen = pd.Series(True, index=table.index)
        for axis, value in self.given().items():
            chosen &= table[axis].astype(object) == value
        return chosen


class Want(_Where):
    """At least so many pieces that fit; so many placements, where a segment or a channel is named."""

    least: Annotated[int, Field(ge=1)] = 1


class FixedDate(_Where):
    """Something that fits is shown by the week of a day (a launch, a holiday)."""

    name: str = ""
    day: dt.date


class Mute(_Entry):
    """Days on which nothing is published, everywhere or for one channel or segment."""

    name: str = ""
    first_day: dt.date
    last_day: dt.date
    segment: str | None = None
    channel: str | None = None


def _price(value: Any) -> Any:
    return {"price": value} if isinstance(value, int | float) and not isinstance(value, bool) else value


class Brief(_Entry):
    """A whole brief. Required: first_day, last_day, budget, channels; `read_brief` fills it from a file."""

    name: str = "Campaign"
    language: str = "en"
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "EUR"
    first_day: dt.date
    last_day: dt.date
    budget: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    objective: Objective = Objective()
    brand: Brand = Brand()
    segments: dict[str, Segment] = {}
    stages: dict[str, Share] = {}
    lengths: list[str] = []
    channels: Annotated[dict[str, Annotated[Channel, BeforeValidator(_price)]], Field(min_length=1)]
    production: dict[str, Production] = {}
    team: Team = Team()
    fixed_dates: list[FixedDate] = []
    mutes: list[Mute] = []
    must_have: list[Want] = []
    exclude: list[_Where] = []
    test_share: Share = 0.1
    risk: Annotated[float, Field(ge=0, le=5)] = 0.0
    wear: Share = 0.6

    @property
    def weeks(self) -> int:
        """Weeks of the campaign, counted from its first day; the last one may be short."""
        return math.ceil(((self.last_day - self.first_day).days + 1) / 7)

    def week_days(self, week: int) -> list[dt.date]:
        """The days of week 1, 2, ..."""
        start = self.first_day + dt.timedelta(days=7 * (week - 1))
        days = [start + dt.timedelta(days=k) for k in range(7)]
        return [day for day in days if day <= self.last_day]

    def open_share(self, week: int, segment: str, channel: str) -> float:
        """Share of a week in which a segment may be addressed on a channel."""
        days = self.week_days(week)
        muted = [m for m in self.mutes if m.segment in (None, segment) and m.channel in (None, channel)]
        return sum(not any(m.first_day <= day <= m.last_day for m in muted) for day in days) / 7

    def making(self, content_type: str) -> tuple[float, float, int]:
        """(cost, days, most pieces) of a content type: its own entry, else `production.default`, else one per cent of the budget."""
        row = self.production.get(content_type) or self.production.get("default") or Production()
        return row.cost if row.cost is not None else 0.01 * self.budget, row.days, row.most

    def event_value(self, stage: str) -> float:
        """What one event is worth at a stage; a stage without a value is worth nothing; 1 where events are counted."""
        value = self.objective.value
        return 1.0 if value is None else float(value.get(stage, 0.0)) if isinstance(value, dict) else float(value)

    def cells(self, *, tables: Tables | None = None) -> pd.DataFrame:
        """Every combination that the brief names and the tables allow: one row a cell, the columns of `CELL`."""
        tables = tables or load_tables()
        kinds = [k for k in self.production if k != "default"] or list(tables.content_types)
        styles = self.brand.allowed or [s for s in tables.styles if s not in self.brand.forbidden]
        axes = (
            list(self.segments) or ["everyone"], list(self.stages) or list(tables.stages), kinds, styles,
            [*(self.lengths or ["short", "medium"]), "none"], list(self.channels),
        )  # fmt: skip
        rows = [row for row in itertools.product(*axes) if tables.allows(dict(zip(CELL, row, strict=True)))]
        return pd.DataFrame(rows, columns=list(CELL))


def read_brief(path: str | Path, *, tables: Tables | None = None) -> Brief:
    """Read and check a brief.

    Parameters
    ----------
    path : a TOML file; money in the brief's currency, shares as fractions, days as dates (2026-10-05).
    tables : the words in use; default the packaged ones.

    Raises
    ------
    DataError
        With every problem of the file at once: `column` is the path of the entry, such as ``channels.email.price``.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "small.toml"
    >>> text = 'first_day = 2026-10-05\\nlast_day = 2026-11-15\\nbudget = 5000\\n[channels]\\npaid_social = 8'
    >>> _ = file.write_text(text, encoding="utf-8")
    >>> read_brief(file).weeks
    6
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(finding("E_NO_FILE", file=path.name, found=str(error))) from error
    return brief_from_text(text, file=path.name, tables=tables)


def brief_from_text(text: str, *, file: str = "brief", tables: Tables | None = None) -> Brief:
    """The same as `read_brief` for a text already in hand."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        named = re.search(r"line (\d+)", str(error))
        line = int(named[1]) if named else text.count("\n") + 1
        raise DataError(finding("E_TOML", file=file, line=line, found=str(error))) from error
    tables = tables or load_tables()
    language = raw.get("language") if raw.get("language") in tables.languages else default_language()
    found = list(_wrong_words(raw, tables, file, str(language)))
    brief = None
    try:
        brief = Brief.model_validate(raw)
    except ValidationError as error:
        found = [_told(e, raw, file, str(language)) for e in error.errors()] + found
    found += _wrong_together(raw, file, str(language))
    if found or brief is None:
        raise DataError(sorted(found, key=lambda f: f.column or ""))
    return brief


def _told(error: Any, raw: Mapping[str, Any], file: str, language: str) -> Finding:
    """One complaint of the schema in words: the path of the entry, what stands there, what is wanted."""
    loc = [str(p) for p in error["loc"] if not str(p).startswith(("dict[", "function-", "constrained")) and p not in ("float", "int")]
    where, kind = ".".join(loc), error["type"]
    if kind == "missing":
        return finding("E_BRIEF_MISSING", language, file=file, column=where, hint=_example(loc[-1]))
    if kind == "extra_forbidden":
        known = _known(loc[:-1])
        near = nearest(loc[-1], known)
        return finding("E_BRIEF_UNKNOWN", language, file=file, column=where, found=loc[-1], expected=", ".join(known), hint=near)
    wanted = {k: v for k, v in (error.get("ctx") or {}).items() if isinstance(v, int | float | str)}
    try:
        expected = phrase(f"plan.expect.{kind}", language, **wanted)
    except KeyError:
        expected = phrase("plan.expect.other", language, message=error["msg"])
    return finding("E_BRIEF_VALUE", language, file=file, column=where, found=repr(error.get("input")), expected=expected)


def _example(key: str) -> str:
    return {"first_day": "first_day = 2026-10-05", "last_day": "last_day = 2026-11-15", "day": "day = 2026-10-12"}.get(
        key, {"budget": "budget = 40000", "channels": "[channels] paid_social = 8.0"}.get(key, f"{key} = ...")
    )


ENTRIES: Mapping[str, type[BaseModel]] = {
    "objective": Objective, "brand": Brand, "segments": Segment, "channels": Channel, "production": Production, "team": Team,
    "fixed_dates": FixedDate, "mutes": Mute, "must_have": Want, "exclude": _Where,
}  # fmt: skip


def _known(path: list[str]) -> list[str]:
    return list((ENTRIES[path[0]] if path and path[0] in ENTRIES else Brief).model_fields)


def _words(raw: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(path, table, word) of every word of the field that a brief uses."""

    def keys(name: str) -> list[str]:
        return list(raw[name]) if isinstance(raw.get(name), Mapping) else []

    yield from ((f"channels.{k}", "channels", k) for k in keys("channels"))
    yield from ((f"stages.{k}", "stages", k) for k in keys("stages"))
    yield from ((f"production.{k}", "content_types", k) for k in keys("production") if k != "default")
    brand, aim = raw.get("brand"), raw.get("objective")
    for side in ("allowed", "forbidden"):
        listed = brand.get(side) if isinstance(brand, Mapping) else None
        yield from ((f"brand.{side}", "styles", w) for w in (listed if isinstance(listed, list) else []) if isinstance(w, str))
    if isinstance(aim, Mapping):
        yield "objective.metric", "metrics", str(aim.get("metric", "click_rate"))
        yield from ((f"objective.value.{k}", "stages", k) for k in (aim["value"] if isinstance(aim.get("value"), Mapping) else ()))
    several = {"stage": "stages", "content_type": "content_types", "style": "styles", "length": "lengths", "channel": "channels"}
    for name in ("must_have", "exclude", "fixed_dates", "mutes"):
        for k, row in enumerate(raw[name] if isinstance(raw.get(name), list) else []):
            given = row if isinstance(row, Mapping) else {}
            yield from ((f"{name}.{k}.{a}", t, given[a]) for a, t in several.items() if isinstance(given.get(a), str))


def _wrong_words(raw: Mapping[str, Any], tables: Tables, file: str, language: str) -> Iterator[Finding]:
    """A word of one's own is fine; one that looks like a slip of a known word is not. Metrics and unpriced channels must be known."""
    if "language" in raw and raw["language"] not in tables.languages:
        yield finding("E_BRIEF_WORD", language, file=file, column="language", found=raw["language"], expected=", ".join(tables.languages))
    for where, table, word in _words(raw):
        known = getattr(tables, table)
        if word in known:
            continue
        near = nearest(word, known)
        priced = where.startswith("channels.")
        own = priced and isinstance(raw["channels"][word], Mapping) and "unit" in raw["channels"][word]
        if not own and (table == "metrics" or priced or (near and _slip(word, near))):
            wanted = ", ".join(list(known)[:8]) + ("..." if len(known) > 8 else "")
            yield finding("E_BRIEF_WORD", language, file=file, column=where, found=word, expected=wanted, hint=near)


def _slip(word: str, near: str) -> bool:
    """Whether a word is most likely the other one misspelt."""
    return abs(len(word) - len(near)) <= 2 and difflib.SequenceMatcher(None, word, near).ratio() >= 0.8


def _wrong_together(raw: Mapping[str, Any], file: str, language: str) -> Iterator[Finding]:
    """Entries that are right one by one and cannot stand together."""
    spans = [("last_day", raw)] + [(f"mutes.{k}.last_day", m) for k, m in enumerate(raw.get("mutes") or []) if isinstance(m, Mapping)]
    for where, row in spans:
        first, last = row.get("first_day"), row.get("last_day")
        if isinstance(first, dt.date) and isinstance(last, dt.date) and type(first) is type(last) and last < first:
            yield finding("E_BRIEF_ORDER", language, file=file, column=where, found=last, expected=f">= {first}")
    days, first, last = raw.get("fixed_dates"), raw.get("first_day"), raw.get("last_day")
    for k, row in enumerate(days if isinstance(days, list) else []):
        day = row.get("day") if isinstance(row, Mapping) else None
        if type(day) is dt.date and type(first) is dt.date and type(last) is dt.date and not first <= day <= last:
            yield finding("E_BRIEF_ORDER", language, file=file, column=f"fixed_dates.{k}.day", found=day, expected=f"{first} ... {last}")
    shares = [v for v in raw["stages"].values() if isinstance(v, int | float)] if isinstance(raw.get("stages"), Mapping) else []
    if sum(shares) > 1 + 1e-9:
        yield finding("E_BRIEF_SHARES", language, file=file, column="stages", found=f"{sum(shares):g}")
    for name, row in raw["channels"].items() if isinstance(raw.get("channels"), Mapping) else ():
        low, high = (row.get("minimum"), row.get("maximum")) if isinstance(row, Mapping) else (None, None)
        if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
            yield finding("E_BRIEF_ORDER", language, file=file, column=f"channels.{name}.minimum", found=low, expected=f"<= {high}")
    brand = raw.get("brand")
    if isinstance(brand, Mapping) and isinstance(brand.get("allowed"), list) and isinstance(brand.get("forbidden"), list):
        for word in sorted({str(w) for w in brand["allowed"]} & {str(w) for w in brand["forbidden"]}):
            yield finding("E_BRIEF_BOTH", language, file=file, column="brand.forbidden", found=word)
