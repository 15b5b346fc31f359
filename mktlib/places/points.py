"""Points and places as they come: coordinates read or set aside with the reason, who agreed, who is one person.

Nothing is mended in silence. A point of a person that is no place on a map, or that was clearly exchanged, is set aside with its line and
what it probably meant; where most are so, the whole table is refused, since then it is the column that is wrong and not the row. A place
is never set aside: a shop that vanished from a table would be missed by nobody.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from mktlib.errors import DataError, Finding, Level
from mktlib.intake import to_pandas
from mktlib.intake.engines import as_floats
from mktlib.intake.inputs import as_group, identities
from mktlib.places import sphere
from mktlib.places.folds import ALL, OTHERS
from mktlib.vocabulary import finding, nearest

NAMES = {"latitude": ("latitude", "lat"), "longitude": ("longitude", "lon", "lng", "long")}
PEOPLE = ("member_id", "customer_id", "person_id", "user_id")
PLACES = ("place", "store_id", "place_id", "name")
YES = {"1", "1.0", "true", "yes", "y", "oui", "vrai"}
ZERO = 0.005
"""Degrees around 0, 0 in which a pair is a blank that was written as a number."""
FAR, CLOSE = 1_000_000.0, {"visits": 300_000.0, "places": 1_000_000.0}
"""Metres: a point this far from everything, that would lie this close if exchanged, was exchanged. Of places a wider circle does: a shop
without a visitor around is still a shop of the same country, and nobody would be counted at one so far away."""
LONGEST = 60
"""Signs of a cell that are looked at to guess what it means."""
NAMED = {"visits": 3, "places": 20}
"""Rows that are told one by one."""
DEGREES = re.compile(
    r"""^\s*(\d{1,3})\s*[°ºd:\s]\s*(\d{1,2})\s*['’′m:\s]\s*(\d{1,2}(?:[.,]\d+)?)?\s*(?:["”″s]|''|’’)?\s*([NSEWO])?\s*$""", re.I
)
NORTH_SOUTH, EAST_WEST = ("N", "S"), ("E", "W", "O")
PLAIN = re.compile(r"^\s*([+-]?\d+(?:[.,]\d+)?)\s*[°º]?\s*([NSEWO])?\s*$", re.I)


