"""Every limit of a brief as one row over lots and pieces: money, days, messages, channels, shares, and what must happen."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from mktlib.planning.brief import Brief, Segment, Want
from mktlib.planning.problem import Limit, Problem, sized


def build(ideas: pd.DataFrame, brief: Brief) -> Problem:
    """The numbers of a campaign from its priced ideas, with every limit of the brief."""
    problem = sized(ideas, brief)
    problem.limits.extend(limits(problem))
    return problem


def limits(problem: Problem) -> Iterator[Limit]:
    """Every limit, one at a time: with many ideas and weeks all of them together are large."""
    yield from _money_and_days(problem)
    yield from _messages(problem)
    yield from _bulk(problem)
    yield from _channels_and_kinds(problem)
    yield from _shares(problem)
    yield from _wanted(problem)
    yield from _presence(problem)


def _blank(problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    i, p, w = problem.shape
    return np.zeros((i, w)), np.zeros((p, w))


def _money_and_days(problem: Problem) -> Iterator[Limit]:
    brief, pieces = problem.brief, problem.pieces
    lots, made = _blank(problem)
    lots += problem.cost[:, None]
    made[:, -1] = pieces["cost"]
    yield Limit("budget", "", "money", brief.budget, lots, made)
    for week in range(brief.weeks):
        lots, made = _blank(problem)
        made[:, week] = pieces["days"]
        yield Limit("days", f"{week + 1}", "days", brief.team.days_before + brief.team.days_per_week * (week + 1), lots, made)


def _messages(problem: Problem) -> Iterator[Limit]:
    """Messages one person gets who agreed on every channel: a week, and any four weeks on end."""
    brief, ideas = problem.brief, problem.ideas
    each = np.where(ideas["message"], ideas["lot"] / np.maximum(ideas["people"], 1), 0.0)
    for name in sorted(ideas.loc[ideas["message"].astype(bool), "segment"].unique()):
        segment, mine = brief.segments.get(name) or Segment(), (ideas["segment"] == name).to_numpy()
        spans = [(w, w + 1, "messages_week", segment.cap_per_week) for w in range(brief.weeks)]
        spans += [(w, w + 4, "messages_month", segment.cap_per_month) for w in range(max(1, brief.weeks - 3))]
        for first, end, code, cap in spans:
            lots, made = _blank(problem)
            lots[mine, first:end] = each[mine, None]
            yield Limit(code, f"{name} / {first + 1}", "messages", float(cap), lots, made)


def _bulk(problem: Problem) -> Iterator[Limit]:
    """Messages that may leave in a week, all segments together, where the rules for bulk senders are not met: so many for each open day.

    A segment with fewer open days than the channel has a row of its own.
    """
    brief, ideas = problem.brief, problem.ideas
    for channel in sorted(c for c in ideas["channel"].unique() if np.isfinite(brief.most_a_day(c))):
        there = (ideas["channel"] == channel).to_numpy()
        for week in range(1, brief.weeks + 1):
            days = len(brief.channel_days(week, channel))
            each = {name: len(brief.open_days(week, name, channel)) for name in sorted(ideas.loc[there, "segment"].unique())}
            rows = [(channel, there, days)]
            rows += [(f"{channel} / {s}", there & (ideas["segment"] == s).to_numpy(), d) for s, d in each.items() if 0 < d < days]
            for scope, mine, open_days in rows:
                lots, made = _blank(problem)
                lots[mine, week - 1] = ideas.loc[mine, "lot"]
                yield Limit("bulk_sending", f"{scope} / {week}", "messages", brief.most_a_day(channel) * open_days, lots, made)


def _channels_and_kinds(problem: Problem) -> Iterator[Limit]:
    brief, ideas = problem.brief, problem.ideas
    for name, channel in brief.channels.items():
        if channel.maximum is not None:
            lots, made = _blank(problem)
            lots[(ideas["channel"] == name).to_numpy()] = problem.cost[(ideas["channel"] == name).to_numpy(), None]
            yield Limit("channel", name, "money", channel.maximum, lots, made)
    for kind in sorted(problem.pieces["content_type"].unique()):
        lots, made = _blank(problem)
        made[(problem.pieces["content_type"] == kind).to_numpy(), -1] = 1
        yield Limit("pieces", kind, "pieces", float(brief.making(kind)[2]), lots, made)


def _shares(problem: Problem) -> Iterator[Limit]:
    """Money for placements that a stage, or learning, must get: what goes elsewhere stays below the rest."""
    brief, ideas = problem.brief, problem.ideas
    rows = [("stage_share", s, share, (ideas["stage"] == s).to_numpy()) for s, share in brief.stages.items() if share > 0]
    learn = ideas["verdict"].isin(["test", "too_early"]).to_numpy()
    if brief.test_share > 0 and (learn & (problem.cost > 0)).any():
        rows.append(("test_share", "", brief.test_share, learn))
    for code, scope, share, mine in rows:
        lots, made = _blank(problem)
        lots += (problem.cost * (share - mine))[:, None]
        yield Limit(code, scope, "share", 0.0, lots, made)


def _wanted(problem: Problem) -> Iterator[Limit]:
    """What must happen: pieces, or placements where a segment, a channel or a day is named."""
    brief, last = problem.brief, problem.brief.weeks - 1
    wants = [("must_have", f"must_have.{k}", w, w.least, last) for k, w in enumerate(brief.must_have)]
    for k, date in enumerate(brief.fixed_dates):
        wants.append(("fixed_date", f"fixed_dates.{k}", Want.model_validate(date.given()), 1, (date.day - brief.first_day).days // 7))
    for code, scope, want, least, week in wants:
        fits = want.rows(problem.ideas).to_numpy()
        lots, made = _blank(problem)
        if want.segment or want.channel or code == "fixed_date":
            lots[fits, : week + 1] = -1
            yield Limit(code, scope, "placements", -float(least), lots, made)
        else:
            made[np.unique(problem.piece_of[fits]), week] = -1
            yield Limit(code, scope, "pieces", -float(least), lots, made)


def _presence(problem: Problem) -> Iterator[Limit]:
    """Placements on a channel in each week on which it has an open day."""
    brief = problem.brief
    for channel, least in brief.least_a_week().items():
        there = (problem.ideas["channel"] == channel).to_numpy()
        for week in range(1, brief.weeks + 1):
            if brief.channel_days(week, channel):
                lots, made = _blank(problem)
                lots[there, week - 1] = -1
                yield Limit("presence", f"presence.{channel} / {week}", "placements", -float(least), lots, made)
