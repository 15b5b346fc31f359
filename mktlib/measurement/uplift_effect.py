"""What a campaign brought beyond what would have come anyway, in which segments, and whether choosing whom to treat would bring more.

Only a lot makes the two arms alike. Whether it was one is asked, and then looked at: where the arms differ before anything happened, the
result says "seen with" and not "brought".
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import chi2, norm
from sklearn.linear_model import LogisticRegression

from mktlib.errors import DataError, Finding
from mktlib.glmm import mixing
from mktlib.measurement.qini import LEAST, SHARES, one_hot, qini, ranked, rule_gain
from mktlib.measurement.ratios import ENDS, cost_of_one, is_positive, money_facts, over, wrong_money
from mktlib.measurement.segments import arms, pooled
from mktlib.measurement.uplift_read import By, Column, People, in_both_arms, read_people
from mktlib.results import Uplift
from mktlib.results.evidence import LEANING, grade
from mktlib.rules.checked import checked
from mktlib.vocabulary import default_language, finding, load_tables, not_level, not_seed

UNFAIR = 0.001
"""Below it the arms differ more than a lot makes them differ."""
ALIKE = 0.05
LUCK = 0.8
"""p value of an effect that rests on a single outcome or two."""
COMMON = (0.02, 0.98)
"""Chances of treatment between which people of both arms are found."""


def uplift(
    data: Any,
    *,
    treatment: str,
    outcome: str,
    by: By = None,
    treated: Any = None,
    control: Any = None,
    assigned: str | None = None,
    propensity: float | str | None = None,
    spend: float | None = None,
    worth: float | None = None,
    currency: str = "EUR",
    window_days: float | None = None,
    unmeasured: float | None = None,
    level: float = 0.9,
    seed: int = 0,
) -> Uplift:
    """The effect of a treatment on people, by segment, and whether targeting would bring more.

    Args:
        data: one row a person: who was treated, what came of it, and columns known before. Any frame, or the path of a CSV or Parquet
            file.
        treatment: column of the arm: words, true and false, or 1 and 0. outcome: column of the result: yes and no, a count, or money.
        by: columns whose segments are told apart, each by itself; a tuple of columns is crossed. Numbers of many values are cut in fifths.
            What the treatment may have changed is no segment.
        treated, control: names of the two arms (needed where there are more than two, or neither says no).
        assigned: "lot": chance decided who was treated. "chosen": somebody did. None: not told, which counts as chosen.
        propensity: chance of treatment, a number or a column. None: with a lot, the share treated; else learnt from the columns of `by`.
        spend: money spent on the treated. worth: money that one unit of the outcome is worth. window_days: days that outcomes were counted
            after treatment. unmeasured: share of people who refused to be measured (0 to 1), which is said and never made up for.
        level: of the ranges. seed: of the halves in which rules are learnt and judged.

    Returns:
        `Uplift`. facts["grade"] says how strongly the whole may be said, a column `grade` each segment.

    Raises:
        DataError: every problem at once.

    Effects of segments partially pooled (Rubin 1981; DuMouchel 1994; ranges that hold after picking: Dawid 1994); test of "all alike"
    (Cochran 1954), Holm over the columns; Qini curve (Radcliffe 2007) of a rule learnt on one half and judged on the other (Kennedy 2023;
    Yadlowsky et al. 2025).

    >>> data = pd.DataFrame({"sent": [0, 1] * 2000, "region": ["north"] * 2000 + ["south"] * 2000, "bought": [0, 1, 0, 0] * 1000})
    >>> result = uplift(data, treatment="sent", outcome="bought", by="region", assigned="lot")
    >>> result.facts["effect"], result.facts["grade"], result.columns["verdict"].tolist()
    (0.5, 'shown', ['not_shown'])
    """
    wrong = [*not_level(level), *wrong_money(spend, worth, currency, unmeasured)]
    if assigned not in (None, "lot", "chosen"):
        wrong.append(finding("E_OPTION", column="assigned", found=assigned, expected='assigned="lot" / assigned="chosen"'))
    wrong += [finding("E_OPTION", column="seed", found=seed, expected="seed=0")] if not_seed(seed) else []
    if window_days is not None and not is_positive(window_days):
        wrong.append(finding("E_OPTION", column="window_days", found=window_days, expected="window_days=14"))
    people = read_people(
        data, treatment=treatment, outcome=outcome, by=by, treated=treated, control=control, propensity=propensity, found=wrong
    )
    people, balance, evidence, told = _assigned(people, assigned, propensity, treatment)
    people = in_both_arms(people)
    facts: dict[str, Any] = {"outcome": outcome, "treatment": treatment, "treated": people.treated, "control": people.control}
    facts |= {"currency": currency, "level": level, "evidence": evidence, "unmeasured": unmeasured, "window_days": window_days}
    facts |= {"left_out": people.left_out, "kind": "share" if np.isin(people.y, (0, 1)).all() else "number"}
    facts |= _whole(people, evidence, level) | {"p_balance": float(balance["p_value"].min()) if len(balance) else None}
    facts |= money_facts(tuple(facts[f"brought{e}"] for e in ENDS), spend, worth)
    table, columns = _segments(people, facts)
    curve, rule = _targeting(people, facts, seed)
    facts |= rule | {"outside": sum(int(f.found or 0) for f in told if f.code == "N_UPLIFT_OUTSIDE")}
    findings = (*people.findings, *told, *_remarks(people, facts, columns))
    return Uplift(table=table, columns=columns, curve=curve, balance=balance, facts=facts, findings=findings)


# ---------------------------------------------------------------- who was treated


def _assigned(
    people: People, assigned: str | None, propensity: float | str | None, treatment: str
) -> tuple[People, pd.DataFrame, str, list[Finding]]:
    """The people with a chance of treatment each, how alike the arms are, and what kind of evidence that makes."""
    even = np.full(len(people.t), people.t.mean())
    told_chance = propensity is not None
    balance = _balance(people, people.chance if told_chance else even)
    fair = bool(balance["fair"].all()) and not (told_chance and _mismatch(people) < UNFAIR)
    lot = assigned == "lot"
    findings = [] if lot else [finding("N_UPLIFT_NO_LOT" if assigned else "N_UPLIFT_LOT_UNTOLD", level="warning")]
    if lot and not fair:
        worst = "" if balance.empty else str(balance.sort_values("p_value", kind="stable")["by"].iloc[0])
        findings.append(finding("N_UPLIFT_UNFAIR", level="warning", column=treatment, found=worst))
    evidence = "randomised" if lot and fair else "observational"
    if told_chance:
        return people, balance, evidence, findings
    chance = even if evidence == "randomised" or not people.columns else _learnt(people)
    people = replace(people, chance=chance)
    inside = (chance > COMMON[0]) & (chance < COMMON[1]) if evidence != "randomised" else np.ones(len(chance), bool)
    if not inside.all():
        findings.append(finding("N_UPLIFT_OUTSIDE", level="warning", column=treatment, found=str(int((~inside).sum()))))
        people = people.only(inside)
    if min(people.t.sum(), (1 - people.t).sum()) < 2:
        raise DataError(finding("E_UPLIFT_NOBODY_ALIKE", column=treatment))
    return people, balance, evidence, findings


def _learnt(people: People) -> np.ndarray:
    """Chance of treatment (n,) by the columns."""
    x = one_hot([c.code for c in people.columns])
    return np.asarray(LogisticRegression(C=10.0, max_iter=500).fit(x, people.t).predict_proba(x)[:, 1])


def _mismatch(people: People) -> float:
    """p value of "as many were treated as the chances say" (sample-ratio mismatch)."""
    expected, spread = people.chance.sum(), np.sqrt((people.chance * (1 - people.chance)).sum())
    return float(2 * norm.sf(abs(people.t.sum() - expected) / max(float(spread), 1e-12)))


def _balance(people: People, chance: np.ndarray) -> pd.DataFrame:
    """Whether each column is spread over the arms as a lot spreads it (score test), Holm over the columns."""
    rows = [_spread_of(c, people.t, chance) for c in people.columns]
    p = mixing.holm(np.array([r[1] for r in rows])) if rows else np.empty(0)
    return pd.DataFrame(
        {"by": [c.name for c in people.columns], "gap": [r[0] for r in rows], "p_value": p, "fair": p >= UNFAIR},
    ).astype({"gap": float, "p_value": float, "fair": bool})


def _spread_of(column: Column, t: np.ndarray, chance: np.ndarray) -> tuple[float, float]:
    """(largest difference of shares in standard deviations, p value)."""
    many = len(column.names)
    if many < 2:
        return 0.0, 1.0
    surprise = np.bincount(column.code, t - chance, many)
    spread = np.bincount(column.code, chance * (1 - chance), many)
    whole = spread.sum()
    square = float((surprise**2 / np.maximum(spread, 1e-12)).sum() - surprise.sum() ** 2 / whole)
    w = [(1 - t) / (1 - chance), t / chance]
    shares = [np.bincount(column.code, x, many) / x.sum() for x in w]
    middle = (shares[0] + shares[1]) / 2
    gap = np.abs(shares[1] - shares[0]) / np.sqrt(np.maximum(middle * (1 - middle), 1e-12))
    return float(gap.max()), float(chi2.sf(max(square, 0.0), many - 1))


# ---------------------------------------------------------------- effects


def _whole(people: People, evidence: str, level: float) -> dict[str, Any]:
    """The effect on all, absolute and relative."""
    found = arms(np.zeros(len(people.t), dtype=np.int64), 1, people.t, people.y, people.chance)
    (without, with_it), effect = found.mean[0], float(found.raw[0])
    sd = max(float(np.sqrt(found.variance[0])), abs(effect) / float(norm.isf(_by_luck(people) / 2)))
    z, treated = float(norm.ppf(0.5 + level / 2)), int(people.t.sum())
    ends = [effect, effect - z * sd, effect + z * sd]
    out: dict[str, Any] = {"people": len(people.t), "n_treated": treated, "n_control": len(people.t) - treated}
    out |= {"mean_treated": float(with_it), "mean_control": float(without), "chance": float(people.t.mean())}
    out |= {f"effect{e}": x for e, x in zip(ENDS, ends, strict=True)} | {
        f"brought{e}": x * treated for e, x in zip(ENDS, ends, strict=True)
    }
    out |= _relative(float(without), float(with_it), found.error[0], level)
    decided, leaning = abs(effect) > z * sd, abs(effect) > norm.ppf(0.5 + LEANING / 2) * sd
    out["p_value"] = float(2 * norm.sf(abs(effect) / sd)) if sd > 0 else 1.0
    out["grade"] = grade(evidence, decided=decided, leaning=bool(leaning))
    return out | {"verdict": "cannot_tell" if not decided else "gains" if effect > 0 else "loses"}


def _by_luck(people: People) -> float:
    """How likely luck alone puts all that came into one arm, both sides: no effect is more certain than that, and at most LUCK.

    >>> t, y = np.array([0.0, 1, 0, 1, 0, 1]), np.array([0.0, 5, 0, 5, 0, 5])
    >>> _by_luck(People(t=t, y=y, chance=np.full(6, 0.5), columns=(), treated="1", control="0"))
    0.25
    """
    share = float(people.t.mean())
    return min(2 * max(share, 1 - share) ** int(np.count_nonzero(people.y)), LUCK)


def _relative(without: float, with_it: float, error: np.ndarray, level: float) -> dict[str, float]:
    """The lift over the control with its range; NaN where the control may be nothing."""
    wide = norm.ppf(0.5 + level / 2) * np.sqrt(error)
    ends = [(x, x - w, x + w) for x, w in zip((without, with_it), wide, strict=True)]
    found = over(ends[1], ends[0], level)
    known = without > 0 and found.status == "ok"
    return {f"lift{e}": x - 1 if known else math.nan for e, x in zip(ENDS, (found.value, found.low, found.high), strict=True)}


def _segments(people: People, facts: Mapping[str, Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of `table` and of `columns`."""
    told = people.columns or (Column(name=str(facts["treatment"]), names=("all",), code=np.zeros(len(people.t), dtype=np.int64)),)
    parts = [_of_column(column, people, facts) for column in told]
    rows = pd.DataFrame([row for _, row in parts])
    if not people.columns:
        return parts[0][0], rows.iloc[:0]
    known = rows["p_value"].notna().to_numpy()
    rows.loc[known, "p_value"] = mixing.holm(rows.loc[known, "p_value"].to_numpy(float)) if known.any() else np.nan
    rows["verdict"] = np.select([~known, rows["p_value"].to_numpy(float) <= ALIKE], ["one_segment", "differ"], "not_shown")
    return pd.concat([part for part, _ in parts], ignore_index=True), rows


