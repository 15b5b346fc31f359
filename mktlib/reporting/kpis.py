"""What figures of money say, in words: what one sale cost with its range, what pays on attributed sales, and how far that goes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from mktlib.charts.kpis import amounts, counted, figure_rows, group_label, named, whole_of
from mktlib.reporting.drafts import Draft, statistics
from mktlib.reporting.facts import Facts
from mktlib.reporting.grid import Grid, Spec, grid
from mktlib.reporting.voice import Voice
from mktlib.results import Kpis
from mktlib.results.money import ASIDE, ENOUGH_SPELLS, FEWEST_DAYS
from mktlib.vocabulary import phrase
from mktlib.wording import chances

WHICH = {"kpis": "whole", "incremental_roas": "test", "lifetime_value": "life"}
MONEY = {"spend": "spent", "revenue": "revenue", "margin": "margin"}
JUDGED = ("pays", "loses", "cannot_tell")
MOST_NAMES, MOST_LINE = 4, 8
COSTS = ("cpa", "cpl", "cac", "roas", "roi")
"""Figures of money that are told on a single page beside the headline's; the others are in the tables for the team."""


def kpis_draft(voice: Voice, result: Kpis, facts: Facts) -> Draft:
    """The headline's figure with its range, what it rests on, what pays, what cannot be said."""
    if result.table.empty or figure_rows(result).empty:
        return Draft(headline=voice.say("kpis.empty"), sentences=[], tables=[], details=[])
    row = whole_of(figure_rows(result)).to_dict()
    headline = told(voice, result, row)
    sentences = [_basis(voice, result, row), *_others(voice, result, row), *_worth(voice, result, row), *_groups(voice, result, facts)]
    sentences += [*_besides(voice, result, facts), *_resting(voice, row)]
    known = statistics(voice, facts, level="percent")
    return Draft(
        headline=headline, sentences=sentences, tables=_tables(voice, result, facts), details=known, brief=_brief(voice, result, facts, row)
    )


# ---------------------------------------------------------------- one figure


def _of(voice: Voice, row: Mapping[Any, Any]) -> Mapping[str, Any]:
    return voice.tables.kpis[str(row["kpi"])]


def _numbers(result: Kpis, voice: Voice, row: Mapping[Any, Any]) -> list[str]:
    """Value, low and high as they are said."""
    values = (float(row["value"]), float(row["low"]), float(row["high"]))
    return amounts(values, str(row["unit"]), str(result.facts["currency"]), voice.language)


def _money_for_money(result: Kpis, voice: Voice, row: Mapping[Any, Any]) -> list[str]:
    """The same of a sentence, where what came for each euro is itself in euros."""
    return _numbers(result, voice, dict(row) | ({"unit": "currency"} if row["unit"] == "ratio" and row["per"] == "spend" else {}))


def told(voice: Voice, result: Kpis, row: Mapping[Any, Any]) -> str:
    """One figure in a sentence, whatever its status."""
    known, status = _of(voice, row), str(row["status"])
    value, low, high = _money_for_money(result, voice, row)
    sure, name = chances(float(result.facts["level"]), voice.language), voice.label("kpi", row["kpi"])
    one = voice.money(1, str(result.facts["currency"]))
    says = str(known["says"].get(voice.language) or known["says"]["en"]).format(value=value, one=one)
    says = says[:1].upper() + says[1:]
    if status == "ok":
        return voice.say("kpis.ok", says=says, sure=sure, low=low, high=high)
    if status in ("described", "no_range"):
        return voice.say("kpis.plain", says=says)
    if status == "at_least" and known["numerator"] == "spend":
        spent = voice.money(float(row["numerator"]), str(result.facts["currency"]))
        label = voice.inner("kpi", row["kpi"])
        return voice.say("kpis.at_least", one=counted(known, 0, voice.language)[1], spent=spent, label=label, low=low, sure=sure)
    if status in ("at_most", "no_high", "unbounded"):
        return voice.say(f"kpis.{status}", label=name, low=low, high=high, sure=sure)
    return voice.say("kpis.none", label=name, status=phrase(f"labels.kpi_status.{status}", voice.language))


def _side(voice: Voice, result: Kpis, row: Mapping[Any, Any], side: str) -> str:
    """One side of a figure, counted: "3,649 conversions", "€43,846 spent"."""
    known, column, many = _of(voice, row), str(_of(voice, row)[side]), float(row[side])
    if column in known.get("money", ()) or column in ("ltv", "cac", "lifetime_margin"):
        amount = voice.money(round(many, 0 if abs(many) >= 100 else 2), str(result.facts["currency"]))
        return voice.say(f"kpis.{MONEY.get(column, 'other_money')}", amount=amount)
    words = next((k for k in (known, *voice.tables.kpis.values()) if k["denominator"] == column), None)
    if words is None:
        return voice.say("kpis.of", many=voice.number(many, 0), of=voice.inner("column", column))
    said, of = counted(words, many, voice.language)
    return voice.say("kpis.of", many=said, of=of)


