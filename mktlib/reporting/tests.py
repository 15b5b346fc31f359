"""What tests say, in words: which arm does better and how surely, where targeting gains nothing, how many people a test takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mktlib.reporting.drafts import Draft, statistics
from mktlib.reporting.facts import Facts
from mktlib.reporting.grid import Grid, Spec, grid
from mktlib.reporting.voice import Voice
from mktlib.results import Comparison, SampleSize
from mktlib.results.tests import ENOUGH
from mktlib.wording import chances, percent, visible

MOST_ARMS, MOST_BY = 4, 4


def two(value: float) -> float:
    """Two figures: what is uncertain is not told to the last digit."""
    return float(f"{value:.2g}") if np.isfinite(value) else value


def people(voice: Voice, count: float) -> str:
    """A number of people to two figures."""
    return voice.number(round(two(count)), 0)


class Teller:
    """Says the values and the differences of one metric: points for shares, money for money, numbers for the rest."""

    def __init__(self, voice: Voice, facts: Facts) -> None:
        self.voice, self.unit, self.currency = voice, str(facts.get("unit", "percent")), str(facts.get("currency") or "EUR")
        self.level = float(facts["level"])

    def value(self, x: float) -> str:
        if self.unit == "money":
            return self.voice.money(x, self.currency)
        if self.unit != "percent" or not abs(x) >= 0.1:
            return self.voice.percent(x) if self.unit == "percent" else self.voice.number(x)
        return percent(float(x), self.voice.language, digits=1)  # 18.9 and 12.6 %: their difference of 6.3 points adds up

    def lift(self, x: float, *, signed: bool = False) -> str:
        """A difference; with its sign where asked for."""
        if x is None or not np.isfinite(x):
            return "–"
        shown = abs(x)
        if self.unit == "percent":
            digits = _digits(shown * 100)
            said = self.voice.say("arms.points", count=round(shown * 100, digits), x=self.voice.number(shown * 100, digits))
        else:
            said = self.value(shown)
        return f"{_mark(x, signed)}{said}"

    def sure(self) -> str:
        """The chances of the ranges."""
        return chances(self.level, self.voice.language)

    def ends(self, low: float, high: float) -> dict[str, str]:
        """Both ends of a range; points are said once."""
        said = {"low": self.lift(low, signed=True), "high": self.lift(high, signed=True)}
        if self.unit == "percent" and np.isfinite(low):
            said["low"] = _mark(low, True) + self.voice.number(abs(low) * 100, _digits(abs(low) * 100))
        return said


def _mark(x: float, signed: bool) -> str:
    return "-" if x < 0 else "+" if signed and x > 0 else ""


def p_words(voice: Voice, p: float) -> str:
    """A p-value to two figures; the smallest are not told apart."""
    if not np.isfinite(p):
        return "–"
    return voice.say("arms.p_least", p=voice.number(0.001, 3)) if p < 0.001 else voice.number(two(p), 3 if p < 0.1 else 2)


def _digits(x: float) -> int:
    """Digits after the comma for two or three figures that matter."""
    return 0 if x >= 100 or x == 0 else 1 if x >= 1 else 2 if x >= 0.1 else 3


def metric_words(voice: Voice, facts: Facts) -> str:
    """The metric inside a sentence; a ratio names both columns."""
    name, per = str(facts["metric"]), facts.get("per")
    said = voice.inner("metric", name) if name in voice.tables.metrics else _column(voice, name)
    return voice.say("arms.per", name=said, per=_column(voice, str(per))) if per else said


def _column(voice: Voice, name: str) -> str:
    """A column of someone's own; a single letter is theirs, not a place on a map."""
    return voice.inner("column", name) if len(name) > 1 else voice.text(name)


# ---------------------------------------------------------------- arms


def comparison_draft(voice: Voice, result: Comparison, facts: Facts) -> Draft:
    """Arms or policies beside a control."""
    if facts["kind"] == "arms" and len(result.table) < 2:
        return Draft(headline=voice.say("comparison.empty"), sentences=[], tables=[], details=[])
    return _arms_draft(voice, result, facts) if facts["kind"] == "arms" and "look" in facts else _policies_draft(voice, result, facts)


