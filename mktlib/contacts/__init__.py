"""How often a person is written to: counts over any days on end, caps across campaigns and channels, and what flows take of them."""

from mktlib.contacts.caps import Cap, Over, asked_caps, over_caps, told_over
from mktlib.contacts.load import Load, load_of, reserved
from mktlib.contacts.log import Sent, read_sends
from mktlib.contacts.rolling import at_most, rolling

__all__ = [
    "Cap", "Load", "Over", "Sent", "asked_caps", "at_most", "load_of", "over_caps", "read_sends", "reserved", "rolling", "told_over",
]  # fmt: skip
