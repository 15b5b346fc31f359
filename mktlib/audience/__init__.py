"""Who listens: groups of people and their rates, segments that hold, followers over time, and what is still to be found out."""

from mktlib.audience.cadence import posting_cadence
from mktlib.audience.customers import describe_customers
from mktlib.audience.describe import describe_audience
from mktlib.audience.followers import describe_followers
from mktlib.audience.halflife import half_life
from mktlib.audience.influence import describe_influence
from mktlib.audience.networks import network_cards
from mktlib.audience.research import research_sheet
from mktlib.audience.segmented import load_segmentation
from mktlib.audience.segments import segment_audience
from mktlib.audience.times import best_times

__all__ = [
    "best_times",
    "describe_audience",
    "describe_customers",
    "describe_followers",
    "describe_influence",
    "half_life",
    "load_segmentation",
    "network_cards",
    "posting_cadence",
    "research_sheet",
    "segment_audience",
]
