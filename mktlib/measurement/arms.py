"""The rows of a test, read: who was in which arm, what each person did, and every row that cannot count, named.

One row is one person, or the rows of one person are added up (`unit`). A person seen in two arms belongs to neither; a blank outcome is no
zero; an arm that lost more outcomes than another is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import chi2_contingency

from mktlib.errors import DataError, Finding
from mktlib.intake.inputs import absent, as_group, identities, not_numbers, numbers, twice, yes_as_one
from mktlib.measurement.contrasts import Sums, added
from mktlib.measurement.ratios import is_number, wrong_currency
from mktlib.vocabulary import Tables, finding, nearest

Array = np.ndarray[Any, Any]
LOST = 1e-3
"""P-value below which arms are said to have lost outcomes unevenly."""
MISSING = "(missing)"
MOST_ARMS = 50


@dataclass(frozen=True, kw_only=True)
class People:
    """One entry a person (n,). arms: their names, the control first; arm: index into them; columns (n, 3): numerator, denominator (1
    where there is none), covariate (0 where there is none); groups: {column: (names, index)}; drawn: people of each arm that were drawn,
    those without an outcome too. weight: people that a row stands for, where rows are counts already."""

    arms: tuple[str, ...]
    arm: Array
    columns: Array
    kind: str
    groups: Mapping[str, tuple[list[str], Array]]
    drawn: Array
    findings: tuple[Finding, ...]
    weight: Array | None = None

    def sums(self, group: Array | None = None, groups: int = 1) -> Sums:
        """Sums by (group, arm), the arms of a group beside each other."""
        a = len(self.arms)
        index = self.arm if group is None else group * a + self.arm
        if self.weight is not None:
            return _of_counts(index, groups * a, self.columns[:, 0], self.weight)
        return added(index, groups * a, self.columns, self.kind == "proportion")


def _of_counts(index: Array, size: int, events: Array, people: Array) -> Sums:
    """Sums of rows that are counts of people and of those who did it."""
    n, k = (np.bincount(index, weights=w, minlength=size) for w in (people, events))
    share = k / np.maximum(n, 1)
    mean, cov = np.zeros((size, 3)), np.zeros((size, 3, 3))
    mean[:, 0], mean[:, 1] = share, 1.0
    cov[:, 0, 0] = share * (1 - share) * n / np.maximum(n - 1, 1)
    return Sums(n=n, mean=mean, cov=cov, share=True)


def measured(metric: Any, names: Sequence[str], tables: Tables) -> tuple[list[str], dict[str, Any]]:
    """The columns that a metric needs and its row in the tables: a column, a pair, or the name of a metric whose columns are there."""
    if isinstance(metric, tuple | list):
        return [str(m) for m in metric], {}
    if str(metric) not in names and str(metric) in tables.metrics:
        row = tables.metrics[str(metric)]
        channels = [e for e in row.get("exposure_by_channel", {}).values() if e in names]
        exposure = str(row["exposure"]) if row["exposure"] in names or not channels else channels[0]
        return [str(row["count"]), exposure], dict(row)
    return [str(metric)], dict(tables.metrics.get(str(metric), {}))


def read_people(
    frame: pd.DataFrame, *, columns: Sequence[str], arm: str, control: Any, covariate: str | None, unit: str | None, people: str | None,
    by: Sequence[str], money: bool, found: Sequence[Finding],
) -> People:  # fmt: skip
    """The people of a test; every problem of the data and of the options (`found`) at once."""
    wanted = [*columns, arm, *(c for c in (covariate, unit, people) if c), *by]
    wrong = [*found, *absent(frame, list(dict.fromkeys(wanted)))]
    if len(columns) not in (1, 2) or (people and len(columns) == 2):
        wrong.append(finding("E_OPTION", column="metric", found=", ".join(columns), expected='metric=("revenue", "visits")'))
    if wrong:
        raise DataError(wrong)
    if frame.empty:
        raise DataError(finding("E_NO_PEOPLE", column=arm))
    frame = yes_as_one(frame, columns)
    wrong = [f for c in dict.fromkeys([*columns, *([covariate] if covariate else [])]) for f in not_numbers(frame, c, signed=True)]
    wrong += not_numbers(frame, people) if people else []
    name, names = _named(frame[arm])
    order = _ordered(names, control, frame[arm])
    wrong += _not_arms(arm, order, control, names)
    if wrong:
        raise DataError(wrong)
    frame = frame.reset_index(drop=True)
    place = {n: k for k, n in enumerate(order)}
    code = np.array([place.get(n, -1) for n in names])[name]
    said = [finding("N_NO_ARM", level="warning", column=arm, found=str(int((code < 0).sum())))] if (code < 0).any() else []
    table = pd.DataFrame({f"y{i}": numbers(frame, c, blank=np.nan) for i, c in enumerate(columns)})
    table["x"] = numbers(frame, covariate, blank=np.nan) if covariate else 0.0
    table["arm"], table["w"] = code, numbers(frame, people, blank=np.nan) if people else 1.0
    groups = {c: _named(frame[c]) for c in by}
    for k, (codes, _) in enumerate(groups.values()):
        table[f"g{k}"] = codes
    table = table[table["arm"] >= 0]
    if unit:
        table, more = _one_row_each(table, frame.loc[table.index, unit], len(columns), covariate, by, order)
        said += more
    elif not people:
        said += twice(frame)
    return _kept(table, order, columns, covariate, people, {c: levels for c, (_, levels) in groups.items()}, money, said)


def _named(values: pd.Series) -> tuple[Array, list[str]]:
    """(index (n,), names): each different value is read once; 1.0 is 1, since one blank makes all numbers of a column broken ones."""
    code, different = pd.factorize(values, use_na_sentinel=False)
    texts = as_group(pd.Series([_plain(d) for d in different], dtype=object)).tolist()
    names = list(dict.fromkeys(texts))
    place = {n: k for k, n in enumerate(names)}
    return np.array([place[t] for t in texts], int)[code] if texts else np.zeros(0, int), names


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _ordered(names: Sequence[str], control: Any, values: pd.Series) -> list[str]:
    """The arms, the control first: the named one, else the first category, else the first by name."""
    kept = [n for n in names if n != MISSING]
    levels = [str(_plain(c)).strip() for c in values.cat.categories] if isinstance(values.dtype, pd.CategoricalDtype) else []
    kept = [c for c in levels if c in kept] + sorted(n for n in kept if n not in levels)
    first = str(_plain(control)).strip() if control is not None else (kept[0] if kept else "")
    return [n for n in kept if n == first] + [n for n in kept if n != first]


def _not_arms(arm: str, order: Sequence[str], control: Any, names: Sequence[str]) -> list[Finding]:
    """What is wrong with the arms as such."""
    if control is not None and str(_plain(control)).strip() not in order:
        known = ", ".join(order[:10])
        return [finding("E_OPTION", column="control", found=control, expected=known, hint=nearest(control, order))]
    if len(order) < 2:
        return [finding("E_ONE_ARM", column=arm, found=", ".join(order) or MISSING)]
    if len(order) > MOST_ARMS:
        return [finding("E_MANY_ARMS", column=arm, found=str(len(order)), expected=str(MOST_ARMS))]
    return []


def _one_row_each(
    table: pd.DataFrame, unit: pd.Series, outcomes: int, covariate: str | None, by: Sequence[str], order: Sequence[str]
) -> tuple[pd.DataFrame, list[Finding]]:
    """Rows of one person added up; those of people in two arms, and of nobody, left out and counted."""
    who, different = pd.factorize(identities(unit))
    nobody = np.array([d == "" for d in different], bool)[who] if len(different) else np.zeros(0, bool)
    said = [finding("N_NOBODY", level="warning", column=str(unit.name), found=str(int(nobody.sum())))] if nobody.any() else []
    table, who = table[~nobody].assign(who=who[~nobody]), who[~nobody]
    spread = table.groupby("who")["arm"].agg(["min", "max"])
    both = spread.index[spread["min"] != spread["max"]]
    if len(both):
        said.append(finding("E_TWO_ARMS", level="warning", column=str(unit.name), found=str(len(both)), people=str(len(spread))))
        table = table[~table["who"].isin(both)]
    groups = table.groupby("who", sort=True)
    if covariate and len(table) and (groups["x"].max() - groups["x"].min()).max() > 0:
        said.append(finding("N_COVARIATE_MOVES", level="warning", column=covariate))
    sums = groups[[f"y{i}" for i in range(outcomes)]].sum(min_count=1)
    rest = groups[["arm", "x", "w", *[f"g{k}" for k in range(len(by))]]].first()
    return sums.join(rest).reset_index(drop=True), said


def _kept(
    table: pd.DataFrame, order: Sequence[str], columns: Sequence[str], covariate: str | None, people: str | None,
    groups: Mapping[str, list[str]], money: bool, said: list[Finding],
) -> People:  # fmt: skip
    """People with an outcome; those without one are counted by arm."""
    drawn = np.bincount(table["arm"], weights=np.nan_to_num(table["w"]), minlength=len(order))
    outcomes = [f"y{i}" for i in range(len(columns))]
    blank = table[[*outcomes, "w"]].isna().any(axis=1).to_numpy()
    if blank.any():
        said.append(finding("N_NO_OUTCOME", level="warning", column=columns[0], found=str(int(blank.sum()))))
        said += _unevenly(table["arm"].to_numpy(), blank, len(order), columns[0])
    table = table[~blank]
    if covariate and (lacking := int(table["x"].isna().sum())):
        said.append(finding("N_COVARIATE_BLANK", level="note", column=covariate, found=str(lacking)))
        table = table.assign(x=table["x"].fillna(table["x"].mean() if lacking < len(table) else 0.0))
    if table.empty:
        raise DataError([finding("E_NO_PEOPLE", column=columns[0]), *said])
    y, weight = table["y0"].to_numpy(float), table["w"].to_numpy(float) if people else None
    base = table["y1"].to_numpy(float) if len(columns) == 2 else np.ones(len(table))
    _refuse(columns, y, base, weight, table["arm"].to_numpy(), order)
    return People(
        arms=tuple(order),
        arm=table["arm"].to_numpy(),
        columns=np.column_stack([y, base, table["x"].to_numpy(float)]),
        kind=_kind(columns, people, y, money),
        groups={c: (names, table[f"g{k}"].to_numpy()) for k, (c, names) in enumerate(groups.items())},
        drawn=drawn,
        findings=tuple(said),
        weight=weight,
    )


def _refuse(columns: Sequence[str], y: Array, base: Array, weight: Array | None, arm: Array, order: Sequence[str]) -> None:
    """Counts above their people or broken, denominators below 0 or all 0."""
    wrong = []
    if weight is not None and ((y > weight) | (y < 0)).any():
        at = int(((y > weight) | (y < 0)).argmax())
        wrong.append(finding("E_EVENTS_GT_PEOPLE", column=columns[0], found=f"{y[at]:g} > {weight[at]:g}"))
    if weight is not None and (y != np.floor(y)).any():  # a rate where a count should be
        wrong.append(finding("E_NOT_INTEGER", column=columns[0], found=f"{y[(y != np.floor(y)).argmax()]:g}"))
    if len(columns) == 2 and (base < 0).any():
        wrong.append(finding("E_NEGATIVE_COUNT", column=columns[1], found=f"{base.min():g}"))
    if len(columns) == 2:
        totals = np.bincount(arm, weights=base, minlength=len(order))
        wrong += [finding("E_NO_DENOMINATOR", column=columns[1], found=order[int(k)]) for k in np.flatnonzero(totals == 0)]
    if wrong:
        raise DataError(wrong)


def _kind(columns: Sequence[str], people: str | None, y: Array, money: bool) -> str:
    """proportion (0 or 1 a person), ratio (of two columns), count (whole numbers of 0 or more), mean."""
    if people or (len(columns) == 1 and not money and bool(np.isin(y, (0.0, 1.0)).all())):
        return "proportion"
    if len(columns) == 2:
        return "ratio"
    return "count" if not money and bool((y >= 0).all() and (y == np.floor(y)).all()) else "mean"


def _unevenly(arm: Array, blank: Array, arms: int, column: str) -> list[Finding]:
    """Whether one arm lost more outcomes than another, by more than luck: what is left is then no lot."""
    seen = np.array([np.bincount(arm[mine], minlength=arms) for mine in (blank, ~blank)])
    seen = seen[:, seen.sum(axis=0) > 0]
    if seen.shape[1] < 2 or (seen.sum(axis=1) == 0).any():
        return []
    p = float(chi2_contingency(seen).pvalue)
    return [finding("E_LOST_UNEVENLY", level="warning", column=column, found=f"{p:.1g}")] if p < LOST else []


def segment_columns(by: Any, arm: Any, metric: Any) -> tuple[list[str], list[Finding]]:
    """The columns of segments, each once, and what is wrong with them: an arm or an outcome is no segment from before the test."""
    if not isinstance(by, str | Sequence | None):
        return [], [finding("E_OPTION", column="by", found=by, expected='by="country"')]
    lists = list(dict.fromkeys([by] if isinstance(by, str) else map(str, by or [])))
    own = {str(arm), *(map(str, metric) if isinstance(metric, tuple | list) else [str(metric)])}
    return lists, [finding("E_OPTION", column="by", found=b, expected='by="country"') for b in lists if b in own]


def not_options(**given: Any) -> list[Finding]:
    """What is wrong with the options of a comparison."""
    choices = {"look": ("any", "fixed"), "correction": ("fwer", "fdr", "none"), "assigned": ("lot", "chosen"), "better": ("high", "low")}
    wrong = []
    for name, known in choices.items():
        value = given.get(name, known[0])
        if value not in known and not (name == "better" and value is None):
            expected = " | ".join(f'{name}="{k}"' for k in known)
            wrong.append(finding("E_OPTION", column=name, found=value, expected=expected, hint=nearest(value, known)))
    rules = (
        ("least", lambda v: v > 0, "least=0.005"),
        ("planned", lambda v: v >= 2, "planned=20_000"),
        ("unmeasured", lambda v: 0 <= v <= 1, "unmeasured=0.3"),
    )
    wrong += wrong_currency(given.get("currency"))
    for name, fine, expected in rules:
        value = given.get(name)
        if value is not None and not (is_number(value) and fine(float(value))):
            wrong.append(finding("E_OPTION", column=name, found=value, expected=expected))
    return wrong
