"""What catchments and sheets of places say, in words: how far people come, what places share, when, and what to run around each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mktlib.charts.places import Metres
from mktlib.reporting.drafts import Draft, statistics
from mktlib.reporting.facts import Facts
from mktlib.reporting.grid import Grid, Spec, grid
from mktlib.reporting.voice import Voice
from mktlib.results import Catchments, PlaceSheet
from mktlib.vocabulary import local_rules
from mktlib.wording import chances

MOST = 3
UNTOLD = ("all", "others")


def _metres(voice: Voice, value: float) -> str:
    return Metres(voice.language).speak(float(value))


def _said(voice: Voice, table: str, key: Any) -> str:
    """The label of a row of `local.toml`; the word as it is where no row knows it."""
    row = local_rules()[table].get(str(key))
    return voice.text(row["label"].get(voice.language) or row["label"]["en"]) if row else voice.text(key)


# ---------------------------------------------------------------- catchments


def catchments_draft(voice: Voice, result: Catchments, facts: Facts) -> Draft:
    """How far people come to each place, what is shared, how an outcome goes with distance, when people are there, who is left out."""
    sure = chances(float(facts.get("level", 0.9)), voice.language)
    reach = result.reach[~result.reach["place"].isin(UNTOLD)].sort_values("people", ascending=False, kind="stable")
    said = [_reach(voice, row, sure) for row in reach.head(1 + MOST).to_dict("records")]
    said += [voice.count("catchments.more", len(reach) - 1 - MOST)] if len(reach) > 1 + MOST else []
    said = said or [voice.say("catchments.empty")]
    said += [*_shared(voice, result), *_fades(voice, result, facts, sure), *_hours(voice, result), *_whom(voice, facts)]
    known = statistics(voice, facts, level="percent", people="number", visits="number")
    return Draft(headline=said[0], sentences=said[1:], tables=_catchment_tables(voice, result, facts, reach), details=known)


def _reach(voice: Voice, row: Mapping[Any, Any], sure: str) -> str:
    values = {"place": voice.text(row["place"]), "half": _metres(voice, row["half_m"]), "most": _metres(voice, row["most_m"])}
    if pd.isna(row["half_m_low"]):
        return voice.say("catchments.few", place=values["place"])
    within = {
        k: voice.within(*(_metres(voice, row[f"{c}_{end}"]) for end in ("low", "high"))) for k, c in (("a", "half_m"), ("b", "most_m"))
    }
    return voice.say("catchments.reach", **values, within_half=within["a"], within_most=within["b"], sure=sure)


def _shared(voice: Voice, result: Catchments) -> list[str]:
    """The pairs that share most, each once."""
    pairs = result.overlaps[result.overlaps["place"] < result.overlaps["other"]] if len(result.overlaps) else result.overlaps
    radius, said = dict(zip(result.overlaps["place"], result.overlaps["radius_m"], strict=True)) if len(pairs) else {}, []
    for row in pairs.nlargest(MOST, "people").to_dict("records") if len(pairs) else ():
        back = result.overlaps[(result.overlaps["place"] == row["other"]) & (result.overlaps["other"] == row["place"])]
        values = {"place": voice.text(row["place"]), "other": voice.text(row["other"]), "share": voice.percent(row["share"])}
        values["back"] = voice.percent(float(back["share"].iloc[0])) if len(back) else "–"
        values |= {"radius": _metres(voice, row["radius_m"]), "wide": _metres(voice, radius[row["other"]])}
        said.append(voice.count("catchments.shared", row["people"], **values))
    return said


def _fades(voice: Voice, result: Catchments, facts: Facts, sure: str) -> list[str]:
    """How an outcome goes with distance, with its range; that it cannot be told where it cannot."""
    if not facts.get("outcome"):
        return []
    what = voice.inner("column", facts["outcome"])
    if facts["decay_verdict"] == "cannot_tell" or pd.isna(facts["decay_km"]):
        return [voice.say("catchments.decay_unknown", what=what)]
    times, *ends = (voice.number(float(facts[k]), 2) for k in ("decay_km", "decay_km_low", "decay_km_high"))
    key = f"catchments.decay_{facts['decay_verdict']}"
    said = [voice.say(key, what=what, times=times, within=voice.within(*ends), sure=sure)]
    if len(result.decay) > 1:
        near, far = result.decay.iloc[0], result.decay.iloc[-1]
        ends = [voice.number(float(r["per_person"]), 2) for r in (near, far)]
        values = {"close": _metres(voice, near["to_m"]), "wide": _metres(voice, far["from_m"])}
        said.append(voice.say("catchments.rings", near=ends[0], far=ends[1], what=what, **values))
    return said


def _hours(voice: Voice, result: Catchments) -> list[str]:
    """The part of the day in which a place is busiest, where one is shown to be."""
    if result.hours.empty:
        return []
    best = result.hours[result.hours["best"].astype(bool)]
    said = [
        voice.say("catchments.hours", place=voice.text(row["place"]), when=_when(voice, row), share=voice.percent(row["share"]),
                  within=voice.within(voice.percent(row["low"]), voice.percent(row["high"])))
        for row in best.head(1 + MOST).to_dict("records")
    ]  # fmt: skip
    quiet = sorted(set(result.hours["place"]) - set(best["place"]) - set(UNTOLD))
    return [*said, voice.say("catchments.no_hours", names=voice.names(map(voice.text, quiet)))] if quiet else said


def _when(voice: Voice, row: Mapping[Any, Any]) -> str:
    part = local_rules()["dayparts"].get(str(row["daypart"]), {})
    return voice.say(f"catchments.{row['days']}", first=part.get("first", 0), last=part.get("last", 24))


def _whom(voice: Voice, facts: Facts) -> list[str]:
    """Who was counted, who was not, and whether the numbers are raised to the population."""
    said = [voice.say("catchments.people", people=voice.number(int(facts["people_near"])), visits=voice.number(int(facts["visits"])))]
    said += [voice.count("catchments.no_consent", facts["no_consent"])] if facts["no_consent"] else []
    said += [voice.count("catchments.set_aside", facts["set_aside"])] if facts["set_aside"] else []
    if facts.get("scale"):
        value, *ends = (voice.number(float(x)) for x in facts["scale"])
        said.append(voice.say("catchments.scale", value=value, within=voice.within(*ends)))
    return said


def _catchment_tables(voice: Voice, result: Catchments, facts: Facts, reach: pd.DataFrame) -> list[Grid]:
    shown = _in_metres(voice, reach, ("half_m", "half_m_low", "half_m_high", "most_m", "most_m_low", "most_m_high"))
    spec: list[Spec] = [("place", "text"), ("people", "whole"), ("visits", "whole"), ("half_m", "text"), ("most_m", "text")]
    spec[4:4] = [("half_m_low", "text"), ("half_m_high", "text")] if voice.analyst else []
    spec += [("most_m_low", "text"), ("most_m_high", "text")] if voice.analyst else []
    tables = [grid(voice, shown, spec, caption=voice.say("catchments.caption"), facts=facts)]
    curve = result.table[result.table["people"].notna()]
    steps: list[Spec] = [("place", "text"), ("radius_m", "text"), ("people", "whole"), ("new_share", "percent"), ("visit_share", "percent")]
    steps += [("visit_share_low", "percent"), ("visit_share_high", "percent")] if voice.analyst else []
    steps += [("estimate_low", "whole"), ("estimate_high", "whole")] if facts.get("scale") else []
    rounded = _in_metres(voice, curve, ("radius_m",)).assign(**{c: [_two(x) for x in curve[c]] for c in ("estimate_low", "estimate_high")})
    rounded = rounded.rename(columns={f"share{end}": f"visit_share{end}" for end in ("", "_low", "_high")})
    rounded = rounded.assign(place=[voice.label("place", x) if x in UNTOLD else x for x in rounded["place"]])
    tables.append(grid(voice, rounded, steps, caption=voice.say("catchments.curve"), facts=facts, most=40))
    if voice.analyst and len(result.minimums):
        named = _in_metres(voice, result.minimums, ("radius_m",))
        named = named.assign(rule=[_said(voice, "local", r) for r in named["rule"]], verdict=_audiences(voice, named["verdict"]))
        least: list[Spec] = [("place", "text"), ("radius_m", "text"), ("rule", "text"), ("least", "whole"), ("people", "whole")]
        least += [("verdict", "text"), ("source", "text"), ("conf", "text")]
        tables.append(grid(voice, named, least, caption=voice.say("catchments.minimums"), facts=facts))
    return tables


def _in_metres(voice: Voice, table: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    return table.assign(**{c: [_metres(voice, x) for x in table[c]] for c in columns})


def _two(value: float) -> float:
    """Two figures: more would claim more than is known."""
    return float(f"{float(value):.2g}")


def _audiences(voice: Voice, verdicts: pd.Series) -> list[str]:
    return [voice.say(f"place_sheet.{v}") for v in verdicts]


# ---------------------------------------------------------------- sheets


def place_sheet_draft(voice: Voice, result: PlaceSheet, facts: Facts) -> Draft:
    """What to run around each place, place by place."""
    places = list(dict.fromkeys(result.table["place"])) if len(result.table) else []
    said = [_place(voice, result.table[result.table["place"] == name], facts) for name in places[: 1 + MOST]]
    said += [voice.count("place_sheet.more", len(places) - 1 - MOST)] if len(places) > 1 + MOST else []
    said = said or [voice.say("place_sheet.empty")]
    if len(result.table):
        said += _cautions(voice, result.table)
    tables = [_sheet(voice, result.table[result.table["place"] == name], facts, str(name)) for name in places[: 6 if voice.analyst else 4]]
    tables += [_rules(voice, result, facts)] if len(result.rules) else []
    return Draft(headline=said[0], sentences=said[1:], tables=tables, details=statistics(voice, facts, level="percent", hold="percent"))


def _place(voice: Voice, rows: pd.DataFrame, facts: Facts) -> str:
    """One place: the radius of the curve, and when."""
    first = rows[rows["reason"] == "curve"].head(1)
    name = voice.text(rows["place"].iloc[0])
    if first.empty:
        return voice.say("place_sheet.unknown" if rows["reason"].eq("unknown").all() else "place_sheet.limits", place=name)
    row = first.iloc[0].to_dict()
    hold = voice.percent(float(facts["hold"]))
    said = voice.say("place_sheet.radius", place=name, radius=_metres(voice, row["radius_m"]), hold=hold)
    return (
        f"{said} {voice.say('place_sheet.when', when=_when(voice, row))}"
        if row["daypart"]
        else f"{said} {voice.say('place_sheet.any_time')}"
    )


def _cautions(voice: Voice, table: pd.DataFrame) -> list[str]:
    """Silence, consent and too small audiences."""
    said, least = [], float(local_rules()["local"]["own_audience_least"]["value"])
    for key, rows in (("quiet", table[table["quiet"].astype(bool)]), ("too_small", table[table["audience"] == "too_few"])):
        if len(rows):
            names = voice.names([f"{voice.text(r.place)} ({voice.label('channel', r.channel)})" for r in rows.itertuples()], most=4)
            said.append(voice.say(f"place_sheet.{key}", names=names, least=voice.number(least)))
    if (table["consent"] != "").any():
        said.append(voice.say("place_sheet.consent"))
    return [*said, voice.say("place_sheet.measure")]


def _sheet(voice: Voice, rows: pd.DataFrame, facts: Facts, name: str) -> Grid:
    """The rows of one place."""
    named = rows.rename(columns={"quiet": "silence", "consent": "own_consent"})
    shown = _in_metres(voice, named, ("radius_m",)).assign(
        campaign=[_said(voice, "local_channels", k) for k in rows["key"]],
        formats=[", ".join(voice.label("content_type", f) for f in kinds) for kinds in rows["formats"]],
        reason=[voice.say(f"place_sheet.reason.{r}") for r in rows["reason"]],
        audience=_audiences(voice, rows["audience"]),
        device=[voice.say(f"place_sheet.device.{d}") for d in rows["device"]],
        looked_at=[voice.say(f"place_sheet.measures.{m}") for m in rows["measure"]],
    )
    spec: list[Spec] = [
        ("campaign", "text"),
        ("device", "text"),
        ("radius_m", "text"),
        ("reason", "text"),
        ("formats", "text"),
        ("people", "whole"),
    ]
    if facts.get("scaled"):
        shown = shown.assign(**{c: [_two(x) if pd.notna(x) else x for x in shown[c]] for c in ("estimate_low", "estimate_high")})
        spec += [("estimate_low", "whole"), ("estimate_high", "whole")]
    spec += [("audience", "text"), ("looked_at", "text")]
    spec += [("silence", "yes"), ("own_consent", "text"), ("conf", "text")] if voice.analyst else []
    return grid(voice, shown, spec, caption=voice.say("place_sheet.caption", place=voice.text(name)), facts=facts)


def _rules(voice: Voice, result: PlaceSheet, facts: Facts) -> Grid:
    named = result.rules.assign(rule=[_said(voice, "local", r) for r in result.rules["rule"]])
    named["sold"] = [_metres(voice, v) if u == "m" else voice.number(float(v)) for v, u in zip(named["value"], named["unit"], strict=True)]
    spec: list[Spec] = [("rule", "text"), ("sold", "text"), ("source", "text"), ("conf", "text")]
    return grid(voice, named, spec, caption=voice.say("place_sheet.rules"), facts=facts)
