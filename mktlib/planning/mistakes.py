"""What is wrong in a brief beyond the type of each entry: words that name nothing, and entries that cannot stand together.

It looks at what the file says, not at a `Brief`: where one entry is wrong the others are judged all the same.
"""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import Any

from mktlib.errors import Finding
from mktlib.planning.layout import near_key, said_word
from mktlib.vocabulary import Tables, finding, nearest

LONGEST = 371
"""Days of a campaign, at most: a plan of more than 53 weeks is several plans."""
WANTS = ("must_have", "exclude", "fixed_dates", "mutes")
AXES = {"stage": "stages", "content_type": "content_types", "style": "styles", "length": "lengths", "channel": "channels"}
MOST = 20
"""Known words that a mistake lists."""
Word = tuple[str, str, str]
"""path, table, word"""


def wrong_beyond_types(
    raw: Mapping[str, Any], tables: Tables, file: str, language: str, *, form: str = "", own: Collection[str] = ()
) -> Iterator[Finding]:
    """Every such mistake, one finding each, with the path of the entry.

    form: the language of the form that the brief was read from, whose labels are told in place of keys; own: words that it says are
    one's own.
    """

    def said(word: Any, table: str) -> str:
        return said_word(word, table, form) if form else str(word)

    for part in (partial(_wrong_words, form=bool(form), own=own), _strangers, _unbought, _wrong_days, _wrong_sums):
        for code, where, values in part(raw, tables):
            table, known = values.pop("table", ""), values.get("expected")
            if table:
                values |= {name: said(values[name], table) for name in ("found", "hint") if values.get(name) is not None}
            if isinstance(known, list):
                values["expected"] = ", ".join(said(word, table) for word in known[:MOST]) + ("..." if len(known) > MOST else "")
            yield finding(code, language, file=file, column=where, **values)


Mistake = tuple[str, str, dict[str, Any]]


