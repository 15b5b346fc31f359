"""Any results in, one page out that a client can read: the decision first, then one section a result.

The way is facts -> sentences -> pictures -> page, each step tested alone. The page carries everything inside it, runs no script and
loads nothing; whatever text comes from data is escaped, and what hides in text is made visible.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from mktlib.charts import PICTURES, Picture, describe, kinds, plot
from mktlib.charts.canvas import small
from mktlib.charts.scores import across_segments
from mktlib.errors import DataError, Finding
from mktlib.reporting.drafts import Section
from mktlib.reporting.facts import Facts, decision, facts_of
from mktlib.reporting.onepage import MOST_FIGURES, answer, blocks, charted, foremost, heading, is_one_page, name_of, unmeasured, when
from mktlib.reporting.pitch import pitch, pitched
from mktlib.reporting.saving import saved
from mktlib.reporting.sections import contents_named, expected, section
from mktlib.reporting.voice import Voice, visible
from mktlib.results import Audience, Plan, Result, Scores, StyleGuide
from mktlib.vocabulary import (
    Tables,
    Term,
    default_language,
    finding,
    how_to_read,
    load_tables,
    missing_phrases,
    not_tables,
    terms_in,
)
from mktlib.wording import templates

__all__ = ["Report", "report"]

READERS = ("client", "employer", "team", "analyst")
"""`analyst` is an older name of `team`."""
DPI = 130
PIXELS_AN_INCH = 96
FOREMOST = 4
"""Results whose first sentence opens a report that decides nothing."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """A finished report: `facts` (decision, and the facts of each result), `opening` (its first sentences), `sections`, and the page.

    terms: the words that its glossary explains. findings: what to know of the page itself (phrases that its language lacks).
    heading: what the opening stands under. head: the days it is about. charts: on a single page, the results whose numbers its slides draw.
    """

    title: str
    language: str
    facts: Mapping[str, Any]
    opening: tuple[str, ...]
    sections: tuple[Section, ...]
    html: str
    terms: tuple[Term, ...] = ()
    findings: tuple[Finding, ...] = ()
    heading: str = ""
    head: tuple[str, ...] = ()
    charts: tuple[Section, ...] = ()

    def save(self, path: str | Path) -> Path:
        """Write the report whole or not at all, in the form that the name asks for: .html, .pdf (printed by Chromium) or .pptx (slides).

        Raises DataError (E_REPORT_FORM) for any other name; MktlibError where what makes it is missing (E_NO_BROWSER_PDF: Chromium or
        Playwright, E_OPTIONAL: python-pptx); StoreError where the place cannot be written: an older file there stays as it was.
        """
        return saved(self, Path(path))

    def _repr_html_(self) -> str:
        return "".join(f"<p>{_escaped(sentence)}</p>" for sentence in self.opening)

    def __repr__(self) -> str:
        return "\n".join(self.opening)


def report(
    *results: Result,
    language: str | None = None,
    reader: str = "client",
    path: str | Path | None = None,
    tables: Tables | None = None,
    title: str | None = None,
) -> Report:
    """Say any results in one self-contained HTML page that opens with the decision in plain words.

    A plan without a review is a pitch: its reasons, what was set aside, the measures and the rule for stopping are told too. Where one of
    the results says what came of it (a review, a comparison, a test by area ...), a client and an employer get a single page: what it
    brought, what we did, how sure we are, what next; no word is stronger than the evidence (`mktlib.results.evidence`).

    Parameters
    ----------
    results : any shapes of `mktlib.results`, in the order they should be read.
    language : of every word, number and date; default MKTLIB_LANGUAGE, else English.
    reader : "client" (plain and short), "employer" (the same with the money) or "team" (everything: statistics, limits, sources and every
        picture); "analyst" is an older name of "team".
    path : where to write the page, whole or not at all; default nowhere.
    tables : where labels come from; default the packaged tables.
    title : of the page; default the plan's name, else the language's own.

    Raises
    ------
    DataError : E_NO_RESULT, E_UNKNOWN_READER. StoreError : the page could not be written.
    """
    language = language or default_language()
    _check(results, reader, language)
    if wrong := not_tables(tables):
        raise DataError(wrong)
    held = any(r.facts.get("lift_grade") for r in results)
    voice = Voice(language=language, tables=tables or load_tables(), reader=reader, held=held)
    decided = decision(results)
    told = [section(voice, r) for r in results]
    single = is_one_page(voice, told)
    whole = _sheet(voice, results, told) if single else _pages(voice, results, told, decided)
    title = visible(title or whole.title)
    facts = {"decision": decided, "results": tuple(facts_of(r) for r in results)}
    terms = terms_in([title, *whole.texts()], language)
    made = Report(
        title=title, language=language, facts=facts, opening=whole.opening, sections=whole.sections, terms=terms,
        html=_page(voice, title, whole, terms, ranged=any(_ranged(r) for r in results)), findings=_lacking(voice),
        heading=whole.heading, head=whole.head, charts=tuple(charted(told, money=reader == "employer")) if single else (),
    )  # fmt: skip
    if path is not None:
        made.save(path)
    return made


@dataclass(frozen=True, kw_only=True)
class _Whole:
    """What a page is made of: its opening under a heading, then sections, each with its pictures."""

    title: str
    heading: str
    head: tuple[str, ...]
    opening: tuple[str, ...]
    sections: tuple[Section, ...]
    pictures: list[list[dict[str, Any]]]
    template: str

    def texts(self) -> list[str]:
        """Everything that is said on the page, its figures included."""
        said = [self.heading, *self.head, *self.opening]
        for one in self.sections:
            said += [one.title, one.headline, *one.sentences, *one.not_mean, *one.findings, *(x for pair in one.details for x in pair)]
            for table in one.tables:
                said += [table.caption, table.note, *(c.name for c in table.columns), *(x for row in table.rows for x in row.cells)]
        return [*said, *(picture["text"] for pictures in self.pictures for picture in pictures)]


def _sheet(voice: Voice, results: Sequence[Result], told: Sequence[Section]) -> _Whole:
    """The single page for a client or an employer."""
    opening = tuple(visible(s) for s in answer(voice, told))
    first = [k for k in foremost(told)]
    drawn = [*first, *(k for k, r in enumerate(results) if isinstance(r, Scores) and k not in first)]
    with small():
        figures = [p for k in drawn[:MOST_FIGURES] for p in _pictures(voice, results[k])[:1]]
    below = blocks(voice, told, results)
    named = name_of(results)
    title = voice.say("one.title_named", name=named) if named else voice.say("one.title")
    places = {"one_did": figures[:1], "one_sure": figures[1:]}
    if not any(s.kind == "one_did" for s in below):
        places["one_sure"] = figures
    pictures = _read(voice, [places.get(s.kind, []) for s in below])
    head = tuple(when(voice, results))
    return _Whole(
        title=title, heading=heading(voice, told), head=head, opening=opening, sections=tuple(below), pictures=pictures,
        template="onepage.html.jinja",
    )  # fmt: skip


def _pages(voice: Voice, results: Sequence[Result], told: Sequence[Section], decided: Facts) -> _Whole:
    """The decision, then a section a result."""
    new = pitched(results)
    drawn = [(s, _pictures(voice, r, pitch=any(r is p for p in new))) for s, r in zip(told, results, strict=True)]
    further: dict[int, list[tuple[Section, list[dict[str, Any]]]]] = {id(r): [(s, []) for s in pitch(voice, r, results)] for r in new}
    parts = [p for r, one in zip(results, drawn, strict=True) for p in (one, *further.get(id(r), []))]
    sections = tuple(s for s, _ in parts)
    opening = [visible(s) for s in opening_of(voice, decided)] if _decides(decided) else [s.headline for s in sections[:FOREMOST]]
    opening += unmeasured(voice, results)
    guide = isinstance(results[0], StyleGuide)
    alone = len(sections) == 1 and sections[0].kind == "style_guide"  # it goes out by itself, on one sheet
    return _Whole(
        title=voice.say("style_guide.page_title") if guide else _title(voice, decided),
        heading=voice.say("word.opening"), head=tuple(when(voice, results)), opening=tuple(opening), sections=sections,
        pictures=_read(voice, [pictures for _, pictures in parts]), template="guide.html.jinja" if alone else "report.html.jinja",
    )  # fmt: skip


def _read(voice: Voice, pictures: list[list[dict[str, Any]]]) -> list[list[dict[str, Any]]]:
    """How to read a figure, beside the first one of each family."""
    seen: set[str] = set()
    for picture in (p for some in pictures for p in some):
        how = how_to_read(picture["kind"], voice.language)
        picture["read"] = "" if how in seen else how
        seen.add(how)
    return pictures


def _lacking(voice: Voice) -> tuple[Finding, ...]:
    """That sentences are still said in English, where a language lacks them."""
    missing = missing_phrases(voice.language)
    if not missing:
        return ()
    return (finding("N_UNTRANSLATED", level="note", column=voice.language, found=len(missing), expected=", ".join(missing[:5])),)


def _decides(decided: Facts) -> bool:
    return bool(decided["plans"] or decided["scores"])


def _check(results: tuple[Result, ...], reader: str, language: str) -> None:
    wrong = [r for r in results if not isinstance(r, Result)]
    if not results or wrong:
        found = ", ".join(type(r).__name__ for r in wrong) or "0"
        raise DataError(finding("E_NO_RESULT", language, found=found, expected="Scores, Plan, Review, …"))
    known = load_tables().languages
    if language not in known:
        raise DataError(finding("E_OPTION", column="language", found=language, expected=", ".join(known)))
    if reader not in READERS:
        raise DataError(finding("E_UNKNOWN_READER", language, found=str(reader), expected=", ".join(READERS)))


def opening_of(voice: Voice, decided: Facts) -> list[str]:
    """The decision: what to make, stop and test; the money and the chances; which ones to stop; what is still too early."""
    alone = {k: decided[k] for k in ("make", "stop", "part")}
    said = planned(voice, decided) if decided["plans"] else scored(voice, decided, "opening.decision", alone)
    for plan in decided["plans"]:
        money = {k: voice.money(round(float(plan[k] or 0)), plan["currency"]) for k in ("spend", "budget")}
        said.append(voice.say("opening.money" if plan["budget"] else "opening.money_only", **money))
        said += expected(voice, plan)
    if decided["stops"]:
        said.append(voice.say("opening.which", names=voice.names(contents_named(voice, decided["stops"], decided["partly"]))))
    if decided["too_early"]:
        said.append(voice.count("opening.too_early", decided["too_early"]))
    return said


def planned(voice: Voice, decided: Facts) -> list[str]:
    """The contents of the plan, those that it tests among them; then what the scores say, where there are any."""
    made, tests = decided["make"], decided["test"]
    if not made + tests:
        return scored(voice, decided, "opening.scored", decided["settled"])
    parts = [voice.count(f"opening.{k}", n) for k, n in (("shown", made), ("tested", tests)) if n]
    said = [voice.count("opening.plan", made + tests, parts=voice.names(parts))]
    if not tests:
        said = [voice.say("opening.decision", parts=voice.count("opening.make", made))]
    return [*said, *(scored(voice, decided, "opening.scored", decided["settled"]) if decided["scored"] else [])]


def scored(voice: Voice, decided: Facts, key: str, counts: Mapping[str, int]) -> list[str]:
    parts = [voice.count(f"opening.{k}", n) for k, n in counts.items() if n]
    return [voice.count(key, decided["scored"], parts=voice.names(parts)) if parts else voice.say("opening.nothing")]


def _title(voice: Voice, decided: Facts) -> str:
    if not _decides(decided):
        return voice.say("title_told")
    name = next((p["name"] for p in decided["plans"] if p.get("name")), None)
    return voice.say("title_named", name=str(name)[:120]) if name else voice.say("title")


FOR_CLIENT: Mapping[type[Result], tuple[str, ...]] = {Scores: ("ranked", "heatmap")}
BEFORE: tuple[str, ...] = ("calendar", "dates")  # of a plan that has not run yet


def _pictures(voice: Voice, result: Result, *, pitch: bool = False) -> list[dict[str, Any]]:
    """The pictures a reader gets: the usual one for a client, every kind for an analyst; days only where a plan knows them."""
    known, shape = kinds(result), next((t.__name__ for t in type(result).__mro__ if t in PICTURES), "")
    if not voice.analyst:
        known = BEFORE if pitch else next((FOR_CLIENT[t] for t in type(result).__mro__ if t in FOR_CLIENT), known[:1])
    if isinstance(result, Plan) and result.calendar().empty:
        known = tuple(kind for kind in known if kind != "dates")
    if isinstance(result, Audience) and result.likes.empty:
        known = tuple(kind for kind in known if kind != "likes")
    made = []
    for kind in known:
        ax = plot(result, language=voice.language, kind=kind, tables=voice.tables)
        picture = Picture(ax=ax, text=describe(ax, voice.language))
        width = round(ax.get_figure(root=True).get_figwidth() * PIXELS_AN_INCH)  # type: ignore[union-attr]
        kind = (
            f"{shape}.{kind}_segments"
            if kind == "heatmap" and isinstance(result, Scores) and across_segments(result)
            else f"{shape}.{kind}"
        )
        made.append({"kind": kind, "text": picture.text, "width": width, "data": base64.b64encode(picture.png(dpi=DPI)).decode("ascii")})
    return made


def _escaped(text: str) -> str:
    return str(templates().from_string("{{ text }}").render(text=text))


def _ranged(result: Result) -> bool:
    """Whether any frame of a result, or its facts, hold a range."""
    named: list[tuple[str, bool]] = []
    for held in vars(result).values():
        if isinstance(held, pd.DataFrame):
            named += [(str(c), bool(held[c].notna().any())) for c in held.columns]
        elif isinstance(held, Mapping):
            named += [(str(k), v is not None) for k, v in held.items()]
    return any(known for name, known in named if name == "low" or name.endswith("_low"))


def _page(voice: Voice, title: str, whole: _Whole, terms: Sequence[Term], *, ranged: bool) -> str:
    words = {k: voice.say(f"word.{k}") for k in ("as_text", "not_mean", "findings", "details")} | {"opening": whole.heading}
    words |= {k: voice.say(f"one.{k}") for k in ("read", "terms")}
    words["footer"] = voice.say("word.footer" if ranged else "word.footer_plain")
    shown = [{**vars(s), "pictures": p} for s, p in zip(whole.sections, whole.pictures, strict=True)]
    return (
        templates()
        .get_template(whole.template)
        .render(language=voice.language, title=title, head=whole.head, opening=whole.opening, sections=shown, terms=terms, words=words)
    )
