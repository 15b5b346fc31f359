"""How a report leaves: a page that anyone can read (axe judges it in a browser), a tagged PDF, and only what was asked for."""

from __future__ import annotations

import base64
import contextlib
import importlib.util
import itertools
import re
import struct
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from exported import LANGUAGES, READERS, reports
from pictured import scores
from test_outputs import by_hand
from test_reporting import Page

from mktlib.charts import Picture, describe, plot
from mktlib.command.output import formats_of
from mktlib.errors import DataError, MktlibError
from mktlib.mobile.browser import as_root, chromium_path
from mktlib.reporting import Report, report
from mktlib.reporting.pdf import undated
from mktlib.rules import style_guide
from mktlib.wording import templates

seen = pytest.mark.skipif(
    chromium_path() is None or importlib.util.find_spec("playwright") is None,
    reason="needs Playwright and Chromium to see and print a page",
)
judged = pytest.mark.skipif(importlib.util.find_spec("axe_playwright_python") is None, reason="needs axe-playwright-python")
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations", "incomplete"]}
PHONE, DESK = 390, 1280


@pytest.fixture(scope="module")
def made() -> dict[tuple[str, str], Report]:
    return reports()


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


# A figure -----------------------------------------------------------------------------------------------------------------------------


def test_a_figure_is_the_same_png_each_time():
    one, two = (Picture(ax=ax, text=describe(ax, "fr")).png() for ax in (plot(scores(), language="fr") for _ in range(2)))
    assert one == two
