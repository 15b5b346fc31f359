"""A style in words: the one-page guide for those who write, and how near a draft is to each style."""

from __future__ import annotations

from collections.abc import Iterable

from mktlib.reporting.drafts import Draft
from mktlib.reporting.facts import Facts
from mktlib.reporting.grid import Column, Grid, Row
from mktlib.reporting.voice import Voice
from mktlib.results import StyleFit, StyleGuide
from mktlib.wording import list_of

MOST_STYLES = 5


def style_guide_draft(voice: Voice, result: StyleGuide, facts: Facts) -> Draft:
    """Do and don't, tone, words, before and after, limits, sensitive subjects."""
    style = voice.label("style", facts["style"])
    headline = voice.say("style_guide.brand" if facts["brand"] else "style_guide.headline", style=style, brand=voice.text(facts["brand"]))
    sentences = [voice.say("style_guide.example", example=voice.text(facts["example"]))] if facts["example"] else []
    tables = [_advice(voice, result), _tone(voice, result), _words(voice, result), _pairs(voice, result), _limits(voice, result)]
    return Draft(headline=headline, sentences=[*sentences, _sensitive(voice, result)], tables=[t for t in tables if t.rows], details=[])


def _grid(voice: Voice, name: str, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> Grid:
    heads = tuple(Column(voice.say(f"style_guide.column.{c}")) for c in columns)
    return Grid(caption=voice.say(f"style_guide.caption_{name}"), columns=heads, rows=tuple(Row(tuple(r)) for r in rows))


def _advice(voice: Voice, result: StyleGuide) -> Grid:
    """Do and don't side by side."""
    sides = [[voice.text(t) for t in result.advice.loc[result.advice["kind"] == kind, "text"]] for kind in ("do", "dont")]
    most = max(map(len, sides))
    padded = [side + ["–"] * (most - len(side)) for side in sides]
    return _grid(voice, "advice", ("do", "dont"), zip(*padded, strict=True))


def _tone(voice: Voice, result: StyleGuide) -> Grid:
    rows = []
    for mark, value in zip(result.tone["mark"], result.tone["value"], strict=True):
        number = isinstance(value, int)
        said = voice.say(f"style_guide.at_{mark}", value=voice.number(value)) if number else voice.say(f"style_guide.tone.{mark}_{value}")
        rows.append((voice.say(f"style_guide.mark.{mark}"), said))
    return _grid(voice, "tone", ("mark", "value"), rows)


def _words(voice: Voice, result: StyleGuide) -> Grid:
    both = [", ".join(voice.text(w) for w in result.words.loc[result.words["kind"] == kind, "words"]) for kind in ("use", "avoid")]
    return _grid(voice, "words", ("use", "avoid"), [both] if any(both) else [])


def _pairs(voice: Voice, result: StyleGuide) -> Grid:
    """Before, after, and the names of the rules that the before breaks."""
    rules = voice.tables.rules
    rows = []
    for before, after, codes in result.table[["before", "after", "codes"]].itertuples(index=False):
        why = [str(rules[c]["label"].get(voice.language) or rules[c]["label"]["en"]) for c in codes[:3] if c in rules]
        rows.append((_long(before), _long(after), list_of([w[:1].lower() + w[1:] for w in why], voice.language) if why else "–"))
    return _grid(voice, "pairs", ("before", "after", "why"), rows)


def _long(text: str) -> str:
    return text if len(text) <= 400 else text[:399] + "…"


def _limits(voice: Voice, result: StyleGuide) -> Grid:
    rows = []
    for spec, most, advised in result.limits[["spec", "most", "advised"]].itertuples(index=False):
        label = voice.tables.specs[spec]["label"]
        seen = voice.say("style_guide.seen", value=advised) if advised else ""
        allowed = voice.say("style_guide.most", value=voice.number(int(most))) if most == most and most is not None else ""
        rows.append((voice.text(label.get(voice.language) or label["en"]), ", ".join(x for x in (allowed, seen) if x) or "–"))
    return _grid(voice, "limits", ("place", "room"), rows)


def _sensitive(voice: Voice, result: StyleGuide) -> str:
    labels = [voice.tables.rules[code]["label"] for code in result.sensitive["rule"]]
    said = [str(label.get(voice.language) or label["en"]) for label in labels]
    return voice.say("style_guide.sensitive", names=list_of([s[:1].lower() + s[1:] for s in said], voice.language))


def style_fit_draft(voice: Voice, result: StyleFit, facts: Facts) -> Draft:
    """Which style a draft is nearest to, how clearly, and by which marks."""
    table = result.table
    if not facts["words"]:
        return Draft(headline=voice.say("style_fit.empty"), sentences=[], tables=[], details=[])
    best, second = (voice.inner("style", table["style"].iloc[k]) for k in (0, 1))
    clear = float(facts["ratio"]) >= 3 and facts["words"] >= 20
    headline = voice.say("style_fit.clear" if clear else "style_fit.near", best=best, second=second)
    marks = _mark_names(voice, table["marks_for"].iloc[0])
    sentences = [voice.say("style_fit.marks", marks=marks, best=best)] if marks else []
    sentences.append(voice.count("style_fit.length", facts["words"], seconds=voice.number(round(facts["seconds"]))))
    if facts["words"] < 20:
        sentences.append(voice.say("style_fit.short"))
    columns = ("style", "fit", "marks_for", "marks_against")
    nearest = table.head(MOST_STYLES).to_dict("records")
    rows = [
        Row((voice.label("style", r["style"]), voice.percent(r["fit"]), *(_mark_names(voice, r[c]) or "–" for c in columns[2:])))
        for r in nearest
    ]
    heads = tuple(Column(voice.say(f"style_fit.column.{c}"), c == "fit") for c in columns)
    grid = Grid(caption=voice.say("style_fit.caption"), columns=heads, rows=tuple(rows))
    details = [(voice.say(f"style_fit.detail.{k}"), voice.number(float(facts[k]), 1)) for k in ("sentence_words", "ease")]
    return Draft(headline=headline, sentences=sentences, tables=[grid], details=details)


def _mark_names(voice: Voice, keys: Iterable[str]) -> str:
    labels = [voice.tables.marks[k]["label"] for k in list(keys)[:3]]
    return list_of([(s := str(x.get(voice.language) or x["en"]))[:1].lower() + s[1:] for x in labels], voice.language) if labels else ""
