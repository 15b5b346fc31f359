"""Money on real data: what a customer spends after an e-mail test, from one random half of the customers to the other.

    python benchmarks/money.py --data ../shared/data

`--data` is a folder with hillstrom/hillstrom.csv (K. Hillstrom, MineThatData challenge 2008). Spend per customer by e-mail, past spend,
channel and newness, scored directly and as the chain of visit, purchase and basket, through `backtest` (four random halves).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import mktlib as mk

BY = ("segment", "history_segment", "channel", "newbie")
ROW = '[metrics.{0}]\nlabel = {{ en = "{0}", fr = "{0}" }}\ncount = "{1}"\nexposure = "{2}"\nfamily = "{3}"\nbetter = "high"\n'
ROWS = [
    ("per_customer", "spend", "people", "money"),
    ("visits", "visit", "people", "binomial"),
    ("purchases", "conversion", "visit", "binomial"),
    ("basket", "spend", "conversion", "money"),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    log = pd.read_csv(parser.parse_args().data / "hillstrom" / "hillstrom.csv").assign(people=1)
    log["channel"] = "bought by " + log["channel"].astype(str)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ours.toml"
        rows = [ROW.format(*row) + ("of_sales = true\n" if row[0] == "basket" else "") for row in ROWS]
        rows[0] += 'chain = ["visits", "purchases", "basket"]\n'
        file.write_text("\n".join(rows), encoding="utf-8")
        tables = mk.load_tables(file)
    print("| spend per customer | gain | raw cell means | coverage of 90 % | held-out cells |\n|---|---|---|---|---|")
    for name, kind in (("directly", mk.ContentScorer), ("as a chain", mk.ChainScorer)):
        facts = mk.backtest(log, kind("per_customer", by=BY, priors="flat", tables=tables)).facts
        print(f"| {name} | {facts['gain']:.1%} | {facts['gain_raw']:.1%} | {facts['coverage']:.1%} | {facts['cells']} |")


if __name__ == "__main__":
    main()
