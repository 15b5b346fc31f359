"""What followers and posts over time say, in words: growth, the life of a post, rhythm, hours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from mktlib.reporting.drafts import Draft, statistics
from mktlib.reporting.facts import Facts
from mktlib.reporting.grid import Grid, Spec, grid
from mktlib.reporting.voice import Voice
from mktlib.results import Cadence, Followers, HalfLife, SendTime
from mktlib.wording import chances, day, say

MOST_WEEKS = 4
EVERY_DAY = 7


def followers_draft(voice: Voice, result: Followers, facts: Facts) -> Draft:
    """Growth a network, what was out of the ordinary, what posts brought, what comes next."""
    sure = chances(float(facts.get("level", 0.9)), voice.language)
    rows = result.table.sort_values("last", ascending=False, kind="stable").to_dict("records")
    grown = [_growth(voice, row, sure) for row in rows if pd.notna(row["per_week"])]
    sentences = [*grown[1:], *(_ahead(voice, row, sure) for row in rows[:2] if pd.notna(row["ahead"]))]
    named = _odd(voice, result)
    if named:
        sentences.append(voice.count("followers.unusual", len(named), names=voice.names(named, most=MOST_WEEKS)))
    sentences += _brought(voice, result, rows)
    if len(result.breaks):
        sentences.append(voice.count("followers.breaks", len(result.breaks)))
    known = statistics(voice, facts, level="percent", posts="number")
    headline = grown[0] if grown else voice.say("followers.short")
    return Draft(headline=headline, sentences=sentences, tables=_followers_tables(voice, result, facts), details=known)


def _growth(voice: Voice, row: Mapping[Any, Any], sure: str) -> str:
    key = "grows" if row["per_week_low"] > 0 else "loses" if row["per_week_high"] < 0 else "flat"
    ends = [row["per_week_low"], row["per_week_high"]] if key != "loses" else [-row["per_week_high"], -row["per_week_low"]]
    within = voice.within(*(voice.number(round(x), 0) for x in ends))
    rate, name = voice.number(abs(round(row["per_week"])), 0), voice.label("network", row["network"])
    said = voice.say(f"followers.{key}", network=name, rate=rate, within=within, sure=sure)
    turn = "rising" if row.get("change_low", 0) > 0 else "falling" if row.get("change_high", 0) < 0 else None
    return f"{said} {voice.say(f'followers.{turn}', change=voice.number(abs(round(row['change'])), 0))}" if turn else said


def _ahead(voice: Voice, row: Mapping[Any, Any], sure: str) -> str:
    ends = {k: voice.number(round(row[f"ahead_{k}"]), 0) for k in ("low", "high")}
    return voice.say("followers.ahead", network=voice.label("network", row["network"]), sure=sure, **ends)


def _odd(voice: Voice, result: Followers) -> list[str]:
    """Weeks out of the ordinary, each with what was, on which networks."""
    odd = result.weeks[result.weeks["unusual"].ne("")] if len(result.weeks) else result.weeks
    said = []
    for (week, what), part in odd.groupby(["week", "unusual"], sort=True):
        names = voice.names((voice.label("network", n) for n in part["network"]), most=4)
        said.append(voice.say("followers.odd", day=day(week, voice.language), network=names, what=voice.inner("out_of_line", what)))
    return said


def _brought(voice: Voice, result: Followers, rows: Sequence[Mapping[Any, Any]]) -> list[str]:
    """What posts brought where it is shown, and where it is not; the platform's own credit where it disagrees."""
    judged = [row for row in rows if pd.notna(row.get("p_value"))]
    said = []
    for row in (r for r in judged if r["p_value"] <= 0.05):
        share, low, high = (voice.percent(float(row[k])) for k in ("explained", "explained_low", "explained_high"))
        rest, name = voice.percent(1 - float(row["explained"])), voice.label("network", row["network"])
        said.append(voice.say("followers.posts", network=name, share=share, within=voice.within(low, high), rest=rest))
    none = [voice.label("network", r["network"]) for r in judged if r["p_value"] > 0.05]
    said += [voice.say("followers.nobody", names=voice.names(none))] if none else []
    shown = int(result.posts["shown"].sum()) if len(result.posts) else 0
    return [*said, voice.count("followers.which", shown)] if shown else said


