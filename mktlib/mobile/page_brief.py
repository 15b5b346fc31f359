"""A brief for who designs a page for phones: one screen, one action, sizes, room of texts, fields, weight. From the rows of `checks`."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.mobile.page import RULES
from mktlib.mobile.page_frame import CHARACTER
from mktlib.mobile.page_reading import NARROW, PHONE
from mktlib.mobile.page_touch import folded
from mktlib.results import PageBrief
from mktlib.rules import checked
from mktlib.vocabulary import Tables, default_language, finding, load_tables, nearest, not_tables, phrase

VISIBLE = 664
"""Height in px that a phone of 390 x 844 shows at first, the browser's bars taken off (general knowledge, K)."""
MARGIN, HEADING, LINE, TIGHT, RATIO = 16, 28, 1.5, 1.2, 0.5
"""Our judgement: px at the sides and between blocks, size of the first heading, heights of a line, height of the image over its width."""
LINES = {"heading": 2, "lead": 3, "action": 1, "label": 1}
PLACES = ("title", "description", "heading", "lead", "action", "label")
SHARES = {"images": 0.6, "scripts": 0.2, "fonts": 0.1, "page": 0.1}
"""How the weight is shared out: our judgement."""
NEEDS: tuple[tuple[str, str, str, str, str], ...] = (
    ("screen", "PAGE_VIEWPORT", "", "must", ""), ("screen", "PAGE_FIXED_WIDTH", "most", "at_most", "px"),
    ("screen", "PAGE_ZOOM_LOW", "scale", "at_least", "times"), ("screen", "PAGE_TABLE", "columns", "at_most", "columns"),
    ("text", "PAGE_TEXT_BODY", "size", "at_least", "px"), ("text", "PAGE_TEXT_TINY", "size", "at_least", "px"),
    ("touch", "PAGE_TAP_48", "least", "at_least", "px"), ("touch", "PAGE_TAP_24", "least", "at_least", "px"),
    ("touch", "PAGE_TAP_SPACING", "least", "at_least", "px"), ("form", "PAGE_FORM_LONG", "most", "at_most", "fields"),
    ("form", "PAGE_FIELD_ZOOM", "size", "at_least", "px"), ("form", "PAGE_FIELD_LABEL", "", "must", ""),
    ("weight", "PAGE_HEAVY", "mb", "at_most", "MB"), ("weight", "PAGE_IMG_HEAVY", "kb", "at_most", "kB"),
    ("weight", "PAGE_IMG_SRCSET", "density", "at_most", "density"), ("weight", "PAGE_IMG_SIZE", "", "must", ""),
    ("search", "PAGE_TITLE_LONG", "most", "at_most", "letters"), ("search", "PAGE_DESCRIPTION_LONG", "most", "at_most", "letters"),
    ("search", "PAGE_H1", "", "must", ""), ("search", "PAGE_LANG", "", "must", ""), ("search", "PAGE_IMG_ALT", "", "must", ""),
)  # fmt: skip
"""What the brief asks: about what, which row, which of its values, how it binds, in which unit."""


def page_brief(
    *,
    action: str,
    texts: Mapping[str, str] | None = None,
    fields: Sequence[str] = ("email",),
    language: str | None = None,
    tables: Tables | None = None,
) -> PageBrief:
    """What to ask of who designs a page for phones; every number is the one that `check_page` holds the page to.

    Args:
        action: the one thing that the page is for, as its button says it ("Try them at home").
        texts: what is already written, by place: title, description, heading, lead, label (of a field). Each is set against its room.
        fields: what the form asks, each a word of the row PAGE_FIELD_TYPE: email, phone, given, family, name, street, postcode, town ...
        language: of the words in it, "en" or "fr"; default MKTLIB_LANGUAGE, else English.
        tables: rows of your own by load_tables("ours.toml"): the brief and the check follow them both.

    Returns:
        PageBrief: what is asked (table), the room of each text, the fields, the weight by part, the first screen from top to bottom (px),
        and `page`, a page to start from that `check_page` finds nothing wrong with. findings: texts without room, too many questions, an
        action below the first screen. Rooms are estimates: a letter is taken to be half as wide as it is high.

    Raises:
        DataError: options that are wrong, all at once.

    >>> brief = page_brief(action="Try them at home", fields=["email", "postcode"])
    >>> float(brief.table.set_index("check").loc["PAGE_TAP_48", "value"])
    48.0
    """
    if wrong := _wrong(action, texts, fields, language, tables):
        raise DataError(wrong)
    tables, language = tables or load_tables(), language or default_language()
    written = {place: text.encode("utf-8", "replace").decode() for place, text in {**(texts or {}), "action": action}.items()}
    rooms = _rooms(written, tables)
    screen = _screen(written, tables)
    asked = pd.DataFrame([_field(name, tables, language) for name in fields], columns=["field", "type", "inputmode", "autocomplete"])
    facts: dict[str, Any] = {
        "action": action, "width": PHONE, "narrow": NARROW, "visible": VISIBLE, "language": language, "fields": len(fields),
        "weight": float(tables.checks["PAGE_HEAVY"]["values"]["mb"]), "ends": float(screen["bottom"].iloc[-1]), "rules": RULES,
        "body": _value(tables, "PAGE_TEXT_BODY", "size"), "tap": _value(tables, "PAGE_TAP_48", "least"), "conf": "J",
    }  # fmt: skip
    return PageBrief(
        table=_needs(tables),
        facts=facts,
        findings=tuple(_findings(rooms, facts, tables, language)),
        texts=rooms,
        fields=asked,
        budget=_budget(facts["weight"]),
        screen=screen,
        page=_page(written, fields, tables, language),
    )


