"""A plan of three placements and what came of it, small enough to be reviewed by hand."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mktlib.results import Plan


def plan_of(**columns: Any) -> Plan:
    schedule = pd.DataFrame(
        {"week": 1, "segment": ["a", "b", "a"], "stage": "decision", "channel": ["display", "display", "email"], "item": ["P1", "P1", "P2"],
         "exposure": [1000.0, 2000.0, 500.0], "rate": [0.02, 0.03, 0.1], "rate_sd": 0.3, "spend": [10.0, 20.0, 2.0],
         "value": [20.0, 60.0, 50.0]}
    ).assign(**columns)  # fmt: skip
    items = pd.DataFrame({"item": ["P1", "P2"], "content_type": ["banner", "newsletter"], "style": "playful", "length": "short"})
    facts = {"metric": "click_rate", "currency": "EUR"}
    return Plan(table=items, schedule=schedule, limits=pd.DataFrame(), tests=pd.DataFrame(), expected={"value": 130.0}, facts=facts)


def results_of(**columns: Any) -> pd.DataFrame:
    frame = pd.DataFrame(
        {"item": ["P1", "P1", "P2"], "segment": ["a", "b", "a"], "channel": ["display", "display", "email"],
         "impressions": [900, 2100, None], "delivered": [None, None, 500], "clicks": [15, 80, 40], "owner": ["Ana", "Ana", "Bo"],
         "actual_spend": [9.0, 21.0, 2.0], "week": "2026-10-05", "due": "2026-10-05", "published": "2026-10-07", "money": [30.0, 90.0, 1.0]}
    )  # fmt: skip
    return frame.assign(**columns)
