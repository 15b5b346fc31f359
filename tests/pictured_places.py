"""Small results of places, each corner of their pictures in them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mktlib.results import Catchments, PlaceSheet

STEPS = np.array([250.0, 500, 1000, 2000, 3000, 5000])
SPOTS = {
    "marais": (0, -340.0, 360.0, 520.0),
    "bastille": (0, 340.0, -360.0, 480.0),
    "lyon": (1, 0.0, 0.0, 1230.0),
    "nice": (2, 0.0, 0.0, 1720.0),
}


def _curve(place: str, half: float) -> pd.DataFrame:
    share = 1 - np.exp(-STEPS / half * 0.69)
    table = pd.DataFrame({"place": place, "radius_m": STEPS, "people": (420 * share).round(), "share": share})
    table = table.assign(new=table["people"].diff().fillna(table["people"]), share_low=share * 0.93, share_high=np.minimum(share * 1.06, 1))
    table = table.assign(new_share=table["new"] / table["people"], new_share_low=0.2, new_share_high=0.6)
    table = table.assign(estimate=20 * table["people"], estimate_low=12 * table["people"], estimate_high=30 * table["people"])
    table.loc[3 if place == "bastille" else [], ["people", "share", "share_low", "share_high", "new", "new_share"]] = np.nan
    return table


def _density() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    rows = []
    for panel, size in ((0, 300.0), (1, 800.0), (2, 1100.0)):
        for x in np.arange(-3.5, 4) * size:
            for y in np.arange(-3.5, 4) * size:
                people = int(60 * np.exp(-np.hypot(x, y) / (2 * size)) + rng.integers(0, 6))
                rows += [(panel, x, y, size, people)] if people >= 10 else []
    return pd.DataFrame(rows, columns=["panel", "x", "y", "size", "people"])


def catchments() -> Catchments:
    reach = pd.DataFrame({"place": list(SPOTS), "people": [561, 412, 448, 270], "visits": [1362, 943, 1098, 641]})
    half = np.array([s[3] for s in SPOTS.values()])
    for column, times in (("half_m", 1.0), ("most_m", 1.8)):
        reach = reach.assign(**{column: half * times, f"{column}_low": half * times * 0.93, f"{column}_high": half * times * 1.09})
    everybody = reach.head(1).assign(place="all", people=1691, visits=4044, half_m=750.0, most_m=1690.0)
    spots = pd.DataFrame([(k, *s[:3]) for k, s in SPOTS.items()], columns=["place", "panel", "x", "y"]).assign(latitude=48.0, longitude=2.0)
    hours = pd.DataFrame({"place": ["marais", "marais", "nice"], "days": "weekday", "daypart": ["midday", "evening", "evening"]})
    hours = hours.assign(
        people=[300, 90, 60], share=[0.59, 0.1, 0.2], low=[0.57, 0.08, 0.16], high=[0.61, 0.12, 0.24], best=[True, False, False]
    )
    decay = pd.DataFrame({"from_m": [0.0, 1000], "to_m": [1000.0, 5000], "people": [1050, 640], "outcome": [905, 213]})
    decay = decay.assign(per_person=[0.86, 0.33], low=[0.81, 0.29], high=[0.91, 0.38])
    overlaps = pd.DataFrame({"place": ["marais", "bastille"], "other": ["bastille", "marais"], "radius_m": 1000.0, "metres": 988.0})
    overlaps = overlaps.assign(people=336, share=[0.545, 0.642], low=[0.51, 0.61], high=[0.58, 0.68])
    minimums = pd.DataFrame({"place": ["marais"], "radius_m": 1000.0, "rule": "meta_audience_least", "platform": "meta", "least": 100})
    facts = {
        "rows": 5063,
        "set_aside": 14,
        "no_consent": 940,
        "kept": 4109,
        "people": 1711,
        "people_near": 1691,
        "visits": 4044,
        "left_out": 1,
    }
    facts |= {"widest_m": 5000.0, "level": 0.9, "fewest": 10, "folded": 0, "scale": (20.0, 15.0, 28.0), "outcome": "purchases", "step": 0.0}
    facts |= {"decay_km": 0.49, "decay_km_low": 0.45, "decay_km_high": 0.53, "decay_verdict": "falls", "zone": "Europe/Paris", "days": 182}
    return Catchments(
        table=pd.concat([_curve(k, s[3]) for k, s in SPOTS.items()], ignore_index=True),
        reach=pd.concat([reach, everybody], ignore_index=True),
        decay=decay, overlaps=overlaps, hours=hours.assign(per_hour=hours["share"] / 15), density=_density(), spots=spots,
        minimums=minimums.assign(people=457, verdict="enough", source="not confirmed", conf="K"),
        facts=facts | {"hidden": 0.15, "consent": "consent_location"},
    )  # fmt: skip


def place_sheet() -> PlaceSheet:
    rows = [
        (place, key, channel, radius, reason, audience, quiet, consent, measure, conf)
        for place, wide in (("marais", 1000.0), ("nice", 5000.0))
        for key, channel, radius, reason, audience, quiet, consent, measure, conf in (
            ("listing", "local", wide, "curve", "enough", False, "", "calls", ""),
            (
                "social",
                "paid_social",
                max(wide, 2000.0),
                "platform_least" if wide < 2000 else "curve",
                "cannot_tell",
                False,
                "",
                "visits",
                "K",
            ),
            ("sms", "sms", wide, "curve", "enough", place == "marais", "consent_sms", "coupons", ""),
            ("push", "push", 500.0, "platform_most", "too_few" if place == "nice" else "enough", False, "consent_location", "coupons", "K"),
        )
    ]
    columns = ["place", "key", "channel", "radius_m", "reason", "audience", "quiet", "consent", "measure", "conf"]
    table = pd.DataFrame(rows, columns=columns).assign(
        device="phone", people=270.0, estimate=5400.0, estimate_low=3900.0, estimate_high=7900.0
    )
    table["formats"] = [("sms",) if k == "sms" else ("short_video", "story") for k in table["key"]]
    midday = table["place"] == "marais"
    table = table.assign(days=np.where(midday, "weekday", ""), daypart=np.where(midday, "midday", ""), share=np.where(midday, 0.59, np.nan))
    rules = pd.DataFrame({"rule": ["meta_radius_least"], "platform": "meta", "what": "radius_least", "value": 1609, "unit": "m"})
    specs = pd.DataFrame({"channel": ["sms"], "spec": ["sms_gsm7"], "unit": ["characters"], "most": [160], "conf": ["K"]})
    facts = {"places": 2, "hold": 0.8, "scaled": True, "level": 0.9, "fewest": 10, "zone": "Europe/Paris"}
    return PlaceSheet(
        table=table.assign(share_low=table["share"] - 0.02, share_high=table["share"] + 0.02), specs=specs, facts=facts,
        rules=rules.assign(source="general knowledge; not confirmed", year=2026, conf="K"),
        fragment='[places."marais"]\nshare = 0.266\nchannels = ["paid_social"]\n',
    )  # fmt: skip


PLACES = {"catchments": catchments(), "place_sheet": place_sheet()}
