"""What was learnt goes back to the scorer: fitted again on the log and the results, with nothing that came later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from mktlib.errors import DataError, Finding
from mktlib.intake import frame_of, tally
from mktlib.intake.inputs import days_of, need, settled
from mktlib.intake.levels import MISSING
from mktlib.measurement.review_read import dated, once
from mktlib.results import Learnt, Plan
from mktlib.scoring import ContentScorer
from mktlib.vocabulary import Tables, finding, load_tables, not_tables

WEEK = pd.Timedelta(days=6)  # the counts of a week are known when it is over
NO_LEVEL = ("any", "none")
"""What a plan writes where a piece has no level of an axis."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Lesson(Learnt):
    """What was learnt, with the scorer that made the promise (`before`) and the one that knows the results (`scorer`)."""

    scorer: ContentScorer
    before: ContentScorer


def learn_from(
    scorer: ContentScorer, log: Any, results: Any, *, plan: Plan | None = None, as_of: Any = None, tables: Tables | None = None
) -> Lesson:
    """Fit the scorer again on its log and the results of a campaign, up to a day, and say what that changed.

    The scorer given is left as it is. Nothing dated after `as_of` is read, not even its words: the answer is the same to the last bit
    whether later rows are there, shuffled, spoilt or gone.

    Args:
        scorer: the one that made the promise; fitted, else it is first fitted on `log` up to `as_of`.
        log: what it learnt from, one row a piece and day; any frame.
        results: one row a placement and week, or finer, as `review_campaign` takes them: item (or content_id), the axes of the scorer,
            the count and the exposure of its metric, and a day: date, else week (its first day; known when the week is over), else
            published.
        plan: fills in the axes that the results lack (content_type, style, length, stage). Its "any" and "none" become the log's blank
            (or only) level; an axis that the log does not have is not learnt from.
        as_of: the last day that counts; default all. Rows without a day are then left out, and counted.

    Returns:
        `Lesson`: the fields of `Learnt`, `.scorer` (plan with it) and `.before`.

    Raises:
        DataError: a column is missing, as_of is no day, or no row of the results is left.

    >>> log = pd.DataFrame({"style": ["playful", "expert"], "clicks": [60, 30], "impressions": [1000, 1000]})
    >>> scorer = ContentScorer(by=("style",), priors="flat").fit(log)
    >>> came = pd.DataFrame({"item": ["P1"], "style": ["playful"], "clicks": [900], "impressions": [10_000]})
    >>> learn_from(scorer, log, came).table[["style", "exposure_before", "exposure"]].values.tolist()
    [['playful', 1000, 11000], ['expert', 1000, 1000]]
    """
    wrong: list[tuple[str, Any, str]] = [("scorer", scorer, 'ContentScorer("click_rate")')] * (not isinstance(scorer, ContentScorer))
    wrong += [("plan", plan, 'plan=mk.load_plan("FOLDER")')] * (plan is not None and not isinstance(plan, Plan))
    if wrong or not_tables(tables):
        told = [finding("E_OPTION", column=c, found=type(x).__name__, expected=e) for c, x, e in wrong]
        raise DataError([*told, *not_tables(tables)])
    words, day = tables or load_tables(), _day(as_of)
    past, later_log, undated_log = _until(frame_of(log), day, results=False)
    came, later, undated = _until(dated(_filled(frame_of(results), plan), plan), day, results=True)
    came, repeated = once(came)
    if came.empty:
        raise DataError(finding("E_NO_RESULTS_YET", found=str(day.date()) if day is not None else "0"))
    need(came, [a for a in scorer.by if a in past])
    row = words.metrics.get(scorer.metric, {})
    before = _fitted(scorer, past)
    by = before.by_ or tuple(scorer.by)
    came, strange = _in_its_words(came, before)
    kept = [*by, row.get("count"), row.get("exposure"), *row.get("exposure_by_channel", {}).values(), "content_id", "date"]
    names = list(dict.fromkeys(c for c in kept if c in past or c in came))
    both = pd.concat([_numbers(frame.reindex(columns=names), kept[len(scorer.by) : -2]) for frame in (past, came)], ignore_index=True)
    told = _counted(past, came, scorer, row, words)
    before = _fitted(scorer, past)
    after = clone(scorer).fit(both.dropna(axis=1, how="all"))
    found = [*repeated, *strange, *_seen_twice(past, came), *told, *_unknown(came, scorer)]
    found += [finding("E_NO_DAY", level="warning", found=str(undated + undated_log))] if undated + undated_log else []
    table, facts = _changed(before, after, came)
    facts |= {"as_of": str(day.date()) if day is not None else None, "log_rows": len(past), "rows": len(came)}
    return Lesson(table=table, facts=facts | {"later": later + later_log}, findings=tuple(found), scorer=after, before=before)


