"""Which platform wrote an export, and where its table begins: found from the headers, never guessed.

A platform is a file of `tables/platforms`: its headers in each language, its marks, its totals, and an example that is its test.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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
DECISIVE = 0.7  # of the headers: so many known make a platform sure though some of their spellings were never confirmed
BEYOND = 2  # so many headers more must it know than a platform whose spellings are confirmed
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
    confirmed: bool = True


def every_spelling(platform: Row) -> Iterator[str]:
    """Of the columns that are mapped, and of those that are recognised and kept as they are."""
    for rule in platform["columns"].values():
        yield from spellings(rule)
    yield from platform.get("reported", ())


@cache
def _known(*, confirmed: bool) -> tuple[dict[str, frozenset[str]], Counter[str]]:
    """{platform: its header keys, of the confirmed ones only or of all}, and how many platforms know each key."""
    keys = {
        name: frozenset(map(key_of, every_spelling(row))) - (set(map(key_of, row.get("unconfirmed", ()))) if confirmed else set())
        for name, row in platforms().items()
    }
    return keys, Counter(key for known in keys.values() for key in known)


def matches(rows: Sequence[Sequence[str]], *, confirmed: bool = True) -> list[Match]:
    """The best row for each platform that knows enough of it, the best platform first."""
    keys, common = _known(confirmed=confirmed)
    found: dict[str, Match] = {}
    for i, row in enumerate(rows[:DEPTH]):
        cells = {cell: keys_of(cell)[0] for cell in row if cell}
        for name, known in keys.items():
            hit = [next((k for k in ways if k in known), None) for ways in cells.values()]
            there = [key for key in hit if key]
            match = Match(name, i, len(there), sum(1 / common[key] for key in there), confirmed)
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
    found, believed = matches(rows), _believed(rows)
    first = next((row for row in rows if any(row)), [])
    if believed and _outdone(found, believed, rows):
        return believed
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


def _believed(rows: Sequence[Sequence[str]]) -> Match | None:
    """The one platform that knows nearly every header, of those that nobody confirmed too; None where two might."""
    found = matches(rows, confirmed=False)
    if not found or lacking(platforms()[found[0].platform], rows[found[0].row]):
        return None
    best, *others = found
    cells = sum(map(bool, rows[best.row]))
    rivals = [m for m in others if m.worth * AHEAD > best.worth and m.known >= DECISIVE * cells]
    return best if best.known >= DECISIVE * cells and not rivals else None


def _outdone(found: Sequence[Match], believed: Match, rows: Sequence[Sequence[str]]) -> bool:
    """Whether no platform is sure of its confirmed spellings, or another one knows clearly more of the headers."""
    if not found or lacking(platforms()[found[0].platform], rows[found[0].row]):
        return True
    return believed.platform != found[0].platform and believed.known > found[0].known + BEYOND


def _in(cell: str, keys: frozenset[str]) -> bool:
    return bool(cell) and any(k in keys for k in keys_of(cell)[0])


def table_named(match: Match, rows: Sequence[Sequence[str]], wanted: str, name: str) -> Match:
    """The table of a file of several whose header begins with a word that the caller gave.

    Raises:
        DataError: none does; with the words that some begin with.
    """
    keys = frozenset(map(key_of, every_spelling(platforms()[match.platform])))
    heads = {i: row for i, row in enumerate(rows) if row and _in(row[0], keys) and sum(_in(c, keys) for c in row) > len(row) / 2}
    at = next((i for i, row in heads.items() if plain(row[0]) == plain(wanted)), None)
    if at is None:
        expected = ", ".join(dict.fromkeys(row[0] for row in heads.values()))
        raise DataError(finding("E_OPTION", file=name, column="table", found=wanted, expected=expected))
    return replace(match, row=at, known=sum(map(bool, rows[at])))


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
    file, there = platform.get("file", {}), {k for h in header for k in keys_of(h)[0]}
    chosen_day = key_of(columns.get("date", {}).get("from", ""))
    daily = chosen_day in set(map(key_of, file.get("day", ())))
    if daily:  # a row is a day: the ends of the report are not its own
        columns.pop("date_end", None)
    recognised_ones = set(map(key_of, every_spelling(platform)))
    private = [h for h in header if any(fnmatch(plain(h), plain(p)) for p in file.get("drop", ()))]
    others = [h for i, h in enumerate(header) if h and i not in used and h not in private]
    meant = {k: c for c in columns for s in spellings(platform["columns"][c]) for k in [key_of(s)]}
    dated = daily or chosen_day in set(map(key_of, file.get("units", ())))  # then another date is the report's, not the row's
    known = [h for i, h in enumerate(header) if h and i not in used]
    second = [h for h in known if any(k in meant and not (dated and meant[k] == "date") for k in keys_of(h)[0])]
    named = set(where.currencies(i for i, h in enumerate(header) if i in used or h in second))
    reported = [h for h in others if not recognised_ones.isdisjoint(keys_of(h)[0])]
    if not there.isdisjoint(map(key_of, file.get("unordered", ()))):  # another language: its days have an order of their own
        file = {**file, "order": None}
    return {
        **FILE, **file, "name": name, "score": platform.get("score"), "constants": dict(platform.get("constants", {})),
        "columns": columns | {h: h for h in others if h not in columns}, "tags": platform.get("tags", {}), "currencies": sorted(named),
        "extra": [h for h in others if h not in reported], "reported": reported, "per_row": True, "private": private,
        "others": others, "second": second,
        "daily": daily, "unit": {key_of(h): unit for h, unit in file.get("units", {}).items()}.get(chosen_day),
        "source": platform.get("cite"),
    }  # fmt: skip
