"""A list of people to write to: who may be written to, once each, and why the others may not.

An address becomes a pseudonym as it is read and is never shown; the line of each row tells which line of one's own file it was.
Whoever unsubscribed is never in what comes out, under no spelling of the address: case, accents and what stands after a plus sign name
one and the same mailbox.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from mktlib.errors import DataError, Finding, SchemaError
from mktlib.intake.consents import Refused, refused
from mktlib.intake.headers import plain
from mktlib.intake.privacy import key, key_id, pseudonym, without_addresses
from mktlib.intake.rows import Export, first_row, from_file, from_frame, sort_rows, under_header
from mktlib.results import Intake
from mktlib.vocabulary import ADDRESS, finding, masked, nearest

OPTIONS = ("decimal", "separator", "encoding", "date_format", "zone", "sheet", "table")
REASONS = {"invalid": "E_ADDRESS", "unsubscribed": "E_UNSUBSCRIBED", "bounced": "E_BOUNCED", "twice": "E_ADDRESS_TWICE"}
"""Why a row may not be written to, the first reason that holds."""
LOCAL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~\u00a1-\uffff-]{1,64}")
HALF = re.compile(r"([^\s@,;]?)[^\s@,;]*[@＠]([^\s@,;]?)[^\s@,;]*")
DOMAIN = re.compile(r"(?:[\w\u00a1-\uffff](?:[\w\u00a1-\uffff-]{0,61}[\w\u00a1-\uffff])?\.)+[^\W\d_]{2,63}")


def read_addresses(
    source: Any, *, suppressed: Any = (), column: str | None = None, separator: str | None = None, encoding: str | None = None,
    sheet: str | None = None, table: str | None = None,
) -> Intake:  # fmt: skip
    """Who of a list may be written to.

    Args:
        source: path of a delimited text file, an .xlsx or a zip with one, or a frame of any engine, with one row a person.
        suppressed: who must not be written to, whatever the list says: such a file or frame, a list of them, or addresses.
        column: the column of addresses; found otherwise.
        separator, encoding, sheet, table: see `read_export`.

    Returns:
        Intake: .log, one row a person that may be written to: person (a pseudonym that is the same in every list read with one key) and
        the other columns of the list as text, without addresses; .lines, where each stood in the file; .rejected: line, code
        (E_ADDRESS: no address; E_UNSUBSCRIBED; E_BOUNCED; E_ADDRESS_TWICE: there before), column, found (masked), reason, text
        (masked); .facts: source, rows_read, kept, rejected, excluded, and how many rows each reason took.

    Raises:
        DataError: the file cannot be read, or no column of it holds addresses.

    Whom the list's own columns rule out, by parts of their names (case, accents and marks aside; tables/sending.toml has all of them):
    consent (consent, opt-in, accept, inscri, abonn, subscri): a no, a refusal, or a blank beside yes and no; departure (unsub, désabonn,
    désinscri, opt-out, blacklist, liste noire, suppress, plainte, refus): any value that is not a no; bounces (bounce, rebond): likewise;
    status and statut: words such as "unsubscribed". Columns of SMS, telephone and post are passed over. A column that looks like one of
    these and cannot be decided is asked about (E_ADDRESSES_ASKED, a warning): the days of a consent, conditions of sale, partners.

    >>> people = pd.DataFrame({"email": ["ana@example.org", "ANA+news@example.org", "bob@example", "eve@example.org"]})
    >>> found = read_addresses(people, suppressed=["Eve@Example.org"])
    >>> found.facts["kept"], found.rejected["code"].tolist()
    (1, ['E_ADDRESS_TWICE', 'E_ADDRESS', 'E_UNSUBSCRIBED'])
    """
    options = dict.fromkeys(OPTIONS) | {"separator": separator, "encoding": encoding, "sheet": sheet, "table": table}
    export = _rows(source, options)
    fit, excluded, ragged = sort_rows(export)
    text = pd.DataFrame([export.rows[i] for i in fit], columns=export.header, index=fit, dtype="str")
    where = _column(export, text, column)
    secret, lasts = key()
    gone = {_mailbox(address) for address in _addresses(suppressed, options)}
    no = refused(text, where)
    why = dict(_reasons(text, where, gone, no))
    said = {i: _told(export, i, code, where, text) for i, code in why.items()}
    said |= {i: finding("E_FIELD_COUNT", file=export.name, line=export.lines[i], found=str(len(export.rows[i]))) for i in ragged}
    kept = text.drop(index=[i for i in why if i in text.index])
    log, _ = without_addresses(kept.drop(columns=where), secret)
    log.insert(0, "person", [pseudonym(_mailbox(address), secret) for address in kept[where]])
    columns = ["line", "code", "column", "found", "reason", "text"]
    bad: list[list[Any]] = [[export.lines[i], f.code, where, str(f.found), f.text, _hidden(export.raw[i])] for i, f in sorted(said.items())]
    left = [*export.aside, *((export.lines[i], code, _hidden(export.raw[i])) for i, code in excluded)]
    counts = pd.Series([f.code for f in said.values()], dtype=object).value_counts(sort=False)
    facts = {
        "source": export.name, "rows_read": len(export.rows) + len(export.aside), "kept": len(log), "rejected": len(bad),
        "excluded": len(left), **{name: int(counts.get(code, 0)) for name, code in REASONS.items()}, "key_id": key_id(secret),
        **export.facts,
    }  # fmt: skip
    passing = [] if lasts else [finding("E_PASSING_KEY", level="warning", file=export.name, column=where, found=str(len(log)))]
    asked = [finding("E_ADDRESSES_ASKED", level="warning", file=export.name, column=name) for name in no.asked]
    findings = [*export.findings, *asked, *_summary(export, facts), *passing]
    return Intake(
        table=log.reset_index(drop=True), facts=facts, findings=tuple(findings), rejected=pd.DataFrame(bad, columns=columns),
        excluded=pd.DataFrame(left, columns=["line", "reason", "text"]), lines=tuple(export.lines[i] for i in kept.index),
    )  # fmt: skip


def _rows(source: Any, options: dict[str, str | None]) -> Export:
    export = from_file(Path(source), options) if isinstance(source, str | Path) else from_frame(source, options)
    under_header(export, first_row(export))
    return export


def _column(export: Export, text: pd.DataFrame, asked: str | None) -> str:
    """The column that holds the addresses: the one that is asked for, else the one with most of them."""
    if asked is not None and asked not in text:
        near = nearest(asked, export.header)
        raise SchemaError(finding("E_MISSING_COLUMN", file=export.name, column=asked, found=", ".join(export.header), hint=near))
    if asked is not None:
        return asked
    many = {name: int(text[name].str.strip().map(_is_address).sum()) for name in export.header}
    best = max(many, key=lambda name: (many[name], "mail" in plain(name)), default=None)
    if best is None or not many[best]:
        raise SchemaError(finding("E_NO_ADDRESSES", file=export.name, found=", ".join(export.header)))
    return best


def _reasons(text: pd.DataFrame, where: str, gone: set[str], no: Refused) -> Iterator[tuple[int, str]]:
    """(row, code) of each row that may not be written to; who unsubscribed in one row did so in all of them."""
    mailbox = text[where].map(_mailbox)
    gone = gone | set(mailbox[no.unsubscribed])
    lost, seen = set(mailbox[no.bounced]), set()
    for i, address, box in zip(text.index, text[where], mailbox, strict=True):
        if not _is_address(address.strip()):
            yield i, REASONS["invalid"]
        elif box in gone:
            yield i, REASONS["unsubscribed"]
        elif box in lost:
            yield i, REASONS["bounced"]
        elif box in seen:
            yield i, REASONS["twice"]
        seen.add(box)


def _told(export: Export, i: int, code: str, where: str, text: pd.DataFrame) -> Finding:
    return finding(code, file=export.name, line=export.lines[i], column=where, found=_hidden(str(text.loc[i, where])))


def _hidden(text: str) -> str:
    """Text in which neither an address nor what was meant for one can be read.

    >>> _hidden("dan@example, eve@example.org")
    'd***@e***, e***@e***'
    """
    return HALF.sub(lambda found: f"{found[1]}***@{found[2]}***", masked(text))


def _summary(export: Export, facts: dict[str, Any]) -> list[Finding]:
    counted = {code: facts[name] for name, code in REASONS.items() if facts[name]}
    return [finding("E_ADDRESSES_LEFT", level="warning", file=export.name, found=str(many), why=code) for code, many in counted.items()]


def _addresses(source: Any, options: dict[str, str | None]) -> Iterable[str]:
    """The addresses of a file, a frame, a list of those, or a list of addresses."""
    if isinstance(source, str) and _is_address(source.strip()):
        return [source]
    if isinstance(source, Sequence | set | frozenset) and not isinstance(source, str):
        return [address for one in source for address in _addresses(one, options)]
    try:
        export = _rows(source, options | {"sheet": None, "table": None})
    except DataError as error:
        if error.codes == ("E_NO_ROWS",):  # nobody has unsubscribed yet
            return []
        raise
    cells = [cell for row in [export.header, *export.rows] for cell in row]
    return [address[0] for cell in cells if (address := ADDRESS.search(cell))]


def _is_address(text: str) -> bool:
    """Whether a text can be the address of a mailbox (RFC 5321: 64 characters before the @, 254 in all, no dots side by side).

    >>> [_is_address(a) for a in ("ana@example.org", "ana@example", "a..b@example.org", "ana @example.org", "é@exemple.fr")]
    [True, False, False, False, True]
    """
    local, _, domain = text.rpartition("@")
    dots = local.startswith(".") or local.endswith(".") or ".." in local
    return len(text) <= 254 and not dots and bool(LOCAL.fullmatch(local)) and bool(DOMAIN.fullmatch(domain))


def _mailbox(address: str) -> str:
    """One spelling of an address: no capitals, composed accents, nothing after a plus sign.

    >>> _mailbox(" Ana+News@Example.org")
    'ana@example.org'
    """
    local, _, domain = unicodedata.normalize("NFC", address.strip()).lower().rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}"
