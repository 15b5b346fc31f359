"""People who were treated or not, as arrays: two arms, an outcome, the chance of each, and the segments that are asked for.

Everything that would make a number wrong in silence is said first, all at once. A segment of too few people, or one that an arm is missing
in, is told with others; numbers of many values are cut into fifths.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.intake import frame_of
from mktlib.intake.inputs import YES_NO, absent, as_group, not_numbers, numbers, twice, yes_as_one
from mktlib.intake.privacy import joined
from mktlib.vocabulary import finding, nearest

OTHERS, MISSING = "others", "(missing)"
FEWEST, EACH_ARM = 10, 2
"""People of a segment, and of either arm in it, below which it is told with others."""
MOST_VALUES, PARTS, MOST_SEGMENTS = 8, 5, 60


@dataclass(frozen=True, kw_only=True)
class Column:
    """code (n,): which of `names` each person is in."""

    name: str
    names: tuple[str, ...]
    code: np.ndarray


@dataclass(frozen=True, kw_only=True)
class People:
    """t (n,) whether treated; y (n,) outcome; chance (n,) of treatment, NaN where it was not told; left_out: rows of neither."""

    t: np.ndarray
    y: np.ndarray
    chance: np.ndarray
    columns: tuple[Column, ...]
    treated: str
    control: str
    left_out: int = 0
    findings: tuple[Finding, ...] = ()

    def only(self, kept: np.ndarray) -> People:
        """Some of them."""
        cut = tuple(Column(name=c.name, names=c.names, code=c.code[kept]) for c in self.columns)
        return replace(self, t=self.t[kept], y=self.y[kept], chance=self.chance[kept], columns=cut)


By = Iterable[str | tuple[str, ...]] | str | None


def read_people(
    data: Any, *, treatment: str, outcome: str, by: By, treated: Any, control: Any, propensity: Any, found: list[Finding]
) -> People:
    """The arrays of a frame with one row a person.

    Raises:
        DataError: every problem of the frame, after those already `found`.
    """
    given = frame_of(data)
    frame = given.set_axis(given.columns.map(str), axis=1)
    asked, untold = crossings(by)
    wanted = [treatment, outcome, *(c for part in asked for c in part), *([propensity] if isinstance(propensity, str) else [])]
    problems = [*found, *untold, *absent(frame, dict.fromkeys(wanted)), *_wrong_propensity(propensity)]
    own = [c for part in asked for c in part if c in (treatment, outcome)]
    if treatment == outcome:
        problems.append(_option("outcome", outcome, " / ".join(f'outcome="{c}"' for c in frame.columns if c != treatment)[:90]))
    free = [str(c) for c in frame.columns if c not in (treatment, outcome)][:6]
    problems += [_option("by", c, f"by={free}") for c in dict.fromkeys(own)]
    problems += [] if len(frame) else [finding("E_NO_ROWS")]
    if problems:
        raise DataError(problems)
    frame = yes_as_one(frame, [outcome])
    arm = coded(frame[treatment], treatment)
    names, wrong = arms_of(arm, treatment, treated, control)
    problems = [*wrong, *not_numbers(frame, outcome, signed=True)]
    chance, bad = _chance(frame, propensity)
    if problems + bad:
        raise DataError(problems + bad)
    y = numbers(frame, outcome, blank=np.nan).to_numpy(float)
    t = np.select([arm.code == arm.names.index(names[0]), arm.code == arm.names.index(names[1])], [1.0, 0.0], np.nan)
    blank = np.isnan(y) | (np.isnan(chance) if propensity is not None else np.zeros(len(y), bool))
    known = ~np.isnan(t) & ~blank
    told = [*twice(frame), *_lost(t, blank, outcome)]
    columns = [_column(frame[list(part)][known], part) for part in asked]
    people = People(
        t=t[known], y=y[known], chance=chance[known], columns=tuple(_large(c) for c in columns), treated=names[0],
        control=names[1], left_out=int((~known).sum()), findings=tuple(told),
    )  # fmt: skip
    _enough(people, treatment)
    return people


def crossings(by: By) -> tuple[list[tuple[str, ...]], list[Finding]]:
    """(what is asked for, each a tuple of columns that are crossed; what is no name of a column).

    >>> crossings("zip")[0], crossings(["zip", ("mens", "womens"), "zip"])[0], crossings(None)[0], len(crossings(5)[1])
    ([('zip',)], [('zip',), ('mens', 'womens')], [], 1)
    """
    parts = [] if by is None else list(by) if isinstance(by, list | tuple | set | dict) else [by]
    fine = [(p,) if isinstance(p, str) else tuple(dict.fromkeys(p)) if isinstance(p, list | tuple) else (p,) for p in parts]
    wrong = [p for p in fine if not p or not all(isinstance(c, str) for c in p)]
    told = [_option("by", p, 'by=["region", ("new", "channel")]') for p in wrong[:1]]
    return list(dict.fromkeys(p for p in fine if p not in wrong)), told


def coded(values: pd.Series, name: str) -> Column:
    """A column as codes: words are read once each, not once a row; 1, 1.0 and "1 " are one.

    >>> coded(pd.Series([1.0, 0.0, None, 1.0]), "t").names
    ('0', '1', '(missing)')
    """
    if values.dtype == object:
        values = values.map(lambda v: v if isinstance(v, Hashable) else str(v))
    code, unique = pd.factorize(values, use_na_sentinel=False)
    words = as_group(pd.Series(unique).astype(object)).str.replace(r"^(-?\d+)\.0$", r"\1", regex=True)
    names = sorted(set(words), key=_natural)
    place = pd.Index(names).get_indexer(pd.Index(words))
    return Column(name=name, names=tuple(names), code=place[code].astype(np.int64))


def _natural(word: str) -> list[tuple[int, float, str]]:
    """2 before 10, numbers before words."""
    return [(0, float(p), "") if p.isdecimal() else (1, 0.0, p) for p in re.split(r"(\d+)", word) if p]


def arms_of(arm: Column, treatment: str, treated: Any, control: Any) -> tuple[tuple[str, str], list[Finding]]:
    """(treated, control) by name, and what must still be said.

    >>> arms_of(Column(name="t", names=("False", "True"), code=np.array([0, 1])), "t", None, None)
    (('True', 'False'), [])
    """
    names = [n for n in arm.names if n != MISSING and (arm.code == arm.names.index(n)).any()]
    wanted = {k: None if v is None else _word(v) for k, v in (("treated", treated), ("control", control))}
    wrong = [_option(k, v, _typed(k, names), nearest(v, names)) for k, v in wanted.items() if v is not None and v not in names]
    if not wrong and len(names) < 2:
        wrong = [finding("E_ONE_LEVEL", column=treatment, found=names[0] if names else "")]
    if wrong:
        return ("", ""), wrong
    no = [n for n in names if YES_NO.get(n.lower(), n) in (0, "0")]
    one, other = wanted["treated"], wanted["control"]
    if other is None and len(names) == 2:
        other = next((n for n in names if n != one), None) if one is not None else no[0] if len(no) == 1 else None
    if one is None and other is not None and len(names) == 2:
        one = next(n for n in names if n != other)
    lacking = [k for k, v in (("treated", one), ("control", other)) if v is None]
    wrong = [_option(k, ", ".join(names[:6]), _typed(k, names)) for k in lacking]
    wrong += [_option("control", other, _typed("control", [n for n in names if n != one]))] if one is not None and one == other else []
    return (one or "", other or ""), wrong


def _word(value: Any) -> str:
    return str(as_group(pd.Series([value], dtype=object)).str.replace(r"^(-?\d+)\.0$", r"\1", regex=True).iloc[0])


def _typed(option: str, names: list[str]) -> str:
    return " / ".join(f'{option}="{n}"' for n in names[:6])


def _option(column: str, found: Any, expected: str, hint: str | None = None) -> Finding:
    return finding("E_OPTION", column=column, found=found, expected=expected, hint=hint)


def _wrong_propensity(given: Any) -> list[Finding]:
    fine = given is None or isinstance(given, str) or (isinstance(given, int | float) and 0 < given < 1)
    return [] if fine else [_option("propensity", given, 'propensity=0.5 / propensity="chance"')]


def _chance(frame: pd.DataFrame, propensity: Any) -> tuple[np.ndarray, list[Finding]]:
    """The chance of treatment (n,), NaN where it is not told."""
    if propensity is None or isinstance(propensity, int | float):
        return np.full(len(frame), np.nan if propensity is None else float(propensity)), []
    if bad := not_numbers(frame, propensity):
        return np.full(len(frame), np.nan), bad
    chance = numbers(frame, propensity, blank=np.nan).to_numpy(float)
    off = (chance <= 0) | (chance >= 1)
    at = int(off.argmax())
    return chance, [finding("E_OPTION", column=propensity, line=at + 2, found=chance[at], expected="0 < p < 1")] if off.any() else []


def _lost(t: np.ndarray, blank: np.ndarray, outcome: str) -> list[Finding]:
    """Rows without an outcome or a chance; a warning where one arm lacks more of them than luck would make."""
    arm = ~np.isnan(t)
    many = int((blank & arm).sum())
    told = [finding("N_UPLIFT_OTHER_ARMS", level="note", found=str(int((~arm).sum())))] if (~arm).any() else []
    if not many:
        return told
    n = np.array([(arm & (t == k)).sum() for k in (0, 1)], float)
    p = np.array([(blank & (t == k)).sum() for k in (0, 1)]) / np.maximum(n, 1)
    both = many / max(n.sum(), 1)
    z = abs(p[1] - p[0]) / max(float(np.sqrt(both * (1 - both) * (1 / max(n[0], 1) + 1 / max(n[1], 1)))), 1e-12)
    level, code = ("warning", "N_UPLIFT_LOST_UNALIKE") if z > 3.29 else ("note", "N_UPLIFT_BLANK")
    return [*told, finding(code, level=level, column=outcome, found=str(many))]  # type: ignore[arg-type]


def _column(frame: pd.DataFrame, part: tuple[str, ...]) -> Column:
    """One column, or several crossed; numbers of many values in fifths."""
    cut = [coded(_fifths(frame[c]), c) for c in part]
    if len(cut) == 1:
        return cut[0]
    both = np.ravel_multi_index([c.code for c in cut], [max(len(c.names), 1) for c in cut])
    seen, code = np.unique(both, return_inverse=True)
    places = np.unravel_index(seen, [max(len(c.names), 1) for c in cut])
    names = [" / ".join(f"{c.name} {c.names[p[k]]}" for c, p in zip(cut, places, strict=True)) for k in range(len(seen))]
    return Column(name=" / ".join(part), names=tuple(names), code=code)


def _fifths(values: pd.Series) -> pd.Series:
    """Numbers of many values as parts of about a fifth, named by their ends.

    >>> _fifths(pd.Series(np.arange(100.0))).unique().tolist()
    ['0 – 18', '19 – 38', '39 – 58', '59 – 78', '79 – 99']
    """
    if not pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_bool_dtype(values.dtype):
        return values
    x = values.to_numpy(float, na_value=np.nan)
    x = np.where(np.isfinite(x), x, np.nan)
    if len(np.unique(x[~np.isnan(x)])) <= MOST_VALUES:
        return values
    edges = np.unique(np.nanquantile(x, np.arange(1, PARTS) / PARTS, method="lower"))
    part = np.where(np.isnan(x), -1, np.searchsorted(edges, x, side="right"))
    out = np.full(len(x), None, dtype=object)
    for k in np.unique(part[part >= 0]):
        inside = x[part == k]
        ends = [_rough(inside.min()), _rough(inside.max())]
        out[part == k] = " – ".join(dict.fromkeys(ends))
    return pd.Series(out, index=values.index)


def _rough(value: float) -> str:
    """An end of a part; not to the cent, for it is one person's own number."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _folded(column: Column, small: np.ndarray) -> Column:
    """Some segments told together, as "others"."""
    many = np.bincount(column.code, minlength=len(column.names))
    rest = column.names.index(OTHERS) if OTHERS in column.names else -1
    kept = [k for k in range(len(many)) if many[k] and not small[k] and k != rest]
    place = np.full(len(many), len(kept))
    place[kept] = np.arange(len(kept))
    code = place[column.code]
    names = tuple(column.names[k] for k in kept)
    return Column(name=column.name, names=(*names, OTHERS) if (code == len(kept)).any() else names, code=code)


def _large(column: Column) -> Column:
    """Segments of too few people told together, as are those beyond the most that are told."""
    many = np.bincount(column.code, minlength=len(column.names))
    small = joined(many, FEWEST) | (np.argsort(np.argsort(-many, kind="stable"), kind="stable") >= MOST_SEGMENTS)
    return _folded(column, np.asarray(small))


def in_both_arms(people: People) -> People:
    """The same people; segments that (nearly) lack an arm are told with others, for nothing can be compared in them."""

    def told(column: Column) -> Column:
        many = len(column.names)
        arm = np.minimum(np.bincount(column.code, people.t, many), np.bincount(column.code, 1 - people.t, many))
        size = np.bincount(column.code, minlength=many)
        return _folded(column, joined(np.where(arm < EACH_ARM, np.minimum(size, FEWEST - 1), size), FEWEST))

    return replace(people, columns=tuple(told(c) for c in people.columns))


def _enough(people: People, treatment: str) -> None:
    few = [n for n, k in ((people.treated, 1), (people.control, 0)) if (people.t == k).sum() < FEWEST]
    if few:
        raise DataError([finding("E_UPLIFT_FEW", column=treatment, found=name, least=str(FEWEST)) for name in few])
