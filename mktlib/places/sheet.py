"""A sheet a place: which channel with which radius, when, in which form, under which consent, and whether enough people are there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.places.catchments import judged
from mktlib.places.folds import ALL, OTHERS
from mktlib.results import Catchments, PlaceSheet
from mktlib.vocabulary import Row, Tables, finding, load_tables, local_rules, nearest, not_tables, progress

HOLDS = {0.5: "half_m", 0.8: "most_m"}
SUNDAY = 7


def place_sheet(
    catchments: Catchments, *, hold: float = 0.8, channels: Sequence[str] | None = None, tables: Tables | None = None
) -> PlaceSheet:
    """What a campaign around each place can be.

    Args:
        catchments: what `catchments` found. Places told under "others" have no sheet of their own.
        hold: the part of a place's points that the radius is to hold: 0.5 or 0.8.
        channels: rows of `local_channels` (listing, search, social, display, sms, push); None: all.
        tables: where hours of silence and specs come from.

    Returns:
        `PlaceSheet`. The radius is the smallest step of the curve that holds the part asked for, raised to the least or lowered to the most
        that the platform sells; numbers of platforms are second-hand and marked so. `.fragment` is text for a brief: share is the part of
        all the people seen, so put your own there if you know better.

    Raises:
        DataError: an option is wrong, or no place is told by itself.

    >>> from mktlib.places import catchments
    >>> from mktlib.simulate import load_sample
    >>> sheet = place_sheet(catchments(load_sample("visits"), load_sample("stores")), channels=["social"])
    >>> sheet.table[["place", "radius_m", "reason"]].values.tolist()[0]
    ['S1', 2000.0, 'curve']
    """
    rules = local_rules()
    wrong = [*_not_catchments(catchments), *not_tables(tables), *_not_channels(channels, rules["local_channels"])]
    wrong += [] if hold in HOLDS else [finding("E_OPTION", column="hold", found=hold, expected="hold=0.5, hold=0.8")]
    if wrong:
        raise DataError(wrong)
    words, known = tables or load_tables(), catchments.reach[~catchments.reach["place"].isin([ALL, OTHERS])]
    if known.empty:
        raise DataError(finding("E_PLACES_FEW", found="0", most=str(catchments.facts["fewest"])))
    chosen = {key: row for key, row in rules["local_channels"].items() if channels is None or key in channels}
    parts = _Parts({str(n): t for n, t in catchments.table.groupby("place")}, {str(n): t for n, t in catchments.hours.groupby("place")})
    each = progress(known.to_dict("records"), desc="sheets", unit="place")
    rows = [_row(parts, place, key, row, HOLDS[hold], words) for place in each for key, row in chosen.items()]
    table = pd.DataFrame(rows)
    facts = {"places": len(known), "hold": hold, "scaled": catchments.facts["scale"] is not None}
    facts |= {k: catchments.facts[k] for k in ("level", "fewest", "zone")}
    used = _rules({str(row["platform"]) for row in chosen.values()} | {"own"})
    text = fragment(catchments.facts, parts.curves, table, known[HOLDS[hold]].to_numpy(float))
    specs = _specs(chosen.values(), words)
    return PlaceSheet(table=table, rules=used, specs=specs, facts=facts, fragment=text, findings=_remarks(catchments, table))


# ---------------------------------------------------------------- options


def _not_catchments(given: Any) -> list[Finding]:
    fine = isinstance(given, Catchments)
    return [] if fine else [finding("E_OPTION", column="catchments", found=type(given).__name__, expected="mk.catchments(visits, places)")]


def _not_channels(channels: Any, known: Mapping[str, Row]) -> list[Finding]:
    if channels is None:
        return []
    if isinstance(channels, str) or not isinstance(channels, Sequence) or not channels:
        return [finding("E_OPTION", column="channels", found=channels, expected=f"channels={list(known)[:2]}")]
    return [
        finding("E_OPTION", column="channels", found=c, expected=", ".join(known), hint=nearest(c, list(known)))
        for c in channels
        if c not in known
    ]


# ---------------------------------------------------------------- one row


@dataclass(frozen=True)
class _Parts:
    """The curve and the hours of each place."""

    curves: dict[str, pd.DataFrame]
    hours: dict[str, pd.DataFrame]


def _row(known: _Parts, place: Mapping[Any, Any], key: str, row: Row, column: str, words: Tables) -> dict[str, Any]:
    """One place on one channel."""
    name, limits = str(place["place"]), _limits(str(row["platform"]))
    curve = known.curves[name]
    radius, reason = step(curve["radius_m"].to_numpy(float), float(place[column]), float(place[f"{column}_high"]), limits)
    seen = _seen(curve, radius)
    when = _best(known.hours.get(name))
    return {
        "place": name, "key": key, "channel": row["channel"], "device": row["device"], "formats": tuple(row["content_types"]),
        "radius_m": radius, "reason": reason, **seen, "audience": _audience(seen, limits), **when,
        "quiet": silent(str(row["channel"]), when, words), "consent": row["consent"], "measure": row["measure"],
        "conf": "".join(sorted({str(r["conf"]) for r in _of(str(row["platform"]))})),
    }  # fmt: skip


def _seen(curve: pd.DataFrame, radius: float) -> dict[str, float]:
    """The people within a radius: those of the widest step inside it that is told, so at least so many."""
    inside = curve[(curve["radius_m"] <= radius) & curve["people"].notna()]
    return {c: float(inside[c].iloc[-1]) if len(inside) else np.nan for c in ("people", "estimate", "estimate_low", "estimate_high")}


@lru_cache(maxsize=16)
def _of(platform: str) -> tuple[Row, ...]:
    return tuple(row for row in local_rules()["local"].values() if platform and row["platform"] == platform)


def _limits(platform: str) -> dict[str, float]:
    """What a platform sells: radius_least, radius_most, audience_least; and our own least audience."""
    (own,) = _of("own")
    return {str(row["what"]): float(row["value"]) for row in _of(platform)} | {"own": float(own["value"])}


def step(steps: np.ndarray, wanted: float, sure: float, limits: Mapping[str, float]) -> tuple[float, str]:
    """(the step of a curve to advertise within, why that one).

    Args:
        steps: (k,) radii of the curve, rising. wanted: the radius that holds what it is to hold; sure: its upper end, NaN where too few
            people were seen to have one.

    >>> steps = np.array([250.0, 1000.0, 2000.0])
    >>> [step(steps, 900.0, 1000.0, x) for x in ({}, {"radius_least": 1609.0}, {"radius_most": 500.0})]
    [(1000.0, 'curve'), (2000.0, 'platform_least'), (250.0, 'platform_most')]
    """
    if np.isnan(sure):
        return np.nan, "unknown"
    least, most = limits.get("radius_least", 0.0), limits.get("radius_most", np.inf)
    sold = steps[(steps >= least) & (steps <= most)]
    if not len(sold):
        return (least, "platform_least") if wanted < least else (most, "platform_most")
    enough = sold[sold >= wanted]
    chosen = float(enough[0]) if len(enough) else float(sold[-1])
    plain = steps[steps >= wanted]
    free = float(plain[0]) if len(plain) else float(steps[-1])
    return chosen, "curve" if chosen == free else "platform_least" if chosen > free else "platform_most"


def _audience(seen: Mapping[str, float], limits: Mapping[str, float]) -> str:
    """Too few to be hidden among, then whether the platform would take them."""
    if np.isnan(seen["people"]):
        return "cannot_tell"
    if seen["people"] < limits["own"]:
        return "too_few"
    if "audience_least" not in limits:
        return "enough"
    scaled = not np.isnan(seen["estimate"])
    return judged(seen["people"], seen["estimate_low"], seen["estimate_high"], limits["audience_least"], scaled)


def _best(hours: pd.DataFrame | None) -> dict[str, Any]:
    """The densest part of the day, where one is shown to be."""
    best = hours[hours["best"].astype(bool)] if hours is not None else None
    if best is None or best.empty:
        return {"days": "", "daypart": "", "share": np.nan, "share_low": np.nan, "share_high": np.nan}
    row = best.iloc[0]
    ends = {"share": row["share"], "share_low": row["low"], "share_high": row["high"]}
    return {"days": row["days"], "daypart": row["daypart"], **ends}


def silent(channel: str, when: Mapping[str, Any], words: Tables) -> bool:
    """Whether a part of the day meets hours or days in which nothing may be sent on a channel."""
    part = local_rules()["dayparts"].get(str(when["daypart"]))
    rules = [row for row in words.quiet.values() if channel in row["channels"]]
    if part is None:
        return False
    hours = range(int(part["first"]), int(part["last"]))
    at_night = any(h >= int(row["since"]) or h < int(row["until"]) for row in rules for h in hours)
    return at_night or (when["days"] == "weekend" and any(SUNDAY in row["weekdays"] for row in rules))


# ---------------------------------------------------------------- beside the table


def _rules(platforms: set[str]) -> pd.DataFrame:
    rows = [(key, *(row[c] for c in ("platform", "what", "value", "unit", "source", "year", "conf")))
            for key, row in local_rules()["local"].items() if row["platform"] in platforms]  # fmt: skip
    return pd.DataFrame(rows, columns=["rule", "platform", "what", "value", "unit", "source", "year", "conf"])


def _specs(chosen: Iterable[Row], words: Tables) -> pd.DataFrame:
    """The room that the formats have: the specs that the channels name."""
    rows = [(row["channel"], key, words.specs[key]) for row in chosen for key in row["specs"] if key in words.specs]
    table = [(channel, key, spec["unit"], spec.get("most"), spec.get("conf", "")) for channel, key, spec in rows]
    return pd.DataFrame(table, columns=["channel", "spec", "unit", "most", "conf"])


def fragment(facts: Mapping[str, Any], curves: Mapping[str, pd.DataFrame], table: pd.DataFrame, wanted: np.ndarray) -> str:
    """The places as a brief names them: the share of people seen who are near, and the channels on which enough of them are."""
    seen, parts = float(facts["people"] or facts["people_near"]), []
    for (name, rows), radius in zip(table.groupby("place", sort=False), wanted, strict=True):
        told = curves[str(name)].dropna(subset=["people"])
        inside = told.loc[told["radius_m"] >= radius, "people"]
        people = float(inside.iloc[0] if len(inside) else told["people"].iloc[-1])
        open_to = rows.loc[(rows["audience"] != "too_few") & (rows["channel"] != "local"), "channel"]
        channels = ", ".join(json.dumps(c) for c in dict.fromkeys(open_to))
        parts.append(f"[places.{_quoted(str(name))}]\nshare = {people / seen:.3f}\nchannels = [{channels}]\n")
    return "\n".join(parts)


def _quoted(name: str) -> str:
    """A name as a key of TOML, whatever is in it.

    >>> _quoted('the "new" shop')
    '"the \\\\"new\\\\" shop"'
    """
    return json.dumps(name, ensure_ascii=False).replace("\x7f", "\\u007f")


def _remarks(known: Catchments, table: pd.DataFrame) -> tuple[Finding, ...]:
    found = [finding("N_SHEET_PLATFORMS", level="note")]
    if known.hours.empty:
        found.append(finding("N_SHEET_HOURS", level="note", column="at"))
    unknown = sorted(table.loc[table["reason"] == "unknown", "place"].unique())
    found += [finding("N_SHEET_UNKNOWN", level="warning", found=name) for name in unknown[:5]]
    if (table["consent"] != "").any():
        found.append(finding("N_SHEET_CONSENT", level="note", column=", ".join(sorted(set(table["consent"]) - {""}))))
    return tuple(found)
