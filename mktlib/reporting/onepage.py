"""The single page for a client or an employer: what it brought, what we did, how sure we are, what next; and the money, for an employer.

It is put together from the `brief` that each writer hands back. The answer stands first: what the result with the strongest evidence
says (drawn by lot before compared, compared before only seen). A result that has nothing for this page is told by its headline.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from mktlib.reporting.drafts import Section
from mktlib.reporting.found import told
from mktlib.reporting.voice import Voice
from mktlib.results import Result
from mktlib.results.evidence import EVIDENCE

BLOCKS = ("did", "money", "sure", "next")
MOST_FIGURES = 2
MOST_FINDINGS = 4
FIRST_OF_ALL = 2
"""Results that may say two sentences of what they brought; the others say one."""
PERIOD = (("first_day", "last_day"), ("start", "end"))


def is_one_page(voice: Voice, sections: Iterable[Section]) -> bool:
    """Whether a page of one sheet can be made: for a client or an employer, of results of which one says what came of it."""
    return not voice.analyst and any(s.brief.get("brought") for s in sections)


def foremost(sections: Sequence[Section]) -> list[int]:
    """The sections that say what came of it, those with the strongest evidence first."""
    saying = [k for k, s in enumerate(sections) if s.brief.get("brought")]
    return sorted(saying, key=lambda k: (*EVIDENCE, "").index(sections[k].evidence))


def answer(voice: Voice, sections: Sequence[Section]) -> list[str]:
    """What it brought, the strongest first; how sure that first one is, right below it."""
    ranked = [sections[k] for k in foremost(sections)]
    said = [[*one.brief["brought"]][: None if rank < FIRST_OF_ALL else 1] for rank, one in enumerate(ranked)]
    said.insert(1, surest(voice, ranked[0]))
    return list(dict.fromkeys(s for some in said for s in some))


def surest(voice: Voice, one: Section) -> list[str]:
    """The one sentence on how sure a result is: the rule's, where the result says it or has none of its own; else its first."""
    rule, own = _by_rule(voice, one), one.brief.get("sure", ())
    return list(rule if set(rule) & set(own) or not own else own[:1])


def charted(sections: Sequence[Section], *, money: bool) -> Iterator[Section]:
    """For slides: each result with numbers that can be drawn, under what it brought; amounts of money only for who is told of money."""
    first = foremost(sections)
    for one in (*(sections[k] for k in first), *(s for k, s in enumerate(sections) if k not in first)):
        drawn = next((g for g in one.tables if g.bars and (money or g.bars.unit != "money")), None)
        if drawn:
            brought, *more = one.brief.get("brought") or (one.headline,)
            yield replace(one, headline=brought, sentences=(*more, *one.brief.get("sure", ())), tables=(drawn,), details=())


def heading(voice: Voice, sections: Sequence[Section]) -> str:
    """ "What it brought" where a lot was drawn for all that is said below; else no more than what was seen."""
    drawn = all(s.evidence == "randomised" for s in sections if s.brief.get("brought"))
    return voice.say("one.brought" if drawn else "one.seen")


def blocks(voice: Voice, sections: Sequence[Section], results: Sequence[Result]) -> list[Section]:
    """The parts of the page below its answer, those that have something to say."""
    first = foremost(sections)
    ranked = [*(sections[k] for k in first), *(s for k, s in enumerate(sections) if k not in first)]  # what is answered first is told first
    said = {part: [x for s in ranked for x in s.brief.get(part, ())] for part in BLOCKS}
    said["did"] = [x for s in sections for x in s.brief.get("did", ())]
    said["sure"] = [*_sure(voice, ranked), *unmeasured(voice, results)]
    said["money"] = list(_money(voice, ranked)) if voice.reader == "employer" else []
    said["also"] = [s.headline for s in sections if not s.brief]
    grave = list(
        dict.fromkeys(told(voice, f) for k in first for f in results[k].findings if f.level != "note" and "person" not in f.values)
    )
    rest = [voice.count("more_findings", len(grave) - MOST_FINDINGS)] if len(grave) > MOST_FINDINGS else []
    said["findings"] = [*grave[:MOST_FINDINGS], *rest]
    return [_block(voice, part, dict.fromkeys(sentences)) for part, sentences in said.items() if sentences]


def _block(voice: Voice, part: str, sentences: Iterable[str]) -> Section:
    first, *others = sentences
    return Section(
        kind=f"one_{part}",
        title=voice.say("word.findings" if part == "findings" else f"one.{part}"),
        headline=first,
        sentences=tuple(others),
    )


def _sure(voice: Voice, sections: Sequence[Section]) -> Iterator[str]:
    """How sure each result is, in its own words, under its name where there are several; by the rule alone where it has none."""
    every = [(one.title, list(one.brief.get("sure") or _by_rule(voice, one))) for one in sections]
    above = surest(voice, sections[0])  # stands in the answer: not told twice, unless it is all there is to tell
    if sum(len(said) for _, said in every) > len(above):
        every[0] = (every[0][0], [s for s in every[0][1] if s not in above])
    several = sum(bool(sentences) for _, sentences in every) > 1
    for title, sentences in every:
        yield from (voice.say("pair", name=title, value=s) if several and not k else s for k, s in enumerate(sentences))


def _money(voice: Voice, sections: Sequence[Section]) -> Iterator[str]:
    """Sentences of money, each under the name of what it comes from where there are several: amounts of two sources are not one sum."""
    several = sum(bool(one.brief.get("money")) for one in sections) > 1
    for one in sections:
        name = voice.say(f"one.source.{one.kind}") if voice.knows(f"one.source.{one.kind}") else one.title
        yield from (voice.say("one.from", name=name, value=s) if several else s for s in one.brief.get("money", ()))


def _by_rule(voice: Voice, one: Section) -> tuple[str, ...]:
    return (voice.sureness(one.evidence, one.grade),) if one.brief.get("brought") and one.evidence and one.grade else ()


def unmeasured(voice: Voice, results: Iterable[Result]) -> list[str]:
    """Once for the page: how many refused to be measured, where that is known."""
    shares = sorted({x for x in (_share(r.facts.get("unmeasured")) for r in results) if x is not None})
    if not shares or shares[-1] <= 0:
        return []
    if len(shares) == 1:
        return [voice.say("unmeasured", share=voice.percent(shares[0]))]
    return [voice.say("unmeasured_between", low=voice.percent(shares[0]), high=voice.percent(shares[-1]))]


def _share(value: Any) -> float | None:
    known = isinstance(value, int | float) and not isinstance(value, bool) and not pd.isna(value)
    return float(value) if known else None


def when(voice: Voice, results: Iterable[Result]) -> list[str]:
    """The period of the campaign and the day up to which the data go, where results name them."""
    every = [r.facts for r in results]
    days = next((pair for facts in every for pair in _periods(facts)), None)
    said = [voice.say("one.period", first=voice.date(days[0]), last=voice.date(days[1]))] if days else []
    known = [
        pd.Timestamp(day).tz_localize(None)
        for facts in every
        if not pd.isna(day := pd.to_datetime(str(facts.get("as_of")), errors="coerce"))
    ]
    return [*said, *([voice.say("one.until", day=voice.date(max(known)))] if known else [])]


def _periods(facts: Mapping[str, Any]) -> Iterator[tuple[Any, Any]]:
    for first, last in PERIOD:
        if facts.get(first) is not None and facts.get(last) is not None:
            yield facts[first], facts[last]


def name_of(results: Iterable[Result]) -> str | None:
    """The name of the campaign, where a result knows it."""
    return next((str(r.facts["name"])[:120] for r in results if r.facts.get("name")), None)
