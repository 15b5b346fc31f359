"""Worlds with known truth: the samples, written from a seed, and read back with the right types."""

from mktlib.simulate.desk import AdDesk
from mktlib.simulate.samples import load_sample, load_truth, run_plan, sample_path, write_samples
from mktlib.simulate.world import World

__all__ = ["AdDesk", "World", "load_sample", "load_truth", "run_plan", "sample_path", "write_samples"]