def _policies_draft(voice: Voice, result: Comparison, facts: Facts) -> Draft:
    best, metric, currency = facts["best"], facts["metric"], facts["currency"]
    headline, sentences = voice.say("comparison.empty"), []
    if best:
        lift, low, high = (voice.rate(best[k], metric, currency) for k in ("lift", "low", "high"))
        values = {"arm": voice.label("arm", best["arm"]), "control": voice.label("arm", facts["control"]), "lift": lift}
        key = "shown" if facts["better"] else "undecided"
        headline = voice.say(f"comparison.{key}", **values, within=voice.within(low, high), metric=voice.inner("metric", metric))
        sentences = [] if facts["better"] else [voice.say("comparison.no_need", control=values["control"])]
    spec: list[Spec] = [("arm", "label"), ("n", "number"), ("mean", "rate"), ("lift", "rate"), ("low", "rate"), ("high", "rate")]
    spec.append(("verdict", "label"))
    table = grid(voice, result.table, spec, caption=voice.say("comparison.caption", metric=voice.inner("metric", metric)), facts=facts)
    details = statistics(voice, facts, level="percent", held_out="number")
    return Draft(headline=headline, sentences=sentences, tables=[table], details=details)


def _arms_draft(voice: Voice, result: Comparison, facts: Facts) -> Draft:
    """The headline is that of the arm spoken of first; the others follow, then the test itself, then the segments."""
    teller, rows = Teller(voice, facts), result.table.to_dict("records")
    control, arms = rows[0], rows[1:]
    best = next((r for r in arms if r["arm"] == facts["first"]), arms[0])
    headline = _headline(voice, teller, facts, best, control)
    sentences = (
        [] if facts["withheld"] else [_one_arm(voice, teller, r) for r in arms if r is not best and np.isfinite(r["low"])][:MOST_ARMS]
    )
    targeting = _targeting(voice, teller, result, facts)
    sentences += [_design(voice, facts), *_size(voice, teller, facts, best), *targeting, *_team(voice, facts)]
    known = statistics(voice, facts, level="percent")
    known += [(voice.say(f"detail.{k}"), p_words(voice, p)) for k, p in (("p_arm", best["p_adjusted"]), ("p_lot", facts["mismatch"]))]
    return Draft(
        headline=headline,
        sentences=sentences,
        tables=_arm_tables(voice, teller, result, facts),
        details=known,
        brief=_brief(voice, teller, facts, best, control, targeting),
    )


def _state(facts: Facts, row: Mapping[Any, Any]) -> str:
    """Which sentence an arm has earned."""
    if facts["withheld"]:
        return "withheld"
    if not np.isfinite(row["low"]):
        return "no_range"
    if facts["evidence"] != "randomised":
        return "seen"
    if row["grade"] == "shown":
        return "shown" if row["verdict"] == "better" else "worse"
    return str(row["grade"])


def _says(facts: Facts, row: Mapping[Any, Any]) -> str:
    """The sentence of a state; one that leans says to which side."""
    state = _state(facts, row)
    better = row["lift"] < 0 if facts["less_is_better"] else row["lift"] > 0
    return state if state != "tendency" else f"tendency_{'better' if better else 'worse'}"


def _headline(voice: Voice, teller: Teller, facts: Facts, row: Mapping[Any, Any], control: Mapping[Any, Any]) -> str:
    least = teller.lift(facts["least"]) if facts["least"] is not None else ""
    values = {"arm": voice.label("arm", row["arm"]), "control": voice.label("arm", control["arm"]), "least": least}
    values |= {"mean": teller.value(row["mean"]), "base": teller.value(control["mean"]), "metric": metric_words(voice, facts)}
    values |= {"lift": teller.lift(row["lift"], signed=True), **teller.ends(row["low"], row["high"])}
    return voice.say(f"arms.{_says(facts, row)}", **values, sure=teller.sure())


def _one_arm(voice: Voice, teller: Teller, row: Mapping[Any, Any]) -> str:
    """Another arm: its difference, its range, and what may be said of it."""
    values = {"arm": voice.label("arm", row["arm"]), "lift": teller.lift(row["lift"], signed=True), **teller.ends(row["low"], row["high"])}
    return voice.say("arms.other", grade=voice.graded(row["grade"]), sure=teller.sure(), **values)


def _design(voice: Voice, facts: Facts) -> str:
    """Who was in the test, and how arms were given."""
    return voice.count(f"arms.{facts['assigned']}", facts["people"], arms=voice.number(facts["arms"]))


def _size(voice: Voice, teller: Teller, facts: Facts, best: Mapping[Any, Any]) -> list[str]:
    """What a test of this size notices, and how many more people would tell."""
    if facts["withheld"] or facts["evidence"] != "randomised":
        return []
    said = [voice.say("arms.detectable", lift=teller.lift(two(facts["detectable"])))] if facts["detectable"] is not None else []
    return [*said, *_more(voice, teller, facts, best)]


