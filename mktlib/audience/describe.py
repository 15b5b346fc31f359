"""Who listens: the first question, answered from people and posts, with ranges that small groups deserve.

Groups below k people are folded into one row (see `groups`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from mktlib.audience.groups import FEWEST, OTHERS, folded, shrunk_rates
from mktlib.errors import DataError, Finding
from mktlib.intake import to_pandas
from mktlib.results import Audience
from mktlib.vocabulary import finding, nearest

ANSWERS = {"preferred_format": "preferred_format", "preferred_length": "preferred_length", "top_question": "question_asked"}
RATES = {"follow_rate": "follows", "engage_rate": "engaged", "buy_rate": "orders"}


def describe_audience(followers: Any, posts: Any = None, *, by: str = "segment", level: float = 0.9) -> Audience:
    """Who follows, engages and buys, group by group.

    Args:
        followers: one row a person (a frame of any engine), with `by` and any of follows, engaged (0/1), orders, revenue,
            preferred_format, preferred_length, question_asked. A column of blanks is taken as absent.
        posts: one row a post, with content_type, impressions, engagements: what formats earn (facts["formats"]).
        level: of the ranges, between 0 and 1.

    Returns:
        `Audience`; its rates are posterior means with low and high (fractions of the group's people). Groups of fewer than FEWEST
        people are the last row, "others", joined by the next smallest until they are enough; no person is lost.

    Raises:
        DataError: every problem at once: `by` is no column, no rate can be formed, a cell is no number, there are no people.

    >>> people = pd.DataFrame({"segment": ["a"] * 40 + ["b"] * 40, "follows": [1] * 30 + [0] * 50})
    >>> describe_audience(people).table["group"].tolist()
    ['a', 'b']
    """
    followers, posts = to_pandas(followers), None if posts is None else to_pandas(posts)
    known = _usable(followers, posts, by, level)
    people = followers.assign(group=followers[by].astype(object).where(followers[by].notna(), "").astype(str).replace("", "(missing)"))
    people["group"], few = folded(people["group"])
    found: list[Finding] = [finding("E_FOLDED", level="note", found=str(few), most=FEWEST)] if few else []
    groups = people.groupby("group", sort=True)
    n = groups.size().to_numpy()
    table = pd.DataFrame({"group": list(groups.groups), "people": n, "share": n / n.sum()})
    for rate, column in known.items():
        hits = _numbers(people, column).gt(0).groupby(people["group"], sort=True).sum().to_numpy()
        table[[rate, f"{rate}_low", f"{rate}_high"]] = shrunk_rates(hits, n, level)
    if "revenue" in people:
        table["revenue_per_person"] = _numbers(people, "revenue").groupby(people["group"], sort=True).mean().to_numpy()
    for name, column in ANSWERS.items():
        if column in people:
            table[name] = groups[column].agg(_commonest).to_numpy()
    if few:  # last, whatever its name sorts to
        table = table.sort_values("group", key=lambda g: g.eq(OTHERS), kind="stable", ignore_index=True)
    facts: dict[str, Any] = {"by": by, "people": len(people), "level": level, "engagement_denominator": "people"}
    facts |= {"method": "beta_binomial", "folded": few, "fewest": FEWEST}
    if "orders" in people:
        facts["buyers"] = int(_numbers(people, "orders").gt(0).sum())
    if posts is not None:
        facts["formats"] = _formats(posts, level)
    return Audience(table=table, facts=facts, findings=tuple(found))


def _usable(followers: pd.DataFrame, posts: pd.DataFrame | None, by: str, level: float) -> dict[str, str]:
    """The rates that can be formed; every problem of the input at once."""
    known = {rate: column for rate, column in RATES.items() if column in followers and (followers.empty or followers[column].notna().any())}
    names = [str(c) for c in followers.columns]
    found = []
    if by not in names:
        found.append(finding("E_MISSING_COLUMN", column=by, expected=by, found=", ".join(names), hint=nearest(by, names)))
    if not known:
        found.append(finding("E_MISSING_COLUMN", column="follows", expected=", ".join(RATES.values()), found=", ".join(names)))
    for column in (*known.values(), "revenue"):
        if column in names:
            found += _not_numbers(followers, column)
    for column in ("content_type", "impressions", "engagements"):
        if posts is not None and column not in posts:
            found.append(finding("E_MISSING_COLUMN", column=column, expected=column, found=", ".join(map(str, posts.columns))))
    if not 0 < level < 1:
        found.append(finding("E_OPTION", column="level", found=level, expected="0 < level < 1"))
    if followers.empty:
        found.append(finding("E_NO_ROWS", found="0"))
    elif len(followers) < FEWEST:
        found.append(finding("E_FEW_PEOPLE", found=str(len(followers)), expected=f">= {FEWEST}"))
    if found:
        raise DataError(found)
    return known


def _not_numbers(followers: pd.DataFrame, column: str) -> list[Finding]:
    """The first cell of a column that is neither a number, nor true or false, nor blank (lines count the header, as in a file)."""
    wrong = followers[column].notna() & _numbers(followers, column, blank=np.nan).isna() & followers[column].astype(str).ne("")
    numbers = _numbers(followers, column)
    for code, bad in (("E_NOT_FINITE", np.isinf(numbers)), ("E_NEGATIVE_COUNT", (numbers < 0) & (column != "revenue"))):
        if bad.any() and not wrong.any():
            at = int(bad.to_numpy().argmax())
            return [finding(code, column=column, line=at + 2, found=followers[column].iloc[at])]
    if not wrong.any():
        return []
    at = int(wrong.to_numpy().argmax())
    return [finding("E_NOT_A_NUMBER", column=column, line=at + 2, found=followers[column].iloc[at])]


def _numbers(frame: pd.DataFrame, column: str, *, blank: float = 0.0) -> pd.Series:
    """A column as floats; a blank cell of a count means none."""
    return pd.to_numeric(frame[column], errors="coerce").astype("Float64").astype(float).fillna(blank)


def _commonest(values: pd.Series) -> str:
    """The most frequent answer; ties are broken by name, blanks do not count."""
    counts = values[values.notna() & (values.astype(str) != "")].astype(str).value_counts()
    return "" if counts.empty else min(counts.index, key=lambda x: (-counts[x], x))


def _formats(posts: pd.DataFrame, level: float) -> list[dict[str, Any]]:
    """Engagements per impression of each format; the post, not the impression, is what varies (variance between posts)."""
    out, z = [], float(norm.ppf(0.5 + level / 2))
    counted = posts.assign(y=_numbers(posts, "engagements", blank=np.nan), n=_numbers(posts, "impressions", blank=np.nan))
    for kind, part in counted[counted["n"].gt(0) & counted["y"].notna()].groupby("content_type", sort=True):
        y, n = part["y"].to_numpy(), part["n"].to_numpy()
        rate = float(y.sum() / n.sum())
        binomial = n.sum() * rate * (1 - rate)  # posts that happen to agree are no proof: never less than the luck of single people
        spread = ((y - rate * n) ** 2).sum() * len(part) / max(len(part) - 1, 1)
        error = z * float(np.sqrt(max(spread, binomial))) / float(n.sum())
        row = {"content_type": str(kind), "posts": len(part), "rate": rate}
        out.append(row | {"low": max(rate - error, 0.0), "high": min(rate + error, 1.0)})
    return out
