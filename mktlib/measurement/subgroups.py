"""The lift within segments, whether it differs between them at all, and what choosing the arm by segment could bring.

Most "winning segments" are luck. So: first a test that the lift is the same in all, then ranges that hold together, and a bound: however
the arms were chosen by segment, it would bring no more than this. "No segment differs" is an answer that saves a campaign its targeting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import chi2, chi2_contingency

from mktlib.measurement import sequences
from mktlib.measurement.arms import People
from mktlib.measurement.contrasts import Means, Reading, Told, contrast, means
from mktlib.measurement.trial import Trial
from mktlib.results.evidence import LEANING
from mktlib.results.tests import SEGMENTS, TARGETING
from mktlib.vocabulary import progress

FEWEST = 10
"""People of each arm below which a segment is folded into the others."""
OTHERS = "(others)"
MOST_NAMED = 5


def within(
    read: People, by: Sequence[str], test: Trial, whole: Means, covariate: bool, withheld: bool
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(segments, targeting) of `Comparison`; empty where no segments were asked for."""
    rows, summed = [], []
    for column in progress(by, desc="segments"):
        names, index = folded(read, column)
        told = means(read.sums(index, len(names)), covariate=covariate)
        each = _Segments(column, names, told, len(read.arms), test, float(whole.n.sum()))
        rows += each.rows(withheld)
        summed.append(each.summary(whole, len(by), withheld))
    return pd.DataFrame(rows, columns=list(SEGMENTS)), pd.DataFrame(summed, columns=list(TARGETING))


def folded(read: People, column: str) -> tuple[list[str], np.ndarray]:
    """(names, index (n,)) of the segments; those with fewer than FEWEST people in an arm become one."""
    names, index = read.groups[column]
    n = _sizes(read, index, len(names))
    large = n.min(axis=1) >= FEWEST
    kept = sorted((k for k in np.flatnonzero(large)), key=lambda k: names[k])
    place = np.full(len(names), len(kept))
    place[kept] = np.arange(len(kept))
    rest = n[~large].sum(axis=0)
    shown = [names[k] for k in kept]
    return ([*shown, OTHERS] if rest.sum() > 0 else shown), place[index]


def _sizes(read: People, index: np.ndarray, segments: int) -> np.ndarray:
    """(segments, arms) people."""
    arms = len(read.arms)
    return np.bincount(index * arms + read.arm, weights=read.weight, minlength=segments * arms).reshape(segments, arms)


def unlike(read: People, column: str) -> float:
    """P-value of "segments are as large in every arm": those known before the test are, where chance decided."""
    names, index = folded(read, column)
    n = _sizes(read, index, len(names))
    n = n[n.sum(axis=1) > 0][:, n.sum(axis=0) > 0]
    return float(chi2_contingency(n).pvalue) if min(n.shape) > 1 else 1.0


class _Segments:
    """One column of segments: told has the arms of a segment beside each other."""

    def __init__(self, column: str, names: list[str], told: Means, arms: int, test: Trial, people: float) -> None:
        self.column, self.names, self.told, self.arms, self.test = column, names, told, arms, test
        self.cells = max(len(names) * (arms - 1), 1)
        mine = test.how.planned
        # a segment's planned end is its share of the whole's
        self.how = replace(test.how, planned=None if mine is None else max(mine / max(len(names), 1), 2.0))

    def _each(self, arm: int, control: int, alpha: float) -> Told:
        """The difference of two arms in every segment."""
        first = np.arange(len(self.names)) * self.arms
        return contrast(self.told.of(first + arm), self.told.of(first + control), self.how, alpha)

    def rows(self, withheld: bool) -> list[dict[str, Any]]:
        """One row a segment and arm."""
        out = []
        for arm in range(1, self.arms):
            told = self._each(arm, 0, self.test.alpha / self.cells)
            leaning = self._each(arm, 0, (1 - LEANING) / self.cells)
            decided = (told.low > 0) | (told.high < 0)
            grades, verdicts = self.test.grades(told, leaning, decided, withheld), self.test.verdicts(told, decided, withheld)
            for s, name in enumerate(self.names):
                at = s * self.arms
                ends = {"lift": told.lift[s], "low": told.low[s], "high": told.high[s], "verdict": verdicts[s], "grade": grades[s]}
                row = {"by": self.column, "segment": name, "arm": self.test.read.arms[arm], "n": int(np.rint(self.told.n[at + arm]))}
                out.append(row | {"mean": self.told.value[at + arm], "control": self.told.value[at], **ends})
        return out

    def summary(self, whole: Means, columns: int, withheld: bool) -> dict[str, Any]:
        """Whether the lift differs between segments, and what choosing by segment could bring."""
        chance = [self._alike(arm, whole) for arm in range(1, self.arms)]
        p = min(1.0, min(chance) * len(chance) * columns)
        best = int(np.argmax(self.test.sign * whole.value))
        others = [k for k in range(self.arms) if k != best]
        told = [self._each(k, best, self.test.alpha / self.cells) for k in others]
        low = np.array([np.where(self.test.sign > 0, t.low, -t.high) for t in told])
        high = np.array([np.where(self.test.sign > 0, t.high, -t.low) for t in told])
        switch = np.asarray((low > 0).any(axis=0)) & (not withheld)
        size = self.told.n.reshape(-1, self.arms).sum(axis=1)
        gain = float((size * np.maximum(high.max(axis=0), 0)).sum() / size.sum()) if len(size) and np.isfinite(high).all() else np.nan
        named = ", ".join([n for n, s in zip(self.names, switch, strict=True) if s][:MOST_NAMED])
        row: dict[str, Any] = {"by": self.column, "segments": len(self.names), "p_value": p}
        row |= {"differs": bool(p <= self.test.alpha) and not withheld, "best": self.test.read.arms[best], "switch": int(switch.sum())}
        return row | {"names": named, "gain_high": gain}

    def _alike(self, arm: int, whole: Means) -> float:
        """P-value of "the same lift in all segments" for one arm (Cochran 1954)."""
        told = self._each(arm, 0, self.test.alpha)
        known = np.isfinite(told.lift) & np.isfinite(told.error) & (told.error > 0)
        if known.sum() < 2:
            return 1.0
        lift, weight = told.lift[known], 1 / told.error[known] ** 2
        q = float((weight * (lift - (weight * lift).sum() / weight.sum()) ** 2).sum())
        df = int(known.sum()) - 1
        return self._at_look(q, df, float(whole.n[0] + whole.n[arm]))

    def _at_look(self, q: float, df: int, people: float) -> float:
        how: Reading = self.test.how
        if how.look == "fixed":
            return float(chi2.sf(q, df))
        return float(sequences.several(q, df, sequences.spreads(people, how.planned, how.tuned)))
