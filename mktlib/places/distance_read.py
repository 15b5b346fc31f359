"""Offers as numbers: classes of distance, columns of circumstances, who was asked; every problem of the frame at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype
from scipy.special import expit

from mktlib.errors import DataError, Finding
from mktlib.intake import to_pandas
from mktlib.intake.inputs import absent, as_group, not_numbers, numbers, yes_as_one
from mktlib.places.distance_fit import fitted
from mktlib.vocabulary import finding, not_level, progress

FEW, MANY, CLASSES = 8, 12, 4
"""Up to so many values a distance is classes; from more than so many on a number is a line; classes it is cut into."""
RARE, FEWEST_WHO = 20, 10
POSSIBLE = 0.05
"""Offers below which a level of the circumstances joins the others that are rare; the least chance of each class that makes an offer
comparable."""
MOST_COLUMNS = 200
UNITS = {"m": ("m", "metres", "meters"), "km": ("km", "kilometres", "kilometers"), "min": ("min", "mins", "minutes")}


@dataclass(frozen=True, kw_only=True)
class Offers:
    """y (n,) 0 or 1; klass (n,) 0 the nearest; names of classes; rest (n, p): 1, circumstances, kinds; columns: what each of x says;
    who: codes (n,) of persons and of scenarios, where told; people: how many persons; comparable (n,): whether every class occurs in such
    circumstances; kinds: marks (n, k) and names; rings: (class, people)."""

    y: np.ndarray
    klass: np.ndarray
    names: tuple[str, ...]
    rest: np.ndarray
    columns: tuple[str, ...]
    who: tuple[np.ndarray, ...]
    people: int | None
    kinds: tuple[np.ndarray, tuple[str, ...]]
    rings: tuple[tuple[str, float], ...] | None
    context: tuple[str, ...]
    findings: tuple[Finding, ...] = ()

    @cached_property
    def x(self) -> np.ndarray:
        """(n, p + classes - 1): the circumstances, then a mark for each class but the nearest."""
        return np.column_stack([self.rest, np.eye(len(self.names))[self.klass][:, 1:]])

    def at(self, klass: int) -> np.ndarray:
        """The same with every offer in one class."""
        marks = np.zeros((len(self.y), len(self.names) - 1))
        marks[:, klass - 1 : klass] = 1.0 if klass else 0.0
        return np.column_stack([self.rest, marks])

    @cached_property
    def comparable(self) -> np.ndarray:
        """(n,): offers in whose circumstances every class has at least POSSIBLE of a chance to occur (overlap; Crump et al. 2009)."""
        chance = [
            expit(self.rest @ fitted(self.rest, (self.klass == k).astype(float)).beta)
            for k in progress(range(len(self.names)), desc="distance")
        ]
        return np.asarray(np.min(chance, axis=0) >= POSSIBLE)

    def overlap(self) -> list[float]:
        """The share of each class's offers that can be compared with the others."""
        return [float(self.comparable[self.klass == k].mean()) for k in range(len(self.names))]

    def only(self, kept: np.ndarray) -> Offers:
        """Some of the offers."""
        marks, names = self.kinds
        whom = tuple(np.unique(w[kept], return_inverse=True)[1] for w in self.who)
        return replace(self, y=self.y[kept], klass=self.klass[kept], rest=self.rest[kept], who=whom, kinds=(marks[kept], names))


