"""What a client asks for, as one validated file: money, dates, people, channels, production, and what must or must not happen.

A brief is TOML (`reading` says what is wrong in one).
What is left out has a default that promises nothing: no consent, no free reach, a modest price for each piece.
"""

from __future__ import annotations

import calendar
import datetime as dt
import itertools
import math
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from mktlib.results import CELL
from mktlib.vocabulary import Tables, load_tables, sending_rules

Unit = Literal["thousand_impressions", "click", "delivered", "none"]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Money = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]


Day = Annotated[dt.date, Field(ge=dt.date(1970, 1, 1), le=dt.date(2200, 1, 1))]


class _Entry(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Objective(_Entry):
    """What counts: one metric and what one of its events is worth, everywhere or by stage. No value: the events themselves are counted."""

    metric: str = "click_rate"
    value: Money | dict[str, Money] | None = None


class Brand(_Entry):
    """Styles that the brand may and may not use; an empty `allowed` allows all that are not forbidden."""

    allowed: list[str] = []
    forbidden: list[str] = []


def _inactive_months() -> int:
    return int(sending_rules()["retention"]["value"])


class Segment(_Entry):
    """People of one group: how many, the share that ads can reach, the share that agreed to messages by channel (unsaid is no),
    how many messages one person accepts in a week and in four weeks, when they agreed or were last heard of (after so many months
    nobody writes to them any more), and the hour (0 to 23) at which they read messages, by channel."""

    size: Annotated[int, Field(gt=0, le=10**10)] = 10_000
    reach: Share = 0.6
    consent: Share | dict[str, Share] = 0.0
    cap_per_week: Annotated[int, Field(ge=0, le=1000)] = 2
    cap_per_month: Annotated[int, Field(ge=0, le=4000)] = 6
    consent_date: Day | None = None
    inactive_months: Annotated[int, Field(ge=1, le=1200)] = Field(default_factory=_inactive_months)
    hours: dict[str, Annotated[int, Field(ge=0, le=23)]] = {}

    @property
    def last_message_day(self) -> dt.date | None:
        """The last day on which they may be written to; None where the brief does not say when they agreed."""
        if self.consent_date is None:
            return None
        year, month = divmod(self.consent_date.year * 12 + self.consent_date.month - 1 + self.inactive_months, 12)
        day = min(self.consent_date.day, calendar.monthrange(year, month + 1)[1])
        return dt.date(year, month + 1, day)

    def agreed(self, channel: str) -> float:
        """People who agreed to be written to on a channel."""
        share = self.consent.get(channel, 0.0) if isinstance(self.consent, dict) else self.consent
        return share * self.size


class Channel(_Entry):
    """Price of one cost unit (a thousand impressions, a click, a message), least and most money, and the size of one placement."""

    price: Money = 0.0
    unit: Unit | None = None
    minimum: Money = 0.0
    maximum: Money | None = None
    quantity: Annotated[float, Field(ge=1, allow_inf_nan=False)] = 10_000.0
    per_week: Annotated[int, Field(ge=1, le=50)] = 3


class Production(_Entry):
    """What one piece of a content type costs, the working days it takes, how many the team wants at most, and who answers for it."""

    cost: Money | None = None
    days: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 3.0
    most: Annotated[int, Field(ge=0, le=1_000_000)] = 3
    owner: str = ""


class Team(_Entry):
    """Working days a week, those at hand before the first week, and who answers for what nobody else does."""

    days_per_week: Money = 5.0
    days_before: Money = 0.0
    owner: str = ""


class Sending(_Entry):
    """How the sender of e-mails stands with mailbox providers: what is proved, what is offered, the share of readers who complain."""

    authenticated: bool = True
    one_click_unsubscribe: bool = True
    complaint_rate: Share = 0.0

    @property
    def bulk(self) -> bool:
        """Whether the rules for bulk senders are met."""
        few = self.complaint_rate < float(sending_rules()["complaint_most"]["value"])
        return self.authenticated and self.one_click_unsubscribe and few


class Place(_Entry):
    """Somewhere to advertise around: the share of each segment that lives in reach, and the channels that are bought only there."""

    share: Share | dict[str, Share] = 1.0
    channels: list[str] = []

    def near(self, segment: str) -> float:
        """Share of a segment that lives in reach; a segment that a table of shares leaves out has nobody there."""
        return self.share.get(segment, 0.0) if isinstance(self.share, dict) else self.share


class _Where(_Entry):
    """Some axes of a cell; an axis left out means any."""

    segment: str | None = None
    stage: str | None = None
    content_type: str | None = None
    style: str | None = None
    length: str | None = None
    channel: str | None = None

    def given(self) -> dict[str, str]:
        return {axis: value for axis in CELL if (value := getattr(self, axis)) is not None}

    def rows(self, table: pd.DataFrame) -> pd.Series:
        """Which rows of a table it speaks of."""
        chosen = pd.Series(True, index=table.index)
        for axis, value in self.given().items():
            chosen &= table[axis].astype(object) == value
        return chosen


class Want(_Where):
    """At least so many pieces that fit; so many placements, where a segment or a channel is named."""

    least: Annotated[int, Field(ge=1)] = 1


class FixedDate(_Where):
    """Something that fits is shown by the week of a day (a launch, a holiday)."""

    name: str = ""
    day: dt.date


class Mute(_Entry):
    """Days on which nothing is published, everywhere or for one channel or segment."""

    name: str = ""
    first_day: dt.date
    last_day: dt.date
    segment: str | None = None
    channel: str | None = None


def _price(value: Any) -> Any:
    return {"price": value} if isinstance(value, int | float) and not isinstance(value, bool) else value


class Brief(_Entry):
    """A whole brief. Required: first_day, last_day, budget, channels; `read_brief` fills it from a file."""

    name: str = "Campaign"
    language: str = "en"
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "EUR"
    first_day: Day
    last_day: Day
    budget: Annotated[float, Field(gt=0, le=1e12, allow_inf_nan=False)]
    objective: Objective = Objective()
    brand: Brand = Brand()
    segments: dict[str, Segment] = {}
    stages: dict[str, Share] = {}
    lengths: list[str] = []
    channels: Annotated[dict[str, Annotated[Channel, BeforeValidator(_price)]], Field(min_length=1)]
    presence: dict[str, Annotated[int, Field(ge=1, le=1000)]] = {}
    flows: dict[str, Share] = {}
    sending: Sending = Sending()
    places: dict[str, Place] = {}
    production: dict[str, Production] = {}
    team: Team = Team()
    fixed_dates: list[FixedDate] = []
    mutes: list[Mute] = []
    must_have: list[Want] = []
    exclude: list[_Where] = []
    topics: dict[str, _Where] = {}
    test_share: Share = 0.1
    risk: Annotated[float, Field(ge=0, lt=1)] = 0.0
    wear: Share = 0.6
    saturation: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None

    @property
    def weeks(self) -> int:
        """Weeks of the campaign, counted from its first day; the last one may be short."""
        return math.ceil(((self.last_day - self.first_day).days + 1) / 7)

    def week_days(self, week: int) -> list[dt.date]:
        """The days of week 1, 2, ..."""
        start = self.first_day + dt.timedelta(days=7 * (week - 1))
        days = [start + dt.timedelta(days=k) for k in range(7)]
        return [day for day in days if day <= self.last_day]

    def open_days(self, week: int, segment: str, channel: str) -> list[dt.date]:
        """Days of a week on which a segment may be addressed on a channel; for messages none once consent runs out in it or before."""
        days, last = self.week_days(week), self.segments[segment].last_message_day if segment in self.segments else None
        if last is not None and days[-1] > last and load_tables().channels.get(channel, {}).get("personal"):
            return []
        muted = [m for m in self.mutes if m.segment in (None, segment) and m.channel in (None, channel)]
        return [day for day in days if not any(m.first_day <= day <= m.last_day for m in muted)]

    def open_share(self, week: int, segment: str, channel: str) -> float:
        """Share of a week in which a segment may be addressed on a channel."""
        return len(self.open_days(week, segment, channel)) / 7

    def channel_days(self, week: int, channel: str) -> list[dt.date]:
        """Days of a week on which at least one segment may be addressed on a channel."""
        return sorted({day for segment in self.segments or ["everyone"] for day in self.open_days(week, segment, channel)})

    def least_a_week(self) -> dict[str, int]:
        """channel -> least placements in each week that is not fully muted. A plan cannot tell the networks of a channel apart: what is
        asked for each of them is asked for together, on their channel."""
        networks, asked = load_tables().networks, dict[str, int]()
        for name, least in self.presence.items():
            if name in networks and name not in self.channels:
                asked[networks[name]["channel"]] = asked.get(networks[name]["channel"], 0) + least
        return {c: max(asked.get(c, 0), self.presence.get(c, 0)) for c in self.channels if c in asked or c in self.presence}

    def near(self, segment: str, channel: str) -> float:
        """Share of a segment that lives where a channel is bought: everywhere, or in reach of its places, taken not to overlap."""
        places = [place for place in self.places.values() if channel in place.channels]
        return min(1.0, sum(place.near(segment) for place in places)) if places else 1.0

    def people(self, segment: str, channel: str, *, message: bool) -> float:
        """People of a segment that a channel can reach: those who agreed (messages) or whom ads reach, near its places."""
        row = self.segments.get(segment) or Segment()
        return (row.agreed(channel) if message else row.size * row.reach) * self.near(segment, channel)

    def most_a_day(self, channel: str) -> float:
        """Messages that may leave in a day on a channel, all segments together: below bulk where the rules for bulk are not met."""
        rule = sending_rules()["bulk_from"]
        return float(rule["value"]) - 1 if channel in rule["channels"] and not self.sending.bulk else math.inf

    def making(self, content_type: str) -> tuple[float, float, int]:
        """(cost, days, most pieces) of a content type: its own entry, else `production.default`, else one per cent of the budget."""
        row = self.production.get(content_type) or self.production.get("default") or Production()
        return row.cost if row.cost is not None else 0.01 * self.budget, row.days, row.most

    def event_value(self, stage: str) -> float:
        """What one event is worth at a stage; a stage without a value is worth nothing; 1 where events are counted."""
        value = self.objective.value
        return 1.0 if value is None else float(value.get(stage, 0.0)) if isinstance(value, dict) else float(value)

    def cells(self, *, tables: Tables | None = None) -> pd.DataFrame:
        """Every combination that the brief names and the tables allow: one row a cell, the columns of `CELL`."""
        tables = tables or load_tables()
        kinds = [k for k in self.production if k != "default"] or list(tables.content_types)
        styles = self.brand.allowed or [s for s in tables.styles if s not in self.brand.forbidden]
        axes = (
            list(self.segments) or ["everyone"], list(self.stages) or list(tables.stages), kinds, styles,
            [*(self.lengths or ["short", "medium"]), "none"], list(self.channels),
        )  # fmt: skip
        rows = [row for row in itertools.product(*axes) if tables.allows(dict(zip(CELL, row, strict=True)))]
        return pd.DataFrame(rows, columns=list(CELL))
