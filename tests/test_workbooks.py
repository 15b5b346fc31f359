"""Workbooks and zips of exports: what is hostile is refused by name, what is right is read as its CSV twin would be, nothing is silent."""

from __future__ import annotations

import re
import struct
import zipfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.xml.constants import REL_NS

from mktlib.errors import DataError, LimitError
from mktlib.intake import workbooks
from mktlib.intake.columns import number
from mktlib.intake.files import decoded, quoted
from mktlib.intake.workbooks import Sheet, is_workbook, is_zip, members, sheet_rows
from mktlib.vocabulary import retell

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
BOOK, SHEET, OTHER = "xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
MACROS = "application/vnd.ms-excel.sheet.macroEnabled.main"
TABLE = [["Day", "Clicks"], ["2026-09-01", 3]]


def saved(*tables: Iterable[Iterable[Any]], change: Callable[[Workbook], object] = lambda book: None) -> bytes:
    """A workbook of openpyxl, with the tables in the sheets Data, Other, Third, after `change`."""
    book, out = Workbook(), BytesIO()
    book.remove(book.active)
    for name, table in zip(("Data", "Other", "Third"), tables, strict=False):
        sheet = book.create_sheet(name)
        for row in table:
            sheet.append(list(row))
    change(book)
    book.save(out)
    return out.getvalue()


def packed(parts: Mapping[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def parts_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def changed(part: str, old: str, new: str, data: bytes | None = None) -> bytes:
    """A workbook with a piece of one part replaced."""
    parts = parts_of(saved(TABLE) if data is None else data)
    text = parts[part].decode()
    assert re.search(old, text)
    return packed(parts | {part: re.sub(old, lambda _: new, text, count=1)})


def cells(rows: str, data: bytes | None = None, part: str = SHEET) -> bytes:
    """A workbook in which one sheet holds these rows of XML."""
    return changed(part, "<sheetData>.*</sheetData>", f"<sheetData>{rows}</sheetData>", data)


def poured(part: str, head: str, times: int, tail: str) -> bytes:
    """A workbook with one part of `times` megabytes, never held whole."""
    out, parts = BytesIO(), parts_of(saved(TABLE))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in parts.items():
            if name != part:
                archive.writestr(name, content)
        with archive.open(part, "w") as target:
            target.write(head.encode())
            for _ in range(times):
                target.write(b"A" * 1_000_000)
            target.write(tail.encode())
    return out.getvalue()


def long_cell(megabytes: int) -> bytes:
    head = f'<worksheet xmlns="{MAIN}"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>'
    return poured(SHEET, head, megabytes, "</t></is></c></row></sheetData></worksheet>")


def stamped(data: bytes, name: str, local: int, central: int, value: bytes) -> bytes:
    """A zip in which both headers of one entry say something else at these places."""
    out = bytearray(data)
    with zipfile.ZipFile(BytesIO(data)) as archive:
        begin = archive.getinfo(name).header_offset
    entry = data.index(name.encode(), data.index(b"PK\x01\x02")) - 46
    for at in (begin + local, entry + central):
        out[at : at + len(value)] = value
    return bytes(out)


def declared(data: bytes, name: str, size: int) -> bytes:
    return stamped(data, name, 22, 24, struct.pack("<I", size))


def under_password(data: bytes, name: str) -> bytes:
    return stamped(data, name, 6, 8, b"\x01\x00")


def damaged(data: bytes, name: str) -> bytes:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        at = archive.getinfo(name).header_offset + 30 + len(name) + 40
    return data[:at] + b"\xff" * 40 + data[at + 40 :]


def doctype(part: str, declaration: str, before: str = "") -> bytes:
    return changed(part, r"^(<\?xml.*?\?>)?", f"{before}<!DOCTYPE x {declaration}>")


LAUGHS = '[<!ENTITY a "ha">' + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)) + "]"
OUTSIDE = '[<!ENTITY x SYSTEM "file:///etc/passwd">]'
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600
PASSWORD = OLE + "EncryptedPackage".encode("utf-16-le") + OLE
FIRST = '<row r="1"><c r="A1"><v>1</v></c></row>'
FAR = FIRST + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
QUOTED = FIRST + "<row r='1048576'><c s='0'\n r = 'XFD1048576' ><v>1</v></c></row>"
ESCAPED = FIRST + '<row r="1048576"><c r="&#88;FD1048576"><v>1</v></c></row>'
UNNAMED = '<row r="1">' + "<c><v>1</v></c>" * 30 + '</row><row r="1048576"><c><v>1</v></c></row>'
SHARED = '<row r="1"><c r="A1"><f t="shared" si="0">1</f><v>1</v></c><c r="B1"><f t="shared" si="0"/></c></row>'
PREFIXED = f'<s:row xmlns:s="{MAIN}" r="1"><s:c r="A1"><s:f>1+1</s:f><s:v/></s:c></s:row>'
MANY = {f"xl/worksheets/sheet{i}.xml": "<worksheet/>" for i in range(10_000)}
AGAIN = "<sheets>" + f'<sheet name="x" sheetId="1" r:id="rId1" xmlns:r="{REL_NS}"/>' * 300 + "</sheets>"
STYLES = f'<styleSheet xmlns="{MAIN}">' + "".join(f"<x{i}/>" for i in range(10**6)) + "</styleSheet>"

