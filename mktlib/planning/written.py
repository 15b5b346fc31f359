"""A brief as the text that `read_brief` reads: so that one which was turned by hand can be kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mktlib.planning.brief import Brief, Production
from mktlib.planning.reading import brief_from_text
from mktlib.planning.template import literal, quoted_key
from mktlib.vocabulary import Tables


def brief_text(brief: Brief) -> str:
    """TOML; what stands at its default is left out.

    >>> import datetime as dt
    >>> small = Brief(first_day=dt.date(2026, 10, 5), last_day=dt.date(2026, 11, 15), budget=5000.0, channels={"email": 0.01})
    >>> brief_from_text(brief_text(small)) == small
    True
    """
    return written(brief.model_dump(exclude_defaults=True, exclude_none=True))


def written(entries: Mapping[str, Any]) -> str:
    """TOML of the entries of a brief: plain ones first, then tables."""
    tables = {k: v for k, v in entries.items() if isinstance(v, Mapping)}
    rows = {k: v for k, v in entries.items() if isinstance(v, list) and v and isinstance(v[0], Mapping)}
    lines = [f"{quoted_key(k)} = {literal(v)}" for k, v in entries.items() if k not in tables and k not in rows]
    for name, table in tables.items():
        lines += _table(name, table)
    for name, many in rows.items():
        for row in many:
            lines += ["", f"[[{name}]]", *(f"{quoted_key(k)} = {literal(v)}" for k, v in row.items())]
    return "\n".join(lines) + "\n"


def _table(name: str, table: Mapping[str, Any]) -> Iterator[str]:
    yield from ("", f"[{name}]")
    yield from (f"{quoted_key(k)} = {literal(v)}" for k, v in table.items())


def changed(
    brief: Brief, *, budget: Any = None, days_per_week: Any = None, test_share: Any = None, risk: Any = None,
    most: Mapping[str, Any] | None = None, tables: Tables | None = None,
) -> Brief:  # fmt: skip
    """The brief with some entries replaced, checked as a file is.

    budget (its currency), days_per_week (of the team), test_share and risk (fractions), most {content type: pieces at
    most}; None: as it is.

    Raises
    ------
    DataError
        Every entry that cannot be so, by its path.
    """
    entries = brief.model_dump(exclude_defaults=True, exclude_none=True)
    plain = {"budget": budget, "test_share": test_share, "risk": risk}
    entries |= {name: value for name, value in plain.items() if value is not None}
    if days_per_week is not None:
        entries["team"] = {**entries.get("team", {}), "days_per_week": days_per_week}
    for kind, pieces in (most or {}).items():
        made = entries.setdefault("production", {})
        made[kind] = {**_of_kind(brief, kind), "most": pieces}
    return brief_from_text(written(entries), tables=tables)


def _of_kind(brief: Brief, kind: str) -> dict[str, Any]:
    """What a brief says of making a content type, which may be what it says of all others."""
    row = brief.production.get(kind) or brief.production.get("default") or Production()
    return dict(row.model_dump(exclude_none=True))
