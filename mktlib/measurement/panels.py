"""Units compared before and after with units that got nothing: what moved beyond them, and what else that may be.

One number for each unit (its mean after less its mean before) makes weeks that hang together harmless: a unit counts once, however many
periods it has (Bertrand, Duflo & Mullainathan 2004). What remains is the one thing no arithmetic can give: that both groups would have
gone on alike. So the same comparison is made at every earlier start, when nothing happened, and the headline's range holds also if the
groups drift apart once more as far as they ever did.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.intake import to_pandas
from mktlib.intake.inputs import absent, as_group
from mktlib.measurement.panels_read import Panel, read_did
from mktlib.measurement.ratios import ENDS, money_facts, wrong_money
from mktlib.measurement.trends import FEW, Gap, adjusted, baseline, changes, earlier_starts, gap, places, strayed, trend
from mktlib.results import PanelEffect
from mktlib.results.evidence import LEANING, grade
from mktlib.rules.checked import checked
from mktlib.vocabulary import default_language, finding, load_tables, not_level

ALIKE = 0.05
"""A drift before the start is shown from here on."""


def difference_in_differences(
    panel: Any,
    *,
    unit: str,
    time: str,
    outcome: str,
    treated: Any,
    start: Any = None,
    end: Any = None,
    before: int | None = None,
    scale: str = "auto",
    neighbours: Any = None,
    spend: float | None = None,
    worth: float | None = None,
    currency: str = "EUR",
    unmeasured: float | None = None,
    level: float = 0.9,
) -> PanelEffect:
    """What treated units did beyond others since a start, with every earlier start tried as a placebo.

    Args:
        panel: one row a unit (area, shop) and period, the history before the start with it; blanks are unknown.
        unit, time, outcome: its columns; time in days or numbers.
        treated: names of the treated units; or a column that is yes for them (always, or from their start on).
        start: first treated period (needed unless the column tells it). All treated units start together: staggered starts are refused.
        end: last period that is read. before: how many periods before the start it is compared with (None: as many as make units that
            nothing happened to stray least from each other).
        scale: "log" (effects are percentages), "plain" (they are units), "auto": logs where all is above 0 and units differ threefold.
        neighbours: pairs of units that touch (a frame with unit and neighbour), to look for spill-over.
        spend: money spent in the treated units. worth: money that one unit of the outcome is worth. unmeasured: share of people who
            refused to be measured (0 to 1), which is said and never made up for.
        level: of the ranges.

    Returns:
        `PanelEffect`. Without a lot nothing is shown: the grade is "tendency" at most.

    Raises:
        DataError: every problem at once; staggered starts (E_DID_STAGGERED).

    Changes of units, Welch's t from five units a group on (errors clustered by unit: Donald & Lang 2007), else the spread of all units, or
    how far the groups strayed at earlier starts (with as few degrees of freedom as starts that share no period) if that is wider;
    placebos over units (Conley & Taber 2011) and in time; how large a drift would make the effect vanish, in multiples of the largest seen
    before (Rambachan & Roth 2023); what a passed pre-test would miss (Roth 2022).

    >>> rng = np.random.default_rng(1)
    >>> rows = [(f"shop {u}", t, 20 + u + (3 if u < 6 and t >= 12 else 0) + rng.normal()) for u in range(14) for t in range(16)]
    >>> panel = pd.DataFrame(rows, columns=["shop", "week", "sales"])
    >>> mine = [f"shop {u}" for u in range(6)]
    >>> result = difference_in_differences(panel, unit="shop", time="week", outcome="sales", treated=mine, start=12)
    >>> round(result.facts["effect"]), result.facts["verdict"], result.facts["grade"]
    (3, 'lift', 'tendency')
    """
    wrong = [*not_level(level), *wrong_money(spend, worth, currency, unmeasured)]
    if scale not in ("auto", "log", "plain"):
        wrong.append(finding("E_OPTION", column="scale", found=scale, expected="auto / log / plain"))
    if before is not None and (isinstance(before, bool) or not isinstance(before, int) or before < 2):
        wrong.append(finding("E_OPTION", column="before", found=before, expected="before=12"))
    read = read_did(panel, unit=unit, time=time, outcome=outcome, treated=treated, start=start, end=end, scale=scale, found=wrong)
    facts: dict[str, Any] = {"outcome": outcome, "unit": unit, "time": time, "level": level, "scale": "log" if read.logs else "plain"}
    facts |= {"currency": currency, "start": read.times[read.start], "periods": len(read.times), "before": read.start}
    facts |= {"after": len(read.times) - read.start, "treated": int(read.treated.sum()), "compared": int((~read.treated).sum())}
    facts |= {"evidence": "quasi", "unmeasured": unmeasured}
    many = baseline(read.y[:, : read.start], ~read.treated, facts["after"]) if before is None else min(before, read.start)
    facts |= {"baseline": many, "baseline_from": "data" if before is None else "asked"}
    d = _change(read, many)
    tried = earlier_starts(read.y[:, : read.start], read.treated, many, facts["after"], level)
    own = gap(d, read.treated, level)
    few = min(facts["treated"], facts["compared"]) < FEW
    found = strayed(own, [g for _, g in tried], _apart(tried, facts["after"]), level) if few else own
    facts |= _before(read, found, tried, many, level)
    reach = max(own.wide + facts["drift"], found.wide)
    facts |= _judged(found, reach, max(own.reach(LEANING) + facts["drift"], found.reach(LEANING)), facts)
    facts |= _spill(read, d, neighbours, unit, level)
    table = _table(read, found, reach)
    facts |= {k: float(table[k].iloc[-1]) for k in ("effect", "effect_low", "effect_high", "lift", "lift_low", "lift_high")}
    facts |= {"luck_low": float(table["lift_low"].iloc[0]), "luck_high": float(table["lift_high"].iloc[0])}
    facts |= money_facts(tuple(float(table[f"in_all{e}"].iloc[-1]) for e in ENDS), spend, worth)  # type: ignore[arg-type]
    findings = (*read.findings, *_remarks(facts, neighbours))
    placebos = _placebos(read, d, tried, facts)
    return PanelEffect(table=table, periods=_periods(read, many, level), placebos=placebos, facts=facts, findings=findings)


# ---------------------------------------------------------------- before the start


def _change(read: Panel, many: int) -> np.ndarray:
    """(units,): what each did from the start on, against so many periods before."""
    return changes(read.y[:, read.start - many :], read.treated, many)


def _apart(tried: list[tuple[int, Gap]], after: int) -> float:
    """How many earlier starts share no period."""
    return 1 + (len(tried) - 1) / after


def _before(read: Panel, found: Gap, tried: list[tuple[int, Gap]], many: int, level: float) -> dict[str, Any]:
    """How the groups drifted apart before anything happened: as a line, and at every earlier start."""
    past, after = read.y[:, : read.start], len(read.times) - read.start
    looked = min(read.start, max(3 * (many + after), 12))
    ahead = (many + after) / 2
    line = trend(past[:, -looked:], read.treated, level) if read.start >= 4 else None
    out: dict[str, Any] = {"starts": len(tried), "odd_starts": sum(g.p_value <= 1 - level for _, g in tried)}
    nan = float("nan")
    out |= dict(zip(("trend", "trend_low", "trend_high"), line.ends if line else (nan,) * 3, strict=True))
    out |= {"p_trend": line.p_value if line else nan, "blind": line.blind(level) if line else nan}
    out["blind_bias"] = out["blind"] * ahead
    if line is None or not tried:
        return out | {"drift": nan, "pretrend": "not_tried", "p_before": nan, "vanishes": nan}
    p = min(1.0, 2 * min(line.p_value, _apart(tried, after) * min(g.p_value for _, g in tried)))
    far = float(np.quantile([abs(g.value) for _, g in tried], level, method="higher"))
    drift = max(far, abs(line.value * ahead))
    beyond = max(0.0, abs(found.value) - found.wide) / drift if drift > 0 else math.inf
    return out | {"drift": drift, "pretrend": "shown" if p <= ALIKE else "not_shown", "p_before": p, "vanishes": beyond}


def _judged(found: Gap, reach: float, leant: float, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Verdict and grade: a lift is one that also holds if the groups drift apart once more as far as before (reach; leant: at LEANING)."""
    known = math.isfinite(facts["drift"]) and facts["pretrend"] == "not_shown"
    decided = known and abs(found.value) > reach
    leaning = known and abs(found.value) > leant
    verdict = "cannot_tell" if not decided else "lift" if found.value > 0 else "loss"
    return {"gap": found.value, "grade": grade("quasi", decided=decided, leaning=leaning), "verdict": verdict, "p_value": found.p_value}


