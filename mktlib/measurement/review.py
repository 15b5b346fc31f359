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

from mktlib.errors import DataError, Finding
from mktlib.glmm import predictive
from mktlib.intake import tally, to_pandas
from mktlib.intake.inputs import need
from mktlib.results import Plan, Review
from mktlib.vocabulary import Tables, finding, load_tables

Array = NDArray[Any]
KEY = ["item", "segment", "channel"]
SHOWN = ("item", "content_type", "style", "length", "stage", "segment", "channel", "owner", "status", "due", "published", "planned_spend")
MEASURED = ("actual_spend", "exposure", "predicted", "low", "high", "actual", "inside", "late_days", "surprise")


def review_campaign(plan: Plan, results: pd.DataFrame, *, level: float = 0.9, tables: Tables | None = None) -> Review:
    """The promise of a frozen plan beside what came, piece by piece, segment by segment, channel by channel.

    Args:
        plan: as `load_plan` reads it; its schedule holds exposure, rate, rate_sd and spend of each placement.
        results: one row a placement and week: item, segment, channel, the count and the exposure of the plan's metric (clicks of
            impressions or delivered), and where known owner, status, due, published, actual_spend. Any frame.
        level: chance that a promised range holds.

    Returns:
        `Review`: predicted, low, high and actual are rates on the exposure that really happened; `inside` is missing where nothing ran.
        Results of pieces that the plan does not have are a finding, as are rows whose count nobody knows.

    Raises:
        DataError: a column is missing, a count is negative or above its exposure, or no row of the results belongs to the plan.
    """
    metric, words = str(plan.facts.get("metric", "click_rate")), tables or load_tables()
    row = words.metrics.get(metric) or words.metrics["click_rate"]
    need(plan.schedule, [*KEY, "stage", "exposure", "rate", "rate_sd", "spend"])
    came, found = _added(to_pandas(results), metric, row, words)
    placed = _promises(plan)
    rows = placed.merge(came, on=KEY, how="left", validate="1:1").merge(_pieces(plan), on="item", how="left")
    if rows["exposure"].notna().sum() == 0:
        names = ", ".join(sorted(came["item"].unique())[:3])
        raise DataError(finding("E_NO_MATCH", found=names, expected=", ".join(placed["item"].head(3))))
    rows[["exposure", "count"]] = rows[["exposure", "count"]].fillna(0)
    ran = rows["exposure"] > 0
    table = _beside(rows, ran, level, str(row["family"]), float(row.get("per", 1)))
    facts = {"metric": metric, "level": level} | _facts(plan, rows, table, ran)
    done = table[ran.to_numpy()].assign(count=rows.loc[ran, "count"])
    calibration = _calibration(done, level, float(row.get("per", 1)))
    return Review(table=table, facts=facts, calibration=calibration, findings=(*found, *_unplanned(placed, came)))


def _promises(plan: Plan) -> pd.DataFrame:
    """One row a placement: its rate, what it was to cost, and what one event at that rate is worth as the plan counts it (an idea's
    later lots for less, where the plan says that it wears)."""
    schedule = plan.schedule[plan.schedule["exposure"] > 0].astype(dict.fromkeys(KEY, "str"))
    worth = schedule["value"] if "value" in schedule else pd.Series(np.nan, index=schedule.index)
    sums = schedule.assign(worth=worth, expected=schedule["exposure"] * schedule["rate"]).groupby(KEY, as_index=False)
    first = {c: (c, "first") for c in ("stage", "rate", "rate_sd")}
    placed = sums.agg(**first, planned_spend=("spend", "sum"), worth=("worth", "sum"), expected=("expected", "sum"))
    return placed.assign(event_value=placed["worth"] / placed["expected"].where(placed["expected"] > 0)).drop(columns=["worth", "expected"])


def _pieces(plan: Plan) -> pd.DataFrame:
    names = [c for c in ("item", "content_type", "style", "length") if c in plan.items]
    return plan.items[names].astype({"item": "str"}).drop_duplicates("item")


