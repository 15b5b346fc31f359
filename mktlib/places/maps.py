"""A map without a network: places and squares of people in metres, town by town; no square holds few enough people to be somebody."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from mktlib.places import sphere
from mktlib.places.points import Places, Points

SIDES = (32, 24, 16, 12, 8, 6, 4)
"""Squares across a panel, the finest first."""
PANELS = 12
SHOWN = 0.75
"""Part of the people that a map must show before its squares grow no more."""
STEP = 50.0


def spots(where: Places, join: float) -> pd.DataFrame:
    """Places in panels: those less than `join` metres from another share one; x and y in metres from its middle."""
    tree = cKDTree(where.at)
    pairs = tree.query_pairs(float(sphere.chord(join)), output_type="ndarray")
    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(where.at), len(where.at)))
    panel = connected_components(links, directed=False)[1]
    table = pd.DataFrame({"place": where.name, "latitude": where.latitude, "longitude": where.longitude, "panel": panel})
    table["x"] = table["y"] = 0.0
    for _, part in table.groupby("panel"):
        x, y = sphere.plane(part["latitude"].to_numpy(), part["longitude"].to_numpy(), middle(part))
        table.loc[part.index, "x"], table.loc[part.index, "y"] = x, y
    return table


def middle(part: pd.DataFrame) -> tuple[float, float]:
    """(latitude, longitude) amid places, across the date line too."""
    x, y, z = sphere.on_sphere(part["latitude"].to_numpy(), part["longitude"].to_numpy()).mean(axis=0)
    return float(np.degrees(np.arctan2(z, np.hypot(x, y)))), float(np.degrees(np.arctan2(y, x)))


def density(
    points: Points, visitor: np.ndarray, far: np.ndarray, point: np.ndarray, spots: pd.DataFrame, widest: float, fewest: int
) -> tuple[pd.DataFrame, float]:
    """(squares with their people, the fraction of people there in squares that are not shown), in the panels with most people.

    Each person stands once, at the point nearest a place.
    """
    order = np.lexsort((far, visitor))
    first = np.ones(len(order), bool)
    first[1:] = visitor[order][1:] != visitor[order][:-1]
    chosen = point[order[first]]
    lat, lon = points.latitude[chosen], points.longitude[chosen]
    near = spots["panel"].to_numpy()[cKDTree(sphere.on_sphere(spots["latitude"].to_numpy(), spots["longitude"].to_numpy())).query(
        sphere.on_sphere(lat, lon)
    )[1]]  # fmt: skip
    most = np.argsort(-np.bincount(near), kind="stable")[:PANELS]
    towns = {panel: middle(part) for panel, part in spots[spots["panel"].isin(most)].groupby("panel")}
    parts = [_squares(*sphere.plane(lat[near == p], lon[near == p], at), widest, fewest).assign(panel=p) for p, at in towns.items()]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["panel", "x", "y", "size", "people"])
    return table, float(np.round(1 - table["people"].sum() / max(int(np.isin(near, most).sum()), 1), 2))


def _squares(x: np.ndarray, y: np.ndarray, widest: float, fewest: int) -> pd.DataFrame:
    """The finest squares that show most of the people."""
    table = pd.DataFrame(columns=["x", "y", "size", "people"])
    if not len(x):
        return table
    reach = min(widest, float(np.quantile(np.hypot(x, y), 0.95)) + STEP)
    for side in SIDES:
        size = float(np.ceil(2 * reach / side / STEP) * STEP)
        cells, people = np.unique(np.floor(np.column_stack([x, y]) / size), axis=0, return_counts=True)
        told = people >= fewest
        table = pd.DataFrame({"x": cells[told, 0], "y": cells[told, 1], "size": size, "people": people[told]})
        if table["people"].sum() >= SHOWN * len(x):
            break
    at = table.assign(x=(table["x"] + 0.5) * table["size"], y=(table["y"] + 0.5) * table["size"])
    return at.sort_values(["y", "x"], ignore_index=True)[["x", "y", "size", "people"]]