def read_offers(
    offers: Any,
    *,
    distance: str,
    outcome: str,
    order: Sequence[Any] | None,
    cuts: Sequence[float] | None,
    context: tuple[str, ...],
    kind: str | None,
    person: str | Sequence[str] | None,
    scenario: str | Sequence[str] | None,
    radius: Any,
    money: tuple[float | None, float],
    level: float,
    unit: str | None,
) -> Offers:
    """The offers of a frame.

    Raises:
        DataError: every problem at once.
    """
    frame = yes_as_one(to_pandas(offers), [outcome])
    groups = [[g] if isinstance(g, str) else list(g or ()) for g in (person, scenario)]
    about = [c for c in context if c not in (distance, outcome)]
    found = [
        *absent(frame, [distance, outcome, *about, *([kind] if kind else []), *groups[0], *groups[1]]),
        *not_level(level),
        *_money(money),
        *([] if unit in (None, *UNITS) else [finding("E_OPTION", column="unit", found=unit, expected=" / ".join(UNITS))]),
    ]
    if found:
        raise DataError(found)
    found += not_numbers(frame, outcome) + ([] if len(frame) else [finding("E_NO_ROWS")])
    y = numbers(frame, outcome, blank=np.nan).to_numpy(float) if not found else np.zeros(len(frame))
    bad = np.flatnonzero(np.isfinite(y) & (y != 0) & (y != 1))
    found += [finding("E_OPTION", column=outcome, line=int(bad[0]) + 2, found=str(y[bad[0]]), expected="0 / 1")] if len(bad) else []
    klass, names, wrong = _classes(frame[distance], order, cuts, distance)
    found += wrong
    if found:
        raise DataError(found)
    known = np.isfinite(y) & (klass >= 0)
    told = [finding("N_DISTANCE_BLANK", level="warning", found=str(int((~known).sum())))] if not known.all() else []
    frame, y, klass = frame[known], y[known], klass[known]
    klass, names = _seen(klass, names)
    if len(names) < 2 or y.min(initial=1) == y.max(initial=0):
        raise DataError(finding("E_DISTANCE_ONE", column=distance if len(names) < 2 else outcome, found=", ".join(names)))
    rest, columns = _circumstances(frame, [*about, *([kind] if kind else [])])
    who = [_codes(frame, group) for group in groups if group]
    if few := [int(w.max()) + 1 for w in who if w.max() + 1 < FEWEST_WHO]:
        raise DataError(finding("E_FEW_PEOPLE", column="person / scenario", found=str(few[0])))
    kinds = _marks(as_group(frame[kind])) if kind else (np.zeros((len(y), 0)), ())
    people = int(who[0].max()) + 1 if groups[0] else None
    return Offers(
        y=y, klass=klass, names=names, rest=rest, columns=(*columns, *names[1:]), who=tuple(who), people=people, kinds=kinds,
        rings=_rings(radius, distance), context=(*about, *([kind] if kind else [])), findings=tuple(told),
    )  # fmt: skip


def unit_of(distance: str) -> str | None:
    """What a distance in numbers is in, as far as the last word of its column's name says it.

    >>> unit_of("distance_m"), unit_of("Minutes"), unit_of("distance")
    ('m', 'min', None)
    """
    last = str(distance).lower().replace(" ", "_").split("_")[-1]
    return next((unit for unit, words in UNITS.items() if last in words), None)


def _codes(frame: pd.DataFrame, columns: list[str]) -> np.ndarray:
    """(n,): a number for each combination of columns."""
    together = pd.MultiIndex.from_frame(pd.DataFrame({c: as_group(frame[c]) for c in columns}))
    code = np.asarray(pd.factorize(together)[0])
    blank = pd.DataFrame({c: as_group(frame[c]).eq("(missing)") for c in columns}).all(axis=1).to_numpy(bool)
    code = np.where(blank, code.max() + 1 + np.arange(len(code)), code)  # whom nobody named is nobody else
    return np.unique(code, return_inverse=True)[1].ravel()


def _money(money: tuple[Any, Any]) -> list[Finding]:
    found = []
    for name, given, least in (("value", money[0], "value=12.0"), ("cost", money[1], "cost=0.5")):
        fine = given is None or (
            isinstance(given, Real) and not isinstance(given, bool) and np.isfinite(float(given)) and float(given) >= 0
        )
        found += [] if fine else [finding("E_OPTION", column=name, found=given, expected=least)]
    return found


def _classes(values: pd.Series, order: Any, cuts: Any, name: str) -> tuple[np.ndarray, tuple[str, ...], list[Finding]]:
    """(class of each offer, -1 where unknown; names; what is wrong)."""
    if order is not None:
        words = [str(w) for w in order]
        text = as_group(values)
        strange = sorted(set(text) - set(words) - {"(missing)"})
        wrong = [finding("E_OPTION", column=name, found=w, expected=" / ".join(words)) for w in strange[:5]]
        return text.map({w: k for k, w in enumerate(words)}).fillna(-1).to_numpy(int), tuple(words), wrong
    if isinstance(values.dtype, pd.CategoricalDtype) and values.cat.ordered:
        return values.cat.codes.to_numpy(int), tuple(map(str, values.cat.categories)), []
    if not is_numeric_dtype(values) or is_bool_dtype(values):
        return (
            np.zeros(len(values), int),
            (),
            [finding("E_DISTANCE_ORDER", column=name, found=", ".join(sorted(set(as_group(values)))[:6]))],
        )
    far = values.astype(float).to_numpy()
    if (far[np.isfinite(far)] < 0).any():
        return np.zeros(len(values), int), (), [finding("E_NEGATIVE_COUNT", column=name, found=str(far[np.isfinite(far)].min()))]
    return _cut(far, cuts)


