"""Reviews of campaigns that are simulated from the sample plan's own promises: what is named by luck, what is named once, what covers.

Every run draws rates from the 141 promises of the sample plan that ran, some of their doubt shared, and counts from the rates.

    python benchmarks/reviews.py --runs 300
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import binomtest

from mktlib.glmm.predictive import center_of, predictive, reached
from mktlib.measurement import review_campaign
from mktlib.measurement.kept import coverage, groupings, shape
from mktlib.measurement.surprise import deviations, named, pooled
from mktlib.planning import load_plan
from mktlib.simulate import load_sample, sample_path

SHARES: dict[str, dict[str, float]] = {
    "each alone": {}, "channel 0.4": {"channel": 0.4}, "segment 0.5": {"segment": 0.5}, "piece 0.5": {"item": 0.5},
    "channel, segment, piece 0.2 each": {"channel": 0.2, "segment": 0.2, "item": 0.2}, "all alike 0.9": {"all": 0.9},
}  # fmt: skip


def setting() -> tuple[pd.DataFrame, np.ndarray, np.ndarray, np.ndarray]:
    plan = load_plan(sample_path("plan"))
    table = review_campaign(plan, load_sample("results")).table
    table = table[table["exposure"] > 0].reset_index(drop=True)
    key = ["item", "segment", "channel"]
    sd = plan.schedule.groupby(key)["rate_sd"].first().reindex(pd.MultiIndex.from_frame(table[key])).to_numpy()
    return table.assign(all="all"), table["predicted"].to_numpy(), sd, table["exposure"].to_numpy(float)


def drawn(frame: pd.DataFrame, center: np.ndarray, sd: np.ndarray, n: np.ndarray, shares: dict[str, float], rng: np.random.Generator):  # type: ignore[no-untyped-def]
    common = np.sqrt(1 - sum(shares.values())) * rng.standard_normal(len(sd))
    for axis, share in shares.items():
        code = pd.factorize(frame[axis])[0]
        common += np.sqrt(share) * rng.standard_normal(code.max() + 1)[code]
    return rng.binomial(n.astype(int), expit(center + sd * common)).astype(float)


def main(runs: int) -> None:
    frame, rate, sd, n = setting()
    center, ends, groups = center_of(rate, sd), predictive(rate, sd, n, 0.9), groupings(frame)
    table = frame.drop(columns="all")
    print("| doubts shared | anything named | level told apart | coverage interval holds 0.9 | of independent pieces | places doubted |")
    print("|---|---|---|---|---|---|")
    for name, shares in SHARES.items():
        rng, found = np.random.default_rng(1), []
        for k in range(runs):
            y = drawn(frame, center, sd, n, shares, rng)
            inside = (y >= ends[:, 0]) & (y <= ends[:, 1])
            told, plain = coverage(inside, groups, 0.9), binomtest(int(inside.sum()), len(inside)).proportion_ci(0.9)
            got = named(table, deviations(y, rate, sd, n, family="binomial"), rate, n, family="binomial")
            apart = pooled(table, rate, sd, n, y, family="binomial", level=0.9)["apart"].any() if k < runs // 4 else np.nan
            place = shape(reached(y, rate, sd, n), groups)["pit_verdict"] != "holds"
            held = told["coverage_low"] <= 0.9 <= told["coverage_high"], plain.low <= 0.9 <= plain.high
            found.append((len(got) > 0, apart, *held, place))
        print(f"| {name} | " + " | ".join(f"{100 * x:.0f} %" for x in np.nanmean(np.array(found, float), axis=0)) + " |")
    mail = (table["channel"] == "email").to_numpy()
    print("\n| all e-mail (32 placements) at times the odds | named | names a review | something else named |\n|---|---|---|---|")
    for shift in (-1.0, -1.5, -2.0, -3.0):
        rng, rows = np.random.default_rng(2), []
        for _ in range(runs // 3):
            y = rng.binomial(n.astype(int), expit(center + shift * mail + sd * rng.standard_normal(len(sd)))).astype(float)
            got = named(table, deviations(y, rate, sd, n, family="binomial"), rate, n, family="binomial")
            keys = list(zip(got["axis"], got["level"], strict=True))
            other = any(a != "channel" and not (a == "placement" and mail[int(x)]) for a, x in keys if (a, x) != ("channel", "email"))
            rows.append((("channel", "email") in keys, len(keys), other))
        share = np.mean(rows, axis=0)
        print(f"| {np.exp(shift):.2f} | {100 * share[0]:.0f} % | {share[1]:.2f} | {100 * share[2]:.0f} % |")
    power(frame, center, sd, n, groups, runs)


def power(frame: pd.DataFrame, center: np.ndarray, sd: np.ndarray, n: np.ndarray, groups: dict[str, np.ndarray], runs: int) -> None:
    """How often the test of places sees promises that are wrong: all rates shifted, or ranges too narrow or too wide."""
    rate = frame["predicted"].to_numpy()
    print("\n| promises that are wrong | places doubted | for the right reason |\n|---|---|---|")
    wrong = {"odds 0.6 times": (-0.5, 1.0, "too_high"), "odds 0.8 times": (-0.22, 1.0, "too_high"), "ranges half as wide as they should be":
             (0.0, 2.0, "too_narrow"), "a third as wide": (0.0, 3.0, "too_narrow"), "twice as wide": (0.0, 0.5, "too_wide")}  # fmt: skip
    for name, (shift, wide, right) in wrong.items():
        rng, found = np.random.default_rng(3), []
        for _ in range(runs):
            y = rng.binomial(n.astype(int), expit(center + shift + wide * sd * rng.standard_normal(len(sd)))).astype(float)
            found.append(shape(reached(y, rate, sd, n), groups)["pit_verdict"])
        doubted = np.mean([v != "holds" for v in found]), np.mean([v == right for v in found])
        print(f"| {name} | " + " | ".join(f"{100 * x:.0f} %" for x in doubted) + " |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=300)
    main(parser.parse_args().runs)
