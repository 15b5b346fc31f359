"""How a report leaves: a page that anyone can read (axe judges it in a browser), a tagged PDF, slides whose charts hold their numbers."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import importlib.util
import io
import itertools
import os
import re
import struct
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openpyxl
import pandas as pd
import pytest
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath
from pictured import ALL, plan, review, scores
from test_outputs import by_hand
from test_reporting import BAD, Page

from mktlib.__main__ import formats_of
from mktlib.charts import Picture, describe, plot
from mktlib.errors import DataError, MktlibError
from mktlib.mobile.browser import as_root, chromium_path
from mktlib.reporting import Report, report
from mktlib.reporting.bars import bars_of
from mktlib.reporting.native import scale, workbook
from mktlib.reporting.pdf import undated
from mktlib.reporting.sections import section
from mktlib.reporting.slides import EDGE, MOST_BARS, TALL, WIDE, slides
from mktlib.reporting.voice import Voice
from mktlib.rules import style_guide
from mktlib.vocabulary import load_tables
from mktlib.wording import templates

seen = pytest.mark.skipif(
    chromium_path() is None or importlib.util.find_spec("playwright") is None,
    reason="needs Playwright and Chromium to see and print a page",
)
judged = pytest.mark.skipif(importlib.util.find_spec("axe_playwright_python") is None, reason="needs axe-playwright-python")
slided = pytest.mark.skipif(importlib.util.find_spec("pptx") is None, reason="needs python-pptx")
LANGUAGES, READERS = ("en", "fr"), ("client", "employer", "team")
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations", "incomplete"]}
PHONE, DESK = 390, 1280


@pytest.fixture(scope="module")
def made() -> dict[tuple[str, str], Report]:
    single, whole = [plan(), review(), ALL["geo_lift"], scores()], [review(), scores()]
    return {(r, c): report(*(whole if r == "team" else single), language=c, reader=r) for r in READERS for c in LANGUAGES}


@pytest.fixture(scope="module")
def pages(made, tmp_path_factory) -> dict[str, str]:
    """Every kind of page, in both languages."""
    told = {f"{reader}-{language}": one.html for (reader, language), one in made.items()}
    for language in LANGUAGES:
        folder = by_hand().export(tmp_path_factory.mktemp("plan"), language=language, site="https://example.org/new")
        told[f"piece-{language}"] = (folder / "pieces" / "p02.html").read_text(encoding="utf-8")
        told[f"guide-{language}"] = report(style_guide("playful", language=language, brand="Lumen"), language=language).html
    return told


# The page, without a browser -----------------------------------------------------------------------------------------------------------

KINDS = [f"{kind}-{language}" for kind in (*READERS, "piece", "guide") for language in LANGUAGES]


@pytest.mark.parametrize("name", KINDS)
def test_a_page_has_its_landmarks_its_headings_in_order_and_named_tables(pages, name):
    page = Page(pages[name])
    assert page.all("html") == [{"lang": name[-2:]}]
    assert [a["id"] for a in page.all("main")] == ["content"]
    assert page.all("a")[0]["href"] == "#content"
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert len(page.all("caption")) == len(page.all("table"))
    assert all(a.get("scope") in ("col", "row") for a in page.all("th"))
    boxes = [a for tag, a in page.elements if tag == "div" and "scroll" in a.get("class", "").split()]
    assert len(boxes) == len(page.all("table")) + len(page.all("img"))
    assert all(a["tabindex"] == "0" and a["role"] == "group" and a["aria-label"].strip() for a in boxes)
    assert all(len(a["alt"]) > 20 for a in page.all("img"))


def palettes() -> list[dict[str, str]]:
    style = templates().get_template("page.html.jinja").render(language="en", title="x")
    found = [dict(re.findall(r"--([a-z]+): (#[0-9a-f]{3,6})", rules)) for rules in re.findall(r":root \{([^}]*--paper[^}]*)\}", style)]
    assert len(found) == 2
    return found


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(c * 2 for c in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    return sum(
        w * (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4) for w, c in zip((0.2126, 0.7152, 0.0722), parts, strict=True)
    )


def contrast(one: str, other: str) -> float:
    dark, light = sorted(map(luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


def test_every_colour_of_text_stands_out_on_every_ground_in_light_and_in_dark():
    assert contrast("#fff", "#767676") == pytest.approx(4.54, abs=0.01)  # the known grey of the standard
    for colours in palettes():
        for text in ("ink", "quiet", "blue"):
            for ground in ("paper", "tint", "stripe"):
                assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)


def test_a_picture_is_as_wide_as_a_fine_screen_needs_and_holds_no_moment_and_no_version(made):
    for one in made.values():
        for shown in Page(one.html).all("img"):
            png = base64.b64decode(shown["src"].partition("base64,")[2])
            assert 1.2 <= struct.unpack(">I", png[16:20])[0] / int(shown["width"]) <= 2
            assert chunks(png) == {"IHDR", "pHYs", "tEXt", "IDAT", "IEND"}
            assert b"Software" not in png
            assert b"matplotlib" not in png.lower()


def chunks(png: bytes) -> set[str]:
    at, found = 8, set()
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at : at + 8])
        found.add(kind.decode())
        at += 12 + size
    return found


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


# In a browser --------------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as hand:
        opened = hand.chromium.launch(executable_path=str(chromium_path()), chromium_sandbox=not as_root())
        yield opened
        opened.close()


@contextlib.contextmanager
def shown(browser: Any, html: str, width: int = DESK, scheme: str = "light") -> Iterator[Any]:
    """A page as it is seen; what it asks for is refused, and kept in `page.asked`."""
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.asked = []
    page.route("**/*", lambda route: (page.asked.append(route.request.url), route.abort()))
    page.set_content(html)
    try:
        yield page
    finally:
        context.close()


def judge(page: Any) -> dict[str, dict[str, int]]:
    """What axe finds, and what it could not decide: {"violations": {rule: elements}, "incomplete": ...}."""
    from axe_playwright_python.sync_playwright import Axe

    told = Axe().run(page, options=RULES).response
    return {kind: {rule["id"]: len(rule["nodes"]) for rule in told[kind]} for kind in ("violations", "incomplete")}


SAMPLED = {"client-en", "team-fr", "guide-fr"}
"""Pages that are judged in the ordinary run; the others in the long one."""


@seen
@judged
@pytest.mark.parametrize("name", [name if name in SAMPLED else pytest.param(name, marks=pytest.mark.slow) for name in KINDS])
def test_axe_finds_nothing_in_light_and_dark_on_a_phone_and_on_a_desk(browser, pages, name):
    with shown(browser, pages[name]) as page:
        for width, scheme in ((DESK, "light"), (DESK, "dark"), (PHONE, "light"), (PHONE, "dark")):
            page.set_viewport_size({"width": width, "height": 844})
            page.emulate_media(color_scheme=scheme)
            assert judge(page)["violations"] == {}, (width, scheme)
        assert page.asked == []


SPREAD = (
    ".scroll { overflow: visible !important } main { max-width: none !important } .opinion > * { background: var(--stripe) !important }"
)


@seen
@judged
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_contrast_of_no_text_is_left_undecided(browser, pages, scheme):
    """What scrolls or is striped axe leaves open: spread out, and with stripes all of one of their two colours, it has to say."""
    with shown(browser, pages["team-fr"], 4000, scheme) as page:
        page.add_style_tag(content=SPREAD)
        assert page.locator(".opinion").count() > 0
        assert judge(page) == {"violations": {}, "incomplete": {}}


@seen
@judged
def test_axe_finds_what_is_planted(browser, pages):
    bad = '<p style="color: #999; background: #fff">Too pale to be read</p><img src="data:,"><div lang="xx-nowhere">x</div>'
    with shown(browser, pages["client-en"].replace("</main>", f"{bad}</main>")) as page:
        assert set(judge(page)["violations"]) == {"color-contrast", "image-alt", "valid-lang"}


@seen
@pytest.mark.parametrize("width", [320, PHONE, 768])
def test_no_page_scrolls_sideways_and_each_wide_table_can_be_reached_by_the_keyboard(browser, pages, width):
    for name in ("client-en", "team-fr", "piece-fr", "guide-en"):
        with shown(browser, pages[name], width) as page:
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name
            wide = "[...document.querySelectorAll('*')].filter((e) => e.scrollWidth > e.clientWidth + 1 && e.matches('.scroll'))"
            assert page.evaluate(f"{wide}.every((e) => e.tabIndex === 0)")
            if name == "team-fr" and width == PHONE:
                assert page.evaluate(f"{wide}.length") > 3  # they are there to be scrolled


@seen
def test_the_first_key_leads_past_what_stands_above(browser, pages):
    with shown(browser, pages["client-fr"]) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Aller au contenu"
        assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "content"


@seen
def test_figures_stay_on_white_in_the_dark_and_paper_is_white_whatever_the_screen(browser, pages):
    ground = "(e) => getComputedStyle(document.querySelector(e)).backgroundColor"
    with shown(browser, pages["team-en"], DESK, "dark") as page:
        assert page.evaluate(ground, "body") == "rgb(22, 24, 28)"
        assert page.evaluate(ground, ".card") == "rgb(255, 255, 255)"
        page.emulate_media(media="print", color_scheme="dark")
        assert page.evaluate(ground, "body") == "rgba(0, 0, 0, 0)"
        assert page.evaluate(ground, ".opening") == "rgba(0, 0, 0, 0)"
        assert page.evaluate("getComputedStyle(document.body).color") == "rgb(29, 29, 31)"
        kept = "(e) => [...document.querySelectorAll(e)].every((x) => getComputedStyle(x).breakInside === 'avoid')"
        assert page.evaluate(kept, "figure, tr, h2, h3")
        assert page.evaluate("[...document.querySelectorAll('h2, h3')].every((x) => getComputedStyle(x).breakAfter === 'avoid')")
        assert page.evaluate("getComputedStyle(document.querySelector('thead')).display") == "table-header-group"
        assert page.evaluate("getComputedStyle(document.querySelector('figure details')).display") == "none"


# On paper ------------------------------------------------------------------------------------------------------------------------------


@seen
def test_the_pdf_is_tagged_named_a4_and_the_same_bytes_twice(made, tmp_path):
    one = made["client", "fr"]
    first, second = (one.save(tmp_path / name).read_bytes() for name in ("a.pdf", "b.PDF"))
    assert first == second
    assert first[:5] == b"%PDF-"
    for mark in (b"/Lang (fr)", b"/Marked true", b"/StructTreeRoot", b"/Outlines", b"/Type /MarkInfo"):
        assert mark in first, mark
    boxes = {tuple(map(float, box.split())) for box in re.findall(rb"/MediaBox \[([^\]]*)\]", first)}
    assert {tuple(round(x / 72 * 25.4) for x in box) for box in boxes} == {(0, 0, 210, 297)}
    assert set(re.findall(rb"/(?:CreationDate|ModDate) \(([^)]*)\)", first)) == {b"D:20000101000000+00'00'"}
    assert b"Headless" not in first
    assert b"Skia" not in first
    assert one.title.encode("utf-16-be").hex().upper().encode() in first  # its title, and the first entry of its outline
    assert len(re.findall(rb"/S /Figure", first)) >= len(Page(one.html).all("img"))


def test_only_the_first_part_of_a_pdf_is_made_undated():
    told = b"1 0 obj <</Creator (A \\(b\\) c)\n/CreationDate (D:20261005090000+02'00')>>\nendobj\n2 0 obj (/CreationDate (D:x)) endobj"
    put = undated(told)
    assert len(put) == len(told)
    assert put.partition(b"endobj")[2] == told.partition(b"endobj")[2]
    assert b"/Creator (mktlib   )\n/CreationDate (D:20000101000000+00'00')" in put


def test_without_a_browser_the_pdf_says_what_to_type_and_leaves_the_older_file(tmp_path, monkeypatch):
    monkeypatch.setenv("MKTLIB_CHROMIUM", "/nonexistent")
    (tmp_path / "report.pdf").write_bytes(b"older")
    with pytest.raises(MktlibError, match=r"no PDF was written: (Chromium|Playwright) is missing") as error:
        report(scores(), language="en").save(tmp_path / "report.pdf")
    assert error.value.codes == ("E_NO_BROWSER_PDF",)
    assert re.search("apt-get install chromium|pip install", error.value.findings[0].hint)
    assert (tmp_path / "report.pdf").read_bytes() == b"older"


# What may be asked for -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["report", "report.docx", "report.ppt", "report."])
def test_a_form_that_is_not_known_lists_those_that_are(name, tmp_path):
    with pytest.raises(DataError, match=re.escape(".html, .pdf, .pptx")) as error:
        report(scores(), language="en", path=tmp_path / name)
    assert error.value.codes == ("E_REPORT_FORM",)
    assert list(tmp_path.iterdir()) == []
    assert error.value.findings[0].hint == ('report.save("report.pptx")' if name == "report.ppt" else 'report.save("report.html")')


def test_html_may_be_called_htm(tmp_path):
    one = report(scores(), language="en", path=tmp_path / "a.HTM")
    assert (tmp_path / "a.HTM").read_text(encoding="utf-8") == one.html


@pytest.mark.parametrize("given", ["", "doc", "html,docx"])
def test_the_command_refuses_other_forms(given):
    with pytest.raises(DataError, match="html,pdf,pptx") as error:
        formats_of(given)
    assert error.value.codes == ("E_OPTION",)


def test_the_command_says_all_that_is_missing_before_it_works(monkeypatch):
    assert formats_of("HTML, .html") == ("html",)
    monkeypatch.setenv("MKTLIB_CHROMIUM", "/nonexistent")
    monkeypatch.setitem(sys.modules, "pptx", None)
    with pytest.raises(MktlibError) as error:
        formats_of("html,pdf,pptx")
    assert error.value.codes == ("E_NO_BROWSER_PDF", "E_OPTIONAL")


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


def test_a_figure_is_the_same_png_each_time():
    one, two = (Picture(ax=ax, text=describe(ax, "fr")).png() for ax in (plot(scores(), language="fr") for _ in range(2)))
    assert one == two
