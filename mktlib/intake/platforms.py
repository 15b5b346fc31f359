"""Which platform wrote an export, and where its table begins: found from the headers, never guessed.

A platform is a file of `tables/platforms`: its headers in each language, its marks, its totals, and an example that is its test.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from typing import Any

from mktlib.errors import DataError, Finding, SchemaError
from mktlib.intake.headers import Header, key_of, keys_of, plain, spellings
from mktlib.vocabulary import finding, nearest, platforms

Row = Mapping[str, Any]
DEPTH = 60  # lines among which a header is looked for
LEAST = 3  # headers that must be known
ALMOST = 0.6  # of the headers: so many known make a platform sure though a column is missing
WORTH, SHARE = 2.0, 0.4  # what they must be worth together, and their share of all headers: less is not recognised, only guessed
AHEAD = 1.3  # how much better than the next a platform must fit
FILE: Mapping[str, Any] = {
    "missing": (), "totals": (), "footer": (), "fill": None, "order": None, "date_format": None, "decimal": None, "separator": None,
    "encoding": None,
}  # fmt: skip


@dataclass(frozen=True)
class Match:
    """How well one row fits one platform: headers known to it, and their worth (a header that many know says little)."""

    platform: str
    row: int
    known: int
    worth: float


def every_spelling(platform: Row) -> Iterator[str]:
    """Of the columns that are mapped, and of those that are recognised and kept as they are."""
    for rule in platform["columns"].values():
        yield from spellings(rule)
    yield from platform.get("reported", ())


@cache
def _known() -> tuple[dict[str, frozenset[str]], Counter[str]]:
    """{platform: its header keys that are confirmed}, and how many platforms know each key."""
    keys = {
        name: frozenset(map(key_of, every_spelling(row))) - set(map(key_of, row.get("unconfirmed", ())))
        for name, row in platforms().items()
    }
    return keys, Counter(key for known in keys.values() for key in known)


def matches(rows: Sequence[Sequence[str]]) -> list[Match]:
    """The best row for each platform that knows enough of it, the best platform first."""
    keys, common = _known()
    found: dict[str, Match] = {}
    for i, row in enumerate(rows[:DEPTH]):
        cells = {cell: keys_of(cell)[0] for cell in row if cell}
        for name, known in keys.items():
            hit = [next((k for k in ways if k in known), None) for ways in cells.values()]
            there = [key for key in hit if key]
            match = Match(name, i, len(there), sum(1 / common[key] for key in there))
            telling = match.worth >= (1.0 if len(there) == len(cells) else WORTH) and len(there) >= SHARE * len(cells)
            enough = telling and len(there) >= min(LEAST, max(len(cells), 2))
            if enough and match.worth > (found[name].worth if name in found else 0):
                found[name] = match
    fits = [m for m in found.values() if not lacking(platforms()[m.platform], rows[m.row])]
    return sorted(fits or found.values(), key=lambda m: (-m.worth, -m.known, m.platform))


def recognised(rows: Sequence[Sequence[str]], name: str) -> Match:
    """The platform that wrote these rows.

    Raises:
        DataError: none is known to, or two might have.
    """
    found = matches(rows)
    first = next((row for row in rows if any(row)), [])
    if not found:
        raise DataError(_unknown(name, ", ".join(cell for cell in first if cell)))
    best, *others = found
    if lacking(platforms()[best.platform], rows[best.row]):
        row = platforms()[best.platform]
        sure = best.known >= ALMOST * sum(map(bool, rows[best.row]))
        there = ", ".join(cell for cell in rows[best.row] if cell)
        raise SchemaError(missing(row, rows[best.row], name, best.platform)) if sure else DataError(_unknown(name, there))
    close = [m for m in others if m.worth * AHEAD > best.worth]
    if close:
        words = " / ".join(f'platform="{m.platform}"' for m in (best, *close[:3]))
        raise DataError(finding("E_PLATFORM_UNSURE", file=name, found=", ".join(m.platform for m in (best, *close[:3])), hint=words))
    return best


def _unknown(name: str, found: str) -> Finding:
    return finding("E_PLATFORM", file=name, found=found, platforms=", ".join(platforms()))


def chosen(rows: Sequence[Sequence[str]], platform: str, name: str, row: Row | None = None) -> Match:
    """Where the table of a platform that the caller named begins; `row`: the platform with spellings of the caller's own.

    Raises:
        DataError: no platform has that name, or no row has its headers.
    """
    if row is None and platform not in platforms():
        hint = nearest(platform, platforms())
        raise DataError(
            finding("E_NO_PLATFORM", file=name, found=platform, expected=", ".join(["auto", "mktlib", *platforms()]), hint=hint)
        )
    row = row or platforms()[platform]
    keys, best = frozenset(map(key_of, every_spelling(row))), Match(platform, -1, 0, 0.0)
    for i, cells in enumerate(rows[:DEPTH]):
        known = sum(any(k in keys for k in keys_of(cell)[0]) for cell in cells if cell)
        best = Match(platform, i, known, known) if known > best.known else best
    cells = rows[best.row] if best.known else next((r for r in rows if any(r)), [])
    if best.known < 2 or lacking(row, cells):
        raise SchemaError(missing(row, cells, name, platform))
    return best


def lacking(platform: Row, row: Sequence[str]) -> list[str]:
    """The columns that an export of this platform must have and this row lacks; "a|b": one of the two is enough."""
    header = Header(row)
    there = {c for c, rule in platform["columns"].items() if header.find(spellings(rule)) is not None}
    return [need for need in platform.get("needs", ()) if not there.intersection(need.split("|"))]


def missing(platform: Row, row: Sequence[str], name: str, label: str) -> list[Finding]:
    """One finding for each column that must be there, with what it may be called."""
    out = []
    for need in lacking(platform, row) or platform.get("needs", ()):
        accepted = [s for c in need.split("|") for s in spellings(platform["columns"].get(c, ()))]
        there = {cell.lower(): cell for cell in row if cell}
        near = next((there[x] for s in accepted if (x := nearest(s, there))), None)
        words, found = " / ".join(accepted[:6]), ", ".join(cell for cell in row if cell)
        out.append(finding("E_MISSING_COLUMN", file=name, column=f"{label}: {need}", expected=words, found=found, hint=near))
    return out


def plan_of(platform: Row, header: Sequence[str], name: str) -> dict[str, Any]:
    """A column map for this header: each column of the platform that is there, then every other header as itself."""
    where, columns, used = Header(header), {}, set()
    for column, rule in platform["columns"].items():
        at = where.find(spellings(rule))
        if at is not None:
            columns[column] = {**(rule if isinstance(rule, Mapping) else {}), "from": header[at]}
            used.add(at)
    chosen_day = columns.get("date", {}).get("from", "")
    daily = key_of(chosen_day) in {key_of(s) for s in platform.get("file", {}).get("day", ())}
    if daily:  # a row is a day: the ends of the report are not its own
        columns.pop("date_end", None)
    recognised_ones = set(map(key_of, every_spelling(platform)))
    private = [h for h in header if any(fnmatch(plain(h), plain(p)) for p in platform.get("file", {}).get("drop", ()))]
    others = [h for i, h in enumerate(header) if h and i not in used and h not in private]
    meant = {k: c for c in columns for s in spellings(platform["columns"][c]) for k in [key_of(s)]}
    second = [h for i, h in enumerate(header) if h and i not in used and any(k in meant for k in keys_of(h)[0])]
    named = set(where.currencies(i for i, h in enumerate(header) if i in used or h in second))
    return {
        **FILE, **platform.get("file", {}), "name": name, "score": platform.get("score"), "constants": dict(platform.get("constants", {})),
        "columns": columns | {h: h for h in others if h not in columns}, "tags": platform.get("tags", {}), "currencies": sorted(named),
        "extra": [h for h in others if recognised_ones.isdisjoint(keys_of(h)[0])], "per_row": True, "private": private,
        "others": others, "second": second,
        "daily": daily,
        "source": platform.get("cite"),
    }  # fmt: skip
