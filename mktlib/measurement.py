"""What it brought: the frozen promise beside the result, and whether targeting beats one message for all.

A promise is a distribution for the exposure that a piece really got, not for the one it was planned to get; a piece that never ran is
"not executed", never a wrong forecast.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit
from scipy.stats import beta, binom, norm
from sklearn.base import clone

from mktlib.errors import DataError
from mktlib.results import Comparison, Plan, Review
from mktlib.scoring import ContentScorer
from mktlib.vocabulary import finding

Array = NDArray[Any]
KEY = ["item", "segment", "channel"]
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(25)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


def predictive(rate: Array, sd: Array, exposure: Array, level: float = 0.9) -> Array:
    """(n, 2) range of the count on a known exposure: binomial luck on a rate that is itself uncertain (logit-normal), by quadrature.

    Args:
        rate: (n,) promised mean rate, a fraction. sd: (n,) standard deviation of its log-odds. exposure: (n,) chances.

    >>> predictive(np.array([0.5]), np.array([1e-9]), np.array([100])).tolist()
    [[42.0, 58.0]]
    """
    tail, out = (1 - level) / 2, np.zeros((len(rate), 2))
    for i, (p, s, n) in enumerate(zip(rate, sd, np.asarray(exposure, int), strict=True)):
        rates = expit(logit(np.clip(p, 1e-9, 1 - 1e-9)) - _shift(p, s) + s * NODES)
        ends = [int(binom.ppf(tail, n, rates.min())), int(binom.ppf(1 - tail, n, rates.max()))]
        counts = np.arange(ends[0], ends[1] + 1)
        mass = binom.cdf(counts[:, None], n, rates[None, :]) @ WEIGHTS
        out[i] = (
            counts[np.searchsorted(mass, tail).clip(0, len(counts) - 1)],
            counts[np.searchsorted(mass, 1 - tail).clip(0, len(counts) - 1)],
        )
    return out


def _shift(p: float, s: float) -> float:
    """From the mean rate to the centre of its logit-normal (second order)."""
    return 0.5 * s * s * (1 - 2 * p)


def review_campaign(plan: Plan, results: pd.DataFrame, *, level: float = 0.9) -> Review:
    """The promise of a frozen plan beside what came, piece by piece, segment by segment, channel by channel.

    Args:
        plan: as `load_plan` reads it; its schedule holds rate, rate_sd and spend of each placement.
        results: one row a placement and week: item, segment, channel, impressions or delivered, clicks, and where known owner, status, due,
            published, planned_spend, actual_spend, revenue.

    Returns:
        `Review`: predicted, low, high and actual are rates on the exposure that really happened; `inside` is missing where nothing ran.

    Raises:
        DataError: a column is missing, or no row of the results belongs to the plan.
    """
    _need(results, [*KEY, "clicks"])
    placed = _promises(plan)
    came = _added(results)
    rows = placed.merge(came, on=KEY, how="left", validate="1:1").merge(
        plan.items[["item", "content_type", "style", "length"]], on="item", how="left"
    )
    if rows["exposure"].notna().sum() == 0:
        raise DataError(
            finding(
                "E_NO_MATCH", found=", ".join(sorted(map(str, results["item"].unique()))[:3]), expected=", ".join(placed["item"].head(3))
            )
        )
    rows["exposure"] = rows["exposure"].fillna(0).astype("int64")
    rows["clicks"] = rows["clicks"].fillna(0).astype("int64")
    ran = rows["exposure"] > 0
    chances = rows["exposure"].where(ran, 1)
    ends = predictive(rows["rate"].to_numpy(float), rows["rate_sd"].to_numpy(float), chances.to_numpy(int), level)
    table = rows.assign(
        predicted=rows["rate"],
        low=ends[:, 0] / chances,
        high=ends[:, 1] / chances,
        actual=(rows["clicks"] / chances).where(ran),
        inside=((rows["clicks"] >= ends[:, 0]) & (rows["clicks"] <= ends[:, 1])).astype("boolean").mask(~ran),
        surprise=_surprise(rows, ran),
        status=rows["status"].where(ran, "cancelled") if "status" in rows else np.where(ran, "published", "cancelled"),
    )
    shown = [
        "item",
        "content_type",
        "style",
        "length",
        "stage",
        "segment",
        "channel",
        "owner",
        "status",
        "due",
        "published",
        "planned_spend",
        "actual_spend",
    ]
    table = table[[c for c in [*shown, "exposure", "predicted", "low", "high", "actual", "inside", "late_days", "surprise"] if c in table]]
    facts = _facts(plan, rows, table, ran, level)
    return Review(table=table, facts=facts, calibration=_calibration(rows[ran]))


def _need(frame: pd.DataFrame, columns: Sequence[str]) -> None:
    lacking = [c for c in columns if c not in frame]
    if lacking:
        raise DataError([finding("E_MISSING_COLUMN", column=c, expected=c, found=", ".join(map(str, frame.columns))) for c in lacking])


def _promises(plan: Plan) -> pd.DataFrame:
    schedule = plan.schedule[plan.schedule["exposure"] > 0]
    totals = schedule.groupby(KEY, as_index=False).agg(
        stage=("stage", "first"), rate=("rate", "first"), rate_sd=("rate_sd", "first"), planned_spend=("spend", "sum")
    )
    return totals


def _added(results: pd.DataFrame) -> pd.DataFrame:
    """Results added up over weeks. The exposure is deliveries where the channel delivers, else impressions."""
    blank = pd.Series(np.nan, index=results.index)
    delivered = pd.to_numeric(results.get("delivered", blank))
    exposure = delivered.fillna(pd.to_numeric(results.get("impressions", blank))).fillna(0)
    frame = results.assign(exposure=exposure)
    if {"due", "published"} <= set(frame):
        frame["late_days"] = (pd.to_datetime(frame["published"]) - pd.to_datetime(frame["due"])).dt.days
    how = {"exposure": "sum", "clicks": "sum"} | {c: "sum" for c in ("actual_spend", "revenue", "conversions") if c in frame}
    how |= {c: "first" for c in ("owner", "status", "due", "published") if c in frame} | (
        {"late_days": "max"} if "late_days" in frame else {}
    )
    return frame.groupby(KEY, as_index=False).agg(how)


def _surprise(rows: pd.DataFrame, ran: pd.Series) -> pd.Series:
    """How far from the promise, in standard deviations of what was promised (luck included)."""
    p, n = rows["rate"].to_numpy(float), rows["exposure"].to_numpy(float)
    sd = np.sqrt(n * p * (1 - p) + (n * p * (1 - p) * rows["rate_sd"].to_numpy(float)) ** 2)
    z = np.divide(rows["clicks"].to_numpy(float) - n * p, sd, out=np.zeros(len(rows)), where=sd > 0)
    return pd.Series(z, index=rows.index).where(ran)


def _facts(plan: Plan, rows: pd.DataFrame, table: pd.DataFrame, ran: pd.Series, level: float) -> dict[str, Any]:
    inside = int(table["inside"].fillna(False).sum())
    done = rows[ran]
    return {
        "items": int(ran.sum()),
        "inside": inside,
        "coverage": inside / max(int(ran.sum()), 1),
        "level": level,
        "late": int((table.get("late_days", pd.Series(dtype=float)) > 0).sum()),
        "not_executed": int((~ran).sum()),
        "planned_spend": float(rows["planned_spend"].sum()),
        "actual_spend": float(rows["actual_spend"].sum()) if "actual_spend" in rows else float("nan"),
        "predicted_total": float((done["rate"] * done["exposure"]).sum()),
        "actual_total": float(done["clicks"].sum()),
        "currency": plan.facts.get("currency", "EUR"),
        "metric": plan.facts.get("metric", "click_rate"),
        "value_planned": float(plan.expected.get("value", float("nan"))),
    }


def _calibration(done: pd.DataFrame, bins: int = 5) -> pd.DataFrame:
    """Predicted against actual rate in bins of equal numbers of pieces, with a Clopper-Pearson range."""
    if done.empty:
        return pd.DataFrame(columns=["predicted", "actual", "low", "high", "items"])
    order = done.sort_values("rate", kind="stable").reset_index(drop=True)
    part = np.arange(len(order)) * min(bins, len(order)) // len(order)
    sums = order.assign(expected=order["rate"] * order["exposure"]).groupby(part)[["expected", "clicks", "exposure"]].sum()
    y, n = sums["clicks"], sums["exposure"]
    return pd.DataFrame(
        {
            "predicted": sums["expected"] / n,
            "actual": y / n,
            "low": np.where(y > 0, beta.ppf(0.05, y, n - y + 1), 0.0),
            "high": beta.ppf(0.95, y + 1, np.maximum(n - y, 1e-9)),
            "items": pd.Series(part).value_counts().sort_index().to_numpy(),
        }
    ).reset_index(drop=True)


# ---------------------------------------------------------------- policies


def compare_policies(
    data: pd.DataFrame,
    policies: Mapping[str, Array],
    *,
    arm: str,
    outcome: str,
    propensity: float | Array,
    control: str,
    level: float = 0.9,
) -> Comparison:
    """What each policy would have brought, from data where the arm was drawn at random.

    Inverse propensity weighting (Horvitz & Thompson 1952, JASA 47): a person whose drawn arm is the one the policy would have chosen counts
    1 / propensity. The lift against the control is a paired mean over the same people, so that its error is that of the difference.

    Args:
        policies: name -> (n,) arm that the policy chooses for each person.
        propensity: (n,) or a number, probability of the arm that was drawn.

    >>> data = pd.DataFrame({"arm": ["a", "b"] * 500, "y": [1, 0] * 500})
    >>> policies = {"all a": np.full(1000, "a"), "all b": np.full(1000, "b")}
    >>> compare_policies(data, policies, arm="arm", outcome="y", propensity=0.5, control="all b").table["mean"].tolist()
    [1.0, 0.0]
    """
    y, drawn = data[outcome].to_numpy(float), data[arm].astype(str).to_numpy()
    worth = {name: np.where(drawn == np.asarray(chosen, str), y / propensity, 0.0) for name, chosen in policies.items()}
    z, rows = float(norm.ppf(0.5 + level / 2)), []
    for name, value in worth.items():
        gain = value - worth[control]
        lift, error = float(gain.mean()), float(gain.std(ddof=1) / np.sqrt(len(gain)))
        low, high = lift - z * error, lift + z * error
        verdict = "better" if low > 0 else "worse" if high < 0 else "undecided"
        rows.append(
            {
                "arm": name,
                "n": int((drawn == np.asarray(policies[name], str)).sum()),
                "mean": float(value.mean()),
                "lift": lift,
                "low": low,
                "high": high,
                "verdict": verdict,
            }
        )
    table = pd.DataFrame(rows)
    best = str(table.sort_values(["mean", "arm"], ascending=[False, True], kind="stable")["arm"].iloc[0])
    return Comparison(
        table=table, facts={"metric": outcome, "control": control, "level": level, "kind": "policies", "best": best, "held_out": len(data)}
    )


def targeting_gain(log: pd.DataFrame, scorer: ContentScorer, *, arm: str, seed: int = 0) -> Comparison:
    """Would choosing the arm person by person beat the best single arm for all? Learnt on one random half, judged on the other.

    The arm must have been drawn at random with equal chances in `log` (one row a person). The control is the arm that did best for all in
    the learning half.
    """
    row = scorer._tables().metrics[scorer.metric]
    count, exposure = str(row["count"]), str(row["exposure"])
    _need(log, [arm, count, exposure, *[a for a in scorer.by if a in log]])
    half = np.random.default_rng(seed).random(len(log)) < 0.5
    learn, judge = log[half], log[~half].reset_index(drop=True)
    fitted = clone(scorer).fit(learn)
    arms = sorted(learn[arm].astype(str).unique())
    single = learn.groupby(learn[arm].astype(str))[[count, exposure]].sum()
    best = str((single[count] / single[exposure]).idxmax())
    others = judge[[a for a in fitted.by_]].astype(str)
    people = others.drop_duplicates(subset=[a for a in fitted.by_ if a != arm]).reset_index(drop=True)
    rates = np.column_stack([fitted.predict(people.assign(**{arm: a})) for a in arms])
    people["chosen"] = np.array(arms)[rates.argmax(1)]
    chosen = (
        others.drop(columns=arm).merge(people.drop(columns=arm), how="left", on=[a for a in fitted.by_ if a != arm])["chosen"].to_numpy()
    )
    policies = {"targeted": chosen, **{a: np.full(len(judge), a) for a in arms}}
    rate = judge[count].to_numpy(float) / judge[exposure].to_numpy(float)
    outcome = judge.assign(outcome=rate)
    found = compare_policies(outcome, policies, arm=arm, outcome="outcome", propensity=1 / len(arms), control=best, level=scorer.level)
    return Comparison(table=found.table, facts={**found.facts, "metric": scorer.metric, "axis": arm}, findings=found.findings)
