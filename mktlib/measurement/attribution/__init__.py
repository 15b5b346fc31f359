"""Attribution: who is credited with a purchase, by every usual rule side by side, and how far that is from what a holdout shows.

`rules` shares a purchase by the places of its touches, `chain` by what a channel's removal takes from a Markov chain, `coalition` by
Shapley's value on the same chain; `redrawn` gives the ranges, `holdout` the lift beside them.
"""

from mktlib.measurement.attribution.attribute import METHODS, attribute

__all__ = ["METHODS", "attribute"]
