"""Alarms told: one row an episode, the series behind them, the facts and what the user should know."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import nbinom

from mktlib.errors import Finding
from mktlib.reputation import scan as volume
from mktlib.reputation import souring as tone
from mktlib.reputation.alarms import TONE_PART, WARM, Seen, is_tone, lengths, rarities
from mktlib.reputation.counted import Counted, Spans
from mktlib.reputation.episodes import LEVELS, Episode
from mktlib.reputation.scatter import NODES
from mktlib.reputation.topics import over_represented
from mktlib.vocabulary import finding

THIN = 1.0
"""Mentions a day below which only large bursts can be told."""


def table(seen: Seen, raised: list[Episode]) -> pd.DataFrame:
    rows = [_row(seen, episode, raised[:k]) for k, episode in enumerate(raised)]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    for column in ("at", "until", "watch_at", "alert_at", "crisis_at"):
        table[column] = pd.to_datetime(table[column], utc=True).astype("datetime64[ns, UTC]")
    return table.astype({c: kind for c, kind in COLUMNS.items() if kind != "time"})


COLUMNS: dict[str, Any] = {
    "at": "time", "level": object, "detector": object, "topic": object, "count": int, "expected": float, "ratio": float,
    "ratio_low": float, "ratio_high": float, "window_hours": int, "until": "time", "watch_at": "time", "alert_at": "time",
    "crisis_at": "time", "mentions": int, "usual": float, "negative": float, "negative_usual": float,
}  # fmt: skip


def _row(seen: Seen, episode: Episode, before: list[Episode]) -> dict[str, Any]:
    data, at = seen.data, episode.raised
    length = int(lengths(seen)[at])
    first = max(at - length + 1, 0)
    window, whole = slice(first, at + 1), slice(first, episode.last + 1)
    sour = bool(is_tone(seen)[at])
    found = _tone_size(seen, window, at) if sour else _size(seen, window, at, length)
    told = (data.told * data.there)[whole].sum()
    return {
        "at": _end(data, at), "level": episode.level, "detector": "tone" if sour else "volume",
        "topic": over_represented(data.said, first, at, [(e.first, e.last) for e in before]), **found, "window_hours": length,
        "until": _end(data, episode.over) if episode.over is not None else pd.NaT,
        **{f"{name}_at": _end(data, episode.reached[name]) if name in episode.reached else pd.NaT for name in LEVELS},
        "mentions": (data.count * data.there)[whole].sum(), "usual": seen.known.mean[0][whole].sum(),
        "negative": (data.negative * data.there)[whole].sum() / told if told else np.nan,
        "negative_usual": seen.usual.share[0, data.calendar.day[at]] if data.toned else np.nan,
    }  # fmt: skip


def _end(data: Counted, at: int) -> pd.Timestamp:
    return data.begin[at] + pd.Timedelta(hours=1)


def _size(seen: Seen, window: slice, at: int, length: int) -> dict[str, float]:
    """Count, expected and their ratio with its range (9 in 10), of a window of mentions."""
    known, day = seen.known, seen.data.calendar.day[at]
    count, mean = float((seen.data.count * seen.data.there)[window].sum()), float(known.mean[0][window].sum())
    excess = float(volume.excess(known, length, len(NODES) // 2)[0, day])
    doubt = float((known.doubt[0] * known.mean[0] ** 2)[window].sum()) / mean**2 + float(known.level[0, day])
    return {"count": count, "expected": mean, **_ratio(count / mean, (1 + excess) / count + doubt)}


def _tone_size(seen: Seen, window: slice, at: int) -> dict[str, float]:
    """The same of the negatives among those of known tone."""
    data, day = seen.data, seen.data.calendar.day[at]
    k, n = float((data.negative * data.there)[window].sum()), float((data.told * data.there)[window].sum())
    share, known, alike = (float(x[0, day]) for x in (seen.usual.share, seen.usual.known, seen.usual.alike))
    near = (k + 0.5) / (n + 1)
    doubt = (1 - near) / (near * n) * (1 + max(n - 1, 0) * alike) + (1 - share) / (share * known)
    return {"count": k, "expected": n * share, **_ratio(k / (n * share), doubt)}


def _ratio(ratio: float, variance: float) -> dict[str, float]:
    reach = float(np.exp(1.645 * np.sqrt(variance)))
    return {"ratio": ratio, "ratio_low": ratio / reach, "ratio_high": ratio * reach}


def series(seen: Seen, raised: list[Episode]) -> pd.DataFrame:
    """One row a bin; what no alarm may rest on is there as well."""
    data, mean = seen.data, seen.known.mean[0]
    excess = np.maximum(seen.known.hours[0, :, len(NODES) // 2][data.calendar.day], 1e-6)
    low, high = (np.where(mean > 0, nbinom.ppf(q, np.maximum(mean, 1e-9) / excess, 1 / (1 + excess)), 0.0) for q in (0.05, 0.95))
    loud, sour = rarities(seen)
    return pd.DataFrame(
        {
            "at": data.begin, "count": data.count.astype(int), "expected": mean, "low": low, "high": high,
            "negatives": data.negative.astype(int), "told": data.told.astype(int),
            "negative_usual": seen.usual.share[0][data.calendar.day] if data.toned else np.nan,
            "rarity": loud, "tone_rarity": sour, "window_hours": lengths(seen), "level": _standing(raised, len(data.begin)),
            "there": data.there > 0,
        }
    )  # fmt: skip


def _standing(raised: list[Episode], bins: int) -> np.ndarray:
    """(bins,) the level that stands in each bin, as it was known then."""
    out = np.full(bins, "", dtype=object)
    for episode in raised:
        end = bins if episode.over is None else episode.over + 1
        for name in LEVELS:
            if name in episode.reached:
                out[episode.reached[name] : end] = name
        for first, after in episode.pauses:
            out[first:after] = ""
    return out


def facts(seen: Seen, raised: list[Episode], spans: Spans) -> dict[str, Any]:
    data, known = seen.data, seen.known
    begin = int(data.calendar.start[min(WARM, data.calendar.days)])
    watched = float(data.there[begin:].sum()) / volume.YEAR
    middle = len(NODES) // 2
    return {
        "mentions": int(data.count.sum()), "first": data.begin[0], "as_of": _end(data, len(data.begin) - 1),
        "bins": "day" if data.daily else "hour",
        "days": data.calendar.days, "history_days": WARM, "watched_from": data.begin[begin] if begin < len(data.begin) else None,
        "watched_years": watched, "per_day": float(known.volume[0, -1]), "dispersion": float(1 + known.whole[0, -1, middle]),
        "dispersion_hours": float(1 + known.hours[0, -1, middle]), "tone": data.toned, "tone_read": data.read,
        "tone_part": TONE_PART if data.toned else 0.0, "negative_usual": float(seen.usual.share[0, -1]) if data.toned else None,
        "alarms": {name: sum(e.level == name for e in raised) for name in LEVELS}, "standing": [e.level for e in raised if e.over is None],
        "windows": [int(w) for w in volume.WINDOWS], "tone_windows": [int(w) for w in tone.WINDOWS],
        "muted": [(a.isoformat(), b.isoformat()) for a, b in spans.muted],
        "gaps": [(a.isoformat(), b.isoformat()) for a, b in spans.gaps],
        "silences": [(data.begin[a].isoformat(), _end(data, b - 1).isoformat()) for a, b in seen.silences],
    }  # fmt: skip


def findings(seen: Seen) -> list[Finding]:
    data, out = seen.data, []
    days = data.calendar.days
    if days <= WARM:
        out.append(finding("E_WATCH_SHORT", level="warning", found=str(days), expected=f"> {WARM}", most=WARM))
    elif seen.known.volume[0, -1] < THIN:
        out.append(finding("E_WATCH_THIN", level="warning", found=f"{seen.known.volume[0, -1]:.2g}"))
    if data.read:
        out.append(finding("E_TONE_READ", level="warning", column="sentiment_label"))
    if not data.toned:
        out.append(finding("E_WATCH_NO_TONE", level="note", column="sentiment_label"))
    for first, end in seen.silences:
        out.append(
            finding("E_WATCH_SILENCE", level="warning", found=f"{data.begin[first]:%Y-%m-%d %H:%M} - {_end(data, end - 1):%Y-%m-%d %H:%M}")
        )
    return out
