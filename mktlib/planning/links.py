"""Names that are safe outside: of files, whatever a piece is called, and of tracked links, which never carry anything about a person."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import pandas as pd

from mktlib.errors import DataError, StoreError
from mktlib.planning.brief import Brief
from mktlib.vocabulary import ADDRESS, Tables, finding, load_tables

LONGEST = 60
RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{port}{k}" for port in ("com", "lpt") for k in range(10))})
COLUMNS = ["item", "channel", "segment", "link", "utm_source", "utm_medium", "utm_campaign", "utm_content"]


def slug(name: str, *, changed: bool = False) -> str:
    """Lower-case letters, digits and hyphens, at most 60, never empty and never a name that a system keeps for itself.

    What could no longer be told from another name (nothing left, cut, reserved; with `changed`, anything but the case and the spaces that
    differs) ends on six digits of its own hash.

    >>> slug("Été 2026"), slug("CON"), slug("../../etc/x", changed=True)
    ('ete-2026', 'con-a3dbc4', 'etc-x-56da1a')
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", str(name)) if not unicodedata.combining(c)).lower()
    safe = re.sub("[^a-z0-9]+", "-", plain).strip("-")
    same = re.sub(r"\s+", "-", str(name).lower())
    if safe and len(safe) <= LONGEST and safe not in RESERVED and not (changed and safe != same):
        return safe
    return "-".join(part for part in (safe[: LONGEST - 7].strip("-"), _mark(name)) if part)


def _mark(name: str) -> str:
    return hashlib.sha256(str(name).encode("utf-8", "surrogatepass")).hexdigest()[:6]


def slugs(names: Iterable[str], *, changed: bool = False) -> dict[str, str]:
    """A slug for each name, all different: names that would share one end on digits of their own hash.

    >>> slugs(["A b", "a-b", "c"])
    {'A b': 'a-b-a760b0', 'a-b': 'a-b-d44362', 'c': 'c'}
    """
    made = {str(name): slug(str(name), changed=changed) for name in names}
    counted = pd.Series(list(made.values()), dtype=object).value_counts()
    marked = {name: f"{safe}-{_mark(name)}" if counted[safe] > 1 else safe for name, safe in made.items()}
    return marked if len(set(marked.values())) == len(marked) else {name: f"{_mark(name)}-{k}" for k, name in enumerate(made, 1)}


def inside(folder: Path, name: str) -> Path:
    """The path of a file in a folder, proved to lie in it.

    Raises
    ------
    StoreError
        E_PATH, where the name or a link on the way leads outside.
    """
    root, wanted = folder.resolve(), (folder / name).resolve()
    if not wanted.is_relative_to(root) or wanted == root:
        raise StoreError(finding("E_PATH", file=str(name), found=str(wanted), expected=str(root)))
    return wanted


def links(
    brief: Brief, items: pd.DataFrame, schedule: pd.DataFrame, *, site: str | None = None, tables: Tables | None = None
) -> pd.DataFrame:
    """One tracked link a piece, channel and segment: item channel segment link utm_source utm_medium utm_campaign utm_content.

    site: the address of the page that is linked to; without one, `link` is what is added to an address. Words are lower-case, as GA4
    tells capitals apart; the medium is one that GA4 groups under the channel (`utm_medium` of channels.toml). Where tags would do harm
    (`tagged = false`) the link is bare. E-mail addresses in names are taken out.

    >>> from mktlib.planning import brief_from_text
    >>> brief = brief_from_text("first_day = 2026-10-05\\nlast_day = 2026-10-11\\nbudget = 500\\n[channels]\\nemail = 0.01")
    >>> shown = pd.DataFrame([{"item": "P01", "channel": "email", "segment": "parents"}])
    >>> piece = pd.DataFrame([{"item": "P01", "content_type": "newsletter"}])
    >>> links(brief, piece, shown, site="https://example.org/new")["link"][0]
    'https://example.org/new?utm_source=email&utm_medium=email&utm_campaign=campaign&utm_content=p01-newsletter-parents'
    """
    tables = tables or load_tables()
    if site is not None:
        check_site(site)
    kinds = items.drop_duplicates("item").set_index("item")["content_type"].to_dict()
    placed = schedule[["item", "channel", "segment"]].drop_duplicates().sort_values(["item", "channel", "segment"], kind="stable")
    known = {axis: slugs(_nobody(name) for name in placed[axis].astype(str).unique()) for axis in ("item", "segment", "channel")}
    rows: list[dict[str, Any]] = []
    for item, channel, segment in placed.astype(str).itertuples(index=False, name=None):
        row, words = tables.channels.get(channel, {}), {a: known[a][_nobody(v)] for a, v in (("item", item), ("segment", segment))}
        source = known["channel"][_nobody(channel)].replace("-", "_")
        kind = slug(_nobody(str(kinds.get(item, ""))) or "piece").replace("-", "_")
        tags = {
            "utm_source": source, "utm_medium": next(iter(row.get("utm_medium", ())), source), "utm_campaign": slug(_nobody(brief.name)),
            "utm_content": f"{words['item']}-{kind}-{words['segment'].replace('-', '_')}",
        }  # fmt: skip
        tags = tags if row.get("tagged", True) else dict.fromkeys(tags, "")
        rows.append({"item": item, "channel": channel, "segment": segment, "link": tracked(site, tags), **tags})
    return pd.DataFrame(rows, columns=COLUMNS)


def _nobody(name: str) -> str:
    """A name without any e-mail address in it."""
    return ADDRESS.sub("somebody", name)


def check_site(site: str) -> None:
    """Refuse what is no plain web address: another scheme, a name and password, a space.

    Raises
    ------
    DataError
        E_OPTION, with an example.
    """
    try:
        parts = urlsplit(site)
        port = parts.port is None or parts.port > 0
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc and port
    except (ValueError, TypeError, AttributeError):
        good = False
    if not good or any(not c.isprintable() or c.isspace() or c in "\\<>\"'" for c in site) or ADDRESS.search(site):
        raise DataError(finding("E_OPTION", column="site", found=repr(site), expected="https://example.org/page"))


def tracked(site: str | None, tags: Mapping[str, str]) -> str:
    """An address with tags in place of any of the same name that it has; its other words and its #part stay.

    >>> tracked("https://example.org/a?x=1&utm_source=old#top", {"utm_source": "email"})
    'https://example.org/a?x=1&utm_source=email#top'
    """
    given = {key: value for key, value in tags.items() if value}
    if site is None:
        return urlencode(given, quote_via=quote)
    parts = urlsplit(site)
    kept = [(key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if key not in given]
    return urlunsplit(parts._replace(query=urlencode([*kept, *given.items()], quote_via=quote)))
