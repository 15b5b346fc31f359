"""A store listing against its store before it is sent: rooms, images, policy words, languages, searches; nothing is sent anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.mobile.listing.language import languages
from mktlib.mobile.listing.policy import names_of, policies
from mktlib.mobile.listing.read import Listing, read_listing
from mktlib.mobile.listing.rooms import rooms
from mktlib.mobile.listing.told import Told, place, said, told
from mktlib.mobile.listing.words import covers, words
from mktlib.results import KeywordCoverage
from mktlib.rules import check_text
from mktlib.vocabulary import Tables, default_language, finding, load_tables, nearest, not_tables, retell

ORDER = {"error": 0, "warning": 1, "note": 2}
MOST_OF_ONE = 12
CHANNEL = "app_store"
COVERAGE = ("locale", "search", "field", "words", "found", "share", "searched")


def check_listing(
    listing: Any,
    store: str,
    *,
    language: str | None = None,
    keywords: Sequence[str] | Mapping[str, Sequence[str]] | None = None,
    locales: Sequence[str] = (),
    brand: str | Sequence[str] | None = None,
    competitors: Sequence[str] | None = None,
    style: str | None = None,
    tables: Tables | None = None,
    reader: str | None = None,
) -> list[Finding]:
    """A store listing against the limits and rules of its store.

    Args:
        listing: a dict (field: text), the path of a TOML or JSON file, a row of a frame, or a frame of one row a language (column
            `locale`). Several languages: `{"locales": {"en": {...}, "fr": {...}}}`. A field has its store's name or a usual one
            ("description", "titre"); images are files beside the listing, or sizes: `[1080, 1920]`.
        store: a row of `stores`: "google_play", "app_store", "amazon_appstore".
        language: of a listing in one language; default what the listing says, else English.
        keywords: the searches that it should be found by: a list, or one list a language. Default the listing's own `wanted`.
        locales: languages that the listing should have.
        brand: your own names, which may be in capitals; default the listing's `brand` or `app`. competitors: names that must not be there.
        style: a row of `styles`: the descriptions are also held to the tone of the brand, as by `check_text`.
        reader: the language of the findings; default MKTLIB_LANGUAGE, else English.

    Returns:
        Findings, the gravest first: `column` is the field ("locales.fr.title"), `values["limit_source"]` and `values["limit_conf"]` say
        where a limit comes from. A limit that is not confirmed is never an error. Characters are code points after NFC, bytes those of
        UTF-8. Nothing found is no proof that a store will take the listing: people decide there, by rules that change.

    Raises:
        DataError: every option that is wrong, or a listing that cannot be read.

    >>> mine = {"title": "Best glasses app 😎", "short_description": "Try frames on.", "full_description": "Hold up your phone."}
    >>> [f.code for f in check_listing(mine, "google_play")]
    ['LISTING_TITLE_EMOJI', 'LISTING_TITLE_RANK']
    """
    reader = reader or default_language()
    whole = _read(listing, store, language, tables, reader=reader, style=style, keywords=keywords, locales=locales, competitors=competitors)
    own, rivals = names_of(whole, brand), [str(x) for x in (competitors or _words(whole.about.get("competitors")))]
    wanted = _wanted(keywords if keywords is not None else whole.about.get("wanted"), whole)
    found = [
        *_unknown(whole),
        *rooms(whole),
        *policies(whole, own, rivals),
        *languages(whole, [*(locales or ()), *_expected(wanted, whole)]),
    ]
    found += words(whole, wanted, own)
    told_all = [said(one, whole, reader) for one in _capped(found)]
    told_all += _tone(whole, style, reader)
    return sorted(told_all, key=lambda f: ORDER[f.level])


def listing_keywords(
    listing: Any,
    store: str,
    *,
    keywords: Sequence[str] | Mapping[str, Sequence[str]] | None = None,
    language: str | None = None,
    tables: Tables | None = None,
) -> KeywordCoverage:
    """Which wanted searches the texts of a listing can answer, field by field.

    Args:
        listing, store, language, keywords: as for `check_listing`.

    Returns:
        `KeywordCoverage`. A search is answered where all its words stand in searched fields, plurals and accents aside. Whether people
        search it, and at which place the app is shown, no text says.

    Raises:
        DataError: as for `check_listing`; no searches at all.

    >>> mine = {"name": "Solène: try frames on", "subtitle": "Lunettes", "description": "A mirror."}
    >>> listing_keywords(mine, "app_store", keywords=["frame", "mirror"]).searches["verdict"].tolist()
    ['whole', 'unsearched']
    """
    whole = _read(listing, store, language, tables, keywords=keywords)
    wanted = _wanted(keywords if keywords is not None else whole.about.get("wanted"), whole)
    covered = covers(whole, wanted)
    if not covered:
        raise DataError(finding("E_LISTING_NO_WORDS", column="keywords", found=repr(keywords), hint='keywords=["sunglasses", "try on"]'))
    rows = [
        {"locale": _shown(c.locale), "search": _shown(c.phrase), "field": key, "words": len(c.words), "found": n, "share": n / len(c.words)}
        | {"searched": bool(whole.fields[key].get("searched"))}
        for c in covered
        for key, n in c.have.items()
        if key in whole.of(c.locale)
    ]
    searches = pd.DataFrame(
        [
            {"locale": _shown(c.locale), "search": _shown(c.phrase), "verdict": c.verdict, "missing": _shown(", ".join(c.missing))}
            for c in covered
        ]
    )
    counts = {v: int(n) for v, n in searches["verdict"].value_counts().items()}
    spoken = whole.tables.languages
    fields = {key: {code: place(whole, row, code)["place"] for code in spoken} for key, row in whole.fields.items()}
    searched = {key: str(row["conf"]) for key, row in whole.fields.items() if row.get("searched")}
    facts = {"store": store, "searches": len(searches), "counted": counts, "locales": whole.locales, "fields": fields, "conf": searched}
    return KeywordCoverage(table=pd.DataFrame(rows, columns=list(COVERAGE)), searches=searches, facts=facts)


def _shown(text: str) -> str:
    """A text that a table can hold: half of a pair of UTF-16 is a question mark."""
    return text.encode("utf-8", "replace").decode()


# ---------------------------------------------------------------- what is given


def _read(listing: Any, store: Any, language: Any, tables: Any, *, reader: Any = None, **options: Any) -> Listing:
    if wrong := not_tables(tables):
        raise DataError(wrong)
    rows = tables or load_tables()
    wrong = [*_wrong_options(rows, reader=reader, **options)]
    try:
        whole = read_listing(listing, store, language, rows)
    except DataError as error:
        raise DataError([*error.findings, *wrong]) from error
    if wrong:
        raise DataError(wrong)
    return whole


def _wrong_options(tables: Tables, *, reader: Any = None, style: Any = None, **lists: Any) -> Iterator[Finding]:
    for name, value, known in (("reader", reader, tables.languages), ("style", style, tables.styles)):
        if value is not None and (not isinstance(value, str) or value not in known):
            yield finding("E_OPTION", column=name, found=repr(value), expected=", ".join(known), hint=nearest(value, known))
    for name, value in lists.items():
        fine = value is None or _texts(value) or (name == "keywords" and isinstance(value, Mapping) and all(map(_texts, value.values())))
        if not fine:
            yield finding("E_OPTION", column=name, found=repr(value)[:80], expected='["...", "..."]')


def _texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) <= 5_000 and all(isinstance(x, str) for x in value)


def _words(value: Any) -> Sequence[str]:
    return value if _texts(value) else ()


def _wanted(given: Any, listing: Listing) -> dict[str, list[str]]:
    """The searches of each language; those that hold no word are left out."""
    lists = given if isinstance(given, Mapping) else dict.fromkeys(listing.locales, given or ())
    return {str(code): [w for w in _words(several) if any(c.isalnum() for c in w)] for code, several in lists.items()}


def _expected(wanted: Mapping[str, Sequence[str]], listing: Listing) -> list[str]:
    """A language that is searched in, and that the listing does not have."""
    return [code for code in wanted if code not in listing.locales and listing.localised]


# ---------------------------------------------------------------- findings


def _unknown(listing: Listing) -> Iterator[Told]:
    """Entries that no field is named like, with the nearest field."""
    names = {n: key for key, row in listing.fields.items() for n in (key, *row.get("names", ()))}
    for path, name in listing.unknown:
        near = nearest(name, names)
        word = {c: {"nearest": f" ({names[near]}?)" if near else ""} for c in listing.tables.languages}
        yield told("LISTING_FIELD_UNKNOWN", listing, "", path, found=name, words=word, known=", ".join(listing.fields))


def _capped(found: Sequence[Told]) -> Iterator[Told]:
    """No more than twelve of one code at one field."""
    counts: dict[tuple[str, str], int] = {}
    for one in found:
        key = (one.code, one.path)
        counts[key] = counts.get(key, 0) + 1
        if counts[key] <= MOST_OF_ONE:
            yield one


def _tone(listing: Listing, style: str | None, reader: str) -> Iterator[Finding]:
    """The longer texts held to the style of the brand."""
    for part in listing.parts if style else ():
        if part.text and part.language in ("en", "fr") and part.row.get("kind") == "text" and int(part.row.get("most", 0) or 0) >= 80:
            for one in check_text(
                part.text, style=str(style), channel=CHANNEL, language=part.language, tables=listing.tables, reader=reader
            ):
                yield retell(replace(one, file=listing.file, column=part.path), reader)
