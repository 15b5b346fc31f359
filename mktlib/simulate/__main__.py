"""`python -m mktlib.simulate`: the samples again from their seed."""

import argparse
from pathlib import Path

from mktlib.simulate.samples import data_folder, write_samples
from mktlib.simulate.world import SEED

parser = argparse.ArgumentParser(prog="python -m mktlib.simulate", description="Write data/samples from a seed, byte for byte.")
parser.add_argument("--out", type=Path, default=data_folder() / "samples")
parser.add_argument("--seed", type=int, default=SEED)
asked = parser.parse_args()
for path in write_samples(asked.out, seed=asked.seed):
    print(path)
