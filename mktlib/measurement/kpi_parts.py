"""The groups of a table of figures, and the whole: what lies in each, bundled so that its scatter can be seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mktlib.intake.pairs import BUNDLE
from mktlib.measurement.kpi_ranges import Layout
from mktlib.measurement.kpi_read import OTHERS, SPENT, Read, Wanted
from mktlib.measurement.kpi_rows import Cell, cell

TOTAL, PAID, GROUP = "total", "paid", "group"


@dataclass(frozen=True, kw_only=True)
class Part:
    """One group, or the whole: its frames by kind of bundle."""

    of: str
    name: str
    keys: tuple[str, ...]
    frames: Mapping[str, pd.DataFrame]
    layout: Mapping[str, Layout]

    @staticmethod
    def made(of: str, name: str, keys: tuple[str, ...], frames: Mapping[str, pd.DataFrame], asked: Wanted) -> Part:
        strata = [*asked.by, *(["channel"] if "channel" in asked.hidden else [])]
        return Part(of=of, name=name, keys=keys, frames=frames, layout={k: _layout(f, strata, timed=k == "day") for k, f in frames.items()})

    @property
    def key(self) -> tuple[str, ...]:
        """Which part it is; a group may bear any name, that of the whole too."""
        return self.of, *self.keys

    def cell(self, pair: str) -> Cell:
        return cell(self.frames, pair, self.layout)


def _layout(frame: pd.DataFrame, strata: Sequence[str], *, timed: bool) -> Layout:
    """The bundle and the stratum of each row; timed: bundles in the order of time."""
    bundle = pd.factorize(frame[BUNDLE], use_na_sentinel=False, sort=timed)[0]
    stratum = frame.groupby([*strata], sort=False, dropna=False).ngroup().to_numpy() if strata else np.zeros(len(frame), np.intp)
    return Layout(bundle=bundle, stratum=stratum)


def parts_of(read: Read, asked: Wanted) -> list[Part]:
    """Every group, those that were paid for together (where some cost nothing), and the whole."""
    by, groups = [*asked.by], []
    if by:
        split = {kind: {_key(k): f for k, f in frame.groupby(by)} for kind, frame in read.bundles.items()}
        for key in sorted({k for frames in split.values() for k in frames}, key=lambda k: (OTHERS in k, k)):
            mine = {kind: frames[key] for kind, frames in split.items() if key in frames}
            groups.append(Part.made(GROUP, " · ".join(key), key, mine, asked))
    paid = _paid(read, asked)
    whole = [Part.made(PAID, PAID, ("",) * len(by), paid, asked)] if paid else []
    return [*groups, *whole, Part.made(TOTAL, TOTAL, ("",) * len(by), read.bundles, asked)]


def _key(key: Any) -> tuple[str, ...]:
    return tuple(map(str, key)) if isinstance(key, tuple) else (str(key),)


def _paid(read: Read, asked: Wanted) -> dict[str, pd.DataFrame]:
    """The frames without what cost nothing; empty where everything cost, or nothing did."""
    keys = ["channel"] if "channel" in asked.names else [*asked.by]
    some = next(iter(read.bundles.values()))
    if not keys or f"{SPENT} n" not in some:
        return {}
    spent = some.groupby(keys)[f"{SPENT} n"].sum()
    free = {_key(k) for k in spent[spent == 0].index}
    if not free or len(free) == len(spent):
        return {}
    return {
        kind: frame[np.array([_key(k) not in free for k in zip(*(frame[c] for c in keys), strict=True)], bool)]
        for kind, frame in read.bundles.items()
    }
