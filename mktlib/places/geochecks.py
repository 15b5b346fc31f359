"""What may spoil the reading of a geo test: areas unlike the others, sales that wander next door, weeks that are missing or holidays."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.intake import to_pandas
from mktlib.intake.inputs import absent, as_group
from mktlib.places.geodesign import rules_of_thumb
from mktlib.places.geopanel import Panel
from mktlib.vocabulary import days_off, finding, load_tables

ODD = 4.0
"""An area so many usual errors away from the other treated ones is odd."""
SHUFFLES, SEED = 1999, 5021


class Span(Protocol):
    """Weeks of the test."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def rest(self) -> int: ...


def remarks(panel: Panel, span: Span, facts: dict[str, Any], areas: pd.DataFrame, holidays: str | None) -> list[Finding]:
    """Everything a reader must know before he believes the number."""
    found = rules_of_thumb(areas=len(panel.areas), pre=span.start, length=span.end - span.start, alpha=facts["alpha"])
    if facts["assigned"] == "chosen":
        found.append(finding("N_GEO_CHOSEN", level="warning"))
    elif facts["method"] == "synthetic":
        found.append(finding("N_GEO_FEW_COINS", level="note", found=str(facts["pairs"])))
    found += [finding(f"N_GEO_NOT_READ_{reason.upper()}", level="warning", found=str(facts["held_out"])) for reason in facts["reasons"]]
    found += _one_area(areas)
    if facts["spill"] is not None and facts["spill"] <= 0.1:
        found.append(finding("N_GEO_SPILL", level="warning", found=f"{facts['spill']:.3f}"))
    lost = [str(g.date()) for g in panel.gaps if panel.weeks[span.start] <= g < panel.weeks[span.rest - 1] + pd.Timedelta(days=7)]
    if lost:
        found.append(finding("N_GEO_GAP_IN_TEST", level="warning", found=", ".join(lost[:4])))
    return found + _holidays(panel.weeks[span.start : span.rest], holidays)


def _one_area(areas: pd.DataFrame) -> list[Finding]:
    treated = areas[areas["arm"] == "treated"]
    found = []
    share = treated["before"] / max(float(treated["before"].sum()), 1e-12)
    if len(treated) > 1 and share.max() > 1 / 3:
        name = str(treated["area"].iloc[int(share.argmax())])
        found.append(finding("N_GEO_DOMINATES", level="warning", found=name, share=f"{100 * share.max():.0f}"))
    far = (treated["change"] - treated["change"].median()).abs() / treated["usual"]
    for name in treated.loc[far > ODD, "area"]:
        found.append(finding("N_GEO_ODD", level="warning", found=str(name)))
    return found


def spilt(panel: Panel, treated: np.ndarray, held: np.ndarray, change: np.ndarray, neighbours: Any) -> float | None:
    """How often chance alone makes held-out areas next to treated ones differ so from the others; None where neighbours are not told."""
    if neighbours is None:
        return None
    frame = to_pandas(neighbours)
    if lacking := absent(frame, ["area", "neighbour"]):
        raise DataError(lacking)
    place = {name: k for k, name in enumerate(panel.areas)}
    mine, touched = set(treated.tolist()), set()
    for a, b in zip(as_group(frame["area"]), as_group(frame["neighbour"]), strict=True):
        if a in place and b in place:
            touched |= {place[b]} if place[a] in mine else set()
            touched |= {place[a]} if place[b] in mine else set()
    near = np.isin(held, sorted(touched - mine))
    if near.sum() < 2 or (~near).sum() < 2:
        return None
    return label_test(change[held], near)


def label_test(value: np.ndarray, mark: np.ndarray) -> float:
    """p value of "the marked do not differ", the marks shuffled (both sides).

    >>> label_test(np.r_[np.zeros(6), np.full(6, 9.0)] + np.arange(12) / 100, np.arange(12) > 5) < 0.01
    True
    """
    rng = np.random.default_rng(SEED)
    order = rng.permuted(np.tile(mark, (SHUFFLES, 1)), axis=1)
    total, many = value.sum(), mark.sum()
    gap = lambda inside: inside / many - (total - inside) / (len(mark) - many)  # noqa: E731
    seen, turned = gap(value[mark].sum()), gap(order @ value)
    return float((1 + (np.abs(turned) >= abs(seen) - 1e-12).sum()) / (1 + SHUFFLES))


def _holidays(weeks: pd.DatetimeIndex, name: str | None) -> list[Finding]:
    """Weeks of the test with a public holiday."""
    if name is None or name not in load_tables().holidays:
        return []
    days = days_off(load_tables().holidays[name], set(weeks.year))
    hit = [w for w in weeks if any(0 <= (d - w.date()).days < 7 for d in days)]
    return [finding("N_GEO_HOLIDAYS", level="note", found=str(len(hit)), weeks=", ".join(str(w.date()) for w in hit[:4]))] if hit else []
