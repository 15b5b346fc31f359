"""A running campaign in words: where it lands, what is late, how the money goes, what to decide; seen, never said to be caused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mktlib.reporting.drafts import Draft, statistics
from mktlib.reporting.facts import Facts
from mktlib.reporting.grid import Grid, Spec, grid
from mktlib.reporting.voice import Voice
from mktlib.results.tracking import Tracking
from mktlib.wording import chances

COUNTED = ("publish", "answer")


def tracking_draft(voice: Voice, result: Tracking, facts: Facts) -> Draft:
    """The landing first, then pieces, money and the first decision; the team sees every table."""
    said = {k: _amount(voice, facts, facts[k]) for k in ("forecast", "low", "high", "promised")}
    started = facts["measured_to"] is not None
    key = "landed" if facts["over"] else "landing" if started else "unmeasured_yet"
    sure = chances(float(facts["level"]), voice.language)
    headline = voice.say(f"tracking.{key}", day=voice.date(facts["as_of"]), sure=sure, **said)
    first = next((_decision(voice, row, facts) for row in result.table.to_dict("records") if row["decision"] != "none"), "")
    sentences = [_pieces(voice, facts), _late(voice, result, facts), *_money(voice, result, facts)]
    sentences += [voice.say("tracking.seen")] if started else []
    sentences.append(_next(voice, first))
    tables = [*([_decisions(voice, result, facts)] if len(result.table) else []), *(_tables(voice, result, facts) if voice.analyst else [])]
    known = statistics(voice, facts, level="percent")
    return Draft(headline=headline, sentences=sentences, tables=tables, details=known, brief=_brief(voice, result, facts, first, said))


def _brief(voice: Voice, result: Tracking, facts: Facts, first: str, said: Mapping[str, str]) -> dict[str, list[str]]:
    """The lines of a single page; money stands apart, and no owner is named."""
    landing = {row["measure"]: row for row in result.landing.to_dict("records")}
    if not {facts["objective"], "spend"} <= set(landing):
        return {"did": [_pieces(voice, facts, "did")], "next": [_next(voice, first)]}
    head, spend = landing[facts["objective"]], landing["spend"]
    so_far = _amount(voice, facts, float(head["so_far"]))
    sure = chances(float(facts["level"]), voice.language)
    key = "brought_known" if facts["over"] else "brought"
    columns = {"spent": "so_far", "planned": "promised", "low": "low", "high": "high"}
    money = {k: voice.money(float(spend[c]), facts["currency"]) for k, c in columns.items()}
    return {
        "did": [_pieces(voice, facts, "did")],
        "brought": [voice.say(f"tracking.{key}", so_far=so_far, sure=sure, **said)] if facts["measured_to"] else [],
        "sure": [_sure(voice, head)],
        "next": [_next(voice, first)],
        "money": [voice.say("tracking.money_line", **money)],
    }


def _next(voice: Voice, first: str) -> str:
    return voice.say("tracking.first", decision=first) if first else voice.say("tracking.nothing")


def _sure(voice: Voice, head: Any) -> str:
    """How sure one may be that the promise is missed."""
    side = "below" if head["forecast"] < head["promised"] else "above"
    if head["low"] == head["high"] and head["promised"] > 0:
        return voice.say(f"tracking.known_{side}", share=voice.percent(abs(head["forecast"] / head["promised"] - 1)))
    return voice.say("tracking.too_early" if head["grade"] == "too_early" else f"tracking.{side}")


def _amount(voice: Voice, facts: Facts, value: float) -> str:
    """A value in money, or a number of what is counted; three figures of what is not known to the last digit."""
    rounded = float(f"{value:.3g}") if not facts["over"] else float(round(value))
    if facts["objective"] == "value":
        return voice.money(rounded, facts["currency"])
    return f"{voice.number(round(rounded), 0)} {voice.inner('column', facts['count'])}"


def _pieces(voice: Voice, facts: Facts, key: str = "pieces") -> str:
    return voice.count(f"tracking.{key}", facts["out"], pieces=voice.number(facts["pieces"]))


def _late(voice: Voice, result: Tracking, facts: Facts) -> str:
    if not facts["late"]:
        return voice.say("tracking.not_late")
    waits = result.late.loc[result.late["state"].isin(["late", "unheard"]), "value"].sum()
    return voice.count("tracking.late", facts["late"], waiting=_amount(voice, facts, float(waits)))


def _money(voice: Voice, result: Tracking, facts: Facts) -> list[str]:
    """Spent beside planned, what leaves the plan, and channels of which nobody told anything."""
    pacing = result.pacing
    if pacing.empty:
        return []
    due = voice.money(float(pacing["due"].sum()), facts["currency"])
    said = [voice.say("tracking.spent", spent=voice.money(facts["spent"], facts["currency"]), due=due)]
    off, above, silent = (pacing.loc[pacing["state"].isin(s), "channel"] for s in (["over", "under"], ["above_maximum"], ["no_data"]))
    said += [voice.say("tracking.off", names=_names(voice, off))] if len(off) else []
    said += [voice.say("tracking.too_much", names=_names(voice, above))] if len(above) else []
    said += [voice.say("tracking.kept")] if len(off) + len(above) == 0 else []
    return [*said, *([voice.say("tracking.silent", names=_names(voice, silent))] if len(silent) else [])]


def _names(voice: Voice, channels: pd.Series) -> str:
    return voice.names(voice.inner("channel", c) for c in channels)


def _decision(voice: Voice, row: Mapping[Any, Any], facts: Facts) -> str:
    """One decision as a phrase without its owner for readers outside the team."""
    kind, currency = str(row["decision"]), facts["currency"]
    owner = f" ({voice.text(row['owner'])})" if row["owner"] and voice.analyst else ""
    worth = (lambda v: voice.money(v, currency)) if facts["objective"] == "value" else (lambda v: _amount(voice, facts, v))
    told = worth if kind in ("stop", "move") else lambda v: voice.money(v, currency)
    values: dict[str, Any] = {
        "item": voice.text(row["item"]), "who": owner, "amount": voice.money(row["amount"], currency), "one": voice.money(1, currency),
        **{c: voice.inner("channel", row[c]) if row[c] else "" for c in ("channel", "to")},
    }  # fmt: skip
    if kind in ("slow_down", "speed_up"):
        values["share"] = voice.percent(abs(row["found"] - 1))
    elif kind == "look_again":
        values["share"] = voice.percent(row["found"])
    elif kind == "check":
        values |= {"count": voice.inner("column", facts["count"]), **{k: voice.number(round(row[k]), 0) for k in ("found", "usual")}}
    elif kind in ("halt", "stop", "move"):
        values |= {"found": told(row["found"]), "usual": told(row["usual"])}
    if kind in COUNTED:
        return voice.count(f"tracking.decide.{kind}", row["days"], **values)
    free = "_free" if kind == "replace" and not row["amount"] > 0 else ""
    return voice.say(f"tracking.decide.{kind}{free}", **values)


def _decisions(voice: Voice, result: Tracking, facts: Facts) -> Grid:
    said = [_decision(voice, row, facts) for row in result.table.to_dict("records")]
    stake = "money" if facts["objective"] == "value" else "whole"
    spec: list[Spec] = [("track_decision", "text"), ("track_stake", stake), ("track_deadline", "day")]
    table = result.table.assign(decision=[s[:1].upper() + s[1:] for s in said]).add_prefix("track_")
    return grid(voice, table, spec, caption=voice.say("tracking.decisions"), facts=facts)


def _tables(voice: Voice, result: Tracking, facts: Facts) -> list[Grid]:
    """Owners, money and landing, for the team."""
    value = "money" if facts["objective"] == "value" else "whole"
    out = []
    if len(result.late):
        late = result.late.assign(state=[voice.label("state", s) for s in result.late["state"]]).add_prefix("track_")
        spec: list[Spec] = [("track_item", "text"), ("track_owner", "text"), ("track_due", "day"), ("track_published", "day")]
        spec += [("track_state", "text"), ("track_days", "whole"), ("track_spend", "money"), ("track_value", value)]
        out += [_owners(voice, result, facts, value), grid(voice, late, spec, caption=voice.say("tracking.owners"), facts=facts)]
    if len(result.pacing):
        pacing = result.pacing.assign(
            state=[voice.label("state", s) for s in result.pacing["state"]], due_money=result.pacing["due"],
            range=[_range(voice, a, b, facts) for a, b in zip(result.pacing["low"], result.pacing["high"], strict=True)],
        )  # fmt: skip
        pacing = pacing.add_prefix("track_").rename(columns={"track_channel": "channel"})
        spec = [("channel", "label"), ("track_planned", "money"), ("track_due_money", "money"), ("track_spent", "money")]
        spec += [("track_projected", "money"), ("track_range", "text"), ("track_maximum", "money"), ("track_per_day", "money")]
        out.append(grid(voice, pacing, [*spec, ("track_state", "text")], caption=voice.say("tracking.money"), facts=facts))
    return [*out, *([_ends(voice, result, facts)] if len(result.landing) else [])]


def _owners(voice: Voice, result: Tracking, facts: Facts, value: str) -> Grid:
    """One row a person: pieces late or not out, working days, what waits; whoever holds up most first."""
    named = result.late.assign(owner=result.late["owner"].where(result.late["owner"] != "", voice.say("tracking.nobody")))
    sums = named.groupby("owner", as_index=False).agg(late_pieces=("item", "count"), days=("days", "sum"), value=("value", "sum"))
    sums = sums.sort_values(["value", "days", "owner"], ascending=[False, False, True], kind="stable").add_prefix("track_")
    spec: list[Spec] = [("track_owner", "text"), ("track_late_pieces", "whole"), ("track_days", "whole"), ("track_value", value)]
    return grid(voice, sums, spec, caption=voice.say("tracking.by_owner"), facts=facts)


def _range(voice: Voice, low: float, high: float, facts: Facts) -> str:
    return voice.span(voice.money(low, facts["currency"]), voice.money(high, facts["currency"])) if pd.notna(low) else "–"


def _ends(voice: Voice, result: Tracking, facts: Facts) -> Grid:
    """One row a measure, each in its own unit, and the straight line that it is not."""
    rows = []
    for row in result.landing.to_dict("records"):
        money = row["measure"] in ("spend", "value")
        tell = (lambda v: voice.money(v, facts["currency"])) if money else (lambda v: voice.number(v, 0))
        numbers = {k: tell(float(row[k])) for k in ("promised", "so_far", "forecast", "straight")}
        words = {"measure": voice.label("landing", row["measure"]), "may": voice.graded(row["grade"])}
        rows.append(words | numbers | {"range": voice.span(tell(row["low"]), tell(row["high"]))})
    spec: list[Spec] = [(f"track_{c}", "text") for c in ("measure", "promised", "so_far", "projected", "range", "straight", "may")]
    table = pd.DataFrame(rows).rename(columns={"forecast": "projected"}).add_prefix("track_")
    return grid(voice, table, spec, caption=voice.say("tracking.ends"), facts=facts)
