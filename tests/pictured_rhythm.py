"""Small results of how many e-mails people bear: one that is told, one by segments, one that the log cannot tell."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mktlib.results import Result, Rhythm

N = np.arange(1, 11)
FACTS = {
    "by": "segment", "people": 4200, "people_months": 48_000, "mails": 190_000, "first_month": "2025-01", "last_month": "2025-12",
    "horizon": 24, "currency": "EUR", "level": 0.9, "assigned": False, "credited": True, "most": 30, "discount": 0.0,
}  # fmt: skip


def curve(segment: str, peak: float, scale: float, *, best: int | None) -> pd.DataFrame:
    value = scale * N * np.exp(-N / peak)
    table = pd.DataFrame({"segment": segment, "per_month": N, "value": value, "low": value * 0.88, "high": value * 1.13})
    return table.assign(best=best == N)


def segment(name: str, people: int, **known: object) -> dict[str, object]:
    row: dict[str, object] = {"segment": name, "people": people, "months": people * 11, "usual": 3.9, "leavers": people // 9}
    row |= {"verdict": "cannot_tell", "why": "drift", "best": np.nan, "flat_low": np.nan, "flat_high": np.nan, "few_at": np.nan}
    row |= {"many_at": np.nan, "at_edge": False, "moves": 0.6, "placebo": 0.4, "overlap": 0.93, "effective": 380.0}
    row |= {f"cost_{side}{end}": np.nan for side in ("few", "many") for end in ("", "_low", "_high")}
    return row | known


def told(name: str, people: int, best: int, **known: object) -> dict[str, object]:
    cost = {"cost_few": 21.0, "cost_few_low": 14.0, "cost_few_high": 29.0, "cost_many": 13.0, "cost_many_low": -2.0, "cost_many_high": 27.0}
    zone = {"best": best, "flat_low": best - 1, "flat_high": best + 1, "few_at": 2, "many_at": 10}
    return segment(name, people, **{"verdict": "adjusted", "why": "", **cost, **zone, **known})


def plain(name: str) -> pd.DataFrame:
    life = pd.DataFrame({"segment": name, "outcome": "life", "per_month": N, "months": 900, "people": 300, "naive": 14.0 * N})
    clicks = life.assign(outcome="clicks", mean=0.2, low=0.18, high=0.23, naive=0.05 * N)
    columns = ["segment", "outcome", "per_month", "months", "people", "mean", "low", "high", "naive"]
    return pd.concat([clicks, life.assign(mean=np.nan, low=np.nan, high=np.nan)], ignore_index=True)[columns]


def survival(name: str) -> pd.DataFrame:
    month = np.arange(25)
    parts = [
        pd.DataFrame({"segment": name, "per_month": float(n), "kind": "steady", "month": month, "on_list": stay})
        for n, stay in ((n, (1 - 0.004 * n) ** month) for n in (2, 5, 10))
    ]
    parts = [part.assign(low=lambda d: d["on_list"] ** 1.2, high=lambda d: d["on_list"] ** 0.8) for part in parts]
    seen = pd.DataFrame({"segment": name, "per_month": np.nan, "kind": "seen", "month": month[:13], "on_list": 0.985 ** month[:13]})
    return pd.concat([*parts, seen.assign(low=lambda d: d["on_list"] - 0.01, high=lambda d: d["on_list"] + 0.01)], ignore_index=True)


def trial(name: str, *, enough: bool) -> pd.DataFrame:
    rows = pd.DataFrame({"segment": name, "per_month": [2, 4, 8], "outcome": "value", "months": 3, "people": 1340.0, "detects": 0.2})
    return rows.assign(listed=4200, enough=enough)


EVIDENCE = pd.DataFrame(
    [{"key": "best_rhythm", "use": "prior", "finding": "the most profitable rhythm", "value": "7 a month", "source": "Zhang et al.",
      "year": 2017, "conf": "V", "best": 7.0, "fewer": 4.0, "fewer_loses": 0.32, "more": 10.0, "more_loses": 0.16}]
)  # fmt: skip


def everyone() -> Rhythm:
    return Rhythm(
        table=curve("all", 5.0, 25.0, best=5), curves=plain("all"), segments=pd.DataFrame([told("all", 4200, 5)]), survival=survival("all"),
        trial=trial("all", enough=True), evidence=EVIDENCE, facts=FACTS | {"by": "all"},
    )  # fmt: skip


def by_segment() -> Rhythm:
    table = pd.concat([curve("all", 5.0, 25.0, best=None), curve("parents", 6.0, 21.0, best=6), curve("students", 4.0, 30.0, best=4)])
    rows = [told("all", 4200, 5), told("parents", 2000, 6), told("students", 1500, 4), segment("city_trendsetters", 700, why="noise")]
    return Rhythm(
        table=table, curves=plain("all"), segments=pd.DataFrame(rows), survival=pd.concat([survival("all"), survival("parents")]),
        trial=trial("all", enough=True), evidence=EVIDENCE, facts=FACTS,
    )  # fmt: skip


def untold() -> Rhythm:
    blank = curve("all", 5.0, 25.0, best=None).assign(value=np.nan, low=np.nan, high=np.nan)
    seen = survival("all").query("kind == 'seen'")
    return Rhythm(
        table=blank, curves=plain("all").assign(mean=np.nan, low=np.nan, high=np.nan), segments=pd.DataFrame([segment("all", 4200)]),
        survival=seen, trial=trial("all", enough=False), evidence=EVIDENCE, facts=FACTS | {"by": "all"},
    )  # fmt: skip


RHYTHM: dict[str, Result] = {"rhythm": everyone(), "rhythm_segments": by_segment(), "rhythm_untold": untold()}
