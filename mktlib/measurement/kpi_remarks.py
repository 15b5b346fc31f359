"""What a reader must know of the days and pieces that ranges rest on: whether days hang together, whether few pieces bring unlike."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mktlib.errors import Finding
from mktlib.intake.engines import half_text
from mktlib.measurement.kpi_rows import FEWEST_PIECES
from mktlib.results.money import ENOUGH_SPELLS, FEWEST_DAYS
from mktlib.vocabulary import finding


def remarks_of(table: pd.DataFrame, log: Any) -> list[Finding]:
    """Findings of the ranges of a table, and of the text of its log."""
    return [*_assumed(table), *_spells(table), *_pieces(table), *half_text(log)]


def _assumed(table: pd.DataFrame) -> list[Finding]:
    """Ranges whose scatter nothing in the log shows."""
    mine = table[table["scatter_by"].eq("opinion")]
    return [finding("N_KPI_ASSUMED", level="warning", column=_figures(mine))] if len(mine) else []


def _spells(table: pd.DataFrame) -> list[Finding]:
    """Days that hang together, by how much they tell still; days too few to see it."""
    few, some = table["spells"].lt(ENOUGH_SPELLS) & table["spells"].gt(0), table["spells"].ge(ENOUGH_SPELLS)
    out = []
    for code, mine in (("N_KPI_FEW_SPELLS", table[few]), ("N_KPI_SPELLS", table[some])):
        if len(mine):
            spells = max(round(mine["spells"].min()), 1)
            out.append(finding(code, level="note" if code == "N_KPI_SPELLS" else "warning", column=_figures(mine), spells=spells))
    short = table[table["spells"].eq(0)]
    return [*out, *([finding("N_KPI_SHORT", level="note", column=_figures(short), count=FEWEST_DAYS)] if len(short) else [])]


def _pieces(table: pd.DataFrame) -> list[Finding]:
    """Few pieces that bring unlike: a range for pieces like these, or for these alone."""
    alike, alone = table["pieces"].ge(FEWEST_PIECES), table["pieces"].lt(FEWEST_PIECES)
    return [
        finding(code, level="note" if code == "N_KPI_FEW_PIECES" else "warning", column=_figures(mine), count=int(mine["pieces"].min()))
        for code, mine in (("N_KPI_FEW_PIECES", table[alike]), ("N_KPI_THESE_PIECES", table[alone]))
        if len(mine)
    ]


def _figures(rows: pd.DataFrame) -> str:
    return ", ".join(dict.fromkeys(rows["kpi"]))
