"""Workbooks and zips of exports into rows of text, and what is hostile in them refused before it is opened.

A workbook is a zip of XML, and both can be made to fill the memory of whoever opens them. Its parts are weighed first, piece by piece;
only then does openpyxl read one sheet. A cell becomes the text that a CSV file would hold, so that the same checks follow.
"""

from __future__ import annotations

import copy
import re
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from io import BytesIO
from itertools import islice
from pathlib import PureWindowsPath
from posixpath import dirname, join, normpath
from typing import IO, Any, NoReturn
from xml.etree import ElementTree

from openpyxl import load_workbook  # type: ignore[import-untyped]
from openpyxl.utils import column_index_from_string, get_column_letter, range_boundaries  # type: ignore[import-untyped]
from openpyxl.xml.constants import REL_NS, SHEET_MAIN_NS, XLSM, XLSX, XLTM, XLTX  # type: ignore[import-untyped]

from mktlib.errors import DataError, Finding, LimitError
from mktlib.intake.files import decoded
from mktlib.vocabulary import finding, nearest

SIZE, TIGHT, PIECE = 200_000_000, 1_000_000, 1 << 18  # bytes: of all parts, from where on the ratio counts, read at a time
RATIO, ENTRIES, SHEETS = 100, 50_000, 200
CELLS, BOX = 5_000_000, 20_000_000  # cells of a sheet, and of the rectangle from A1 around them
LONGEST = 1 << 16  # bytes; no formula of a cell is longer
SHOWN = 5
LONGEST_WHOLE = 10**15  # a spreadsheet keeps 15 digits
OLE, PROTECTED, ENTRY = b"\xd0\xcf\x11\xe0", "EncryptedPackage".encode("utf-16-le"), b"PK\x01\x02"
TYPES, WORKBOOKS = "[Content_Types].xml", (XLSX, XLSM, XLTX, XLTM)
WHOLE, LARGEST_WHOLE = re.compile(r"\[Content_Types\]\.xml|docProps/.*|xl/(?:workbook|styles|theme/.*)\.xml|.*\.rels"), 8_000_000
DOCTYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
PLACE = re.compile(rb"\sr\s*=\s*[\"']([A-Za-z]{1,3})(\d{1,9})[\"']")
BARE = re.compile(rb"<f\b[^<>]*(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v></v>)?\s*</c>")
STRING = re.compile(rb"\st\s*=\s*[\"']str[\"']")
CONTENT = re.compile(rb"<(?:\w+:)?[vtf](?:\s[^<>]*)?>[^<]")
NUMBER = re.compile(r"\s*[-+]?\d[-\d.,:\s]*%?\s*")
ROW, CELL, FORMULA, VALUE, MERGED, LISTED = (f"{{{SHEET_MAIN_NS}}}{tag}" for tag in ("row", "c", "f", "v", "mergeCell", "sheet"))


@dataclass(frozen=True)
class Sheet:
    """One sheet as text: `rows` are all equally long, `lines` the 1-based sheet row of each, an empty cell is ""."""

    sheet: str
    rows: list[list[str]]
    lines: list[int]
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class _Listed:
    """A sheet as the workbook lists it: its name, the part that holds its cells, whether it is hidden."""

    name: str
    path: str
    hidden: bool


@dataclass(frozen=True)
class _Shape:
    """What openpyxl does not say of a sheet that it streams: its extent, hidden rows, merged ranges, formulas without a value."""

    rows: int
    columns: int
    hidden: list[int]
    merged: list[str]
    unvalued: list[str]


def is_zip(data: bytes) -> bool:
    return data.startswith(b"PK\x03\x04")


def is_workbook(data: bytes) -> bool:
    """Whether bytes are an xlsx or xlsm, by the content types inside; never raises."""
    try:
        with _opened(data, "") as archive, archive.open(TYPES) as part:
            types = part.read(LARGEST_WHOLE)
    except DataError:
        return False
    return any(kind.encode() in types for kind in WORKBOOKS)


def members(data: bytes, name: str) -> list[tuple[str, bytes]]:
    """(name without its folders, bytes) of each delimited text file in a zip of exports; a .txt only where there is no .csv or .tsv, and
    a workbook only where there is no text.

    Raises:
        DataError: the zip is damaged, under a password, too large once unpacked, or holds no such file.
    """
    with _opened(data, name) as archive:
        tables = _tables(archive)
        if not tables:
            inside = ", ".join(_spelled(part) for part in islice(archive.infolist(), SHOWN))
            raise DataError(finding("E_WRONG_FORMAT", file=name, found=f"zip ({inside})"))
        _weigh(archive, tables, name, "E_ZIP_LIMIT")
        return [(_spelled(part), archive.read(part)) for part in tables]