def _value(tables: Tables, code: str, name: str) -> float:
    return float(tables.checks[code]["values"][name])


def _needs(tables: Tables) -> pd.DataFrame:
    rows = []
    for about, code, name, binds, unit in NEEDS:
        row = tables.checks[code]
        value = _value(tables, code, name) if name else math.nan
        rows.append((about, code, binds, value, unit, row["source"], int(row["year"]), row["conf"]))
    return pd.DataFrame(rows, columns=["about", "check", "binds", "value", "unit", "source", "year", "conf"])


def _sizes(tables: Tables) -> dict[str, float]:
    body = _value(tables, "PAGE_TEXT_BODY", "size")
    return {"heading": float(HEADING), "lead": body, "action": body, "label": body}


def line_room(size: float, width: float) -> int:
    """Letters that a line takes.

    >>> line_room(16, 288)
    36
    """
    return int(width / (size * CHARACTER))


def _rooms(written: Mapping[str, str], tables: Tables) -> pd.DataFrame:
    """One row a place: room in letters (on the narrowest phone), lines, and what is written there."""
    rows = []
    for place in PLACES:
        text = " ".join(str(written.get(place, "")).split())
        code = {"title": "PAGE_TITLE_LONG", "description": "PAGE_DESCRIPTION_LONG"}.get(place)
        inner = NARROW - 2 * MARGIN - (2 * MARGIN if place == "action" else 0)
        a_line = int(_value(tables, code, "most")) if code else line_room(_sizes(tables)[place], inner)
        lines = 1 if code else LINES[place]
        room = a_line * lines
        rows.append((place, room, lines, text, len(text), len(text) <= room, tables.checks[code]["conf"] if code else "J"))
    return pd.DataFrame(rows, columns=["part", "room", "lines", "text", "letters", "fits", "conf"])


def _screen(written: Mapping[str, str], tables: Tables) -> pd.DataFrame:
    """The first screen from top to bottom in px, on a phone of 390 px, with as many lines as the texts take."""
    inner, sizes, tap = PHONE - 2 * MARGIN, _sizes(tables), _value(tables, "PAGE_TAP_48", "least")

    def lines(place: str, high: float) -> float:
        taken = math.ceil(len(str(written.get(place, ""))) / line_room(sizes[place], inner)) or LINES[place]
        return taken * sizes[place] * high

    blocks = [("bar", tap), ("image", inner * RATIO), ("heading", lines("heading", TIGHT)), ("lead", lines("lead", LINE)), ("action", tap)]
    rows, top = [], 0.0
    for block, height in blocks:
        width = PHONE if block == "bar" else inner
        rows.append((block, round(top), round(top + height), round(height), width, round(sizes.get(block, math.nan), 1)))
        top += height + MARGIN
    return pd.DataFrame(rows, columns=["block", "top", "bottom", "height", "width", "size"])


def _field(name: str, tables: Tables, language: str) -> tuple[str, str, str, str]:
    """What a field needs under its label in a language: a French "code postal" is of digits, an English postcode is not."""
    means, label = _meanings(tables), folded(phrase(f"labels.page_field.{name}", language))
    row = next((one for one in means.values() if label in one["words"]), means[name])
    return name, str(row.get("type", "text")), str(row.get("inputmode", "")), str(row.get("autocomplete", ""))


def _meanings(tables: Tables) -> Mapping[str, Mapping[str, Any]]:
    means: Mapping[str, Mapping[str, Any]] = tables.checks["PAGE_FIELD_TYPE"]["means"]
    return means


def _budget(megabytes: float) -> pd.DataFrame:
    rows = [(part, share, round(1000 * megabytes * share), "J") for part, share in SHARES.items()]
    return pd.DataFrame(rows, columns=["part", "share", "kb", "conf"])


def _findings(rooms: pd.DataFrame, facts: Mapping[str, Any], tables: Tables, language: str) -> Iterator[Finding]:
    for row in rooms[~rooms["fits"]].to_dict("records"):
        said = {code: phrase(f"labels.page_place.{row['part']}", code) for code in tables.languages}
        values: dict[str, Any] = {"letters": int(row["letters"]), "room": int(row["room"])}
        code = "W_BRIEF_RESULTS" if row["part"] in ("title", "description") else "W_BRIEF_ROOM"
        yield finding(code, language, level="warning", column=said[language], found=row["text"], **values)
    if facts["fields"] > _value(tables, "PAGE_FORM_LONG", "most"):
        mark = {code: {"mark": phrase(f"pages.mark.{tables.checks['PAGE_FORM_LONG']['conf']}", code)} for code in tables.languages}
        yield checked("PAGE_FORM_LONG", tables, language, found="form", amount=facts["fields"], words=mark)
    if facts["ends"] > VISIBLE:
        yield finding("W_BRIEF_FOLD", language, level="warning", ends=round(facts["ends"]), visible=VISIBLE)


