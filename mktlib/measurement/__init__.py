"""What it was worth: tests, credit, lift, and the frozen promise beside the result, said no stronger than the data carry."""

from mktlib.measurement.policies import compare_policies, targeting_gain
from mktlib.measurement.review import predictive, review_campaign

__all__ = ["compare_policies", "predictive", "review_campaign", "targeting_gain"]
