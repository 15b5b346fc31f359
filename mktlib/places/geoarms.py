"""Who was treated, who was held out, in which weeks; whatever way it is told, the same plain thing comes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.intake import to_pandas
from mktlib.intake.inputs import absent, as_group
from mktlib.places.geopanel import YEAR, Panel
from mktlib.places.placebo import Windows, window_starts
from mktlib.results import GeoDesign
from mktlib.vocabulary import finding, nearest

ARMS = {"treated": "treated", "test": "treated", "held_out": "held_out", "control": "held_out", "outside": "outside"}
LEARN = 25
NO_PAIR = ("(none)", "(missing)")
"""Weeks before the first window that is learnt from."""


@dataclass(frozen=True)
class Span:
    """Weeks of the panel: the test is start .. end - 1, what is read goes on to rest - 1."""

    start: int
    end: int
    rest: int


@dataclass(frozen=True, kw_only=True)
class GeoTest:
    panel: Panel
    arms: pd.DataFrame
    span: Span
    alpha: float
    lot: bool

    @cached_property
    def treated(self) -> np.ndarray:
        return self.panel.rows(list(self.arms.loc[self.arms["arm"] == "treated", "area"]))

    @cached_property
    def held(self) -> np.ndarray:
        """Areas that tell what would have been: held out by the test, outside it too."""
        return self.panel.rows(list(self.arms.loc[self.arms["arm"] != "treated", "area"]))

    @property
    def past(self) -> int:
        """Weeks before the test that are shown: a year, where there is one."""
        return min(YEAR, self.span.start)

    @cached_property
    def pairs(self) -> np.ndarray:
        """(pairs, 2): the treated and the held-out area of each whole pair."""
        if "pair" not in self.arms:
            return np.zeros((0, 2), int)
        inside = self.arms[self.arms["arm"].isin(["treated", "held_out"]) & ~self.arms["pair"].isin(NO_PAIR)]
        sides = [inside.loc[inside["arm"] == arm].drop_duplicates("pair").set_index("pair")["area"] for arm in ("treated", "held_out")]
        both = sides[0].index.intersection(sides[1].index)
        return np.column_stack([self.panel.rows(list(side.loc[both])) for side in sides])

    @cached_property
    def stretches(self) -> np.ndarray:
        """(m, 2) weeks from the test's first: test, cooldown (empty: the test again), whole, each week, the weeks so far."""
        n, m = self.span.end - self.span.start, self.span.rest - self.span.start
        every = [(k, k + 1) for k in range(m)] + [(0, k + 1) for k in range(m)]
        return np.array([(0, n), (n, m) if m > n else (0, n), (0, m), *every])

    @cached_property
    def windows(self) -> tuple[Windows, np.ndarray, np.ndarray]:
        """What the past foretells, its weights, and the placebo windows before the test."""
        known = Windows(self.panel.y)
        length = self.span.end - self.span.start
        starts = window_starts(min(LEARN, max(self.span.start - length, 1)), self.span.start, length)
        return known, known.learnt(starts, length), starts

    @cached_property
    def change(self) -> np.ndarray:
        """(A,): log mean of each area in the test, less what its past foretold, about the held-out areas."""
        known, weights, _ = self.windows
        seen = known.surprise(self.span.start, self.span.end - self.span.start, weights)
        return np.asarray(seen - seen[self.held].mean()) if len(self.held) else seen


