"""What is told beside the credits: what they do not show, what was set aside, what journeys lack at both ends."""

from __future__ import annotations

from mktlib.errors import Finding
from mktlib.intake.journeys import Journeys
from mktlib.results import Attribution
from mktlib.vocabulary import finding

COUNTED = (
    ("no_person", "N_JOURNEY_NO_PERSON", "warning"),
    ("no_time", "N_JOURNEY_NO_TIME", "warning"),
    ("no_time_bought", "N_JOURNEY_NO_TIME_BOUGHT", "warning"),
    ("blank_channel", "N_JOURNEY_BLANK_CHANNEL", "warning"),
    ("no_value", "N_JOURNEY_NO_VALUE", "warning"),
    ("twice", "N_JOURNEY_TWICE", "warning"),
    ("bought_twice", "N_JOURNEY_BOUGHT_TWICE", "warning"),
    ("ties", "N_JOURNEY_TIES", "note"),
    ("untouched", "N_JOURNEY_UNTOUCHED", "note"),
    ("old", "N_JOURNEY_OLD", "note"),
    ("cut", "N_JOURNEY_CUT", "note"),
    ("open", "N_JOURNEY_OPEN", "note"),
    ("after", "N_JOURNEY_AFTER", "note"),
    ("several", "N_JOURNEY_SEVERAL", "note"),
    ("direct_left_out", "N_JOURNEY_DIRECT", "note"),
)
"""What was counted on the way, its finding, its level."""


def remarks(read: Journeys, result: Attribution, *, whole: bool = True) -> list[Finding]:
    """Findings of an attribution, the gravest first. whole: all people of the lot are known, so that the holdout can rule a credit out."""
    facts = result.facts
    held = facts["held_channel"] is not None
    told = [finding("N_CREDIT_OTHERS", level="note", found=facts["held_channel"]) if held else finding("N_CREDIT_OBSERVED", level="note")]
    if result.lift is not None and len(result.gaps):
        far = result.gaps[result.gaps["grade"] == "shown"]
        if len(far):
            told.insert(
                0,
                finding(
                    "N_CREDIT_IS_NOT_LIFT",
                    level="warning" if whole else "note",
                    found=str(len(far)),
                    channel=facts["held_channel"],
                    all=len(result.gaps),
                ),
            )
    days = f"{float(facts['lookback_days']):g}"
    told += [
        finding(code, level=grave, found=str(read.counted[key]), days=days)  # type: ignore[arg-type]
        for key, code, grave in COUNTED
        if read.counted[key] and not (key == "no_value" and not read.valued)
    ]
    told += [finding("N_JOURNEY_ALL_BOUGHT", level="warning")] if facts["journeys"] and not facts["null"] else []
    told += [finding("N_CREDIT_ONE_CHANNEL", level="note", found=result.table["channel"].iloc[0])] if facts["channels"] == 1 else []
    told += [finding("N_CREDIT_FOLDED", level="note", found=str(facts["folded"]))] if facts["folded"] else []
    told += [finding("N_UNMEASURED", level="note", found=f"{100 * facts['unmeasured']:g}")] if facts["unmeasured"] else []
    told += _alike(read)
    return [*sorted(told, key=lambda f: f.level != "warning")]


def _alike(read: Journeys) -> list[Finding]:
    """Channels whose names differ by capitals and marks only: they were not put together."""
    seen: dict[str, str] = {}
    for name in read.channels:
        plain = "".join(c for c in name.casefold() if c.isalnum())
        if plain and plain in seen:
            return [finding("N_CREDIT_ALIKE", level="warning", found=name, other=seen[plain])]
        seen[plain] = name
    return []
