"""A life-cycle programme and a log of messages, in words: what is left for campaigns, what must be kept and is not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mktlib.reporting.drafts import Draft, statistics
from mktlib.reporting.facts import Facts
from mktlib.reporting.grid import Spec, grid
from mktlib.reporting.voice import Voice
from mktlib.results import Programme, SendsCheck
from mktlib.wording import chances

BROKEN = ("broken", "above_target")
SEEN = 0.0005
"""Share of people below which nobody is said to get more than is set aside."""


def programme_draft(voice: Voice, result: Programme, facts: Facts) -> Draft:
    """The cap, what is set aside, what is left; the flows that take most; where the shares are from."""
    rows = result.left.sort_values("window", ascending=False).to_dict("records")
    said = [_left(voice, row) for row in rows]
    flows = result.table.sort_values("per_person", ascending=False, kind="stable")
    top = [voice.label("flow", name) for name in flows["flow"].head(3)]
    said += [voice.say("programme.most", names=voice.names(top))] if len(flows) > 1 else []
    if rows and rows[0]["above"] >= SEEN:
        said.append(voice.say("programme.skip", share=voice.percent(float(rows[0]["above"])), days=voice.number(int(rows[0]["window"]))))
    said.append(voice.say(f"programme.basis.{facts['basis']}"))
    spec: list[Spec] = [
        ("flow", "label"),
        ("stage", "label"),
        ("mails", "whole"),
        ("cap", "whole"),
        ("share", "percent"),
        ("metric", "label"),
    ]
    spec[4:4] = [("entrants", "whole")] if flows["entrants"].notna().any() else []
    spec += [("per_person", "number")] if voice.analyst else []
    known = grid(voice, flows.rename(columns={"measure": "metric"}), spec, caption=voice.say("programme.caption"), facts=facts)
    return Draft(headline=said[0], sentences=said[1:], tables=[known], details=statistics(voice, facts, people="number", spare="percent"))


def _left(voice: Voice, row: Mapping[Any, Any]) -> str:
    counts = {k: voice.number(int(row[k])) for k in ("reserved", "left")}
    key = "programme.full" if row["left"] == 0 else "programme.left"
    return voice.count(key, int(row["cap"]), days=voice.number(int(row["window"])), **counts)


def sends_draft(voice: Voice, result: SendsCheck, facts: Facts) -> Draft:
    """What is broken first; caps with how many people; complaints with their range; what was not measured."""
    known = statistics(voice, facts, messages="number", people="number", level="percent")
    if not result.facts["messages"]:
        return Draft(headline=voice.say("sends.empty"), sentences=[], tables=[], details=known)
    table = result.table.set_index("rule")
    seen = table[table["verdict"].ne("not_measured")]
    broken = [voice.inner("sends_rule", rule) for rule in table.index[table["verdict"].isin(BROKEN)]]
    values = {"all": voice.number(len(seen)), "names": voice.names(broken, most=9)}
    headline = voice.count("sends.broken", len(broken), **values) if broken else voice.count("sends.kept", len(seen))
    sentences = [_cap(voice, window, row, result) for window in (7, 30) if (row := _row(table, f"cap_{window}")) is not None]
    sentences += _complaints(voice, _row(table, "complaints"), facts)
    for verdict, key in (("cannot_tell", "sends.open"), ("not_measured", "sends.missing")):
        names = [
            voice.inner("sends_rule", rule)
            for rule in table.index[table["verdict"].eq(verdict)]
            if rule != "complaints" or key != "sends.open"
        ]
        sentences += [voice.say(key, names=voice.names(names, most=9))] if names else []
    spec: list[Spec] = [("sends_rule", "text"), ("sends_verdict", "label"), ("count", "whole"), ("of", "whole")]
    spec += [("low", "percent"), ("high", "percent")] if voice.analyst else []
    shown = result.table.rename(columns={"rule": "sends_rule", "verdict": "sends_verdict"})
    shown["sends_rule"] = [voice.say("sends.pressure") if r == "pressure" else voice.label("sends_rule", r) for r in shown["sends_rule"]]
    return Draft(
        headline=headline, sentences=sentences, tables=[grid(voice, shown, spec, caption=voice.say("sends.caption"), facts=facts, most=20)],
        details=known,
    )  # fmt: skip


def _row(table: pd.DataFrame, rule: str) -> dict[Any, Any] | None:
    return table.loc[rule].to_dict() if rule in table.index else None


def _cap(voice: Voice, window: int, row: Mapping[Any, Any], result: SendsCheck) -> str:
    days, cap = voice.number(window), voice.number(int(row["limit"]))
    if not row["count"]:
        return voice.say("sends.cap_kept", days=days, cap=cap)
    most = int(result.over.loc[result.over["window"] == window, "messages"].max())
    return voice.count("sends.cap", int(row["count"]), days=days, cap=cap, share=voice.percent(float(row["rate"])), most=voice.number(most))


def _complaints(voice: Voice, row: Mapping[Any, Any] | None, facts: Facts) -> list[str]:
    if row is None or row["verdict"] == "not_measured":
        return []
    within = voice.within(voice.percent(float(row["low"])), voice.percent(float(row["high"])))
    sure = chances(float(facts.get("level", 0.9)), voice.language)
    return [voice.say(f"sends.complaints.{row['verdict']}", rate=voice.percent(float(row["rate"])), within=within, sure=sure)]
