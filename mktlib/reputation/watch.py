"""When the talk about a brand is out of the ordinary, at a rate of false alarms that the user chose.

Two detectors share the promised rate: how much is said (`scan`) and how sour it is (`souring`). Both count in the same unit, how often
a quiet year would show as much, so that the threshold is the promise itself; that quiet years of known truth keep to it, at 3 to 300
mentions a day and for several kinds of scatter, is measured in benchmarks/watch.py, together with the delay on bursts. What an alarm
says rests on what was known when it was raised: the baseline of a day is made of the days before it.
"""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.reputation import told
from mktlib.reputation.alarms import hits, levels, looked_at
from mktlib.reputation.counted import Spans, counted, spans_of, until_of
from mktlib.reputation.episodes import episodes
from mktlib.results import Watch
from mktlib.vocabulary import Tables, finding, load_tables, nearest, not_tables

SOFTER = 6.0
"""Watches a year for each false alarm a year, unless told."""
MOST = 52.0


def watch_mentions(
    mentions: Any,
    *,
    false_alarms_per_year: float = 4,
    watches_per_year: float | None = None,
    brand: str = "own",
    zone: str = "UTC",
    muted: Any = None,
    gaps: Any = None,
    holidays: str | None = None,
    as_of: Any = None,
    tables: Tables | None = None,
) -> Watch:
    """Alarms on how much is said of a brand and how sour it is, with the rate of false alarms that was asked for.

    Args:
        mentions: one row a mention (a frame of any engine): at (UTC where it has no zone), and any of brand, sentiment_label, topic; or
            counts by hour or by day: at, count, and perhaps negative.
        false_alarms_per_year: episodes of level alert or crisis that a year without any event may bring, both detectors together
            (0.1 to 52).
        watches_per_year: the same for episodes that reach at least the softer level, watch; default: six times as many.
        brand: ours, as the column brand calls it; a frame without that column is all ours.
        zone: in which people live: weekdays and hours are told in it, through changes of clock.
        muted: times whose cause is known (a launch): pairs of first and last day or time, or a frame with since and until. They raise
            nothing and teach nothing.
        gaps: times in which nothing was collected, in the same form.
        holidays: a row of [holidays] in the tables ("fr"): those days are taken as Sundays.
        as_of: what came later is not read: a time or the beginning of a day, told in `zone` unless it has its own (of counts by the day,
            that day is read too); default: the last mention.

    Returns:
        `Watch`. No alarm is raised in the first WARM days, which are learnt from. Tone and volume share the promise; where no tone is
        known, volume has all of it, and no crisis can be told.

    Raises:
        DataError: every problem at once: a column is missing, a time or a count is none, an option that cannot be.

    Sources: scan over windows of several lengths, Kulldorff (2001), Lai (1995), Duembgen and Spokoiny (2001); negative binomial baselines
    of surveillance, Noufaily et al. (2013); design effects, Rao and Scott (1992).

    >>> days = pd.date_range("2026-01-01", periods=90, freq="D")
    >>> counts = pd.DataFrame({"at": days, "count": [10, 12, 9, 11, 8, 10, 12, 11, 9, 10] * 9})
    >>> counts.loc[80:82, "count"] = 60
    >>> watch_mentions(counts).table[["at", "level", "count"]].values.tolist()
    [[Timestamp('2026-03-23 00:00:00+0000', tz='UTC'), 'alert', 60]]
    """
    spans, row, until = _options(false_alarms_per_year, watches_per_year, zone, muted, gaps, holidays, as_of, tables)
    softer = watches_per_year or SOFTER * false_alarms_per_year
    data = counted(mentions, brand=brand, zone=zone, as_of=until, spans=spans, holidays=row)
    seen = looked_at(data)
    level = levels(seen, false_alarms_per_year, softer)
    raised = episodes(hits(seen, level, softer))
    asked = {"brand": brand, "zone": zone, "false_alarms_per_year": float(false_alarms_per_year), "watches_per_year": float(softer)}
    return Watch(
        table=told.table(seen, raised),
        series=told.series(seen, raised),
        facts=asked | told.facts(seen, raised, spans),
        findings=tuple(told.findings(seen)),
    )


def _options(
    rate: Any, softer: Any, zone: str, muted: Any, gaps: Any, holidays: str | None, as_of: Any, tables: Tables | None
) -> tuple[Spans, Any, pd.Timestamp | None]:
    """What was asked for, made usable; every slip at once."""
    found: list[Finding] = []
    if not _between(rate, 0.1, MOST):
        found.append(finding("E_OPTION", column="false_alarms_per_year", found=rate, expected=f"0.1 - {MOST:.0f}"))
    elif softer is not None and not _between(softer, rate, 365):
        found.append(finding("E_OPTION", column="watches_per_year", found=softer, expected=f"{rate} - 365"))
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        found.append(finding("E_OPTION", column="zone", found=zone, expected="Europe/Paris, UTC ..."))
        zone = "UTC"
    found += not_tables(tables)
    known = (tables if isinstance(tables, Tables) else load_tables()).holidays
    if holidays is not None and not (isinstance(holidays, str) and holidays in known):
        found.append(
            finding("E_OPTION", column="holidays", found=holidays, expected=", ".join(known), hint=nearest(str(holidays), list(known)))
        )
    spans = {name: spans_of(given, name, zone) for name, given in (("muted", muted), ("gaps", gaps))}
    found += [one for _, slips in spans.values() for one in slips]
    until, slips = until_of(as_of, zone)
    found += slips
    if found:
        raise DataError(found)
    return Spans(tuple(spans["muted"][0]), tuple(spans["gaps"][0])), known[holidays] if holidays else None, until


def _between(value: Any, low: float, high: float) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool) and low <= float(value) <= high