def _followers_tables(voice: Voice, result: Followers, facts: Facts) -> list[Grid]:
    spec: list[Spec] = [("network", "label"), ("first", "whole"), ("last", "whole"), ("gained", "whole"), ("lost", "whole")]
    spec += [("per_week", "whole"), ("brought", "whole"), ("explained", "percent"), ("reported", "whole")]
    table = result.table
    if "p_value" in table:  # what is not shown is not told as a number
        table = table.assign(**{c: table[c].where(table["p_value"] <= 0.05) for c in ("brought", "explained")})
    tables = [grid(voice, table, spec, caption=voice.say("followers.caption"), facts=facts)]
    shown = result.posts[result.posts["shown"].astype(bool)] if len(result.posts) else result.posts
    if len(shown):
        each: list[Spec] = [("post_id", "text"), ("network", "label"), ("at", "day"), ("content_type", "label"), ("brought", "whole")]
        each += [("low", "whole"), ("high", "whole")]
        best = shown.sort_values("brought", ascending=False, kind="stable")
        tables.append(grid(voice, best, each, caption=voice.say("followers.posts_caption"), facts=facts))
    return tables


# ---------------------------------------------------------------- half-lives


def hours(voice: Voice, value: float) -> str:
    """Hours as people say them: 40 minutes, 6 hours, 3 days."""
    unit, size = ("minutes", 1 / 60) if value < 1 else ("hours", 1.0) if value < 48 else ("days", 24.0)
    shown = float(f"{value / size:.2g}")
    said = voice.number(shown, 0 if shown >= 10 or shown == int(shown) else 1)
    return say(f"charts.half_life.{unit}", voice.language, count=shown, **{unit: said})


def half_life_draft(voice: Voice, result: HalfLife, facts: Facts) -> Draft:
    """When half of a post's engagements have come, group by group, the largest first."""
    by, sure = list(facts["by"]), chances(float(facts.get("level", 0.9)), voice.language)
    rows = result.table.sort_values("engagements", ascending=False, kind="stable").to_dict("records")
    headline = _life(voice, rows[0], by, "headline", sure=sure) if rows else voice.say("half_life.empty")
    sentences = [_life(voice, row, by, "row") for row in rows[1:6]]
    if facts["young"]:
        sentences.append(voice.count("half_life.young", facts["young"]))
    spec: list[Spec] = [(c, "label") for c in by] + [("posts", "number"), ("half_life", "number"), ("low", "number"), ("high", "number")]
    spec += [("between_low", "number"), ("between_high", "number"), ("late", "number"), ("young", "number")] if voice.analyst else []
    table = grid(voice, result.table, spec, caption=voice.say("half_life.caption"), facts=facts)
    known = statistics(voice, facts, level="percent", posts="number")
    return Draft(headline=headline, sentences=sentences, tables=[table], details=known)


def _life(voice: Voice, row: Mapping[Any, Any], by: list[str], key: str, **values: str) -> str:
    within = voice.within(hours(voice, row["low"]), hours(voice, row["high"]))
    between = voice.within(hours(voice, row["between_low"]), hours(voice, row["between_high"]))
    values |= {"network": voice.cell(row, by), "half": hours(voice, row["half_life"]), "within": within, "between": between}
    if row["half_life"] > row["oldest"]:
        return voice.say("half_life.beyond", oldest=hours(voice, row["oldest"]), network=values["network"])
    return voice.say(f"half_life.{key}", **values)


# ---------------------------------------------------------------- cadence


def cadence_draft(voice: Voice, result: Cadence, facts: Facts) -> Draft:
    """Where reach wears out, where it is not seen to, and where nothing can be said."""
    sure = chances(float(facts.get("level", 0.9)), voice.language)
    order = {"wears": 0, "not_seen": 1, "no_variation": 2, "too_few": 3}
    rows = sorted(result.limits.to_dict("records"), key=lambda r: (order[r["verdict"]], -r["posts"]))
    said = [sentence for row in rows for sentence in _rhythm(voice, row, str(facts["by"]), sure)]
    spec: list[Spec] = [("group", "label"), ("posts", "number"), ("usual", "number"), ("seen_up_to", "number"), ("verdict", "text")]
    spec += [("wears_at", "number"), ("low", "number"), ("high", "number"), ("loss", "percent"), ("optimum", "number")]
    kind = "network" if str(facts["by"]) == "all" else str(facts["by"])
    named = result.limits.assign(
        group=[voice.label(kind, g) for g in result.limits["group"]],
        verdict=[voice.label("verdict", v) for v in result.limits["verdict"]],
    )
    table = grid(voice, named, spec, caption=voice.say("cadence.caption"), facts=facts)
    known = statistics(voice, facts, level="percent", posts="number")
    said = said or [voice.say("cadence.empty")]
    return Draft(headline=said[0], sentences=said[1:], tables=[table], details=known)


