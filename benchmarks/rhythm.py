"""E-mails a month on simulated logs with known truth: python benchmarks/rhythm.py worlds|speed|lifelines [runs] [world ...]
   worlds also takes --seed (other logs of the same worlds), --people and --months

worlds: how often the call abstains and why, how often its 90 % ranges hold the truth where it gives any, how far the plain average and the
call are off, and how often the best rhythm named is within 5 % of the best. speed: a million e-mails. lifelines: the product-limit estimate
against lifelines, which needs an older pandas and so a throw-away environment: `python benchmarks/rhythm.py lives out.csv` writes the cases
here, `python benchmarks/rhythm.py lifelines out.csv` reads them where lifelines is installed.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

HORIZON, LEVEL, PEOPLE, MONTHS = 24, 0.9, 2500, 12


def one(name: str, seed: list[int], people: int = PEOPLE, months: int = MONTHS) -> dict[str, object]:
    """One log of a world, judged."""
    from mktlib.mailing.remaining import stays
    from mktlib.mailing.rhythm import email_rhythm
    from mktlib.simulate.rhythms import WORLDS, mailings, truth

    world = WORLDS[name]
    log = mailings(world, people=people, months=months, seed=seed)
    made = email_rhythm(
        log, by=None, worth={"clicks": 1.0}, assigned="arm" if world.arms else None, months=HORIZON, level=LEVEL, zone="UTC"
    )
    row = made.segments.iloc[0]
    true = truth(world, made.table["per_month"].to_numpy(float), draws=40_000)
    true["life"] = true["clicks"] * stays(true["leave"].to_numpy(), HORIZON, 0.0)[0]
    out: dict[str, object] = {"verdict": row["verdict"], "why": row["why"], "placebo": row["placebo"]}
    answers = row["verdict"] in ("randomised", "adjusted")
    curves = {k: part.set_index("per_month") for k, part in made.curves.groupby("outcome")}
    for what, part in (("life", made.table.rename(columns={"value": "mean"})), ("clicks", curves["clicks"]), ("leave", curves["leave"])):
        mean, low, high = (part[c].to_numpy() for c in ("mean", "low", "high"))
        goal, naive = true[what].to_numpy(), curves[what]["naive"].to_numpy()
        inside = np.where(np.isfinite(mean), (low <= goal) & (goal <= high), np.nan)
        out |= {f"{what}_in": float(np.nanmean(inside)) if np.isfinite(mean).any() else np.nan}
        ends = [0, -1]
        with np.errstate(divide="ignore"):
            tilt, plain = (np.log(v[ends[1]] / v[ends[0]]) - np.log(goal[ends[1]] / goal[ends[0]]) for v in (mean, naive))
        out |= {f"{what}_off": tilt, f"{what}_naive": plain}
    out["good"] = np.nan
    if answers:
        best = true.set_index("per_month").loc[int(row["best"]), "life"]
        out["good"] = float(best >= 0.95 * true["life"].max())
    plain_best = true["life"].to_numpy()[int(np.argmax(np.nan_to_num(curves["life"]["naive"].to_numpy())))]
    return out | {
        "naive_good": float(plain_best >= 0.95 * true["life"].max()),
        "true_best": int(true.loc[true["life"].idxmax(), "per_month"]),
    }


def worlds(given: list[str]) -> None:
    from mktlib.simulate.rhythms import WORLDS

    ask = argparse.ArgumentParser()
    ask.add_argument("runs", nargs="?", type=int, default=40)
    ask.add_argument("names", nargs="*")
    for name, default in (("--seed", 7), ("--people", PEOPLE), ("--months", MONTHS)):
        ask.add_argument(name, type=int, default=default)
    told = ask.parse_intermixed_args(given)
    runs, names = told.runs, told.names
    head = "| world | answers | cannot tell, because | life in range | clicks in range | leaving in range | off: clicks | plain"
    print(head + " | off: leaving | plain | best within 5 % | plain |\n|" + "---|" * 12, flush=True)
    for name in names or list(WORLDS):
        rows = pd.DataFrame([one(name, [s, told.seed], told.people, told.months) for s in range(runs)])
        answered = rows["verdict"].isin(["randomised", "adjusted"])
        why = ", ".join(f"{k} {n / runs:.0%}" for k, n in Counter(rows.loc[~answered, "why"]).most_common()) or "–"
        cells = [name, f"{answered.mean():.0%}", why]
        cells += [_share(rows[f"{k}_in"]) for k in ("life", "clicks", "leave")]
        cells += [
            _share(rows[c].replace([np.inf, -np.inf], np.nan), "+.2f") for c in ("clicks_off", "clicks_naive", "leave_off", "leave_naive")
        ]
        cells += [_share(rows["good"]), _share(rows["naive_good"])]
        print("| " + " | ".join(cells) + " |", flush=True)


def _share(values: pd.Series, shown: str = ".2f") -> str:
    return "–" if values.isna().all() else f"{values.mean():{shown}}"


def speed() -> None:
    from mktlib.mailing.rhythm import email_rhythm
    from mktlib.simulate.rhythms import WORLDS, mailings

    log = mailings(WORLDS["both"], people=28_000, months=12, seed=1)
    log["segment"] = "s" + (log["member_id"].str[-1]).astype(str)
    began = time.perf_counter()
    made = email_rhythm(log, worth={"clicks": 1.0})
    print(f"{len(log):,} e-mails, {made.facts['people_months']:,} people-months, 11 curves: {time.perf_counter() - began:.1f} s")


def lives(path: str) -> None:
    from mktlib.mailing.leaving import kaplan_meier

    rng, parts = np.random.default_rng(5), []
    for case in range(20):
        people = int(rng.integers(20, 400))
        leaves, ends = rng.geometric(rng.uniform(0.02, 0.3), people), rng.integers(1, 25, people)
        length, left = np.minimum(leaves, ends), leaves <= ends
        parts.append(pd.DataFrame({"case": case, "kind": "person", "month": length, "left": left}))
        parts.append(kaplan_meier(length, left, level=0.9).assign(case=case, kind="ours"))
    pd.concat(parts, ignore_index=True).to_csv(path, index=False)


def lifelines(path: str) -> None:
    from lifelines import KaplanMeierFitter

    table, far = pd.read_csv(path), {"on_list": 0.0, "low": 0.0, "high": 0.0}
    for _, part in table.groupby("case"):
        people, ours = part[part["kind"] == "person"], part[part["kind"] == "ours"].set_index("month")
        fitted = KaplanMeierFitter(alpha=0.1).fit(people["month"], people["left"].astype(str).eq("True"))
        months = ours.index[ours["on_list"].between(1e-9, 1 - 1e-9)]
        theirs = {"on_list": fitted.predict(months).to_numpy()}
        band = fitted.confidence_interval_.reindex(months, method="ffill")
        theirs |= {"low": band.iloc[:, 0].to_numpy(), "high": band.iloc[:, 1].to_numpy()}
        far = {k: max(v, float(np.abs(ours.loc[months, k].to_numpy() - theirs[k]).max())) for k, v in far.items()}
    print("| " + " | ".join(["largest difference in 20 cases", *far]) + " |\n|" + "---|" * 4)
    print("| product-limit estimate against lifelines | " + " | ".join(f"{v:.1e}" for v in far.values()) + " |")


if __name__ == "__main__":
    what, *rest = sys.argv[1:] or ["worlds"]
    if what == "worlds":
        worlds(rest)
    elif what == "speed":
        speed()
    else:
        {"lives": lives, "lifelines": lifelines}[what](str(Path(rest[0])))
