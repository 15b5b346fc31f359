"""The report as slides (.pptx): what was found as the title, few sentences, and a chart whose numbers can be opened and checked.

Everything else that the page says of a result (what it does not mean, findings, sources) goes with the slide as the speaker's notes.
Same report, same file: no moment of making is written into it.
"""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Sequence
from typing import Any, Protocol

from mktlib.errors import MktlibError
from mktlib.reporting.drafts import Section
from mktlib.reporting.grid import Grid
from mktlib.reporting.native import CREATED, draw_bars
from mktlib.vocabulary import Term, finding, load_tables
from mktlib.wording import number, say

INK, QUIET, BLUE = "1D1D1F", "5C6066", "0072B2"
WIDE, TALL, EDGE = 13.333, 7.5, 0.6  # inches
TOP, LEFT_WIDTH, GAP = 1.75, 4.7, 0.35
FOOT = 0.55
MOST_BARS, MOST_TERMS = 10, 9
"""Bars on a slide that can be read from the back of a room."""
FIELD = "{00000000-0000-4000-8000-000000000001}"
TITLES, BODY, SMALLEST_BODY = (28, 24, 20), 20, 16
MOST_BULLETS, MOST_COLUMNS, TABLE_SIZE, LONGEST_CELL = 6, 6, 12, 60
WIDTH_OF_A_LETTER = 0.54
"""Of its size, in the mean, rather too wide than too narrow: a text that is thought to fit does."""