def _rhythm(voice: Voice, row: Mapping[Any, Any], by: str, sure: str) -> list[str]:
    name = voice.say("cadence.all") if by == "all" else voice.label(by, row["group"])
    if row["verdict"] != "wears":
        most, loss = voice.number(int(row["seen_up_to"])), voice.percent(float(row["loss_high"]))
        return [voice.say(f"cadence.{'none' if row['verdict'] == 'not_seen' else row['verdict']}", group=name, n=most, loss=loss)]
    n, low, high = (voice.number(round(row[k])) for k in ("wears_at", "low", "high"))
    loss = voice.percent(float(row["loss"]))
    said = [voice.say("cadence.wears", group=name, n=n, low=low, high=high, sure=sure, loss=loss)]
    if row["at_edge"]:
        return [*said, voice.say("cadence.edge", n=voice.number(int(row["seen_up_to"])))]
    best = {"n": "optimum", "low": "optimum_low", "high": "optimum_high"}
    return [*said, voice.say("cadence.total", **{k: voice.number(round(row[c])) for k, c in best.items()})]


# ---------------------------------------------------------------- times


def times_draft(voice: Voice, result: SendTime, facts: Facts) -> Draft:
    """The times that are shown to be better, group by group; else that no time is."""
    groups = list(facts.get("groups") or _unsaid(result))
    kind = str(facts.get("by", "segment"))
    kind = "segment" if kind == "all" else kind
    names = {v: [voice.label(kind, g["segment"]) for g in groups if g["verdict"] == v] for v in ("matters", "none", "few")}
    said = []
    for group in (g for g in groups if g["verdict"] == "matters"):
        when = said_times(voice, result.table[(result.table["segment"] == group["segment"]) & result.table["best"].astype(bool)])
        key = "some" if when else "vague"
        said.append(voice.say(f"times.{key}", segment=voice.label(kind, group["segment"]), when=when))
    unknown = bool(names["few"]) and not said and not names["none"]  # no group could be judged: that is no proof that no time is better
    headline = said[0] if said else "" if unknown else voice.say("times.none")
    sentences = said[1:] + [voice.say("times.quiet", names=voice.names(names["none"]))] * bool(said and names["none"])
    sentences += [voice.say("times.few", names=voice.names(names["few"]))] if names["few"] else []
    headline, sentences = (headline, sentences) if headline else (sentences[0], sentences[1:])
    best = result.table[result.table["best"].astype(bool)].sort_values("rate", ascending=False, kind="stable")
    named = best.assign(
        segment=[voice.label(kind, s) for s in best["segment"]], weekday=[voice.say(f"weekday.{d}") for d in best["weekday"]]
    )
    spec: list[Spec] = [("segment", "text"), ("weekday", "text"), ("hour", "number"), ("rate", "rate"), ("low", "rate"), ("high", "rate")]
    tables = [grid(voice, named, spec, caption=voice.say("times.caption"), facts=facts)] if len(best) else []
    known = statistics(voice, facts, level="percent", posts="number")
    return Draft(headline=headline, sentences=sentences, tables=tables, details=known)


def _unsaid(result: SendTime) -> list[dict[str, Any]]:
    """Groups of a result that does not name them."""
    best = result.table.groupby("segment", sort=True)["best"].any() if len(result.table) else pd.Series(dtype=bool)
    return [{"segment": name, "verdict": "matters" if some else "none"} for name, some in best.items()]


def said_times(voice: Voice, best: pd.DataFrame) -> str:
    """Runs of hours: those of every day said once, then those of single days."""
    by_hour = best.groupby("hour")["weekday"].nunique() if len(best) else pd.Series(dtype=int)
    always = sorted(int(h) for h in by_hour.index[by_hour == EVERY_DAY])
    parts = [voice.say("times.every", hours=_hours(voice, run)) for run in runs(always)]
    for weekday, part in best[~best["hour"].isin(always)].groupby("weekday", sort=True) if len(best) else ():
        name = voice.say(f"weekday.{weekday}")
        parts += [voice.say("times.on", day=name, hours=_hours(voice, run)) for run in runs(sorted(int(h) for h in part["hour"]))]
    return voice.names(parts, most=4) if parts else ""


def _hours(voice: Voice, run: tuple[int, int]) -> str:
    return voice.say("times.hours", first=run[0], last=run[1] + 1)


def runs(whole: Iterable[int]) -> list[tuple[int, int]]:
    """First and last of each run of numbers that follow each other.

    >>> runs([7, 8, 9, 19])
    [(7, 9), (19, 19)]
    """
    out: list[tuple[int, int]] = []
    for n in whole:
        if out and n == out[-1][1] + 1:
            out[-1] = (out[-1][0], n)
        else:
            out.append((n, n))
    return out
