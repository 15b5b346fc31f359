"""Exports in, a canonical log and counts out, nothing lost."""

from mktlib.intake.counts import tally, to_pandas
from mktlib.intake.reading import read_export

__all__ = ["read_export", "tally", "to_pandas"]
