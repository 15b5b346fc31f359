"""Checks of what an e-mail says: subject, preheader, fields left open, the way out and who sends."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from typing import Any
from unicodedata import normalize

from mktlib.mailing.body import Body, Link
from mktlib.mailing.message import Hit, Mail
from mktlib.vocabulary import Row, Tables

OPEN_FIELD = re.compile(
    r"\*\|[A-Z][\w:]{0,40}\|\*|\{\{\{?[^{}\n]{1,60}\}\}\}?|\{%[^{}\n]{1,60}%\}|%%[A-Za-z_]{1,40}%%|\[\[[\w .]{1,40}\]\]"
    r"|\$\{[\w.]{1,40}\}|<%=[^%\n]{1,60}%>"
)
POSTAL = re.compile(r"\b(?:\d{4,6}|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})\b")
NEAR = 90
"""Characters between a street and its postal code, at most."""
MOST_FIELDS = 50
Checks = Mapping[str, Row]


def of_words(mail: Mail, body: Body, tables: Tables, *, bulk: bool, country: str) -> Iterator[Hit]:
    if mail.headers is not None:
        yield from _subject(mail, tables)
    yield from _open_fields(mail, body)
    yield from _preheader(body, tables)
    if bulk and (body.text.strip() or body.links):
        yield from _way_out(body, tables.checks)
        yield from _identity(body, tables.checks, country)


def _subject(mail: Mail, tables: Tables) -> Iterator[Hit]:
    subject = mail.header("Subject")
    if not subject:
        yield Hit("EMAIL_SUBJECT_MISSING", "Subject")
        return
    most = limits(tables.specs["email_subject"])[1]
    if len(subject) > most:
        yield Hit("EMAIL_SUBJECT_LONG", "Subject", found=len(subject), values={"most": most})
    begins = re.match(r"\s{0,9}([^\W\d_]{1,4})\s{0,3}(?:\[\d{1,3}\])?:", subject)
    answers = mail.header("In-Reply-To") or mail.header("References")
    if begins and begins[1].lower() in tables.checks["EMAIL_SUBJECT_REPLY"]["words"]["any"] and not answers:
        yield Hit("EMAIL_SUBJECT_REPLY", "Subject", found=begins[0].strip())
    letters = [c for c in subject if c.isalpha()]
    if (len(letters) >= 8 and sum(c.isupper() for c in letters) > 0.7 * len(letters)) or re.search(r"[!?]\s{0,2}[!?]", subject):
        yield Hit("EMAIL_SUBJECT_SHOUTS", "Subject", found=subject)


def limits(spec: Row) -> tuple[int, int]:
    """(least, most) characters that a row of specs advises: "40" or "40-100"."""
    low, _, high = str(spec["advised"]).partition("-")
    return (int(low), int(high)) if high else (0, int(low))


def _open_fields(mail: Mail, body: Body) -> Iterator[Hit]:
    for part, text in (("Subject", mail.header("Subject")), (body.part, body.text)):
        for found in sorted({m[0] for m in OPEN_FIELD.finditer(text[:200_000])})[:MOST_FIELDS]:
            yield Hit("EMAIL_MERGE_TAG", part, body.line(found) if part == "html" else None, found)


def _preheader(body: Body, tables: Tables) -> Iterator[Hit]:
    said, line, meant = body.preheader
    least, most = limits(tables.specs["email_preheader"])
    if not meant:
        yield Hit("EMAIL_PREHEADER_MISSING", "preheader", line, said or "–")
    elif not least <= len(said) <= most:
        yield Hit("EMAIL_PREHEADER_LENGTH", "preheader", line, len(said), values={"least": least, "most": most})


def plain(text: str) -> str:
    """Small letters, accents in one piece and straight apostrophes, one space between words: what words of a row are looked for in."""
    return " ".join(normalize("NFC", text.lower()).replace("’", "'").split())


def words_of(row: Row) -> list[str]:
    return [word for words in row["words"].values() for word in words]


def leaves(link: Link, checks: Checks) -> bool:
    """Whether a link is a way out of the list."""
    words = words_of(checks["EMAIL_UNSUBSCRIBE_LINK"])
    return any(word in plain(link.text) or word in link.href.lower() for word in words)


def _way_out(body: Body, checks: Checks) -> Iterator[Hit]:
    ways = [link for link in body.links if leaves(link, checks)]
    by_word = body.soup is None and any(word in plain(body.text) for word in words_of(checks["EMAIL_UNSUBSCRIBE_LINK"]))
    if not ways and not by_word:
        yield Hit("EMAIL_UNSUBSCRIBE_LINK", body.part)
    hidden = [(link, why) for link in ways if (why := _faint(body, link, float(checks["EMAIL_UNSUBSCRIBE_HIDDEN"]["values"]["least"])))]
    if ways and len(hidden) == len(ways):
        yield Hit("EMAIL_UNSUBSCRIBE_HIDDEN", body.part, hidden[0][0].line, hidden[0][1])
    text = plain(body.text)
    for word in words_of(checks["EMAIL_UNSUBSCRIBE_HARD"]):
        if word in text:
            at = next((link.line for link in body.links if word in plain(link.text)), None)
            yield Hit("EMAIL_UNSUBSCRIBE_HARD", body.part, at, word)


def _faint(body: Body, link: Link, least: float) -> str:
    """Why a link is hard to see, as its style says; "" where nothing says so."""
    if link.element is None:
        return ""
    size, colours = body.size(link.element), _colours(body, link.element)
    if body.tucked(link.element):
        return "display: none"
    if size is not None and size < least:
        return f"font-size: {size:g}px"
    return f"color: {colours[0]}" if colours[0] and colours[0] == colours[1] else ""


def _colours(body: Body, element: Any) -> tuple[str, str]:
    """(colour of the text, colour behind it) as the nearest elements declare them; "" where none does."""
    found = ["", ""]
    while element is not None:
        style = body.style(element)
        for k, name in enumerate(("color", "background-color")):
            said = style.get(name, "") or (str(element.get("bgcolor") or "") if k else "")
            found[k] = found[k] or _colour(said)
        element = element.parent
    return found[0], found[1]


def _colour(said: str) -> str:
    said = {"white": "#ffffff", "black": "#000000"}.get(said.strip().lower(), said.strip().lower())
    return "#" + "".join(2 * c for c in said[1:]) if re.fullmatch(r"#[0-9a-f]{3}", said) else said


def _identity(body: Body, checks: Checks, country: str) -> Iterator[Hit]:
    """Who sends: a postal address (asked for in the United States), or whatever else names the company."""
    address, text = _address(body.text, words_of(checks["EMAIL_ADDRESS"])), f" {plain(body.text)} "
    if country == "US":
        if not address:
            yield Hit("EMAIL_ADDRESS", body.part)
        return
    named = any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) for word in words_of(checks["EMAIL_IDENTITY"]))
    if not address and not named:
        yield Hit("EMAIL_IDENTITY", body.part, words=regulator(checks, country))


def _address(text: str, streets: list[str]) -> bool:
    """Whether a street stands near a postal code."""
    flat = " ".join(text.split())
    small = plain(flat)
    pattern = "|".join(re.escape(word) for word in sorted(streets, key=len, reverse=True))
    at = [m.start() for m in re.finditer(rf"(?<!\w)(?:{pattern})(?!\w)", small)]
    codes = [m.start() for m in POSTAL.finditer(flat)]
    return any((k := bisect_left(codes, a - NEAR)) < len(codes) and codes[k] <= a + NEAR for a in at)


def regulator(checks: Checks, country: str) -> dict[str, dict[str, str]]:
    """Whom to ask in a country, in each language; and what is asked there of who writes."""
    row = checks["EMAIL_CONSENT_UNSEEN"]
    own = row["regulators"].get(country)
    return {
        name: {"regulator": own or row["others"][name], "rule": row["rules"][name].get(country) or row["rules"][name]["any"]}
        for name in row["rules"]
    }
