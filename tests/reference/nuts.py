"""The values of nuts.json: three designs by full MCMC (PyMC's NUTS, four chains). Run in this folder:  python nuts.py

Needs pymc, which the project does not. "known": every sd is given. "priors": sds have the scorer's own priors (main effects only).
"""

from __future__ import annotations

import json

import arviz as az
import numpy as np
import pymc as pm

CENTER, CENTER_SD = -3.0, 1.5


def design(seed: int, dims: tuple[int, int], exposure: float, rows: int = 1) -> dict[str, np.ndarray]:
    """Cells of a crossed design; with several rows, items that each stand in several cells."""
    rng = np.random.default_rng(seed)
    a, b = (x.ravel() for x in np.meshgrid(*map(np.arange, dims), indexing="ij"))
    eta = CENTER + rng.normal(0, 0.5, dims[0])[a] + rng.normal(0, 0.4, dims[1])[b] + rng.normal(0, 0.25, len(a))
    item = np.arange(len(a))
    if rows > 1:
        item = np.arange(len(a)) // rows
        eta = eta + rng.normal(0, 0.4, item.max() + 1)[item]
    n = rng.poisson(exposure * np.exp(rng.normal(0, 0.5, len(a)))) + 1
    return {"a": a, "b": b, "item": item, "n": n, "y": rng.binomial(n, 1 / (1 + np.exp(-eta)))}


def sample(d: dict[str, np.ndarray], dims: tuple[int, int], pairs: bool, sds: list[float] | None) -> dict[str, list[float] | float]:
    """Moments and 5 and 95 % points of each cell's logit: own effect included where cells are units, left out where items are."""
    per_item = len(np.unique(d["item"])) < len(d["a"])
    with pm.Model():
        if sds is None:
            spread = [pm.Exponential(f"sd{k}", 2**0.5 / 0.5) for k in range(2)]
            own = pm.Gamma("own_sd", 3, 12**0.5 / 0.5)
        else:
            spread, own = sds[:-1], sds[-1]
        eta = pm.Normal("level", CENTER, CENTER_SD)
        eta = eta + spread[0] * pm.Normal("za", 0, 1, shape=dims[0])[d["a"]] + spread[1] * pm.Normal("zb", 0, 1, shape=dims[1])[d["b"]]
        if pairs:
            eta = eta + spread[2] * pm.Normal("zab", 0, 1, shape=dims[0] * dims[1])[d["a"] * dims[1] + d["b"]]
        luck = own * pm.Normal("zi", 0, 1, shape=int(d["item"].max()) + 1)[d["item"]]
        pm.Deterministic("eta", eta if per_item else eta + luck)
        pm.Binomial("y", d["n"], logit_p=eta + luck, observed=d["y"])
        trace = pm.sample(5000, tune=2000, chains=4, cores=1, target_accept=0.95, random_seed=1, progressbar=False)
    draws = trace.posterior["eta"].to_numpy().reshape(-1, len(d["a"]))
    return {
        "mean": draws.mean(0).tolist(),
        "sd": draws.std(0).tolist(),
        "low": np.quantile(draws, 0.05, axis=0).tolist(),
        "high": np.quantile(draws, 0.95, axis=0).tolist(),
        "rhat": float(az.rhat(trace)["eta"].max()),
    }


def main() -> None:
    cases = {
        "known_pairs": (design(1, (4, 5), 300), (4, 5), True, [0.5, 0.4, 0.25, 0.3]),
        "known_items": (design(2, (4, 6), 250, rows=3), (4, 6), False, [0.5, 0.4, 0.4]),
        "priors_main": (design(3, (5, 6), 400), (5, 6), False, None),
    }
    out = {}
    for name, (d, dims, pairs, sds) in cases.items():
        found = sample(d, dims, pairs, sds)
        data = {k: v.tolist() for k, v in d.items()}
        rounded = {k: np.round(v, 5).tolist() for k, v in found.items()}
        out[name] = {"dims": dims, "pairs": pairs, "sds": sds, "center": CENTER, "center_sd": CENTER_SD, **data, **rounded}
    with open("nuts.json", "w", encoding="utf-8") as file:
        json.dump(out, file)


if __name__ == "__main__":
    main()
