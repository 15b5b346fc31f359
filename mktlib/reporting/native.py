"""A chart that PowerPoint itself draws: its numbers lie in a workbook inside the slide, where they can be opened, checked and changed.

Text in that workbook is text, whatever it begins with: nothing in it is run, and nothing leads out.
"""

from __future__ import annotations

import datetime as dt
import io
import math
from typing import Any

import xlsxwriter

from mktlib.reporting.bars import Bars
from mktlib.wording import say

CREATED = dt.datetime(2000, 1, 1)
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
PLAIN = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
HEADS = ("value", "low", "high", "minus", "plus")
INK, QUIET, BLUE, ORANGE = "1D1D1F", "5C6066", "0072B2", "E69F00"


def draw_bars(slide: Any, bars: Bars, caption: str, area: tuple[Any, ...], language: str) -> None:
    """Lying bars with their ranges, the first row on top; hatched where a row is more opinion than data."""
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE

    data = CategoryChartData(number_format=pattern(bars))
    data.categories = bars.short_labels
    data.add_series(bars.measure, bars.values)
    if bars.beside:
        data.add_series(*bars.beside)
    frame = slide.shapes.add_chart(XL_CHART_TYPE.BAR_CLUSTERED, *area, data)
    frame.name = caption[:120]
    alt = [say("report.slide.alt", language, name=caption, rows="; ".join(bars.said(language)))]
    alt += [say("report.slide.hatched", language)] if any(bars.opinion) else []
    frame._element.nvGraphicFramePr.cNvPr.set("descr", " ".join(alt))
    frame.chart.part.chart_workbook.update_from_xlsx_blob(workbook(bars))
    _dress(frame.chart, bars, language)
    if bars.beside:
        _moved(frame.chart.plots[0].series[1]._element, _last(bars))
    if bars.ranged:
        series = frame.chart.plots[0].series[0]._element
        series.insert_element_before(_ranges(bars), "c:cat", "c:val", "c:shape", "c:extLst")