def _basis(voice: Voice, result: Kpis, row: Mapping[Any, Any]) -> str:
    """What the figure is counted over."""
    if result.facts["made_by"] == "incremental_roas":
        brought = [result.facts[k] for k in ("brought", "brought_low", "brought_high")]
        value, low, high = (voice.number(float(f"{x:.2g}"), 0) for x in brought)
        return voice.say("kpis.brought" if brought[1] > 0 else "kpis.brought_unsure", value=value, low=low, high=high)
    if result.facts["made_by"] == "lifetime_value":
        many = {k: voice.number(result.facts[k]) for k in ("retained", "customers")}
        horizon = result.facts["horizon"]
        return voice.count("kpis.horizon", horizon, **many) if horizon else voice.say("kpis.no_horizon", **many)
    sides = {"below": _side(voice, result, row, "denominator"), "above": _side(voice, result, row, "numerator")}
    return voice.say("kpis.basis", **sides)


def _others(voice: Voice, result: Kpis, row: Mapping[Any, Any]) -> list[str]:
    """The other figures a client asks for, where the headline is of another kind."""
    mine = result.table[(result.table["of"] == row["of"]) & (result.table["kpi"] != row["kpi"])]
    wanted = ("cpa", "cpl", "cac", "ltv", "incremental_cpa") if result.facts["made_by"] != "kpis" else ("cpa", "cpl")
    return [told(voice, result, r) for r in mine[mine["kpi"].isin(wanted)].to_dict("records")]


# ---------------------------------------------------------------- who pays


def _worth(voice: Voice, result: Kpis, row: Mapping[Any, Any]) -> list[str]:
    """Revenue is no margin; from where on it pays, and whether the whole does."""
    facts, out = result.facts, []
    if row["kpi"] == "roas" and not facts["margin_from"]:
        out.append(voice.say("kpis.not_margin"))
    if row["kpi"] in ("roas", "incremental_roas") and np.isfinite(facts["break_even"]):
        out.append(voice.say("kpis.even", **_even(voice, facts)))
    if row["verdict"] in JUDGED:
        known = {"grade": voice.graded(row["grade"] or "too_early"), "why": _because(voice, facts, _why(row))}
        out.append(voice.say(f"kpis.{WHICH[facts['made_by']]}_{row['verdict']}", **known))
    return out


def _why(row: Mapping[Any, Any]) -> str:
    """What keeps a verdict open."""
    return str(row.get("why") or "reached")


def _because(voice: Voice, facts: Mapping[str, Any], why: str) -> str:
    """The same in words."""
    counts = {"spells": ENOUGH_SPELLS, "days": FEWEST_DAYS, "groups": int(facts["groups"])}
    return voice.say(f"kpis.because.{why}", **{k: voice.number(n) for k, n in counts.items()})


def _even(voice: Voice, facts: Mapping[str, Any]) -> dict[str, str]:
    """From where on it pays: so much for each euro."""
    currency = str(facts["currency"])
    even, share = facts["break_even"], voice.percent(1 / facts["break_even"])
    return {"even": amounts((even,), "currency", currency, voice.language)[0], "one": voice.money(1, currency), "margin": share}


def _named(voice: Voice, result: Kpis, verdict: str, why: str = "") -> list[str]:
    """The groups of a verdict; with `why`, those that it is open for that reason."""
    rows = figure_rows(result)
    mine = rows[(rows["of"] == "group") & (rows["verdict"] == verdict)]
    mine = mine[[why in ("", _why(r)) for r in mine.to_dict("records")]]
    return [voice.text(group_label(voice.tables, result, r, voice.language)) for r in mine.to_dict("records")]


def _groups(voice: Voice, result: Kpis, facts: Facts) -> list[str]:
    """The groups by verdict."""
    out, rows = [], figure_rows(result)
    for verdict in JUDGED[:2]:
        names = _named(voice, result, verdict)
        out += [voice.say(f"kpis.{verdict}", names=voice.names(names, most=MOST_NAMES))] if names else []
    out += _open(voice, result, facts, dict.fromkeys(_why(r) for r in rows.to_dict("records")))
    free = [
        voice.text(group_label(voice.tables, result, r, voice.language))
        for r in rows[(rows["of"] == "group") & rows["status"].eq("no_cost")].to_dict("records")
    ]
    return [*out, *([voice.say("kpis.free", names=voice.names(free, most=MOST_NAMES))] if free else [])]