def _day(as_of: Any) -> pd.Timestamp | None:
    if as_of is None:
        return None
    said, wrong = settled(as_of)
    if wrong:
        raise DataError(wrong)
    day = pd.NaT if isinstance(said, int | float) else pd.to_datetime(said, errors="coerce")
    if not isinstance(day, pd.Timestamp) or pd.isna(day):
        raise DataError(finding("E_OPTION", column="as_of", found=str(as_of), expected="2026-10-31"))
    return day.tz_localize(None).normalize() if day.tzinfo else day.normalize()


def _until(frame: pd.DataFrame, day: pd.Timestamp | None, *, results: bool) -> tuple[pd.DataFrame, int, int]:
    """(rows up to the day, how many came later, how many have no day); `date` becomes the day on which a row was known."""
    frame = frame.reset_index(drop=True)
    source = next((c for c in ("date", "week", "published") if c in frame), None) if results else ("date" if "date" in frame else None)
    if source is None:
        if day is not None:
            raise DataError(finding("E_MISSING_COLUMN", column="date", expected="date", found=", ".join(map(str, frame.columns))))
        return frame, 0, 0
    known, wrong = days_of(frame, source)
    if wrong:
        raise DataError(wrong)
    known = known.dt.normalize() + WEEK if source == "week" else known.dt.normalize()
    frame = frame.assign(date=known)
    if day is None:
        return frame, 0, 0
    return frame[known <= day].reset_index(drop=True), int((known > day).sum()), int(known.isna().sum())


def _counted(past: pd.DataFrame, came: pd.DataFrame, scorer: ContentScorer, row: Any, tables: Tables) -> list[Finding]:
    """Rows without a count or an exposure teach nothing, and are said; a log or results without the column, or with more events than
    chances, are refused."""
    if not row:
        return []
    counted = [row["count"], row["exposure"], *row.get("exposure_by_channel", {}).values()]
    by = ["content_id", "channel", *scorer.by]
    logs = [frame[list(dict.fromkeys(c for c in (*by, *counted) if c in frame))] for frame in (past, came)]
    sums = [tally(_numbers(x, counted), [a for a in x if a in by], metric=scorer.metric, tables=tables) for x in logs if len(x)][-1]
    above = sums[sums["count"] > sums["exposure"]] if row["family"] == "binomial" else sums.head(0)
    if len(above):
        pairs = zip(above["content_id"], above["count"], above["exposure"], strict=True)
        raise DataError([finding("E_CLICKS_GT_IMPRESSIONS", column=row["count"], found=f"{item}: {y} > {n}") for item, y, n in pairs])
    return [f for f in sums.attrs["findings"] if f.code != "E_NULL_KEY"]


def _unknown(came: pd.DataFrame, scorer: ContentScorer) -> list[Finding]:
    """Results of pieces whose words nobody knows (not in the plan?) belong to no cell that was scored."""
    blank = came[[a for a in scorer.by if a in came]].isna().any(axis=1)
    names = ", ".join(sorted(came.loc[blank, "content_id"].astype(str).unique())[:3])
    return [finding("E_LEARN_UNKNOWN", level="warning", found=str(int(blank.sum())), names=names)] if blank.any() else []


def _filled(results: pd.DataFrame, plan: Plan | None) -> pd.DataFrame:
    """Results with the words of their pieces where they lack them, and each piece under its own name."""
    need(results, ["item"] if "content_id" not in results else [])
    if plan is not None and "item" in results:
        results = results.astype({c: "str" for c in ("item", "segment", "channel") if c in results})
        for frame, keys in ((plan.items, ["item"]), (plan.schedule, [c for c in ("item", "segment", "channel") if c in results])):
            words = [c for c in ("content_type", "style", "length", "stage") if c in frame and c not in results]
            said = frame[[*keys, *words]].astype("str").drop_duplicates(keys)
            results = results.merge(said, on=keys, how="left") if words else results
    return results if "content_id" in results else results.assign(content_id=results["item"].astype(str))


