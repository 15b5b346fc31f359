"""Posts as numbers: when, of which group, how many of what; every problem of the frame at once, and what is taken out as trend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.glmm.week import kind_columns
from mktlib.intake.inputs import absent, as_group, moments, not_numbers, not_zone, numbers
from mktlib.vocabulary import finding

ALL = "all"


@dataclass(frozen=True, kw_only=True)
class Posts:
    """Posts in the order of their moments, one entry each.

    group: names; at: days since 1970 (UTC); weekday 0..6, hour (with its fraction) and day (0, 1, ... each local day) on the clock of the
    zone; y, n: the two counts; kinds: (posts, kinds - 1) columns of content types about their mean; groups: their names in order.
    """

    group: np.ndarray
    at: np.ndarray
    weekday: np.ndarray
    hour: np.ndarray
    day: np.ndarray
    y: np.ndarray
    n: np.ndarray
    kinds: np.ndarray
    kind: np.ndarray
    groups: tuple[str, ...]
    findings: tuple[Finding, ...] = ()

    def only(self, name: str) -> Posts:
        """The posts of one group, content types counted anew."""
        mine = self.group == name
        cut = {k: getattr(self, k)[mine] for k in ("group", "at", "weekday", "hour", "y", "n", "kind")}
        return replace(
            self, **cut, day=np.unique(self.day[mine], return_inverse=True)[1], kinds=kind_columns(self.kind[mine]), groups=(name,)
        )


def read_posts(frame: pd.DataFrame, *, by: str | None, counts: Sequence[str], zone: str, found: list[Finding]) -> Posts:
    """The posts of a frame, those that lack a number or a moment left out and told.

    Raises:
        DataError: everything in `found`, and every problem of the frame.
    """
    lacking = absent(frame, [c for c in ("at", by) if c is not None])
    found = [*found, *lacking, *not_zone(zone), *(f for c in dict.fromkeys(counts) if c in frame for f in not_numbers(frame, c))]
    when, bad = moments(frame, "at") if "at" in frame else (None, [])
    found += bad
    if frame.empty:
        found.append(finding("E_NO_ROWS", found="0"))
    found += twice(frame)
    if found:
        raise DataError(found)
    assert when is not None
    y, n = (numbers(frame, c, blank=np.nan).to_numpy() for c in (counts[0], counts[-1]))
    told = when.notna().to_numpy() & np.isfinite(y) & np.isfinite(n) & (n > 0)
    notes = [] if told.all() else [finding("N_POSTS_LEFT", level="note", found=str(int((~told).sum())), expected=", ".join(counts))]
    if not told.any():
        raise DataError(finding("E_NO_ROWS", found="0"))
    order = np.flatnonzero(told)[np.argsort(when.to_numpy()[told], kind="stable")]
    local = when.iloc[order].dt.tz_convert(zone)
    group = as_group(frame[by]).iloc[order].to_numpy(object) if by else np.full(len(order), ALL, object)
    kind = as_group(frame["content_type"]).iloc[order].to_numpy(str) if "content_type" in frame else np.full(len(order), "")
    return Posts(
        group=group, at=days_since(when.iloc[order]), weekday=local.dt.day_of_week.to_numpy(), kind=kind,
        hour=(local.dt.hour + local.dt.minute / 60).to_numpy(float), day=np.unique(local.dt.date.to_numpy(), return_inverse=True)[1],
        y=y[order], n=n[order], kinds=kind_columns(kind), groups=tuple(sorted(set(group))), findings=tuple(notes),
    )  # fmt: skip


def days_since(when: pd.Series) -> np.ndarray:
    """Days since 1970, an hour being a part of one."""
    return (when.dt.tz_localize(None) - pd.Timestamp("1970-01-01")).dt.total_seconds().to_numpy(float) / 86_400


def twice(frame: pd.DataFrame) -> list[Finding]:
    """A post that stands twice would count twice."""
    if "post_id" not in frame:
        return []
    again = (frame["post_id"].notna() & frame["post_id"].astype(str).ne("") & frame["post_id"].duplicated()).to_numpy(bool)
    if not again.any():
        return []
    at = int(again.argmax())
    return [finding("E_POST_TWICE", column="post_id", line=at + 2, found=frame["post_id"].iloc[at], count=int(again.sum()))]
