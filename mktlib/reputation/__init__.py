"""What is said of a brand: how much, in which tone, about what, and when that is out of the ordinary."""

from mktlib.reputation.conversation import describe_reputation
from mktlib.reputation.watch import watch_mentions

__all__ = ["describe_reputation", "watch_mentions"]
