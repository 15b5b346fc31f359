"""Pictures: what is drawn is what the data say, in every language, in grey, with hostile words, and pixel by pixel."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import string
from collections.abc import Mapping
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pixels
import pytest
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from pictured import ALL, plan, scores

from mktlib.charts import PICTURES, Picture, describe, kinds, plot, show
from mktlib.charts.canvas import VERDICT_MARKS, Units, small
from mktlib.errors import DataError
from mktlib.results import Result, Scores
from mktlib.vocabulary import load_tables

EVERY = [(name, kind) for name, result in ALL.items() for kind in kinds(result)]
PICTURED = Path(__file__).parent / "pictures"


def words_drawn(ax):
    texts = [*ax.texts, ax.title, ax._left_title, ax.xaxis.label, ax.yaxis.label]
    for axis in (ax.xaxis, ax.yaxis):
        low, high = sorted(axis.get_view_interval())
        texts += [t for at, t in zip(axis.get_majorticklocs(), axis.get_majorticklabels(), strict=True) if low <= at <= high]
    texts += [t for legend in ax.get_figure(root=True).legends for t in legend.get_texts()]
    return [t for t in texts if t.get_text() and t.get_visible()]


@pytest.mark.parametrize(("name", "kind"), EVERY)
@pytest.mark.parametrize("dpi", [70, 100, 130])
def test_no_text_leaves_the_sheet_at_another_resolution(name, kind, dpi):
    figure = plot(ALL[name], kind=kind, language="fr").get_figure()
    figure.set_dpi(dpi)
    figure.canvas.draw()
    for text in words_drawn(figure.axes[0]):
        box = text.get_window_extent(figure.canvas.get_renderer())
        assert box.x0 >= 0, f"{text.get_text()!r} leaves the sheet"
        assert box.x1 <= figure.bbox.x1, f"{text.get_text()!r} leaves the sheet"


LONG_LIMITS = [
    ("pieces", "demo_video", 2.0, 2.0, "pieces", 7977.9), ("messages_month", "city_trendsetters / 3", 5.0, 5.0, "messages", 591.9),
    ("messages_month", "luxury_lovers / 3", 4.0, 4.0, "messages", 360.4), ("bulk_sending", "email / 12", 4999.0, 4999.0, "messages", 0.1),
    ("messages_week", "luxury_lovers / 1", 1.0, 1.0, "messages", 134.9), ("messages_week", "luxury_lovers / 2", 1.0, 1.0, "messages", 99.0),
    ("messages_week", "people who came to one of our shops more than once last year / 12", 1.0, 1.0, "messages", 98.0),
    ("days", "11", 1234.5, 1234.5, "days", 29.6), ("budget", "all", 1_239_995.8, 1_240_000.0, "money", 0.5),
]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "fr"])
def test_long_limits_are_told_apart_and_their_values_have_room(language):
    limits = pd.DataFrame(LONG_LIMITS, columns=["limit", "scope", "used", "most", "unit", "price"])
    ax = plot(dataclasses.replace(plan(), limits=limits), kind="limits", language=language)
    figure = ax.get_figure()
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    for text in words_drawn(ax):
        assert text.get_window_extent(renderer).x0 >= 0
        assert text.get_window_extent(renderer).x1 <= figure.bbox.x1, text.get_text()
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert len(set(labels)) == len(LONG_LIMITS)
    assert not any("…" in label for label in labels if "people who" not in label and "masse" not in label and "d’envoi" not in label)
    boxes = [label.get_window_extent(renderer) for label in ax.get_yticklabels()]
    assert not any(one.overlaps(other) for k, one in enumerate(boxes) for other in boxes[:k])


def test_a_week_without_spending_keeps_its_place():
    made = dataclasses.replace(plan(), schedule=plan().schedule.query("week != 3"))
    ax = plot(made, language="en")
    assert [t.get_text() for t in ax.get_xticklabels()] == ["W1", "W2", "W3", "W4", "W5", "W6"]
    assert "W3" not in describe(ax)


def test_dark_is_more_in_both_heat_maps():
    for result, kind in ((scores(), "heatmap"), (plan(), "calendar")):
        (mesh,) = (c for c in plot(result, kind=kind).collections if isinstance(c, QuadMesh))
        low, high = mesh.get_clim()
        assert sum(mesh.to_rgba(low)[:3]) > sum(mesh.to_rgba(high)[:3])


def test_every_shape_has_a_picture():
    taken = {"Intake", "StyleGuide"}  # a log, and a page of words
    shapes = {t for t in Result.__subclasses__() if t.__name__ not in taken}
    assert shapes == {t for t in PICTURES if Result in t.__bases__}  # the others are heirs of a shape, with a picture of their own
    assert all(issubclass(t, tuple(shapes)) for t in PICTURES)


@pytest.mark.parametrize(("name", "kind"), EVERY)
@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("sheet", [contextlib.nullcontext, small], ids=["usual", "small"])
def test_no_text_overlaps_another_or_leaves_the_sheet(name, kind, language, sheet):
    with sheet():
        ax = plot(ALL[name], kind=kind, language=language)
    figure = ax.get_figure()
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()
    for place in (legend.get_window_extent(renderer) for legend in figure.legends):
        assert 0 <= place.x0 <= place.x1 <= figure.bbox.x1, "a legend leaves the sheet"
        assert 0 <= place.y0 <= place.y1 < ax.get_window_extent(renderer).y0, "a legend leaves the sheet or lies over the drawing"
    boxes = [(t.get_text(), t.get_window_extent(renderer)) for t in words_drawn(ax)]
    for k, (text, box) in enumerate(boxes):
        assert box.x0 >= -1, f"{text!r} leaves the sheet"
        assert box.x1 <= figure.bbox.x1 + 1, f"{text!r} leaves the sheet"
        for other, place in boxes[:k]:
            assert not box.padded(-1).overlaps(place.padded(-1)), f"{text!r} lies over {other!r}"


@pytest.mark.parametrize(("name", "kind"), EVERY)
def test_french_pictures_hold_no_english_words_of_ours(name, kind):
    english, french = (plot(ALL[name], kind=kind, language=code) for code in ("en", "fr"))
    assert english.get_title(loc="left") != french.get_title(loc="left")
    assert english.get_xlabel() + english.get_ylabel() != french.get_xlabel() + french.get_ylabel()
    assert describe(english).splitlines()[1] != describe(french).splitlines()[1]


def test_ranked_text_says_every_rate_and_interval_that_was_drawn():
    said = describe(plot(scores(), language="en"))
    speak = Units("percent", "en").speak
    for row in scores().table.itertuples(index=False):
        assert f"{speak(row.rate)} [{speak(row.low)} … {speak(row.high)}]" in said


def test_text_follows_the_picture_and_not_the_data():
    ax = plot(scores(), language="en")
    before = describe(ax)
    line = ax.containers[0].lines[0]
    line.set_xdata(np.asarray(line.get_xdata()) * 2)
    assert describe(ax) != before


def test_the_funnel_says_what_is_left_at_each_step():
    said = describe(plot(ALL["shortlist"], language="en"))
    assert "64,500" in said
    assert "4,200" in said
    assert " 200" in said


def test_the_title_says_the_decided_finding_before_a_higher_opinion():
    title = plot(scores(), language="en").get_title(loc="left")
    tables = load_tables()
    assert tables.label("segment", "outdoor_sports", "en") in title
    assert tables.label("segment", "parents", "en") not in title


def test_the_title_says_too_early_when_only_opinion_speaks():
    opinion = dataclasses.replace(scores(), table=scores().table.assign(opinion=1.0, verdict="too_early"))
    assert "too early" in plot(opinion, language="en").get_title(loc="left").lower()


@pytest.mark.parametrize(
    ("language", "of", "expected"),
    [("en", "of what was shown", "not shown yet, expected"), ("fr", "parmi ce qui a été montré", "pas encore montré")],
)
@pytest.mark.parametrize("kind", ["ranked", "heatmap"])
def test_a_title_never_puts_what_was_not_shown_ahead(kind, language, of, expected):
    """The highest rate is of a cell that was never shown: the title names the best of those that were, as the text does."""
    table = scores().table.assign(verdict="test", opinion=0.1)
    top, shown = table["rate"].idxmax(), table["segment"] != table.loc[table["rate"].idxmax(), "segment"]
    unseen = dataclasses.replace(scores(), table=table.assign(exposure=table["exposure"].where(shown, 0.0)))
    title = plot(unseen, language=language, kind=kind).get_title(loc="left").replace("\n", " ")
    label = load_tables().label("segment", table.loc[top, "segment"], language)
    assert of in title
    assert label not in title
    alone = dataclasses.replace(scores(), table=table.assign(exposure=0.0))
    title = plot(alone, language=language, kind=kind).get_title(loc="left").replace("\n", " ")
    assert expected in title
    assert label in title


def test_opinion_is_hatched_once_a_cell_in_both_pictures_of_scores():
    for kind in kinds(scores()):
        ax = plot(scores(), kind=kind)
        assert sum(bool(p.get_hatch()) for p in ax.patches if p.get_gid() == "opinion") == 4


def test_verdicts_differ_in_shape_and_not_only_in_colour():
    assert len({VERDICT_MARKS[v][0] for v in ("make", "test", "too_early", "drop")}) == 4


def test_a_verdict_keeps_its_shape_on_the_sheet():
    ax = plot(scores())
    drawn = {c.lines[0].get_marker(): len(c.lines[0].get_xdata()) for c in ax.containers}
    assert drawn == {"^": 2, "D": 5, "o": 4, "v": 1}


HOSTILE = [
    "$\\frac{",
    "cost $^ and $5",
    "a_b^c",
    "_hidden",
    "x" * 5000,
    "a\u202eb",
    "bad\ufffd\x07",
    "日本 \U0001f600",
    "<script>alert(1)</script>",
    "",
]


@pytest.mark.parametrize("kind", kinds(scores()))
def test_hostile_labels_are_drawn_as_text(kind):
    table = scores().table.head(len(HOSTILE)).assign(content_type=HOSTILE, segment="parents")
    ax = plot(dataclasses.replace(scores(), table=table), kind=kind)
    Picture(ax, describe(ax)).png(dpi=40)
    labels = [t.get_text() for t in ax.get_yticklabels()]
    assert len(labels) == len(HOSTILE)
    assert all(len(line) <= 58 for label in labels for line in label.splitlines())
    assert any("…" in label for label in labels)
    assert any("[U+202E]" in label for label in labels)
    assert not any(t.get_parse_math() for t in words_drawn(ax))


def test_two_hundred_rows_show_the_ends_and_count_the_middle():
    table = pd.concat([scores().table.assign(segment=f"s{k}") for k in range(17)], ignore_index=True).head(200)
    ax = plot(dataclasses.replace(scores(), table=table), language="en")
    labels = [t.get_text() for t in ax.get_yticklabels()]
    assert len(labels) == 19
    assert "182" in labels[12]


@pytest.mark.parametrize(("name", "kind"), EVERY)
@pytest.mark.parametrize("rows", [0, 1])
def test_nothing_and_one_row_are_drawn_too(name, kind, rows):
    result = ALL[name]
    frames = {
        f.name: getattr(result, f.name).head(rows) for f in dataclasses.fields(result) if isinstance(getattr(result, f.name), pd.DataFrame)
    }
    ax = plot(dataclasses.replace(result, **frames), kind=kind)
    assert Picture(ax, describe(ax)).png(dpi=30).startswith(b"\x89PNG")


def test_a_subclass_is_drawn_and_a_stranger_is_refused():
    class Mine(Scores):
        pass

    mine = Mine(**{f.name: getattr(scores(), f.name) for f in dataclasses.fields(scores())})
    assert describe(plot(mine)) == describe(plot(scores()))
    with pytest.raises(DataError) as error:
        plot(Result(table=pd.DataFrame()))
    assert error.value.codes == ("E_NO_PICTURE",)
    with pytest.raises(DataError) as error:
        plot(scores(), kind="pie")
    assert error.value.codes == ("E_PICTURE_KIND",)


def test_axes_of_ones_own_are_drawn_in_and_global_state_is_left_alone():
    before = dict(matplotlib.rcParams)
    ax = Figure().add_subplot()
    assert plot(plan(), ax=ax) is ax
    assert dict(matplotlib.rcParams) == before


def test_the_same_picture_gives_the_same_bytes_and_carries_its_text():
    one, two = show(scores(), language="fr"), show(scores(), language="fr")
    assert one.png() == two.png()
    bundle = one._repr_mimebundle_()
    assert bundle["text/plain"] == describe(one.ax)
    assert set(bundle) == {"image/png", "text/plain"}
    assert b"Matplotlib" not in one.png()
    assert "alt=" in one.html()


def fields_of(node, path=""):
    for key, value in node.items():
        where = f"{path}.{key}" if path else key
        if isinstance(value, Mapping) and not {"one", "other"} <= set(value):
            yield from fields_of(value, where)
        else:
            text = " ".join(value.values()) if isinstance(value, Mapping) else value
            yield where, {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_phrase_of_the_pictures_exists_in_each_language_with_the_same_fields():
    languages = load_tables().languages
    known = {code: dict(fields_of(language["charts"])) for code, language in languages.items()}
    assert known["en"] == known["fr"]
    code = "".join(p.read_text(encoding="utf-8") for p in (Path(__file__).parents[1] / "mktlib" / "charts").glob("*.py"))
    used = set(re.findall(r'canvas\.say\(\s*"([a-z_.]+)"', code)) | set(re.findall(r'"charts\.([a-z_.]+)"', code))
    assert len(used) > 30
    assert used <= set(known["en"])


@pytest.mark.parametrize(("name", "kind"), EVERY)
def test_pixels(name, kind):
    png = Picture(plot(ALL[name], kind=kind, language="en"), "").png(dpi=60)
    path = PICTURED / f"{name}_{kind}.png"
    if os.environ.get("MKTLIB_NEW_PICTURES") == "1":
        path.write_bytes(png)
        pixels.MADE_WITH.write_text(pixels.versions(), encoding="utf-8")
        return
    if not pixels.comparable():
        pytest.skip(f"pictures were made with {pixels.MADE_WITH.read_text(encoding='utf-8').strip()}, here is {pixels.versions().strip()}")
    assert not pixels.differ(png, path.read_bytes())


def test_the_heat_map_stands_on_axes_that_vary():
    table = scores().table.assign(content_type="promo_email", style=[f"s{k % 3}" for k in range(len(scores().table))])
    ax = plot(dataclasses.replace(scores(), table=table, by=(*scores().by, "style")), kind="heatmap")
    assert sorted(t.get_text() for t in ax.get_yticklabels()) == ["S0", "S1", "S2"]


def test_a_language_that_nobody_wrote_is_refused():
    with pytest.raises(DataError) as error:
        plot(scores(), language="xx")
    assert error.value.codes == ("E_OPTION",)
