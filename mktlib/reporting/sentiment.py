"""What is said of the tone of texts, in words: the share of negatives, how far it was checked, and what it rests on."""

from __future__ import annotations

from mktlib.reporting.drafts import Draft
from mktlib.reporting.facts import Facts
from mktlib.reporting.grid import Column, Grid, Row
from mktlib.reporting.voice import Voice
from mktlib.results import SentimentShare


def sentiment_draft(voice: Voice, result: SentimentShare, facts: Facts) -> Draft:
    rows = {str(r["sentiment"]): r for r in result.table.to_dict("records")}
    share = {name: voice.percent(row["share"]) for name, row in rows.items()}
    negative = rows["negative"]
    within = voice.within(voice.percent(negative["low"]), voice.percent(negative["high"]))
    headline = voice.say("sentiment.shown" if facts["corrected"] else "sentiment.raw", share=share["negative"], within=within)
    sentences = [voice.say("sentiment.others", positive=share["positive"], neutral=share["neutral"])]
    sentences.append(voice.count("sentiment.read", facts["read"]))
    skipped = facts["other_language"] + facts["empty"]
    sentences += [voice.count("sentiment.skipped", skipped)] if skipped else []
    if facts["corrected"]:
        sentences.append(voice.count("sentiment.checked", facts["labelled"], accuracy=voice.percent(facts["accuracy"])))
        sentences += [] if facts["fits"] else [voice.say("sentiment.unlike")]
    return Draft(headline=headline, sentences=sentences, tables=[_shares(voice, result)], details=_details(voice, facts))


def _shares(voice: Voice, result: SentimentShare) -> Grid:
    names = ("sentiment", "share", *(("found", "texts") if voice.analyst else ()))
    heads = [Column(voice.say(f"sentiment.column.{n}"), n != "sentiment") for n in names]
    heads[2:2] = [Column(voice.column(n), True) for n in ("low", "high")]
    said = []
    for row in result.table.to_dict("records"):
        cells = [voice.label("sentiment", row["sentiment"]), *(voice.percent(row[k]) for k in ("share", "low", "high"))]
        cells += [voice.percent(row["found"]), voice.number(row["texts"])] if voice.analyst else []
        said.append(Row(tuple(cells)))
    return Grid(caption=voice.say("sentiment.caption"), columns=tuple(heads), rows=tuple(said))


def _details(voice: Voice, facts: Facts) -> list[tuple[str, str]]:
    kinds = {"read": voice.number, "labelled": voice.number, "accuracy": voice.percent, "copies": voice.number}
    out = [(voice.say(f"sentiment.detail.{k}"), how(float(facts[k]))) for k, how in kinds.items() if facts.get(k)]
    return [*out, (voice.say("detail.level"), voice.percent(float(facts["level"])))]
