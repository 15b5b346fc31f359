"""Who listens: the first question, answered from people and posts, with ranges that small groups deserve.

A group's rate is a posterior: groups share a beta prior whose strength comes from the groups themselves (Morris 1983, JASA 78:
empirical Bayes by moments), so that a group of twelve is not believed as much as one of a thousand. Groups below k people are folded
into one row.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import beta, norm

from mktlib.errors import DataError, Finding
from mktlib.results import Audience
from mktlib.vocabulary import finding, nearest

FEWEST = 10
"""People below which a group is not shown (personal data: nobody may be singled out)."""
RATES = {"follow_rate": "follows", "engage_rate": "engaged", "buy_rate": "orders"}


def describe_audience(followers: pd.DataFrame, posts: pd.DataFrame | None = None, *, by: str = "segment", level: float = 0.9) -> Audience:
    """Who follows, engages and buys, group by group.

    Args:
        followers: one row a person, with `by` and any of follows, engaged (0/1), orders, revenue, preferred_format, preferred_length,
            question_asked.
        posts: one row a post, with content_type, impressions, engagements: what formats earn (facts["formats"]).
        level: of the ranges.

    Returns:
        `Audience`; its rates are posterior means with low and high (fractions of the group's people).

    Raises:
        DataError: `by` is no column, or no rate can be formed.

    >>> people = pd.DataFrame({"segment": ["a"] * 40 + ["b"] * 40, "follows": [1] * 30 + [0] * 50})
    >>> describe_audience(people).table["group"].tolist()
    ['a', 'b']
    """
    if by not in followers:
        raise DataError(
            finding(
                "E_MISSING_COLUMN", column=by, expected=by, found=", ".join(followers.columns), hint=nearest(by, list(followers.columns))
            )
        )
    known = {rate: column for rate, column in RATES.items() if column in followers}
    if not known:
        raise DataError(
            finding("E_MISSING_COLUMN", column="follows", expected=", ".join(RATES.values()), found=", ".join(followers.columns))
        )
    people = followers.assign(group=followers[by].fillna("(missing)").replace("", "(missing)").astype(str))
    size = people["group"].value_counts()
    small = size[size < FEWEST].index
    people["group"] = people["group"].where(~people["group"].isin(small), "others")
    found: list[Finding] = [finding("E_FOLDED", level="note", found=str(len(small)), most=FEWEST)] if len(small) else []
    groups = people.groupby("group", sort=True)
    n = groups.size().to_numpy()
    table = pd.DataFrame({"group": list(groups.groups), "people": n, "share": n / n.sum()})
    for rate, column in known.items():
        hits = people.assign(hit=pd.to_numeric(people[column]).fillna(0) > 0).groupby("group", sort=True)["hit"].sum().to_numpy()
        table[[rate, f"{rate}_low", f"{rate}_high"]] = shrunk_rates(hits, n, level)
    if "revenue" in people:
        table["revenue_per_person"] = groups["revenue"].mean().to_numpy()
    for name, column in (
        ("preferred_format", "preferred_format"),
        ("preferred_length", "preferred_length"),
        ("top_question", "question_asked"),
    ):
        if column in people:
            table[name] = groups[column].agg(_commonest).to_numpy()
    facts: dict[str, Any] = {"by": by, "people": len(people), "level": level, "engagement_denominator": "people"}
    if "orders" in people:
        facts["buyers"] = int((people["orders"] > 0).sum())
    if posts is not None:
        facts["formats"] = _formats(posts, level)
    return Audience(table=table, facts=facts, findings=tuple(found))


def shrunk_rates(hits: np.ndarray, n: np.ndarray, level: float = 0.9) -> np.ndarray:
    """(groups, 3): mean, low, high of each group's rate under a beta prior fitted to the groups by moments.

    >>> bool(abs(shrunk_rates(np.array([5]), np.array([10]))[0, 0] - 0.5) < 0.02)
    True
    """
    total = (hits.sum() + 0.5) / (n.sum() + 1)
    strength = 1.0
    if len(hits) > 2:
        raw = hits / n
        spread = float(np.average((raw - total) ** 2, weights=n) * len(n) / (len(n) - 1))
        noise = float(np.average(total * (1 - total) / n, weights=n))
        between = max(spread - noise, 1e-8)
        strength = float(np.clip(total * (1 - total) / between - 1, 1.0, n.max()))
    a, b = hits + strength * total, n - hits + strength * (1 - total)
    tail = (1 - level) / 2
    return np.column_stack([a / (a + b), beta.ppf(tail, a, b), beta.ppf(1 - tail, a, b)])


def _commonest(values: pd.Series) -> str:
    """The most frequent answer; ties are broken by name, blanks do not count."""
    counts = values[values.notna() & (values.astype(str) != "")].astype(str).value_counts()
    return "" if counts.empty else min(counts.index, key=lambda x: (-counts[x], x))


def _formats(posts: pd.DataFrame, level: float) -> list[dict[str, Any]]:
    """Engagements per impression of each format; the post, not the impression, is what varies (variance between posts)."""
    out = []
    for kind, part in posts.groupby("content_type", sort=True):
        rate = part["engagements"].sum() / part["impressions"].sum()
        residual = part["engagements"] - rate * part["impressions"]
        error = float(np.sqrt((residual**2).sum() * len(part) / max(len(part) - 1, 1)) / part["impressions"].sum())
        z = float(norm.ppf(0.5 + level / 2))
        out.append(
            {
                "content_type": str(kind),
                "posts": len(part),
                "rate": float(rate),
                "low": max(float(rate - z * error), 0.0),
                "high": float(rate + z * error),
            }
        )
    return out
