"""Rows of rules applied to a text: the manner of a brand, the room of a place, what must be proved, what shuts readers out."""

from mktlib.rules.check import check_text, weight
from mktlib.rules.checked import checked
from mktlib.rules.fit import style_fit
from mktlib.rules.guide import style_guide

__all__ = ["check_text", "checked", "style_fit", "style_guide", "weight"]
