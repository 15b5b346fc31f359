"""What is moved by hand in a notebook: scores and a brief to explore, and the panel of the ad desk.

`shown` what both have in common (pictures, sentences that a screen reader hears, the static form); `explorer` and `explorer_words` the
explorer as plain code, `explorer_panel` its controls; `practice` and `practice_panel` the same for the desk. The controls only call
what plain code calls.
"""

from mktlib.interact.explorer import Explorer, explore
from mktlib.interact.practice import Practice, practise

__all__ = ["Explorer", "Practice", "explore", "practise"]
