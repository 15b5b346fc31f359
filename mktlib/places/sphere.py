"""Who is how far from where, on a sphere: all that lies within a radius, found without looking at every pair.

Points of the earth as points of the unit sphere in three dimensions: of two arcs the longer one has the longer chord, so a k-d tree over
chords (Bentley 1975, Communications of the ACM 18) finds what a tree over the haversine finds; date line and poles are no special case.
The sphere has the mean radius of the earth: against the ellipsoid (WGS 84) a short distance is up to 0.56 % off, by latitude and direction.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

EARTH = 6_371_008.8
"""Mean radius of the earth (m), (2a + b) / 3 of WGS 84."""
RIM = 1e-6
"""What lies this far (m) beyond the radius lies on it: a thousand times what double precision blurs."""
CHUNK = 100_000
MOST_PAIRS = 40_000_000
"""Pairs of a point and a place in reach of it, above which nothing is counted: about 3 GB."""


def on_sphere(latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    """Degrees (n,), (n,) as points of the unit sphere (n, 3)."""
    lat, lon = np.radians(latitude), np.radians(longitude)
    return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


def haversine(lat1: np.ndarray, lon1: np.ndarray, lat2: np.ndarray, lon2: np.ndarray) -> np.ndarray:
    """Metres between points in degrees, as the textbook has it (Sinnott 1984, Sky and Telescope 68); arrays broadcast.

    >>> float(haversine(48.8590, 2.3600, 45.7610, 4.8330).round(-3))
    392000.0
    """
    p, q, a, b = (np.radians(np.asarray(x, dtype=float)) for x in (lat1, lat2, lon1, lon2))
    h = np.sin((q - p) / 2) ** 2 + np.cos(p) * np.cos(q) * np.sin((b - a) / 2) ** 2
    return np.asarray(2 * EARTH * np.arcsin(np.sqrt(np.minimum(h, 1.0))))


def chord(metres: np.ndarray | float) -> np.ndarray:
    """The chord (of the unit sphere) of an arc in metres, at most half way round."""
    return np.asarray(2 * np.sin(np.minimum(np.asarray(metres, dtype=float) / EARTH, np.pi) / 2))


def arc(chords: np.ndarray) -> np.ndarray:
    """The arc in metres of a chord."""
    return np.asarray(2 * EARTH * np.arcsin(np.minimum(np.asarray(chords) / 2, 1.0)))


@dataclass(frozen=True)
class Pairs:
    """Points and the places in reach of them: point (m,), place (m,) by number, metres (m,), sorted by point and place; nearest (m,) bool:
    the place that is nearest to the point, of those equally near the first in the table."""

    point: np.ndarray
    place: np.ndarray
    metres: np.ndarray
    nearest: np.ndarray


def within(points: np.ndarray, places: np.ndarray, radius: np.ndarray, *, chunk: int = CHUNK) -> Iterator[Pairs]:
    """Every pair within the place's radius (rim included), chunk by chunk of the points.

    Args:
        points: (n, 3), places: (k, 3), on the unit sphere. radius: (k,) metres.

    >>> at = on_sphere(np.array([0.0, 0.0]), np.array([179.999, 0.0]))
    >>> [len(p.point) for p in within(at, on_sphere(np.array([0.0]), np.array([-179.999])), np.array([500.0]))]
    [1]
    """
    tree, reach = cKDTree(places), np.asarray(radius, dtype=float) + RIM
    bound = float(chord(reach.max())) * (1 + 1e-12)
    for start in range(0, len(points), chunk):
        yield _near(tree, points[start : start + chunk], bound, reach, start)


def crowd(points: np.ndarray, places: np.ndarray, radius: float) -> int:
    """How many pairs there would be, from a look at no more than 20,000 points."""
    some = points[:: max(1, len(points) // 20_000)]
    counted = cKDTree(places).query_ball_point(some, float(chord(radius + RIM)), return_length=True, workers=-1)
    return int(counted.sum() * (len(points) / max(len(some), 1)))


def _near(tree: cKDTree, points: np.ndarray, bound: float, reach: np.ndarray, start: int) -> Pairs:
    """Pairs of one chunk, two trees set against each other: most of what is far away is put aside in whole branches."""
    found = cKDTree(points, balanced_tree=False, compact_nodes=False).sparse_distance_matrix(tree, bound, output_type="ndarray")
    metres = arc(found["v"])
    kept = metres <= reach[found["j"]]
    point, place, metres = found["i"][kept].astype(int), found["j"][kept].astype(int), metres[kept]
    order = np.argsort(point * tree.n + place)
    point, place, metres = point[order], place[order], metres[order]
    return Pairs(point + start, place, metres, least(point, metres))


def least(group: np.ndarray, *keys: np.ndarray) -> np.ndarray:
    """(m,) bool: of each run of equal numbers the entry whose keys are least, the first key deciding; where all are equal the first.

    >>> least(np.array([4, 4, 4, 9]), np.array([2.0, 1.0, 1.0, 5.0])).tolist()
    [False, True, False, True]
    """
    if not len(group):
        return np.zeros(0, bool)
    start = np.flatnonzero(np.diff(group, prepend=group[0] - 1))
    size, open_ = np.diff(start, append=len(group)), np.ones(len(group), bool)
    for key in keys:
        left = np.where(open_, key, np.inf)
        open_ &= left == np.repeat(np.minimum.reduceat(left, start), size)
    at = np.flatnonzero(open_)
    chosen = np.zeros(len(group), bool)
    chosen[at[np.diff(group[at], prepend=group[0] - 1) != 0]] = True
    return chosen


def nearest(points: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Metres from each point (n, 3) to the nearest place (k, 3)."""
    far, _ = cKDTree(places).query(points, workers=-1)
    return arc(far)


def plane(latitude: np.ndarray, longitude: np.ndarray, centre: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Metres east and north of a centre (degrees): areas are kept (Lambert's azimuthal equal-area projection, 1772).

    >>> x, y = plane(np.array([48.8635]), np.array([2.36]), (48.8590, 2.36))
    >>> round(float(y[0])), abs(round(float(x[0])))
    (500, 0)
    """
    lat, lon = np.radians(latitude), np.radians(np.asarray(longitude) - centre[1])
    mid = np.radians(centre[0])
    across = 1 + np.sin(mid) * np.sin(lat) + np.cos(mid) * np.cos(lat) * np.cos(lon)
    k = EARTH * np.sqrt(2 / np.maximum(across, 1e-12))
    return k * np.cos(lat) * np.sin(lon), k * (np.cos(mid) * np.sin(lat) - np.sin(mid) * np.cos(lat) * np.cos(lon))