def sheet_names(data: bytes, name: str) -> list[str]:
    """The sheets of a workbook that can hold cells, in the order of their tabs; refuses what `sheet_rows` refuses of the whole."""
    _check_kind(data, name)
    with _opened(data, name) as archive:
        _check_parts(archive, name)
        return [one.name for one in _listed(archive, name)]


def sheet_rows(data: bytes, name: str, *, sheet: str | None = None, point: str = ".") -> Sheet:
    """One sheet of a workbook as text: the one asked for, else the first visible one that holds anything.

    A number has a decimal point and at most 15 digits, as in the spreadsheet; a day is ISO, with its time unless midnight; text stays
    as it is. A heading merged over several columns stands in each of them, unless it spans the whole table. What is hidden is read.

    Raises:
        DataError: no workbook, a damaged one, under a password, beyond the limits above, with a document type in its XML, without
            such a sheet or any cell in it, or with formulas that no spreadsheet has calculated.
    """
    _check_kind(data, name)
    with _opened(data, name) as archive:
        _check_parts(archive, name)
        listed = _listed(archive, name)
        filled = [one for one in listed if _scanned(archive, one, name)]
        chosen = _chosen(listed, filled, sheet, name)
        _check_values(_bare(_pieces(archive, archive.getinfo(chosen.path))), chosen.name, name)
        with archive.open(chosen.path) as part:
            shape = _shape(part, chosen.name, name)
        _check_values(shape.unvalued, chosen.name, name)
        rows = _spread(_read(data, chosen.name, shape, point), shape.merged)
        links = sum(re.fullmatch(r"xl/externalLinks/[^/]+\.xml", part) is not None for part in archive.namelist())
    if not rows:
        raise DataError(finding("E_EMPTY_FILE", file=name, column=chosen.name))
    about = [one for one in filled if sheet is None or one == chosen]
    found = [*_hidden(name, chosen.name, rows, shape.hidden, about), *_others(name, chosen.name, about)]
    found += [finding("E_XLSX_LINK", level="note", file=name, found=str(links))] if links else []
    return Sheet(chosen.name, rows, list(range(1, len(rows) + 1)), tuple(found))


def _hidden(name: str, sheet: str, rows: Sequence[Sequence[str]], lines: Iterable[int], about: Iterable[_Listed]) -> list[Finding]:
    """One warning for the hidden rows that say something, one for the hidden sheets that do."""
    said = [str(line) for line in lines if line <= len(rows) and any(rows[line - 1])]
    places = [_places(sheet, said)] if said else []
    places += [", ".join(names)] if (names := [one.name for one in about if one.hidden]) else []
    return [finding("E_XLSX_HIDDEN", level="warning", file=name, found=place) for place in places]


def _others(name: str, sheet: str, about: Iterable[_Listed]) -> list[Finding]:
    names = [one.name for one in about if one.name != sheet]
    return [finding("E_XLSX_SHEETS", level="note", file=name, found=sheet, others=", ".join(names), example=names[0])] if names else []


def _places(sheet: str, places: Sequence[str]) -> str:
    """The first few places of a sheet, and how many there are.

    >>> _places("Data", ["B2", "B3"]), _places("Data", [*"123456789"])
    ('Data!B2, B3', 'Data!1, 2, 3, 4, 5 … (9)')
    """
    more = f" … ({len(places)})" if len(places) > SHOWN else ""
    return f"{sheet}!{', '.join(places[:SHOWN])}{more}"


# ---------------------------------------------------------------- the zip


@contextmanager
def _opened(data: bytes, name: str) -> Iterator[zipfile.ZipFile]:
    """The zip, closed again; what is damaged in it becomes one refusal, wherever it comes to light."""
    entries = data.count(ENTRY)
    if entries > ENTRIES:
        _refuse("E_ZIP_LIMIT", name, None, str(entries), str(ENTRIES))
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            yield archive
    except (DataError, MemoryError):
        raise
    except Exception as error:  # zipfile, expat and openpyxl raise whatever they trip over: KeyError, TypeError, zlib.error ...
        raise DataError(finding("E_WRONG_FORMAT", file=name, found=f"zip ({type(error).__name__})")) from error


