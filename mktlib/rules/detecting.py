"""Rules that no list of words can say: each detector finds its places in a draft; rows of the tables call them by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice

from mktlib.rules.counting import GRAMMAR, HASHTAG, emoji, quotations, spans
from mktlib.rules.draft import HIDDEN, MOST_CHARACTERS, Span
from mktlib.rules.found import Case, Found
from mktlib.rules.readability import ENOUGH_WORDS, reading
from mktlib.vocabulary import Row, lookup

IMAGE = re.compile(r"<img\b[^<>]{0,2000}>|!\[\s{0,9}\]\([^()\n]{1,500}\)", re.I)
ALT = re.compile(r"\balt\s{0,9}=\s{0,9}(\"[^\"]{0,4000}\"|'[^']{0,4000}'|[^\s>]{1,200})", re.I)
LONGEST_ALT = 125
OFF = ((30.0, "error"), (9.0, "warning"), (2.0, "note"))
"""How many times likelier another style must be, and how grave that is."""
FEWEST_FOR_STYLE = 8
PULLED, MOST_PULLS, STRONG_PULL = 9.0, 6, 0.5
"""From which ratio the places are shown that pull a draft away, how many, and how strong each must be (log-odds)."""


def mixed_address(case: Case, row: Row) -> Iterator[Found]:
    """The rarer of tu and vous, where a draft has both outside quotations."""
    said = {"tu": ("tu", "toi", "te", "t'", "tes"), "vous": ("vous", "votre", "vos")}
    quoted = list(islice(quotations(case.draft), 500))
    free = [t for t in case.draft.tokens if not any(q.start <= t.start < q.end for q in quoted)]
    both = {who: [t for t in free if t.text in words] for who, words in said.items()}
    if all(both.values()):
        rarer = min(both, key=lambda who: (len(both[who]), who))
        yield from (Found(start=t.start, end=t.end) for t in both[rarer][:3])


def emoji_row(case: Case, row: Row) -> Iterator[Found]:
    """Three emoji or more with nothing between them."""
    run: list[Span] = []
    for span in [*emoji(case.draft), Span(len(case.draft.read) + 9, len(case.draft.read) + 9)]:
        if run and case.draft.read[run[-1].end : span.start].strip(" \u200d\ufe0f") == "" and span.start <= run[-1].end + 2:
            run.append(span)
            continue
        if len(run) >= 3:
            first = case.draft.read[run[0].start : run[0].end]
            yield Found(start=run[0].start, end=run[-1].end, instead=first, values={"amount": len(run)})
        run = [span]


def emoji_inside(case: Case, row: Row) -> Iterator[Found]:
    """An emoji with a small letter after it on the same line."""
    for span in emoji(case.draft):
        before, after = case.draft.read[max(0, span.start - 30) : span.start], case.draft.read[span.end : span.end + 3].lstrip(" ,")
        if after[:1].islower() and before.strip() and before.rstrip(" ")[-1:] not in (".", "!", "?", "\n", "…"):
            yield Found(start=span.start, end=span.end)


def hashtag_case(case: Case, row: Row) -> Iterator[Found]:
    """A hashtag of twelve letters or more without a capital inside."""
    for span in spans(HASHTAG, case.draft.words_only):
        word = case.draft.read[span.start + 1 : span.end]
        if len(word) >= 12 and word.islower() and "_" not in word:
            yield Found(start=span.start, end=span.end)


def missing_alt(case: Case, row: Row) -> Iterator[Found]:
    """Pictures of HTML or Markdown without a text in their place."""
    for match in IMAGE.finditer(case.draft.raw):
        if match[0].startswith("!") or not ALT.search(match[0]):
            yield Found(start=match.start(), end=match.end(), raw=True)


def long_alt(case: Case, row: Row) -> Iterator[Found]:
    for match in IMAGE.finditer(case.draft.raw):
        alt = ALT.search(match[0])
        if alt and len(alt[1]) - 2 > LONGEST_ALT:
            start = match.start() + alt.start(1)
            yield Found(start=start, end=start + len(alt[1]), raw=True, values={"amount": len(alt[1]) - 2, "most": LONGEST_ALT})


def long_sentence(case: Case, row: Row) -> Iterator[Found]:
    """Sentences beyond what the style bears; French needs a tenth more words for the same."""
    most = round(float(case.style.get("sentence_words", 30)) * (1.1 if case.draft.language == "fr" else 1.0))
    for tokens in case.draft.sentence_tokens:
        if len(tokens) > most:
            level = "warning" if len(tokens) > 1.5 * most else "note"
            yield Found(start=tokens[0].start, end=tokens[-1].end, values={"amount": len(tokens), "most": most}, level=level)  # type: ignore[arg-type]


def hard_text(case: Case, row: Row) -> Iterator[Found]:
    read, least = reading(case.draft), float(case.style.get("ease", 0))
    if read.words >= ENOUGH_WORDS and read.ease < least:
        yield Found(start=0, end=len(case.draft.read), quote=False, values={"amount": round(read.ease), "most": round(least)})


def hidden(case: Case, row: Row) -> Iterator[Found]:
    places = [k for k, c in enumerate(case.draft.raw) if c in HIDDEN]
    if places:
        yield Found(start=places[0], end=places[0] + 1, raw=True, values={"amount": len(places)})


def empty(case: Case, row: Row) -> Iterator[Found]:
    if not case.draft.words:
        yield Found(start=0, end=0, quote=False)


def cut(case: Case, row: Row) -> Iterator[Found]:
    if case.whole > MOST_CHARACTERS:
        yield Found(
            start=MOST_CHARACTERS, end=MOST_CHARACTERS, raw=True, quote=False, values={"amount": case.whole, "most": MOST_CHARACTERS}
        )


def other_language(case: Case, row: Row) -> Iterator[Found]:
    """Sentences whose small words are another language's; quotations of a few words pass."""
    mine = case.draft.language
    names = {code: {"language": str(lookup(f"rules.language.{mine}", code))} for code in case.tables.languages}
    for tokens in case.draft.sentence_tokens:
        counts = {code: sum(t.text in words["function_words"] for t in tokens) for code, words in GRAMMAR.items()}
        other = max((n for code, n in counts.items() if code != mine), default=0)
        if len(tokens) >= 8 and other >= 3 and other > 2 * counts.get(mine, 0):
            yield Found(start=tokens[0].start, end=tokens[-1].end, words=names)


