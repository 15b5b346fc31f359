"""Credit by Markov removal beside peers, how often its ranges hold the truth, and ten million journeys within bounded memory.

    python benchmarks/attribution.py speed --peer PYTHON    # PYTHON: one that has ChannelAttribution and marketing_attribution_models
    python benchmarks/attribution.py cover --worlds 100
    python benchmarks/attribution.py large --journeys 10000000
    python benchmarks/attribution.py channels

Journeys are drawn from a Markov chain whose removal shares are solved, so that the truth of every share is known.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

import mktlib as mk
from mktlib.intake.journeys import Journeys, read_journeys
from mktlib.intake.touches import Wanted
from mktlib.measurement.attribution import METHODS
from mktlib.measurement.attribution.redrawn import model, shares

PEER = """
import json, sys, time
import numpy as np, pandas as pd
frame = pd.read_parquet(sys.argv[1])
out = {}
def ready():
    paths = frame[frame["event"] == "click"].sort_values(["member_id", "at"]).groupby("member_id")["channel"].agg(" > ".join)
    bought = frame[frame["event"] == "purchase"].groupby("member_id").size().reindex(paths.index, fill_value=0)
    return paths, bought
start = time.process_time()
paths, bought = ready()
grouped = pd.DataFrame({"path": paths.values, "conv": bought.values, "null": 1 - bought.values}).groupby("path", as_index=False).sum()
out["ready"] = time.process_time() - start
try:
    import ChannelAttribution as ca
    start = time.process_time()
    found = ca.markov_model(grouped, "path", "conv", var_null="null", order=1, out_more=True, sep=">", verbose=False, flg_pro=False)
    out["ChannelAttribution"] = time.process_time() - start
    table = found["result"]
    value = table.iloc[:, 1].to_numpy(float)
    out["ChannelAttribution shares"] = dict(zip(table.iloc[:, 0], (value / value.sum()).tolist()))
except Exception as error:
    out["ChannelAttribution"] = repr(error)[:200]
try:
    from mam import MAM
    parts = [grouped.assign(bought=k == "conv", many=grouped[k])[grouped[k] > 0] for k in ("conv", "null")]
    long = pd.concat(parts)[["path", "bought", "many"]]
    start = time.process_time()
    mam = MAM(long, "grouped_journey", "path", "bought", occurrences_colname="many")
    lost = mam.run_markov(transition_to_same_state=True).metadata["removal_effect"]["removal_effect"]
    out["marketing_attribution_models"] = time.process_time() - start
    out["marketing_attribution_models shares"] = (lost / lost.sum()).to_dict()
except Exception as error:
    out["marketing_attribution_models"] = repr(error)[:200]
print("RESULT" + json.dumps(out))
"""


def truth(channels: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(chances (K + 1, K + 2) of the next touch, purchase, end, from the start and each channel; removal shares (K,))."""
    liked = np.arange(1, channels + 1) ** -0.8
    on = rng.dirichlet(4 * channels * liked / liked.sum(), channels + 1)
    buys = np.r_[0.0, rng.beta(2, 30, channels)]
    ends = np.r_[0.0, rng.uniform(0.2, 0.45, channels)]
    on = on * (1 - buys - ends)[:, None]
    whole = np.linalg.inv(np.eye(channels) - on[1:])
    lost = on[0] @ whole / np.diag(whole) * (whole @ buys[1:])
    return np.column_stack([on, buys, ends]), lost / lost.sum()


