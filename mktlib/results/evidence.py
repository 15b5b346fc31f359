"""How strongly it may be said what something brought: one rule for every result, every figure and every language.

Four grades, in English and in French:

- shown ("shown by a test", « démontré par un test »): who got what was drawn by lot, and the range at the promised level leaves out
  "no effect".
- no_difference ("practically no difference", « pratiquement pas d’écart »): drawn by lot, and the whole range lies within the smallest
  difference that matters, which was named before.
- tendency ("a tendency to confirm", « une tendance à confirmer »): the range at LEANING leaves out "no effect"; or the one at the promised
  level does, but nothing was drawn by lot.
- too_early ("too early to say", « trop tôt pour le dire »): everything else.

Without a lot nothing is ever "shown": what was seen is "attributed to" a channel (« attribuées à »), it is not said to come from it.
"""

from __future__ import annotations

EVIDENCE = ("randomised", "quasi", "observational")
"""Drawn by lot; compared with what should move alike (areas, weeks before); only seen."""
GRADES = ("shown", "no_difference", "tendency", "too_early")
LEANING = 2 / 3
"""Level of the range behind a tendency: among equals it is said wrongly at most one time in three."""


def grade(evidence: str, *, decided: bool, leaning: bool, same: bool = False) -> str:
    """How strongly an effect may be said.

    Args:
        evidence: one of EVIDENCE.
        decided: the range at the promised level leaves out "no effect".
        leaning: the same kind of range at LEANING does.
        same: the whole range at the promised level lies within the smallest difference that matters.

    >>> grade("randomised", decided=True, leaning=True), grade("observational", decided=True, leaning=True)
    ('shown', 'tendency')
    >>> grade("randomised", decided=False, leaning=False, same=True), grade("quasi", decided=False, leaning=False)
    ('no_difference', 'too_early')
    """
    if evidence == "randomised" and same:
        return "no_difference"
    if evidence == "randomised" and decided:
        return "shown"
    return "tendency" if decided or leaning else "too_early"
