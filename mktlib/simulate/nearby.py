"""Five shops and the phones seen near them: two shops that share people, one that hardly anybody visits, and rows that are no place."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pandas as pd

from mktlib.simulate.world import FIRST, World

EARTH = 6_371_008.8
SHOPS: dict[str, dict[str, Any]] = {
    "marais": {"name": "Solène Paris Marais", "at": (48.8590, 2.3600), "people": 520, "scale": 380.0, "hours": "midday"},
    "bastille": {"name": "Solène Paris Bastille", "at": (48.8525, 2.3692), "people": 300, "scale": 300.0, "hours": "evening"},
    "lyon": {"name": "Solène Lyon Presqu’île", "at": (45.7610, 4.8330), "people": 400, "scale": 750.0, "hours": "saturday"},
    "nice": {"name": "Solène Nice Masséna", "at": (43.6970, 7.2700), "people": 270, "scale": 1100.0, "hours": "even"},
    "annecy": {"name": "Solène Annecy (éphémère)", "at": (45.8992, 6.1294), "people": 6, "scale": 300.0, "hours": "even"},
}
"""Where they are, how many phones are seen near each, how far they come (a gamma of shape 2 with this scale, in metres), when."""
WHEN = {
    "midday": (0.55, range(5), (11, 14)),
    "evening": (0.5, range(5), (18, 21)),
    "saturday": (0.6, (5,), (14, 18)),
    "even": (0.0, (), (9, 20)),
}
"""Share of visits that fall on these weekdays (0: Monday) and hours (Paris time); the others fall anywhere from nine to eight."""
FADES = 1500.0
"""Metres over which the chance that a visit ends in a purchase falls to 1/e of itself."""
BUYS = 0.5
MIX = {
    "marais": (0.55, 0.3, 0.15),
    "bastille": (0.6, 0.25, 0.15),
    "lyon": (0.3, 0.45, 0.25),
    "nice": (0.2, 0.3, 0.5),
    "annecy": (0.4, 0.3, 0.3),
}
SEGMENTS = ("city_trendsetters", "drivers", "luxury_lovers")
AGREED, BY_TEXT, BLUR = 0.82, 0.3, 25.0
"""Shares who agreed to the use of their position, and to text messages; metres by which a phone errs."""
WRONG = {"exchanged": 6, "zero": 5, "beyond": 3}


def shops() -> pd.DataFrame:
    """One row a shop."""
    rows = [(key, s["name"], *s["at"]) for key, s in SHOPS.items()]
    return pd.DataFrame(rows, columns=["place", "name", "latitude", "longitude"])


def nearby(world: World) -> pd.DataFrame:
    """One row a phone seen near a shop (UTC): who (hashed with a key not kept), where, when, and what was bought then."""
    rng = np.random.default_rng([world.seed, 43])
    parts = [_around(rng, key) for key in SHOPS]
    seen = pd.concat([part.assign(home=key) for key, part in zip(SHOPS, parts, strict=True)], ignore_index=True)
    person = seen.groupby(["home", "person"], sort=False).ngroup().to_numpy()
    key = rng.bytes(16)
    names = np.array([hashlib.blake2b(f"{i}".encode(), key=key, digest_size=5).hexdigest() for i in range(person.max() + 1)])
    of = {c: rng.random(len(names)) < share for c, share in (("consent_location", AGREED), ("consent_sms", BY_TEXT))}
    device = rng.choice(["android", "ios"], len(names), p=[0.62, 0.38])
    frame = pd.DataFrame({"member_id": names[person], "segment": seen["segment"], "device": device[person]})
    frame = frame.assign(**{c: yes[person].astype(int) for c, yes in of.items()}, at=seen["at"], latitude=seen["latitude"].round(5))
    frame = frame.assign(longitude=seen["longitude"].round(5), purchases=seen["purchases"])
    frame = _spoilt(rng, frame.sort_values(["at", "member_id"], kind="stable", ignore_index=True))
    return frame.assign(at=frame["at"].dt.strftime("%Y-%m-%dT%H:%M:00Z"))


def _around(rng: np.random.Generator, key: str) -> pd.DataFrame:
    """The phones of one shop: each has a spot at some distance, comes once or more, and is seen within the error of a phone."""
    shop, people = SHOPS[key], int(SHOPS[key]["people"])
    metres, bearing = rng.gamma(2.0, shop["scale"], people), rng.uniform(0, 2 * np.pi, people)
    who = np.repeat(np.arange(people), 1 + rng.poisson(1.4, people))
    east = metres[who] * np.sin(bearing[who]) + rng.normal(0, BLUR, len(who))
    north = metres[who] * np.cos(bearing[who]) + rng.normal(0, BLUR, len(who))
    lat, lon = shop["at"]
    return pd.DataFrame(
        {
            "person": who,
            "segment": rng.choice(SEGMENTS, people, p=MIX[key])[who],
            "at": _times(rng, len(who), *WHEN[shop["hours"]]),
            "latitude": lat + np.degrees(north / EARTH),
            "longitude": lon + np.degrees(east / EARTH / np.cos(np.radians(lat))),
            "purchases": (rng.random(len(who)) < BUYS * np.exp(-metres[who] / FADES)).astype(int),
        }
    )


def _times(rng: np.random.Generator, size: int, share: float, weekdays: Any, hours: tuple[int, int]) -> pd.Series:
    """Moments of the first 26 weeks; a share of them on certain weekdays and hours, by the clock of Paris."""
    monday = FIRST + pd.Timedelta(days=(7 - FIRST.weekday()) % 7)
    usual = rng.random(size) < share
    day = np.where(usual, rng.choice(list(weekdays) or [0], size), rng.integers(0, 7, size))
    first, last = np.where(usual, hours[0], 9), np.where(usual, hours[1], 20)
    minutes = first * 60 + (rng.random(size) * (last - first) * 60).astype(int)
    local = monday.tz_localize(None) + pd.to_timedelta(7 * rng.integers(0, 26, size) + day, unit="D") + pd.to_timedelta(minutes, unit="min")
    return pd.Series(local).dt.tz_localize("Europe/Paris").dt.tz_convert("UTC")


def _spoilt(rng: np.random.Generator, frame: pd.DataFrame) -> pd.DataFrame:
    """Some rows as exports have them: latitude and longitude exchanged, nought for unknown, beyond the world."""
    at = rng.choice(len(frame), sum(WRONG.values()), replace=False)
    turned, zero, beyond = np.split(at, np.cumsum(list(WRONG.values()))[:-1])
    lat, lon = frame["latitude"].to_numpy().copy(), frame["longitude"].to_numpy().copy()
    lat[turned], lon[turned] = frame["longitude"].to_numpy()[turned], frame["latitude"].to_numpy()[turned]
    lat[zero] = lon[zero] = 0.0
    lon[beyond] = 181.0
    return frame.assign(latitude=lat, longitude=lon)


def planted() -> dict[str, Any]:
    """What was planted: how far people come, when, how buying fades, and which rows are no place."""
    far = {key: {"people": s["people"], "median_m": round(1.67835 * s["scale"]), "hours": s["hours"]} for key, s in SHOPS.items()}
    return {"shops": far, "times_per_km": round(float(np.exp(-1000 / FADES)), 4), "buys": BUYS, "agreed": AGREED, "wrong_rows": WRONG}
