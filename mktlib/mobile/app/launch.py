"""The launch of an app as one sheet: what to do in which week, what to test with how many people, when to stop; and its part of a brief."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.mobile.app.beliefs import Belief, amount_of, rate_of, wrong_amount
from mktlib.mobile.app.launch_plan import STEPS, floors, funnel, listing_tests, rollout
from mktlib.mobile.app.read import wrong_assumptions
from mktlib.results import AppBrief, LaunchSheet
from mktlib.vocabulary import (
    Tables,
    app_funnel,
    app_launch,
    default_language,
    finding,
    load_tables,
    nearest,
    not_level,
    not_seed,
    not_tables,
    phrase,
)
from mktlib.wording import Share

DRAWS = 10_000
DAYS = 7
RATING_MARGIN = 0.1
CHANNEL, PIECE, STAGE = "app_store", "app_listing", "decision"
"""Words of the tables under which a plan knows a listing."""


class AppLaunch(LaunchSheet):
    """A launch sheet that can say its part of a brief."""

    def brief_entries(
        self, *, first_day: dt.date | str | None = None, last_day: dt.date | str | None = None, segments: int = 1
    ) -> dict[str, Any]:
        """The launch as entries of a brief for the planner.

        Args:
            first_day, last_day: of the campaign, dates or "2026-10-05"; what lies outside is left out (a brief refuses it). segments: of
            the brief, who share the store's visitors: each is shown the listing so many times less.

        Returns:
            `channels`, `production`, `fixed_dates`, `must_have`, `test_share`: tables and lists as in a brief. The listing is one piece of
            the channel app_store, seen once a week by the visitors expected, that must be there in the week of the launch; the versions
            that its tests need are in its cost and its days.
        """
        return self._entries(first_day, last_day, segments, default_language())

    def _entries(self, first_day: Any, last_day: Any, segments: Any, language: str) -> dict[str, Any]:
        days = {"first_day": first_day, "last_day": last_day}
        wrong = [
            finding("E_OPTION", column=k, found=repr(d), expected='"2026-10-14"') for k, d in days.items() if d is not None and not _day(d)
        ]
        if not isinstance(segments, int | np.integer) or isinstance(segments, bool) or segments < 1:
            wrong.append(finding("E_OPTION", column="segments", found=repr(segments), expected="1, 2 ..."))
        if wrong:
            raise DataError(wrong)
        facts, first_day, last_day = self.facts, _day(first_day), _day(last_day)
        inside = (first_day is None or facts["launch"] >= first_day) and (last_day is None or facts["launch"] <= last_day)
        where = {"stage": STAGE, "content_type": PIECE, "channel": CHANNEL}
        name = phrase("launch.date_name", language, store=load_tables().label("store", facts["store"], language))
        launch = {"name": name, "day": facts["launch"], **where}
        versions = 1 + (facts["versions"] - 1) * int(self.tests["fits"].sum())
        shown = max(1.0, float(round(facts["visitors"] / segments)))
        return {
            "channels": {CHANNEL: {"price": facts["price"], "quantity": shown, "per_week": 1}},
            "production": {PIECE: {"cost": facts["cost"] * versions, "days": facts["days"] * versions, "most": 1}},
            "fixed_dates": [launch] if inside else [],
            "must_have": [{**where, "least": 1}],
            "test_share": facts["test_share"],
        }

    def brief_toml(
        self, *, first_day: dt.date | str | None = None, last_day: dt.date | str | None = None, segments: int = 1, language: str = "en"
    ) -> str:
        """The same as TOML to paste at the end of a brief; the test share, which a brief has at its top, stands in a comment.

        The stage must be wanted by the brief; a brief that has the channel or the piece already keeps its own entry: leave that line out.
        A log that holds no listing yet is scored by `scorer.score_cells(brief.cells())`, so that the plan has one to choose.
        """
        entries = self._entries(first_day, last_day, segments, language)
        lines = [f"# {phrase('launch.toml_head', language)}", f"# test_share = {entries['test_share']:g}"]
        for section in ("channels", "production"):
            for key, row in entries[section].items():
                lines += ["", f"[{section}.{key}]", *_entries(row)]
        for section in ("fixed_dates", "must_have"):
            for row in entries[section]:
                lines += ["", f"[[{section}]]", *_entries(row)]
        return "\n".join(lines) + "\n"


def _entries(row: Mapping[str, Any]) -> list[str]:
    return [f"{key} = {_toml(value)}" for key, value in row.items()]


def _toml(value: Any) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return value.isoformat() if isinstance(value, dt.date) else repr(value)


def launch_sheet(
    launch: dt.date | str,
    *,
    visitors: Any,
    store: str = "google_play",
    weeks: int = 8,
    assumptions: Mapping[str, Any] | None = None,
    app: AppBrief | None = None,
    tests: Sequence[str] | None = None,
    lift: float = 0.2,
    versions: int = 2,
    significance: float = 0.05,
    power: float = 0.8,
    crash_allowed: float = 0.01,
    crash_bad: float = 0.03,
    tail: float = 0.05,
    price: float = 0.0,
    cost: float = 400.0,
    days: float = 2.0,
    test_share: float = 0.1,
    level: float = 0.9,
    tables: Tables | None = None,
    random_state: int = 0,
) -> AppLaunch:
    """The launch of an app by weeks, with the sizes, ranges and thresholds that it needs.

    Args:
        launch: the day of the launch. visitors: of the store's page, a week: a number or a range of 9 chances in 10.
        store: a row of `stores`. weeks: after the launch, which the sheet covers.
        assumptions: of install_rate, activation, day7, as in `app_brief`: a number, a range or counts. app: an `app_brief`, whose
            assumptions are taken where none are given here; of one that is paid in the store paid_install_rate is the rate of installs.
        tests: of the listing: rows of `app_launch.tests` ("icon", "screenshots" ...); default all that the store takes. lift: the relative
            difference in the install rate that would matter. versions: told apart at once. significance: share of false winners allowed a
            test (of all its versions together); power: chance to see the lift where it is there.
        crash_allowed, crash_bad: shares of users who see a crash, that are borne, and that must not be. tail: chance of a false stop.
        price, cost, days, test_share: of the listing in a brief: money for a thousand views in the store, to make a version of the listing,
            working days, share of the media money for tests.

    Returns:
        `AppLaunch` (a `LaunchSheet` with `.brief_entries()` and `.brief_toml()`).

    Raises:
        DataError: everything that is wrong, at once.

    Tests: two-sided pooled z-test of two shares, sized by the normal formula (Fleiss, Levin and Paik 2003) and raised until the exact power
    is there. Looks: Armitage, McPherson and Rowe (1969). Funnel: draws of the rates, then binomial luck at each step.

    >>> sheet = launch_sheet("2026-10-14", visitors=(3000, 6000), assumptions={"install_rate": 0.25})
    >>> sheet.tests[["test", "people"]].values.tolist()[0]
    ['icon', 1251]
    """
    if wrong := not_tables(tables):
        raise DataError(wrong)
    rows = tables or load_tables()
    given = {**locals()}
    if wrong := [*_wrong(given, rows), *not_level(level), *not_seed(random_state)]:
        raise DataError(wrong)
    day = _day(launch)
    assert day is not None
    beliefs = _beliefs(visitors, app, assumptions or {})
    names = list(tests) if tests is not None else [k for k, row in app_launch()["tests"].items() if store in row["field"]]
    if names and (wrong := _no_room(beliefs["install_rate"], lift)):
        raise DataError(wrong)
    rng = np.random.default_rng([random_state, 13])
    how: dict[str, Any] = {"lift": lift, "versions": versions, "significance": significance, "power": power, "level": level}
    tried = listing_tests(names, store, beliefs, weeks=weeks, **how)
    usual = beliefs["visitors"].quantile(np.array([(1 - level) / 2, 0.5, (1 + level) / 2]))
    installs = float(usual[1] * beliefs["install_rate"].quantile(0.5)) / DAYS
    steps = rollout(store, installs, day, allowed=crash_allowed, bad=crash_bad, tail=tail)
    facts = {
        "launch": day, "before": -min(row["week"] for row in app_launch()["tasks"].values()), "weeks": weeks, "store": store,
        "visitors": float(usual[1]), "visitors_low": float(usual[0]), "visitors_high": float(usual[2]), "versions": versions,
        "lift": lift, "significance": significance, "power": power, "crash_allowed": crash_allowed, "crash_bad": crash_bad, "tail": tail,
        "level": level, "test_share": test_share, "price": float(price), "cost": float(cost), "days": float(days),
        "opinions": tuple(k for k, b in beliefs.items() if b.conf == "J" and not b.certain),
    }  # fmt: skip
    sheet = AppLaunch(
        table=_tasks(day, weeks, tried, steps), facts=facts, tests=tried, rollout=steps, reviews=_reviews(store),
        funnel=funnel(beliefs, weeks, level, rng, DRAWS), watch=floors(beliefs, weeks, tail, rng, DRAWS),
    )  # fmt: skip
    return replace(sheet, findings=tuple(_remarks(sheet)))


# ---------------------------------------------------------------- what is given


def _beliefs(visitors: Any, app: AppBrief | None, assumptions: Mapping[str, Any]) -> dict[str, Belief]:
    """Visitors and the rate of each step; who installs an app that is paid in the store has bought it."""
    said = {**(app.facts["given"]["assumptions"] if app is not None else {}), **assumptions}
    bought = "install_rate" not in assumptions and (
        "paid_install_rate" in assumptions or (app is not None and app.facts["model"] == "one_off")
    )
    named = {key: "paid_install_rate" if bought and key == "install_rate" else key for key in STEPS}
    rates = {key: rate_of(name, said.get(name), app_funnel()[name]) for key, name in named.items()}
    return {"visitors": amount_of("visitors", visitors, settle="pilot"), **rates}


def _no_room(installs: Belief, lift: float) -> list[Finding]:
    """What keeps a test of the listing from being sized: no rate, or one that cannot rise by so much."""
    base = float(installs.quantile(0.5))
    if base <= 0:
        return [finding("E_OPTION", column="assumptions.install_rate", found=f"{base:g}", expected="> 0", hint="tests=[]")]
    if base * (1 + lift) >= 1:
        return [finding("E_OPTION", column="lift", found=f"{lift:g}", expected=f"< {1 / base - 1:.2g}", hint="tests=[]")]
    return []


def _day(given: Any) -> dt.date | None:
    try:
        day = given if isinstance(given, dt.date) else dt.date.fromisoformat(str(given))
    except ValueError:
        return None
    day = day.date() if isinstance(day, dt.datetime) else day
    return day if 1990 <= day.year <= 2190 else None


def _wrong(given: Mapping[str, Any], tables: Tables) -> Iterator[Finding]:
    if _day(given["launch"]) is None:
        yield finding("E_OPTION", column="launch", found=repr(given["launch"]), expected='"2026-10-14"')
    yield from wrong_amount("visitors", given["visitors"], zero=False)
    store, app = given["store"], given["app"]
    if not isinstance(store, str) or store not in app_launch()["rollout"] or store not in tables.stores:
        known = tuple(app_launch()["rollout"])
        yield finding("E_OPTION", column="store", found=repr(store), expected=", ".join(known), hint=nearest(store, known))
    yield from wrong_assumptions(given["assumptions"] if given["assumptions"] is not None else {})
    if app is not None and not (isinstance(app, AppBrief) and "given" in app.facts):
        yield finding("E_OPTION", column="app", found=type(app).__name__, expected="mk.app_brief(...)")
    yield from _wrong_tests(given["tests"], store)
    for name, low, high in WHOLE:
        if not isinstance(given[name], int | np.integer) or isinstance(given[name], bool) or not low <= given[name] <= high:
            yield finding("E_OPTION", column=name, found=repr(given[name]), expected=f"{low} ... {high}")
    for name, real_low, real_high in REAL:
        value = given[name]
        if not isinstance(value, int | float) or isinstance(value, bool) or not real_low <= value <= real_high:
            yield finding("E_OPTION", column=name, found=repr(value), expected=f"{real_low:g} ... {real_high:g}")
    bad, allowed = given["crash_bad"], given["crash_allowed"]
    if isinstance(bad, int | float) and isinstance(allowed, int | float) and bad <= allowed:
        yield finding("E_OPTION", column="crash_bad", found=repr(bad), expected=f"> {allowed:g}")


WHOLE = (("weeks", 1, 26), ("versions", 2, 6))
REAL = (
    ("lift", 0.01, 3), ("significance", 0.001, 0.5), ("power", 0.5, 0.999), ("crash_allowed", 1e-5, 0.5), ("crash_bad", 1e-5, 0.9),
    ("tail", 0.001, 0.5), ("price", 0, 1e6), ("cost", 0, 1e9), ("days", 0, 1e4), ("test_share", 0, 1),
)  # fmt: skip


def _wrong_tests(tests: Any, store: Any) -> Iterator[Finding]:
    known = app_launch()["tests"]
    if tests is None:
        return
    if isinstance(tests, str) or not isinstance(tests, list | tuple):
        yield finding("E_OPTION", column="tests", found=repr(tests)[:80], expected='["icon", "screenshots"]')
        return
    for name in tests:
        fits = isinstance(name, str) and name in known
        if not fits or store not in known[name]["field"]:
            allowed = [k for k, row in known.items() if store in row["field"]]
            yield finding("E_OPTION", column="tests", found=repr(name), expected=", ".join(allowed), hint=nearest(name, allowed))


# ---------------------------------------------------------------- the sheet


def _tasks(launch: dt.date, weeks: int, tests: pd.DataFrame, steps: pd.DataFrame) -> pd.DataFrame:
    """Every task by its week: those of the tables, the tests that fit, the steps of the rollout."""
    monday = launch - dt.timedelta(days=launch.weekday())
    rows = [
        {
            "week": row["week"],
            "day": _of_week(launch, monday, row["week"]),
            "task": key,
            "about": "",
            "share": math.nan,
            "conf": row["conf"],
        }
        for key, row in app_launch()["tasks"].items()
        if row["week"] <= weeks
    ]
    for test in tests[tests["fits"]].to_dict("records") if len(tests) else ():
        week = int(test["first_week"])
        rows.append(
            {"week": week, "day": _of_week(launch, monday, week), "task": "test", "about": test["test"], "share": math.nan, "conf": "J"}
        )
    for step in steps.iloc[1:].to_dict("records"):
        week = (step["day"] - monday).days // DAYS
        rows.append({"week": week, "day": step["day"], "task": "rollout", "about": "", "share": step["share"], "conf": step["conf"]})
    return pd.DataFrame(rows).sort_values(["day", "week"], kind="stable", ignore_index=True)


def _of_week(launch: dt.date, monday: dt.date, week: int) -> dt.date:
    return launch if week == 0 else monday + dt.timedelta(days=DAYS * week)


def _reviews(store: str) -> pd.DataFrame:
    """Rules about ratings that hold in the store, and how many ratings tell the mean to a tenth of a star."""
    table = app_launch()["reviews"]
    rows = [
        {"rule": key, "value": row.get("value", math.nan), "unit": row["unit"], **{k: row[k] for k in ("source", "year", "conf")}}
        for key, row in table.items()
        if store in row["stores"]
    ]
    spread = table["spread"]
    need = math.ceil((1.6448536269514722 * float(spread["value"]) / RATING_MARGIN) ** 2)
    return pd.DataFrame(
        [*rows, {"rule": "ratings_needed", "value": need, "unit": "ratings", **{k: spread[k] for k in ("source", "year", "conf")}}]
    )


def _remarks(sheet: LaunchSheet) -> Iterator[Finding]:
    facts, tests = sheet.facts, sheet.tests
    if facts["opinions"]:
        yield finding("N_APP_OPINIONS", level="note", found=len(facts["opinions"]), count=len(facts["opinions"]))
    late = tests[~tests["fits"].astype(bool)]
    if len(late):
        first = late.iloc[0]
        values = {"count": len(late), "weeks": int(first["weeks"]), "most": facts["weeks"], "people": int(first["people"])}
        yield finding("N_LAUNCH_SLOW", level="warning", found=", ".join(late["test"]), **values)
    if len(tests):
        share = round(100 * float(tests["false_alarm"].max()))
        yield finding("N_LAUNCH_LOOKS", level="note", found=share, most=round(100 * facts["significance"], 1))
    if len(sheet.rollout) > 1:
        yield finding("N_LAUNCH_FIRST", level="warning", column="store", found=len(sheet.rollout))
    blind = sheet.rollout[sheet.rollout["caught"] < facts["power"]]
    if len(blind):
        values = {
            "bad": Share(facts["crash_bad"], 2),
            "users": int(blind.iloc[0]["users"]),
            "caught": round(100 * float(blind.iloc[0]["caught"])),
        }
        yield finding("N_LAUNCH_BLIND", level="warning", found=", ".join(f"{100 * x:.0f}" for x in blind["share"]), **values)
