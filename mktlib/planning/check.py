"""A second pair of eyes: every limit of a brief worked out again from the tables of a plan, without a line of the solver's code."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
import pandas as pd

from mktlib.planning.brief import Brief, Segment, _Where
from mktlib.results import CELL
from mktlib.vocabulary import load_tables, sending_rules

Row = tuple[str, str, float, float]
"""limit, scope, used, most"""


def broken_limits(brief: Brief, items: pd.DataFrame, schedule: pd.DataFrame, *, promised: Collection[str] = ()) -> pd.DataFrame:
    """One row a limit that does not hold: limit, scope, used, most, over.

    `promised`: limits that the plan says it holds; a test share that nothing was left to spend on is waived where it is not among them.
    """
    made = items[items["status"] == "make"]
    out = made.rename(columns={"week": "out_week", "stage": "piece_stage"})
    out = out[["item", "content_type", "style", "length", "out_week", "piece_stage"]]
    whole = schedule.merge(out, on="item", how="left")
    sound = _sound(whole)
    shown = whole[sound].astype({"week": int, "quantity": float, "spend": float})
    parts = (_money, _days, _messages, _sending, _consent, _channels, _presence, _shares, _pieces, _placements, _wants)
    rows: list[Row] = [("row", f"{row.item} / {row.week}", 1.0, 0.0) for row in _each(whole[~sound])]
    rows += [row for part in parts for row in part(brief, made, shown)] + list(_tests(brief, shown, "test_share" in promised))
    table = pd.DataFrame(rows, columns=["limit", "scope", "used", "most"])
    table["over"] = table["used"] - table["most"]
    held = table["over"] <= 1e-6 * table["most"].abs().clip(lower=1.0)
    return table[~held].reset_index(drop=True)  # what is no number does not hold either


def _sound(shown: pd.DataFrame) -> pd.Series:
    """Rows that can be worked out at all: a whole week, amounts that are numbers of 0 or more, a segment, a channel."""
    numbers = shown[["week", "quantity", "spend"]].apply(pd.to_numeric, errors="coerce").astype(float)
    fine = np.isfinite(numbers).all(axis=1) & (numbers["quantity"] >= 0) & (numbers["week"] % 1 == 0)
    return fine & shown[["segment", "channel", "item"]].notna().all(axis=1)


def _each(table: pd.DataFrame) -> list[Any]:
    return list(table.itertuples(index=False))


def _money(brief: Brief, made: pd.DataFrame, shown: pd.DataFrame) -> Iterator[Row]:
    yield "budget", "all", float(made["cost"].sum() + shown["spend"].sum()), brief.budget
    for row in _each(made):
        cost, days, _ = brief.making(row.content_type)
        yield "cost", row.item, abs(float(row.cost) - cost), 0.0
        yield "cost", row.item, abs(float(row.days) - days), 0.0
    yield "spend", "all", float(-shown["spend"].min()) if len(shown) else 0.0, 0.0
    units = load_tables().channels
    for row in _each(shown):
        terms = brief.channels.get(row.channel)
        unit = (terms.unit if terms else None) or units.get(row.channel, {}).get("cost_unit", "thousand_impressions")
        if terms:
            by_click = terms.price * _clicks(brief, row.channel, row.rate) if unit == "click" else 0.0
            due = row.quantity * {"thousand_impressions": terms.price / 1000, "delivered": terms.price, "click": by_click}.get(unit, 0.0)
            yield "spend", f"{row.item} / {row.week}", abs(float(row.spend) - due), 1e-5 * max(1.0, due)


def _clicks(brief: Brief, channel: str, rate: float) -> float:
    """Clicks that one impression is expected to bring: the rate itself where clicks are counted, else the usual rate of the channel."""
    tables, metric = load_tables(), brief.objective.metric
    if metric == "click_rate":
        return float(rate)
    counted = metric in tables.metrics and tables.exposure(metric, channel) == "clicks"
    return float(tables.base_rate("click_rate", channel)[0]) if counted else 0.01


def _days(brief: Brief, made: pd.DataFrame, shown: pd.DataFrame) -> Iterator[Row]:
    for week in range(1, brief.weeks + 1):
        used = float(made.loc[made["week"] <= week, "days"].sum())
        yield "days", str(week), used, brief.team.days_before + brief.team.days_per_week * week
    for row in _each(shown):
        yield "early", f"{row.item} / {row.week}", float("inf") if pd.isna(row.out_week) else float(row.out_week - row.week), 0.0
        yield "dates", f"{row.item} / {row.week}", float(max(row.week - brief.weeks, 1 - row.week)), 0.0


def _messages(brief: Brief, made: pd.DataFrame, shown: pd.DataFrame) -> Iterator[Row]:
    """Messages that one person gets who agreed on every channel."""
    personal = [c for c, row in load_tables().channels.items() if row.get("personal")]
    for name, rows in shown[shown["channel"].isin(personal)].groupby("segment", sort=True):
        segment = brief.segments.get(str(name)) or Segment()
        agreed = rows["channel"].map({c: _people(brief, str(name), str(c)) for c in rows["channel"].unique()})
        each = (rows["quantity"] / agreed.where(agreed > 0)).fillna(float("inf")).groupby(rows["week"]).sum()
        each = each.reindex(range(1, brief.weeks + 1), fill_value=0.0)
        for week, used in zip(range(1, brief.weeks + 1), each, strict=True):
            yield "messages_week", f"{name} / {week}", float(used), float(segment.cap_per_week)
            yield "messages_month", f"{name} / {week}", float(each.loc[week : week + 3].sum()), float(segment.cap_per_month)


def _people(brief: Brief, name: str, channel: str) -> float:
    """People of a segment that a channel reaches: who agreed or whom ads reach, and of those who lives near its places."""
    segment = brief.segments.get(name) or Segment()
    message = load_tables().channels.get(channel, {}).get("personal")
    agreed = segment.consent if isinstance(segment.consent, float | int) else segment.consent.get(channel, 0.0)
    near = [p.share.get(name, 0.0) if isinstance(p.share, dict) else p.share for p in brief.places.values() if channel in p.channels]
    return segment.size * (agreed if message else segment.reach) * (min(sum(near), 1.0) if near else 1.0)


def _lot(brief: Brief, name: str, channel: str) -> float:
    """People that one whole placement reaches."""
    people, terms, personal = _people(brief, name, channel), brief.channels.get(channel), load_tables().channels
    if personal.get(channel, {}).get("personal"):
        return min(people, 7 * _daily(brief, channel))
    return min(terms.quantity if terms else 1.0, people)


def _daily(brief: Brief, channel: str) -> float:
    """Messages a day that a sender may send who does not meet what is asked of bulk senders; without end for one who does."""
    rules, how = sending_rules(), brief.sending
    met = how.authenticated and how.one_click_unsubscribe and not how.complaint_rate >= rules["complaint_most"]["value"]
    return float("inf") if met or channel not in rules["bulk_from"]["channels"] else rules["bulk_from"]["value"] - 1.0


def _sending(brief: Brief, made: pd.DataFrame, shown: pd.DataFrame) -> Iterator[Row]:
    """Messages of a week against so many for each day on which they can leave."""
    for _, rows in shown.groupby(["channel", "week"], sort=True):
        channel, week = str(rows["channel"].iloc[0]), int(rows["week"].iloc[0])
        daily = _daily(brief, channel)
        if daily == float("inf"):
            continue
        names = {str(s): _free(brief, week, str(s), channel) for s in rows["segment"].unique()}
        everyone = [_free(brief, week, str(s), channel) for s in (*brief.segments, *names)]
        yield "bulk_sending", f"{channel} / {week}", float(rows["quantity"].sum()), daily * len(set().union(*everyone))
        for name, days in names.items():
            sent = float(rows.loc[rows["segment"] == name, "quantity"].sum())
            yield "bulk_sending", f"{channel} / {name} / {week}", sent, daily * len(days)


def _consent(brief: Brief, made: pd.DataFrame, shown: pd.DataFrame) -> Iterator[Row]:
    """Messages to people who have not been heard of for too long: whole months from the day of their consent to the end of a week."""
    personal = load_tables().channels
    for row in _each(shown[shown["channel"].map(lambda c: bool(personal.get(c, {}).get("personal")))]):
        segment = brief.segments.get(row.segment) or Segment()
        if segment.consent_date is None:
            continue
        end = min(brief.first_day + dt.timedelta(days=7 * int(row.week) - 1), brief.last_day)
        ends = pd.Timestamp(segment.consent_date) + pd.DateOffset(months=segment.inactive_months)
        yield "consent", f"{row.item} / {row.segment} / {row.channel} / {row.week}", float(pd.Timestamp(end) > ends), 0.0


def _presence(brief: Brief, made: pd.DataFrame, shown: pd.DataFrame) -> Iterator[Row]:
    """What is missing of the least placements of a week, on the channels that the brief names and those of the networks that it names."""
    homes, asked = load_tables().networks, list(brief.presence.items())
    for channel in brief.channels:
        own = sum(least for name, least in asked if name == channel)
        nets = sum(least for name, least in asked if name not in brief.channels and homes.get(name, {}).get("channel") == channel)
        least = max(own, nets)
        for week in range(1, (brief.last_day - brief.first_day).days // 7 + 2 if least else 1):
            if any(_free(brief, week, name, channel) for name in brief.segments or ["everyone"]):
                rows = shown[(shown["channel"] == channel) & (shown["week"] == week)]
                yield "presence", f"{channel} / {week}", least - _placed(brief, rows), 0.0


def _channels(brief: Brief, made: pd.DataFrame, shown: pd.DataFrame) -> Iterator[Row]:
    for name, used in shown.groupby("channel", sort=True)["spend"].sum().items():
        terms = brief.channels.get(str(name))
        if terms is None:
            yield "channel", str(name), float(used) or 1.0, 0.0
            continue
        if terms.maximum is not None:
            yield "channel", str(name), float(used), terms.maximum
        if used > 0:
            yield "channel_minimum", str(name), terms.minimum, float(used)


def _shares(brief: Brief, made: pd.DataFrame, shown: pd.DataFrame) -> Iterator[Row]:
    media = float(shown["spend"].sum())
    if media <= 0:
        return
    for stage, share in brief.stages.items():
        yield "stage_share", stage, 1 - float(shown.loc[shown["stage"] == stage, "spend"].sum()) / media, 1 - share


def _tests(brief: Brief, shown: pd.DataFrame, promised: bool) -> Iterator[Row]:
    """What may go to placements that teach nothing."""
    media, learning = (float(rows["spend"].sum()) for rows in (shown, shown[shown["verdict"].isin(["test", "too_early"])]))
    if learning > 0 or (promised and media > 0):
        yield "test_share", "all", 1 - learning / media, 1 - brief.test_share


def _pieces(brief: Brief, made: pd.DataFrame, shown: pd.DataFrame) -> Iterator[Row]:
    for kind, count in made["content_type"].value_counts(sort=False).items():
        yield "pieces", str(kind), float(count), float(brief.making(str(kind))[2])
    for row in _each(made):
        allowed = (not brief.brand.allowed or row.style in brief.brand.allowed) and row.style not in brief.brand.forbidden
        yield "style", row.item, float(not allowed), 0.0
        yield "stage", row.item, float(bool(brief.stages) and row.stage not in brief.stages), 0.0
        yield "length", row.item, float(bool(brief.lengths) and row.length not in (*brief.lengths, "none")), 0.0
        yield "unused", row.item, float(not (shown["item"] == row.item).any()), 0.0
    yield "twice", "all", float(made.duplicated(["content_type", "style", "length", "stage"]).sum()), 0.0
    yield "twice", "all", float(shown.duplicated(["item", "segment", "channel", "week"]).sum()), 0.0


def _placements(brief: Brief, made: pd.DataFrame, shown: pd.DataFrame) -> Iterator[Row]:
    """Size, silence and exclusions of each placement; how often the same people see the same thing."""
    personal = load_tables().channels
    for row in _each(shown):
        scope = f"{row.item} / {row.segment} / {row.channel} / {row.week}"
        terms = brief.channels.get(row.channel)
        yield "stage", scope, float(row.stage != row.piece_stage), 0.0
        yield "segment", scope, float(bool(brief.segments) and row.segment not in brief.segments), 0.0
        for rule in brief.exclude:
            yield "exclude", scope, float(all(getattr(row, axis) == level for axis, level in rule.given().items())), 0.0
        open_days = len(_free(brief, row.week, row.segment, row.channel, consent=False))
        yield "mute", scope, float(open_days == 0), 0.0
        if terms and not personal.get(row.channel, {}).get("personal"):
            size = _lot(brief, row.segment, row.channel)
            yield "placement", scope, row.quantity / size if size else float("inf"), float(-(-terms.per_week * open_days // 7))
    for (item, name, channel), rows in shown.groupby(["item", "segment", "channel"], sort=True):
        people = _people(brief, str(name), str(channel))
        slack = 1.5 * (_lot(brief, str(name), str(channel)) if brief.channels.get(str(channel)) else 0.0)
        yield "repeat", f"{item} / {name} / {channel}", float(rows["quantity"].sum()), 3 * people + slack


def _free(brief: Brief, week: int, segment: str, channel: str, *, consent: bool = True) -> set[dt.date]:
    """Days of a week on which a segment may be addressed on a channel; none where consent (if it counts) ends before the week does."""
    first = brief.first_day + dt.timedelta(days=7 * (int(week) - 1))
    days = {day for k in range(7) if (day := first + dt.timedelta(days=k)) <= brief.last_day}
    for m in brief.mutes:
        if m.segment in (None, segment) and m.channel in (None, channel):
            days = {day for day in days if not m.first_day <= day <= m.last_day}
    who, message = brief.segments.get(segment), load_tables().channels.get(channel, {}).get("personal")
    if consent and message and who and who.consent_date:
        last = min(first + dt.timedelta(days=6), brief.last_day)
        ends = pd.Timestamp(who.consent_date) + pd.DateOffset(months=who.inactive_months)
        return days if pd.Timestamp(last) <= ends else set()
    return days


def _wants(brief: Brief, made: pd.DataFrame, shown: pd.DataFrame) -> Iterator[Row]:
    """Demands, told as what is missing of them."""
    last = (brief.last_day - brief.first_day).days // 7 + 1
    wants: list[tuple[str, str, _Where, int, int]] = [
        (f"must_have.{k}", "must_have", w, w.least, last) for k, w in enumerate(brief.must_have)
    ]
    wants += [(f"fixed_dates.{k}", "fixed_date", d, 1, (d.day - brief.first_day).days // 7 + 1) for k, d in enumerate(brief.fixed_dates)]
    for scope, code, want, least, week in wants:
        given = want.given()
        fits = pd.Series(True, index=shown.index)
        for axis in CELL:
            fits &= (shown[axis] == given[axis]) if axis in given else True
        in_time = shown[fits & (shown["week"] <= week)]
        whole = code == "must_have" and not (want.segment or want.channel)
        yield code, scope, float(least - (in_time["item"].nunique() if whole else _placed(brief, in_time))), 0.0


def _placed(brief: Brief, rows: pd.DataFrame) -> float:
    """How many whole placements some rows of a schedule come to."""
    return sum(row.quantity / max(1.0, float(int(_lot(brief, row.segment, row.channel)))) for row in _each(rows))
