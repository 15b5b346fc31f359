"""What a play at the ad desk says, in words: what came because of the ads, never the platform's credit as an effect."""

from __future__ import annotations

import pandas as pd

from mktlib.reporting.drafts import Draft
from mktlib.reporting.facts import Facts
from mktlib.reporting.grid import Grid, Spec, grid
from mktlib.reporting.voice import Voice
from mktlib.results import DeskPlay
from mktlib.wording import floored

MOST_COSTS = 3
MATTERS = 0.02


def desk_draft(voice: Voice, result: DeskPlay, facts: Facts) -> Draft:
    """The gain, the credit against the truth, the best play, and what cost most."""
    if result.table.empty:
        return Draft(headline=voice.say("desk.empty"), sentences=[], tables=[], details=[])
    eur = {k: _money(voice, facts, facts[k]) for k in ("spent", "best", "bound", "budget")}
    gain = float(facts["gain"])
    name = voice.names([voice.label("desk_platform", facts["platform"])])
    key = "gained" if gain > 0 else "lost"
    paid = {"spent": eur["spent"], "gain": _money(voice, facts, abs(gain))}
    came = int(facts["incremental"])
    headline = voice.count(f"desk.{key}", came, platform=name, sales=voice.number(came), **paid)
    sentences = [_credit(voice, int(facts["reported"]), came)]
    if facts["share_of_best"] is None:
        sentences.append(voice.say("desk.nothing"))
    elif facts["expected"] <= 0:
        sentences.append(voice.say("desk.below", best=eur["best"], bound=eur["bound"]))
    else:
        shares = {"share_of_best": voice.percent(facts["share_of_best"]), "at_least": voice.percent(floored(facts["at_least"]))}
        sentences.append(voice.say("desk.best", best=eur["best"], bound=eur["bound"], **shares))
    sentences += [*_costs(voice, result, facts)]
    if facts["late"]:
        sentences.append(voice.say("desk.late", share=voice.percent(float(facts["late"]))))
    return Draft(headline=headline, sentences=sentences, tables=_tables(voice, result, facts), details=_details(voice, facts))


def _credit(voice: Voice, reported: int, came: int) -> str:
    """The platform's credit against what came because of the ads."""
    more = reported - came
    key = "credit" if more > 0 else "credit_less" if more < 0 else "credit_same" if came else "credit_none"
    return voice.count(f"desk.{key}", reported, reported=voice.number(reported), sales=voice.number(came), anyway=voice.number(more))


def _money(voice: Voice, facts: Facts, value: float) -> str:
    return voice.money(round(float(value)), str(facts["currency"]))


def _costs(voice: Voice, result: DeskPlay, facts: Facts) -> list[str]:
    """The changes that would each have brought most; they overlap, so no sum of them is said."""
    costs = result.costs[result.costs["money"] >= MATTERS * max(float(facts["spent"]), 1.0)]
    top = costs.sort_values("money", ascending=False, kind="stable").drop_duplicates("ad_set").head(MOST_COSTS)
    said = []
    for row in top.to_dict("records"):
        name = voice.label("ad_set", row["ad_set"]) if row["ad_set"] else ""
        said.append(voice.say(f"desk.cost_{row['code']}", ad_set=name, money=_money(voice, facts, row["money"])))
    return [voice.say("desk.costs"), *said] if said else []


def _tables(voice: Voice, result: DeskPlay, facts: Facts) -> list[Grid]:
    sums = ["spend", "reported", "incremental", "gain"]
    each = result.table.groupby("ad_set", sort=False)[sums].sum().sort_values("gain", ascending=False, kind="stable").reset_index()
    spec: list[Spec] = [("ad_set", "label"), ("spend", "money"), ("reported", "whole"), ("incremental", "whole"), ("gain", "money")]
    tables = [grid(voice, _rounded(each, ["spend", "gain"]), spec, caption=voice.say("desk.caption"), facts=facts)]
    best = _rounded(result.best, ["spend", "yours", "yours_gain", "gain"]).rename(columns={"spend": "best_spend", "gain": "best_gain"})
    both: list[Spec] = [("ad_set", "label"), ("yours", "money"), ("best_spend", "money"), ("yours_gain", "money"), ("best_gain", "money")]
    return [*tables, grid(voice, best, both, caption=voice.say("desk.best_caption"), facts=facts)] if voice.analyst else tables


def _rounded(table: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    return table.assign(**{c: table[c].round() for c in columns})


def _details(voice: Voice, facts: Facts) -> list[tuple[str, str]]:
    known = [("seed", voice.number(int(facts["seed"]))), ("expected", _money(voice, facts, facts["expected"]))]
    known += [(k, voice.number(float(facts[f"roas_{k}"]), 2)) for k in ("reported", "incremental") if facts[f"roas_{k}"] is not None]
    return [(voice.say(f"desk.detail_{k}"), value) for k, value in known]