# ---------------------------------------------------------------- tables


def _table(read: Panel, found: Gap, reach: float) -> pd.DataFrame:
    cells = ~np.isnan(read.y[read.treated][:, read.start :])
    raw = np.exp(read.y) if read.logs else read.y
    actual, many = float(np.nanmean(raw[read.treated][:, read.start :])), int(cells.sum())
    rows = []
    for way, wide in (("luck", found.wide), ("drift", reach)):
        ends = np.array([found.value, found.value - wide, found.value + wide])
        units = actual * -np.expm1(-ends) if read.logs else ends
        lift = np.expm1(ends) if read.logs else ends / (actual - found.value) if actual > found.value else np.full(3, np.nan)
        row: dict[str, Any] = {"way": way} | {f"effect{e}": x for e, x in zip(ENDS, units, strict=True)}
        row |= {f"lift{e}": x for e, x in zip(ENDS, lift, strict=True)} | {f"in_all{e}": x * many for e, x in zip(ENDS, units, strict=True)}
        rows.append(row)
    return pd.DataFrame(rows)


def _periods(read: Panel, many: int, level: float) -> pd.DataFrame:
    """The gap between the groups period by period, against the mean of the periods it is compared with."""
    adj = adjusted(read.y, read.treated, read.start)
    own = adj - _means(adj[:, read.start - many : read.start])[:, None]
    rows = []
    for k in range(len(read.times)):
        seen = ~np.isnan(own[:, k])
        told = seen[read.treated].any() and seen[~read.treated].sum() >= 3
        ends = gap(own[seen, k], read.treated[seen], level).ends if told else (np.nan,) * 3
        rows.append(ends)
    y = read.y[read.treated]
    mean = _means((np.exp(y) if read.logs else y).T)
    out = pd.DataFrame({"time": read.times, "stretch": np.where(np.arange(len(read.times)) < read.start, "before", "after")})
    gaps = np.array(rows)
    out = out.assign(actual=mean, expected=mean * np.exp(-gaps[:, 0]) if read.logs else mean - gaps[:, 0])
    return out.assign(gap=gaps[:, 0], low=gaps[:, 1], high=gaps[:, 2])


