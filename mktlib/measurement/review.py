"""What it brought: the frozen promise beside the result.

A promise is a distribution for the exposure that a piece really got, not for the one it was planned to get; a piece that never ran is
"not executed", never a wrong forecast.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import t as student

from mktlib.errors import DataError
from mktlib.glmm import predictive
from mktlib.glmm.predictive import normal_score, reached
from mktlib.intake import frame_of
from mktlib.intake.inputs import need
from mktlib.measurement.gap import PARTS, SPENDS, by_owner, rate_spread, steps, within
from mktlib.measurement.gap import parts as split
from mktlib.measurement.kept import coverage, groupings, histogram, scores, shape
from mktlib.measurement.learn import Lesson
from mktlib.measurement.review_read import KEY, added, partly_known, pieces, promises, running, unplanned, without_unmeasured
from mktlib.measurement.surprise import Deviations, deviations, named, pooled, told
from mktlib.measurement.versus import beside
from mktlib.results import Plan, Review
from mktlib.results.evidence import LEANING, grade
from mktlib.vocabulary import Tables, finding, load_tables, not_tables

Array = NDArray[Any]
DRAWS = 1000
MOST_SHARED = 3000
"""Placements beyond which how doubts move together is not worked out."""
VALUES = {"planned": "planned", "not_run": "not_run", "exposure": "exposure", "rate": "rate", "worth": "worth", "came": "actual"}
SHOWN = ("item", "content_type", "style", "length", "stage", "segment", "channel", "owner", "status", "due", "published", "planned_spend")
MEASURED = ("actual_spend", "planned_exposure", "exposure", "predicted", "low", "high", "actual", "inside", "late_days", "surprise")


def review_campaign(
    plan: Plan,
    results: Any,
    *,
    level: float = 0.9,
    learnt: Lesson | None = None,
    against: Plan | str | None = None,
    value: str | None = None,
    unmeasured: float | None = None,
    tables: Tables | None = None,
) -> Review:
    """The promise of a frozen plan beside what came, piece by piece, segment by segment, channel by channel.

    Nothing here was drawn by lot: results "came in" above or below what was promised, and are never said to come from a piece.

    Args:
        plan: as `load_plan` reads it; its schedule holds exposure, rate, rate_sd and spend of each placement.
        results: one row a placement and week: item, segment, channel, the count and the exposure of the plan's metric (clicks of
            impressions or delivered), and where known owner, status, due, published, actual_spend (or spend). Any frame, or the path of a
            CSV or Parquet file.
        level: chance that a promised range holds.
        learnt: what `learn_from` gave: then it is known how the promises' doubts move together, which lets groups be told apart sooner,
            and the plan can be valued beside another.
        against: another plan, or "even" (the same pieces, the money of bought media spread evenly); needs `learnt`.
        value: column of the results with the money that the events brought; default each event at its planned worth.
        unmeasured: share of visitors who refused measurement (0 to 1), said and never used.

    Returns:
        `Review`: predicted, low, high and actual are rates on the exposure that really happened; `inside` is missing where nothing ran.
        Results of pieces that the plan does not have are a finding, as are rows whose count nobody knows; a
        placement of which some weeks are blank is judged by the others, and its gap has no part of being shown less.

    Raises:
        DataError: a column is missing, a count is negative or above its exposure, no row of the results belongs to the plan, an option
            cannot be used.

    Surprises: Holm (1979) over all groups and placements, each told once (`measurement.surprise`). Coverage: Korn & Graubard (1998).
    Scores: Brier (1950), logarithmic, CRPS (Matheson & Winkler 1976). Places: Czado, Gneiting & Held (2009), Neyman's smooth test.
    """
    _options(plan, level, learnt, against, unmeasured, tables)
    metric, words = str(plan.facts.get("metric", "click_rate")), tables or load_tables()
    row = words.metrics.get(metric) or words.metrics["click_rate"]
    need(plan.schedule, [*KEY, "stage", "exposure", "rate", "rate_sd", "spend"])
    frame = frame_of(results)
    came, found = added(frame, metric, row, words, value)
    found += running(plan, frame)
    placed = promises(plan, float(row.get("per", 1)))
    rows = placed.merge(came, on=KEY, how="left", validate="1:1").merge(pieces(plan), on="item", how="left")
    if not len(rows) or not came[KEY].merge(placed[KEY], on=KEY).shape[0]:
        names = ", ".join(sorted(came["item"].unique())[:3])
        raise DataError(finding("E_NO_MATCH", found=names, expected=", ".join(placed["item"].unique()[:3])))
    rows, lost = without_unmeasured(rows)
    partly, some = partly_known(rows)
    found += [*lost, *some]
    rows[["exposure", "count"]] = rows[["exposure", "count"]].fillna(0)
    ran, per, family = rows["exposure"] > 0, float(row.get("per", 1)), str(row["family"])
    table = _beside(rows, ran, level, family, per)
    done, dev = rows[ran].reset_index(drop=True), None
    shown = table[ran.to_numpy()].reset_index(drop=True)
    numbers = (done["count"].to_numpy(float), done["rate"].to_numpy(float) / per, done["rate_sd"].to_numpy(float))
    parts = _judged(shown, done, numbers, family, level, learnt)
    dev, extra = parts.pop("dev"), parts.pop("facts")
    known = rows.assign(planned_exposure=rows["exposure"].where(partly, rows["planned_exposure"]))
    each, gap, owners, more = _worth(known, ran, dev, numbers, family, per, level)
    for k in VALUES if len(gap) else ():
        table[f"{VALUES[k]}_value"] = each[k].to_numpy()
    facts = {"metric": metric, "level": level} | _facts(plan, rows, table, ran) | extra | more
    if (lost or some) and len(gap):
        facts["value_planned"] = float(each["planned"].sum())
    versus, facts["versus"] = (
        (pd.DataFrame(), None) if against is None or learnt is None else beside(plan, against, learnt.scorer, level=level, tables=words)
    )
    facts |= {"evidence": "observational", "grade": facts["gap_grade"] or "too_early", "unmeasured": unmeasured}
    return Review(
        table=table, facts=facts, calibration=_calibration(shown.assign(count=done["count"]), level, per), gap=gap, owners=owners,
        versus=versus, findings=(*found, *unplanned(placed, came)), **parts,
    )  # fmt: skip


def _options(plan: Any, level: float, learnt: Any, against: Any, unmeasured: Any, tables: Any) -> None:
    """Every option that cannot be used, at once."""
    found = not_tables(tables)
    if not isinstance(plan, Plan):
        found.append(finding("E_OPTION", column="plan", found=type(plan).__name__, expected='plan=mk.load_plan("FOLDER")'))
    if not (isinstance(level, int | float) and 0 < level < 1):
        found.append(finding("E_OPTION", column="level", found=level, expected="0 < level < 1"))
    if unmeasured is not None and (isinstance(unmeasured, bool) or not isinstance(unmeasured, int | float) or not 0 <= unmeasured <= 1):
        found.append(finding("E_OPTION", column="unmeasured", found=unmeasured, expected="0 <= unmeasured <= 1"))
    if learnt is not None and not isinstance(learnt, Lesson):
        found.append(finding("E_OPTION", column="learnt", found=type(learnt).__name__, expected="learn_from(scorer, log, results)"))
    if against is not None and learnt is None:
        found.append(finding("E_OPTION", column="learnt", found="None", expected="learn_from(scorer, log, results)"))
    if found:
        raise DataError(found)


def _judged(
    shown: pd.DataFrame, done: pd.DataFrame, numbers: tuple[Array, Array, Array], family: str, level: float, learnt: Lesson | None
) -> dict[str, Any]:
    """Coverage, scores, places, surprises and levels of what ran; nothing of a campaign in which nothing did."""
    empty = {"scores": pd.DataFrame(), "places": histogram(np.zeros((0, 2))), "surprises": pd.DataFrame(), "levels": pd.DataFrame()}
    if done.empty:
        facts = coverage(np.zeros(0, bool), {}, level) | shape(np.zeros((0, 2)), {})
        return empty | {"dev": None, "facts": facts | {"promise": "empty", "shared": "any"}}
    (count, rate, sd), n = numbers, done["exposure"].to_numpy(float)
    groups, inside = groupings(done), shown["inside"].to_numpy(bool)
    shared = _shared(done, learnt) if learnt is not None else None
    dev = deviations(count, rate, sd, n, family=family, shared=shared)
    surprises = told(named(done, dev, rate, n, family=family), done, rate, n, count, family=family, level=level)
    levels = pooled(done, rate, sd, n, count, family=family, level=level)
    steps = reached(count, rate, sd, n, family=family)
    facts = coverage(inside, groups, level) | shape(steps, groups) | {"shared": "any" if shared is None else "known"}
    facts["promise"] = _promise(facts, level, surprises)
    return {
        "dev": dev, "facts": facts, "places": histogram(steps),
        "scores": scores(done, count, rate, sd, n, family=family, level=level),
        "surprises": surprises.assign(grade=grade("observational", decided=True, leaning=True)),
        "levels": levels.assign(grade=[grade("observational", decided=bool(a), leaning=bool(a)) for a in levels["apart"]]),
    }  # fmt: skip


def _promise(facts: Mapping[str, Any], level: float, surprises: pd.DataFrame) -> str:
    """Whether ranges held as often as they said: near is fewer, by no more than luck and shared weather can do; broken, where it has a
    name."""
    if len(surprises) and facts["coverage"] < level:
        return "broken"
    if facts["coverage_high"] < level:
        return "missed"
    if facts["coverage_low"] > level:
        return "too_wide"
    return "kept" if facts["coverage"] >= level else "near"


def _shared(done: pd.DataFrame, learnt: Lesson) -> Array | None:
    """How the doubts of the promises move together, from the scorer that made them; None where it cannot say."""
    before = learnt.before
    if len(done) > MOST_SHARED or any(a not in done or done[a].isna().any() for a in before.by_):
        return None
    cells = done[list(before.by_)].astype("str")
    unique = cells.drop_duplicates(ignore_index=True)
    at = cells.merge(unique.assign(_at=range(len(unique))), on=list(before.by_), how="left")["_at"].to_numpy()
    rates = np.clip(before.draws(unique, DRAWS, random_state=before.random_state).astype(float), 1e-9, None)
    eta = np.log(rates) if before.family_ == "poisson" else np.log(rates) - np.log1p(-np.minimum(rates, 1 - 1e-9))
    found = np.atleast_2d(np.corrcoef(eta, rowvar=False))[np.ix_(at, at)]
    return np.asarray(np.nan_to_num(found, nan=1.0))


def _worth(
    rows: pd.DataFrame, ran: pd.Series, dev: Deviations | None, numbers: tuple[Array, Array, Array], family: str, per: float, level: float
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    """The gap placement by placement, as a waterfall and by owner, and its facts; empty for a plan that says no value."""
    if rows["event_value"].isna().all():
        nothing = {f"gap_{k}": None for k in (*PARTS, "allowed", "grade")}
        return pd.DataFrame(), pd.DataFrame(), pd.DataFrame(), nothing | {"value_actual": None}
    promised = rows.assign(rate=rows["rate"] / per, event_value=rows["event_value"] * per)
    each = split(promised, rows["money"].to_numpy(float) if "money" in rows else None)
    worth = np.nan_to_num((each["planned"] / (promised["planned_exposure"] * promised["rate"])).to_numpy(float))[ran.to_numpy()]
    n = rows.loc[ran, "exposure"].to_numpy(float)
    sd = rate_spread(dev, numbers[1], n, worth, family) if dev is not None else 0.0
    rate = float(each["rate"].sum())
    sure = {"decided": abs(rate) > within(sd, level), "leaning": abs(rate) > within(sd, LEANING)}
    facts: dict[str, Any] = {f"gap_{k}": float(each[k].sum()) for k in PARTS}
    facts |= {k: float(each[k].sum()) for k in SPENDS if k in each} | {"value_actual": float(each["came"].sum())}
    facts |= {"gap_allowed": within(sd, level), "gap_grade": grade("observational", **sure)}
    return each, steps(each, within(sd, level)), by_owner(rows, each), facts


def _beside(rows: pd.DataFrame, ran: pd.Series, level: float, family: str, per: float) -> pd.DataFrame:
    """Promise and outcome side by side, as rates on what really ran; nothing is judged where nothing ran."""
    chances = rows["exposure"].where(ran, 1).to_numpy(float)
    promise, sd = rows["rate"].to_numpy(float) / per, rows["rate_sd"].to_numpy(float)
    ends = predictive(promise, sd, chances, level, family=family)
    y = rows["count"].to_numpy(float)
    score = normal_score(y, promise, sd, chances, family=family)
    table = rows.assign(
        predicted=rows["rate"],
        low=per * ends[:, 0] / chances,
        high=per * ends[:, 1] / chances,
        actual=pd.Series(per * y / chances, index=rows.index).where(ran),
        inside=pd.Series((y >= ends[:, 0]) & (y <= ends[:, 1]), index=rows.index).astype("boolean").mask(~ran),
        surprise=pd.Series(score, index=rows.index).where(ran),
        status=rows["status"].where(ran, "cancelled") if "status" in rows else np.where(ran, "published", "cancelled"),
    )
    if not (rows["exposure"] % 1).any():
        table["exposure"] = table["exposure"].astype("int64")
    return table[[c for c in (*SHOWN, *MEASURED) if c in table]]


def _facts(plan: Plan, rows: pd.DataFrame, table: pd.DataFrame, ran: pd.Series) -> dict[str, Any]:
    done, inside = rows[ran], int(table["inside"].fillna(False).sum())
    late = table.loc[table["late_days"] > 0, "item"].nunique() if "late_days" in table else 0
    return {
        "items": int(ran.sum()),
        "inside": inside,
        "late": int(late),
        "not_executed": int((~ran).sum()),
        "planned_spend": float(rows["planned_spend"].sum()),
        "actual_spend": float(rows["actual_spend"].sum()) if "actual_spend" in rows else float("nan"),
        "predicted_total": float((done["rate"] * done["exposure"]).sum()),
        "actual_total": float(done["count"].sum()),
        "currency": plan.facts.get("currency", "EUR"),
        "value_planned": float(plan.expected["value"]) if "value" in plan.expected else None,
    }


def _calibration(done: pd.DataFrame, level: float, per: float, bins: int = 5) -> pd.DataFrame:
    """Predicted against actual rate in bins of equal numbers of pieces; the range is that of the pieces' luck (their mean, t)."""
    if done.empty:
        return pd.DataFrame(columns=["predicted", "actual", "low", "high", "items"])
    order = done.sort_values(["predicted", *KEY], kind="stable").reset_index(drop=True)
    part = np.arange(len(order)) * min(bins, len(order)) // len(order)
    return pd.DataFrame([_bin(group, level, per) for _, group in order.groupby(part)])


def _bin(group: pd.DataFrame, level: float, per: float) -> dict[str, float]:
    """One point of the calibration figure: a ratio of sums, its error from how far the pieces lie from it (Cochran 1977, ch. 6)."""
    n, y = group["exposure"].to_numpy(float), group["count"].to_numpy(float)
    actual, pieces = y.sum() / n.sum(), len(n)
    spread = np.sqrt(pieces / max(pieces - 1, 1) * ((y - actual * n) ** 2).sum()) / n.sum()
    reach = max(float(student.ppf(0.5 + level / 2, max(pieces - 1, 1))) * spread, np.sqrt(actual * max(1 - actual, 0) / n.sum()) * 1.645)
    low, high = max(0.0, actual - reach), actual + reach
    predicted = float((group["predicted"] * n).sum() / n.sum())
    return {"predicted": predicted, "actual": per * actual, "low": per * low, "high": per * high, "items": pieces}
