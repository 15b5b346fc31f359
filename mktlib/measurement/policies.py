"""Whether choosing the message person by person would beat one message for all, from data where it was drawn at random."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import chi2_contingency, norm
from sklearn.base import clone

from mktlib.errors import DataError, Finding
from mktlib.intake.inputs import need
from mktlib.results import Comparison
from mktlib.results.evidence import LEANING, grade
from mktlib.scoring import ContentScorer
from mktlib.vocabulary import finding, nearest

Array = NDArray[Any]


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
    leading = table[table["arm"] != control].sort_values(["lift", "arm"], ascending=[False, True], kind="stable").head(1)
    best = str(table.sort_values(["mean", "arm"], ascending=[False, True], kind="stable")["arm"].iloc[0])
    return Comparison(
        table=table,
        facts={"metric": outcome, "control": control, "level": level, "kind": "policies", "best": best, "held_out": len(data)}
        | {"evidence": "randomised", "grade": _grade(leading, z)},
    )


def _grade(row: pd.DataFrame, z: float) -> str:
    """How strongly the policy that looks best may be said to beat the control."""
    if row.empty:
        return "too_early"
    lift, low = float(row["lift"].iloc[0]), float(row["low"].iloc[0])
    leans = lift - (lift - low) / z * float(norm.ppf(0.5 + LEANING / 2)) > 0
    return grade("randomised", decided=low > 0, leaning=leans)


def _check_policies(
    data: pd.DataFrame, policies: Mapping[str, Array], columns: Sequence[str], propensity: float | Array, control: str
) -> None:
    """Everything that would make the estimate a wrong number in silence, said at once."""
    need(data, columns)
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
    need(log, [arm, count, exposure, *[a for a in scorer.by if a in log]])
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
