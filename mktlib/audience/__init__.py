"""Who listens: groups of people and their rates, segments that hold, followers over time, and what is still to be found out."""

from mktlib.audience.describe import describe_audience

__all__ = ["describe_audience"]