def _of_column(column: Column, people: People, facts: Mapping[str, Any]) -> tuple[pd.DataFrame, dict[str, Any]]:
    found = arms(column.code, len(column.names), people.t, people.y, people.chance)
    level, sd = float(facts["level"]), np.sqrt(found.variance)
    z, sure = float(norm.ppf(0.5 + level / 2)), pooled(found.raw, np.maximum(found.variance, 1e-300), level)
    table = pd.DataFrame({"by": column.name, "segment": list(column.names), "people": found.n.sum(axis=1).astype(int)})
    table = table.assign(treated=found.n[:, 1].astype(int), control=found.n[:, 0].astype(int))
    table = table.assign(mean_treated=found.mean[:, 1], mean_control=found.mean[:, 0], alone=found.raw)
    table = table.assign(alone_low=found.raw - z * sd, alone_high=found.raw + z * sd, effect=sure.ends[:, 0])
    table = table.assign(low=sure.ends[:, 1], high=sure.ends[:, 2])
    decided = (table["low"] > 0) | (table["high"] < 0)
    table["grade"] = [grade(str(facts["evidence"]), decided=bool(d), leaning=bool(k)) for d, k in zip(decided, sure.leaning, strict=True)]
    table["verdict"] = np.select([table["low"] > 0, table["high"] < 0], ["gains", "loses"], "cannot_tell")
    row: dict[str, Any] = {"by": column.name, "segments": len(column.names), "p_value": sure.p_value}
    row |= {f"spread{e}": x for e, x in zip(ENDS, sure.spread, strict=True)}
    return _with_money(table, facts), row