def _better(case: Case) -> tuple[str, float]:
    """The style that fits best, and how many times likelier it is than the one asked for; 1 for a style of which no mark says anything."""
    table = case.fit.table
    asked = float(table.loc[table["style"] == case.place.style, "fit"].iloc[0])
    known = any(case.place.style in mark["weights"] for mark in case.tables.marks.values())
    far = known and case.draft.words >= FEWEST_FOR_STYLE
    return str(table["style"].iloc[0]), float(table["fit"].iloc[0]) / max(asked, 1e-9) if far else 1.0


def style_off(case: Case, row: Row) -> Iterator[Found]:
    """Another style fits the draft clearly better: which marks say so, and what to change."""
    best, ratio = _better(case)
    level = next((level for least, level in OFF if ratio >= least), None)
    if level:
        words = {code: _off_words(case, best, code) for code in case.tables.languages}
        yield Found(start=0, end=len(case.draft.read), quote=False, words=words, level=level, values={"nearest": best, "ratio": ratio})  # type: ignore[arg-type]


def style_pull(case: Case, row: Row) -> Iterator[Found]:
    """Where a draft in the wrong style is pulled away: the first place of each mark that does it."""
    best, ratio = _better(case)
    if ratio < PULLED:
        return
    allowed = {"tu"} if case.style.get("address") in ("tu", "either") else set()
    for key, gap in _gaps(case, best)[:MOST_PULLS]:
        where = () if key in allowed else case.marks[key].where
        if gap >= STRONG_PULL and where:
            names = {
                code: {"mark": _mark_label(case, key, code), "other": _style_label(case, best, code)} for code in case.tables.languages
            }
            yield Found(start=where[0].start, end=where[0].end, words=names, values={"key": key})


def _off_words(case: Case, best: str, language: str) -> dict[str, str]:
    """The marks that tell the two styles apart in this draft, and the brand's own advice."""
    marks = [_mark_label(case, key, language) for key, gap in _gaps(case, best)[:3] if gap > 0.3]
    advice = case.style.get("do", {}).get(language, ())
    shown = ", ".join(m[:1].lower() + m[1:] for m in marks) or str(lookup("rules.no_marks", language))
    return {"other": _style_label(case, best, language), "marks": shown, "change": ". ".join(advice)}


def _mark_label(case: Case, key: str, language: str) -> str:
    label = case.tables.marks[key]["label"]
    return str(label.get(language) or label["en"])


def _style_label(case: Case, style: str, language: str) -> str:
    label = case.tables.label("style", style, language)
    return label[:1].lower() + label[1:]


def _gaps(case: Case, best: str) -> list[tuple[str, float]]:
    """How much each mark speaks for the best style beyond the one asked for, the strongest first."""
    said = {
        key: shown.strength * (float(row["weights"].get(best, 0)) - float(row["weights"].get(case.place.style, 0)))
        for (key, row), shown in zip(case.tables.marks.items(), case.marks.values(), strict=True)
    }
    return sorted(said.items(), key=lambda pair: -pair[1])


DETECTORS: Mapping[str, Callable[[Case, Row], Iterator[Found]]] = {
    "mixed_address": mixed_address,
    "emoji_row": emoji_row,
    "emoji_inside": emoji_inside,
    "hashtag_case": hashtag_case,
    "missing_alt": missing_alt,
    "long_alt": long_alt,
    "long_sentence": long_sentence,
    "hard_text": hard_text,
    "hidden": hidden,
    "empty": empty,
    "cut": cut,
    "other_language": other_language,
    "style_off": style_off,
    "style_pull": style_pull,
}
