"""A geo test, designed: which areas, for how long, and what it would see, tried out on weeks in which nothing happened.

Power is not computed from a formula. The whole procedure (pairs from the past, coins, reading) is run again in each placebo window of
the history, with only the weeks before it known, a lift is added to the areas that the coins chose, and detections are counted. Without a
lift the same count is the rate of false alarms of this very procedure, told beside the one that was promised.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from mktlib.errors import Finding
from mktlib.places.geopanel import YEAR, Panel, read_panel
from mktlib.places.geopower import ENOUGH, LEARN, LIFTS, Option, fewest_pairs, power_at, recent, smallest_seen, tried
from mktlib.places.matching import tossed
from mktlib.places.placebo import window_starts
from mktlib.results import GeoDesign
from mktlib.rules.checked import checked
from mktlib.vocabulary import default_language, finding, load_tables, progress

FEWEST = 8
"""Placebo windows below which power is not told."""


def design_geo_test(
    history: Any,
    *,
    areas: str = "area",
    weeks: str = "week",
    outcome: str = "sales",
    lift: float = 0.05,
    lengths: Sequence[int] = (4, 6, 8),
    pairs: int | None = None,
    cooldown: int = 2,
    budget: float | None = None,
    value: float | None = None,
    currency: str = "EUR",
    alpha: float = 0.1,
    seed: int = 0,
) -> GeoDesign:
    """A test of a campaign by areas: pairs that move alike, a coin in each, length, power and what it costs to know.

    Args:
        history: one row an area and week (or day): `areas`, `weeks`, `outcome` (sales, visits: 0 or more). Weeks in which a campaign
            ran by place do not belong in it.
        lift: the share of sales that the campaign must bring to be worth while (0.05: 5 %).
        lengths: weeks of the test to try.
        pairs: pairs of areas in the test; None tries all of them, two thirds and a half.
        cooldown: weeks after the campaign whose sales are read too, because some come late.
        budget: money of the whole campaign in the areas treated. value: what one unit of the outcome is worth (margin, not price).
        alpha: promised rate of false alarms, both sides together.
        seed: of the coins: the same seed, the same areas.

    Returns:
        `GeoDesign`: `.table` one row a size and length tried, `.arms` who is treated and who is held out, `.curve` power by lift.

    Raises:
        DataError: every problem at once.

    Matched pairs with coins (Vaver & Koehler 2011, Measuring ad effectiveness using geo experiments); the test by turned signs is exact
    (Fisher 1935). Power by placebo over history, as in GeoLift.

    >>> week = pd.date_range("2024-01-01", periods=80, freq="7D")
    >>> rng = np.random.default_rng(1)
    >>> rows = [pd.DataFrame({"area": f"a{k}", "week": week, "sales": rng.poisson(400 + 50 * k, 80)}) for k in range(12)]
    >>> design = design_geo_test(pd.concat(rows), lengths=(4,), pairs=6)
    >>> design.facts["verdict"], sorted(design.arms["arm"].unique())
    ('can_tell', ['held_out', 'treated'])
    """
    asked = _Asked(float_or(lift), tuple(lengths), pairs, cooldown, float_or(alpha), budget, value)
    panel = read_panel(history, areas=areas, weeks=weeks, outcome=outcome, found=_wrong(asked, seed))
    sizes = _sizes(len(panel.areas) // 2, pairs, float(alpha))
    some = [tried(panel, length, sizes, asked.alpha) for length in progress(_possible(panel, asked.lengths), desc="geo test")]
    options = [option for each in some for option in each]
    facts: dict[str, Any] = {"outcome": outcome, "lift": asked.lift, "alpha": asked.alpha, "level": 1 - asked.alpha, "currency": currency}
    facts |= {
        "areas": len(panel.areas),
        "weeks": len(panel.weeks),
        "cooldown": int(cooldown),
        "budget": budget,
        "worth": value,
        "seed": seed,
    }
    facts |= {"first_week": panel.weeks[0], "last_week": panel.weeks[-1], "pairs_possible": len(panel.areas) // 2}
    facts |= {"fewest_pairs": fewest_pairs(asked.alpha), "enough": ENOUGH}
    if not options:
        return _nothing(panel, facts)
    chosen = _chosen(options, asked.lift)
    arms = _arms(panel, chosen, seed)
    table = pd.DataFrame([_row(o, panel, asked, o is chosen) for o in options])
    facts |= _facts(chosen, table[table["chosen"]].to_dict("records")[0], arms, asked)
    return GeoDesign(
        table=table, arms=arms, curve=_curve(options), weeks=_groups(panel, arms), facts=facts,
        findings=(*panel.findings, *_remarks(panel, chosen, facts)),
    )  # fmt: skip


@dataclass(frozen=True)
class _Asked:
    lift: float
    lengths: tuple[int, ...]
    pairs: int | None
    cooldown: int
    alpha: float
    budget: float | None
    value: float | None


def float_or(value: Any) -> float:
    """A number, or nothing that passes for one."""
    return float(value) if isinstance(value, Real) and not isinstance(value, bool) else float("nan")


def _wrong(asked: _Asked, seed: Any) -> list[Finding]:
    whole = lambda x, least: isinstance(x, int | np.integer) and not isinstance(x, bool) and x >= least  # noqa: E731
    money = lambda x: x is None or float_or(x) > 0  # noqa: E731
    rules = [
        ("lift", asked.lift, 0 < asked.lift <= 1, "0 < lift <= 1 (0.05: 5 %)"),
        ("lengths", asked.lengths, bool(asked.lengths) and all(whole(n, 1) and n <= YEAR for n in asked.lengths), "lengths=(4, 6, 8)"),
        ("pairs", asked.pairs, asked.pairs is None or whole(asked.pairs, 1), "pairs=10"),
        ("cooldown", asked.cooldown, whole(asked.cooldown, 0) and asked.cooldown <= YEAR, "cooldown=2"),
        ("alpha", asked.alpha, 0 < asked.alpha < 0.5, "alpha=0.1"),
        ("budget", asked.budget, money(asked.budget), "budget=20_000"),
        ("value", asked.value, money(asked.value), "value=30.0"),
        ("seed", seed, whole(seed, 0), "seed=0"),
    ]
    return [finding("E_OPTION", column=name, found=found, expected=expected) for name, found, fine, expected in rules if not fine]


def _sizes(possible: int, wanted: int | None, alpha: float) -> list[int]:
    """Numbers of pairs to try, those that can tell anything at all."""
    tried = [possible, int(np.ceil(2 * possible / 3)), int(np.ceil(possible / 2))] if wanted is None else [min(wanted, possible)]
    return sorted({n for n in tried if n >= fewest_pairs(alpha)}, reverse=True)


def _possible(panel: Panel, lengths: tuple[int, ...]) -> list[int]:
    """Lengths for which the history has placebo windows enough."""
    return [n for n in sorted(set(lengths)) if len(window_starts(LEARN, len(panel.weeks), n)) >= FEWEST]


def _chosen(options: list[Option], lift: float) -> Option:
    """The fewest area-weeks that see the lift; where none does, the one that sees the smallest."""
    able = [o for o in options if power_at(o, lift)[0] >= ENOUGH]
    if able:
        return min(able, key=lambda o: (len(o.pairs) * o.length, o.length))
    return min(options, key=lambda o: (np.nan_to_num(smallest_seen(o.power), nan=9.0), -power_at(o, lift)[0]))


def _arms(panel: Panel, chosen: Option, seed: int) -> pd.DataFrame:
    """One row an area: its pair, and what the coin said."""
    side = tossed(len(chosen.pairs), seed)
    size = recent(panel.y, len(panel.weeks))
    rows = []
    for k, (pair, heads) in enumerate(zip(chosen.pairs, side, strict=True), start=1):
        for at, area in enumerate(pair):
            rows.append({"area": panel.areas[area], "pair": k, "arm": "treated" if at == heads else "held_out", "per_week": size[area]})
    out = sorted(set(range(len(panel.areas))) - set(chosen.pairs.ravel().tolist()))
    rows += [{"area": panel.areas[a], "pair": 0, "arm": "outside", "per_week": size[a]} for a in out]
    return pd.DataFrame(rows)


def _row(option: Option, panel: Panel, asked: _Asked, chosen: bool) -> dict[str, Any]:
    """One row of `GeoDesign.table`; half of the areas' sales are treated, whichever way the coins fall."""
    power, low, high = power_at(option, asked.lift)
    usual = float(recent(panel.y, len(panel.weeks))[option.pairs].sum()) / 2 * option.length
    seen = smallest_seen(option.power)
    row: dict[str, Any] = {"pairs": len(option.pairs), "weeks": option.length, "treated": len(option.pairs), "expected": usual}
    row |= {"power": power, "power_low": low, "power_high": high}
    row |= dict(zip(("false_alarm", "false_alarm_low", "false_alarm_high"), option.alarms, strict=True))
    row |= {"detectable": seen, "detectable_units": seen * usual, "windows": option.windows, "independent": option.independent}
    row["cost_per_unit"] = asked.budget / (seen * usual) if asked.budget and seen > 0 and usual > 0 else np.nan
    row["break_even"] = asked.budget / (asked.value * usual) if asked.budget and asked.value and usual > 0 else np.nan
    return row | {"chosen": chosen}


