"""Exports in, a canonical log and counts out, nothing lost."""

from mktlib.intake.addresses import read_addresses
from mktlib.intake.counts import MOMENTS, frame_of, tally, to_pandas
from mktlib.intake.levels import words
from mktlib.intake.several import read_export

__all__ = ["MOMENTS", "frame_of", "read_addresses", "read_export", "tally", "to_pandas", "words"]
