"""Slides: charts that hold the numbers of the result, everything in its place, nothing hostile, no moment and no name."""

from __future__ import annotations

import dataclasses
import importlib.util
import io
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openpyxl
import pandas as pd
import pytest
from exported import LANGUAGES, READERS, reports
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath
from pictured import ALL, review, scores
from test_reporting import BAD

from mktlib.errors import MktlibError
from mktlib.reporting import Report, report
from mktlib.reporting.bars import bars_of
from mktlib.reporting.native import scale, workbook
from mktlib.reporting.sections import section
from mktlib.reporting.slides import EDGE, MOST_BARS, TALL, WIDE, slides
from mktlib.reporting.voice import Voice
from mktlib.vocabulary import load_tables

slided = pytest.mark.skipif(importlib.util.find_spec("pptx") is None, reason="needs python-pptx")


@pytest.fixture(scope="module")
def made() -> dict[tuple[str, str], Report]:
    return reports()


SCRIPT = """
import hashlib, sys
sys.path.insert(0, "tests")
from pictured import ALL, scores
from mktlib.reporting import report
from mktlib.reporting.slides import slides
for reader in ("client", "team"):
    made = report(ALL["geo_lift"], scores(), language="fr", reader=reader)
    print(hashlib.sha256(made.html.encode()).hexdigest(), hashlib.sha256(slides(made)).hexdigest())
"""


@slided
@pytest.mark.slow
def test_another_process_another_zone_another_seed_of_hashes_the_same_bytes():
    worlds = [{"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C"}, {"PYTHONHASHSEED": "77", "TZ": "Asia/Tokyo", "LC_ALL": "C.UTF-8"}]
    root = Path(__file__).parents[1]
    started = [
        subprocess.Popen([sys.executable, "-c", SCRIPT], cwd=root, env={**os.environ, **world}, stdout=subprocess.PIPE, text=True)
        for world in worlds
    ]
    one, two = (process.communicate(timeout=200)[0] for process in started)
    assert one == two
    assert len(set(one.split())) == 4


# Slides --------------------------------------------------------------------------------------------------------------------------------


def opened(one: Report, tmp_path: Path) -> Any:
    from pptx import Presentation

    return Presentation(str(one.save(tmp_path / "report.pptx")))


def charts_of(deck: Any) -> list[Any]:
    return [shape for slide in deck.slides for shape in slide.shapes if shape.has_chart]


def cache(chart: Any, path: str) -> list[float]:
    return [float(x) for x in chart._chartSpace.xpath(f"{path}//c:v/text()")]


@slided
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_chart_holds_the_numbers_of_the_result_where_they_can_be_opened(made, tmp_path, language):
    one = made["client", language]
    drawn = {c.tables[0].caption: c.tables[0].bars for c in one.charts}
    assert len(drawn) >= 3
    found = charts_of(opened(one, tmp_path))
    assert len(found) == len(drawn)
    for shape in found:
        bars = drawn[next(caption for caption in drawn if shape.name == caption[:120])].first(MOST_BARS)
        sheet = openpyxl.load_workbook(io.BytesIO(shape.chart.part.chart_workbook.xlsx_part.blob))["Sheet1"]
        rows = [list(row) for row in sheet.iter_rows(min_row=2, values_only=True)]
        assert [row[0] for row in rows] == list(bars.short_labels)
        first, *more = shape.chart._chartSpace.xpath("//c:ser")
        assert list(bars.values) == [float(x) for x in first.xpath("c:val//c:v/text()")]
        assert [[float(x) for x in s.xpath("c:val//c:v/text()")] for s in more] == ([list(bars.beside[1])] if bars.beside else [])
        for second in more:  # it reads what it shows from the last column, under its name
            assert second.xpath("c:val//c:f/text()") == [f"Sheet1!$G$2:$G${len(rows) + 1}"]
            assert sheet["G1"].value == bars.beside[0]
            assert [row[6] for row in rows] == pytest.approx(bars.beside[1], rel=1e-14)
        assert [row[1] for row in rows] == pytest.approx(bars.values, rel=1e-14)  # a workbook keeps sixteen figures
        assert bars.ranged
        for at, end in ((2, bars.low), (3, bars.high)):
            assert [row[at] for row in rows] == pytest.approx(end, rel=1e-14)
        minus, plus = cache(shape.chart, "//c:minus"), cache(shape.chart, "//c:plus")
        known = [(v, low, high) for v, low, high in zip(bars.values, bars.low, bars.high, strict=True) if low is not None]
        for (value, low, high), down, up in zip(known, minus, plus, strict=True):
            assert (value - down, value + up) == pytest.approx((low, high))
    told = next(c.tables[0].bars for c in one.charts if c.kind == "review")
    assert set(told.beside[1]) <= set(review().table["actual"])  # what came, beside what was promised
    rates = next(c.tables[0].bars for c in one.charts if c.kind == "scores")
    assert set(rates.values) <= set(scores().table["rate"])  # the result's own numbers, not those of the words


