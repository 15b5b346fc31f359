"""Places: who is near them, how far people come from, and what a campaign around each of them can be."""

from mktlib.places.catchments import catchments
from mktlib.places.distance import distance_effect
from mktlib.places.geodesign import design_geo_test
from mktlib.places.georead import read_geo_test
from mktlib.places.near import people_near
from mktlib.places.sheet import place_sheet

__all__ = ["catchments", "design_geo_test", "distance_effect", "people_near", "place_sheet", "read_geo_test"]
