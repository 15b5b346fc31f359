"""The shapes that charts and reports know: frozen, plain, made by anyone.

Every result is a table and some facts. The table has one row a thing (a cell, a piece, a person's group); the facts are the few
numbers and names that a sentence needs, never prose, so that the same result is said in any language. A maker may subclass a
shape to add behaviour (`planning` does for `Plan.check` and `Plan.save`); `charts` and `reporting` look at the shape alone.
"""

from mktlib.results.credit import Attribution
from mktlib.results.desk import DeskPlay
from mktlib.results.following import Cadence, Followers, HalfLife
from mktlib.results.lift import PanelEffect, Uplift
from mktlib.results.messages import Programme, Rhythm, SendsCheck, SendTime
from mktlib.results.money import Kpis
from mktlib.results.people import LIKES, QUERIES, Audience, Customers, Influence, NetworkCards, Research, Segmentation
from mktlib.results.phones import AppBrief, KeywordCoverage, LaunchSheet, PageBrief
from mktlib.results.places import Catchments, DistanceEffect, GeoDesign, GeoLift, PlaceSheet
from mktlib.results.plans import CALENDAR, MARGINS, Learning, Plan, Shortlist
from mktlib.results.review import Learnt, Review
from mktlib.results.scores import CELL, VERDICTS, Backtest, Explanation, Scores
from mktlib.results.shape import Intake, Result
from mktlib.results.talk import Replay, Reputation, SentimentShare, StyleFit, StyleGuide, Watch
from mktlib.results.tests import Comparison, SampleSize, SegmentedComparison
from mktlib.results.tracking import Tracking

__all__ = [
    "CALENDAR",
    "CELL",
    "LIKES",
    "MARGINS",
    "QUERIES",
    "VERDICTS",
    "AppBrief",
    "Attribution",
    "Audience",
    "Backtest",
    "Cadence",
    "Catchments",
    "Comparison",
    "Customers",
    "DeskPlay",
    "DistanceEffect",
    "Explanation",
    "Followers",
    "GeoDesign",
    "GeoLift",
    "HalfLife",
    "Influence",
    "Intake",
    "KeywordCoverage",
    "Kpis",
    "LaunchSheet",
    "Learning",
    "Learnt",
    "NetworkCards",
    "PageBrief",
    "PanelEffect",
    "PlaceSheet",
    "Plan",
    "Programme",
    "Replay",
    "Reputation",
    "Research",
    "Result",
    "Review",
    "Rhythm",
    "SampleSize",
    "Scores",
    "Segmentation",
    "SegmentedComparison",
    "SendTime",
    "SendsCheck",
    "SentimentShare",
    "Shortlist",
    "StyleFit",
    "StyleGuide",
    "Tracking",
    "Uplift",
    "Watch",
]