# ---------------------------------------------------------------- a page to start from


def _page(written: Mapping[str, str], fields: Sequence[str], tables: Tables, language: str) -> str:
    """A page with these sizes, texts and fields, in which the rest is to be put."""
    said = {place: html.escape(str(written.get(place) or phrase(f"pages.draft.{place}", language))) for place in PLACES}
    sizes = {"body": f"{_value(tables, 'PAGE_TEXT_BODY', 'size'):g}", "tap": f"{_value(tables, 'PAGE_TAP_48', 'least'):g}"}
    sizes |= {"gap": f"{_value(tables, 'PAGE_TAP_SPACING', 'least'):g}", "margin": str(MARGIN), "heading_size": str(HEADING)}
    sizes["field"] = f"{max(_value(tables, 'PAGE_FIELD_ZOOM', 'size'), _value(tables, 'PAGE_TEXT_BODY', 'size')):g}"
    asked = "\n".join(_input(name, tables, language) for name in fields)
    rest = {"language": language, "fields": asked, "send": phrase("pages.draft.send", language), "alt": phrase("pages.draft.alt", language)}
    return PAGE.format(**said, **sizes, **rest, width=PHONE - 2 * MARGIN, height=round((PHONE - 2 * MARGIN) * RATIO))


def _input(name: str, tables: Tables, language: str) -> str:
    _, kind, mode, fill = _field(name, tables, language)
    extra = "".join(f' {key}="{value}"' for key, value in (("inputmode", mode), ("autocomplete", fill)) if value)
    label = html.escape(phrase(f"labels.page_field.{name}", language))
    return f'<label for="{name}">{label}</label>\n<input id="{name}" name="{name}" type="{kind}"{extra}>'


PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<meta name="description" content="{description}">
<link rel="canonical" href="https://example.org/page">
<meta property="og:title" content="{title}">
<meta property="og:type" content="website">
<meta property="og:image" content="https://example.org/page.jpg">
<meta property="og:url" content="https://example.org/page">
<script type="application/ld+json">{{"@context": "https://schema.org", "@type": "WebPage"}}</script>
<style>
* {{ box-sizing: border-box; }}
body {{ margin: 0; font: {body}px/1.5 system-ui, sans-serif; }}
main {{ padding: {margin}px; max-width: 640px; }}
img {{ max-width: 100%; height: auto; }}
h1 {{ font-size: {heading_size}px; line-height: 1.2; }}
label {{ display: block; margin-top: {margin}px; }}
input {{ width: 100%; height: {tap}px; font-size: {field}px; }}
.action, button {{ display: block; width: 100%; min-height: {tap}px; margin-top: {margin}px; padding: 12px {margin}px; font-size: {body}px; text-align: center; }}
</style>
</head>
<body>
<main>
<img src="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 2 1'/%3E" alt="{alt}" width="{width}" height="{height}">
<h1>{heading}</h1>
<p>{lead}</p>
<a class="action" href="#form">{action}</a>
<form id="form" method="post">
{fields}
<button type="submit">{send}</button>
</form>
</main>
</body>
</html>
"""  # noqa: E501


def _wrong(action: Any, texts: Any, fields: Any, language: Any, tables: Any) -> list[Finding]:
    wrong = list(not_tables(tables))
    if not isinstance(action, str) or not action.strip():
        wrong.append(finding("E_OPTION", column="action", found=repr(action), expected='action="Try them at home"'))
    if texts is not None and not (isinstance(texts, Mapping) and all(isinstance(x, str) for pair in texts.items() for x in pair)):
        wrong.append(finding("E_OPTION", column="texts", found=repr(texts)[:80], expected='texts={"heading": "..."}'))
    elif texts is not None:
        known = [place for place in PLACES if place != "action"]
        for place in (place for place in texts if place not in known):
            wrong.append(finding("E_OPTION", column="texts", found=repr(place), expected=", ".join(known), hint=nearest(place, known)))
    means = _meanings(tables if isinstance(tables, Tables) else load_tables())
    given = list(fields) if isinstance(fields, list | tuple) else None
    if given is None:
        wrong.append(finding("E_OPTION", column="fields", found=repr(fields)[:80], expected='fields=["email"]'))
    for name in given or ():
        if not isinstance(name, str) or name not in means:
            wrong.append(finding("E_OPTION", column="fields", found=repr(name), expected=", ".join(means), hint=nearest(name, means)))
    spoken = load_tables().languages
    if language is not None and (not isinstance(language, str) or language not in spoken):
        wrong.append(
            finding("E_OPTION", column="language", found=repr(language), expected=" / ".join(spoken), hint=nearest(language, spoken))
        )
    return wrong