class Said(Protocol):
    """What a file is made from: a finished report."""

    @property
    def title(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def opening(self) -> tuple[str, ...]: ...
    @property
    def sections(self) -> tuple[Section, ...]: ...
    @property
    def html(self) -> str: ...
    @property
    def heading(self) -> str: ...
    @property
    def head(self) -> tuple[str, ...]: ...
    @property
    def charts(self) -> tuple[Section, ...]: ...
    @property
    def terms(self) -> tuple[Term, ...]: ...


def slides(report: Said) -> bytes:
    """A title slide, the opening, one slide a result (on a single page: first those that can be drawn, then its parts), the words used.

    Raises:
        MktlibError: E_OPTIONAL, python-pptx is not installed.
    """
    deck = Deck(slide_maker()(), report.language)
    first, *more = report.opening or ("",)
    deck.cover(report.title, " ".join(report.head))
    if set(report.opening) - {line for s in report.charts for line in (s.headline, *s.sentences)}:  # each is told beside its chart
        deck.told(report.heading, first, more, None, report.opening)
    for section in (*report.charts, *report.sections):
        shown = next((g for g in section.tables if g.bars), next(iter(section.tables), None))
        kicker, title = (section.title, section.headline) if section.headline else ("", section.title)
        deck.told(kicker, title, section.sentences or section.not_mean, shown, notes_of(section, report.language))
    lines = [
        say("report.slide.row", report.language, name=t.label, value=f"{t.says} ({t.source})" if t.source else t.says) for t in report.terms
    ]
    while lines:
        shown_terms = deck.told("", say("report.slide.terms", report.language), lines, None, [], most=MOST_TERMS)
        lines = lines[shown_terms:]
    return deck.bytes(report.title)


def slide_maker() -> Any:
    """What makes an empty presentation.

    Raises:
        MktlibError: E_OPTIONAL, python-pptx is not installed.
    """
    try:
        from pptx import Presentation
    except ImportError as error:
        raise MktlibError(finding("E_OPTIONAL", found="python-pptx", hint="pip install 'mktlib[slides]'")) from error
    return Presentation


def notes_of(section: Section, language: str) -> list[str]:
    """What the speaker should know: all that is said, what it does not mean, what is worth knowing, statistics and sources."""
    said = [s for s in (section.headline, *section.sentences) if s]
    for word, lines in (("not_mean", section.not_mean), ("findings", section.findings)):
        said += [f"{say(f'report.word.{word}', language)}", *(f"– {line}" for line in lines)] if lines else []
    if section.details:
        rows = [say("report.slide.row", language, name=name, value=value) for name, value in section.details]
        said += [say("report.word.details", language), *(f"– {row}" for row in rows)]
    return said


def lines_of(text: str, size: float, width: float) -> int:
    """How many lines a text takes in a box so many inches wide (rather one too many).

    >>> lines_of("word " * 20, 20, 4.7)
    4
    """
    letters = max(1, int(width * 72 / (size * WIDTH_OF_A_LETTER)))
    return sum(max(1, math.ceil(len(part) / letters)) for part in text.split("\n"))


def height_of(texts: Sequence[str], size: float, width: float) -> float:
    """Inches that paragraphs take, with the room between them."""
    return sum(lines_of(t, size, width) * size * 1.2 + size * 0.5 for t in texts) / 72


def fitting(texts: Sequence[str], width: float, height: float, most: int = MOST_BULLETS) -> tuple[list[str], int]:
    """The first of the sentences that a box holds, and the size they are set in; at least one."""
    for size in range(BODY, SMALLEST_BODY - 1, -2):
        if height_of(texts[:most], size, width) <= height:
            return list(texts[:most]), size
    kept = [n for n in range(1, most + 1) if height_of(texts[:n], SMALLEST_BODY, width) <= height]
    return list(texts[: max([1, *kept])]), SMALLEST_BODY


class Deck:
    """The slides as they are made, one after the other."""

    def __init__(self, deck: Any, language: str) -> None:
        from pptx.util import Inches

        self.deck, self.language, self.inches = deck, language, Inches
        self.locale = str(load_tables().languages[language]["marks"]["locale"]).replace("_", "-")
        deck.slide_width, deck.slide_height = Inches(WIDE), Inches(TALL)

    def cover(self, title: str, first: str) -> None:
        slide = self.deck.slides.add_slide(self.deck.slide_layouts[0])
        self._place(slide.shapes.title, EDGE, 2.0, WIDE - 2 * EDGE, 1.9)
        size = next((s for s in (40, 34, 28) if lines_of(title, s, WIDE - 2 * EDGE) <= 2), 24)
        self._write(slide.shapes.title, [title], size, bold=True)
        below = slide.placeholders[1]
        self._place(below, EDGE, 4.1, WIDE - 2 * EDGE, 1.8)
        if first:
            self._write(below, [first], 20, colour=QUIET)
        else:
            below._element.getparent().remove(below._element)

    def told(
        self, kicker: str, headline: str, sentences: Sequence[str], table: Grid | None, notes: Sequence[str], *, most: int = MOST_BULLETS
    ) -> int:
        """One slide: a title that says what was found, the sentences that fit (how many is returned), and the chart or the table."""
        slide = self.deck.slides.add_slide(self.deck.slide_layouts[1])
        width = WIDE - 2 * EDGE
        size = next((s for s in TITLES if height_of([headline], s, width) <= TOP - 0.75), None)
        size = size if kicker else size or TITLES[-1]  # nothing shorter to put in its place
        title, said = (headline, list(sentences)) if size else (kicker, [headline, *sentences])
        self._kicker(slide, kicker if size else "")
        self._place(slide.shapes.title, EDGE, 0.6, width, TOP - 0.7)
        self._write(slide.shapes.title, [title], size or TITLES[0], bold=True)
        body, tall = slide.placeholders[1], TALL - TOP - FOOT
        wide = LEFT_WIDTH if table else width
        self._place(body, EDGE, TOP, wide, tall)
        shown, letter = fitting(said, wide - 0.4, tall, most) if said else ([], BODY)
        if shown:
            self._write(body, shown, letter, bullets=True)
        else:
            body._element.getparent().remove(body._element)
        if table:
            left = EDGE + (LEFT_WIDTH + GAP if shown else 0)
            self._beside(slide, table, (left, TOP, WIDE - EDGE - left, tall))
        self._number(slide)
        if notes:
            slide.notes_slide.notes_text_frame.text = "\n".join(notes)
            self._speak(slide.notes_slide.notes_text_frame)
        return len(shown)

    def _beside(self, slide: Any, table: Grid, box: tuple[float, float, float, float]) -> None:
        """The caption, the chart or the table, and what was left out of it."""
        left, top, wide, tall = box
        caption = slide.shapes.add_textbox(*(self.inches(x) for x in (left, top, wide, 0.55)))
        self._write(caption, [shortened(table.caption, int(wide * 18))], 14, bold=True)
        area = (left, top + 0.6, wide, tall - 0.95)
        if table.bars:
            bars = table.bars.first(MOST_BARS)
            draw_bars(slide, bars, table.caption, tuple(self.inches(x) for x in area), self.language)
            said = self._left_out(len(bars.values), table.bars.rows)
            said += [say("report.slide.hatched", self.language)] if any(bars.opinion) else []
        else:
            said = self._left_out(self._table(slide, table, area), max(table.count, len(table.rows)))
        if said:
            note = slide.shapes.add_textbox(*(self.inches(x) for x in (left, top + tall - 0.33, wide, 0.3)))
            self._write(note, [" ".join(said)], 11, colour=QUIET)

    def _left_out(self, shown: int, count: int) -> list[str]:
        told = {"shown": number(shown, self.language), "all": number(count, self.language)}
        return [say("report.shown_of", self.language, **told)] if shown < count else []

    def _table(self, slide: Any, table: Grid, box: tuple[float, float, float, float]) -> int:
        """As many rows as there is room for; says how many."""
        left, top, wide, tall = box
        columns = range(min(MOST_COLUMNS, len(table.columns)))
        each = wide / max(1, len(columns)) - 0.2
        rows = [[table.columns[i].name for i in columns], *([r.cells[i] for i in columns] for r in table.rows)]
        rows = [[shortened(x, LONGEST_CELL) for x in row] for row in rows]
        heights = [max(lines_of(x, TABLE_SIZE, each) for x in row) * TABLE_SIZE * 1.2 / 72 + 0.12 for row in rows]
        kept = max([1, *(n for n in range(1, len(rows) + 1) if sum(heights[:n]) <= tall)])
        frame = slide.shapes.add_table(kept, len(columns), *(self.inches(x) for x in (left, top, wide, sum(heights[:kept]))))
        frame._element.nvGraphicFramePr.cNvPr.set("descr", table.caption)
        for y in range(kept):
            frame.table.rows[y].height = self.inches(heights[y])
            for x in columns:
                self._cell(frame.table.cell(y, x), rows[y][x], head=not y, right=table.columns[x].numeric)
        return kept - 1

    def _cell(self, cell: Any, text: str, *, head: bool, right: bool) -> None:
        cell.margin_left = cell.margin_right = self.inches(0.08)
        cell.margin_top = cell.margin_bottom = self.inches(0.04)
        self._fill(cell.text_frame, [text], TABLE_SIZE, "FFFFFF" if head else INK, bold=head, right=right)
        cell.fill.solid()
        cell.fill.fore_color.rgb = _colour(BLUE if head else "FFFFFF")

    def _kicker(self, slide: Any, text: str) -> None:
        if text:
            box = slide.shapes.add_textbox(*(self.inches(x) for x in (EDGE, 0.22, WIDE - 2 * EDGE, 0.36)))
            self._write(box, [shortened(text, 120)], 14, colour=QUIET)

    def _number(self, slide: Any) -> None:
        """The number of the slide, counted by whoever shows it."""
        from pptx.oxml import parse_xml
        from pptx.oxml.ns import nsdecls

        box = slide.shapes.add_textbox(*(self.inches(x) for x in (WIDE - EDGE - 0.8, TALL - 0.45, 0.8, 0.3)))
        self._write(box, [""], 11, colour=QUIET, right=True)
        field = f'<a:fld {nsdecls("a")} id="{FIELD}" type="slidenum"><a:rPr lang="{self.locale}" sz="1100"/>'
        line = box.text_frame.paragraphs[0]._p
        line.remove(line.r_lst[0])
        line.insert_element_before(parse_xml(f"{field}<a:t>{len(self.deck.slides)}</a:t></a:fld>"), "a:endParaRPr")

    def _place(self, shape: Any, *box: float) -> None:
        shape.left, shape.top, shape.width, shape.height = (self.inches(x) for x in box)

    def _write(self, shape: Any, texts: Sequence[str], size: int, *, colour: str = INK, bold: bool = False, **how: Any) -> None:
        """Text in a box, from its top; `bullets` gives it room between the paragraphs, `right` sets it to the right."""
        from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE

        frame = shape.text_frame
        frame.word_wrap, frame.auto_size, frame.vertical_anchor = True, MSO_AUTO_SIZE.NONE, MSO_ANCHOR.TOP
        frame.margin_left = frame.margin_right = 0
        self._fill(frame, texts, size, colour, bold=bold, right=bool(how.get("right")), after=size * 0.5 if how.get("bullets") else 0)

    def _fill(
        self, frame: Any, texts: Sequence[str], size: int, colour: str, *, bold: bool = False, right: bool = False, after: float = 0
    ) -> None:
        from pptx.enum.text import PP_ALIGN
        from pptx.util import Pt

        for i, text in enumerate(texts):
            paragraph = frame.paragraphs[0] if i == 0 else frame.add_paragraph()
            run = paragraph.add_run()
            run.text = text
            run.font.size, run.font.bold, run.font.color.rgb = Pt(size), bold, _colour(colour)
            paragraph.alignment = PP_ALIGN.RIGHT if right else PP_ALIGN.LEFT
            paragraph.space_before, paragraph.space_after = Pt(0), Pt(after)
        self._speak(frame)

    def _speak(self, frame: Any) -> None:
        """The language of a text, for whoever has it read aloud or checked."""
        for paragraph in frame.paragraphs:
            for run in paragraph.runs:
                run._r.get_or_add_rPr().set("lang", self.locale)

    def bytes(self, title: str) -> bytes:
        about = self.deck.core_properties
        about.title, about.language, about.author, about.last_modified_by = title[:255], self.locale, "", ""
        about.created = about.modified = CREATED
        about.revision, about.comments, about.keywords, about.subject = 1, "", "", ""
        made = io.BytesIO()
        self.deck.save(made)
        return undated(made.getvalue())


def undated(packed: bytes) -> bytes:
    """The same zip without the moment each of its parts was written."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            part.compress_type, part.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            new.writestr(part, old.read(name))
    return out.getvalue()


def shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _colour(code: str) -> Any:
    from pptx.dml.color import RGBColor

    return RGBColor.from_string(code)
