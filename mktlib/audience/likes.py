"""What an audience likes: engagements per impression by format, length and style, each post with its own luck.

Formats are not shown on the same networks, so that a raw average compares networks as much as formats. Each rate here is that of the
usual mix of networks (direct standardisation; Rothman 2008, Modern Epidemiology, chapter 15), drawn from the scorer's joint posterior.
People chose what they saw, and the firm what it posted when: a liked format is no proof that more of it would be liked as much.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mktlib.intake.inputs import as_group, numbers
from mktlib.results import LIKES
from mktlib.scoring import ContentScorer

AXES = ("content_type", "length", "style")
DRAWS = 4000


def liked(posts: pd.DataFrame, level: float = 0.9, axes: Sequence[str] = AXES) -> pd.DataFrame:
    """One row a level of each axis that the posts have, most liked first: `LIKES`.

    posts: one row a post, with impressions, engagements, any of the axes, and network where there are several. rate: engagements per
    impression on the usual mix of networks. times: the rate over the mean of the axis. verdict: better or worse where the range of
    times, widened for as many levels as the axis has, leaves 1 aside; else undecided.

    Returns a frame without rows where nothing was shown.
    """
    shown = _counted(posts)
    parts = [_axis(shown, axis, level) for axis in axes if axis in shown and len(shown)]
    return pd.concat(parts, ignore_index=True) if parts else _nothing()


def _nothing() -> pd.DataFrame:
    return pd.DataFrame({c: pd.Series(dtype=object if c in ("axis", "value", "verdict") else float) for c in LIKES})


def _counted(posts: pd.DataFrame) -> pd.DataFrame:
    """Posts that were shown, with a piece's identity and a network."""
    piece = posts["content_id"] if "content_id" in posts else posts["post_id"] if "post_id" in posts else pd.Series(posts.index)
    out = posts.assign(
        impressions=numbers(posts, "impressions", blank=np.nan), engagements=numbers(posts, "engagements", blank=np.nan),
        content_id=piece.astype(str).to_numpy(), network=as_group(posts["network"]) if "network" in posts else "(missing)",
    )  # fmt: skip
    return out[out["impressions"].gt(0) & out["engagements"].notna()]


def _axis(shown: pd.DataFrame, axis: str, level: float) -> pd.DataFrame:
    """The rows of one axis."""
    log = shown.assign(**{axis: as_group(shown[axis])})[[axis, "network", "content_id", "impressions", "engagements"]]
    by = (axis, "network") if len(log["network"].unique()) > 1 else (axis,)
    scorer = ContentScorer("engagement_rate", by=by, priors="flat", level=level).fit(log)
    mix = log.groupby("network")["impressions"].sum() / log["impressions"].sum()
    known = log.groupby(axis, sort=True).agg(posts=("content_id", "size"), impressions=("impressions", "sum")).reset_index()
    cells = pd.MultiIndex.from_product([known[axis], mix.index], names=[axis, "network"]).to_frame(index=False)
    draws = scorer.draws(cells[list(by)], DRAWS).reshape(DRAWS, len(known), len(mix)) @ mix.to_numpy()
    times = draws / draws.mean(axis=1, keepdims=True)
    ends, about = (np.quantile(x, [(1 - level) / 2, (1 + level) / 2], axis=0) for x in (draws, times))
    out = known.rename(columns={axis: "value"}).assign(
        axis=axis, rate=draws.mean(axis=0), low=ends[0], high=ends[1],
        times=times.mean(axis=0), times_low=about[0], times_high=about[1], verdict=_verdicts(times, level),
    )  # fmt: skip
    return out[list(LIKES)].sort_values("rate", ascending=False, kind="stable", ignore_index=True)


def _verdicts(times: np.ndarray, level: float) -> list[str]:
    """Which levels lie apart from the mean of all, each at a level that all together keep (Bonferroni)."""
    tail = (1 - level) / 2 / times.shape[1]
    low, high = np.quantile(times, [tail, 1 - tail], axis=0)
    return [
        "undecided" if times.shape[1] < 2 else "better" if a > 1 else "worse" if b < 1 else "undecided"
        for a, b in zip(low, high, strict=True)
    ]