@slided
def test_parts_of_a_chart_stand_in_the_order_that_powerpoint_asks_for(made, tmp_path):
    for shape in charts_of(opened(made["employer", "en"], tmp_path)):
        series = [child.tag.rpartition("}")[2] for child in shape.chart.plots[0].series[0]._element]
        order = ["idx", "order", "tx", "spPr", "invertIfNegative", "dPt", "dLbls", "errBars", "cat", "val"]
        assert [order.index(tag) for tag in series] == sorted(order.index(tag) for tag in series)
        axis = [child.tag.rpartition("}")[2] for child in shape.chart.category_axis._element]
        assert axis.index("lblOffset") < axis.index("tickLblSkip") < axis.index("noMultiLvlLbl")


BOLD, PLAIN = (FontProperties(family="DejaVu Sans", weight=w) for w in ("bold", "normal"))


def tall(paragraphs: list[Any], width: float) -> float:
    """Inches that text takes, word by word, in a face whose letters are 10 to 20 % wider than those of the slides."""
    total = 0.0
    for paragraph in paragraphs:
        size = paragraph.runs[0].font.size.pt if paragraph.runs else 12
        face = BOLD if paragraph.runs and paragraph.runs[0].font.bold else PLAIN
        lines, at = 1, 0.0
        for word in paragraph.text.split(" "):
            wide = TextPath((0, 0), f"{word} ".replace("$", "S"), size=size * 0.87, prop=face).get_extents().width + size * 0.28
            lines, at = (lines + 1, wide) if at + wide > width * 72 and at else (lines, at + wide)
        total += lines * size * 1.2 + (paragraph.space_after.pt if paragraph.space_after is not None else 0)
    return total / 72


@slided
@pytest.mark.parametrize(
    ("reader", "language"),
    [
        (r, c) if (r, c) in (("employer", "en"), ("team", "fr")) else pytest.param(r, c, marks=pytest.mark.slow)
        for r in READERS
        for c in LANGUAGES
    ],
)
def test_everything_is_on_the_slide_and_nothing_lies_on_anything_else(made, tmp_path, reader, language):
    deck = opened(made[reader, language], tmp_path)
    assert (deck.slide_width.inches, deck.slide_height.inches) == pytest.approx((WIDE, TALL), abs=0.01)
    for slide in deck.slides:
        assert_in_its_place(slide)


