"""Places: who is near them, how far people come from, and what a campaign around each of them can be."""

from mktlib.places.catchments import catchments
from mktlib.places.near import people_near
from mktlib.places.sheet import place_sheet

__all__ = ["catchments", "people_near", "place_sheet"]