def _placebos(read: Panel, d: np.ndarray, tried: list[tuple[int, Gap]], facts: dict[str, Any]) -> pd.DataFrame:
    """Earlier starts, and compared units taken for treated ones."""
    times = [{"kind": "time", "start": read.times[s], **dict(zip(("effect", "low", "high"), g.ends, strict=True))} for s, g in tried]
    others = d[~read.treated]
    alone = others - (others.sum() - others) / (len(others) - 1)
    units = [{"kind": "unit", "start": read.times[read.start], "effect": float(x), "low": np.nan, "high": np.nan} for x in np.sort(alone)]
    facts["p_units"], facts["least_p"] = places(d, read.treated)
    facts["correlation"] = _correlation(read)
    return pd.DataFrame([*times, *units])


def _means(y: np.ndarray) -> np.ndarray:
    """Mean of each row, blanks left out; NaN where there is nothing else."""
    seen = ~np.isnan(y)
    return np.asarray(np.where(seen, y, 0.0).sum(axis=1) / np.where(seen.any(axis=1), seen.sum(axis=1), np.nan))


def _correlation(read: Panel) -> float:
    """Of neighbouring periods before the start, both group means taken out."""
    adj = adjusted(read.y, read.treated, read.start)[:, : read.start]
    left = adj - _means(adj)[:, None]
    a, b = left[:, :-1].ravel(), left[:, 1:].ravel()
    both = ~np.isnan(a) & ~np.isnan(b)
    spread = float(a[both].std() * b[both].std()) if both.sum() > 2 else 0.0
    return float(np.mean((a[both] - a[both].mean()) * (b[both] - b[both].mean())) / spread) if spread > 0 else float("nan")


