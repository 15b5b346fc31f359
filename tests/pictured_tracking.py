"""A running campaign made by hand: a piece late, one called off, a channel above its plan, one without data."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mktlib.results.tracking import Tracking

FACTS = {
    "name": "Autumn <launch>", "as_of": "2026-10-26", "measured_to": "2026-10-25", "first_day": "2026-10-05", "last_day": "2026-11-15",
    "days_left": 21, "level": 0.9, "metric": "click_rate", "objective": "value", "count": "clicks", "currency": "EUR", "planned": 27_000.0,
    "spent": 16_400.0, "production": 5000.0, "pieces": 12, "due_pieces": 8, "out": 6, "late": 2, "waiting": 3100.0, "promised": 90_000.0,
    "forecast": 81_000.0, "low": 74_000.0, "high": 88_500.0, "alpha": 0.05, "evidence": "observational", "grade": "tendency",
    "e_value": 1.4, "over": False, "unmeasured": 0.3,
}  # fmt: skip


def decisions() -> pd.DataFrame:
    heads = ["decision", "item", "channel", "to", "owner", "days", "amount", "stake", "found", "usual", "grade"]
    nan = np.nan
    rows = [
        ("publish", "P07", "", "", "Inès", 4.0, 600.0, 2400.0, 4.0, 0.0, ""),
        ("answer", "P08 <b>", "", "", "", 1.0, 0.0, 900.0, 1.0, 0.0, ""),
        ("replace", "P09", "", "", "Hugo", 0.0, 360.0, 700.0, 0.0, 0.0, ""),
        ("slow_down", "", "paid_social", "", "", nan, 220.5, 650.0, 1.31, 1.0, "tendency"),
        ("stop", "P03", "display", "", "", nan, 400.0, 240.0, 0.21, 0.48, "tendency"),
        ("move", "", "display", "paid_search", "", nan, 400.0, 230.0, 1.2, 0.21, ""),
        ("halt", "", "paid_video", "", "", nan, 120.0, 120.0, 9120.0, 9000.0, ""),
        ("look_again", "", "", "", "", nan, nan, 90.0, 0.71, 1.0, "tendency"),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=heads).assign(deadline=pd.Timestamp("2026-10-26"))


def tracking() -> Tracking:
    late = pd.DataFrame({"item": ["P07", "P08 <b>", "P09", "P01"], "content_type": ["carousel", "story", "story", "banner"]}).assign(
        owner=["Inès", "", "Hugo", "Inès"], due=pd.to_datetime(["2026-10-19", "2026-10-23", "2026-10-19", "2026-10-05"]),
        published=pd.to_datetime([None, None, None, "2026-10-09"]), state=["late", "unheard", "cancelled", "late_out"], days=[5, 1, 0, 4],
        spend=[600.0, 0.0, 360.0, 0.0], value=[2400.0, 900.0, 700.0, 0.0],
    )  # fmt: skip
    nan = np.nan
    heads = ["channel", "planned", "due", "ran", "spent", "projected", "low", "high", "maximum", "state", "e_value", "per_day", "recent"]
    rows = [
        ("paid_social", 12_000.0, 6000.0, 5600.0, 7340.0, 14_100.0, 13_200.0, 15_000.0, 14_000.0, "over", 900.0, 222.0, 350.0),
        ("paid_search", 8000.0, 4000.0, 4000.0, 4010.0, 8030.0, 7700.0, 8400.0, 9000.0, "on_plan", 0.4, 190.0, 191.0),
        ("paid_video", 4000.0, 3000.0, 3000.0, 5050.0, 6300.0, 6000.0, 6600.0, 5000.0, "above_maximum", 5000.0, 0.0, 240.0),
        ("display", 2000.0, 1000.0, 1000.0, nan, nan, nan, nan, 3000.0, "no_data", 1.0, nan, nan),
        ("email", 1000.0, 0.0, 0.0, 0.0, 980.0, 700.0, 1150.0, nan, "early", 1.0, 47.0, nan),
    ]  # fmt: skip
    measures = {"spend": 27_000.0, "exposure": 5.4e6, "events": 180_000.0, "value": 90_000.0}
    landing = pd.DataFrame([
        (m, v, *((0.78 * v, 1.27 * v) if m == "value" else (nan, nan)), 0.6 * v, 0.9 * v, 0.82 * v, 0.983 * v, 1.2 * v, "tendency")
        for m, v in measures.items()
    ], columns=["measure", "promised", "promised_low", "promised_high", "so_far", "forecast", "low", "high", "straight",
                "grade"])  # fmt: skip
    at, middle, half = pd.to_datetime(["2026-10-05", "2026-10-12", "2026-10-19", "2026-10-26"]), (86, 78, 83, 81), (22, 14, 10, 7.3)
    path = pd.DataFrame([
        (day, m, v * c / 90, v * (c - h) / 90, v * (c + h) / 90)
        for m, v in measures.items() for day, c, h in zip(at, middle, half, strict=True)
    ], columns=["at", "measure", "forecast", "low", "high"])  # fmt: skip
    pieces = pd.DataFrame({"item": ["P01", "P03"], "channel": ["paid_social", "display"], "exposure": [90_000.0, 60_000.0]}).assign(
        expected=[1800.0, 700.0], actual=[1700.0, 240.0], ratio=[0.95, 0.36], low=[0.88, 0.3], high=[1.02, 0.43], e_value=[0.4, 80.0],
        worth=[1.1, 0.21], price=0.48, verdict=["keep", "stop"],
    )  # fmt: skip
    pacing = pd.DataFrame(rows, columns=heads)
    return Tracking(table=decisions(), late=late, pacing=pacing, landing=landing, path=path, pieces=pieces, facts=FACTS)


def landed() -> Tracking:
    """After the end, events counted, nothing to decide, no money at all."""
    made = tracking()
    none = pd.DataFrame([{"decision": "none", "item": "", "channel": "", "to": "", "owner": "", "stake": 0.0, "grade": ""}])
    table = none.assign(days=np.nan, amount=np.nan, found=np.nan, usual=np.nan, deadline=pd.NaT)
    landing = made.landing[made.landing["measure"] != "value"].assign(
        forecast=lambda d: d["so_far"], low=lambda d: d["so_far"], high=lambda d: d["so_far"]
    )
    facts = FACTS | {"objective": "events", "over": True, "as_of": "2026-11-20", "days_left": 0, "late": 0, "out": 12, "due_pieces": 12}
    facts |= {"promised": 180_000.0, "forecast": 108_000.0, "low": 108_000.0, "high": 108_000.0, "spent": 0.0}
    return Tracking(
        table=table,
        late=made.late.head(0),
        pacing=made.pacing[made.pacing["channel"] == "display"],
        landing=landing,
        path=made.path,
        pieces=made.pieces.head(0),
        facts=facts,
    )


TRACKING = {"tracking": tracking(), "tracking_landed": landed()}