def _open(voice: Voice, result: Kpis, facts: Facts, reasons: Iterable[str]) -> list[str]:
    """The groups of which it cannot be told, with the reason."""
    named = {why: _named(voice, result, "cannot_tell", why) for why in reasons}
    return [
        voice.say("kpis.cannot_tell", names=voice.names(names, most=MOST_NAMES), why=_because(voice, facts, why))
        for why, names in named.items()
        if names
    ]


def _besides(voice: Voice, result: Kpis, facts: Facts) -> list[str]:
    """The whole with what cost nothing, the plan, who could not be measured."""
    rows, out = figure_rows(result), []
    if (rows["of"] == "paid").any():
        total = rows[rows["of"] == "total"].iloc[0].to_dict()
        out += [voice.say("kpis.blended", value=_numbers(result, voice, total)[0])] if np.isfinite(total["value"]) else []
    currency = str(facts["currency"])
    if facts["planned_spend"]:
        paid = {k: voice.money(round(float(facts[f"{k}_spend"])), currency) for k in ("planned", "actual")}
        out.append(voice.say("kpis.planned", **paid))
    if facts["unmeasured"]:
        out.append(voice.say("kpis.unmeasured", share=voice.percent(float(facts["unmeasured"]))))
    return out


def _resting(voice: Voice, row: Mapping[Any, Any]) -> list[str]:
    """What the range of the headline rests on: scatter that was assumed, few spells of good and bad days, few pieces that bring unlike."""
    spells, pieces = float(row.get("spells", np.nan)), float(row.get("pieces", np.nan))
    out = [voice.say("kpis.assumed")] if row.get("scatter_by") == "opinion" else []
    out += [voice.say("kpis.few_spells")] if 0 < spells < ENOUGH_SPELLS else []
    return [*out, *([voice.say("kpis.few_pieces", many=voice.number(pieces, 0))] if np.isfinite(pieces) else [])]


# ---------------------------------------------------------------- tables