def world(journeys: int, channels: int, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Touches and purchases of so many people, and the true shares."""
    rng = np.random.default_rng(seed)
    chance, share = truth(channels, rng)
    edges = np.cumsum(chance, axis=1)
    person, state, step, parts = np.arange(journeys), np.zeros(journeys, int), 0, []
    begin = rng.integers(0, 300 * 86_400, journeys)
    while len(person):
        target = (rng.random(len(person))[:, None] > edges[state]).sum(axis=1)
        going = target <= channels  # a touch, or a purchase
        parts.append((person[going], begin[person[going]] + 40_000 * step, target[going]))
        stays = target < channels
        person, state, step = person[stays], target[stays] + 1, step + 1
    who, at, what = (np.concatenate([p[k] for p in parts]) for k in range(3))
    names = pd.Categorical.from_codes(what, [*(f"channel_{k}" for k in range(channels)), ""])
    frame = pd.DataFrame({"member_id": who, "at": pd.Timestamp("2026-01-01") + pd.to_timedelta(at, unit="s"), "channel": names})
    event = pd.Categorical.from_codes((what == channels).astype(int), ["click", "purchase"])
    return frame.assign(event=event, value=np.where(what == channels, 50.0, 0.0)), share


def best(function, times: int = 5) -> tuple[float, object]:
    spent, out = [], None
    for _ in range(times):
        start = time.process_time()
        out = function()
        spent.append(time.process_time() - start)
    return min(spent), out


def only_markov(frame: pd.DataFrame) -> dict[str, float]:
    """From raw touches to the shares of Markov removal, without ranges."""
    return removal_of(read_journeys(frame, Wanted(), days=90, direct="ignore", wrong=[]))


def removal_of(read: Journeys) -> dict[str, float]:
    """Shares of Markov removal from journeys."""
    found = shares(model(read, half_life=7, order=1), read, ["markov"], draws=0, rng=np.random.default_rng(0))
    return dict(zip(read.channels, found.share["markov"][:, 0], strict=True))


def speed(peer: str | None) -> None:
    print("| who | from | s | times ours | largest difference of a share |\n|---|---|---|---|---|")
    frame, _ = world(100_000, 10, 1)
    frame = frame.astype({"channel": str, "event": str})
    read = read_journeys(frame, Wanted(), days=90, direct="ignore", wrong=[])
    raw, share = best(lambda: only_markov(frame))
    ready, _ = best(lambda: removal_of(read))
    every, _ = best(lambda: mk.attribute(frame), 3)
    ours = {"raw touches": raw, "paths made ready": ready}
    for said, spent in ours.items():
        print(f"| mktlib, Markov alone | {said} | {spent:.2f} | 1 | 0 |", flush=True)
    print(
        f"| mktlib, all {len(METHODS)} rules with 400 redraws | raw touches ({len(frame):,} rows) | {every:.2f} | {every / raw:.1f} | 0 |"
    )
    for name, said, spent, off in _peers(peer, frame, share) if peer else ():
        print(f"| {name} | {said} | {spent:.2f} | {spent / ours[said]:.1f} | {off:.4f} |")


def _peers(peer: str, frame: pd.DataFrame, share: dict[str, float]):
    """(name, from what, seconds of the processor, largest difference of a share) of each peer that runs."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "touches.parquet"
        frame.to_parquet(path)
        done = subprocess.run([peer, "-c", PEER, str(path)], capture_output=True, text=True, check=False)
    told = [line for line in done.stdout.splitlines() if line.startswith("RESULT")]
    found = json.loads(told[0].removeprefix("RESULT")) if told else {}
    for name in ("ChannelAttribution", "marketing_attribution_models"):
        if not isinstance(found.get(name), float):
            print(name, found.get(name, done.stderr[-300:]), file=sys.stderr)
            continue
        off = max(abs(found[f"{name} shares"][k] - v) for k, v in share.items())
        yield name, "raw touches", found[name] + found["ready"], off
        yield name, "paths made ready", found[name], off


def cover(worlds: int) -> None:
    print("| journeys | purchases | worlds | share of true Markov shares inside the range of 0.9 | mean width |\n|---|---|---|---|---|")
    for journeys in (300, 1_000, 5_000):
        inside, width, bought = [], [], []
        for seed in range(worlds):
            frame, share = world(journeys, 6, seed)
            result = mk.attribute(frame, draws=200, random_state=seed)
            table = result.table.set_index("channel")
            for k, s in enumerate(share):
                if f"channel_{k}" in table.index:
                    row = table.loc[f"channel_{k}"]
                    inside.append(row["low"] <= s <= row["high"])
                    width.append(row["high"] - row["low"])
            bought.append(result.facts["conversions"])
        print(f"| {journeys:,} | {np.mean(bought):,.0f} | {worlds} | {np.mean(inside):.3f} | {np.mean(width):.3f} |", flush=True)


def large(journeys: int) -> None:
    """Written in parts, read by a process of its own, whose peak of memory is told."""
    with tempfile.TemporaryDirectory() as folder:
        part, rows = 1_000_000, 0
        for k in range(-(-journeys // part)):
            frame, _ = world(min(part, journeys - k * part), 10, k)
            frame["member_id"] = frame["member_id"] + k * part
            rows += len(frame)
            frame.to_parquet(Path(folder) / f"{k:03}.parquet")
        print("| journeys | rows | purchases | s | peak MB | MB before |\n|---|---|---|---|---|---|")
        code = "import sys; sys.path.insert(0, sys.argv[2]); import attribution; attribution.one(sys.argv[1])"
        subprocess.run([sys.executable, "-c", code, f"{folder}/*.parquet", str(Path(__file__).parent)], check=True)


def one(path: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    start = time.process_time()
    facts = mk.attribute(path, draws=100).facts
    spent, peak = time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    rows = pd.Series([pd.read_parquet(p, columns=["event"]).shape[0] for p in sorted(Path(path).parent.glob("*.parquet"))]).sum()
    print(f"| {facts['journeys']:,} | {rows:,} | {facts['conversions']:,} | {spent:.0f} | {peak:,.0f} | {before:,.0f} |")


def channels() -> None:
    print("| channels | told | rows | s, 400 redraws | largest error of Shapley’s share |\n|---|---|---|---|---|")
    for many in (6, 12, 13, 40, 300):
        frame, _ = wide(100_000, many)
        spent, result = best(lambda f=frame: mk.attribute(f), 1)
        error = result.methods.loc[result.methods["method"] == "shapley", "error"].max()
        print(f"| {many:,} | {len(result.table):,} | {len(frame):,} | {spent:.1f} | {error:.5f} |", flush=True)


def wide(journeys: int, many: int) -> tuple[pd.DataFrame, None]:
    """Many channels, met as often as one over their rank."""
    rng = np.random.default_rng(many)
    length = 1 + rng.poisson(2.5, journeys)
    p = 1 / np.arange(1, many + 1)
    who, place = np.repeat(np.arange(journeys), length), np.concatenate([np.arange(n) for n in length])
    at = pd.Timestamp("2026-01-01") + pd.to_timedelta(np.repeat(rng.integers(0, 300 * 86_400, journeys), length) + 40_000 * place, unit="s")
    met = [f"c{k}" for k in rng.choice(many, len(who), p=p / p.sum())]
    frame = pd.DataFrame({"member_id": who, "at": at, "channel": met, "event": "click"})
    last = frame.groupby("member_id").tail(1)
    bought = last[rng.random(journeys) < 0.05]
    return pd.concat([frame, bought.assign(at=bought["at"] + pd.Timedelta("1h"), channel="", event="purchase")], ignore_index=True), None


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["speed", "cover", "large", "channels"])
    parser.add_argument("--peer")
    parser.add_argument("--worlds", type=int, default=100)
    parser.add_argument("--journeys", type=int, default=10_000_000)
    asked = parser.parse_args()
    done = {"speed": lambda: speed(asked.peer), "cover": lambda: cover(asked.worlds), "large": lambda: large(asked.journeys)}
    (done | {"channels": channels})[asked.what]()
