"""What is still unknown of an audience, whom to ask what, and how many answers are enough.

An unknown is found in the data: a column that is not there, two groups whose ranges overlap, a group of few people, contents that were
never shown. How to find out is a row of research.toml. The order is a judgement, and labelled so: the share of the audience that might be
addressed otherwise once the answer is known.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import logit, ndtr, ndtri

from mktlib.audience.groups import OTHERS
from mktlib.audience.queries import questions_in
from mktlib.errors import DataError, Finding
from mktlib.glmm.proportions import answers_for_difference
from mktlib.results import QUERIES, Audience, Research, Scores
from mktlib.vocabulary import Tables, default_language, finding, load_tables, not_level, not_tables

MARGIN, THEME, HEARD = 0.1, 0.1, 0.95
RELATIVE = 0.25  # a difference that would matter, as a part of the rate; not the difference seen, which is luck as much
ASKED = 0.3  # share of those who ask that an unanswered question may leave addressed wrongly (J), as in ABSENT
WIDE = 0.2  # a range of a rate that says little: as wide as this, or wider
MOST_PAIRS, MOST_CELLS, MOST_UNMET = 3, 3, 3
ABSENT = {
    "preferred_format": 0.3, "preferred_length": 0.2, "question_asked": 0.3, "follows": 0.2, "engaged": 0.3, "orders": 0.5, "revenue": 0.3,
    "last_activity_at": 0.1, "consent_email": 0.4, "consent_sms": 0.1, "reach": 0.3, "clicks": 0.3, "engagements": 0.4,
}  # fmt: skip
"""Share of the audience that a missing column may be thought to leave addressed wrongly: our judgement (J), 2026."""


@dataclass(frozen=True)
class Unknown:
    """What is not known: its code, what it is about (a group, a cell, a query), of how many people, the rates to tell apart, and the share
    of the audience that might be addressed otherwise."""

    code: str
    about: str
    change: float
    people: float = math.inf
    rates: tuple[float, ...] = ()


def research_sheet(
    audience: Audience, *, scores: Scores | None = None, queries: Any = None, language: str | None = None, level: float = 0.9,
    tables: Tables | None = None,
) -> Research:  # fmt: skip
    """What to find out next: whom to ask what, by which means, and how many answers are enough.

    Args:
        audience: what `describe_audience` gave.
        scores: what `score_cells` gave: contents never shown, or still resting on opinion, are unknowns.
        queries: an export of a search console, as `read_export` gives it (its table of queries).
        language: of the questions; default MKTLIB_LANGUAGE, else English.
        level: of the ranges that the answers are to give.
        tables: with a firm's own rows of `research`.

    Returns:
        `Research`, the unknown that would change most first.

    Raises:
        DataError: no audience, scores that are none, an unknown language, queries without their columns.

    >>> from mktlib.audience.describe import describe_audience
    >>> people = pd.DataFrame({"segment": ["a"] * 40 + ["b"] * 40, "orders": [1, 0] * 40})
    >>> research_sheet(describe_audience(people), language="en").table["unknown"].head(2).tolist()
    ['consent_email', 'engaged']
    """
    language = language or default_language()
    _check(audience, scores, language, level, tables)
    tables = tables or load_tables()
    asked, more = questions_in(queries, level) if queries is not None else (pd.DataFrame(columns=list(QUERIES)), {})
    unknowns = list(_unknowns(audience, scores, asked, more, queries is None))
    rows = [row for u in unknowns for row in _answered(u, tables, language, level)]
    table = pd.DataFrame(rows, columns=list(COLUMNS)).sort_values("change", ascending=False, kind="stable", ignore_index=True)
    table["rank"] = np.arange(1, len(table) + 1)
    facts = {
        "level": level,
        "people": int(audience.facts.get("people", 0)),
        "unknowns": len(unknowns),
        "by": audience.facts.get("by", "segment"),
    }
    return Research(table=table, facts=facts | {"language": language} | more, queries=asked)


COLUMNS = ("rank", "unknown", "about", "question", "text", "scale", "means", "whom", "answers", "margin", "change", "language")


def _check(audience: Any, scores: Any, language: str, level: float, tables: Tables | None) -> None:
    found: list[Finding] = not_level(level) + not_tables(tables)
    if not isinstance(audience, Audience):
        found.append(finding("E_OPTION", column="audience", found=type(audience).__name__, expected="mk.describe_audience(...)"))
    if scores is not None and not isinstance(scores, Scores):
        found.append(finding("E_OPTION", column="scores", found=type(scores).__name__, expected="scorer.score_cells(...)"))
    spoken = (tables if isinstance(tables, Tables) else load_tables()).languages
    if language not in spoken:
        found.append(finding("E_OPTION", column="language", found=language, expected=", ".join(spoken)))
    if found:
        raise DataError(found)


# ---------------------------------------------------------------- how many answers


def answers_for_share(margin: float, level: float = 0.9, people: float = math.inf, share: float = 0.5) -> int:
    """How many answers tell a share to within `margin` on either side, of so many people (Cochran 1977, equations 4.1 and 4.2).

    >>> answers_for_share(0.05, 0.95), answers_for_share(0.05, 0.95, people=500)
    (385, 218)
    """
    z = float(ndtri(0.5 + level / 2))
    need = z**2 * share * (1 - share) / margin**2
    return math.ceil(need if math.isinf(people) else need / (1 + (need - 1) / people))


def answers_for_theme(share: float = THEME, heard: float = HEARD) -> int:
    """How many people to talk to, so that what `share` of them think is heard once with probability `heard`.

    >>> answers_for_theme(0.1, 0.95)
    29
    """
    return math.ceil(math.log1p(-heard) / math.log1p(-share))


def views_for_rate(rate: float, relative: float = RELATIVE, level: float = 0.9) -> int:
    """How many times to show a content, so that its rate is known to within a part of itself on either side.

    >>> views_for_rate(0.02, 0.25, 0.9)
    2122
    """
    return math.ceil(float(ndtri(0.5 + level / 2)) ** 2 * (1 - rate) / (rate * relative**2))


# ---------------------------------------------------------------- what is unknown


def _unknowns(
    audience: Audience, scores: Scores | None, asked: pd.DataFrame, more: Mapping[str, Any], no_queries: bool
) -> Iterator[Unknown]:
    """Everything that is lacking."""
    facts, table = audience.facts, audience.table
    people = float(facts.get("people", 0)) or 1.0
    person = facts.get("grain", "person") == "person"
    yield from (Unknown(c, "", ABSENT[c], people) for c in facts.get("absent", ()) if c in ABSENT)
    if person:
        yield from _of_groups(table, facts, people)
    if no_queries:
        yield Unknown("no_queries", "", 0.15, people)
    for row in asked[asked["unmet"].astype(bool)].head(MOST_UNMET).to_dict("records") if len(asked) else ():
        yield Unknown("unmet", str(row["query"]), ASKED * float(row["impressions"]) / max(float(more["impressions_questions"]), 1.0))
    if scores is not None:
        yield from _of_cells(scores, dict(zip(table["group"], table["share"], strict=True)) if "share" in table else {})


def _of_groups(table: pd.DataFrame, facts: Mapping[str, Any], people: float) -> Iterator[Unknown]:
    """Groups too small, people without a group, groups whose order is open, and why followers do not buy."""
    if facts.get("unnamed"):
        yield Unknown("unnamed", "(missing)", facts["unnamed"] / people, facts["unnamed"])
    if facts.get("folded"):
        yield Unknown("folded", OTHERS, float(table.loc[table["group"] == OTHERS, "share"].sum()), 0.0)
    if facts.get("asked_hidden"):
        yield Unknown("asked_hidden", "", facts["asked_hidden"] / people)
    for column in ("consent_email", "consent_sms"):
        if facts.get(f"{column}_unknown") and column not in facts.get("absent", ()):
            yield Unknown(column, "", facts[f"{column}_unknown"] / people, facts[f"{column}_unknown"])
    rates = [r for r in ("buy_rate", "engage_rate") if r in table]
    if rates:
        wide = (table[f"{rates[0]}_high"] - table[f"{rates[0]}_low"]).to_numpy(float)
        for group, size, width in zip(table["group"], table["people"], wide, strict=True):
            if width >= WIDE:
                yield Unknown("few_people", str(group), float(size / people * min(width, 1.0)), float(size))
    for rate in rates:
        yield from _overlaps(table, rate, people, float(facts.get("level", 0.9)))
    if "buy_rate" in table:
        idle = table["people"] * (1 - table["buy_rate"]) * table.get("follow_rate", 1.0)
        first = table.iloc[int(idle.to_numpy().argmax())]
        yield Unknown("why_not_buy", str(first["group"]), float(idle.max() / people), float(first["people"]))


def _overlaps(table: pd.DataFrame, rate: str, people: float, level: float) -> Iterator[Unknown]:
    """The pairs of a first group and another whose order is open, those where a mistake would cost most first.

    A mistake costs the expected odds that the other one has more (the value of perfect information on which of two is first; Raiffa and
    Schlaifer 1961, chapter 5), for as many people as both have.
    """
    known = table[table["group"] != OTHERS].sort_values(rate, ascending=False, kind="stable")
    if len(known) < 2:
        return
    odds = logit(known[[rate, f"{rate}_low", f"{rate}_high"]].clip(1e-6, 1 - 1e-6).to_numpy(float))
    error = (odds[:, 2] - odds[:, 1]) / (2 * ndtri(0.5 + level / 2))
    behind, doubt = odds[0, 0] - odds[1:, 0], np.maximum(np.hypot(error[1:], error[0]), 1e-9)
    wrong = ndtr(-behind / doubt)
    lost = doubt * np.exp(-0.5 * (behind / doubt) ** 2) / math.sqrt(2 * math.pi) - behind * wrong  # worth of knowing which is first
    names, sizes, values = (known[c].to_numpy() for c in ("group", "people", rate))
    found = [
        Unknown(f"overlap_{rate}", f"{names[0]} / {names[k + 1]}", float(lost[k] * (sizes[0] + sizes[k + 1]) / people), rates=(values[0],))
        for k in range(len(wrong))
        if wrong[k] > 0.05
    ]
    yield from sorted(found, key=lambda u: -u.change)[:MOST_PAIRS]


def _of_cells(scores: Scores, shares: Mapping[str, float]) -> Iterator[Unknown]:
    """For each group of cells that are compared, those that were never shown and those that rest on opinion: the chance that the best is
    one of them, for the share of the audience that the group is (all alike where it is not known), shared out over its other axes."""
    table, axes = scores.table, [a for a in scores.within if a in scores.table]
    never, first = table["exposure"].le(0), axes[0] if axes else None
    parts = table.groupby(axes, sort=True, observed=True) if axes else [("", table)]
    groups = max(parts.ngroups if axes else 1, 1)  # type: ignore[union-attr]
    stages = max(groups // max(int(table[first].nunique()) if first else 1, 1), 1)
    for code, which in (("cell_unseen", never), ("cell_too_early", table["verdict"].eq("too_early") & ~never)):
        found = []
        for key, part in parts:
            open_ = part[which.loc[part.index]]
            if len(open_):
                name = " / ".join(map(str, key if isinstance(key, tuple) else (key,)))
                chance = float(open_["p_best"].clip(0, 1).sum()) if "p_best" in open_ else 0.5
                share = shares.get(name.split(" / ")[0], 1 / groups * stages) / stages
                found.append(Unknown(code, name, min(chance, 1.0) * share, rates=(float(open_["rate"].mean()),)))
        yield from sorted(found, key=lambda u: -u.change)[:MOST_CELLS]


# ---------------------------------------------------------------- how to find out


def _answered(unknown: Unknown, tables: Tables, language: str, level: float) -> Iterator[dict[str, Any]]:
    """The rows of research.toml that answer an unknown; one that no row answers is left as it is."""
    rows = [(key, row) for key, row in tables.research.items() if row["unknown"] == unknown.code] or [("", {})]
    for key, row in rows:
        kind = str(row.get("answers", "none"))
        margin = (
            float(row.get("margin", MARGIN))
            if kind == "share"
            else RELATIVE * unknown.rates[0]
            if kind in ("difference", "rate") and unknown.rates
            else np.nan
        )
        yield {
            "rank": 0, "unknown": unknown.code, "about": unknown.about, "question": key, "text": _in(row.get("says", {}), language),
            "scale": tuple(_in(row.get("scale", {}), language) or ()), "means": row.get("means", ""), "whom": row.get("whom", "team"),
            "answers": _need(unknown, kind, margin, level), "margin": margin, "change": float(unknown.change), "language": language,
        }  # fmt: skip


def _in(said: Mapping[str, Any], language: str) -> Any:
    return said.get(language, said.get("en", ""))


def _need(unknown: Unknown, kind: str, margin: float, level: float) -> float:
    """How many answers, people or views; NaN where none are asked for."""
    if kind == "share":
        return float(answers_for_share(margin, level, max(unknown.people, 1.0)))
    if kind == "theme":
        return float(answers_for_theme())
    if kind == "difference" and unknown.rates and 0 < unknown.rates[0] < 1:
        return float(answers_for_difference(unknown.rates[0], unknown.rates[0] * (1 - RELATIVE), level))
    if kind == "rate" and unknown.rates and 0 < unknown.rates[0] < 1:
        return float(views_for_rate(unknown.rates[0], RELATIVE, level))
    return math.nan
