"""Checks of the headers: who sends, whether that is proved as far as one message shows it, and the way out in one click."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from mktlib.mailing.message import Hit, Mail, organisation
from mktlib.vocabulary import Row, Tables

ONCE = ("From", "Subject", "Date", "Reply-To", "To", "Message-ID", "Sender")
RESULT = re.compile(r"\b(spf|dkim|dmarc)\s{0,3}=\s{0,3}([a-z]{2,12})", re.I)
FAILED = ("fail", "softfail", "permerror", "temperror")
LACKING = ("none", "neutral")
"""What a mailbox says of a domain that proves nothing: who sends to many must have all three (Gmail, Yahoo)."""


def of_headers(mail: Mail, tables: Tables, *, bulk: bool) -> Iterator[Hit]:
    """Every check of the headers; none where there are none."""
    if mail.headers is None:
        return
    yield from _written(mail)
    yield from _sender(mail, tables.checks)
    yield from _authenticated(mail, bulk=bulk)
    if bulk:
        yield from _way_out(mail)


def _written(mail: Mail) -> Iterator[Hit]:
    if not mail.header("Date"):
        yield Hit("EMAIL_HEADER_MISSING", found="Date")
    times = Counter(name for name, _ in mail.headers or ())
    for name in ONCE:
        if times[name.lower()] > 1:
            yield Hit("EMAIL_HEADER_TWICE", name if name in ("From", "Subject", "Reply-To") else "message", found=name,
                      values={"times": times[name.lower()]})  # fmt: skip


def _sender(mail: Mail, checks: dict[str, Row] | object) -> Iterator[Hit]:
    senders = mail.addresses("from")
    if len(senders) != 1:
        yield Hit("EMAIL_FROM", "From", found=", ".join(where for _, where in senders) or mail.header("From") or "–")
        return
    name, address = senders[0]
    if not re.search(r"[^\W\d_]", name):
        yield Hit("EMAIL_FROM_NAME", "From", found=address)
    words = checks["EMAIL_NO_REPLY"]["words"]["any"]  # type: ignore[index]
    answers = mail.addresses("reply-to") or senders
    for _, where in answers:
        if any(word in where.partition("@")[0].lower() for word in words):
            yield Hit("EMAIL_NO_REPLY", "Reply-To" if mail.header("Reply-To") else "From", found=where)
        if organisation(where.rpartition("@")[2]) != organisation(address.rpartition("@")[2]):
            yield Hit("EMAIL_REPLY_ELSEWHERE", "Reply-To", found=organisation(where.rpartition("@")[2]))


def _authenticated(mail: Mail, *, bulk: bool) -> Iterator[Hit]:
    """What one message shows of SPF, DKIM and DMARC; what it does not show is said to be unseen."""
    domains = [tag for value in mail.all("dkim-signature") if (tag := signature(value).get("d"))]
    senders = [where.rpartition("@")[2] for _, where in mail.addresses("from")]
    if not domains and mail.header("Received"):
        yield Hit("EMAIL_UNSIGNED", "DKIM-Signature")
    if domains and senders and organisation(senders[0]) not in map(organisation, domains):
        yield Hit("EMAIL_UNALIGNED", "DKIM-Signature", found=", ".join(domains), values={"domain": senders[0]})
    said = dict(_results(mail))
    if failed := [f"{name}={value}" for name, value in said.items() if value in FAILED or (bulk and value in LACKING)]:
        yield Hit("EMAIL_AUTH_FAILED", "Authentication-Results", found=", ".join(failed))
    seen = {name.upper() for name, value in said.items() if value == "pass"} | ({"DKIM"} if "dkim" in said else set())
    unseen = [name for name in ("SPF", "DKIM", "DMARC") if name not in seen and name.lower() not in said]
    if unseen:
        yield Hit("EMAIL_SENDER_UNSEEN", found=", ".join(unseen))


def signature(value: str) -> dict[str, str]:
    """The tags of a DKIM signature (RFC 6376).

    >>> signature("v=1; d=Solene.example; h=from:to")["d"]
    'solene.example'
    """
    pairs = (part.partition("=") for part in value.split(";"))
    tags = {name.strip().lower(): "".join(said.split()) for name, _, said in pairs if name.strip()}
    return tags | ({"d": tags["d"].lower()} if tags.get("d") else {})


def _results(mail: Mail) -> Iterator[tuple[str, str]]:
    """(method, result) of the topmost Authentication-Results: the mailbox that received it wrote that one, anybody may write the others.

    Several DKIM signatures: one that passes is enough.
    """
    found = [(m[1].lower(), m[2].lower()) for m in RESULT.finditer(mail.header("Authentication-Results"))]
    for name in ("spf", "dkim", "dmarc"):
        said = [value for method, value in found if method == name]
        if said:
            yield name, "pass" if "pass" in said else said[0]


def _way_out(mail: Mail) -> Iterator[Hit]:
    """One-click unsubscribing (RFC 8058)."""
    way = mail.header("List-Unsubscribe")
    if not way:
        yield Hit("EMAIL_UNSUBSCRIBE_HEADER", "List-Unsubscribe")
        return
    if not re.search(r"<\s{0,9}https://[^\s>]{1,2000}", way, re.I):
        yield Hit("EMAIL_UNSUBSCRIBE_HTTPS", "List-Unsubscribe", found=way)
    post = mail.header("List-Unsubscribe-Post")
    if "".join(post.split()) != "List-Unsubscribe=One-Click":
        yield Hit("EMAIL_UNSUBSCRIBE_POST", "List-Unsubscribe-Post", found=post or "–")
    signed = [signature(value).get("h", "").lower().split(":") for value in mail.all("dkim-signature")]
    lacking = [name for name in ("List-Unsubscribe", "List-Unsubscribe-Post") if not any(name.lower() in names for names in signed)]
    if signed and lacking:
        yield Hit("EMAIL_UNSUBSCRIBE_SIGNED", "DKIM-Signature", found=", ".join(lacking))
