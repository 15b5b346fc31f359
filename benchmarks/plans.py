"""Plans of known size, up to a full quarter of a year, beside what HiGHS does alone.

    python benchmarks/plans.py

Each instance has S segments, F stages, C contents, H channels and W weeks: binary placements that are worth a little more or less from
week to week, contents that are made before they are shown, so many a week, a concave response by segment, stage and week, three
placements a segment, channel and week, a budget a week and in all. Every plan is worked out again on the arrays of the instance.
"fill" is our own fill by hand; HiGHS gets the whole (compact) program and as many seconds as ours took, which depend on the machine; our
plan and bound do not.
"""

from __future__ import annotations

import argparse
import datetime as dt
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from mktlib.planning.brief import Brief, Channel
from mktlib.planning.engine import feasible, loaded, run, values
from mktlib.planning.greedy import greedy
from mktlib.planning.problem import Limit, Problem
from mktlib.planning.program import matrix, split
from mktlib.planning.solve import solve


@dataclass(frozen=True)
class Instance:
    """The arrays: worth (S, F, C, H, W), price (C, H)."""

    worth: np.ndarray
    price: np.ndarray

    @classmethod
    def of(cls, s: int, f: int, c: int, h: int, w: int, seed: int = 0) -> Instance:
        rng = np.random.default_rng(seed)
        worth = np.exp(rng.normal(0, 0.6, (s, f, c, h)))[..., None] * np.exp(rng.normal(0, 0.1, (s, f, c, h, w)))
        return cls(worth, np.exp(rng.normal(0, 0.3, (c, h))))

    @property
    def cap(self) -> float:
        return float(self.worth.mean()) * 6

    @property
    def a_week(self) -> int:
        """Contents that can be made in a week."""
        return max(1, self.price.shape[0] // 8)

    @property
    def money(self) -> tuple[float, float]:
        """(a week, in all)."""
        s, f, _, _, w = self.worth.shape
        return float(s * f), 0.8 * s * f * w

    def problem(self) -> Problem:
        """The same as a problem of the planner: a placement is an idea (segment, stage, content, channel) in a week."""
        s, f, c, h, w = self.worth.shape
        at = np.indices((s, f, c, h)).reshape(4, -1)
        names = [np.char.add(letter, axis.astype(str)) for letter, axis in zip("sfch", at, strict=True)]
        ideas = pd.DataFrame(dict(zip(("segment", "stage", "content_type", "channel"), names, strict=True)))
        ideas = ideas.assign(lot_cost=self.price[at[2], at[3]], verdict="make")
        first = dt.date(2026, 1, 5)
        brief = Brief(
            first_day=first, last_day=first + dt.timedelta(days=7 * w - 1), budget=self.money[1], test_share=0.0, wear=1.0,
            channels={f"h{k}": Channel() for k in range(h)},
        )  # fmt: skip
        kinds = pd.DataFrame({"content_type": [f"c{k}" for k in range(c)], "cost": 0.0, "days": 1.0})
        gains = self.worth.reshape(-1, w)
        problem = Problem(
            brief=brief, ideas=ideas, pieces=kinds, piece_of=at[2], gain=gains.mean(axis=1), most=np.ones(gains.shape, int),
            steps=np.full((len(ideas), 3), w), slopes=np.ones(3), limits=[], minimum={}, group=at[0] * f + at[1],
            caps=np.full(s * f, self.cap), fixed=np.full(c, 2.0), weekly=gains,
        )  # fmt: skip
        problem.limits.extend(self._limits(at))
        return problem

    def _limits(self, at: np.ndarray) -> list[Limit]:
        s, _, c, h, w = self.worth.shape
        price = self.price[at[2], at[3]][:, None]
        none = np.zeros((c, w))

        def week(values: np.ndarray, k: int, kind: type = bool) -> np.ndarray:
            table = np.zeros((len(at[0]), w), kind)
            table[:, k] = values
            return table

        def made(rows: slice | int, k: int, value: float) -> np.ndarray:
            table = np.zeros((c, w))
            table[rows, k] = value
            return table

        limits = [Limit("budget", "", "money", self.money[1], np.repeat(price, w, axis=1), none)]
        for k in range(w):
            limits.append(Limit("days", f"{k + 1}", "days", float(self.a_week * (k + 1)), week(np.zeros(1), k), made(slice(None), k, 1.0)))
            limits.append(Limit("budget_week", f"{k + 1}", "money", self.money[0], week(price[:, 0], k, float), none))
            for j in range(c):
                limits.append(Limit("use", f"c{j} / {k + 1}", "placements", 0.0, week(at[2] == j, k), made(j, k, -2.0 * s)))
            for a in range(s):
                for b in range(h):
                    limits.append(Limit("cadence", f"s{a} h{b} / {k + 1}", "placements", 3.0, week((at[0] == a) & (at[3] == b), k), none))
        return limits

    def truth(self, n: np.ndarray, y: np.ndarray) -> tuple[float, float]:
        """(value, largest excess over a limit) of a plan, worked out on the arrays alone."""
        s, _, c, _, w = self.worth.shape
        x, out = n.reshape(self.worth.shape), y.astype(bool)
        total = (self.worth * x).sum(axis=(2, 3))
        lines = []
        for k in range(6):
            at = 0.6 * k * self.cap
            slope = np.exp(-at / self.cap)
            lines.append(self.cap * (1 - np.exp(-at / self.cap)) - slope * at + slope * total)
        first = np.sort(np.where(out.any(axis=1), out.argmax(axis=1), 10 * w))  # the k-th content out was made in its own slot before that
        slots = np.arange(c) // self.a_week
        spend = (self.price[None, None, :, :, None] * x).sum(axis=(0, 1, 2, 3))
        over = [
            float((x > out[None, None, :, None, :]).max()), float((x > 1).max()),
            float((slots[first < w] > first[first < w]).max(initial=0)),
            float((x.sum(axis=(1, 2)) - 3).max()), float((x.sum(axis=(0, 1, 3)) - 2 * s).max()), float((spend - self.money[0]).max()),
            float(spend.sum() - self.money[1]),
        ]  # fmt: skip
        return float(np.min(lines, axis=0).sum() - 2 * out.any(axis=1).sum()), max(over)


def timed(call: Callable[[], Any]) -> tuple[Any, float, float]:
    """(what it returns, seconds, seconds of the processor)."""
    wall, cpu = time.perf_counter(), time.process_time()
    out = call()
    return out, time.perf_counter() - wall, time.process_time() - cpu


def alone(problem: Problem, seconds: float) -> float:
    """What HiGHS finds by itself in the same time."""
    solver = loaded(matrix(problem), whole=True, seed=0, time_limit=seconds, mip_rel_gap=1e-4)
    run(solver)
    return problem.value(split(problem, values(solver))[0]) if feasible(solver) else float("nan")


def row(sizes: list[int], seed: int, work: float) -> str:
    instance = Instance.of(*sizes, seed=seed)
    problem = instance.problem()
    by_hand, *_ = timed(lambda: greedy(problem))
    answer, wall, cpu = timed(lambda: solve(problem, start=by_hand, seed=0, work=work))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    value, over = instance.truth(answer.n, answer.y)
    filled, over_by_hand = instance.truth(*by_hand)
    assert max(over, over_by_hand) < 1e-6, (over, over_by_hand)
    assert abs(value - problem.value(answer.n)) < 1e-6
    assert filled <= value <= answer.bound * (1 + 1e-9)
    cells = [
        " ".join(map(str, sizes)), str(seed), f"{filled:.1f}", f"{alone(problem, wall):.1f}", f"{answer.lp:.1f}", f"**{value:.2f}**",
        f"{answer.bound:.2f}", f"{100 * (1 - value / answer.bound):.2f} %", f"{100 * (1 - value / answer.lp):.2f} %", f"{wall:.1f}",
        f"{cpu:.1f}", str(memory),
    ]  # fmt: skip
    return "| " + " | ".join(cells) + " |"


CASES = [([6, 4, 10, 4, 8], 0), ([8, 4, 12, 4, 8], 0), ([8, 4, 14, 6, 4], 0), *(([8, 4, 14, 6, 13], seed) for seed in (0, 1, 2))]
HEAD = ["S F C H W", "seed", "fill", "HiGHS", "LP", "ours", "bound", "below it", "below LP", "s", "CPU s", "MB"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=float, default=1.0)
    parser.add_argument("--only", type=int, help="one row, in a process of its own, so that its memory is its own")
    asked = parser.parse_args()
    if asked.only is not None:
        print(row(*CASES[asked.only], asked.work), flush=True)
        return
    print("| " + " | ".join(HEAD) + " |\n|" + "---|" * len(HEAD), flush=True)
    for k in range(len(CASES)):
        command = [sys.executable, __file__, "--only", str(k), "--work", str(asked.work)]
        print(subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout.splitlines()[-1], flush=True)


if __name__ == "__main__":
    main()
