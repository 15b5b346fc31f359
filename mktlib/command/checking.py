"""Drafts, pages, e-mails and listings against the rules, every finding on a line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mktlib.command.output import answers_of
from mktlib.errors import DataError, Finding
from mktlib.mailing import check_email
from mktlib.mobile import check_listing, check_page
from mktlib.rules import check_text
from mktlib.rules.check import WEIGHT
from mktlib.vocabulary import Tables, default_language, finding, load_tables, phrase


def check_text_job(args: argparse.Namespace) -> int:
    """Every finding with its line, what is grave first said so; 1 where one is more than a note."""
    language = args.language or default_language()
    found = check_text(
        draft_text(args.file, language),
        style=args.style,
        channel=args.channel,
        language=language,
        content_type=args.content_type,
        length=args.length,
        tables=load_tables(*args.tables),
        reader=language,
    )
    return int(bool(say_found(found, language, args.file)))


def check_job(args: argparse.Namespace) -> int:
    """Every finding, the gravest first; 1 where one is an error."""
    language = args.language or default_language()
    kind = ".html" if "://" in args.file else Path(args.file).suffix.lower()
    if kind not in CHECKERS:
        raise DataError(finding("E_OPTION", language, column="FILE", found=args.file, expected=" / ".join(CHECKERS)))
    found = sorted(CHECKERS[kind](args, load_tables(*args.tables), language), key=lambda one: -WEIGHT[one.level])
    say_found(found, language)
    return int(any(one.level == "error" for one in found))


def say_found(found: Sequence[Finding], language: str, file: str = "") -> int:
    """Each finding on a line of its own, with its line in a file that has lines, and how many there are; answers how many are grave."""
    for one in found:
        place = f"{file}:{one.line} " if file else ""
        print(f"{place}[{phrase(f'command.level.{one.level}', language)} {one.code}] {one.text}")
    grave = sum(one.level != "note" for one in found)
    print(phrase("command.checked", language, count=len(found), many=len(found), grave=grave))
    return grave


def page_findings(args: argparse.Namespace, tables: Tables, language: str) -> list[Finding]:
    page = args.file if "://" in args.file else Path(args.file)
    return check_page(page, render=args.render, online=args.online, pictures=args.pictures, tables=tables, language=language)


def mail_findings(args: argparse.Namespace, tables: Tables, language: str) -> list[Finding]:
    return check_email(Path(args.file), style=args.style, tables=tables, reader=language)


def listing_findings(args: argparse.Namespace, tables: Tables, language: str) -> list[Finding]:
    store = args.store or str(answers_of(Path(args.file)).get("store", ""))
    return check_listing(Path(args.file), store, style=args.style, tables=tables, reader=language)


CHECKERS: Mapping[str, Callable[[argparse.Namespace, Tables, str], list[Finding]]] = {
    ".html": page_findings,
    ".htm": page_findings,
    ".eml": mail_findings,
    ".toml": listing_findings,
}


def draft_text(file: str, language: str) -> str:
    """The text of a draft: UTF-8, or what Windows calls ANSI."""
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise DataError(finding("E_NO_FILE", language, file=Path(file).name, found=error.strerror or str(error))) from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")