def assert_in_its_place(slide: Any) -> None:
    """Inside the margins, apart from each other, with its text inside it."""
    boxes = [(s, [x / 914400 for x in (s.left, s.top, s.left + s.width, s.top + s.height)]) for s in slide.shapes]
    for shape, (left, top, right, bottom) in boxes:
        assert left >= EDGE - 0.01, shape.name
        assert right <= WIDE - EDGE + 0.01, shape.name
        assert top >= 0
        assert bottom <= TALL, shape.name
        if shape.has_text_frame and shape.text_frame.text:
            inner = 0.4 if shape.is_placeholder and shape.placeholder_format.idx == 1 and len(slide.shapes) > 2 else 0
            assert tall(list(shape.text_frame.paragraphs), right - left - inner) <= bottom - top + 0.05, shape.text_frame.text
            sizes = [r.font.size.pt for p in shape.text_frame.paragraphs for r in p.runs]
            assert min(sizes, default=11) >= 11  # the number of a slide is a field
    for i, (one, a) in enumerate(boxes):
        for other, b in boxes[i + 1 :]:
            apart = a[2] <= b[0] + 0.01 or b[2] <= a[0] + 0.01 or a[3] <= b[1] + 0.01 or b[3] <= a[1] + 0.01
            assert apart, (slide.shapes.title.text_frame.text, one.name, other.name)


@slided
def test_a_slide_has_a_title_few_sentences_notes_and_texts_for_what_is_drawn(made, tmp_path):
    one = made["client", "fr"]
    deck = opened(one, tmp_path)
    assert all(slide.shapes.title.text_frame.text.strip() for slide in deck.slides)
    assert deck.slides[0].shapes.title.text_frame.text == one.title
    for slide in deck.slides:
        for shape in slide.placeholders:
            assert len(shape.text_frame.paragraphs) <= 9
        for shape in slide.shapes:
            if shape.has_chart or shape.has_table:
                assert len(shape._element.nvGraphicFramePr.cNvPr.get("descr")) > 10
    runs = [r for s in deck.slides for x in s.shapes if x.has_text_frame for p in x.text_frame.paragraphs for r in p.runs]
    assert {r._r.rPr.get("lang") for r in runs if r.text} == {"fr-FR"}
    notes = "\n".join(s.notes_slide.notes_text_frame.text for s in deck.slides if s.has_notes_slide)
    for drawn in one.charts:
        assert all(line in notes for line in drawn.not_mean)
    shown = "\n".join(x.text_frame.text for s in deck.slides for x in s.shapes if x.has_text_frame)
    assert all(line in shown for line in one.opening)
    team = made["team", "fr"]
    spoken = "\n".join(s.notes_slide.notes_text_frame.text for s in opened(team, tmp_path).slides if s.has_notes_slide)
    assert all(value in spoken for s in team.sections for _, value in s.details)  # statistics, and sources
    assert all(line in spoken for s in team.sections for line in (*s.sentences, *s.findings))


@slided
def test_a_client_sees_no_chart_of_money_and_an_employer_does(made):
    units = {reader: {c.tables[0].bars.unit for c in made[reader, "en"].charts} for reader in ("client", "employer")}
    assert "money" not in units["client"]
    assert "money" in units["employer"]


EVIL = [*BAD[:5], '=HYPERLINK("http://evil.example","x")', "http://evil.example/", "@SUM(A1)"]


@slided
def test_hostile_text_is_text_in_slides_and_in_their_workbooks(tmp_path):
    table = scores().table.head(len(EVIL)).assign(content_type=EVIL, segment="s")
    one = report(dataclasses.replace(scores(), table=table), language="en", title=EVIL[5])
    deck = opened(one, tmp_path)
    (shape,) = charts_of(deck)
    sheet = openpyxl.load_workbook(io.BytesIO(shape.chart.part.chart_workbook.xlsx_part.blob))["Sheet1"]
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s", "n"}
    assert not any(cell.hyperlink for cell in cells)
    assert EVIL[5] in [cell.value for cell in cells]
    assert_nothing_leads_out((tmp_path / "report.pptx").read_bytes())
    assert deck.core_properties.title == EVIL[5]
    text = "\n".join(s.text_frame.text for slide in deck.slides for s in slide.shapes if s.has_text_frame)
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", text)


def assert_nothing_leads_out(packed: bytes) -> None:
    """No link, macro or outside part, in the file and in every workbook inside it."""
    with zipfile.ZipFile(io.BytesIO(packed)) as parts:
        for name in parts.namelist():
            content = parts.read(name)
            assert not re.search("vba|macro|externalLink|activeX|oleObject", name, re.IGNORECASE)
            if name.endswith(".rels"):
                assert b'TargetMode="External"' not in content, name
            if name.endswith((".xml", ".rels")):
                assert b"hlinkClick" not in content
                assert b"<f>" not in content, name
            if name.endswith(".xlsx"):
                assert_nothing_leads_out(content)