def _in_its_words(came: pd.DataFrame, before: ContentScorer) -> tuple[pd.DataFrame, list[Finding]]:
    """Results in the levels of the log, so that a cell stays one: a plan that knows no level of an axis writes a word of its own for it.

    An axis that the log does not have is not learnt from; where the results tell its levels apart, that is said.
    """
    told = []
    for axis in (a for a in before.by if before.by_ and a in came):
        said = came[axis].astype("str")
        if axis not in before.by_:
            many = said[~said.isin([*NO_LEVEL, MISSING])].dropna().unique()
            told += [finding("E_AXIS_NOT_LEARNT", level="warning", column=axis, found=", ".join(sorted(many)[:3]))] if len(many) > 1 else []
            continue
        known = [str(level) for level in before.levels_[axis]]
        odd = said.isin(NO_LEVEL) & ~said.isin(known)
        if not odd.any():
            continue
        if MISSING in known or len(known) == 1:
            came = came.assign(**{axis: said.mask(odd, MISSING if MISSING in known else known[0])})
        else:
            word = str(said[odd].iloc[0])
            told.append(finding("E_AXIS_APART", level="warning", column=axis, found=str(int(odd.sum())), word=word))
    return came, told


def _numbers(frame: pd.DataFrame, counts: list[Any]) -> pd.DataFrame:
    """Counts that are numbers as numbers, whatever kind of column later rows made of them; the rest as it is, for `tally` to refuse."""
    out = frame.copy()
    for c in dict.fromkeys(c for c in counts if c in out):
        number = pd.to_numeric(out[c], errors="coerce")
        out[c] = number.astype("float64") if (number.isna() == out[c].isna()).all() else out[c]
    return out


def _fitted(scorer: ContentScorer, past: pd.DataFrame) -> ContentScorer:
    try:
        check_is_fitted(scorer, "posterior_")
    except NotFittedError:
        fitted: ContentScorer = clone(scorer).fit(past)
        return fitted
    return scorer


def _seen_twice(past: pd.DataFrame, came: pd.DataFrame) -> list[Finding]:
    """Results that the log may hold already would count twice."""
    if "content_id" not in past:
        return []
    both = sorted({*past["content_id"].dropna().astype(str)} & {*came["content_id"].astype(str)})
    return [finding("E_TAUGHT_TWICE", level="warning", found=str(len(both)), names=", ".join(both[:3]))] if both else []


def _changed(before: ContentScorer, after: ContentScorer, came: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Every cell that was ever shown, before and after: rate, range, verdict, how much is opinion."""
    by = list(after.by_)
    cells = after.evidence_[by].astype("str")
    shared = [a for a in by if a in before.by_]
    within = tuple(a for a in ("segment", "stage") if a in shared)
    known = [s.score_cells(cells[list(s.by_)].drop_duplicates(), within=within).table for s in (before, after)]
    wanted = ["rate", "low", "high", "exposure", "opinion", "verdict"]
    old = known[0][[*before.by_, *wanted]].rename(columns={c: f"{c}_before" for c in wanted})
    table = known[1][[*by, *wanted]].merge(old, on=list(before.by_), how="left")
    run = came[by].astype("str").drop_duplicates().assign(run=True)
    table = table.merge(run, on=by, how="left").assign(run=lambda d: d["run"].notna())
    table["changed"] = table["verdict"] != table["verdict_before"]
    table = table.sort_values(["run", *by], ascending=[False, *[True] * len(by)], kind="stable", ignore_index=True)
    mine = table[table["run"]]
    facts = {
        "metric": after.metric, "level": after.level, "by": by, "cells": len(table), "run": len(mine),
        "new": int((mine["exposure_before"] <= 0).sum()), "changed": int(table["changed"].sum()),
        "opinion_before": float(mine["opinion_before"].mean()), "opinion_after": float(mine["opinion"].mean()),
        "width_before": float((mine["high_before"] / mine["low_before"].clip(lower=1e-12)).median()),
        "width_after": float((mine["high"] / mine["low"].clip(lower=1e-12)).median()),
        **{f"{v}_{when}": int((mine[c] == v).sum()) for c, when in (("verdict_before", "before"), ("verdict", "after"))
           for v in ("make", "drop", "test", "too_early")},
        "evidence": "observational", "grade": "tendency" if bool(table["changed"].any()) else "too_early",
    }  # fmt: skip
    return table, facts