# ---------------------------------------------------------------- what cannot be claimed


def _spill(read: Panel, d: np.ndarray, neighbours: Any, unit: str, level: float) -> dict[str, Any]:
    """Whether compared units next to treated ones changed otherwise than the rest."""
    if neighbours is None:
        return {"spill": None, "near": None}
    frame = to_pandas(neighbours)
    first = unit if unit in frame.columns else "unit"
    if lacking := absent(frame, [first, "neighbour"]):
        raise DataError(lacking)
    mine = {u for u, t in zip(read.units, read.treated, strict=True) if t}
    pairs = list(zip(as_group(frame[first]), as_group(frame["neighbour"]), strict=True))
    touched = {b for a, b in pairs if a in mine} | {a for a, b in pairs if b in mine}
    near = np.array([u in touched for u in read.units])[~read.treated]
    if near.sum() < 1 or (~near).sum() < 3:
        return {"spill": None, "near": int(near.sum())}
    return {"spill": gap(d[~read.treated], near, level).p_value, "near": int(near.sum())}


def _remarks(facts: Mapping[str, Any], neighbours: Any) -> list[Finding]:
    tables, language = load_tables(), default_language()
    told = [finding("N_DID_CHOSEN", level="warning")]
    few = min(facts["treated"], facts["compared"])
    for code, many in (("LIFT_UNITS", few), ("LIFT_PERIODS", facts["before"])):
        told += [checked(code, tables, language, found=str(many))] if many < tables.checks[code]["values"]["least"] else []
    ways = math.comb(facts["treated"] + facts["compared"], facts["treated"])
    told += [finding("N_DID_PLACES", level="note", found=str(ways), least=f"{1 / ways:.2g}")] if 1 / ways > ALIKE else []
    told += _drifts(facts)
    if facts["spill"] is not None and facts["spill"] <= 0.1:
        told.append(finding("N_DID_SPILL", level="warning", found=f"{facts['spill']:.3f}"))
    return told + ([finding("N_DID_NEIGHBOURS_UNTOLD", level="note")] if neighbours is None else [])


def _drifts(facts: Mapping[str, Any]) -> list[Finding]:
    """What the periods before the start say of the two groups, and what they cannot say."""
    if facts["pretrend"] == "not_tried":
        return [finding("N_DID_NO_PLACEBO", level="warning")]
    told = []
    if facts["pretrend"] == "shown":
        told.append(finding("N_DID_PRETREND", level="warning", found=f"{facts['p_before']:.2g}"))
        if facts["odd_starts"] > 2 * (1 - facts["level"]) * facts["starts"]:
            told.append(finding("N_DID_ODD_STARTS", level="warning", found=str(facts["odd_starts"]), many=str(facts["starts"])))
    elif facts["blind_bias"] >= abs(facts["gap"]):
        told.append(finding("N_DID_PRETREND_BLIND", level="warning"))
    return told