def arms_of(given: Any) -> tuple[pd.DataFrame, list[Finding]]:
    """area, arm, pair of any way to say who was treated, and what is wrong with it."""
    if isinstance(given, GeoDesign):
        frame = given.arms
    elif isinstance(given, Mapping):
        frame = pd.DataFrame({"area": list(given), "arm": list(given.values())})
    elif isinstance(given, list | tuple | set | frozenset):
        frame = pd.DataFrame({"area": sorted(map(str, given)), "arm": "treated"})
    elif isinstance(given, str) or given is None:
        return pd.DataFrame({"area": [], "arm": []}), [finding("E_GEO_ARMS", column="design_or_arms", found=given)]
    else:
        frame = to_pandas(given)
    if lacking := absent(frame, ["area", "arm"]):
        return pd.DataFrame({"area": [], "arm": []}), lacking
    out = pd.DataFrame({c: as_group(frame[c]) for c in ("area", "arm", "pair") if c in frame})
    wrong = sorted(set(out["arm"]) - set(ARMS))
    found = [finding("E_OPTION", column="arm", found=w, expected="treated / held_out / outside", hint=nearest(w, ARMS)) for w in wrong]
    twice = sorted(out.loc[out.duplicated("area"), "area"].unique())
    found += [finding("E_GEO_ARM_TWICE", column="area", found=a) for a in twice]
    out["arm"] = out["arm"].map(ARMS)
    if not found and not out["arm"].eq("treated").any():
        found.append(finding("E_GEO_ARMS", column="arm", found="treated"))
    return out, found


def known_arms(arms: pd.DataFrame, panel: Panel) -> pd.DataFrame:
    """The arms of areas that have sales, those that nobody named held out or outside."""
    names = set(panel.areas)
    wrong = [a for a in arms["area"] if a not in names and a not in panel.dropped]
    if wrong:
        raise DataError([finding("E_GEO_AREA", column="area", found=a, hint=nearest(a, panel.areas)) for a in wrong])
    arms = arms[arms["area"].isin(names)]
    told = "outside" if arms["arm"].eq("held_out").any() else "held_out"
    rest = pd.DataFrame({"area": [a for a in panel.areas if a not in set(arms["area"])], "arm": told})
    arms = pd.concat([arms, rest.assign(pair=NO_PAIR[0]) if "pair" in arms else rest], ignore_index=True)
    if not arms["arm"].eq("treated").any():
        raise DataError(finding("E_GEO_ARMS", column="arm", found="treated"))
    return arms


def span_of(panel: Panel, first: Any, last: Any, rest: int) -> Span:
    inside = (panel.weeks + pd.Timedelta(days=6) >= first) & (panel.weeks <= last)
    at = np.flatnonzero(inside)
    if not len(at) or at[0] == 0:
        ends = f"{panel.weeks[1].date() if len(panel.weeks) > 1 else panel.weeks[0].date()} ... {panel.weeks[-1].date()}"
        raise DataError(finding("E_GEO_SPAN", column="start", found=str(first.date()), expected=ends))
    return Span(int(at[0]), int(at[-1]) + 1, min(int(at[-1]) + 1 + rest, len(panel.weeks)))


def whole_pairs(arms: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
    """The arms without pairs of which one area is lost: a coin says nothing of the other. Nothing changes where no pair is whole."""
    if "pair" not in arms:
        return arms, []
    inside = arms["arm"].isin(["treated", "held_out"]) & ~arms["pair"].isin(NO_PAIR)
    both = arms[inside].groupby("pair")["arm"].nunique()
    broken = inside & ~arms["pair"].isin(both.index[both == 2])
    if not broken.any() or not (inside & ~broken).any():
        return arms, []
    names = ", ".join(arms.loc[broken, "area"].astype(str).head(5))
    left = arms.assign(arm=arms["arm"].mask(broken, "outside"), pair=arms["pair"].mask(broken, NO_PAIR[0]))
    return left[~broken | left["arm"].ne("outside") | arms["arm"].eq("held_out")], [
        finding("N_GEO_BROKEN_PAIR", level="warning", found=names)
    ]


def partial(panel: Panel, span: Span, first: Any, last: Any) -> list[Finding]:
    """Whether the campaign began or ended inside a week: whole weeks are read."""
    inside = first > panel.weeks[span.start] or last < panel.weeks[span.end - 1] + pd.Timedelta(days=6)
    cut = last > panel.weeks[-1] + pd.Timedelta(days=6)
    found = [finding("N_GEO_PART_WEEK", level="note", found=f"{first.date()} ... {last.date()}")] if inside else []
    return [*found, finding("N_GEO_CUT", level="warning", found=str((panel.weeks[-1] + pd.Timedelta(days=6)).date()))] if cut else found