def _more(voice: Voice, teller: Teller, facts: Facts, best: Mapping[Any, Any]) -> list[str]:
    """How many more people, where more people are the answer."""
    more = best["more"]
    if facts["withheld"] or pd.isna(more) or facts["evidence"] != "randomised" or more <= 0:
        return []
    target = teller.lift(facts["least"] if facts["least"] is not None else abs(best["lift"]))
    if not np.isfinite(more):
        return [voice.say("arms.out_of_reach", lift=target)]
    key = "arms.more_least" if facts["least"] is not None else "arms.more"
    if _ended(facts):
        return [voice.say(f"{key}_once", lift=target, people=people(voice, facts["people"] + more))]
    return [voice.count(key, more, lift=target, people=people(voice, more))]


def _ended(facts: Facts) -> bool:
    """Whether the planned end is reached, or the one look is taken: more people are those of a new test."""
    return facts["look"] == "fixed" if facts["planned"] is None else facts["people"] >= ENOUGH * facts["planned"]


def _team(voice: Voice, facts: Facts) -> list[str]:
    """How the ranges are to be read, for those who read them daily."""
    if not voice.analyst or facts["evidence"] != "randomised":
        return []
    said = [voice.say(f"arms.look_{facts['look']}", wrong=voice.percent(1 - facts["level"]), price=voice.number(facts["dearer"], 1))]
    if facts["covariate"]:
        saved = voice.percent(facts["saved"])
        said.append(voice.say("arms.saved", covariate=voice.inner("column", facts["covariate"]), saved=saved))
    return [*said, voice.say(f"arms.correction_{facts['correction']}")] if facts["arms"] > 2 else said


def _targeting(voice: Voice, teller: Teller, result: Comparison, facts: Facts) -> list[str]:
    """Where another arm is shown to do better in a segment, and, for the rest, that choosing by segment gains nothing shown."""
    if facts["withheld"] or facts["evidence"] != "randomised" or result.targeting.empty:
        return []
    said, idle = [], []
    for row in result.targeting.to_dict("records"):
        by, best = voice.say("arms.by", name=voice.inner("column", row["by"])), voice.label("arm", row["best"])
        if row["switch"]:
            names = voice.names(voice.label(row["by"], n) for n in row["names"].split(", "))
            said.append(voice.say("arms.switch", by=by, best=best, names=names))
        else:
            idle.append((by, best, row))
    if idle:
        most = max(row["gain_high"] for _, _, row in idle)
        bound = [voice.say("arms.gain_high", gain=teller.lift(two(most)))] if np.isfinite(most) and most > 0 else []
        said.append(voice.say("arms.idle", by=voice.names((b for b, _, _ in idle), most=MOST_BY), best=idle[0][1]))
        said += bound
        said += [voice.say("arms.differs", by=by) for by, _, row in idle if row["differs"]]
    return said


def _brief(
    voice: Voice, teller: Teller, facts: Facts, best: Mapping[Any, Any], control: Mapping[Any, Any], targeting: Sequence[str]
) -> dict[str, list[str]]:
    """The lines of a single page."""
    state = _state(facts, best)
    names = {"arm": voice.label("arm", best["arm"]), "control": voice.label("arm", control["arm"])}
    count, words = voice.number(facts["people"]), metric_words(voice, facts)
    did = voice.say(f"arms.did_{facts['assigned']}", people=count, arms=voice.number(facts["arms"]), metric=words)
    ended = state in ("tendency", "too_early") and _ended(facts)
    after = "once" if facts["look"] == "fixed" else "end"
    follows = [voice.say(f"arms.next_{after if ended else state}", **names)]
    if state in ("tendency", "too_early"):
        follows += _more(voice, teller, facts, best)[:1]
    elif state == "shown" and targeting and not facts["switches"]:
        follows.append(targeting[0])
    out = {"did": [did], "brought": [_headline(voice, teller, facts, best, control)], "next": follows}
    if state == "shown" and teller.unit == "money" and best["lift"] > 0:
        thousand = {k: voice.money(two(1000 * abs(best[c])), teller.currency) for k, c in (("low", "low"), ("high", "high"))}
        out["money"] = [voice.say("arms.money", **names, **thousand, sure=teller.sure())]
    return out | ({"sure": [voice.say("arms.not_sure_withheld")]} if facts["withheld"] else {})