@slided
def test_slides_hold_no_moment_and_no_name(made, tmp_path):
    packed = made["team", "en"].save(tmp_path / "a.pptx").read_bytes()
    assert packed == made["team", "en"].save(tmp_path / "b.pptx").read_bytes()
    assert_dated_alike(packed)
    about = opened(made["team", "en"], tmp_path).core_properties
    assert (about.author, about.last_modified_by, about.revision) == ("", "", 1)
    assert about.created == about.modified
    assert about.language == "en-GB"


def assert_dated_alike(packed: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(packed)) as parts:
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        for name in parts.namelist():
            if name.endswith(".xlsx"):
                assert_dated_alike(parts.read(name))


def test_without_python_pptx_the_line_that_installs_it_is_said(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pptx", None)
    with pytest.raises(MktlibError, match="python-pptx is not installed") as error:
        report(scores(), language="en").save(tmp_path / "report.pptx")
    assert error.value.codes == ("E_OPTIONAL",)
    assert error.value.findings[0].hint == "pip install 'mktlib[slides]'"
    assert list(tmp_path.iterdir()) == []


FEW = ("scores", "review", "geo_lift", "audience", "comparison", "plan")
DECKS = [("team", FEW), *(pytest.param(reader, tuple(ALL), marks=pytest.mark.slow) for reader in ("client", "team"))]


@slided
@pytest.mark.parametrize(("reader", "names"), DECKS, ids=["few", "client", "team"])
def test_every_kind_of_result_has_its_slide(reader, names, tmp_path):
    from pptx import Presentation

    voice = Voice(language="fr", tables=load_tables(), reader=reader)
    sections = tuple(section(voice, ALL[name]) for name in names)
    said = SimpleNamespace(title="x", language="fr", opening=("x",), heading="", head=(), charts=(), terms=(), sections=sections)
    (tmp_path / "all.pptx").write_bytes(slides(said))
    deck = Presentation(str(tmp_path / "all.pptx"))
    assert len(deck.slides) == 2 + len(names)
    assert sum(bool(g.bars) for s in sections for g in s.tables) > len(names) / 3
    assert len(charts_of(deck)) == sum(any(g.bars for g in s.tables) for s in sections)
    for slide in deck.slides:
        assert_in_its_place(slide)


# The numbers behind a table ------------------------------------------------------------------------------------------------------------

RANGED = pd.DataFrame({"arm": ["a", "b"], "n": [90, 80], "mean": [0.2, 0.3], "lift": [0.0, 0.1], "low": [-0.1, 0.02], "high": [0.1, 0.2]})
CASES = {
    # the columns shown -> which is drawn, as what, with a range or not; None: nothing can be
    "the one inside its range": ([("arm", "label"), ("n", "number"), ("mean", "rate"), ("lift", "rate")], RANGED, ("lift", True)),
    "the ends are not shown themselves": ([("arm", "label"), ("low", "rate"), ("lift", "rate")], RANGED, ("lift", True)),
    "a range is of what stands just before it": (
        [("arm", "label"), ("cost", "number"), ("lift", "rate")],
        RANGED.assign(cost=RANGED["lift"])[["arm", "cost", "lift", "low", "high"]],
        ("lift", True),
    ),
    "a range of its own": ([("arm", "label"), ("n", "number")], RANGED.assign(n_low=80.0, n_high=99.0), ("n", True)),
    "one number without any range": ([("arm", "label"), ("n", "number")], RANGED[["arm", "n"]], ("n", False)),
    "one number, and the range is of another": ([("arm", "label"), ("n", "number")], RANGED, None),
    "two numbers without a range": ([("arm", "label"), ("n", "number"), ("mean", "rate")], RANGED[["arm", "n", "mean"]], None),
    "no names": ([("n", "number")], RANGED[["n"]], None),
    "two rows of one name": ([("arm", "label"), ("lift", "rate")], RANGED.assign(arm="a"), None),
    "one row": ([("arm", "label"), ("lift", "rate")], RANGED.head(1), None),
    "no row": ([("arm", "label"), ("lift", "rate")], RANGED.head(0), None),
    "nothing known": ([("arm", "label"), ("lift", "rate")], RANGED.assign(lift=float("nan")), None),
}


def drawn_of(kinds: list[tuple[str, str]], table: pd.DataFrame, **about: Any) -> Any:
    cells = [tuple(str(row[c]) for c, _ in kinds) for row in table.to_dict("records")]
    known = {"units": {"rate": "percent"}, "currency": "EUR", "rows": len(table), "opinion": [False] * len(table), "drawn": False}
    return bars_of(table, kinds, [c for c, _ in kinds], cells, **known | about)


@pytest.mark.parametrize("case", CASES)
def test_what_is_drawn_of_a_table(case):
    kinds, table, wanted = CASES[case]
    got = drawn_of(kinds, table)
    assert (None if got is None else (got.measure, got.ranged)) == wanted
    if got:
        assert list(got.values) == list(table[got.measure])


def test_what_a_table_shows_as_text_is_drawn_where_its_numbers_are_named():
    kinds = [("arm", "label"), ("n", "number"), ("mean", "text"), ("lift", "points")]
    got = drawn_of(kinds, RANGED[["low", "high", "arm", "n", "mean", "lift"]], drawn=True)
    assert (got.measure, got.unit, got.labels) == ("lift", "number", ("a", "b"))
    assert got.values == pytest.approx((0.0, 10.0))
    assert (got.low, got.high) == (pytest.approx((-10.0, 2.0)), pytest.approx((10.0, 20.0)))


def test_a_row_without_a_range_keeps_its_value_and_an_unknown_value_is_left_out():
    table = pd.concat([RANGED, RANGED.assign(arm=["c", "d"], low=[float("nan"), 0.0], lift=[0.05, float("inf")])], ignore_index=True)
    got = drawn_of([("arm", "label"), ("lift", "rate")], table)
    assert got.labels == ("a", "b", "c")
    assert got.low == (-0.1, 0.02, None)
    assert got.high == (0.1, 0.2, None)
    assert got.said("en") == ["a: 0% (-10% to 10%)", "b: 10% (2.0% to 20%)", "c: 5.0%"]
    sheet = openpyxl.load_workbook(io.BytesIO(workbook(got)))["Sheet1"]
    assert [c.value for c in sheet[4]][:4] == ["c", 0.05, None, None]


def test_a_long_name_loses_words_that_do_not_tell_it_apart():
    words = [("Reminder (retargeting) banner", f"segment {i}", "Paid social", "About to buy") for i in range(3)]
    table = pd.DataFrame(words, columns=list("abcd")).assign(n=[1, 2, 3])
    got = drawn_of([(c, "label") for c in "abcd"] + [("n", "number")], table.assign(d=["x" * 40, "y" * 40, "x" * 40]))
    assert got.short_labels == ("segment 0", "segment 1", "segment 2")
    assert got.labels[0] == f"segment 0 · {'x' * 40}"


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ((0.03, 0.17), (0.0, 0.2, 0.05)),
        ((-3.0, 8.0), (-5.0, 10.0, 2.5)),
        ((600.0, 500.0), (0.0, 750.0, 150.0)),
        ((0.0, 0.0), (0.0, 0.2, 0.2)),
    ],
)
def test_an_axis_holds_zero_and_every_value(values, wanted):
    got = drawn_of([("arm", "label"), ("n", "number")], pd.DataFrame({"arm": ["a", "b"], "n": values}))
    low, high, step = scale(got)
    assert low <= min(0.0, *values)
    assert high >= max(0.0, *values)
    assert 2 <= round((high - low) / step) <= 8
    assert (high - low) / step == pytest.approx(round((high - low) / step))
