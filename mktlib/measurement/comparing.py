"""Arms against a control: who did better, by how much, and how surely, at any look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from mktlib.errors import DataError, Finding
from mktlib.intake import frame_of
from mktlib.measurement.arms import People, measured, not_options, read_people, segment_columns
from mktlib.measurement.contrasts import Means, Reading, Sums, Told, contrast, means
from mktlib.measurement.correcting import corrected
from mktlib.measurement.mismatch import MISMATCH, chance_of_lot, shares
from mktlib.measurement.sequences import reach, spreads
from mktlib.measurement.subgroups import unlike, within
from mktlib.measurement.trial import Trial
from mktlib.results import Comparison, SegmentedComparison
from mktlib.results.evidence import LEANING
from mktlib.results.tests import ENOUGH
from mktlib.vocabulary import Tables, finding, load_tables, not_level, not_tables, progress

POWER = 0.8
OUT_OF_REACH = 1_000.0
"""Times the people of this test, from which on "more people" is no advice."""
GREAT = 0.1
"""Share of all spread that one person may have before he is said to decide the test."""
MOVED = 1e-3
"""P-value below which a covariate, or the sizes of segments, are said to differ between arms."""
LIKE_NAMES = 20
"""People from which on whole numbers that are all different look like numbers of orders or of people."""


def compare(
    data: Any,
    *,
    metric: str | Sequence[str],
    arm: str,
    control: Any = None,
    covariate: str | None = None,
    look: str = "any",
    planned: float | None = None,
    unit: str | None = None,
    people: str | None = None,
    by: str | Sequence[str] | None = None,
    ratio: Mapping[str, float] | Sequence[float] | None = None,
    least: float | None = None,
    level: float = 0.95,
    correction: str = "fwer",
    assigned: str = "lot",
    better: str | None = None,
    unmeasured: float | None = None,
    currency: str | None = None,
    tables: Tables | None = None,
) -> Comparison:
    """Each arm of a test against the control, with ranges that hold however often one looks.

    The promise holds over all looks together: a winner named at one look stays named, even if a later look leaves it undecided. Each call
    knows its own look alone, so keep the result that named it.

    Args:
        data: one row a person (any frame, or the path of a CSV or Parquet file); or several, added up by `unit`; or counts, with `people`.
        metric: a column (0 or 1, a count, an amount a person), a pair (numerator, denominator) for a ratio such as revenue per visit, or
            the name of a metric of the tables whose columns the data have.
        arm: column that says who was in which arm. control: its name (default: the first category, else the first by name).
        covariate: column measured before the test, whose part in the luck is taken off (CUPED). That it is from before is your word; that
            it does not differ between arms is checked.
        look: "any": ranges hold at every look together, whenever one stops. "fixed": for one look at the planned end alone.
        planned: people in all arms at the planned end, written down before; it tunes the ranges of look="any". None: they are wider.
        unit: column of the person, where a person has several rows. people: column that counts the people of a row; the metric is then
            the number of those who did it.
        by: columns of segments, known before the test, in each of which the lift is told too.
        ratio: share of the people that each arm was to get, {arm: part} (default: all alike).
        least: smallest difference that matters, in units of the metric, named before.
        level: chance that all ranges hold (two-sided); 1 - level is the chance of any false winner.
        correction: "fwer" (no false winner among all arms), "fdr" (few among those named), "none".
        assigned: "lot": chance decided who got what. "chosen": somebody did, and nothing here speaks of causes.
        better: "high" or "low" (default: the metric's row in the tables, else high).
        unmeasured: share of the visitors who refused measurement, 0 to 1, where it is known.
        currency: of a metric that is money.

    Returns:
        `Comparison`: one row an arm; a `SegmentedComparison`, with `segments` and `targeting`, where `by` is given.

    Raises:
        DataError: every problem at once.

    Confidence sequences by mixtures (Robbins 1970; Johari et al. 2022; Waudby-Smith et al. 2024), exact for few events by a beta-binomial
    mixture; one look: Welch's test (tea-tasting) or the exact conditional one; ratios by the delta method (Deng, Knoblich & Lu 2018).

    >>> rng = np.random.default_rng(1)
    >>> data = pd.DataFrame({"arm": np.repeat(["a", "b"], 4000), "bought": rng.random(8000) < np.repeat([0.10, 0.14], 4000)})
    >>> result = compare(data, metric="bought", arm="arm")
    >>> result.table[["arm", "verdict", "grade"]].iloc[1].tolist()
    ['b', 'better', 'shown']
    """
    known = tables if isinstance(tables, Tables) else load_tables()
    lists, wrong = segment_columns(by, arm, metric)
    found = [*not_level(level), *not_tables(tables), *wrong]
    options: dict[str, Any] = {"look": look, "correction": correction, "assigned": assigned, "better": better, "least": least}
    found += not_options(**options, planned=planned, unmeasured=unmeasured, currency=currency)
    spare = {"covariate": covariate, "unit": unit} if people else {}
    found += [finding("E_OPTION", column=n, found=v, expected=f"{n}=None") for n, v in spare.items() if v]
    frame = frame_of(data)
    columns, row = measured(metric, [str(c) for c in frame.columns], known)
    found += [finding("E_OPTION", column="covariate", found=covariate, expected="covariate=None")] if covariate in columns else []
    found += [finding("E_OPTION", column="metric", found=arm, expected='metric="revenue"')] if arm in columns else []
    money = currency is not None or row.get("family") == "money"
    named: dict[str, Any] = {"columns": columns, "arm": arm, "control": control, "covariate": covariate, "unit": unit, "people": people}
    with progress(total=1, desc="people") as bar:  # the rest takes no time beside it
        read = read_people(frame, **named, by=lists, money=money, found=found)
        bar.update()
    expected, wrong = shares(ratio, read.arms)
    if wrong:
        raise DataError(wrong)
    sign = -1.0 if (better or row.get("better", "high")) == "low" else 1.0
    pair = None if planned is None else planned * 2 / len(read.arms)  # each difference is of two arms
    how, lot = Reading(look=look, planned=pair, tuned=1 - level), assigned == "lot"
    test = Trial(read=read, how=how, alpha=1 - level, lot=lot, sign=sign, least=least, correction=correction)
    mismatch = chance_of_lot(read.drawn, expected, look) if lot else 1.0
    withheld = "mismatch" if mismatch < MISMATCH else ""
    used, moved = _covariate(read, covariate, test)
    told = means(read.sums(), covariate=used)
    table, each = _table(test, told, bool(withheld))
    segments, targeting = within(read, lists, test, told, used, bool(withheld))
    uneven = [finding("E_SEGMENTS_DIFFER", level="warning", column=c) for c in lists if lot and not withheld and unlike(read, c) < MOVED]
    facts = _what(metric, columns, read, row, currency) | _how(test, told, covariate if used else None)
    facts |= {"planned": planned}
    facts |= {"level": level, "assigned": assigned, "withheld": withheld, "mismatch": mismatch, "unmeasured": unmeasured}
    facts |= _headline(table, test) | _price(table, test, each)
    findings = (*read.findings, *moved, *uneven, *_remarks(test, facts, expected, table))
    shape = SegmentedComparison if lists else Comparison
    return shape(table=table.drop(columns="error"), segments=segments, targeting=targeting, facts=facts, findings=findings)


def _what(metric: Any, columns: Sequence[str], read: People, row: Mapping[str, Any], currency: str | None) -> dict[str, Any]:
    """What was measured, in which unit, beside which arm."""
    named = isinstance(metric, str)
    facts = {"metric": str(metric) if named else columns[0], "per": columns[1] if len(columns) == 2 and not named else None}
    facts |= {"control": read.arms[0], "kind": "arms", "measure": read.kind, "unit": _unit(read.kind, row, currency)}
    return {**facts, "currency": currency or "EUR", "arms": len(read.arms)}


def _how(test: Trial, told: Means, covariate: str | None) -> dict[str, Any]:
    """How it was read."""
    facts: dict[str, Any] = {"look": test.how.look, "people": int(told.n.sum()), "least": test.least}
    facts |= {"covariate": covariate, "saved": told.saved, "correction": test.correction, "better": "low" if test.sign < 0 else "high"}
    return {**facts, "evidence": "randomised" if test.lot else "observational"}


def _unit(kind: str, row: Mapping[str, Any], currency: str | None) -> str:
    if currency or row.get("family") == "money":
        return "money"
    return "percent" if kind == "proportion" or (kind == "ratio" and row.get("family") == "binomial") else "number"


def _covariate(read: People, covariate: str | None, test: Trial) -> tuple[bool, list[Finding]]:
    """Whether the covariate is used: one that differs between arms was not measured before the lot, or the lot is none."""
    if covariate is None:
        return False, []
    if not np.ptp(read.columns[:, 2]) > 0:
        return False, [finding("N_COVARIATE_FLAT", level="note", column=covariate)]
    sums = read.sums()
    own = Sums(n=sums.n, mean=sums.mean[:, [2, 1, 0]], cov=sums.cov[:, [2, 1, 0]][:, :, [2, 1, 0]], share=False)
    if read.kind == "ratio":
        own = Sums(n=own.n, mean=own.mean * [1, 0, 1] + [0, 1, 0], cov=own.cov * np.outer([1, 0, 1], [1, 0, 1]), share=False)
    apart = contrast(*_pairs(means(own, covariate=False)), test.how, test.alpha)
    if test.lot and float(apart.p.min()) * len(apart.p) < MOVED:
        return False, [finding("E_COVARIATE_DIFFERS", level="warning", column=covariate)]
    return True, [finding("N_COVARIATE_BEFORE", level="note", column=covariate)]


def _pairs(told: Means) -> tuple[Means, Means]:
    """Each arm beside the control."""
    arms = np.arange(1, len(told.n))
    return told.of(arms), told.of(np.zeros(len(arms), int))


def _table(test: Trial, told: Means, withheld: bool) -> tuple[pd.DataFrame, float]:
    """One row an arm, and the alpha of each range."""
    arms, control = _pairs(told)
    first = contrast(arms, control, test.how, test.alpha)
    raised, each = corrected(first.p, test.alpha, test.correction)
    shown = contrast(arms, control, test.how, each)
    leaning = contrast(arms, control, test.how, corrected(first.p, 1 - LEANING, test.correction)[1])
    decided = raised <= test.alpha
    grades = test.grades(shown, leaning, decided, withheld)
    open_ = ~decided & (np.asarray(grades) != "no_difference") & (not withheld)
    zero, blank = np.zeros(1), np.full(1, np.nan)
    base = float(told.value[0])
    relative = shown.lift / base if base > 0 else np.full(len(shown.lift), np.nan)
    table = pd.DataFrame(
        {
            "arm": list(test.read.arms),
            "n": np.rint(told.n).astype("int64"),
            "mean": told.value,
            "lift": np.concatenate([zero, shown.lift]),
            "low": np.concatenate([zero, shown.low]),
            "high": np.concatenate([zero, shown.high]),
            "verdict": np.concatenate([["undecided"], test.verdicts(shown, decided, withheld)]),
            "relative": np.concatenate([zero, np.where(np.isnan(shown.ratio_low), np.nan, relative)]),
            "relative_low": np.concatenate([zero, shown.ratio_low - 1]),
            "relative_high": np.concatenate([zero, shown.ratio_high - 1]),
            "p_value": np.concatenate([blank, first.p]),
            "p_adjusted": np.concatenate([blank, raised]),
            "grade": ["", *grades],
            "more": np.concatenate([blank, _more(test, shown, open_, each, float(told.n.sum()))]),
            "error": np.concatenate([zero, shown.error]),
        }
    )
    return table, each


def _more(test: Trial, told: Told, open_: np.ndarray, each: float, people: float) -> np.ndarray:
    """People more until the difference that matters, or else the one seen, is told 8 times in 10."""
    target = np.abs(told.lift) if test.least is None else np.full(len(open_), float(test.least))
    with np.errstate(divide="ignore", invalid="ignore"):
        times = (_drift(test, each, people) * told.error / target) ** 2
    more = np.where(times > OUT_OF_REACH, np.inf, np.maximum(np.ceil(people * (times - 1)), 0))
    return np.where(open_ & np.isfinite(told.error), more, np.nan)


def _drift(test: Trial, each: float, people: float) -> float:
    """Errors that a true difference must be to be told with POWER by a test of this size, or of its planned one."""
    how, pair = test.how, people * 2 / len(test.read.arms)
    times = norm.isf(each / 2) if how.look == "fixed" else reach(spreads(max(pair, how.planned or 0), how.planned, how.tuned), each)
    return float(times + norm.ppf(POWER))


def _headline(table: pd.DataFrame, test: Trial) -> dict[str, Any]:
    """The arm that is spoken of first: the best that is shown, else the one that looks best; and its grade."""
    arms = table.iloc[1:].assign(way=lambda t: t["lift"].fillna(0) * test.sign)
    better = arms[arms["verdict"] == "better"]
    row = (better if len(better) else arms).sort_values("way", ascending=False, kind="stable").iloc[0]
    return {"best": str(row["arm"]), "grade": str(row["grade"])}


def _price(table: pd.DataFrame, test: Trial, each: float) -> dict[str, Any]:
    """What is told 8 times in 10 by a test of this size, and what looking at any time costs."""
    people = float(table["n"].sum())
    drift, once = _drift(test, each, people), float(norm.isf(each / 2) + norm.ppf(POWER))
    error = float(table["error"].iloc[1:].max())
    return {"detectable": drift * error if np.isfinite(error) and error > 0 else None, "dearer": (drift / once) ** 2}


def _remarks(test: Trial, facts: Mapping[str, Any], expected: np.ndarray, table: pd.DataFrame) -> list[Finding]:
    """What a reader must know before he reads a number."""
    read, out = test.read, []
    if facts["withheld"]:
        seen = ", ".join(f"{a} {round(n):d}" for a, n in zip(read.arms, read.drawn, strict=True))
        wanted = ", ".join(f"{a} {round(n):d}" for a, n in zip(read.arms, read.drawn.sum() * expected, strict=True))
        out.append(finding("E_SAMPLE_RATIO", level="warning", found=seen, wanted=wanted))
    if not test.lot:
        out.append(finding("N_CHOSEN", level="warning"))
    base = float(table["mean"].iloc[0])
    if test.least is not None and read.kind == "proportion" and test.least > base:
        out.append(finding("N_LEAST_LARGE", level="warning", found=f"{test.least:g}", base=f"{base:.2g}"))
    if read.kind == "count" and len(np.unique(read.columns[:, 0])) == len(read.arm) >= LIKE_NAMES:
        out.append(finding("N_LIKE_NAMES", level="warning", column=facts["metric"]))
    if test.how.look == "fixed":
        planned = facts["planned"]
        early = planned is not None and facts["people"] < ENOUGH * planned
        values: dict[str, Any] = {"people": f"{facts['people']:d}", "planned": f"{planned:.0f}"} if early else {}
        out.append(finding("N_READ_EARLY" if early else "N_ONE_LOOK", level="warning" if early else "note", **values))
    if table["low"].iloc[1:].isna().any():
        few = ", ".join(table["arm"].iloc[1:][table["low"].iloc[1:].isna()].head(5))
        out.append(finding("N_NO_RANGE", level="note", found=few))
    if read.kind in ("mean", "count", "ratio"):
        away = (read.columns[:, 0] - read.columns[:, 0].mean()) ** 2
        share = float(away.max() / away.sum()) if away.sum() > 0 else 0.0
        out += [finding("N_ONE_PERSON", level="warning", found=f"{100 * share:.0f}")] if share > GREAT else []
    return out