def _arm_tables(voice: Voice, teller: Teller, result: Comparison, facts: Facts) -> list[Grid]:
    control = facts["control"]
    shown = _in_words(voice, teller, result.table, result.table["arm"] == control)
    names = {"arm": "test_arm", "n": "test_people", "mean": "test_mean", "lift": "test_lift", "range": "test_range", "grade": "test_grade"}
    spec: list[Spec] = [
        ("test_arm", "text"),
        ("test_people", "whole"),
        ("test_mean", "text"),
        ("test_lift", "text"),
        ("test_range", "text"),
    ]
    spec += [("test_relative", "percent"), ("test_p", "text")] if voice.analyst else []
    spec.append(("test_grade", "text"))
    shown = shown.assign(
        arm=[voice.label("arm", a) for a in shown["arm"]],
        test_relative=shown["relative"].where(shown["arm"] != control),
        test_p=[p_words(voice, p) for p in shown["p_adjusted"]],
        drawn=result.table["lift"],
        drawn_low=result.table["low"],
        drawn_high=result.table["high"],
    ).rename(columns=names)
    caption = voice.say("arms.caption", metric=metric_words(voice, facts), control=voice.label("arm", control))
    drawn = ("drawn", "points" if teller.unit == "percent" else teller.unit, voice.column("test_lift"))
    tables = [grid(voice, shown, spec, caption=caption, facts=facts, drawn=drawn)]
    for by in result.targeting["by"] if voice.analyst and not facts["withheld"] else []:
        mine = result.segments[result.segments["by"] == by]
        part = _in_words(voice, teller, mine, pd.Series(False, index=mine.index))
        part = part.assign(arm=[voice.label("arm", a) for a in part["arm"]], test_segment=[_segment(voice, by, s) for s in part["segment"]])
        p = float(result.targeting.set_index("by")["p_value"][by])
        head = voice.say("arms.segments_caption", by=voice.say("arms.by", name=voice.inner("column", by)), p=p_words(voice, p))
        tables.append(grid(voice, part.rename(columns=names), [("test_segment", "text"), *spec[:5], spec[-1]], caption=head, facts=facts))
    return tables


def _segment(voice: Voice, by: str, name: str) -> str:
    return voice.say("arms.others") if name == "(others)" else voice.label(by, name)


def _in_words(voice: Voice, teller: Teller, table: pd.DataFrame, control: pd.Series) -> pd.DataFrame:
    """Means, differences and grades as one says them; the control has no difference from itself."""
    return table.assign(
        mean=[teller.value(x) for x in table["mean"]],
        lift=["" if own else teller.lift(x, signed=True) for x, own in zip(table["lift"], control, strict=True)],
        range=[
            "" if own or pd.isna(low) else voice.span(**teller.ends(low, high))
            for low, high, own in zip(table["low"], table["high"], control, strict=True)
        ],
        grade=["" if own or not g else voice.label("grade", g) for g, own in zip(table["grade"], control, strict=True)],
    )


# ---------------------------------------------------------------- size


def sample_size_draft(voice: Voice, result: SampleSize, facts: Facts) -> Draft:
    """How many people, how many days, and what looking at any time costs."""
    teller = Teller(voice, facts)
    lift = teller.lift(facts["lift"])
    values = {"lift": lift, "base": teller.value(facts["baseline"]), "power": chances(facts["power"], voice.language)}
    headline = voice.count(
        "sample_size.headline", facts["n"], people=voice.number(facts["people"]), arms=voice.number(facts["arms"]), **values
    )
    sentences = []
    if facts["traffic"] is not None:
        sentences.append(voice.count("sample_size.days", facts["days"], traffic=voice.number(facts["traffic"])))
    if facts["look"] == "any":
        once, usual = voice.number(facts["n_fixed"]), voice.number(facts["people_usual"])
        sentences.append(voice.say("sample_size.price", price=voice.number(facts["dearer"], 1), once=once, usual=usual))
    else:
        sentences.append(voice.say("sample_size.once"))
    sentences += [voice.say("sample_size.saved", saved=voice.percent(facts["saved"]))] if facts["saved"] > 0 else []
    names = {k: f"size_{k}" for k in ("lift", "relative", "n_fixed", "n", "people", "people_usual", "days", "days_usual")}
    table = result.table.assign(lift=[teller.lift(x) for x in result.table["lift"]]).rename(columns=names)
    spec: list[Spec] = [("size_lift", "text"), ("size_relative", "percent"), ("size_n", "whole"), ("size_people", "whole")]
    spec += [("size_n_fixed", "whole"), ("size_people_usual", "whole")] if voice.analyst and facts["look"] == "any" else []
    spec += [("size_days", "whole")] if facts["traffic"] is not None else []
    known = statistics(voice, facts, level="percent", power="percent")
    tables = [grid(voice, table, spec, caption=voice.say("sample_size.caption"), facts=facts)]
    return Draft(headline=headline, sentences=sentences, tables=tables, details=known, brief={"next": [visible(headline)]})
