"""A log of what was spent, a cell of days, and a figure read back from a table."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mktlib.measurement.kpi_ranges import Layout
from mktlib.measurement.kpi_rows import Cell
from mktlib.results import Kpis
from mktlib.vocabulary import load_tables

LOG = pd.DataFrame(
    {
        "date": np.repeat(pd.date_range("2026-03-02", periods=20).strftime("%Y-%m-%d"), 3),
        "channel": ["display", "email", "paid_search"] * 20,
        "spend": [30.0, 0.0, 20.0] * 20,
        "impressions": [9000, 700, 1500] * 20,
        "clicks": [40, 30, 25] * 20,
        "conversions": [0, 1, 2] * 20,
        "revenue": [0.0, 60.0, 130.0] * 20,
        "currency": "EUR",
    }
)


def value(result: Kpis, group: str, kpi: str, column: str = "value") -> float:
    table = result.table
    return table.loc[(table["group"] == group) & (table["kpi"] == kpi), column].item()


TABLES = load_tables()


def codes(result: Kpis) -> set[str]:
    return {f.code for f in result.findings}


def days(*, above: np.ndarray, below: np.ndarray, events: np.ndarray | None = None) -> Cell:
    sides = [np.asarray(x, float) for x in (above, below, [0.0] * len(above) if events is None else events)]
    kinds = {k: {"day": x} for k, x in zip(("above", "below", "events"), sides, strict=True)}
    return Cell(**kinds, layout={"day": Layout.plain(len(above))}, rows=len(above), left=0.0, left_below=False)
