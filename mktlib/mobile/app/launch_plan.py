"""The numbers of a launch: funnel with luck, tests with sizes, steps of a rollout with counts at which to stop, weekly floors."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from mktlib.glmm.proportions import count_to_stop, exact_for_difference, false_alarm, reached
from mktlib.mobile.app.beliefs import Belief
from mktlib.vocabulary import app_launch

STEPS = ("install_rate", "activation", "day7")
NAMES = ("visitors", "installs", "activated", "day7")
MOST_PEOPLE = 1e9
MOST_LOOKS = 200
FULL_WEEK = 7
"""Days: a test runs whole weeks, since weekdays differ."""


def chain(beliefs: Mapping[str, Belief], weeks: int, size: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Draws of the people at each step over so many weeks: visitors Poisson, each step binomial at a rate that is itself drawn."""
    mean = np.minimum(beliefs["visitors"].draws(size, rng) * weeks, MOST_PEOPLE)
    people = {"visitors": rng.poisson(mean)}
    for step, name, before in zip(STEPS, NAMES[1:], NAMES[:-1], strict=True):
        people[name] = rng.binomial(people[before], beliefs[step].draws(size, rng))
    return people


def funnel(beliefs: Mapping[str, Belief], weeks: int, level: float, rng: np.random.Generator, size: int) -> pd.DataFrame:
    """One row a step: its rate and the people it leaves, each with a range."""
    people = chain(beliefs, weeks, size, rng)
    ends = [(1 - level) / 2, 0.5, (1 + level) / 2]
    rows = []
    for k, name in enumerate(NAMES):
        belief = beliefs[STEPS[k - 1]] if k else None
        rate = belief.quantile(np.array(ends)) if belief else np.full(3, math.nan)
        low, middle, high = np.quantile(people[name], ends)
        rows.append(
            {"step": name, "of": NAMES[k - 1] if k else "", "rate": rate[1], "rate_low": rate[0], "rate_high": rate[2], "people": middle}
            | {"people_low": low, "people_high": high, "events": belief.events if belief else 0, "counted": belief.of if belief else 0}
            | {"conf": (belief or beliefs["visitors"]).conf}
        )
    return pd.DataFrame(rows)


def listing_tests(
    names: Sequence[str],
    store: str,
    beliefs: Mapping[str, Belief],
    *,
    lift: float,
    versions: int,
    weeks: int,
    significance: float,
    power: float,
    level: float,
) -> pd.DataFrame:
    """One row a test, one after the other from the first whole week on.

    Several versions against one share the error (Bonferroni). At the middle of the believed install rate; the looks of a test are its days.
    """
    base = float(beliefs["install_rate"].quantile(0.5))
    sure = 1 - significance / (versions - 1)
    people = exact_for_difference(base, min(base * (1 + lift), 0.999), sure, power)
    visitors = people * versions
    usual = beliefs["visitors"].quantile(np.array([(1 + level) / 2, 0.5, (1 - level) / 2]))
    low, middle, high = (max(1, math.ceil(visitors / max(float(v), 1e-9))) for v in usual)
    rows, start = [], 1
    for name in names:
        looks = min(middle * FULL_WEEK, MOST_LOOKS)
        rows.append(
            {"test": name, "field": app_launch()["tests"][name]["field"].get(store, ""), "base": base, "lift": lift, "people": people}
            | {"versions": versions, "visitors": visitors, "weeks": middle, "weeks_low": low, "weeks_high": high, "first_week": start}
            | {"last_week": start + middle - 1, "fits": start + middle - 1 <= weeks, "looks": middle * FULL_WEEK}
            | {"false_alarm": false_alarm(looks, 1 - significance)}
        )
        start += middle
    columns = ["test", "field", "base", "lift", "people", "versions", "visitors", "weeks", "weeks_low", "weeks_high", "first_week"]
    return pd.DataFrame(rows, columns=[*columns, "last_week", "fits", "looks", "false_alarm"])


def rollout(store: str, users_a_day: float, launch: dt.date, *, allowed: float, bad: float, tail: float) -> pd.DataFrame:
    """One row a step: the users that will have had the version when the next step is due, and the crashed users from which to stop.

    Each step is judged alone at tail / steps, so that a version that crashes as allowed is stopped with a chance of at most `tail`.
    """
    row = app_launch()["rollout"][store]
    days, shares = list(row["days"]), list(row["shares"])
    rows, users = [], 0.0
    for k, (day, share) in enumerate(zip(days, shares, strict=True)):
        long = (days[k + 1] - day) if k + 1 < len(days) else FULL_WEEK
        users += users_a_day * share * long
        n = int(min(users, MOST_PEOPLE))
        stop = count_to_stop(n, allowed, tail / len(days))
        rows.append(
            {"step": k + 1, "share": share, "day": launch + dt.timedelta(days=day), "users": n, "stop_at": stop}
            | {"false_stop": reached(n, allowed, stop), "caught": reached(n, bad, stop), "conf": row["conf"]}
        )
    return pd.DataFrame(rows)


def floors(beliefs: Mapping[str, Belief], weeks: int, tail: float, rng: np.random.Generator, size: int) -> pd.DataFrame:
    """One row a week and metric: the count below which the launch is not what was believed.

    The lowest of the weeks is looked for, since a weak app is weak in each of them: the share of believed launches that fall below any
    floor of the sheet is at most `tail`.
    """
    week = {k: b for k, b in beliefs.items() if k != "visitors"}
    visitors = beliefs["visitors"].draws(size, rng)
    rates = {step: week[step].draws(size, rng) for step in STEPS}
    rows, each = [], tail / len(STEPS)
    counts = {name: np.empty((weeks, size)) for name in NAMES}
    for k in range(weeks):
        people = rng.poisson(np.minimum(visitors, MOST_PEOPLE))
        counts["visitors"][k] = people
        for step, name in zip(STEPS, NAMES[1:], strict=True):
            people = rng.binomial(people, rates[step])
            counts[name][k] = people
    for step, name, of in zip(STEPS, NAMES[1:], NAMES[:-1], strict=True):
        share = counts[name] / np.maximum(counts[of], 1)
        floor = float(np.quantile(share.min(axis=0), each, method="lower"))
        lag = 1 if name == "day7" else 0  # the seventh day of a week's installs ends with the next week
        denominator, expected = float(np.median(counts[of])), float(np.median(counts[name]))
        for k in range(1, weeks + 1):
            if k + lag <= weeks:
                about = {"metric": step, "of": of, "counted": denominator, "expected": expected}
                rows.append({"week": k + lag, **about, "stop_below": floor, "tail": each})
    return pd.DataFrame(rows).sort_values(["week"], kind="stable", ignore_index=True)
