"""What a play at the desk brought in truth, against the best play, and what cost how much: replays with one change on the mean path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from mktlib.results import DeskPlay
from mktlib.simulate import desk_engine as engine
from mktlib.simulate.auction import Floats
from mktlib.simulate.desk_best import Best, Path, best_play, bound, run
from mktlib.simulate.desk_moves import Setting, moves_of
from mktlib.simulate.desk_reports import CREDITED, TRUE, Week, sales_among
from mktlib.simulate.desk_world import CURRENCY, DAYS, World
from mktlib.vocabulary import ad_desk, progress

BIDS = np.array([0.4, 0.55, 0.7, 0.85, 1.2, 1.5, 2.0, 3.0])
UNSPENT = 0.02
"""Share of the budget from which money left over is worth a replay."""


def play_of(world: World, budget: float, chosen: Sequence[Mapping[str, Setting]], played: Sequence[Week]) -> DeskPlay:
    """The truth of a play as a result."""
    bar = progress(total=4, desc="debrief")
    weeks = [*moves_of(world, chosen), *[engine.idle(world, 1)] * (world.weeks - len(chosen))]
    own = run(world, weeks, budget)
    bar.update()
    best = best_play(world, budget, [_steady(weeks)])
    bar.update()
    top = max(bound(world, budget), best.gain)
    bar.update()
    costs = _costs(world, weeks, budget, own)
    bar.update(), bar.close()
    table = _table(world, played, own)
    facts = _facts(world, budget, played, table, float(own.gain(world).sum()), best, top)
    return DeskPlay(table=table, costs=costs, best=_best_table(world, best, own), facts=facts)


def _steady(weeks: Sequence[engine.Moves]) -> engine.Moves:
    """The last settings of every ad set that ran, as one week: where the search for the best may begin too."""
    out = weeks[0]
    for moves in weeks:
        on = moves.bid > 0
        out = engine.Moves(
            bid=np.where(on, moves.bid, out.bid), budget=out.budget, creatives=np.where(on[..., None], moves.creatives, out.creatives),
            days=np.ones_like(out.days), parts=np.ones_like(out.parts), audience=np.where(on, moves.audience, out.audience),
            cap=np.full_like(out.cap, np.inf), holdout=np.zeros_like(out.holdout),
        )  # fmt: skip
    return out


def _table(world: World, played: Sequence[Week], own: Path) -> pd.DataFrame:
    rows = []
    for week in played:
        sales = week.sales
        for a, ad_set in enumerate(world.sets):
            sums = {k: sum(float(getattr(d, k)[0, a].sum()) for d in week.days) for k in ("spend", "impressions", "clicks")}
            if not sums["impressions"]:
                continue
            mine = sales[sales["set"] == a]
            credited, true = mine[mine["kind"].isin(CREDITED)]["value"], mine[mine["kind"].isin(TRUE)]["value"]
            row = {"week": week.number + 1, "campaign": ad_set.campaign, "ad_set": ad_set.name, "kind": ad_set.kind}
            row |= {"spend": round(sums["spend"], 2), "impressions": int(sums["impressions"]), "clicks": int(sums["clicks"])}
            row |= {"reported": len(credited), "reported_value": round(float(credited.sum()), 2)}
            row |= {"incremental": len(true), "incremental_value": round(float(true.sum()), 2)}
            row |= {"gain": round(world.margin * float(true.sum()) - sums["spend"], 2)}
            row |= {"restarts": bool(own.restarts[0, week.number, a]) and week.number > 0}
            row |= {"learning": round(sum(s[a] != "active" for s in week.status) / DAYS, 4)}
            row |= {"kept": round(float(own.strain[0, week.number, a]), 4)}
            rows.append(row)
    columns = ["week", "campaign", "ad_set", "kind", "spend", "impressions", "clicks", "reported", "reported_value", "incremental"]
    columns += ["incremental_value", "gain", "restarts", "learning", "kept"]
    return pd.DataFrame(rows, columns=columns)


def _best_table(world: World, best: Best, own: Path) -> pd.DataFrame:
    money, gain = best.path.spend.sum(axis=(0, 1)), best.path.gain(world).sum(axis=(0, 1))
    audiences = list(ad_desk()["desk_audiences"])
    rows = [
        {
            "ad_set": s.name, "campaign": s.campaign, "kind": s.kind,
            "bid": round(float(best.moves.bid[0, a]), 4) if money[a] >= 1 else 0.0,
            "audience": audiences[int(best.moves.audience[0, a])],
            "creatives": tuple(c for c, on in zip(s.creatives, best.moves.creatives[0, a], strict=False) if on),
            "spend": round(float(money[a]), 2), "gain": round(float(gain[a]), 2),
            "yours": round(float(own.spend[0, :, a].sum()), 2), "yours_gain": round(float(own.gain(world)[0, :, a].sum()), 2),
        }
        for a, s in enumerate(world.sets)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _facts(world: World, budget: float, played: Sequence[Week], table: pd.DataFrame, mean: float, best: Best, top: float) -> dict[str, Any]:
    spent = float(table["spend"].sum())
    sums = {k: float(table[k].sum()) for k in ("reported", "reported_value", "incremental", "incremental_value")}
    most = max(best.gain, mean)
    sales = sales_among(played)
    credited = sales[sales["kind"].isin(CREDITED)]
    late = float((credited["arrives"] // DAYS > credited["day"] // DAYS).mean()) if len(credited) else 0.0
    facts = {"platform": world.platform, "seed": world.seed, "currency": CURRENCY, "budget": budget, "weeks": world.weeks}
    facts |= {"played": len(played), "spent": round(spent, 2)} | {k: round(v, 2) for k, v in sums.items()}
    facts |= {f"roas_{k}": round(sums[f"{k}_value"] / spent, 4) if spent else None for k in ("reported", "incremental")}
    facts |= {
        "gain": round(float(table["gain"].sum()), 2),
        "expected": round(mean, 2),
        "best": round(most, 2),
        "bound": round(max(top, most), 2),
    }
    facts |= {
        "share_of_best": round(mean / most, 4) if most > 0 else None,
        "at_least": round(mean / max(top, most), 4) if most > 0 else None,
    }
    held = [s.name for a, s in enumerate(world.sets) if any(week.holdout[a] > 0 for week in played)]
    return facts | {"late": round(late, 4), "held": held, "margin": world.margin, "basket": world.basket}


# ---------------------------------------------------------------- what cost how much

Cost = tuple[str, str, float, float, float]
"""code, ad_set, money, value, spend: a row of `DeskPlay.costs`."""


def _costs(world: World, weeks: Sequence[engine.Moves], budget: float, own: Path) -> pd.DataFrame:
    """Replays of the same play with one thing changed, on the mean path."""
    mean = float(own.gain(world).sum())
    spent = float(own.spend.sum())
    rows: list[Cost] = []
    for code, on in (
        ("learning", engine.Switches(learning=False)),
        ("restarts", engine.Switches(restarts=False)),
        ("wear", engine.Switches(wear=False)),
    ):
        again = float(run(world, weeks, budget, on).gain(world).sum()) - mean
        rows.append((code, "", again, np.nan, spent))
    rows += _paused(world, weeks, budget, own, mean)
    rows += _rebid(world, weeks, budget, own, mean)
    left = budget - spent
    if left > UNSPENT * budget:
        more = [replace(m, budget=m.budget * min(budget / max(spent, 1.0), 5.0)) for m in weeks]
        rows.append(("unspent", "", float(run(world, more, budget).gain(world).sum()) - mean, left, left))
    return pd.DataFrame(rows, columns=["code", "ad_set", "money", "value", "spend"])


def _paused(world: World, weeks: Sequence[engine.Moves], budget: float, own: Path, mean: float) -> list[Cost]:
    """Ad sets without which the play would have brought more: their money went to people who would have bought anyway, or to nobody."""
    sets = len(world.sets)
    plays = [m.take(np.zeros(sets, dtype=np.int64)) for m in weeks]
    for moves in plays:
        moves.bid[np.arange(sets), np.arange(sets)] = 0.0
    gains = run(world, plays, budget).gain(world).sum(axis=(1, 2)) - mean
    spend = own.spend.sum(axis=(0, 1))
    lost = own.gain(world).sum(axis=(0, 1)) < 0
    worse = (spend > 0) & lost & (gains > 0)
    return [("anyway", s.name, float(gains[a]), np.nan, float(spend[a])) for a, s in enumerate(world.sets) if worse[a]]


def _rebid(world: World, weeks: Sequence[engine.Moves], budget: float, own: Path, mean: float) -> list[Cost]:
    """The better bid of each ad set, all others as they were."""
    sets, many = len(world.sets), len(BIDS)
    plays = [m.take(np.zeros(sets * many, dtype=np.int64)) for m in weeks]
    for moves in plays:
        for a in range(sets):
            moves.bid[a * many : (a + 1) * many, a] *= BIDS
    gains = (run(world, plays, budget).gain(world).sum(axis=(1, 2)) - mean).reshape(sets, many)
    spend: Floats = own.spend.sum(axis=(0, 1))
    top = gains.argmax(axis=1)
    return [
        ("bid", s.name, float(gains[a, top[a]]), float(BIDS[top[a]]), float(spend[a]))
        for a, s in enumerate(world.sets) if spend[a] > 0 and gains[a, top[a]] > 0
    ]  # fmt: skip