def _curve(options: list[Option]) -> pd.DataFrame:
    parts = [
        pd.DataFrame({"pairs": len(o.pairs), "weeks": o.length, "lift": LIFTS, "power": o.power, "low": o.low, "high": o.high})
        for o in options
    ]
    return pd.concat(parts, ignore_index=True)


def _groups(panel: Panel, arms: pd.DataFrame) -> pd.DataFrame:
    """Both groups by week, each as a share of its own mean of the last year."""
    out = pd.DataFrame({"week": panel.weeks})
    for arm in ("treated", "held_out"):
        total = panel.y[panel.rows(list(arms.loc[arms["arm"] == arm, "area"]))].sum(axis=0)
        out[arm] = total / max(float(total[-YEAR:].mean()), 1e-12)
    return out


def _facts(chosen: Option, row: Mapping[Any, Any], arms: pd.DataFrame, asked: _Asked) -> dict[str, Any]:
    sales = arms.groupby("arm")["per_week"].sum()
    inside = float(sales.get("treated", 0) + sales.get("held_out", 0))
    keys = ("pairs", "weeks", "power", "power_low", "power_high", "false_alarm", "false_alarm_low", "false_alarm_high")
    facts = {f"test_{k}" if k in ("pairs", "weeks") else k: row[k] for k in keys}
    facts |= {k: row[k] for k in ("detectable", "detectable_units", "cost_per_unit", "break_even", "expected", "windows", "independent")}
    facts["treated_per_week"] = float(sales.get("treated", 0))
    facts["held_out_per_week"] = float(sales.get("held_out", 0))
    facts["held_out_share"] = facts["held_out_per_week"] / max(float(sales.sum()), 1e-12)
    facts["treated_share"] = facts["treated_per_week"] / max(inside, 1e-12)
    facts["verdict"] = "can_tell" if power_at(chosen, asked.lift)[0] >= ENOUGH else "cannot_tell"
    return facts


