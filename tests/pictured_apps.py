"""Small results of an app, each corner of their pictures in them."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from mktlib.results import AppBrief, KeywordCoverage, LaunchSheet

NAN = float("nan")


def app() -> AppBrief:
    columns = ["assumption", "rate", "low", "mid", "high", "profit_low", "profit_high", "p_low", "p_high", "worth", "share"]
    columns += ["settle", "needed", "conf", "events", "of"]
    rows = [
        ("conversion", True, 0.017, 0.06, 0.19, -9000.0, 31000.0, 0.05, 0.8, 2400.0, 0.42, "price_test", 83.0, "J", 0, 0),
        ("visitors", False, 1500.0, 3000.0, 6000.0, -7000.0, 16000.0, 0.2, 0.6, 700.0, 0.2, "pilot", NAN, "G", 0, 0),
        ("churn", True, 0.057, 0.12, 0.24, 9000.0, -2000.0, 0.5, 0.3, 20.0, 0.05, "cohort", 113.0, "J", 0, 0),
        ("install_rate", True, 0.24, 0.26, 0.28, 1000.0, 3000.0, 0.35, 0.4, 0.0, 0.01, "listing_test", 3900.0, "D", 260, 1000),
        ("build", False, 8000.0, 11000.0, 15000.0, 4000.0, -3000.0, 0.45, 0.31, 0.0, 0.01, "quote", NAN, "G", 0, 0),
    ]
    month = np.arange(1, 25)
    mean = -11_000 + 24 * month**2.0
    months = pd.DataFrame({"month": month, "profit": mean, "low": mean - 250 * month, "high": mean + 900 * month, "p": month / 60})
    needed = pd.DataFrame({"quantity": ["visitors", "installs", "activated", "day7", "payers"]})
    for k, share in enumerate([72_000.0, 18_000.0, 9_000.0, 2_000.0, 120.0]):
        for what, factor in (("expected", 1.0), ("needed", 1.6)):
            for end, times in (("", 1.0), ("_low", 0.4), ("_high", 3.0 if what == "expected" else np.inf)):
                needed.loc[k, what + end] = share * factor * times
    facts = {
        "need": "to see on one’s own face which frames suit", "measure": "tried frames on again within a week", "least": 0.3, "people": 49,
        "at_most": 9, "model": "subscription", "price": 2.99, "kept": 0.7083, "tax": 0.2, "fee": 0.15, "fee_conf": "K",
        "store": "app_store", "currency": "EUR", "level": 0.9, "horizon": 24, "p": 0.38, "p_error": 0.005, "decisive": "conversion",
        "p_low": 0.05, "p_high": 0.8,
        "profit": 2800.0, "profit_low": -17_000.0, "profit_high": 24_400.0, "month": 27.0, "month_low": 11.0, "month_high": np.inf,
        "certain": False, "opinions": ("conversion", "churn"), "people_total": 226_000.0, "visits": 78_000.0, "draws": 10_000, "given": {},
    }  # fmt: skip
    people = pd.DataFrame({"group": ["students", "city"], "people": [106_000.0, 120_000.0], "low": [8e4, NAN], "high": [1.4e5, NAN]})
    return AppBrief(
        table=pd.DataFrame(rows, columns=columns), facts=facts, audience=people, months=months, breakeven=needed.assign(never=0.06)
    )


def launch() -> LaunchSheet:
    day = dt.date(2026, 10, 14)
    funnel = pd.DataFrame(
        [
            ("visitors", "", NAN, NAN, NAN, 33_800.0, 24_000.0, 47_900.0, 0, 0, "G"),
            ("installs", "visitors", 0.26, 0.24, 0.28, 8_800.0, 6_100.0, 12_600.0, 260, 1000, "D"),
            ("activated", "installs", 0.5, 0.27, 0.73, 4_300.0, 2_000.0, 7_900.0, 0, 0, "J"),
            ("day7", "activated", 0.22, 0.095, 0.43, 900.0, 300.0, 2_400.0, 0, 0, "J"),
        ],
        columns=["step", "of", "rate", "rate_low", "rate_high", "people", "people_low", "people_high", "events", "counted", "conf"],
    )
    tasks = pd.DataFrame(
        [
            (-4, dt.date(2026, 9, 14), "listing", "", NAN, "J"),
            (0, day, "launch", "", NAN, "J"),
            (0, dt.date(2026, 10, 17), "rollout", "", 0.2, "J"),
            (1, dt.date(2026, 10, 19), "test", "icon", NAN, "J"),
        ],
        columns=["week", "day", "task", "about", "share", "conf"],
    )
    tests = pd.DataFrame({"test": ["icon", "screenshots"], "field": ["icon", "screenshots"], "base": 0.26, "lift": 0.2, "people": 1_190})
    tests = tests.assign(versions=2, visitors=2_380, weeks=[1, 4], weeks_low=1, weeks_high=5, first_week=[1, 2], last_week=[1, 9])
    tests = tests.assign(fits=[True, False], looks=7, false_alarm=0.166)
    steps = pd.DataFrame(
        {"step": [1, 2], "share": [0.05, 1.0], "day": [day, dt.date(2026, 10, 24)], "users": [22, 1431], "stop_at": [3, 24]}
    )
    floor = pd.DataFrame({"week": [1, 1, 2], "metric": ["install_rate", "activation", "day7"], "of": ["visitors", "installs", "activated"]})
    floor = floor.assign(counted=[4250.0, 1060.0, 513.0], expected=[1100.0, 530.0, 110.0], stop_below=[0.21, 0.19, 0.05], tail=0.017)
    rules = pd.DataFrame(
        {"rule": ["answer_bad", "no_gift", "ratings_needed"], "value": [24.0, NAN, 458.0], "unit": ["hours", "none", "ratings"]}
    )
    facts = {
        "launch": day, "before": 4, "weeks": 8, "store": "google_play", "visitors": 4_240.0, "visitors_low": 3_000.0,
        "visitors_high": 6_000.0, "versions": 2, "lift": 0.2, "significance": 0.05, "power": 0.8, "crash_allowed": 0.01,
        "crash_bad": 0.03, "tail": 0.05,
        "level": 0.9, "test_share": 0.1, "price": 0.0, "cost": 400.0, "days": 2.0, "opinions": ("activation", "day7"),
    }  # fmt: skip
    return LaunchSheet(
        table=tasks, facts=facts, tests=tests, funnel=funnel, watch=floor,
        rollout=steps.assign(false_stop=[0.001, 0.012], caught=[0.03, 0.999], conf="J"),
        reviews=rules.assign(source="our judgement", year=2026, conf="J"),
    )  # fmt: skip


def coverage() -> KeywordCoverage:
    found = {
        "sunglasses": (1, 0, 1, 1),
        "try on glasses": (1, 1, 0, 1),
        "a search in very many words": (0, 1, 1, 3),
        "mirror": (0, 0, 0, 0),
    }
    fields = ("name", "subtitle", "keywords", "description")
    sizes = {"sunglasses": 1, "try on glasses": 2, "a search in very many words": 3, "mirror": 1}
    rows = [
        {"locale": "en", "search": search, "field": name, "words": sizes[search], "found": n, "share": n / sizes[search]}
        | {"searched": name != "description"}
        for search, have in found.items()
        for name, n in zip(fields, have, strict=True)
    ]
    searches = pd.DataFrame({"locale": "en", "search": list(found), "verdict": ["whole", "across", "unsearched", "absent"]})
    labels = {"name": "nom", "subtitle": "sous-titre", "keywords": "champ de mots-clés", "description": "description"}
    names = {"name": "name", "subtitle": "subtitle", "keywords": "keyword field", "description": "description"}
    facts = {
        "store": "app_store", "searches": 4, "counted": {"whole": 1, "across": 1, "unsearched": 1, "absent": 1}, "locales": ("en",),
        "fields": {k: {"en": names[k], "fr": labels[k]} for k in fields}, "conf": {k: "S" for k in fields[:3]},
    }  # fmt: skip
    return KeywordCoverage(table=pd.DataFrame(rows), searches=searches.assign(missing=["", "", "", "mirror"]), facts=facts)


APPS = {"app": app(), "launch": launch(), "coverage": coverage()}
