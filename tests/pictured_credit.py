"""A small attribution, each corner of its picture in it: a credit that holds, one that hangs on the rule, a lift below none."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mktlib.results import Attribution

RULES = ("first", "last", "linear", "time_decay", "position", "markov", "shapley")
CHANNELS = {"organic_social": 0.3, "display": 0.25, "a channel with a very long name that nobody can read at once": 0.3, "others": 0.15}
MOVED = {"first": -0.25, "last": 0.3, "linear": -0.02, "time_decay": 0.06, "position": 0.02, "markov": 0.0, "shapley": -0.03}


def attribution() -> Attribution:
    rows = []
    for rule in RULES:
        share = np.array(list(CHANNELS.values())) + MOVED[rule] * np.array([-0.5, 1.0, 0.0, -0.5])
        for name, s in zip(CHANNELS, share, strict=True):
            rows.append((name, rule, s, max(s - 0.03, 0.0), s + 0.03))
    methods = pd.DataFrame(rows, columns=["channel", "method", "share", "low", "high"])
    for name, column in (("credit", "share"), ("credit_low", "low"), ("credit_high", "high")):
        methods[name] = 400 * methods[column]
        methods[name.replace("credit", "value")] = 36_000 * methods[column]
    methods["error"] = 0.0
    ends = methods.groupby("channel", sort=False)["share"]
    agreed = pd.DataFrame({"channel": list(CHANNELS), "least": ends.min().to_numpy(), "most": ends.max().to_numpy()})
    agreed = agreed.assign(least_method="first", most_method="last", verdict=["hangs", "hangs", "holds", "cannot_tell"])
    agreed = agreed.assign(spread=0.5, spread_low=0.3, spread_high=0.7, rank_best=1, rank_worst=3)
    table = methods[methods["method"] == "markov"].drop(columns=["method", "error"]).reset_index(drop=True)
    table = table.assign(people=[900, 400, 700, 30], touches=[1500, 600, 900, 40], least=agreed["least"], most=agreed["most"])
    table = table.assign(verdict=agreed["verdict"])
    lift = {
        "channel": "display",
        "people": 1900,
        "people_held": 480,
        "purchases": 320,
        "purchases_held": 80,
        "rate": 0.168,
        "rate_held": 0.167,
    }
    lift |= {"difference": 0.001, "low": -0.03, "high": 0.032, "incremental": 2.0, "incremental_low": -57.0, "incremental_high": 61.0}
    gaps = methods[methods["channel"] == "display"][["method", "credit"]].assign(incremental=2.0, grade="shown").reset_index(drop=True)
    gaps = gaps.assign(gap=gaps["credit"] - 2.0, low=gaps["credit"] - 60.0, high=gaps["credit"] + 58.0)
    gaps.loc[0, "grade"] = "too_early"
    facts = {
        "method": "markov",
        "level": 0.9,
        "currency": "EUR",
        "evidence": "observational",
        "grade": "tendency",
        "leads": "organic_social",
    }
    facts |= {"conversions": 404, "credited": 400, "untouched": 4, "value": 36_000.0, "journeys": 2400, "null": 1996, "people": 2380}
    facts |= {"channels": 9, "rate": 0.168, "lookback_days": 90, "direct": "ignore", "half_life_days": 7, "order": 1, "draws": 400}
    facts |= {"matters": 0.25, "folded": 6, "unmeasured": 0.3, "held_channel": "display", "lift_grade": "too_early"}
    return Attribution(
        table=table, methods=methods, agreement=agreed, lift=pd.DataFrame([lift | {"grade": "too_early"}]), gaps=gaps, facts=facts
    )


CREDIT = {"attribution": attribution()}