def _nothing(panel: Panel, facts: dict[str, Any]) -> GeoDesign:
    """What is said where no design can be tried: what is lacking."""
    lacking = "areas" if len(panel.areas) // 2 < facts["fewest_pairs"] else "history"
    need = {"areas": 2 * facts["fewest_pairs"], "history": LEARN + 4 * (FEWEST + 1) // 2}
    told = finding(f"N_GEO_FEW_{lacking.upper()}", level="warning", found=str(facts["areas" if lacking == "areas" else "weeks"]),
                   least=str(need[lacking]))  # fmt: skip
    empty = pd.DataFrame(columns=["area", "pair", "arm", "per_week"])
    curve = pd.DataFrame(columns=["pairs", "weeks", "lift", "power", "low", "high"])
    table = pd.DataFrame(columns=["pairs", "weeks", "treated", "power", "detectable", "chosen"])
    weeks = pd.DataFrame({"week": panel.weeks[:0], "treated": [], "held_out": []})
    facts |= {"verdict": "impossible", "lacking": lacking, "need": need[lacking]}
    return GeoDesign(table=table, arms=empty, curve=curve, weeks=weeks, facts=facts, findings=(*panel.findings, told))


def rules_of_thumb(*, areas: int, pre: int, length: int, alpha: float) -> list[Finding]:
    """What the tables say of numbers below those that others ask for."""
    tables, language = load_tables(), default_language()
    limits = {code: row["values"] for code, row in tables.checks.items() if row["about"] == "geo"}
    cases = [
        ("GEO_PRE_WEEKS", pre < limits["GEO_PRE_WEEKS"]["least"], pre),
        ("GEO_UNITS", areas <= limits["GEO_UNITS"]["least"], areas),
        ("GEO_PRE_RATIO", pre < limits["GEO_PRE_RATIO"]["times"] * length, pre),
        ("GEO_ALPHA", alpha > limits["GEO_ALPHA"]["most"] + 1e-12, alpha),
    ]
    return [checked(code, tables, language, found=found) for code, broken, found in cases if broken]


def _remarks(panel: Panel, chosen: Option, facts: dict[str, Any]) -> list[Finding]:
    found = rules_of_thumb(areas=len(panel.areas), pre=len(panel.weeks), length=chosen.length, alpha=facts["alpha"])
    if facts["verdict"] == "cannot_tell":
        found.append(finding("N_GEO_CANNOT_TELL", level="warning", found=str(facts["test_pairs"]), weeks=str(facts["test_weeks"])))
    if facts["independent"] < FEWEST:
        found.append(finding("N_GEO_FEW_WINDOWS", level="note", found=f"{facts['independent']:.0f}"))
    size = recent(panel.y, len(panel.weeks))[chosen.pairs].sum(axis=1)
    if size.max() > size.sum() / 3:
        pair = chosen.pairs[int(size.argmax())]
        found.append(finding("N_GEO_DOMINATES", level="warning", found=", ".join(panel.areas[a] for a in pair),
                             share=f"{100 * size.max() / size.sum():.0f}"))  # fmt: skip
    low = facts["false_alarm_low"]
    if low > facts["alpha"]:
        found.append(
            finding("N_GEO_ALARMS", level="warning", found=f"{100 * facts['false_alarm']:.0f}", alpha=f"{100 * facts['alpha']:.0f}")
        )
    return found
