"""A campaign while it runs: what is late, how the money goes, where it lands, what to decide. Safe to look at daily."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.intake import frame_of
from mktlib.intake.inputs import need
from mktlib.planning.pace_of_money import ALPHA, pacing
from mktlib.planning.plan import CampaignPlan
from mktlib.planning.track_ahead import Job, Known, at, chances_of, landing_of
from mktlib.planning.track_decide import decisions
from mktlib.planning.track_late import LATE_SHARE, MISSED, late_table
from mktlib.planning.track_log import moment_of
from mktlib.planning.track_rows import days_left, placements
from mktlib.planning.track_units import leaving, units_of, worth_of
from mktlib.results.tracking import Tracking
from mktlib.vocabulary import Row, Tables, finding, load_tables, not_level, not_seed, not_tables, progress


def track_campaign(
    plan: CampaignPlan,
    log: Any,
    *,
    as_of: Any,
    level: float = 0.9,
    lag_days: float = 0.0,
    zone: str | None = None,
    unmeasured: float | None = None,
    random_state: int = 0,
    tables: Tables | None = None,
) -> Tracking:
    """A running campaign on one day: late pieces, money, where it lands, and what to decide. It may be asked every day.

    What ended before `as_of` is known, nothing else: a week that is not over, the day itself and all that is dated later are left out.

    Args:
        plan: from `plan_campaign` or `load_plan`.
        log: one row a placement and week (`week`: its first day, or its number in the plan) or day (`date`): item, segment, channel, the
            count and the exposure of the plan's metric (clicks of impressions or delivered), and where known actual_spend (or spend),
            owner, due, published, status ("cancelled"), currency. Any frame, or the path of a CSV or Parquet file.
        as_of: a day (its morning; 2026-11-05) or a moment, on the clock of the campaign; with an offset it is told in `zone`.
        level: chance that a range holds.
        lag_days: mean days from a chance to its event (0: at once); the last days' events are then known not to have come yet.
        zone: the campaign's time zone (Europe/Paris), for moments and days with an offset.
        unmeasured: share of visitors who refused measurement, where it is known; it is told, numbers are not scaled up by it.
        random_state: seed of the draws behind the ranges.

    Returns:
        `Tracking`: table (decisions), late, pacing, landing, path, pieces, facts.

    Raises:
        DataError: all at once: columns that lack, days or numbers that are none, another currency, an option that is none; a log none of
            whose rows belongs to the plan.

    Method: hierarchical Bayes from the plan's promises (Gelman and Hill 2007), Laplace and a grid (Rue, Martino and Chopin 2009); alarms
    by mixture martingales (Robbins 1970), of the whole the smallest over the spreads (Wasserman, Ramdas and Balakrishnan 2020), and by
    posterior chances, which do not wear out with looking (Berger and Wolpert 1988).

    >>> import mktlib as mk
    >>> seen = mk.track_campaign(mk.load_plan(mk.sample_path("plan")), mk.load_sample("results"), as_of="2026-10-19")
    >>> seen.facts["measured_to"], seen.table["decision"].tolist()
    ('2026-10-18', ['none'])
    """
    when, metric = _checked(plan, as_of, level, lag_days, zone, unmeasured, random_state, tables)
    tables = tables or load_tables()
    rows, frame = placements(plan.schedule), frame_of(log)
    job = Job(plan, plan.calendar(tables=tables), rows, frame, metric, level, lag_days, zone, random_state, tables)
    known = at(job, when)
    if len(known.seen.rows) and not known.table["ran"].any():
        names = ", ".join(sorted(known.seen.rows["item"].unique())[:3])
        raise DataError(finding("E_NO_MATCH", found=names, expected=", ".join(job.rows["item"].unique()[:3])))
    first = pd.Timestamp(plan.brief.first_day)
    earlier = [first, *(pd.Timestamp(plan.brief.week_days(w)[-1]) + pd.Timedelta(days=1) for w in range(1, plan.brief.weeks + 1))]
    told = told_of(job, known, unmeasured)
    ends = progress([moment for moment in earlier if moment < when.normalize()], desc="path", unit="week")
    steps = [landing_of(job, one).assign(at=one.as_of.normalize()) for one in (*(at(job, moment) for moment in ends), known)]
    columns = ["at", "measure", "forecast", "low", "high"]
    return replace(told, path=pd.concat(steps, ignore_index=True)[columns])


def _checked(plan: Any, as_of: Any, level: Any, lag: Any, zone: Any, unmeasured: Any, seed: Any, tables: Any) -> tuple[pd.Timestamp, Row]:
    """The moment and the row of the metric; everything wrong with what was given, at once."""
    if not isinstance(plan, CampaignPlan):
        raise DataError(finding("E_OPTION", column="plan", found=type(plan).__name__, expected='plan=mk.load_plan("FOLDER")'))
    wrong = [*not_level(level), *not_seed(seed), *not_tables(tables)]
    words = tables if isinstance(tables, Tables) else load_tables()
    if not isinstance(lag, int | float) or isinstance(lag, bool) or not 0 <= lag < 366:
        wrong.append(finding("E_OPTION", column="lag_days", found=lag, expected="0 <= lag_days < 366"))
    if unmeasured is not None and (isinstance(unmeasured, bool) or not isinstance(unmeasured, int | float) or not 0 <= unmeasured <= 1):
        wrong.append(finding("E_OPTION", column="unmeasured", found=unmeasured, expected="0 <= unmeasured <= 1"))
    wrong += (bad_zone := _no_zone(zone))
    when, more = moment_of(as_of, None if bad_zone else zone)
    name = str(plan.facts.get("metric", "click_rate"))
    row = words.metrics.get(name)
    if row is None or row["family"] == "money":
        known = ", ".join(m for m, r in words.metrics.items() if r["family"] != "money")
        wrong.append(finding("E_TRACK_METRIC", column="metric", found=name, expected=known))
    if wrong or more:
        raise DataError([*wrong, *more])
    need(plan.schedule, ["item", "segment", "channel", "week", "spend", "exposure", "rate", "rate_sd", "value"])
    if placements(plan.schedule).empty:
        raise DataError(finding("E_PLAN_EMPTY", found="0"))
    assert row is not None
    return when, row


def _no_zone(zone: Any) -> list[Finding]:
    try:
        if zone is not None:
            pd.Timestamp("2026-01-01").tz_localize(zone)
        return []
    except (ValueError, TypeError, KeyError, OSError):
        return [finding("E_OPTION", column="zone", found=zone, expected='zone="Europe/Paris"')]


def told_of(job: Job, known: Known, unmeasured: float | None = None) -> Tracking:
    """The result at one moment, without the path to it."""
    brief, table = job.plan.brief, known.table
    over = known.as_of.date() > brief.last_day
    landing, units = landing_of(job, known), units_of(job, known)
    late = late_table(known.pieces, table)
    money = pacing(table, known.seen, known.share, known.money, brief, known.shares, job.level, known.seen.until, job.tables)
    expected, ran = (table["ripe"] * table["rate"]).to_numpy(float), table["ran"].to_numpy()
    came = float(table["y"].to_numpy()[ran].sum())
    evidence = leaving(known.parts, chances_of(table, known.parts), table["y"].to_numpy(float), known.promises, brief.weeks)
    head = landing.iloc[-1]
    whole = {
        "shown": evidence >= 1 / ALPHA["whole"] and not over, "found": came / max(expected.sum(), 1e-9), "over": over,
        "stake": abs(head["forecast"] - head["promised"]),
    }  # fmt: skip
    owed = (table["spend"] * table["left"]).groupby([table["item"], table["channel"]]).sum()
    left = {(str(key[0]), str(key[1])): float(money) for key, money in zip(owed.index.to_flat_index(), owed, strict=True)}
    to_do = decisions(late, money, units, whole, brief, known.as_of, job.tables, left=left, worth=worth_of(known))
    facts = _facts(job, known, landing, late, evidence) | {"over": over}
    facts |= {"unmeasured": float(unmeasured)} if unmeasured is not None else {}
    findings = (*known.seen.findings, *_strays(known), *_nothing(known))
    return Tracking(
        table=to_do, late=late, pacing=money, landing=landing, path=pd.DataFrame(), pieces=units, facts=facts, findings=findings
    )


def _facts(job: Job, known: Known, landing: pd.DataFrame, late: pd.DataFrame, evidence: float) -> dict[str, Any]:
    brief, table, pieces = job.plan.brief, known.table, known.pieces
    until, head = known.seen.until.date(), landing.iloc[-1]
    row = job.metric
    made = job.plan.items[job.plan.items["status"] == "make"]
    return {
        "name": brief.name, "as_of": known.as_of.isoformat() if known.as_of != known.as_of.normalize() else str(known.as_of.date()),
        "measured_to": str((known.seen.until - pd.Timedelta(days=1)).date()) if len(known.seen.rows) else None,
        "first_day": str(brief.first_day), "last_day": str(brief.last_day), "days_left": days_left(brief, until), "level": job.level,
        "metric": str(job.plan.facts.get("metric", "click_rate")), "objective": str(head["measure"]), "count": str(row["count"]),
        "currency": brief.currency, "planned": float(table["spend"].sum()), "spent": float(known.seen.rows["spend"].sum()),
        "production": float(made["cost"].sum()) if "cost" in made else 0.0, "pieces": len(pieces),
        "due_pieces": int((pieces["state"] != "waits").sum()), "out": int(pieces["state"].isin(["out", "late_out"]).sum()),
        "late": int(late["state"].isin(["late", "unheard"]).sum()), "waiting": float(late["value"].sum()),
        "promised": float(head["promised"]), "forecast": float(head["forecast"]), "low": float(head["low"]), "high": float(head["high"]),
        "alpha": sum(ALPHA.values()), "evidence": "observational", "grade": str(head["grade"]), "e_value": evidence,
    }  # fmt: skip


def _strays(known: Known) -> list[Finding]:
    if known.strays.empty:
        return []
    names = ", ".join(
        " / ".join(key) for key in known.strays[["item", "segment", "channel"]].drop_duplicates().head(3).itertuples(index=False)
    )
    return [finding("E_NOT_PLANNED", level="warning", found=str(len(known.strays)), names=names)]


def _nothing(known: Known) -> list[Finding]:
    if len(known.seen.rows):
        return []
    never, late = round(100 * MISSED), round(100 * LATE_SHARE)
    return [finding("E_TRACK_NOTHING", level="note", found=str(known.as_of.date()), never=never, late=late)]
