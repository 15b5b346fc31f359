"""How long one redraw of the explorer takes beside a full plan, and how good the quick plan is: `python benchmarks/explore.py`.

Time is that of the processor, so that other work on the machine does not count.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

import mktlib as mk

CHANGES: list[dict[str, Any]] = [
    *({"budget": x} for x in (10_000.0, 30_000.0, 38_000.0, 60_000.0, 120_000.0)),
    *({"days_per_week": x} for x in (2.0, 6.0, 9.0, 16.0)),
    *({"test_share": x} for x in (0.0, 0.3)),
    *({"risk": x} for x in (0.5, 0.9)),
    *({"most": {kind: x}} for kind, x in (("carousel", 1), ("video_ad", 0))),
]


def seconds(act: Callable[[], Any]) -> tuple[float, Any]:
    start = time.process_time()
    found = act()
    return time.process_time() - start, found


def main() -> None:
    scores = mk.ContentScorer("click_rate").fit(mk.load_sample("content_log")).score_cells()
    explorer = mk.explore(scores, mk.read_brief(mk.sample_path("briefs/sunglasses.toml")), language="en")
    explorer.plan_picture().html()  # the first figure loads fonts
    full, _ = seconds(lambda: mk.plan_campaign(scores, explorer.brief))
    rows = []
    for change in CHANGES:
        explorer.reset()
        planned, plan = seconds(lambda change=change: explorer.what_if(**change))
        drawn, _ = seconds(lambda: explorer.plan_picture().html())
        best = mk.plan_campaign(scores, explorer.brief).expected["careful"]
        rows.append((planned + drawn, plan.expected["gap"], plan.expected["careful"] / best, len(plan.check())))
        print(
            f"{change!s:40} {planned:5.2f} s + {drawn:4.2f} s  gap told {rows[-1][1]:6.1%}  of the full plan {rows[-1][2]:6.1%}", flush=True
        )
    times, gaps, kept, broken = (np.array(x) for x in zip(*rows, strict=True))
    print(f"| redraw, processor seconds | p50 {np.median(times):.2f} | p95 {np.quantile(times, 0.95):.2f} |")
    print(f"| redraw / full plan ({full:.1f} s) | p50 {np.median(times) / full:.3f} | p95 {np.quantile(times, 0.95) / full:.3f} |")
    print(f"| gap told | p50 {np.median(gaps):.1%} | p95 {np.quantile(gaps, 0.95):.1%} |")
    print(f"| value / full plan | p50 {np.median(kept):.1%} | least {kept.min():.1%} | broken limits {int(broken.sum())} |")


if __name__ == "__main__":
    main()