@dataclass(frozen=True, kw_only=True)
class Points:
    """Rows that count, and what became of the others.

    at: (n, 3) on the unit sphere; latitude, longitude: (n,) degrees; who: (n,) a number a person; row: (n,) the row of the frame.
    people: distinct people. counted: rows read, set_aside (no place), no_consent, kept; consent: the column that said so, or None.
    step: degrees to which the coordinates are rounded, 0 where they are finer than 0.001. frame: the rows as they came.
    """

    at: np.ndarray
    latitude: np.ndarray
    longitude: np.ndarray
    who: np.ndarray
    row: np.ndarray
    people: int
    counted: dict[str, int]
    consent: str | None
    step: float
    frame: pd.DataFrame
    findings: tuple[Finding, ...]


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where people may be near to: name (k,), at (k, 3), latitude, longitude (k,), frame: their rows."""

    name: np.ndarray
    at: np.ndarray
    latitude: np.ndarray
    longitude: np.ndarray
    frame: pd.DataFrame


@dataclass(frozen=True)
class Coordinates:
    """latitude, longitude: (n,) degrees, NaN where set aside; said: row -> (what was written, what it probably means), of people never
    finer than a kilometre; turned: rows of those whose latitude and longitude were exchanged."""

    latitude: np.ndarray
    longitude: np.ndarray
    said: dict[int, tuple[str, str | None]]
    turned: set[int] = field(default_factory=set)

    @property
    def known(self) -> np.ndarray:
        return np.isfinite(self.latitude)


def read_both(visits: Any, places: Any, *, person: str | None = None, consent: str | None = None) -> tuple[Points, Places]:
    """Points and places of any engine, every problem of both at once.

    Raises:
        DataError: columns are lacking, a place has no name or no position (or an exchanged one), most coordinates are none, no row is left.
    """
    frames = {"visits": to_pandas(visits).reset_index(drop=True), "places": to_pandas(places).reset_index(drop=True)}
    wrong = [f for name, frame in frames.items() for f in _lacking(name, frame)]
    wrong += [_no_column("visits", frames["visits"], c) for c in (person, consent) if c is not None and c not in frames["visits"]]
    named = next((c for c in PLACES if c in frames["places"]), None)
    wrong += [] if named else [_no_column("places", frames["places"], "place")]
    wrong += [finding("E_NO_ROWS", file=name, found="0") for name, frame in frames.items() if frame.empty]
    if wrong or named is None:
        raise DataError(wrong)
    read = {name: coordinates(frame, table=name) for name, frame in frames.items()}
    turned = {name: _exchanged(read[name], read[other], CLOSE[name]) for name, other in (("places", "visits"), ("visits", "places"))}
    if 2 * len(turned["places"]) > len(frames["places"]) and 2 * len(turned["visits"]) > len(frames["visits"]):
        raise DataError(finding("E_COORDINATES_TURNED", file="visits, places"))
    for name, rows in turned.items():
        rows = rows if name == "places" or not len(turned["places"]) else _exchanged(read["visits"], read["places"], CLOSE[name])
        _put_aside(read[name], rows, name)
    wrong = [f for name, frame in frames.items() for f in _mostly(name, frame, read[name])]
    if wrong:
        raise DataError(wrong)
    return _points(frames["visits"], read["visits"], person, consent), _places(frames["places"], read["places"], named)


# ---------------------------------------------------------------- coordinates


def column_of(frame: pd.DataFrame, what: str) -> str | None:
    """The column that holds latitudes or longitudes, under any of its usual names."""
    names = {str(c).strip().lower(): c for c in frame.columns}
    return next((str(names[n]) for n in NAMES[what] if n in names), None)


def coordinates(frame: pd.DataFrame, *, table: str = "visits") -> Coordinates:
    """The two columns as degrees; what is no place on a map is NaN, and said: roughly of people, as it stands of places.

    >>> coordinates(pd.DataFrame({"lat": ["48.85", "48,85"], "lon": ["2.35", "2,35"]})).said
    {1: ('48,85 / 2,35', 'latitude 48.85, longitude 2.35')}
    """
    cells = [frame[column_of(frame, what)] for what in NAMES]
    lat, lon = (as_floats(c).to_numpy(float).copy() for c in cells)
    with np.errstate(invalid="ignore"):
        fine = (np.abs(lat) <= 90) & (np.abs(lon) <= 180) & ~((np.abs(lat) < ZERO) & (np.abs(lon) < ZERO))
    said = {int(i): _meant(*(c.iloc[i] for c in cells), exact=table == "places") for i in np.flatnonzero(~fine)[: NAMED[table]]}
    lat[~fine] = lon[~fine] = np.nan
    return Coordinates(lat, lon, said)


def _meant(lat: object, lon: object, *, exact: bool) -> tuple[str, str | None]:
    """What was written, and what it probably means."""
    written = " / ".join("–" if x is None or x is pd.NA or x != x else str(x) if exact else _coarse(str(x)) for x in (lat, lon))
    values = [_degrees(x) for x in (lat, lon)]
    if None in values:
        return written, None
    a, b = (float(v) for v in values if v is not None)
    if abs(a) < ZERO and abs(b) < ZERO:
        return written, None
    letters = [str(x).strip()[-1:].upper() for x in (lat, lon)]
    if (90 < abs(a) <= 180 and abs(b) <= 90) or (letters[0] in EAST_WEST and letters[1] in NORTH_SOUTH):
        a, b = b, a
    return written, (_pair(a, b, exact=exact) if abs(a) <= 90 and abs(b) <= 180 else None)


def _coarse(text: str) -> str:
    """What was written, without what would tell a person's door: a kilometre at most, of a number without a point its first digits.

    >>> _coarse("48,858933"), _coarse("48° 51' 30.5\\" N"), _coarse("48 51 30"), _coarse("48858933")
    ('48,85…', "48° 51' …", '48 51 …', '488…')
    """
    text = re.sub(r"(\d[.,]\d\d)\d+", r"\1…", text)
    text = re.sub(r"(\d\s*(?:['’′m:]|\s)\s*\d{1,2}\s*(?:['’′m:]|\s)\s*|['’′]\s*)\d.*", r"\1…", text)
    return re.sub(r"(?<![\d.,])(\d{3})\d+([.,]\S*)?", r"\1…", text)


def _pair(lat: float, lon: float, *, exact: bool) -> str:
    return f"latitude {_figure(lat, exact)}, longitude {_figure(lon, exact)}"


def _figure(degrees: float, exact: bool) -> str:
    return f"{degrees:.9g}" if exact else f"{degrees:.2f}"


def _degrees(cell: object) -> float | None:
    """Degrees of a number, of a number with a decimal comma, or of degrees, minutes and seconds.

    >>> _degrees("48° 30' 0\\" N"), _degrees("2,35"), _degrees("2.35° W"), _degrees("48° 75' N"), _degrees("here")
    (48.5, 2.35, -2.35, None, None)
    """
    text = str(cell)[:LONGEST]
    if match := PLAIN.match(text):
        value, side = float(match[1].replace(",", ".")), match[2]
    elif match := DEGREES.match(text):
        degrees, side = int(match[1]), match[4]
        minutes, seconds = int(match[2]), float((match[3] or "0").replace(",", "."))
        if minutes >= 60 or seconds >= 60:
            return None
        value = degrees + minutes / 60 + seconds / 3600
    else:
        return None
    return -value if (side or "").upper() in ("S", "W", "O") else value


def _exchanged(these: Coordinates, others: Coordinates, close: float) -> np.ndarray:
    """Rows that lie far from all the others, and would lie among them were latitude and longitude exchanged."""
    rows = np.flatnonzero(these.known & (np.abs(np.nan_to_num(these.longitude)) <= 90))
    there = np.flatnonzero(others.known)
    if not len(rows) or not len(there):
        return rows[:0]
    cells = _cells(others.latitude[there], others.longitude[there])[0]
    keys, cell = _cells(these.latitude[rows], these.longitude[rows])
    far = sphere.nearest(sphere.on_sphere(*keys.T), sphere.on_sphere(*cells.T))
    turned = sphere.nearest(sphere.on_sphere(keys[:, 1], keys[:, 0]), sphere.on_sphere(*cells.T))
    return rows[((far > FAR) & (turned < close))[cell]]


def _put_aside(these: Coordinates, rows: np.ndarray, table: str) -> None:
    """Rows whose latitude and longitude were exchanged are not counted, and it is said what they meant."""
    exact = table == "places"
    for i in rows[: max(0, NAMED[table] - len(these.said))]:
        lat, lon = these.latitude[i], these.longitude[i]
        these.said[int(i)] = (f"{_figure(lat, exact)} / {_figure(lon, exact)}", _pair(lon, lat, exact=exact))
    these.turned.update(rows.tolist())
    these.latitude[rows] = these.longitude[rows] = np.nan


def _cells(lat: np.ndarray, lon: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(whole degrees that occur (c, 2), the cell of each point (n,)): near enough to tell a thousand kilometres."""
    key = np.round(lat).astype(int) * 1000 + np.round(lon).astype(int)
    seen, cell = np.unique(key, return_inverse=True)
    lon_of = (seen + 500) % 1000 - 500
    return np.column_stack([(seen - lon_of) / 1000, lon_of]).astype(float), cell


def _mostly(name: str, frame: pd.DataFrame, read: Coordinates) -> list[Finding]:
    """A table most of whose coordinates are none; of places each that is none."""
    bad = int((~read.known).sum())
    most = [finding("E_COORDINATES_MOST", file=name, found=f"{bad} / {len(frame)}")] if 2 * bad > len(frame) else []
    if name == "places":
        return [*_named(name, frame, read, level="error"), *most]
    return [*_set_aside(name, frame, read), *most] if most else []


def _set_aside(name: str, frame: pd.DataFrame, read: Coordinates) -> list[Finding]:
    """One finding for each of the first rows set aside, and their number."""
    bad = int((~read.known).sum())
    aside = [finding("N_COORDINATES_ASIDE", level="warning", file=name, found=str(bad), count=len(frame))] if bad else []
    return [*_named(name, frame, read, level="warning"), *aside]


def _named(name: str, frame: pd.DataFrame, read: Coordinates, *, level: Level) -> list[Finding]:
    """One finding for each of the first rows without a position that can be: none on a map, or an exchanged one."""
    column = f"{column_of(frame, 'latitude')}, {column_of(frame, 'longitude')}"
    codes = {i: "E_COORDINATE_TURNED" if i in read.turned else "E_COORDINATE" for i in read.said}
    return [
        finding(codes[i], level=level, file=name, line=i + 2, column=column, found=said, hint=meant)
        for i, (said, meant) in sorted(read.said.items())
    ]


# ---------------------------------------------------------------- rows


def _lacking(name: str, frame: pd.DataFrame) -> list[Finding]:
    return [_no_column(name, frame, what) for what in NAMES if column_of(frame, what) is None]


def _no_column(name: str, frame: pd.DataFrame, column: str) -> Finding:
    names = [str(c) for c in frame.columns]
    return finding("E_MISSING_COLUMN", file=name, column=column, expected=column, found=", ".join(names[:20]), hint=nearest(column, names))


def _points(frame: pd.DataFrame, read: Coordinates, person: str | None, consent: str | None) -> Points:
    """The rows of people who agreed, with a place."""
    found = _set_aside("visits", frame, read)
    said = consent or ("consent_location" if "consent_location" in frame else None)
    agreed = np.ones(len(frame), bool) if said is None else frame[said].map(_yes).to_numpy(bool)
    kept = read.known & agreed
    counted = {"rows": len(frame), "set_aside": int((~read.known).sum()), "no_consent": int((read.known & ~agreed).sum())}
    counted["kept"] = int(kept.sum())
    if said is None:
        found.append(finding("N_PLACES_CONSENT", level="warning", column="consent_location"))
    elif counted["no_consent"]:
        found.append(finding("N_PLACES_NO_CONSENT", level="note", column=said, found=str(counted["no_consent"])))
    if not kept.any():
        raise DataError([*found, finding("E_PLACES_NOBODY", file="visits", found=str(len(frame)))])
    who, unnamed = _people(frame, person, np.flatnonzero(kept))
    found += unnamed
    lat, lon = read.latitude[kept], read.longitude[kept]
    return Points(
        at=sphere.on_sphere(lat, lon), latitude=lat, longitude=lon, who=who, row=np.flatnonzero(kept), people=int(who.max()) + 1,
        counted=counted, consent=said, step=step_of(lat, lon), frame=frame, findings=(*found, *_piled(lat, lon)),
    )  # fmt: skip


def _yes(cell: object) -> bool:
    return str(cell).strip().lower() in YES


def _people(frame: pd.DataFrame, person: str | None, rows: np.ndarray) -> tuple[np.ndarray, list[Finding]]:
    """A number a person for each row; a row that names nobody is somebody of its own."""
    column = person or next((c for c in PEOPLE if c in frame), None)
    if column is None:
        return np.arange(len(rows)), [finding("N_PLACES_ROWS", level="warning", column="member_id")]
    names = identities(frame[column].iloc[rows])
    blank = names.eq("").to_numpy()
    codes, _ = pd.factorize(names.where(~blank, None), use_na_sentinel=True)
    codes = codes.astype(int)
    codes[blank] = (codes.max(initial=-1) + 1) + np.arange(int(blank.sum()))
    told = [finding("N_PLACES_UNNAMED", level="warning", column=column, found=str(int(blank.sum())))] if blank.any() else []
    return codes, told


def _places(frame: pd.DataFrame, read: Coordinates, named: str) -> Places:
    """The places, each with its position; two rows of one name are refused: nobody could tell them apart."""
    names = as_group(frame[named])
    twice = names[names.duplicated()]
    if len(twice):
        at = int(names.duplicated().to_numpy().argmax())
        raise DataError(finding("E_PLACE_TWICE", file="places", line=at + 2, column=named, found=names.iloc[at]))
    for i in np.flatnonzero(names.isin([OTHERS, ALL]))[:1]:
        raise DataError(finding("E_PLACE_NAME", file="places", line=int(i) + 2, column=named, found=names.iloc[i]))
    spots = sphere.on_sphere(read.latitude, read.longitude)
    return Places(name=names.to_numpy(object), at=spots, latitude=read.latitude, longitude=read.longitude, frame=frame)


# ---------------------------------------------------------------- how fine they are


def step_of(latitude: np.ndarray, longitude: np.ndarray) -> float:
    """Degrees to which (nearly all) coordinates are rounded: 1, 0.1, 0.01 or 0.001; 0 where they are finer.

    >>> step_of(np.array([48.86, 48.87, 45.76]), np.array([2.36, 2.35, 4.83]))
    0.01
    """
    if len(latitude) < 3:
        return 0.0
    for digits in range(4):
        whole = [np.abs(x - np.round(x, digits)) < 1e-9 for x in (latitude, longitude)]
        if min(float(w.mean()) for w in whole) >= 0.95:
            return float(10.0**-digits)
    return 0.0


def blur(step: float) -> float:
    """Metres from one rounded point to the next, north and south.

    >>> round(blur(0.01))
    1112
    """
    return float(np.radians(step) * sphere.EARTH)


def _piled(latitude: np.ndarray, longitude: np.ndarray) -> list[Finding]:
    """Whether many points stand at the very same spot: where a supplier puts those whose place it does not know."""
    if len(latitude) < 50 or step_of(latitude, longitude) > 0:
        return []
    spots = np.unique(np.column_stack([latitude, longitude]).view("c16"), return_counts=True)[1]
    most = int(spots.max())
    return [finding("N_PLACES_PILED", level="warning", found=str(most), count=len(latitude))] if most > 0.2 * len(latitude) else []
