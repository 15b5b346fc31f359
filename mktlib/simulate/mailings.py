"""A list that gets the same messages at different hours: one segment clicks in the evening, another at any time, in three zones.

Half of the messages left at one hour for all, so that a good message makes a good hour; the others were split by lot. Opens are swollen
by mail programs that open by themselves, at all hours alike, and a welcome flow leaves when people sign up.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from mktlib.simulate.world import World

SIZES = {"city_trendsetters": 2_600, "parents": 2_400}
RATES = {"city_trendsetters": 0.03, "parents": 0.025}
KEEN, BEST, BETTER = "city_trendsetters", 19, 0.55
"""The segment that has a best local hour, that hour, and by how much (logit) it is better than hours far from it."""
NARROW = 3.0
ZONES = {"Europe/Paris": 0.82, "Europe/London": 0.12, "Asia/Kolkata": 0.06}
SENT_AT = (8, 10, 12, 15, 17, 19, 21)
FIRST, WEEKS, REFERENCE = pd.Timestamp("2026-02-02"), 20, 10
MESSAGE, SENDING, MACHINE, OPENED = 0.25, 0.06, 0.35, 0.22
COLUMNS = [
    "campaign_id", "content_type", "segment", "zone", "sent_at", "delivered", "opens_unique", "opens_unique_no_mpp", "clicks_unique"
]  # fmt: skip


def evening(hour: np.ndarray) -> np.ndarray:
    """Logit that the hour adds for the segment that has a best one."""
    return np.asarray(BETTER * np.exp(NARROW * (np.cos(2 * np.pi * (hour - BEST) / 24) - 1)))


def sends_hours(world: World) -> pd.DataFrame:
    """One row a message, segment, zone and moment (UTC)."""
    rng = np.random.default_rng([world.seed, 51])
    rows: list[tuple[Any, ...]] = []
    for k in range(2 * WEEKS):
        hours = rng.choice(SENT_AT, int(rng.choice([1, 2])), replace=False)
        day = FIRST + pd.Timedelta(days=7 * (k // 2) + int(rng.integers(0, 3)) + 3 * (k % 2))
        kind, luck = ("newsletter", "promo_email")[k % 2], rng.normal(0, MESSAGE)
        for hour in np.sort(hours):
            at = (day + pd.Timedelta(hours=int(hour))).tz_localize("Europe/Paris").tz_convert("UTC")
            rows += _sent(rng, f"C{k + 1:02d}", kind, at, luck + 0.15 * (kind == "promo_email"), 1 / len(hours))
    rows += _welcomes(rng)
    frame = pd.DataFrame(rows, columns=COLUMNS).sort_values(["sent_at", "campaign_id", "segment", "zone"], ignore_index=True)
    return frame.assign(sent_at=frame["sent_at"].dt.strftime("%Y-%m-%dT%H:%M:00Z"))


def _sent(rng: np.random.Generator, name: str, kind: str, at: pd.Timestamp, luck: float, part: float) -> list[tuple[Any, ...]]:
    """One message at one moment to every segment and zone."""
    out = []
    for segment, size in SIZES.items():
        for zone, share in ZONES.items():
            n = int(rng.binomial(size, share * part))
            hour = np.array(at.tz_convert(zone).hour, float)
            eta = logit(RATES[segment]) + luck + rng.normal(0, SENDING) + (evening(hour) if segment == KEEN else 0.0)
            human = int(rng.binomial(n, OPENED))
            machine = int(rng.binomial(n - human, MACHINE))
            out.append((name, kind, segment, zone, at, n, human + machine, human, int(rng.binomial(n, expit(eta)))))
    return out


def _welcomes(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """The welcome flow: a few people a week, at whatever hour they signed up, who click far more often."""
    out = []
    for week in range(WEEKS):
        at = (FIRST + pd.Timedelta(days=7 * week + int(rng.integers(7)), hours=int(rng.integers(20, 23)))).tz_localize("UTC")
        n = int(rng.integers(6, 15))
        human = int(rng.binomial(n, 0.5))
        out.append(("WELCOME", "automated_email", "parents", "Europe/Paris", at, n, human, human, int(rng.binomial(n, 0.2))))
    return out


def planted() -> dict[str, Any]:
    """What is true of the list: of whom an hour is better, by how much beside 10:00, and of whom none is."""
    rate = expit(logit(RATES[KEEN]) + evening(np.array([float(BEST), float(REFERENCE)])))
    told = {"segment": KEEN, "hour": BEST, "reference": REFERENCE, "lift": round(float(rate[0] / rate[1] - 1), 4)}
    return {"send_hours": told | {"none": ["parents"], "zones": list(ZONES), "automatic": WEEKS}}
