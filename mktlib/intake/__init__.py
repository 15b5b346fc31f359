"""Exports in, a canonical log and counts out, nothing lost."""

from mktlib.intake.counts import tally

__all__ = ["tally"]
