"""Points near places: time and memory of `mktlib.places.sphere` beside a ball tree and brute force, and that all three agree.

    python benchmarks/places.py

Times are of one run on one machine. Where others work on it too, the seconds of the processors say more than those of the clock.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time

import numpy as np
import pandas as pd
from sklearn.neighbors import BallTree

import mktlib as mk
from mktlib.places import rings, sphere

POINTS, PLACES, RADIUS = 1_000_000, 13_000, 500.0
PART = 20_000
"""Points that brute force looks at; its time is scaled up."""


def world(points: int = POINTS) -> tuple[np.ndarray, np.ndarray]:
    """Shops in towns of very different size, and points around them (degrees)."""
    rng = np.random.default_rng(7)
    towns = np.column_stack([rng.uniform(42.5, 50.5, 400), rng.uniform(-4, 7.5, 400)])
    size = rng.pareto(1.1, 400) + 0.2
    shops = towns[rng.choice(400, PLACES, p=size / size.sum())] + rng.normal(0, 0.03, (PLACES, 2))
    return shops[rng.integers(0, PLACES, points)] + rng.normal(0, 0.02, (points, 2)), shops


def ours(points: np.ndarray, shops: np.ndarray) -> int:
    a, b = (sphere.on_sphere(*x.T) for x in (points, shops))
    return sum(len(p.point) for p in sphere.within(a, b, np.full(len(b), RADIUS)))


def ball_tree(points: np.ndarray, shops: np.ndarray) -> int:
    tree, reach = BallTree(np.radians(shops), metric="haversine"), (RADIUS + sphere.RIM) / sphere.EARTH
    chunks = (points[start : start + sphere.CHUNK] for start in range(0, len(points), sphere.CHUNK))
    return sum(len(near) for part in chunks for near in tree.query_radius(np.radians(part), reach))


def brute_force(points: np.ndarray, shops: np.ndarray) -> int:
    chunks = (points[start : start + 500] for start in range(0, len(points), 500))
    near = (sphere.haversine(p[:, :1], p[:, 1:], shops[:, 0], shops[:, 1]) <= RADIUS + sphere.RIM for p in chunks)
    return sum(int(n.sum()) for n in near)


def whole(points: np.ndarray, shops: np.ndarray) -> int:
    """The public call on frames: coordinates checked, people counted once, nobody to be picked out."""
    who = np.random.default_rng(8).integers(0, len(points) // 3, len(points))
    seen = pd.DataFrame({"member_id": who, "latitude": points[:, 0], "longitude": points[:, 1]})
    places = pd.DataFrame({"place": [f"s{i}" for i in range(len(shops))], "latitude": shops[:, 0], "longitude": shops[:, 1]})
    return int(mk.people_near(seen, places, radius_m=RADIUS)["people"].sum())


WAYS = {"ours": ours, "ball_tree": ball_tree, "brute_force": brute_force, "people_near": whole}


def one(way: str) -> None:
    """One way alone in its process: pairs (people for the public call), seconds, of the processors too, MB above what stood before."""
    points, shops = world()
    before, start, busy = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter(), time.process_time()
    share = PART / POINTS if way == "brute_force" else 1.0
    found = WAYS[way](points[: int(POINTS * share)], shops)
    seconds, used = (time.perf_counter() - start) / share, (time.process_time() - busy) / share
    print(found, seconds, used, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)


def agree() -> tuple[int, int, int]:
    points, shops = world()
    some = points[:PART]
    return ours(some, shops), ball_tree(some, shops), brute_force(some, shops)


def ranges(runs: int = 400) -> None:
    """How often the range of the median distance and of the decay hold the truth (0.9 promised), with people who come again and again."""
    print("\n| people | median distance: whole people drawn | rows as units | decay a kilometre |\n|---|---|---|---|")
    far = np.random.default_rng(0).gamma(2, 500, 400_000)
    true = np.quantile(np.repeat(far, 1 + np.random.default_rng(1).poisson(4 * (far < 700))), 0.5)
    for people in (40, 100, 300):
        held = np.mean([_held(np.random.default_rng([people, run]), people, float(true), run) for run in range(runs)], axis=0)
        print(f"| {people} | " + " | ".join(f"{h:.2f}" for h in held) + " |")


def _held(rng: np.random.Generator, people: int, true: float, run: int) -> tuple[bool, bool, bool]:
    metres = rng.gamma(2, 500, people)
    who = np.repeat(np.arange(people), 1 + rng.poisson(4 * (metres < 700)))
    _, low, high = rings.spread(metres[who], who, np.array([5000.0]), (0.5,), 0.9, run).holding[0]
    rows, n = np.sort(metres[who]), len(who)
    naive = rows[np.clip((n / 2 + np.array([-1.645, 1.645]) * np.sqrt(n) / 2).astype(int), 0, n - 1)]
    bought = rng.poisson(np.exp(-metres / 1500) * rng.gamma(1.0, 1.0, people)).astype(float)
    fit = rings.decay(metres, bought, np.zeros(people), 0.9)
    return low <= true <= high, naive[0] <= true <= naive[1], fit.low <= np.exp(-1000 / 1500) <= fit.high


def main() -> None:
    print(f"pairs of {PART:,} points, three ways: {agree()}")
    got = {}
    for way in WAYS:
        out = subprocess.run([sys.executable, __file__, way], capture_output=True, text=True, check=True).stdout.split()
        got[way] = [float(x) for x in out]
    base = got["ours"][2]
    print(f"\n{POINTS:,} points, {PLACES:,} places, {RADIUS:.0f} m\n")
    print("| way | found | seconds | CPU seconds | times ours | MB more |\n|---|---|---|---|---|---|")
    for way, (found, seconds, used, more) in got.items():
        print(f"| {way} | {found:,.0f} | {seconds:.2f} | {used:.2f} | {used / base:.1f} | {more:.0f} |")
    ranges()


if __name__ == "__main__":
    one(sys.argv[1]) if len(sys.argv) > 1 else main()
