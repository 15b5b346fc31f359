"""A file or a frame as rows of text, each with its line and its own words; then what is table and what only stands around it."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mktlib.errors import DataError, Finding, LimitError, SchemaError
from mktlib.intake.columns import EXACT, MISSING, Wrong
from mktlib.intake.counts import to_pandas
from mktlib.intake.files import MOST_BYTES, decoded, quoted, separator_of
from mktlib.intake.headers import plain
from mktlib.intake.workbooks import OLE, is_workbook, is_zip, members, sheet_rows
from mktlib.vocabulary import finding, platforms

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")  # the last: bytes that are no UTF-8, halves of a character
TOTAL = re.compile(
    r"(?:grand\s+|overall\s+|sub-?|sous-?\s*)?(?:total|totals|totaux|gesamt)"
    r"(?:\s+g[ée]n[ée]ral|\s+of \d+ results?|\s+de \d+ r[ée]sultats?)?"
    r"(\s*[:\-–].*)?",
    re.IGNORECASE,
)
NUMERIC = re.compile(r"[-+]?\d[\d.,\s\u00a0\u202f]*%?")
SUBTOTAL = re.compile(r"(?:sub-?\s?|sous-?\s?)tota(?:l|ux)\b", re.IGNORECASE)
WORD = re.compile(r"[^\W\d_]{2,}")
MOST_COLUMNS, MOST_CELL = 10_000, 1_000_000


@dataclass
class Export:
    """The rows of an export as text, each with its line and its own words; apart, what was left out: (line, reason, words).

    ending: whether the file ends as files do. A header is empty until `under_header` finds it.
    """

    name: str
    rows: list[list[str]]
    lines: list[int]
    raw: list[str]
    header: list[str] = field(default_factory=list)
    aside: list[tuple[int, str, str]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def from_file(path: Path, options: Mapping[str, str | None]) -> Export:
    """The rows of a delimited file, of a workbook, or of the one export inside a zip.

    Raises:
        DataError: it is none of these, is not there, or is too large to be held.
    """
    data = _bytes(path)
    facts: dict[str, Any] = {"sha256": hashlib.sha256(data).hexdigest()}
    if is_zip(data) and not is_workbook(data):
        member, data = _member(members(data, path.name), path.name, options.get("table"))
        facts["member"] = member
    export = _workbook(data, path.name, options) if is_workbook(data) or data.startswith(OLE) else _delimited(data, path.name, options)
    export.facts = {**facts, **export.facts}
    _name_titled(export)
    return export


def _name_titled(export: Export) -> None:
    """Columns that are only called "Primary" take the title above their table with them: Date,Primary under Reach is Reach (Primary)."""
    for above, row in pairwise(export.rows):
        if row[1:] == ["Primary"] and above and above[0] and not any(above[1:]):
            row[1] = f"{above[0]} (Primary)"


def _bytes(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():  # a folder, a pipe, a device: reading one may never end
            raise DataError(finding("E_NOT_A_FILE", file=path.name, found=path.name))
        size = path.stat().st_size
        if size > MOST_BYTES:
            limit = f"{MOST_BYTES / 1e6:g} MB"
            raise LimitError(finding("E_FILE_TOO_LARGE", file=path.name, found=f"{size / 1e9:.1f} GB", expected=limit))
        return path.read_bytes()
    except (OSError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(finding("E_NO_FILE", file=path.name, found=getattr(error, "strerror", None) or str(error))) from error


def _member(found: list[tuple[str, bytes]], name: str, wanted: str | None) -> tuple[str, bytes]:
    """The one table of a zip: the one asked for, the only one, or the one that a platform is known to write."""
    usual = {plain(m) for row in platforms().values() for m in row.get("file", {}).get("members", ())}
    fit = [m for m in found if m[0] == wanted] if wanted else found if len(found) == 1 else [m for m in found if plain(m[0]) in usual]
    if len(fit) != 1:
        names = ", ".join(member for member, _ in found)
        raise DataError(finding("E_ZIP_MEMBERS", file=name, found=names, hint=f'table="{found[0][0]}"' if found else None))
    return fit[0]


def _workbook(data: bytes, name: str, options: Mapping[str, str | None]) -> Export:
    sheet = sheet_rows(data, name, sheet=options.get("sheet"), point=EXACT)
    raw = [",".join(row).replace(EXACT, ".") for row in sheet.rows]
    export = Export(name, [*map(list, sheet.rows)], sheet.lines, raw, findings=list(sheet.findings))
    export.facts = {"separator": None, "encoding": "xlsx", "sheet": sheet.sheet}
    return export


def _delimited(data: bytes, name: str, options: Mapping[str, str | None]) -> Export:
    text, encoding = decoded(data, name, options["encoding"])
    separator = options["separator"] or separator_of(text)
    export = _parsed(text, separator, name)
    export.facts = {"separator": separator, "encoding": encoding}
    if encoding == "cp1252" and not options["encoding"]:
        export.findings.append(finding("E_ENCODING_GUESSED", level="note", file=name, found=encoding))
    if not text.endswith(("\n", "\r")) and len(export.rows) > 1 and len(export.rows[-1]) < len(export.rows[-2]):
        export.findings.append(finding("E_TRUNCATED_TAIL", level="warning", file=name, line=export.lines[-1], found=export.raw[-1]))
    return export


def from_frame(source: Any, options: dict[str, str | None]) -> Export:
    """A frame goes the way of a file, so that the same checks hold; its numbers have a point."""
    table = to_pandas(source)
    table = table.reset_index() if any(name is not None for name in table.index.names) else table
    header = [str(c).strip() for c in table.columns]
    if table.empty:
        raise DataError(finding("E_NO_ROWS", file="frame"))
    rows = [list(row) for row in zip(*[_as_text(table.iloc[:, i]) for i in range(len(header))], strict=True)]
    rows = [header, *rows]
    export = Export("frame", rows, list(range(1, len(rows) + 1)), [",".join(row).replace(EXACT, ".") for row in rows])
    sha = hashlib.sha256("\n".join("\x1f".join(row) for row in rows).encode("utf-8", "replace")).hexdigest()
    export.facts = {"sha256": sha, "separator": None, "encoding": None}
    return export


def _as_text(column: pd.Series) -> list[str]:
    """Each distinct value said once; a null is an empty cell. A list or a mapping is said as Python writes it."""
    if column.map(lambda value: isinstance(value, list | dict | set | np.ndarray)).any():
        column = column.map(lambda value: None if value is None else str(value))
    codes, words = pd.factorize(column, use_na_sentinel=True)
    said = np.array([*(_word(word) for word in words), ""], dtype=object)
    return list(said[codes])


def _word(value: Any) -> str:
    if not isinstance(value, float | np.floating):
        return str(value).strip()
    if not np.isfinite(value):
        return str(value)
    if abs(float(value)) >= 2**53:
        return f"{value:.0f}{EXACT}"
    return str(int(value)) if float(value).is_integer() else f"{Decimal(repr(float(value))):f}".replace(".", EXACT)


def _parsed(text: str, separator: str, name: str) -> Export:
    """Rows, and the physical line each begins on. Spaces around a cell are no part of it."""
    physical = list(io.StringIO(text, newline=""))
    if any(len(line) > MOST_CELL for line in physical):
        at, longest = max(enumerate(map(len, physical), start=1), key=lambda x: x[1])
        raise LimitError(finding("E_FIELD_TOO_LONG", file=name, line=at, found=f"{longest:,}", expected=f"{MOST_CELL:,}"))
    if '"' in text or len(separator) != 1:
        rows, lines, raw = quoted(physical, separator, name)
    else:  # without a quote a line is a row, and a long log is read in a third of the time
        raw = [line.rstrip("\r\n") for line in physical]
        rows, lines = [[*map(str.strip, line.split(separator))] for line in raw], list(range(1, len(raw) + 1))
    widest = max(map(len, rows), default=0)
    if widest > MOST_COLUMNS:
        raise LimitError(finding("E_TOO_MANY_COLUMNS", file=name, found=f"{widest:,}", expected=f"{MOST_COLUMNS:,}"))
    return Export(name, rows, lines, raw)


# ---------------------------------------------------------------- the header and what stands around the table


def first_row(export: Export) -> int:
    """Position of the first row that is not blank."""
    return next((i for i, row in enumerate(export.rows) if any(row)), 0)


def under_header(export: Export, at: int, *, blocks: bool = False) -> None:
    """Make row `at` the header: what stands above is set aside, and, where a file may hold several tables, what follows a blank line
    and begins with another header.

    Raises:
        DataError: two columns have one name, or no row follows.
    """
    above = [i for i in range(at) if export.raw[i].strip()]
    tables = {i for i in above if blocks and sum(map(bool, export.rows[i])) > 1 and not export.raw[i].startswith("#")}
    export.aside += [(export.lines[i], "E_OTHER_TABLE" if i in tables else "E_PREAMBLE", whole_text(export.raw[i])) for i in above]
    header = [whole_text(cell.lstrip("\ufeff").strip()) for cell in export.rows[at]]
    while header and not header[-1] and all(len(row) < len(header) or not row[-1] for row in export.rows[at + 1 :]):
        header.pop()  # a mark at the end of every line is no column
        export.rows[at + 1 :] = [row[: len(header)] if len(row) == len(header) + 1 else row for row in export.rows[at + 1 :]]
    _check_header(header, export.name, export.lines[at])
    end = _end_of_table(export, at + 1, len(header)) if blocks else len(export.rows)
    export.aside += [
        (export.lines[i], "E_OTHER_TABLE", whole_text(export.raw[i])) for i in range(end, len(export.rows)) if export.raw[i].strip()
    ]
    export.header, body = header, slice(at + 1, end)
    export.facts["preamble"] = [whole_text(export.raw[i]).strip() for i in above if i not in tables]
    export.rows, export.lines, export.raw = export.rows[body], export.lines[body], export.raw[body]
    if not any(any(row) for row in export.rows):
        raise DataError(finding("E_NO_ROWS", file=export.name, found=", ".join(header)))


def _end_of_table(export: Export, start: int, width: int) -> int:
    """Where a commented line ends the table, or a blank one that no row of numbers follows (the header of another table has none)."""
    for i in range(start, len(export.rows)):
        if export.raw[i].startswith(("# ", "#-")):
            return i
        if not any(export.rows[i]):
            after = next((row for row in export.rows[i:] if any(row)), [])
            if len(after) not in (width, width + 1) or not any(NUMERIC.fullmatch(cell) for cell in after[1:]):
                return i
    return len(export.rows)


def _check_header(header: list[str], name: str, line: int) -> None:
    twice = [h for h in dict.fromkeys(header) if header.count(h) > 1]
    if twice == [""]:
        raise SchemaError(finding("E_NO_HEADER", file=name, line=line, found=", ".join(h for h in header if h)))
    if twice:
        places = {h: ", ".join(str(i) for i, other in enumerate(header, start=1) if other == h) for h in twice}
        raise SchemaError([finding("E_DUPLICATE_COLUMN", file=name, line=line, column=h, found=h, places=places[h]) for h in twice])


def sort_rows(export: Export, totals: Iterable[str] = (), footer: Iterable[str] = ()) -> tuple[list[int], list[tuple[int, str]], list[int]]:
    """Positions of the rows to use, of the excluded with their reason, of those with the wrong number of cells."""
    fit: list[int] = []
    ragged: list[int] = []
    excluded, width, own, ends = [], len(export.header), tuple(map(plain, totals)), tuple(footer)
    for i, row in enumerate(export.rows):
        first = next((cell for cell in row if cell), None)
        if first is None:
            excluded.append((i, "E_BLANK_ROW"))
        elif _is_total(first, own, row) or (_beyond(row, export.header) and _is_total(row[-1], own, row)):
            excluded.append((i, "E_TOTAL_ROW"))
        elif ends and first.startswith(ends) and sum(map(bool, row)) == 1:
            excluded.append((i, "E_FOOTER"))
        else:
            (fit if len(row) == width else ragged).append(i)
    return fit, excluded, ragged


def _beyond(row: Sequence[str], header: Sequence[str]) -> bool:
    """Whether the last cell of a row stands under no header."""
    return len(row) == len(header) + 1 or (len(row) == len(header) and not header[-1])


def _is_total(cell: str, own: tuple[str, ...], row: Sequence[str]) -> bool:
    """A total by its own word; "Total: ..." may be the name of a page, unless the row names nothing else or the platform writes so."""
    if cell[:1] in "Ss" and SUBTOTAL.match(cell):
        return True
    found = TOTAL.fullmatch(cell) if cell[:1] in "GgOoSsTt" else None
    if found and (not found[1] or not any(WORD.search(other) for other in row if other != cell)):
        return True
    said = plain(cell)
    return any(said == word or (word.endswith((":", "-")) and said.startswith(word)) for word in own)


SUM_WORD = re.compile(
    r"(?:.+ )?(?:total|totals|totaux|total general|summe|ergebnis|gesamtergebnis|(?:results from|resultats de) \d[\d .,]* .*)"
)
ALL = frozenset({"all", "tous", "toutes", "alle", "(all)", "all ages", "tous les ages"})


def unlabelled_totals(log: pd.DataFrame, names: Sequence[str], sums: Sequence[str], but: set[int]) -> tuple[list[Any], list[Any]]:
    """(index of the rows that are sums of others, of those that look like it and are not): totals that nobody labelled.

    Such a row leaves blank (or calls "All") what the others name: everything, or one part of it (a subtotal of a campaign or a day).
    names: the columns that say what a row is; sums: those whose rows add up; but: rows that are wrong and so blank.
    """
    keys = [*names, *(["date"] if "date" in log else [])]
    if len(log) < 2 or not keys:
        return [], []
    blank = pd.DataFrame({k: log[k].isna() | (log[k].isin([*_all_words(log[k]), *MISSING]) if k != "date" else False) for k in keys})
    usual = blank.to_numpy().mean(axis=0) <= 0.5  # columns that most rows fill
    odd = blank.loc[:, usual].any(axis=1) & ~log.index.isin(but) if usual.any() else pd.Series(False, index=log.index)
    if not odd.any() or odd.mean() > 0.5:
        return [], []
    values, rest = log[list(sums)].astype(float).fillna(0.0), log[~odd]
    if not values.loc[odd].any(axis=None):
        return _above_all(log, blank, odd)
    totals, doubtful = [], []
    for at in log.index[odd.to_numpy()][:MOST_TOTALS]:
        filled = [k for k in keys if not blank.loc[at, k] and k != "date"]
        same = (rest[filled] == log.loc[at, filled]).all(axis=1) if filled else pd.Series(True, index=rest.index)
        same &= _in_days(rest, log.loc[at]) if "date" in keys and not blank.loc[at, "date"] else True
        filled += ["date"] if not same.all() and not filled else []
        own, whole = values.loc[at], values.loc[same[same].index].sum()
        room = 1e-6 * own.abs() + [0.005 * max(int(same.sum()), 1) * (c in MONEYED) for c in sums]
        if same.any() and own.any() and ((own - whole).abs() <= room)[own != 0].all():
            totals.append(at)
        elif same.sum() > 1 and not filled and (own[own != 0] > 0.5 * whole[own != 0]).all() and own.any():
            totals.append(at)  # names nothing at all and is most of the rest: a total of rows that are not all here
            doubtful.append(at)
        elif same.sum() > 1 and own.any() and (own[own != 0] > 0.8 * whole[own != 0]).all():
            doubtful.append(at)
    return totals, doubtful


def _above_all(log: pd.DataFrame, blank: pd.DataFrame, odd: pd.Series) -> tuple[list[Any], list[Any]]:
    """Rows that name nothing at all and count no less than any other, where nothing adds up (people): totals, and told as doubtful."""
    values = log.select_dtypes("number").astype(float).fillna(0.0)
    if values.empty or len(log) < 3:
        return [], []
    if "date" in log and len(blank.columns) > 1 and (log["date"] == log["date"].iloc[0]).all():  # the report's own, on every row
        blank = blank.drop(columns="date")
    nameless = log.index[(odd & blank.all(axis=1)).to_numpy()]
    totals = [at for at in nameless if values.loc[at].any() and (values.loc[at] >= values[~odd].max()).all()]
    return totals, totals


def _in_days(rest: pd.DataFrame, row: pd.Series) -> pd.Series:
    """Rows of the day of this one, or of its days where it stands for several."""
    last = row.get("date_end")
    return rest["date"].between(row["date"], row["date"] if last is None or pd.isna(last) else last)


def _all_words(column: pd.Series) -> list[str]:
    words = [str(word) for word in column.dropna().unique()]
    return [word for word in words if (said := plain(word)) in ALL or SUM_WORD.fullmatch(said) or TOTAL.fullmatch(word)]


MOST_TOTALS = 2000
MONEYED = ("revenue", "margin", "spend")  # rounded to cents row by row


def control_characters(export: Export, fit: Sequence[int]) -> list[Wrong]:
    """Rows with a character that no one types, or a byte that is none: the sign of a damaged export, and invisible in every report."""
    found, used = [], set(fit)
    for i, raw in enumerate(export.raw):
        bad = CONTROL.search(raw)
        if bad and i in used:
            column = next((h for h, cell in zip(export.header, export.rows[i], strict=True) if bad[0] in cell), export.header[0])
            code, sign = "E_CONTROL_CHAR", f"U+{ord(bad[0]):04X}"
            if "\udc80" <= bad[0] <= "\udcff":
                code, sign = "E_BAD_BYTES", f"0x{ord(bad[0]) - 0xDC00:02X}"
            found.append(Wrong(i, column, code, sign))
        if bad:
            export.raw[i] = whole_text(raw)
            export.rows[i] = [whole_text(cell) for cell in export.rows[i]]
    return found


def whole_text(text: str) -> str:
    """Text that can be written again: halves of a character become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")
