"""An e-mail before it leaves: `check_email` says what is wrong in the file of one message, and what a file cannot show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from mktlib.errors import DataError, Finding
from mktlib.mailing.body import Body
from mktlib.mailing.checks_body import of_body
from mktlib.mailing.checks_headers import of_headers
from mktlib.mailing.checks_words import of_words, regulator
from mktlib.mailing.message import PARTS, Hit, read_mail
from mktlib.markup import likely_language, said_language
from mktlib.rules import check_text, checked
from mktlib.vocabulary import Tables, default_language, finding, load_tables, nearest, not_tables, retell

MOST_OF_ONE = 10
"""Findings of one check; what is more is counted in one note."""
LEVELS = ("error", "warning", "note")
SPOKEN = ("en", "fr")


def check_email(
    message: Any,
    *,
    style: str | None = None,
    language: str | None = None,
    bulk: bool = True,
    country: str = "FR",
    reader: str | None = None,
    tables: Tables | None = None,
) -> list[Finding]:
    """What is wrong in one e-mail before it leaves: sender, way out, subject, links, images, weight, and the manner of the brand.

    Args:
        message: path of an .eml or .html file, its text or bytes, or an `email.message.EmailMessage`.
        style: a style of the tables; subject, preheader and body are then held to it by `check_text`.
        language: that of the message, "en" or "fr"; default what the message says or reads like.
        bulk: whether it goes to many; False leaves out what is asked of bulk mail (one-click unsubscribing, identity, consent).
        country: of the readers, two capital letters: "US" asks for a postal address, "FR" points to CNIL.
        reader: language of the findings; default `language`, else MKTLIB_LANGUAGE.
        tables: checks and limits; a company's own rows by `load_tables("ours.toml")`.

    Returns:
        Findings, errors first, then warnings, then notes, each in the order of the message: `code` (a row of `tables/checks/email.toml`, or
        a rule of style), `column` (From, Subject, preheader, html, text ...), `line` (of that part as decoded), `found`, `hint`; its
        `values["source"]` and `values["conf"]`. Notes that say "not measured here" name what no file shows: DMARC, complaints, consent.
        Empty is no promise: mailboxes judge senders more than messages.

    Raises:
        DataError: no such file, a file of another kind (an Outlook .msg, a PDF), larger than 50 MB, or an option that cannot be used.

    >>> mail = "From: Ana <ana@example.org>\\nSubject: Re: hello\\nDate: Tue, 06 Oct 2026 08:00:00 +0000\\n\\nHello"
    >>> found = check_email(mail, language="en")
    >>> [f.code for f in found if f.level == "error"]
    ['EMAIL_UNSUBSCRIBE_HEADER', 'EMAIL_SUBJECT_REPLY', 'EMAIL_UNSUBSCRIBE_LINK']
    """
    if wrong := not_tables(tables):
        raise DataError(wrong)
    tables = tables or load_tables()
    if problems := list(_wrong_options(style, language, bulk, country, reader, tables)):
        raise DataError(problems)
    mail = read_mail(message)
    body = Body(mail)
    spoken = language or _spoken(body)
    hits = [*mail.hits, *of_headers(mail, tables, bulk=bulk), *of_words(mail, body, tables, bulk=bulk, country=country)]
    hits += of_body(mail, body, tables, bulk=bulk, language=language)
    if bulk:
        hits.append(Hit("EMAIL_CONSENT_UNSEEN", words=regulator(tables.checks, country)))
    told = reader or language or default_language()
    found = [(PARTS.index(h.part), f) for h, f in _told(hits, tables, mail.file, told)]
    if style is not None:
        found += _manner(body, style, spoken if spoken in SPOKEN else default_language(), told, tables)
    order = sorted(found, key=lambda pair: (LEVELS.index(pair[1].level), pair[0], pair[1].line or 0))
    return [f for _, f in order]


def _spoken(body: Body) -> str | None:
    said = said_language(body.soup) if body.soup is not None else None
    return likely_language(body.text) or said


def _told(hits: Iterable[Hit], tables: Tables, file: str | None, language: str) -> Iterator[tuple[Hit, Finding]]:
    """Hits as findings; of one check no more than ten, the rest in a note."""
    counts: Counter[str] = Counter()
    last: dict[str, Hit] = {}
    for hit in hits:
        counts[hit.code] += 1
        last[hit.code] = hit
        if counts[hit.code] <= MOST_OF_ONE:
            column = None if hit.part == "message" else hit.part
            yield (
                hit,
                checked(
                    hit.code, tables, language, file=file, line=hit.line, column=column, found=hit.found, words=hit.words, **hit.values
                ),
            )
    for code, count in counts.items():
        if count > MOST_OF_ONE:
            more = {name: {"check": tables.checks[code]["label"][name]} for name in SPOKEN}
            yield last[code], checked("EMAIL_MORE", tables, language, file=file, found=str(count - MOST_OF_ONE), words=more)


def _manner(body: Body, style: str, spoken: str, told: str, tables: Tables) -> Iterator[tuple[int, Finding]]:
    """Subject, preheader and body against the style of the brand."""
    said, line, meant = body.preheader
    texts = [("Subject", body.mail.header("Subject"), None), ("preheader", said if meant else "", line), (body.part, body.text, None)]
    for part, text, at in texts:
        for one in check_text(text, style=style, channel="email", language=spoken, tables=tables) if text.strip() else ():
            here = at if part != "html" else body.line(one.found or "")
            yield PARTS.index(part), retell(replace(one, file=body.mail.file, column=part, line=here), told)


def _wrong_options(style: Any, language: Any, bulk: Any, country: Any, reader: Any, tables: Tables) -> Iterator[Finding]:
    asked = (("style", style, tables.styles), ("language", language, SPOKEN), ("reader", reader, tables.languages))
    for name, value, known in asked:
        if value is not None and (not isinstance(value, str) or value not in known):
            yield finding("E_OPTION", column=name, found=repr(value), expected=", ".join(known), hint=nearest(value, list(known)))
    if not isinstance(bulk, bool):
        yield finding("E_OPTION", column="bulk", found=repr(bulk), expected="True / False")
    if not isinstance(country, str) or len(country) != 2 or not country.isascii() or not country.isupper():
        yield finding("E_OPTION", column="country", found=repr(country), expected='country="FR"')