def _cut(far: np.ndarray, cuts: Any) -> tuple[np.ndarray, tuple[str, ...], list[Finding]]:
    """Numbers as classes: as they are where they are few, else cut."""
    known = np.isfinite(far)
    single = np.unique(far[known])
    if cuts is None and len(single) <= FEW:
        return np.where(known, np.searchsorted(single, far), -1), tuple(f"{v:g}" for v in single), []
    if cuts is not None and not (isinstance(cuts, list | tuple | np.ndarray) and all(isinstance(c, Real) for c in cuts)):
        return np.zeros(len(far), int), (), [finding("E_OPTION", column="cuts", found=cuts, expected="cuts=[500, 1000, 2000]")]
    ends = np.quantile(far[known], np.linspace(0, 1, CLASSES + 1)[1:-1]) if cuts is None else np.asarray(list(cuts), float)
    ends = np.unique(ends)
    if cuts is not None and (len(ends) != len(list(cuts)) or not np.isfinite(ends).all() or len(ends) == 0):
        return np.zeros(len(far), int), (), [finding("E_OPTION", column="cuts", found=list(cuts), expected="cuts=[500, 1000, 2000]")]
    names = [f"< {ends[0]:g}", *(f"{a:g} – {b:g}" for a, b in pairwise(ends)), f"≥ {ends[-1]:g}"]
    return np.where(known, np.searchsorted(ends, far, side="right"), -1), tuple(names), []


def _seen(klass: np.ndarray, names: tuple[str, ...]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Classes in which something was offered."""
    there = np.unique(klass)
    return np.searchsorted(there, klass), tuple(names[k] for k in there)


def _circumstances(frame: pd.DataFrame, about: list[str]) -> tuple[np.ndarray, list[str]]:
    """(columns about their means, what they say); a number of many values is a line, anything else a mark for each level but the first."""
    columns, names = [np.ones(len(frame))], ["1"]
    for c in about:
        values = frame[c]
        if is_numeric_dtype(values) and not is_bool_dtype(values) and values.nunique() > MANY:
            line = values.astype(float).to_numpy()
            filled = np.where(np.isfinite(line), line, np.nanmean(np.where(np.isfinite(line), line, np.nan)))
            columns.append((filled - filled.mean()) / max(float(filled.std()), 1e-12))
            names.append(c)
            continue
        marks, levels = _marks(as_group(values))
        columns += list(marks[:, 1:].T)
        names += [f"{c}: {level}" for level in levels[1:]]
    if len(columns) > MOST_COLUMNS:
        raise DataError(finding("E_OPTION", column="context", found=str(len(columns)), expected=f"< {MOST_COLUMNS}"))
    return np.column_stack(columns), names


def _marks(text: pd.Series) -> tuple[np.ndarray, tuple[str, ...]]:
    """A mark for each level, the most frequent first; rare ones together."""
    count = text.value_counts()
    common = [str(v) for v in count.index[count >= RARE]]
    rest = ["(other)"] if (count < RARE).any() else []
    names = (*common, *rest) if common else tuple(map(str, count.index[:1]))
    place = {v: k for k, v in enumerate(common)}
    code = text.map(place).fillna(len(common) if rest and common else 0).to_numpy(int)
    return np.eye(len(names))[code], names


def _rings(radius: Any, distance: str) -> tuple[tuple[str, float], ...] | None:
    if radius is None:
        return None
    frame = to_pandas(radius)
    column = distance if distance in frame else "distance"
    wrong = absent(frame, [column, "people"]) or not_numbers(frame, "people")
    if wrong:
        raise DataError(wrong)
    people = numbers(frame, "people")
    return tuple((f"{d:g}" if isinstance(d, Real) else str(d), float(n)) for d, n in zip(frame[column], people, strict=True))
