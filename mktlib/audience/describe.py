"""Who listens: the first question, answered from people, or from an account's days, with ranges that small groups deserve.

Groups below k people are folded into one row (see `groups`). Every rate says what it is counted over: facts["denominators"].
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mktlib.audience.accounts import RATES as DAILY
from mktlib.audience.accounts import by_network, is_daily
from mktlib.audience.asked import COLUMNS as ASKED
from mktlib.audience.asked import asked
from mktlib.audience.groups import FEWEST, OTHERS, folded, shrunk_rates
from mktlib.audience.likes import liked
from mktlib.audience.money import per_head
from mktlib.errors import DataError, Finding
from mktlib.intake import to_pandas
from mktlib.intake.inputs import absent, as_group, not_numbers, numbers, twice
from mktlib.results import Audience
from mktlib.vocabulary import finding, nearest, not_level

ANSWERS = {"preferred_format": "preferred_format", "preferred_length": "preferred_length"}
RATES = {"follow_rate": "follows", "engage_rate": "engaged", "buy_rate": "orders"}
OF_FOLLOWERS = {"engage_per_follower": "engaged", "buy_per_follower": "orders"}
AMOUNTS = {"orders_per_person": "orders", "revenue_per_person": "revenue"}
CONSENT = ("consent_email", "consent_sms")
WANTED = (*RATES.values(), "revenue", *ANSWERS, "question_asked", "last_activity_at", *CONSENT)


def describe_audience(followers: Any, posts: Any = None, *, by: str = "segment", level: float = 0.9) -> Audience:
    """Who follows, engages and buys, group by group; or how an account does for each follower, network by network.

    Args:
        followers: a frame of any engine, one row a person, with `by` and any of follows, engaged (0/1), orders, revenue,
            preferred_format, preferred_length, question_asked; or one row a network and day, with date, followers and any of reach,
            engagements, clicks, followers_gained, followers_lost (then `by` is "network", where it is not said). A column of blanks is
            taken as absent.
        posts: one row a post, with impressions, engagements, and any of content_type, length, style, network: what is liked (`likes`).
        by: the column of the groups.
        level: of the ranges, between 0 and 1.

    Returns:
        `Audience`. Rates of people are posterior means with low and high (fractions of the group's people, or of its followers), groups
        sharing what they have in common; money and orders a person by a hurdle model (see `money`); rates of an account by blocks of whole
        weeks (see `days`). Groups of fewer than FEWEST people are the last row, "others", joined by the next smallest until they are
        enough; no person is lost. Which column is counted over what: facts["denominators"].

    Raises:
        DataError: every problem at once: `by` is no column, no rate can be formed, a cell is no number, there are no people.

    Source:
        Christiansen and Morris (1997, JASA 92) for rates; McCullagh and Nelder (1989) for amounts; batch means (Conway 1963) for days.

    >>> people = pd.DataFrame({"segment": ["a"] * 40 + ["b"] * 40, "follows": [1] * 30 + [0] * 50})
    >>> describe_audience(people).table["group"].tolist()
    ['a', 'b']
    """
    frame, posts = to_pandas(followers), None if posts is None else to_pandas(posts)
    daily = is_daily(frame)
    by = "network" if daily and by == "segment" and by not in frame and "network" in frame else by
    known = _usable(frame, posts, by, level, daily)
    likes = liked(posts, level) if posts is not None else liked(pd.DataFrame({"impressions": [], "engagements": []}))
    table, facts, found, questions = by_network(frame, by, level) if daily else _people(frame, by, level, known)
    facts |= {"by": by, "level": level, "formats": _formats(likes), "posts": 0 if posts is None else len(posts)}
    return Audience(table=table, facts=facts, findings=tuple(found), likes=likes, questions=questions)


def _people(
    frame: pd.DataFrame, by: str, level: float, known: Mapping[str, str]
) -> tuple[pd.DataFrame, dict[str, Any], list[Finding], Any]:
    """The table of groups of people, its facts, findings and questions."""
    group = as_group(frame[by])
    blank = int(group.eq("(missing)").sum())
    group, few = folded(group)
    names = sorted(group.unique(), key=lambda g: (bool(few) and g == OTHERS, g))  # "others" last, whatever it sorts to
    code = pd.Index(names).get_indexer(group)
    heads = np.bincount(code, minlength=len(names))
    table = pd.DataFrame({"group": names, "people": heads, "share": heads / heads.sum()})
    over = _rates(table, frame, code, known, level) | _amounts(table, frame, code, level)
    for column in ANSWERS:
        if column in frame:
            table[column] = frame[column].groupby(group, sort=True).agg(_commonest).reindex(names).to_numpy()
    questions, count, hidden = asked(frame["question_asked"], group) if "question_asked" in frame else (_no_questions(), 0, 0)
    if "question_asked" in frame:
        first = dict(zip(questions["group"][::-1], questions["question"][::-1], strict=True))
        table["top_question"] = [first.get(g, "") for g in names]
    facts: dict[str, Any] = {
        "people": len(frame), "grain": "person", "engagement_denominator": "people", "denominators": over, "method": "beta_binomial",
        "folded": few, "fewest": FEWEST, "unnamed": blank, "absent": _absent(frame), "asked": count, "asked_hidden": hidden,
        **{k: int(numbers(frame, c).gt(0).sum()) for k, c in (("buyers", "orders"), ("followers", "follows")) if c in frame},
        **{f"{c}_unknown": int(frame[c].isna().sum()) for c in CONSENT if c in frame},
    }  # fmt: skip
    return table, facts, [*twice(frame), *([finding("E_FOLDED", level="note", found=str(few), most=FEWEST)] if few else [])], questions


def _rates(table: pd.DataFrame, frame: pd.DataFrame, code: np.ndarray, known: Mapping[str, str], level: float) -> dict[str, str]:
    """Shares of the people, and of those who follow, into the table; returns what each is counted over."""
    over = {}
    for rate, column in known.items():
        hits = np.bincount(code[numbers(frame, column).gt(0)], minlength=len(table))
        table[[rate, f"{rate}_low", f"{rate}_high"]] = shrunk_rates(hits, table["people"].to_numpy(), level)
        over[rate] = "people"
    if "follow_rate" not in known:
        return over
    follows = numbers(frame, "follows").gt(0).to_numpy()
    table["followers"] = np.bincount(code[follows], minlength=len(table))
    for rate, column in OF_FOLLOWERS.items():
        if column in known.values() and table["followers"].gt(0).any():
            hits = np.bincount(code[follows & numbers(frame, column).gt(0).to_numpy()], minlength=len(table))
            count = table["followers"].to_numpy()
            some, rates = count > 0, np.full((len(table), 3), np.nan)
            rates[some] = shrunk_rates(hits[some], count[some], level)  # a group that nobody follows from has no rate, and teaches none
            table[[rate, f"{rate}_low", f"{rate}_high"]] = np.where(count[:, None] < FEWEST, np.nan, rates)
            over[rate] = "followers"
    return over


def _amounts(table: pd.DataFrame, frame: pd.DataFrame, code: np.ndarray, level: float) -> dict[str, str]:
    """Orders and money a person into the table; returns what they are counted over."""
    over = {}
    for name, column in AMOUNTS.items():
        if _known(frame, column):
            table[[name, f"{name}_low", f"{name}_high"]] = per_head(numbers(frame, column).to_numpy(), code, len(table), level)
            over[name] = "people"
    return over


def _known(frame: pd.DataFrame, column: str) -> bool:
    """Whether a column says anything; without rows nobody can tell."""
    return column in frame and (frame.empty or bool(frame[column].notna().any()))


def _absent(frame: pd.DataFrame) -> list[str]:
    """The columns that would say more of people, and are not there or blank."""
    return [c for c in WANTED if c not in frame or not frame[c].notna().any() or frame[c].astype(str).str.strip().eq("").all()]


def _usable(frame: pd.DataFrame, posts: pd.DataFrame | None, by: str, level: float, daily: bool) -> dict[str, str]:
    """The rates that can be formed of people; every problem of the input at once."""
    known = {rate: column for rate, column in RATES.items() if _known(frame, column)}
    names = [str(c) for c in frame.columns]
    found = absent(frame, [by])
    if not known and not daily:
        near = next((n for n in (nearest(c, names) for c in RATES.values()) if n), None)
        found.append(
            finding("E_MISSING_COLUMN", column="follows", expected=", ".join(RATES.values()), found=", ".join(names[:20]), hint=near)
        )
    for column in DAILY_COUNTS if daily else (*known.values(), "revenue"):
        if column in names:
            found += not_numbers(frame, column, signed=column == "revenue")
    if posts is not None:
        found += absent(posts, ("impressions", "engagements"))
        found += [f for c in ("impressions", "engagements") if c in posts for f in not_numbers(posts, c)]
    found += not_level(level)
    if frame.empty:
        found.append(finding("E_NO_ROWS", found="0"))
    elif len(frame) < FEWEST and not daily:
        found.append(finding("E_FEW_PEOPLE", found=str(len(frame)), expected=f">= {FEWEST}"))
    if found:
        raise DataError(found)
    return known


DAILY_COUNTS = tuple(dict.fromkeys(c for _, (up, down, _) in DAILY.items() for c in (*up, down)))


def _commonest(values: pd.Series) -> str:
    """The most frequent answer; ties are broken by name, blanks do not count, and fewer than FEWEST answers are none."""
    said = values[values.notna()].astype(str).str.strip()
    counts = said[said != ""].value_counts()
    return "" if counts.sum() < FEWEST else min(counts.index, key=lambda x: (-counts[x], x))


def _no_questions() -> pd.DataFrame:
    return pd.DataFrame({c: pd.Series(dtype=float if c == "people" else object) for c in ASKED})


def _formats(likes: pd.DataFrame) -> list[dict[str, Any]]:
    """What formats earn, as facts."""
    rows = likes[likes["axis"] == "content_type"].rename(columns={"value": "content_type"})
    return [{str(k): v for k, v in row.items()} for row in rows[["content_type", "posts", "rate", "low", "high"]].to_dict("records")]