def workbook(bars: Bars) -> bytes:
    """The numbers of a chart: name, value, the ends of its range, and their distance from the value (what the thin lines are drawn by)."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, PLAIN) as book:
        book.set_properties({"created": CREATED})
        sheet = book.add_worksheet("Sheet1")
        heads = ["", bars.measure, *(HEADS[1:] if bars.ranged else ()), *([bars.beside[0]] if bars.beside else ())]
        for x, head in enumerate(heads):
            sheet.write_string(0, x, head)
        form = book.add_format({"num_format": pattern(bars)})
        for y, (label, value) in enumerate(zip(bars.short_labels, bars.values, strict=True), start=1):
            sheet.write_string(y, 0, label)
            more = (bars.beside[1][y - 1],) if bars.beside else ()
            for x, number in enumerate((value, *(ends(bars, y - 1) if bars.ranged else ()), *more), start=1):
                if number is not None:
                    sheet.write_number(y, x, number, form)
    return made.getvalue()


def ends(bars: Bars, i: int) -> tuple[float | None, ...]:
    """The range of a row, and how far down and up from its value it goes."""
    low, high, value = bars.low[i], bars.high[i], bars.values[i]
    return (None, None, None, None) if low is None or high is None else (low, high, value - low, high - value)


def _last(bars: Bars) -> str:
    """The column of the workbook where the second value stands."""
    return "ABCDEFG"[1 + (len(HEADS) if bars.ranged else 1)]


def _moved(series: Any, column: str) -> None:
    """A second series that reads its numbers from another column than the next one."""
    for where in series.iter("{http://schemas.openxmlformats.org/drawingml/2006/chart}f"):
        where.text = str(where.text).replace("$C$", f"${column}$")


def pattern(bars: Bars) -> str:
    """How a spreadsheet is to write such numbers."""
    largest = max(abs(x) for x in (*bars.values, *(e for e in (*bars.low, *bars.high) if e is not None)))
    if bars.unit == "percent":
        return "0%" if largest >= 0.2 else "0.0%" if largest >= 0.01 else "0.00%"
    return "#,##0" if largest >= 20 else "0.0" if largest >= 2 else "0.00"


def scale(bars: Bars) -> tuple[float, float, float]:
    """Where the axis begins and ends, and its step: zero and every range are inside."""
    known = [0.0, *bars.values, *(bars.beside[1] if bars.beside else ()), *(x for x in (*bars.low, *bars.high) if x is not None)]
    span = max(known) - min(known)
    if not span:
        return 0.0, 1.0, 0.25
    size = 10.0 ** math.floor(math.log10(span / 4))
    step = next(s * size for s in STEPS if s * size >= span / 5)
    low, high = min(known), max(known) if bars.ranged else max(known) + span / 10  # room for the numbers at the ends
    return math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step, step


def _dress(chart: Any, bars: Bars, language: str) -> None:
    from pptx.dml.color import RGBColor
    from pptx.enum.chart import XL_LABEL_POSITION, XL_LEGEND_POSITION, XL_TICK_LABEL_POSITION, XL_TICK_MARK
    from pptx.enum.dml import MSO_PATTERN
    from pptx.oxml import parse_xml
    from pptx.oxml.ns import nsdecls
    from pptx.util import Pt

    ink, quiet, blue = (RGBColor.from_string(c) for c in (INK, QUIET, BLUE))
    chart.has_legend, chart.has_title = bars.beside is not None, False
    chart.font.size, chart.font.color.rgb = Pt(11), ink
    names, values = chart.category_axis, chart.value_axis
    names.reverse_order, names.major_tick_mark, names.tick_label_position = True, XL_TICK_MARK.NONE, XL_TICK_LABEL_POSITION.LOW
    names.format.line.color.rgb = quiet
    values.tick_labels.number_format, values.tick_labels.number_format_is_linked = pattern(bars), False
    values.major_gridlines.format.line.color.rgb = RGBColor.from_string("D9DCE1")
    values.tick_label_position = XL_TICK_LABEL_POSITION.HIGH  # the first row is on top, so the far side is below
    values.minimum_scale, values.maximum_scale, values.major_unit = scale(bars)
    names._element.insert_element_before(parse_xml(f'<c:tickLblSkip {nsdecls("c")} val="1"/>'), "c:noMultiLvlLbl", "c:extLst")  # every name
    values.has_title = True
    unit = f"{bars.measure} ({bars.currency})" if bars.unit == "money" else bars.measure
    values.axis_title.text_frame.text = say("report.slide.axis", language, name=unit) if bars.ranged else unit
    run = values.axis_title.text_frame.paragraphs[0].runs[0]
    run.font.size, run.font.bold, run.font.color.rgb = Pt(12), False, quiet
    plot = chart.plots[0]
    plot.gap_width, plot.vary_by_categories = 55, False
    for one, colour in zip(plot.series, (blue, RGBColor.from_string(ORANGE)), strict=False):
        one.invert_if_negative = False
        one.format.fill.solid()
        one.format.fill.fore_color.rgb = colour
    if bars.beside:
        chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.TOP, False
    series = plot.series[0]
    if not bars.ranged:
        plot.has_data_labels = True
        labels = plot.data_labels
        labels.number_format, labels.number_format_is_linked, labels.position = pattern(bars), False, XL_LABEL_POSITION.OUTSIDE_END
    for i in (i for i, opinion in enumerate(bars.opinion) if opinion):
        fill = series.points[i].format.fill
        fill.patterned()
        fill.pattern, fill.fore_color.rgb, fill.back_color.rgb = MSO_PATTERN.WIDE_UPWARD_DIAGONAL, blue, RGBColor.from_string("FFFFFF")


def _ranges(bars: Bars) -> Any:
    """The thin lines, by the columns of the workbook that say how far they go."""
    from pptx.oxml import parse_xml
    from pptx.oxml.ns import nsdecls

    sides = "".join(f"<c:{side}>{_column(bars, side)}</c:{side}>" for side in ("plus", "minus"))
    line = f'<c:spPr><a:ln w="15875"><a:solidFill><a:srgbClr val="{INK}"/></a:solidFill></a:ln></c:spPr>'
    return parse_xml(
        f'<c:errBars {nsdecls("c", "a")}><c:errBarType val="both"/><c:errValType val="cust"/><c:noEndCap val="0"/>{sides}{line}</c:errBars>'
    )


def _column(bars: Bars, side: str) -> str:
    at = HEADS.index(side)
    rows = [ends(bars, i)[at - 1] for i in range(len(bars.values))]
    points = "".join(f'<c:pt idx="{i}"><c:v>{x!r}</c:v></c:pt>' for i, x in enumerate(rows) if x is not None)
    letter = "ABCDEF"[at + 1]
    return (
        f"<c:numRef><c:f>Sheet1!${letter}$2:${letter}${len(rows) + 1}</c:f><c:numCache><c:formatCode>General</c:formatCode>"
        f'<c:ptCount val="{len(rows)}"/>{points}</c:numCache></c:numRef>'
    )
