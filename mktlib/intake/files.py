"""Bytes into text and text into rows: what kind of file it is, its encoding, its separator, its quotes.

Half of what is sent as CSV is something else (a workbook, a login page, another alphabet); it is named before a row is read.
"""

from __future__ import annotations

import csv
import re
from collections import Counter

from mktlib.errors import DataError, EncodingError
from mktlib.vocabulary import finding

FORMATS = {b"PK": "xlsx / zip", b"\x1f\x8b": "gzip", b"%PDF": "PDF", b"\xd0\xcf\x11\xe0": "xls", b"PAR1": "parquet"}
MARKUP = re.compile(rb"\s*(?:(<(?:!doctype|html|\?xml|table|head|body))|(\{\s*[\"}]|\[\s*[\[{]))", re.IGNORECASE)
BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
MOST_BYTES = 250_000_000
"""A file that is read row by row takes twenty times its size in memory; beyond this `tally` adds it up where it lies."""
csv.field_size_limit(2**31 - 1)  # cells have a limit of their own, told by its name
BINARY = 16  # more NUL characters than this at the beginning make a binary file; one or two make a damaged row


def decoded(data: bytes, name: str, asked: str | None) -> tuple[str, str]:
    """The text and its encoding: the one asked for, a byte-order mark's, UTF-8, else Windows-1252."""
    what = next((kind for magic, kind in FORMATS.items() if data.startswith(magic)), None)
    bom = next((code for mark, code in BOMS.items() if data.startswith(mark)), None)
    markup = MARKUP.match(data.removeprefix(b"\xef\xbb\xbf")[:4096])
    if markup:
        what = "HTML / XML" if markup[1] else "JSON"
    if what or (data.count(b"\x00", 0, 65536) > BINARY and bom != "utf-16" and not asked):
        raise DataError(finding("E_WRONG_FORMAT", file=name, found=what or "binary"))
    text: str | None = None
    for code in [asked] if asked else [bom] if bom else ["utf-8", "cp1252"]:
        try:
            text = data.decode(code)
        except (UnicodeError, LookupError):
            if code != "utf-8" or asked or not _mostly_utf8(data):
                continue
            text = data.decode(code, "surrogateescape")  # the damaged rows are set aside later, each with its line
        break
    if text is None:
        raise EncodingError(finding("E_ENCODING", file=name, found=asked or bom or "utf-8, cp1252"))
    if not text.strip("\ufeff \r\n\t"):
        raise DataError(finding("E_EMPTY_FILE", file=name))
    return text, code


def _mostly_utf8(data: bytes) -> bool:
    """Whether bytes that are no UTF-8 are damage in a UTF-8 file rather than another encoding: true accents outnumber them.

    >>> _mostly_utf8("Été".encode() + b"\\xff"), _mostly_utf8("Été".encode("cp1252"))
    (True, False)
    """
    text = data.decode("utf-8", "surrogateescape")
    damaged = len(re.findall("[\udc80-\udcff]", text))
    return len(re.findall("[^\x00-\x7f\udc80-\udcff]", text)) > damaged


def separator_of(text: str) -> str:
    """The mark that cuts most of the first lines into the same number of cells, quoted words aside; lines above a table have none.

    >>> separator_of("Rapport\\nJour;Coût\\n2026-09-01;1,5\\n2026-09-02;2,5\\n")
    ';'
    """
    head = re.sub(r'"(?:[^"]|"")*"', "", text[:65536]).splitlines()[:40]
    lines = [line for line in head if line.strip(" \r\n") and not line.startswith("#")]  # tabs alone are left of a line all in quotes

    def worth(mark: str) -> tuple[int, int]:
        cuts = Counter(n for line in lines if (n := line.count(mark)))
        most, times = max(cuts.items(), key=lambda x: (x[1] * min(x[0], 3), x[0]), default=(0, 0))
        return times * min(most, 3), most

    return max(",;\t|", key=worth)


def quoted(physical: list[str], separator: str, name: str) -> tuple[list[list[str]], list[int], list[str]]:
    """Rows whose cells may hold separators and line ends, with the physical line each begins on and its own words."""
    rows, lines, raw, begun = [], [], [], 0
    try:
        reader = csv.reader(physical, delimiter=separator, strict=True)
        for row in reader:
            rows.append([*map(str.strip, row)])
            lines.append(begun + 1)
            raw.append("".join(physical[begun : reader.line_num]).rstrip("\r\n"))
            begun = reader.line_num
    except (csv.Error, TypeError) as error:
        if isinstance(error, TypeError):
            raise DataError(finding("E_OPTION", file=name, column="separator", found=separator)) from error
        raise DataError(finding("E_QUOTE", file=name, line=begun + 1, found=physical[begun].strip())) from error
    return rows, lines, raw