Case = tuple[Callable[[], bytes], str, str | None, str | None]
HOSTILE: dict[str, Case] = {
    "300 MB cell": (lambda: long_cell(300), "E_XLSX_LIMIT", SHEET, "≤ 100 : 1"),
    "300 MB cell that says it is small": (lambda: declared(long_cell(300), SHEET, 900), "E_XLSX_LIMIT", SHEET, "≤ 100 : 1"),
    "packed too tightly": (lambda: long_cell(2), "E_XLSX_LIMIT", SHEET, "≤ 100 : 1"),
    "a picture packed too tightly": (lambda: poured("xl/media/a.bmp", "", 2, ""), "E_XLSX_LIMIT", "xl/media/a.bmp", "≤ 100 : 1"),
    "styles without end": (lambda: changed("xl/styles.xml", ".*", STYLES), "E_XLSX_LIMIT", "xl/styles.xml", "≤ 8 MB"),
    "far cell": (lambda: cells(FAR), "E_XLSX_LIMIT", "Data!XFD1048576", "≤ 20000000"),
    "far cell, other quotes": (lambda: cells(QUOTED), "E_XLSX_LIMIT", "Data!XFD1048576", "≤ 20000000"),
    "far cell, escaped": (lambda: cells(ESCAPED), "E_XLSX_LIMIT", "Data!XFD1048576", "≤ 20000000"),
    "far row, cells without a place": (lambda: cells(UNNAMED), "E_XLSX_LIMIT", "Data!AD1048576", "≤ 20000000"),
    "far cell in another sheet": (lambda: cells(FAR, saved(TABLE, TABLE), OTHER), "E_XLSX_LIMIT", "Other!XFD1048576", "≤ 20000000"),
    "10,000 sheets": (lambda: packed(parts_of(saved(TABLE)) | MANY), "E_XLSX_LIMIT", "xl/worksheets", "≤ 200"),
    "one sheet 300 times": (lambda: changed(BOOK, "<sheets>.*</sheets>", AGAIN), "E_XLSX_LIMIT", BOOK, "≤ 200"),
    "60,000 entries": (lambda: b"PK\x03\x04" + b"PK\x01\x02" * 60_000, "E_ZIP_LIMIT", None, "≤ 50000"),
    "billion laughs": (lambda: doctype(SHEET, LAUGHS), "E_XLSX_DTD", SHEET, None),
    "outside entity": (lambda: doctype(BOOK, OUTSIDE), "E_XLSX_DTD", BOOK, None),
    "document type of the types": (lambda: doctype("[Content_Types].xml", "[]"), "E_XLSX_DTD", "[Content_Types].xml", None),
    "document type between two pieces": (
        lambda: doctype(SHEET, "[]", before=f"<!--{'x' * (workbooks.PIECE - 8)}-->"), "E_XLSX_DTD", SHEET, None,
    ),
    "password": (lambda: PASSWORD, "E_XLSX_ENCRYPTED", None, None),
    "password of the zip": (lambda: under_password(saved(TABLE), SHEET), "E_XLSX_ENCRYPTED", None, None),
    "old xls": (lambda: OLE, "E_WRONG_FORMAT", None, ".xlsx / .csv"),
    "truncated": (lambda: saved(TABLE)[:-300], "E_WRONG_FORMAT", None, None),
    "damaged inside": (lambda: damaged(saved(TABLE), SHEET), "E_WRONG_FORMAT", None, None),
    "says it is small": (lambda: declared(saved([[i, i**7] for i in range(999)]), SHEET, 50), "E_WRONG_FORMAT", None, None),
    "packed in another way": (lambda: packed(parts_of(saved(TABLE)), zipfile.ZIP_BZIP2), "E_WRONG_FORMAT", None, None),
    "no list of sheets": (lambda: packed({"[Content_Types].xml": "<Types/>"}), "E_WRONG_FORMAT", None, None),
    "XML that breaks off": (lambda: cells('<row r="1"><c r="A1"><v>1</v>'), "E_WRONG_FORMAT", None, None),
    "rows in disorder": (lambda: cells('<row r="2"><c r="A2"><v>1</v></c></row>' + FIRST), "E_WRONG_FORMAT", None, None),
    "cells in disorder": (lambda: cells('<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>1</v></c></row>'), "E_WRONG_FORMAT", None, None),
    "UTF-16": (lambda: packed(parts_of(saved(TABLE)) | {SHEET: "<worksheet/>".encode("utf-16")}), "E_WRONG_FORMAT", None, None),
    "Strict Open XML": (lambda: changed(BOOK, MAIN, STRICT), "E_WRONG_FORMAT", None, ".xlsx / .csv"),
    "web page": (lambda: b"<!DOCTYPE html><html><body>Please sign in", "E_WRONG_FORMAT", None, None),
    "plain text": (lambda: b"a,b\n1,2\n", "E_WRONG_FORMAT", None, ".xlsx"),
    "no bytes": (lambda: b"", "E_EMPTY_FILE", None, None),
    "no cell": (lambda: saved([], []), "E_EMPTY_FILE", None, None),
    "formula without value": (lambda: saved([["a"], ["=1+1"]]), "E_XLSX_FORMULA_NO_VALUE", None, None),
    "formula that others follow": (lambda: cells(SHARED), "E_XLSX_FORMULA_NO_VALUE", None, None),
    "formula, other names of tags": (lambda: cells(PREFIXED), "E_XLSX_FORMULA_NO_VALUE", None, None),
    "formula of an unnamed cell": (lambda: cells("<row><c><f>1+1</f></c></row>"), "E_XLSX_FORMULA_NO_VALUE", None, None),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_hostile_or_unreadable_is_refused_by_name(case: str) -> None:
    make, code, place, most = HOSTILE[case]
    with pytest.raises(DataError) as caught:
        sheet_rows(make(), "log.xlsx")
    [found] = caught.value.findings
    assert (found.code, found.file, found.column) == (code, "log.xlsx", place)
    assert most is None or found.expected == most
    assert retell(found, "fr").text != retell(found, "en").text
    assert "?" not in found.text


@pytest.mark.parametrize("limit", ["SIZE", "CELLS", "BOX"])
def test_a_limit_is_reached_but_not_crossed(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = saved([[1, 2, 3]] * 40)
    exact = {"SIZE": sum(map(len, parts_of(data).values())), "CELLS": 120, "BOX": 120}[limit]
    monkeypatch.setattr(workbooks, limit, exact)
    assert len(sheet_rows(data, "log.xlsx").rows) == 40
    monkeypatch.setattr(workbooks, limit, exact - 1)
    with pytest.raises(LimitError) as caught:
        sheet_rows(data, "log.xlsx")
    assert caught.value.codes == ("E_XLSX_LIMIT",)


@given(st.integers(0, 10**6), st.binary(min_size=1, max_size=40))
@settings(max_examples=150, deadline=None)
def test_damage_anywhere_is_refused_or_harmless(at: int, junk: bytes) -> None:
    whole = saved(TABLE)
    at %= len(whole)
    data = whole[:at] + junk + whole[at + len(junk) :]
    is_workbook(data)
    with suppress(DataError):
        assert sheet_rows(data, "log.xlsx").rows == [["Day", "Clicks"], ["2026-09-01", "3"]]


# ---------------------------------------------------------------- a cell as text

CELLS: dict[str, tuple[Any, str | None, str]] = {
    "integer": (3, None, "3"),
    "whole float": (3.0, None, "3"),
    "noise": (0.1 + 0.2, None, "0.3"),
    "money": (1234.5, "#,##0.00 €", "1234.5"),
    "percent": (0.125, "0.0%", "0.125"),
    "tiny": (1.5e-7, None, "0.00000015"),
    "huge": (1e15, None, "1000000000000000"),
    "negative": (-0.75, None, "-0.75"),
    "text": ("Élèves & <b>", None, "Élèves & <b>"),
    "emoji and other scripts": ("🎬 日本語 عربى", None, "🎬 日本語 عربى"),
    "text number": ("3 ", None, "3 "),
    "text with a comma": ("1,234", None, "1,234"),
    "leading zero": ("007", None, "007"),
    "line end": ("a\nb", None, "a\nb"),
    "true": (True, None, "TRUE"),
    "false": (False, None, "FALSE"),
    "error": ("#DIV/0!", None, "#DIV/0!"),
    "day": (date(2026, 9, 1), None, "2026-09-01"),
    "midnight": (datetime(2026, 9, 1), None, "2026-09-01"),
    "moment": (datetime(2026, 9, 1, 14, 30, 5), None, "2026-09-01 14:30:05"),
    "a day of its own format": (46266, "dd/mm/yyyy", "2026-09-01"),
    "a number with letters in its format": (46266, '0 "days"', "46266"),
    "time": (time(0, 3, 25), None, "00:03:25"),
    "duration": (timedelta(hours=30, minutes=5), None, "30:05:00"),
    "no day has this number": (1e10, "yyyy-mm-dd", "#VALUE!"),
    "empty": (None, None, ""),
}


@pytest.mark.parametrize("epoch", ["1900", "1904"])
@pytest.mark.parametrize("case", CELLS)
def test_a_cell_is_the_text_that_a_csv_file_would_hold(case: str, epoch: str) -> None:
    value, form, text = CELLS[case]

    def fill(book: Workbook) -> None:
        if epoch == "1904":
            book.epoch = CALENDAR_MAC_1904
        shift = 1462 if epoch == "1904" and form == "dd/mm/yyyy" else 0
        cell = book["Data"].cell(2, 1, value - shift if shift else value)
        cell.number_format = form or cell.number_format

    read = sheet_rows(saved([["a", "b"], [None, "x"]], change=fill), "log.xlsx")
    assert read == Sheet("Data", [["a", "b"], [text, "x"]], [1, 2], ())


@given(st.floats(-1e300, 1e300))
def test_a_number_keeps_its_15_digits_and_has_no_exponent(value: float) -> None:
    text = workbooks._plain(value)
    assert re.fullmatch(r"-?\d+(?:\.\d*[1-9])?", text)
    assert number(text, ".") == pytest.approx(value, rel=1e-14)


def test_a_formula_is_its_stored_value_and_text_that_looks_like_one_stays_text() -> None:
    formulas = '<row r="1"><c r="A1" t="str"><f>"cl"</f><v>cl</v></c><c r="B1" t="inlineStr"><is><t>=1+1</t></is></c></row>'
    formulas += '<row r="2"><c r="A2"><f>1+1</f><v>2</v></c><c r="B2" t="str"><f>""</f><v></v></c></row>'
    formulas += '<row r="3"><c r="A3" t="e"><f>1/0</f><v>#DIV/0!</v></c><c r="B3" t="b"><f>TRUE()</f><v>1</v></c></row>'
    assert sheet_rows(cells(formulas), "log.xlsx").rows == [["cl", "=1+1"], ["2", ""], ["#DIV/0!", "TRUE"]]


def test_formulas_without_a_value_are_named_with_their_cells() -> None:
    for count, found in ((2, "Data!A2, A3"), (7, "Data!A2, A3, A4, A5, A6 … (7)")):
        with pytest.raises(DataError) as caught:
            sheet_rows(saved([["a"], *[["=1+1"]] * count]), "log.xlsx")
        assert (caught.value.codes, caught.value.findings[0].found) == (("E_XLSX_FORMULA_NO_VALUE",), found)


def test_cells_need_no_place_and_the_stated_extent_is_not_believed() -> None:
    unnamed = "<row><c><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c></row>"
    for extent in ("A1", "A1:XFD1048576"):
        data = changed(SHEET, 'dimension ref="[^"]*"', f'dimension ref="{extent}"', cells(unnamed))
        assert sheet_rows(data, "log.xlsx").rows == [["1", "2"], ["3", ""]]


def test_empty_rows_keep_their_place_and_the_empty_edge_is_cut() -> None:
    def style(book: Workbook) -> None:
        book["Data"]["F40"].number_format = "0.00"

    read = sheet_rows(saved([["Report"], [], ["a", "b"], [1, 2]], change=style), "log.xlsx")
    assert read.rows == [["Report", ""], ["", ""], ["a", "b"], ["1", "2"]]
    assert read.lines == [1, 2, 3, 4]


def test_a_workbook_says_what_its_csv_twin_says() -> None:
    twin = 'date,brand,clicks,spend\n2026-09-01,"Été, ""Nord""",3,1.5\n2026-09-02,,0,0.25\n'
    rows, lines, _ = quoted(twin.splitlines(keepends=True), ",", "log.csv")
    table = [["date", "brand", "clicks", "spend"], [date(2026, 9, 1), 'Été, "Nord"', 3, 1.5], [date(2026, 9, 2), None, 0, 0.25]]
    read = sheet_rows(saved(table), "log.xlsx")
    assert (read.rows, read.lines) == (rows, lines)


# ---------------------------------------------------------------- merged, hidden, several

MERGED: dict[str, tuple[list[list[Any]], str, list[list[str]]]] = {
    "over two columns": ([["Day", "Spend"], [None, "Search", "Social"], ["x", 3, 4]], "B1:C1", [["Day", "Spend", "Spend"]]),
    "block": ([["Day", "Spend"], [None, None, None], ["x", 3, 4]], "B1:C2", [["Day", "Spend", "Spend"], ["", "", ""]]),
    "over two rows": ([["Day", "Spend"], [None, "Search", "Email"], ["x", 3, 4]], "A1:A2", [["Day", "Spend", ""], ["", "Search", "Email"]]),
    "title over all": ([["Report"], ["Day", "Spend", "x"], ["x", 3, 4]], "A1:C1", [["Report", "", ""]]),
    "among the numbers": ([["a", "b", "c"], ["x", 3, 4], ["y", 5]], "B3:C3", [["a", "b", "c"], ["x", "3", "4"], ["y", "5", ""]]),
    "only text": ([["a", "b", "c"], ["x", "y"], ["z", "y", "x"]], "B2:C2", [["a", "b", "c"], ["x", "y", ""]]),
    "beyond the table": ([["Day", "Spend"], ["x", 3]], "B1:F1", [["Day", "Spend"]]),
}  # fmt: skip


@pytest.mark.parametrize("case", MERGED)
def test_a_heading_stands_in_every_column_that_it_is_merged_over(case: str) -> None:
    table, merged, top = MERGED[case]
    read = sheet_rows(saved(table, change=lambda book: book["Data"].merge_cells(merged)), "log.xlsx")
    assert read.rows[: len(top)] == top
    assert len(read.rows) == len(table)


def hide(book: Workbook) -> None:
    for line in (3, 9):
        book["Data"].row_dimensions[line].hidden = True


def codes(read: Sheet) -> list[tuple[str, str, str | None]]:
    return [(f.code, f.level, f.found) for f in read.findings]


def test_hidden_rows_are_read_and_said() -> None:
    read = sheet_rows(saved([["a"], [1], [2], [3]], change=hide), "log.xlsx")
    assert read.rows == [["a"], ["1"], ["2"], ["3"]]
    assert codes(read) == [("E_XLSX_HIDDEN", "warning", "Data!3")]


def cover(*names: str) -> Callable[[Workbook], None]:
    def change(book: Workbook) -> None:
        for name, state in zip(names, ("hidden", "veryHidden"), strict=False):
            book[name].sheet_state = state

    return change


CHOICES: dict[str, tuple[list[list[list[Any]]], tuple[str, ...], str | None, str, set[str]]] = {
    "one": ([TABLE], (), None, "Data", set()),
    "an empty one first": ([[], TABLE, []], (), None, "Other", set()),
    "two": ([TABLE, TABLE], (), None, "Data", {"E_XLSX_SHEETS"}),
    "asked for": ([TABLE, TABLE], (), "Other", "Other", set()),
    "hidden first": ([TABLE, TABLE], ("Data",), None, "Other", {"E_XLSX_SHEETS", "E_XLSX_HIDDEN"}),
    "hidden last": ([TABLE, TABLE], ("Other",), None, "Data", {"E_XLSX_SHEETS", "E_XLSX_HIDDEN"}),
    "hidden and asked for": ([TABLE, TABLE], ("Data",), "Data", "Data", {"E_XLSX_HIDDEN"}),
    "hidden and not asked for": ([TABLE, TABLE], ("Data",), "Other", "Other", set()),
    "hidden and empty": ([TABLE, []], ("Other",), None, "Data", set()),
    "data in hidden sheets only": ([[], TABLE, TABLE], ("Other", "Third"), None, "Other", {"E_XLSX_SHEETS", "E_XLSX_HIDDEN"}),
}


@pytest.mark.parametrize("case", CHOICES)
def test_one_sheet_is_read_and_the_others_are_said(case: str) -> None:
    tables, hidden, asked, sheet, said = CHOICES[case]
    read = sheet_rows(saved(*tables, change=cover(*hidden)), "log.xlsx", sheet=asked)
    assert (read.sheet, read.rows) == (sheet, [["Day", "Clicks"], ["2026-09-01", "3"]])
    assert {f.code for f in read.findings} == said
    assert all(retell(f, "fr").text != retell(f, "en").text and "?" not in f.text for f in read.findings)


def test_what_to_type_for_another_sheet_is_said() -> None:
    read = sheet_rows(saved(TABLE, TABLE, TABLE), "log.xlsx")
    assert 'these hold data too: Other, Third. To read another, type sheet="Other"' in read.findings[0].text
    with pytest.raises(DataError) as caught:
        sheet_rows(saved(TABLE, TABLE), "log.xlsx", sheet="Othr")
    [found] = caught.value.findings
    assert (found.code, found.expected, found.hint) == ("E_OPTION", "Data, Other", "Other")
    with pytest.raises(DataError) as caught:
        sheet_rows(saved(TABLE, []), "log.xlsx", sheet="Other")
    assert (caught.value.codes, caught.value.findings[0].column) == (("E_EMPTY_FILE",), "Other")


def test_links_to_other_workbooks_are_said() -> None:
    links = {f"xl/externalLinks/{name}": "<externalLink/>" for name in ("externalLink1.xml", "externalLink2.xml", "_rels/a.xml.rels")}
    read = sheet_rows(packed(parts_of(saved(TABLE)) | links), "log.xlsx")
    assert codes(read) == [("E_XLSX_LINK", "note", "2")]


# ---------------------------------------------------------------- zips of exports

CSV = b"Day,Views\n2026-09-01,3\n"
STUDIO = {"Table data.csv": CSV, "Totals.csv": CSV + b"x", "Chart data.csv": CSV + b"y"}
ZIPS: dict[str, tuple[Mapping[str, bytes], list[str]]] = {
    "YouTube Studio": (STUDIO, ["Table data.csv", "Totals.csv", "Chart data.csv"]),
    "YouTube Studio in French": ({"Données du tableau.csv": CSV}, ["Données du tableau.csv"]),
    "folders": ({"a/b/": b"", "a/b/log.CSV": CSV, "c\\d\\log.tsv": CSV}, ["log.CSV", "log.tsv"]),
    "out of the folder": ({"../../etc/passwd.csv": CSV, "/srv/x.csv": CSV, "C:\\x\\y.csv": CSV}, ["passwd.csv", "x.csv", "y.csv"]),
    "what macOS adds": ({"log.csv": CSV, "__MACOSX/._log.csv": b"\x00\x05\x16"}, ["log.csv"]),
    "read me": ({"README.txt": b"hello", "log.csv": CSV, "picture.png": b"\x89PNG"}, ["log.csv"]),
    "only text": ({"log.txt": CSV, "picture.png": b"\x89PNG"}, ["log.txt"]),
}


@pytest.mark.parametrize("case", ZIPS)
def test_the_tables_in_a_zip_are_found_and_bear_no_folder(case: str) -> None:
    inside, names = ZIPS[case]
    data = packed(inside)
    assert (is_zip(data), is_workbook(data)) == (True, False)
    found = members(data, "export.zip")
    assert [name for name, _ in found] == names
    assert all(content in inside.values() and decoded(content, name, None) for name, content in found)


def test_an_accent_that_was_packed_without_saying_so_is_mended() -> None:
    data = stamped(packed({"Données.csv": CSV}), "Données.csv", 6, 8, b"\x00\x00")
    assert [name for name, _ in members(data, "export.zip")] == ["Données.csv"]


BAD_ZIPS: dict[str, tuple[Callable[[], bytes], str]] = {
    "too tight": (lambda: packed({"log.csv": b"0" * 2_000_000}), "E_ZIP_LIMIT"),
    "too tight and says it is small": (lambda: declared(packed({"log.csv": b"0" * 2_000_000}), "log.csv", 9), "E_ZIP_LIMIT"),
    "says it is small": (lambda: declared(packed({"log.csv": CSV}), "log.csv", 9), "E_WRONG_FORMAT"),
    "password": (lambda: under_password(packed(STUDIO), "Totals.csv"), "E_XLSX_ENCRYPTED"),
    "truncated": (lambda: packed(STUDIO)[:-40], "E_WRONG_FORMAT"),
    "no table": (lambda: packed({"a.png": b"\x89PNG", "b.xls": OLE}), "E_WRONG_FORMAT"),
    "no bytes": (lambda: b"", "E_WRONG_FORMAT"),
}


@pytest.mark.parametrize("case", BAD_ZIPS)
def test_a_zip_that_cannot_be_trusted_is_refused(case: str) -> None:
    make, code = BAD_ZIPS[case]
    with pytest.raises(DataError) as caught:
        members(make(), "export.zip")
    assert caught.value.codes == (code,)
    assert not is_workbook(make())


def test_all_tables_of_a_zip_together_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "SIZE", 3 * len(CSV))
    with pytest.raises(DataError) as caught:
        members(packed(STUDIO), "export.zip")
    assert (caught.value.codes, caught.value.findings[0].column) == (("E_ZIP_LIMIT",), "Chart data.csv")


def test_a_workbook_is_known_by_what_is_inside() -> None:
    data = saved(TABLE)
    assert is_zip(data)
    assert is_workbook(data)
    macros = changed("[Content_Types].xml", r"application/vnd\.openxmlformats-officedocument\.spreadsheetml\.sheet\.main", MACROS)
    assert is_workbook(macros)
    assert sheet_rows(macros, "log.xlsm").rows == sheet_rows(data, "log.xlsx").rows
    assert not any(map(is_workbook, (b"", OLE, data[:-300], b"<html>", packed({"[Content_Types].xml": "<Types/>"}))))
