"""A small plan to be followed, and the results that keep its promise."""

from __future__ import annotations

import pandas as pd

from mktlib.planning import CampaignPlan, brief_from_text

DAY = pd.Timedelta(days=1)
FIRST = pd.Timestamp("2026-10-05")
BRIEF = """
first_day = 2026-10-05
last_day = 2026-11-01
budget = 4000
[objective]
value = 0.5
[team]
owner = "Zoé"
[channels.paid_social]
price = 8
maximum = 3000
[channels.display]
price = 4
maximum = 2000
[channels.email]
price = 0.01
[segments.everyone]
size = 100000
consent = 0.5
"""


def small_plan(sd: float = 0.3, margin: float = 0.5) -> CampaignPlan:
    """Four pieces on three channels over four weeks."""
    rows = []
    for item, channel, first, spend in (
        ("P1", "paid_social", 1, 200.0),
        ("P2", "display", 1, 100.0),
        ("P3", "email", 1, 20.0),
        ("P4", "paid_social", 3, 150.0),
    ):
        for week in range(first, 5):
            rows.append((week, "everyone", "decision", channel, item, 20_000.0, spend, 20_000 * 0.02 * 0.5, 20_000.0, 0.02, sd, 400.0))
    heads = ["week", "segment", "stage", "channel", "item", "quantity", "spend", "value", "exposure", "rate", "rate_sd", "events"]
    schedule = pd.DataFrame(rows, columns=heads)
    items = pd.DataFrame({"item": ["P1", "P2", "P3", "P4"], "week": [1, 1, 1, 3]}).assign(
        content_type="carousel", style="playful", length="none", stage="decision", cost=100.0, days=1.0, status="make"
    )
    value = float(schedule["value"].sum())
    expected = {"value": value, "low": value * 0.8, "high": value * 1.25, "level": 0.9, "margin": margin}
    empty = pd.DataFrame()
    facts = {"metric": "click_rate", **expected}
    return CampaignPlan(
        table=items, schedule=schedule, limits=empty, tests=empty, facts=facts, expected=expected, brief=brief_from_text(BRIEF)
    )


def kept_promise(plan: CampaignPlan, ratio: float = 1.0) -> pd.DataFrame:
    """A weekly log in which everything comes as planned, rates times `ratio`."""
    rows = plan.schedule
    start = FIRST + pd.to_timedelta(7 * (rows["week"] - 1), unit="D")
    first = rows.groupby("item")["week"].transform("min")
    due = FIRST + pd.to_timedelta(7 * (first - 1), unit="D")
    n = rows["exposure"].astype(int)
    return pd.DataFrame({
        **{c: rows[c] for c in ("item", "segment", "channel")}, "week": start, "owner": "Inès", "due": due,
        "published": due, "status": "published",
        "impressions": n, "delivered": n, "clicks": (rows["events"] * ratio).round().astype(int), "actual_spend": rows["spend"],
    })  # fmt: skip


def by_day(weekly: pd.DataFrame) -> pd.DataFrame:
    """The same in days, evenly; a message on its first day."""
    days = []
    for row in weekly.to_dict("records"):
        for d in [0] if row["channel"] == "email" else range(7):
            part = 1 if row["channel"] == "email" else 7
            cut = {c: row[c] // part for c in ("impressions", "delivered", "clicks")}
            days.append({**row, "date": row["week"] + d * DAY, **cut, "actual_spend": row["actual_spend"] / part})
    return pd.DataFrame(days).drop(columns="week")


def same(a, b) -> None:
    for name in ("table", "late", "pacing", "landing", "path", "pieces"):
        pd.testing.assert_frame_equal(getattr(a, name), getattr(b, name), check_exact=True)
    assert dict(a.facts) == dict(b.facts)
