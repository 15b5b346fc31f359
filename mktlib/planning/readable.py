"""From the numbers of a solved campaign to what people read: placements by week, pieces, limits, what is shown to learn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd

from mktlib.errors import Finding
from mktlib.planning.brief import Brief
from mktlib.planning.ideas import PIECE, link
from mktlib.planning.layout import plain
from mktlib.planning.problem import Problem
from mktlib.planning.remarks import brief_remarks
from mktlib.planning.risk import outcomes
from mktlib.planning.solve import Answer
from mktlib.results import Scores
from mktlib.vocabulary import AXIS_TABLE, Tables, finding, nearest
from mktlib.wording import Share, money

DRAWS = 4000
HOLD = 5
LEFT = 0.05
"""Share of the budget that may stay unspent without a word."""
SCHEDULE = [
    "week", "segment", "stage", "channel", "item", "quantity", "spend", "value", "low", "high", "exposure", "rate", "rate_sd", "verdict",
    "events",
]  # fmt: skip


@runtime_checkable
class Drawable(Protocol):
    """Scores that give joint draws of the rates of some rows of their table, (size, rows)."""

    def draws(self, rows: np.ndarray, size: int, *, random_state: int = 0) -> np.ndarray: ...


def ratios(scores: Scores, ideas: pd.DataFrame, *, seed: int, size: int = DRAWS) -> np.ndarray:
    """(size, ideas) the rate of each idea in each draw, over its mean.

    Scores that can be drawn from give all cells together, so that what they have in common goes wrong together; a plain table of
    scores only knows each cell's own range.
    """
    if isinstance(scores, Drawable) and len(ideas):
        scored, again = np.unique(ideas["scored"].to_numpy(int), return_inverse=True)
        draws = scores.draws(scored, size, random_state=seed)[:, again]
    else:
        change, back = link(float(ideas["high"].max()) if len(ideas) else 0.0)
        noise = np.random.default_rng(seed).standard_normal((size, len(ideas)))
        rate = np.maximum(ideas["rate"].to_numpy(float), 1e-12)
        draws = back(change(rate) + ideas["rate_sd"].to_numpy(float) * noise)
    return np.asarray(draws / np.maximum(draws.mean(axis=0), 1e-300))


def named(problem: Problem, answer: Answer) -> dict[int, str]:
    """P01, P02, ... in the order in which the pieces come out."""
    first = {int(p): first_week(problem, answer, int(p)) for p in np.flatnonzero(answer.y[:, -1])}
    order = sorted(first, key=lambda p: (first[p], p))
    return {p: f"P{k:02d}" for k, p in enumerate(order, 1)}


def first_week(problem: Problem, answer: Answer, p: int) -> int:
    """The week in which a piece is first shown; a piece need not be out before that."""
    return int(np.flatnonzero(answer.n[problem.piece_of == p].sum(axis=0))[0]) + 1


def placements(problem: Problem, answer: Answer, names: Mapping[int, str]) -> pd.DataFrame:
    """One row a placement and week, with the number of its idea; the wear of an idea falls on its later weeks."""
    i, w = np.nonzero(answer.n)
    if not len(i):
        return pd.DataFrame([], columns=[*SCHEDULE, "_idea"])
    ideas, lots, value = problem.ideas.iloc[i], answer.n[i, w], problem.brought(answer.n)[i, w]
    said = {c: ideas[c].tolist() for c in ("segment", "stage", "channel", "verdict")}
    per = {c: ideas[c].to_numpy(float) for c in ("lot", "lot_cost", "exposures", "rate", "rate_sd", "events", "value")}
    table = pd.DataFrame({
        "week": w + 1, "item": [names[p] for p in problem.piece_of[i].tolist()], "quantity": lots * per["lot"],
        "spend": lots * per["lot_cost"], "value": value, "low": 0.0, "high": 0.0, "exposure": lots * per["exposures"],
        "rate": per["rate"], "rate_sd": per["rate_sd"], **said,
        "events": value * per["events"] / np.where(per["value"] == 0, 1.0, per["value"]), "_idea": i,
    })[[*SCHEDULE, "_idea"]]  # fmt: skip
    return table.sort_values(["week", "item", "segment", "channel"], kind="stable", ignore_index=True)


def with_ranges(
    schedule: pd.DataFrame, problem: Problem, answer: Answer, ratio: np.ndarray, *, level: float, seed: int
) -> tuple[pd.DataFrame, np.ndarray]:
    """(schedule with low and high, (draws,) value of the whole): the rates of each draw, then the luck of counting events."""
    expected = np.maximum(schedule["events"].to_numpy(float), 0.0)  # wear may take more than saturation leaves
    mean = ratio[:, schedule["_idea"].to_numpy(int)] * expected
    worth = schedule["value"].to_numpy(float) / np.maximum(schedule["events"].to_numpy(float), 1e-300)
    events = np.random.default_rng(seed).poisson(mean)
    value = events * worth
    whole = value.sum(axis=1)
    if problem.caps is not None:  # what a group brings together is no sum of its rows
        whole = whole + outcomes(problem, answer.n, ratio) - (mean * worth).sum(axis=1)
    low, high = np.quantile(value, [0.5 - level / 2, 0.5 + level / 2], axis=0) if len(schedule) else (np.zeros(0), np.zeros(0))
    return schedule.assign(low=low, high=high).drop(columns="_idea"), whole


def pieces(problem: Problem, answer: Answer, names: Mapping[int, str], held: pd.DataFrame) -> pd.DataFrame:
    """The pieces to make, then those that an alarm holds back and the best few that wait (week 0)."""
    columns = ["item", *PIECE, "cost", "days", "week", "status"]
    rows = [
        {"item": names[p], **problem.pieces.loc[p].to_dict(), "week": first_week(problem, answer, p), "status": "make"}
        for p in sorted(names, key=lambda p: names[p])
    ]
    value = np.bincount(problem.piece_of, weights=problem.gain * problem.steps[:, 0], minlength=len(problem.pieces))
    waiting = [problem.pieces.loc[p].to_dict() for p in np.argsort(-value, kind="stable").tolist() if p not in names][:HOLD]
    waiting = [*_held(problem.brief, held), *waiting]
    rows += [{"item": f"P{len(names) + k:02d}", **row, "week": 0, "status": "hold"} for k, row in enumerate(waiting, 1)]
    return pd.DataFrame(rows, columns=columns)


def _held(brief: Brief, ideas: pd.DataFrame) -> list[dict[str, Any]]:
    """The pieces of some ideas, the most valuable ones first."""
    worth = ideas.groupby(PIECE, sort=True)["value"].sum().sort_values(ascending=False, kind="stable").head(HOLD)
    found = []
    for key in worth.index:
        cost, days, _ = brief.making(key[0])
        found.append({**dict(zip(PIECE, key, strict=True)), "cost": cost, "days": days})
    return found


def limit_table(problem: Problem, answer: Answer, price: np.ndarray) -> pd.DataFrame:
    """Every "at most", how much of it is used, and what one more would bring. A least share is told as the most that others may take."""
    rows, media = [], float((problem.cost * answer.n.sum(axis=1)).sum())
    for limit, one_more in zip(problem.limits, price, strict=True):
        used, most = float((limit.lots * answer.n).sum() + (limit.made * answer.y).sum()), limit.most
        if limit.wanted:
            continue
        if limit.unit == "share":
            share = problem.brief.test_share if limit.code == "test_share" else problem.brief.stages[limit.scope]
            most, used = 1 - share, (used / media + 1 - share if media else 0.0)
            one_more = one_more * media
        used = 0.0 if abs(used) < 1e-9 else used  # the dust of adding up
        rows.append((limit.code, limit.scope or "all", used, most, limit.unit, float(one_more)))
    return pd.DataFrame(rows, columns=["limit", "scope", "used", "most", "unit", "price"])


def tests_of(schedule: pd.DataFrame) -> pd.DataFrame:
    """What the plan shows in order to learn."""
    rows = schedule[schedule["verdict"].isin(["test", "too_early"])]
    keys = ["item", "segment", "stage", "channel", "verdict"]
    table: pd.DataFrame = rows.groupby(keys, observed=True)[["spend"]].sum().reset_index()
    return table.rename(columns={"verdict": "reason"})[["item", "segment", "stage", "channel", "spend", "reason"]]


def strangers(brief: Brief, scores: Scores, tables: Tables) -> list[Finding]:
    """Words of the brief that name nothing scored: a slip of the pen takes people out of the plan, or lets in what was to be kept out.

    A word of the tables is no slip: what is banned, allowed or priced for making need not have been scored. A segment or a channel that
    nothing was scored for is told all the same, for it is then not in the plan.
    """
    found = []
    for where, axis, word in _named(brief):
        needed = where.startswith(("segments.", "channels."))
        if axis not in scores.table or (not needed and word in getattr(tables, AXIS_TABLE[axis])):
            continue
        known = [str(level) for level in scores.table[axis].unique()]
        if word not in known:
            code = "N_PLAN_SEGMENT" if where.startswith("segments.") else "N_PLAN_BAN" if _bans(where) else "N_PLAN_WORD"
            if where.startswith("channels.") and word in tables.channels:  # no slip: what to score is known
                found.append(finding("N_PLAN_UNSCORED", brief.language, level="warning", column=where, found=word, axis=axis))
                continue
            shown = ", ".join(known[:6]) + ("..." if len(known) > 6 else "")
            near = meant(word, axis, known, tables)
            found.append(finding(code, brief.language, level="warning", column=where, found=word, expected=shown, hint=near, axis=axis))
    return found


def meant(word: str, axis: str, known: Sequence[str], tables: Tables) -> str | None:
    """The scored word that a word of a brief stands for: one of the same name in any language ("etudiants", students), or the nearest.

    >>> from mktlib.vocabulary import load_tables
    >>> tables = load_tables()
    >>> meant("etudiants", "segment", ["parents", "students"], tables), meant("ludique", "style", ["playful"], tables)
    ('students', 'playful')
    """
    scored = called(axis, known, tables)
    same = next((scored[name] for name in _names(word, axis, tables) if name in scored), None)
    slip = nearest(plain(word.replace("_", " ")), scored)
    return same or nearest(word, known) or (scored[slip] if slip else None)


def called(axis: str, known: Sequence[str], tables: Tables) -> dict[str, str]:
    """Words by all that they may be called, written `plain`; the first among those that share a name."""
    return {name: key for key in reversed(known) for name in _names(key, axis, tables)}


def _names(key: str, axis: str, tables: Tables) -> Iterator[str]:
    """What a word may be called: itself, its labels, and each part of "Playful / humorous"."""
    for name in map(plain, (key.replace("_", " "), *(tables.label(axis, key, language) for language in tables.languages))):
        yield from (name, *(part.strip() for part in name.split("/") if part.strip()))


def _bans(where: str) -> bool:
    return where.startswith(("brand.forbidden", "exclude."))


def _named(brief: Brief) -> Iterator[tuple[str, str, str]]:
    """(path, axis, word) of every word that a brief uses of the axes of a cell."""
    for name, axis in (("segments", "segment"), ("stages", "stage"), ("channels", "channel"), ("production", "content_type")):
        yield from ((f"{name}.{word}", axis, word) for word in getattr(brief, name) if word != "default")
    for side in ("allowed", "forbidden"):
        yield from ((f"brand.{side}", "style", word) for word in getattr(brief.brand, side))
    yield from (("lengths", "length", word) for word in brief.lengths)
    for name in ("must_have", "exclude", "fixed_dates"):
        for k, row in enumerate(getattr(brief, name)):
            yield from ((f"{name}.{k}.{axis}", axis, word) for axis, word in row.given().items())


def least_spend(problem: Problem) -> float:
    """Money without which no plan shows anything: the cheapest piece with its cheapest placement, one of each stage that must have a share.

    A bound: other limits may ask for more. Free placements bind no share, for a share is one of the money spent on showing.
    """
    cost = problem.pieces["cost"].to_numpy(float)[problem.piece_of] + problem.cost
    brings, stage = problem.gain > 0, problem.ideas["stage"].to_numpy()
    paid, free = cost[brings & (problem.cost > 0)], cost[brings & (problem.cost <= 0)]
    each = [cost[brings & (problem.cost > 0) & (stage == s)].min(initial=np.inf) for s, share in problem.brief.stages.items() if share > 0]
    return float(min(free.min(initial=np.inf), max(paid.min(initial=np.inf), sum(each))))


def remarks(brief: Brief, schedule: pd.DataFrame, facts: Mapping[str, Any], least: float = 0.0) -> tuple[Finding, ...]:
    """What the reader should know beside the plan; `least`: money without which there is none."""
    found = list(brief_remarks(brief))
    if schedule.empty and facts["budget"] < least < np.inf:
        typed, (had, needed) = int(np.ceil(least)), (money(x, brief.currency, brief.language) for x in (facts["budget"], np.ceil(least)))
        said = finding("N_PLAN_NOTHING", brief.language, level="warning", column="budget", found=had, needed=needed, typed=str(typed))
        return (*found, said)
    learning = schedule.loc[schedule["verdict"].isin(["test", "too_early"]), "spend"].sum()
    if brief.test_share > 0 and learning <= 0:
        found.append(finding("N_PLAN_NO_TEST", brief.language, level="note", column="test_share", found=f"{brief.test_share:g}"))
    left = facts["budget"] - facts["spend"]
    if left > LEFT * facts["budget"]:
        found.append(
            finding("N_PLAN_LEFT", brief.language, level="note", column="budget", found=money(left, brief.currency, brief.language))
        )
    if facts.get("stopped"):
        found.append(finding("N_PLAN_STOPPED", brief.language, level="warning", gap=Share(facts["gap"], 1)))
    if facts["p_loss"] is not None and facts["value"] < facts["spend"]:
        value, spend = (money(round(facts[k]), brief.currency, brief.language) for k in ("value", "spend"))
        found.append(finding("N_PLAN_LOSS", brief.language, level="warning", column="budget", value=value, spend=spend))
    return tuple(found)