def _added(results: pd.DataFrame, metric: str, row: Mapping[str, Any], tables: Tables) -> tuple[pd.DataFrame, list[Finding]]:
    """Results added up over weeks. A row that ran and whose count nobody wrote down is left out and said, never a 0."""
    need(results, KEY)
    frame = results.reset_index(drop=True).astype(dict.fromkeys(KEY, "str"))
    exposures = {row["exposure"], *row.get("exposure_by_channel", {}).values()} & set(frame)
    numbers = frame[[c for c in (row["count"], *exposures) if c in frame]].apply(pd.to_numeric, errors="coerce")
    negative = [
        finding("E_NEGATIVE_COUNT", line=int(i) + 2, column=c, found=numbers[c][i]) for c in numbers for i in numbers.index[numbers[c] < 0]
    ]
    if negative:
        raise DataError(negative)
    idle = numbers.fillna(0).sum(axis=1) == 0
    counts = tally(frame[~idle], KEY, metric=metric, tables=tables)
    above = counts[counts["count"] > counts["exposure"]] if row["family"] == "binomial" else counts.head(0)
    if len(above):
        pairs = zip(above["item"], above["count"], above["exposure"], strict=True)
        raise DataError([finding("E_CLICKS_GT_IMPRESSIONS", column=row["count"], found=f"{item}: {y} > {n}") for item, y, n in pairs])
    twice = int(results.duplicated().sum())
    if {"due", "published"} <= set(frame):
        days = [pd.to_datetime(frame[c], errors="coerce", format="mixed", utc=True) for c in ("published", "due")]
        frame["late_days"] = (days[0] - days[1]).dt.days
    if "actual_spend" in frame:
        frame["actual_spend"] = _spent(frame["actual_spend"])
    how = {c: "sum" for c in ("actual_spend",) if c in frame}
    how |= {c: "first" for c in ("owner", "status", "due", "published") if c in frame} | {c: "max" for c in ("late_days",) if c in frame}
    details = frame.groupby(KEY, as_index=False).agg(how) if how else frame[KEY].drop_duplicates()
    repeated = [finding("E_REPEATED_RESULTS", level="warning", found=str(twice))] if twice else []
    return details.merge(counts, on=KEY, how="left"), [*counts.attrs["findings"], *repeated]


def _spent(money: pd.Series) -> pd.Series:
    """Money as numbers; blank where nobody knows, refused where it is no amount."""
    amount = pd.to_numeric(money, errors="coerce").astype(float)
    wrong = (amount.isna() & money.notna()) | np.isinf(amount) | (amount < 0)
    if wrong.any():
        i = int(wrong.to_numpy().argmax())
        raise DataError(finding("E_NOT_A_NUMBER", line=i + 2, column="actual_spend", found=money.iloc[i]))
    return amount


def _unplanned(placed: pd.DataFrame, came: pd.DataFrame) -> list[Finding]:
    """What ran outside the plan is no promise kept or broken, but it is not passed over in silence."""
    extra = came.merge(placed[KEY], on=KEY, how="left", indicator=True).query("_merge == 'left_only'")
    if extra.empty:
        return []
    names = ", ".join(" / ".join(key) for key in extra[KEY].head(3).itertuples(index=False))
    return [finding("E_NOT_PLANNED", level="warning", found=str(len(extra)), names=names)]


def _beside(rows: pd.DataFrame, ran: pd.Series, level: float, family: str, per: float) -> pd.DataFrame:
    """Promise and outcome side by side, as rates on what really ran; nothing is judged where nothing ran."""
    chances = rows["exposure"].where(ran, 1).to_numpy(float)
    promise, sd = rows["rate"].to_numpy(float) / per, rows["rate_sd"].to_numpy(float)
    ends = predictive(promise, sd, chances, level, family=family)
    y = rows["count"].to_numpy(float)
    luck = {"binomial": chances * promise * (1 - promise), "poisson": chances * promise, "money": np.zeros(len(rows))}[family]
    doubt = chances * promise * (1 - promise if family == "binomial" else 1) * sd
    spread = np.sqrt(luck + doubt**2)
    table = rows.assign(
        predicted=rows["rate"],
        low=per * ends[:, 0] / chances,
        high=per * ends[:, 1] / chances,
        actual=pd.Series(per * y / chances, index=rows.index).where(ran),
        inside=pd.Series((y >= ends[:, 0]) & (y <= ends[:, 1]), index=rows.index).astype("boolean").mask(~ran),
        surprise=pd.Series(np.divide(y - chances * promise, spread, out=np.zeros(len(y)), where=spread > 0), index=rows.index).where(ran),
        status=rows["status"].where(ran, "cancelled") if "status" in rows else np.where(ran, "published", "cancelled"),
    )
    if not (rows["exposure"] % 1).any():
        table["exposure"] = table["exposure"].astype("int64")
    return table[[c for c in (*SHOWN, *MEASURED) if c in table]]


def _facts(plan: Plan, rows: pd.DataFrame, table: pd.DataFrame, ran: pd.Series) -> dict[str, Any]:
    done, inside = rows[ran], int(table["inside"].fillna(False).sum())
    late = table.loc[table["late_days"] > 0, "item"].nunique() if "late_days" in table else 0
    worth = (done["event_value"] * done["count"]).sum(min_count=1)
    return {
        "items": int(ran.sum()),
        "inside": inside,
        "coverage": inside / max(int(ran.sum()), 1),
        "late": int(late),
        "not_executed": int((~ran).sum()),
        "planned_spend": float(rows["planned_spend"].sum()),
        "actual_spend": float(rows["actual_spend"].sum()) if "actual_spend" in rows else float("nan"),
        "predicted_total": float((done["rate"] * done["exposure"]).sum()),
        "actual_total": float(done["count"].sum()),
        "currency": plan.facts.get("currency", "EUR"),
        "value_planned": float(plan.expected["value"]) if "value" in plan.expected else None,
        "value_actual": float(worth) if pd.notna(worth) else None,
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