def _table(raw: Any, name: str) -> Mapping[str, Any]:
    """A table of the file; an empty one where it is none."""
    found = raw.get(name) if isinstance(raw, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _rows(raw: Mapping[str, Any], name: str) -> list[tuple[int, Mapping[str, Any]]]:
    found = raw.get(name)
    return [(k, row) for k, row in enumerate(found if isinstance(found, list) else []) if isinstance(row, Mapping)]


def _wheres(raw: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(path, table) of everything that names some axes of a cell."""
    yield from ((f"{name}.{k}", row) for name in WANTS for k, row in _rows(raw, name))
    yield from ((f"topics.{name}", _table(raw["topics"], name)) for name in _table(raw, "topics"))


def _texts(row: Any, name: str) -> list[str]:
    found = row.get(name) if isinstance(row, Mapping) else None
    return [word for word in found if isinstance(word, str)] if isinstance(found, list) else []


def _day(row: Mapping[str, Any], name: str) -> dt.date | None:
    value = row.get(name)
    return value if type(value) is dt.date else None


def _amount(row: Mapping[str, Any], name: str) -> float | None:
    value = row.get(name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


# ---------------------------------------------------------------- words


def _words(raw: Mapping[str, Any]) -> Iterator[Word]:
    """Every word of the field that a brief uses."""
    for name, table in (("channels", "channels"), ("stages", "stages"), ("production", "content_types"), ("flows", "flows")):
        yield from ((f"{name}.{k}", table, k) for k in _table(raw, name) if (name, k) != ("production", "default"))
    yield from (("lengths", "lengths", word) for word in _texts(raw, "lengths"))
    for name, row in _table(raw, "segments").items():
        for kind in ("consent", "hours"):
            yield from ((f"segments.{name}.{kind}.{k}", "channels", k) for k in _table(row, kind))
    for side in ("allowed", "forbidden"):
        yield from ((f"brand.{side}", "styles", word) for word in _texts(_table(raw, "brand"), side))
    aim = _table(raw, "objective")
    if isinstance(aim.get("metric"), str):
        yield "objective.metric", "metrics", aim["metric"]
    yield from ((f"objective.value.{k}", "stages", k) for k in _table(aim, "value"))
    for where, row in _wheres(raw):
        yield from ((f"{where}.{axis}", table, row[axis]) for axis, table in AXES.items() if isinstance(row.get(axis), str))


def _wrong_words(raw: Mapping[str, Any], tables: Tables, *, form: bool = False, own: Collection[str] = ()) -> Iterator[Mistake]:
    """A word of one's own is fine; one that looks like a slip of a known word is not, in a form even from afar: there it can stand
    between quotes. Metrics, flows and unpriced channels must be known."""
    language = raw.get("language", "en")
    if isinstance(language, str) and language not in tables.languages:
        yield "E_BRIEF_WORD", "language", {"found": language, "expected": ", ".join(tables.languages)}
    for where, table, word in _words(raw):
        known = getattr(tables, table)
        if word in known:
            continue
        far = near_key(word, table) if form else None
        near, priced = far or nearest(word, known), where.startswith("channels.")
        mine = word in own or (table == "channels" and "unit" in _table(_table(raw, "channels"), word))
        must = table in ("metrics", "flows") or (priced and "unit" not in _table(raw["channels"], word))
        near = near or (near_key(word, table) if must else None)
        if must or (not mine and near and (far or _slip(word, near))):
            yield "E_BRIEF_WORD", where, {"found": word, "expected": list(known), "hint": near, "table": table}


def _slip(word: str, near: str) -> bool:
    """Whether a word is most likely the other one misspelt."""
    return abs(len(word) - len(near)) <= 2 and difflib.SequenceMatcher(None, word, near).ratio() >= 0.8


def _strangers(raw: Mapping[str, Any], tables: Tables) -> Iterator[Mistake]:
    """Segments that the brief does not have."""
    named = _table(raw, "segments")
    asked = [(f"{where}.segment", row.get("segment")) for where, row in _wheres(raw)]
    asked += [(f"places.{name}.share.{who}", who) for name, row in _table(raw, "places").items() for who in _table(row, "share")]
    for where, who in asked:
        if isinstance(who, str) and named and who not in named:
            yield "E_BRIEF_WORD", where, {"found": who, "expected": ", ".join(named), "hint": nearest(who, named)}


def _unbought(raw: Mapping[str, Any], tables: Tables) -> Iterator[Mistake]:
    """Channels and networks that something is asked of, and that the brief does not buy."""
    bought = _table(raw, "channels")
    homes = {name: str(row["channel"]) for name, row in tables.networks.items()}
    here = [*bought, *(name for name, home in homes.items() if home in bought)]
    asked = [(f"presence.{name}", name) for name in _table(raw, "presence")]
    asked += [(f"places.{name}.channels", c) for name, row in _table(raw, "places").items() for c in _texts(row, "channels")]
    for where, word in asked:
        known = here if where.startswith("presence.") else list(bought)
        if bought and word not in known:
            yield "E_BRIEF_NOT_BOUGHT", where, {"found": word, "expected": known, "hint": nearest(word, known), "table": "networks"}


# ---------------------------------------------------------------- entries that cannot stand together


def _wrong_days(raw: Mapping[str, Any], tables: Tables) -> Iterator[Mistake]:
    first, last = _day(raw, "first_day"), _day(raw, "last_day")
    for where, row in [("last_day", raw), *((f"mutes.{k}.last_day", m) for k, m in _rows(raw, "mutes"))]:
        start, end = _day(row, "first_day"), _day(row, "last_day")
        if start and end and end < start:
            yield "E_BRIEF_ORDER", where, {"found": end, "expected": f">= {start}"}
    if first and last and (last - first).days > LONGEST:
        yield "E_BRIEF_ORDER", "last_day", {"found": last, "expected": f"<= {first + dt.timedelta(days=LONGEST)}"}
    for k, row in _rows(raw, "fixed_dates"):
        day = _day(row, "day")
        if day and first and last and not first <= day <= last:
            yield "E_BRIEF_ORDER", f"fixed_dates.{k}.day", {"found": day, "expected": f"{first} ... {last}"}
    for name, row in _table(raw, "segments").items():
        agreed = _day(row, "consent_date") if isinstance(row, Mapping) else None
        if agreed and first and agreed > first:
            yield "E_BRIEF_ORDER", f"segments.{name}.consent_date", {"found": agreed, "expected": f"<= {first}"}


def _wrong_sums(raw: Mapping[str, Any], tables: Tables) -> Iterator[Mistake]:
    shares = [value for key in _table(raw, "stages") if (value := _amount(_table(raw, "stages"), key)) is not None]
    if sum(shares) > 1 + 1e-9:
        yield "E_BRIEF_SHARES", "stages", {"found": f"{sum(shares):g}"}
    for name in _table(raw, "channels"):
        row = _table(raw["channels"], name)
        low, high = _amount(row, "minimum"), _amount(row, "maximum")
        if low is not None and high is not None and low > high:
            yield "E_BRIEF_ORDER", f"channels.{name}.minimum", {"found": low, "expected": f"<= {high}"}
    brand = _table(raw, "brand")
    for word in sorted({*_texts(brand, "allowed")} & {*_texts(brand, "forbidden")}):
        yield "E_BRIEF_BOTH", "brand.forbidden", {"found": word, "table": "styles"}