def _said(voice: Voice, result: Kpis, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with their numbers as text, each in its own unit, the denominator named."""
    out = []
    for r in rows.to_dict("records"):
        value, low, high = _numbers(result, voice, r)
        status = str(r["status"])
        bare = phrase(f"labels.kpi_status.{status}", voice.language) or "–"
        out.append(
            {
                "kpi_group": group_label(voice.tables, result, r, voice.language),
                "kpi_name": named(voice.tables, str(r["kpi"]), voice.language),
                "kpi_value": value if np.isfinite(r["value"]) else bare,
                "kpi_range": _range(voice, r, low, high),
                "kpi_over": _side(voice, result, r, "denominator"),
                "kpi_verdict": _verdict(voice, r),
                "grade": r["grade"],
                "kpi_scatter": r["scatter"],
                "kpi_seen": phrase(f"labels.scatter_by.{r['scatter_by']}", voice.language),
                "low": r["low"],
                "high": r["high"],
                "value": r["value"],
            }
        )
    return pd.DataFrame(out)


def _verdict(voice: Voice, r: Mapping[Any, Any]) -> str:
    """Whether it pays; where that cannot be told, why."""
    said = phrase(f"labels.pays.{r['verdict']}", voice.language) if r["verdict"] else ""
    return f"{said} ({voice.inner('why', _why(r))})" if r["verdict"] == "cannot_tell" else said


def _range(voice: Voice, r: Mapping[Any, Any], low: str, high: str) -> str:
    if np.isfinite(r["low"]) and np.isfinite(r["high"]):
        return voice.say("kpis.at_most_short", high=high) if r["status"] == "at_most" else voice.span(low, high)
    if np.isfinite(r["low"]):
        return voice.say("kpis.at_least_short", low=low)
    return voice.say("kpis.at_most_short", high=high) if np.isfinite(r["high"]) else voice.say("kpis.range_none")


def _tables(voice: Voice, result: Kpis, facts: Facts) -> list[Grid]:
    """For a client the headline by group; for an employer what is money; for the team everything."""
    head, table = figure_rows(result), result.table
    caption = voice.say("kpis.caption", kpi=named(voice.tables, str(facts["kpi"]), voice.language))
    if facts["kpi"] == "roas" and np.isfinite(result.facts["break_even"]):
        caption = voice.say("kpis.caption_even", caption=caption, even=_even(voice, result.facts)["even"])
    first: list[Spec] = [("kpi_group", "text"), ("kpi_value", "text"), ("kpi_range", "text"), ("kpi_over", "text")]
    first += [("kpi_verdict", "text"), ("grade", "label")] if head["verdict"].ne("").any() else []
    unit = {"currency": "money", "fraction": "percent"}.get(str(voice.tables.kpis[str(facts["kpi"])].get("unit")), "number")
    drawn = ("value", unit, named(voice.tables, str(facts["kpi"]), voice.language))
    told = _said(voice, result, head)
    out = [grid(voice, told, first, caption=caption, facts=facts, rows=len(head), drawn=drawn)] if len(head) > 1 else []
    whole = table[table["of"] == whole_of(head)["of"]]
    if voice.reader == "client":
        return out
    money = [k for k in dict.fromkeys(table["kpi"]) if voice.tables.kpis[k].get("money")]
    rest: list[Spec] = [("kpi_name", "text"), ("kpi_value", "text"), ("kpi_range", "text"), ("kpi_over", "text")]
    if voice.reader == "employer":
        mine = whole[whole["kpi"].isin(money)]
        return [*out, grid(voice, _said(voice, result, mine), rest, caption=voice.say("kpis.caption_money"), facts=facts, most=len(mine))]
    every: list[Spec] = [("kpi_group", "text"), *rest, ("kpi_scatter", "number"), ("kpi_seen", "text")]
    figures = grid(voice, _said(voice, result, whole), rest, caption=voice.say("kpis.caption_figures"), facts=facts, most=len(whole))
    groups = table[table["of"] == "group"]
    more = [grid(voice, _said(voice, result, groups), every, caption=voice.say("kpis.caption_all"), facts=facts)] if len(groups) else []
    return [*out, figures, *more]


# ---------------------------------------------------------------- the single page


def _beside(voice: Voice, result: Kpis, row: Mapping[Any, Any]) -> list[str]:
    """The other figures of cost in one line, of the whole."""
    mine = _costs(result, row["kpi"]).query("of == @row['of']")
    said = [_briefly(voice, result, r, voice.label("kpi", r["kpi"])) for r in mine.to_dict("records")]
    return [voice.say("kpis.beside", figures=voice.names(said, most=len(COSTS)))] if said else []


def _by_group(voice: Voice, result: Kpis) -> list[str]:
    """A line for each of the other figures of cost, group by group."""
    out = []
    for key, part in _costs(result, result.facts["kpi"]).query("of == 'group'").groupby("kpi", sort=False):
        each = part.to_dict("records")
        said = [_briefly(voice, result, r, voice.text(group_label(voice.tables, result, r, voice.language))) for r in each]
        out.append(voice.say("kpis.each", kpi=voice.label("kpi", key), groups=voice.names(said, most=MOST_LINE)))
    return out


def _costs(result: Kpis, head: Any) -> pd.DataFrame:
    """The rows of the figures of cost that are not the headline's."""
    table = result.table
    return table[table["kpi"].isin(COSTS) & (table["kpi"] != head)]


def _briefly(voice: Voice, result: Kpis, row: Mapping[Any, Any], name: str) -> str:
    """A name, its value and its range; the end that there is, or the word for why there is none."""
    value, low, high = _numbers(result, voice, row)
    known, ends = np.isfinite(row["value"]), _range(voice, row, low, high)
    bare = phrase(f"labels.kpi_status.{row['status']}", voice.language)
    if not known:
        return f"{name} {ends if np.isfinite([row['low'], row['high']]).any() else bare}"
    return f"{name} {value} ({ends})"


def _brief(voice: Voice, result: Kpis, facts: Facts, row: Mapping[Any, Any]) -> dict[str, list[str]]:
    """What was done, what came of it, how sure, what next; and what is for whoever pays."""
    currency, test = str(facts["currency"]), facts["made_by"] == "incremental_roas"
    words = phrase(f"labels.grade.{facts['grade']}", voice.language)
    words = words[:1].lower() + words[1:]
    out: dict[str, list[str]] = {"brought": [told(voice, result, row)], "money": _worth(voice, result, row)[:2]}
    if facts["made_by"] == "lifetime_value":
        return out
    if facts["spend"]:
        out["did"] = [voice.say("kpis.did", amount=voice.money(round(float(facts["spend"])), currency))]
    judged = test or row["verdict"] in JUDGED
    out["sure"] = [voice.say("kpis.sure_test" if test else "kpis.sure_seen" if judged else "kpis.sure_plain", grade=words)]
    out["sure"] += _resting(voice, row)[:1]
    if voice.reader == "client" and np.isfinite(facts["break_even"]):
        out["sure"] += _worth(voice, result, row)
    out["sure"] += _open(voice, result, facts, ASIDE)
    out["brought"] += [voice.say("kpis.unsure")] if test and not facts["brought_low"] > 0 else []
    loses = _named(voice, result, "loses")
    out["brought"] += _beside(voice, result, row)
    out["money"] += _by_group(voice, result)
    out["next"] = [voice.say("kpis.next_stop", names=voice.names(loses, most=MOST_NAMES))] if loses else []
    if not test and row["kpi"] != "roas":
        out["next"].append(voice.say("kpis.next_test"))
    elif not test:
        out["next"].append(voice.say("kpis.next_test" if facts["margin_from"] else "kpis.next_margin"))
    return out