def _with_money(table: pd.DataFrame, facts: Mapping[str, Any]) -> pd.DataFrame:
    """Worth brought over spending, segment by segment, where every treated person cost the same."""
    if facts["spend"] is None:
        return table
    each = float(facts["spend"]) / float(facts["n_treated"])
    costs = np.array([cost_of_one(each, tuple(row)) for row in table[["effect", "low", "high"]].to_numpy(float)])
    table = table.assign(**{f"cost_per{e}": costs[:, k] for k, e in enumerate(ENDS)})
    if facts["worth"] is None:
        return table
    return table.assign(
        **{f"roas{e}": float(facts["worth"]) * table[c] / each for e, c in zip(ENDS, ("effect", "low", "high"), strict=True)}
    )


# ---------------------------------------------------------------- targeting


def _targeting(people: People, facts: Mapping[str, Any], seed: int) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The Qini curve and what the rule is worth; nothing where there is nothing to choose by, or too few people."""
    level, nan = float(facts["level"]), float("nan")
    told = [c for c in people.columns if len(c.names) > 1]
    lot, few = facts["evidence"] == "randomised", min(facts["n_treated"], facts["n_control"]) < LEAST
    if not told or not lot or few or np.ptp(people.y) == 0:
        empty = pd.DataFrame({c: pd.Series(dtype=float) for c in ("share", "gain", "low", "high", "by_lot")})
        names = ("qini", "qini_low", "qini_high", "rule_share", "rule_gain", "rule_gain_low", "rule_gain_high")
        return empty, {n: nan for n in names} | {"ranks": "not_tried", "targeting": "not_tried", "rule_against": None, "rule_unit": None}
    order = ranked(one_hot([c.code for c in told]), people.t, people.y, people.chance, seed)
    found = qini(order, level, seed)
    curve = pd.DataFrame({"share": SHARES, **dict(zip(("gain", "low", "high"), found.curve.T, strict=True))})
    curve["by_lot"] = curve["gain"].iloc[-1] * SHARES
    paid = facts["spend"] is not None and facts["worth"] is not None
    cost = float(facts["spend"]) / float(facts["n_treated"]) if paid else 0.0
    share, against, gain = rule_gain(order, float(facts["worth"]) if paid else 1.0, cost, level)
    out: dict[str, Any] = {f"qini{e}": float(x) for e, x in zip(ENDS, found.area, strict=True)}
    out |= {"ranks": "shown" if found.area[1] > 0 else "not_shown", "rule_share": share, "rule_against": against}
    out |= {f"rule_gain{e}": float(x) for e, x in zip(ENDS, gain, strict=True)} | {"rule_unit": "money" if paid else "outcome"}
    return curve, out | {"targeting": "gains" if gain[1] > 0 else "loses" if gain[2] < 0 else "not_shown"}


# ---------------------------------------------------------------- what cannot be claimed


def _remarks(people: People, facts: Mapping[str, Any], columns: pd.DataFrame) -> list[Finding]:
    told = []
    if people.columns and not (columns["verdict"] == "differ").any() and (columns["segments"] > 1).any():
        told.append(finding("N_UPLIFT_ALIKE", level="note", found=", ".join(columns["by"])))
    if people.columns and facts["evidence"] != "randomised":
        told.append(finding("N_UPLIFT_RULE_NO_LOT", level="note"))
    elif facts["ranks"] == "not_tried" and people.columns:
        told.append(finding("N_UPLIFT_NO_RULE", level="note", found=str(min(facts["n_treated"], facts["n_control"])), least=str(LEAST)))
    if facts["window_days"] is None:
        told.append(finding("N_UPLIFT_WINDOW_UNTOLD", level="note"))
    tables, language = load_tables(), default_language()
    least = tables.checks["LIFT_WINDOW"]["values"]["least"]
    if facts["window_days"] is not None and facts["window_days"] < least:
        told.append(checked("LIFT_WINDOW", tables, language, found=f"{facts['window_days']:g}"))
    events = min(float(people.y[people.t == k].astype(bool).sum()) for k in (0, 1))
    if events < tables.checks["LIFT_EVENTS"]["values"]["least"]:
        told.append(checked("LIFT_EVENTS", tables, language, column=str(facts["outcome"]), found=f"{events:.0f}"))
    return [*told, finding("N_UPLIFT_APART", level="note")]