def _refuse(code: str, name: str, where: str | None, found: str, most: str) -> NoReturn:
    raise LimitError(finding(code, file=name, column=where, found=found, expected=f"≤ {most}"))


def _spelled(part: zipfile.ZipInfo) -> str:
    """The name without its folders; accents that a program packed as UTF-8 without saying so are mended."""
    name = part.filename
    if not part.flag_bits & 0x800:
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            name = part.filename
    return PureWindowsPath(name).name


def _tables(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    parts = [part for part in archive.infolist() if not _spelled(part).startswith(".")]  # macOS lays "._x.csv" beside x.csv
    kinds = ((".csv", ".tsv", ".tab"), (".txt",), (".xlsx", ".xlsm"))
    found = ([part for part in parts if part.filename.lower().endswith(kind)] for kind in kinds)
    return next(filter(None, found), [])


def _pieces(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """What a part unpacks to. The size that it declares is not believed: `ZipFile.read` unpacks first and cuts afterwards."""
    honest = copy.copy(part)
    honest.file_size = 1 << 62
    with archive.open(honest) as source:
        while piece := source.read(PIECE):
            yield piece


def _weigh(archive: zipfile.ZipFile, parts: Sequence[zipfile.ZipInfo], name: str, code: str) -> None:
    """Refuses parts that are under a password, too large together, packed too tightly, or not as large as they declare."""
    if any(part.flag_bits & 1 for part in parts):
        raise DataError(finding("E_XLSX_ENCRYPTED", file=name))
    if any(part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for part in parts):
        raise zipfile.BadZipFile
    total, declared = 0, sum(part.file_size for part in parts)
    for part in parts:
        size = 0
        for piece in _pieces(archive, part):
            size, total = size + len(piece), total + len(piece)
            if total > SIZE:
                _refuse(code, name, part.filename, f"{max(total, declared) / 1e6:.0f} MB", f"{SIZE // 10**6} MB")
            if size > TIGHT and size // max(part.compress_size, 1) > RATIO:
                _refuse(code, name, part.filename, f"{max(size, part.file_size) // max(part.compress_size, 1)} : 1", f"{RATIO} : 1")
        if size != part.file_size:
            raise zipfile.BadZipFile


# ---------------------------------------------------------------- the parts of a workbook


def _check_kind(data: bytes, name: str) -> None:
    if data.startswith(OLE) and PROTECTED in data:
        raise DataError(finding("E_XLSX_ENCRYPTED", file=name))
    if data.startswith(OLE):
        raise DataError(finding("E_WRONG_FORMAT", file=name, found="xls", expected=".xlsx / .csv"))
    if not is_zip(data):
        _, encoding = decoded(data, name, None)  # it names a web page, a PDF, an empty file
        raise DataError(finding("E_WRONG_FORMAT", file=name, found=f".txt ({encoding})", expected=".xlsx"))


def _check_parts(archive: zipfile.ZipFile, name: str) -> None:
    """Refuses too many sheets, too much to unpack, a large part that openpyxl would keep as a tree, and any document type."""
    parts = archive.infolist()
    sheets = sum(part.filename.startswith("xl/worksheets/") and part.filename.endswith(".xml") for part in parts)
    if sheets > SHEETS:
        _refuse("E_XLSX_LIMIT", name, "xl/worksheets", str(sheets), str(SHEETS))
    _weigh(archive, parts, name, "E_XLSX_LIMIT")
    for part in parts:
        if WHOLE.fullmatch(part.filename) and part.file_size > LARGEST_WHOLE:
            _refuse("E_XLSX_LIMIT", name, part.filename, f"{part.file_size / 1e6:.0f} MB", f"{LARGEST_WHOLE // 10**6} MB")
        xml = part.filename.lower().endswith((".xml", ".rels"))
        if xml and any(DOCTYPE.search(piece) for piece in _slices(_pieces(archive, part))):
            raise DataError(finding("E_XLSX_DTD", file=name, column=part.filename))


def _slices(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, cut where a cell begins, or else a tag, so that neither is in two pieces."""
    rest = b""
    for piece in pieces:
        if b"\x00" in piece:
            raise UnicodeError  # UTF-16, which no spreadsheet program writes; the patterns here would see nothing in it
        whole = rest + piece
        cuts = (whole.rfind(mark, max(0, len(whole) - LONGEST)) for mark in (b"<c", b"<"))
        cut = next((at for at in cuts if at >= 0), len(whole))
        yield whole[:cut]
        rest = whole[cut:]
    yield rest


def _listed(archive: zipfile.ZipFile, name: str) -> list[_Listed]:
    """The sheets that hold cells, in the order of their tabs."""
    types = ElementTree.fromstring(archive.read(TYPES))
    book = next((one.get("PartName", "").lstrip("/") for one in types if one.get("ContentType") in WORKBOOKS), "xl/workbook.xml")
    root, folder = ElementTree.fromstring(archive.read(book)), dirname(book)
    if not root.tag.startswith(f"{{{SHEET_MAIN_NS}}}"):
        raise DataError(finding("E_WRONG_FORMAT", file=name, found="Strict Open XML", expected=".xlsx / .csv"))
    links = ElementTree.fromstring(archive.read(join(folder, "_rels", book.rpartition("/")[2] + ".rels")))
    targets = {one.get("Id"): one.get("Target", "") for one in links if one.get("Type", "").endswith("/worksheet")}
    sheets = [(one, targets[link]) for one in root.iter(LISTED) if (link := one.get(f"{{{REL_NS}}}id")) in targets]
    if len(sheets) > SHEETS:
        _refuse("E_XLSX_LIMIT", name, book, str(len(sheets)), str(SHEETS))
    return [
        _Listed(one.get("name", ""), normpath(join("/", folder, target)).lstrip("/"), one.get("state", "visible") != "visible")
        for one, target in sheets
    ]


def _scanned(archive: zipfile.ZipFile, listed: _Listed, name: str) -> bool:
    """Whether a sheet holds anything; refuses one with too many cells, or with one so far out that the rectangle is too large."""
    filled, cells, rows, columns = False, 0, 1, 1
    for piece in _slices(_pieces(archive, archive.getinfo(listed.path))):
        filled = filled or CONTENT.search(piece) is not None
        found = PLACE.findall(piece)
        cells += len(found)
        rows = max([rows, *map(int, {row for _, row in found})])
        columns = max([columns, *(column_index_from_string(letters.decode()) for letters in {column for column, _ in found})])
        _check_extent(cells, rows, columns, listed.name, name)
    return filled


def _check_extent(cells: int, rows: int, columns: int, sheet: str, name: str) -> None:
    last = f"{sheet}!{get_column_letter(columns)}{rows}"
    if rows * columns > BOX:
        _refuse("E_XLSX_LIMIT", name, last, f"{rows} × {columns}", str(BOX))
    if cells > CELLS:
        _refuse("E_XLSX_LIMIT", name, last, f"> {CELLS}", str(CELLS))


# ---------------------------------------------------------------- one sheet


def _chosen(listed: Sequence[_Listed], filled: Sequence[_Listed], sheet: str | None, name: str) -> _Listed:
    named = {one.name: one for one in listed}
    if sheet is None and not filled:
        raise DataError(finding("E_EMPTY_FILE", file=name))
    if sheet is None:
        return next((one for one in filled if not one.hidden), filled[0])
    if sheet not in named:
        known = ", ".join(named)
        raise DataError(finding("E_OPTION", file=name, column="sheet", found=sheet, expected=known, hint=nearest(sheet, [*named])))
    return named[sheet]


def _bare(pieces: Iterable[bytes]) -> list[str]:
    """The formulas without a value, found at once however large the sheet; `_shape` finds the few that are written in another way."""
    found = []
    for piece in _slices(pieces):
        for bare in BARE.finditer(piece):
            tag = piece[piece.rfind(b"<c", 0, bare.start()) : bare.start()]
            if (place := PLACE.search(tag)) and not STRING.search(tag):
                found.append(b"".join(place.groups()).decode())
    return found


def _check_values(unvalued: Sequence[str], sheet: str, name: str) -> None:
    if unvalued:
        raise DataError(finding("E_XLSX_FORMULA_NO_VALUE", file=name, found=_places(sheet, unvalued)))


def _shape(part: IO[bytes], sheet: str, name: str) -> _Shape:
    """Rows and cells must follow one another: openpyxl leaves out those that do not, without a word."""
    line = rows = columns = cells = at = 0
    hidden: list[int] = []
    merged, unvalued = [], []
    for _, element in ElementTree.iterparse(part):
        if element.tag == CELL:
            place = element.get("r", "")
            before, at = at, column_index_from_string(place.rstrip("0123456789")) if place else at + 1
            cells, columns = cells + 1, max(columns, at)
            if before >= at:
                raise ValueError(place)
            if element.find(FORMULA) is not None and not element.findtext(VALUE) and element.get("t") != "str":
                unvalued.append(place or get_column_letter(at))
        elif element.tag == ROW:
            before, line, at = line, int(element.get("r", line + 1)), 0
            if before >= line:
                raise ValueError(line)
            rows = line if len(element) else rows
            hidden += [line] if element.get("hidden") in ("1", "true") else []
            _check_extent(cells, rows, max(columns, 1), sheet, name)
            element.clear()
        elif element.tag == MERGED:
            merged.append(element.get("ref", ""))
    return _Shape(rows, columns, hidden, merged, unvalued)


def _read(data: bytes, sheet: str, shape: _Shape, point: str) -> list[list[str]]:
    """The rows down to the last that says something, each as wide as the widest."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of styles and extensions that it leaves out; none holds a cell
        with closing(load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)) as book:
            cells = book[sheet].iter_rows(max_row=shape.rows, max_col=shape.columns, values_only=True)
            rows = [_without_tail([_text(value, point) for value in row]) for row in islice(cells, shape.rows)]
    width = max(map(len, rows), default=0)
    return [row + [""] * (width - len(row)) for row in _without_tail(rows)]


def _without_tail(cells: list[Any]) -> list[Any]:
    """A row without the empty cells at its end, a list of rows without the empty rows at its end."""
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _text(value: Any, point: str = ".") -> str:
    """A cell as text; `point` stands for the decimal mark of what is a number, and behind one too long to be whole."""
    said = "" if value is None else SAID.get(type(value), str)(value)
    if point == "." or type(value) not in (int, float):
        return said
    return said.replace(".", point) + (point if abs(value) >= LONGEST_WHOLE else "")


def _plain(value: float) -> str:
    """A number as a spreadsheet shows it: 15 digits, no exponent, no point after a whole one.

    >>> _plain(0.1 + 0.2), _plain(3.0), _plain(1e-7), _plain(1e21)
    ('0.3', '3', '0.0000001', '1000000000000000000000')
    """
    return f"{Decimal(f'{value + 0:.15g}'):f}"


def _moment(value: datetime) -> str:
    return value.isoformat(" ") if value.time() != time() else value.date().isoformat()


def _duration(value: timedelta) -> str:
    """Hours, minutes and seconds, however many hours.

    >>> _duration(timedelta(hours=30, minutes=5)), _duration(timedelta(seconds=-90))
    ('30:05:00', '-00:01:30')
    """
    minutes, seconds = divmod(round(abs(value).total_seconds()), 60)
    return f"{'-' * (value < timedelta())}{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"


SAID: dict[type, Callable[[Any], str]] = {bool: lambda value: str(value).upper(), float: _plain, datetime: _moment, timedelta: _duration}


def _headings(rows: Sequence[Sequence[str]]) -> int:
    """How many rows stand above the first that is more than half full and holds a number or a date; where none does, the full one."""
    full = [i for i, row in enumerate(rows) if 2 * sum(map(bool, row)) > len(row)]
    numbers = (i for i in full if any(NUMBER.fullmatch(cell) for cell in rows[i]))
    return next(numbers, full[0] + 1 if full else 0)


def _spread(rows: list[list[str]], merged: Iterable[str]) -> list[list[str]]:
    """The rows with each heading that is merged over several columns in all of them; one over the whole table is a title and stays.

    >>> _spread([["Day", "Spend", ""], ["", "Search", "Social"], ["2026-09-01", "3", "4"]], ["B1:C1"])[0]
    ['Day', 'Spend', 'Spend']
    """
    spread, last = [*rows], _headings(rows)
    for left, top, right, _ in map(range_boundaries, merged):
        if left < right and top <= last and (left > 1 or right < len(rows[0])):
            row = spread[top - 1]
            covered = len(row[left - 1 : right])
            spread[top - 1] = [*row[: left - 1], *row[left - 1 : left] * covered, *row[left - 1 + covered :]]
    return spread
