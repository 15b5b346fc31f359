"""What it brought: the frozen promise beside the result, and whether targeting beats one message for all.

A promise is a distribution for the exposure that a piece really got, not for the one it was planned to get; a piece that never ran is
"not executed", never a wrong forecast.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import bdtr, expit, logit, pdtr
from scipy.stats import chi2_contingency, norm
from scipy.stats import t as student
from sklearn.base import clone

from mktlib.errors import DataError, Finding
from mktlib.intake import tally, to_pandas
from mktlib.results import Comparison, Plan, Review
from mktlib.scoring import ContentScorer
from mktlib.vocabulary import Tables, finding, load_tables, nearest

Array = NDArray[Any]
KEY = ["item", "segment", "channel"]
STEPS = np.linspace(-6, 6, 481)  # so near that a narrow binomial at each step still adds up to a smooth whole (a few Gauss nodes do not)
WEIGHTS = norm.pdf(STEPS) / norm.pdf(STEPS).sum()
SHOWN = ("item", "content_type", "style", "length", "stage", "segment", "channel", "owner", "status", "due", "published", "planned_spend")
MEASURED = ("actual_spend", "exposure", "predicted", "low", "high", "actual", "inside", "late_days", "surprise")


def predictive(rate: Array, sd: Array, exposure: Array, level: float = 0.9, *, family: str = "binomial") -> Array:
    """(n, 2) range of the count on a known exposure: the luck of counting on a rate that is itself uncertain, by quadrature.

    Args:
        rate: (n,) promised mean rate, a fraction. sd: (n,) standard deviation of its log-odds (of its logarithm unless binomial).
        exposure: (n,) chances, 0 or more.
        family: "binomial"; "poisson" where one chance may count twice; "money" (a sum, whose rate alone is uncertain).

    >>> predictive(np.array([0.5]), np.array([1e-9]), np.array([100])).tolist()
    [[42.0, 58.0]]
    """
    rate, sd, chances = (np.asarray(x, float) for x in (rate, sd, exposure))
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    if family == "money":
        return np.asarray((chances * rate * np.exp(-(sd**2) / 2))[:, None] * np.exp(sd[:, None] * norm.ppf(tails)))
    if family == "poisson":
        means = (chances * rate * np.exp(-(sd**2) / 2))[:, None] * np.exp(sd[:, None] * STEPS)
        most = means.max(axis=1) + 10 * np.sqrt(means.max(axis=1)) + 10
        return np.column_stack([_smallest(lambda k, i: pdtr(k[:, None], means[i]), t, most) for t in tails])
    trials = chances.astype(np.int64)
    rates = expit(_center(rate, sd)[:, None] + sd[:, None] * STEPS)
    return np.column_stack([_smallest(lambda k, i: bdtr(k[:, None], trials[i, None], rates[i]), t, chances) for t in tails])


def _smallest(below: Callable[[Array, Array], Array], tail: float, most: Array) -> Array:
    """The smallest count whose chance of being reached from below is `tail`, row by row, by halving."""
    low, high = np.full(len(most), -1.0), np.floor(np.asarray(most, float))
    while (wide := np.flatnonzero(high - low > 1)).size:
        middle = np.floor((low[wide] + high[wide]) / 2)
        reached = below(middle, wide) @ WEIGHTS >= tail - 1e-12
        high[wide], low[wide] = np.where(reached, middle, high[wide]), np.where(reached, low[wide], middle)
    return high


def _center(rate: Array, sd: Array) -> Array:
    """The centre of the log-odds whose mean rate is the promised one (Newton's steps): a mean is not a median."""
    p = np.clip(rate, 1e-9, 1 - 1e-9)
    center = logit(p)
    for _ in range(30):
        rates = expit(center[:, None] + sd[:, None] * STEPS)
        change = (p - rates @ WEIGHTS) / ((rates * (1 - rates)) @ WEIGHTS)
        center = center + np.clip(change, -2, 2)
    return center


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
    _need(plan.schedule, [*KEY, "stage", "exposure", "rate", "rate_sd", "spend"])
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


def _need(frame: pd.DataFrame, columns: Sequence[str]) -> None:
    lacking = [c for c in columns if c not in frame]
    if lacking:
        raise DataError([finding("E_MISSING_COLUMN", column=c, expected=c, found=", ".join(map(str, frame.columns))) for c in lacking])


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
    _need(results, KEY)
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
        control: the policy that the others are held against.

    Returns:
        `Comparison`: mean outcome a person under each policy, lift against the control with its range, verdict better, worse or undecided.

    Raises:
        DataError: the control is no policy, lengths differ, a propensity is not a probability, an arm or outcome is missing.

    >>> data = pd.DataFrame({"arm": ["a", "b"] * 500, "y": [1, 0] * 500})
    >>> policies = {"all a": np.full(1000, "a"), "all b": np.full(1000, "b")}
    >>> compare_policies(data, policies, arm="arm", outcome="y", propensity=0.5, control="all b").table["mean"].tolist()
    [1.0, 0.0]
    """
    _check_policies(data, policies, [arm, outcome], propensity, control)
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


def _check_policies(
    data: pd.DataFrame, policies: Mapping[str, Array], columns: Sequence[str], propensity: float | Array, control: str
) -> None:
    """Everything that would make the estimate a wrong number in silence, said at once."""
    _need(data, columns)
    found = []
    if control not in policies:
        found.append(
            finding("E_OPTION", column="control", found=control, expected=", ".join(policies), hint=nearest(control, list(policies)))
        )
    short = {name: len(chosen) for name, chosen in policies.items() if len(chosen) != len(data)}
    found += [finding("E_LENGTH", column=name, found=str(n), expected=str(len(data))) for name, n in short.items()]
    chance = np.asarray(propensity, float)
    if chance.shape not in ((), (len(data),)):
        found.append(finding("E_LENGTH", column="propensity", found=str(chance.size), expected=str(len(data))))
    elif not ((chance > 0) & (chance <= 1)).all():
        found.append(finding("E_OPTION", column="propensity", found=f"{np.min(chance):g}", expected="0 < p <= 1"))
    unknown = int(data[list(columns)].isna().any(axis=1).sum())
    if unknown or len(data) < 2:
        found.append(finding("E_MISSING_OUTCOME", column=columns[1], found=str(unknown), expected=str(len(data))))
    if found:
        raise DataError(found)


def targeting_gain(log: pd.DataFrame, scorer: ContentScorer, *, arm: str, seed: int = 0) -> Comparison:
    """Would choosing the arm person by person beat the best single arm for all? Learnt on one random half, judged on the other.

    The arm must have been drawn at random in `log` (one row a person), with chances that are the same for everybody and are taken from
    the log; where they differ from group to group by more than luck, a finding says so. The control is the arm that did best for all
    in the learning half.
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
    rate = float(row.get("per", 1)) * judge[count].to_numpy(float) / judge[exposure].to_numpy(float)
    outcome = judge.assign(outcome=rate)
    drawn = log[arm].astype(str)
    chance = judge[arm].astype(str).map(drawn.value_counts(normalize=True)).to_numpy(float)
    found = compare_policies(outcome, policies, arm=arm, outcome="outcome", propensity=chance, control=best, level=scorer.level)
    findings = (*found.findings, *_not_drawn_alike(log, drawn, [a for a in fitted.by_ if a != arm]))
    return Comparison(table=found.table, facts={**found.facts, "metric": scorer.metric, "axis": arm}, findings=findings)


def _not_drawn_alike(log: pd.DataFrame, drawn: pd.Series, axes: Sequence[str]) -> list[Finding]:
    """Whether groups drew the arms with other chances (chi-square test, one in a thousand): then nothing here speaks of causes."""
    if not axes:
        return []
    group = log[list(axes)].astype(str).agg(" / ".join, axis=1)
    p = float(chi2_contingency(pd.crosstab(group, drawn)).pvalue)
    return [finding("E_NOT_RANDOM", level="warning", column=str(drawn.name), found=f"{p:.1g}")] if p < 1e-3 else []
