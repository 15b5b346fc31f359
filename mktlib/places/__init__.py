"""Places: who is near them, how far people come from, and what a campaign around each of them can be."""

from mktlib.places.near import people_near

__all__ = ["people_near"]
