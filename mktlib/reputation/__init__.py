"""What is said of a brand: how much, in which tone, about what, and when that is out of the ordinary."""

from mktlib.reputation.conversation import describe_reputation
from mktlib.reputation.replay import replay_alarm
from mktlib.reputation.sentiment import SentimentClassifier, tone
from mktlib.reputation.stored import load_sentiment, save_sentiment
from mktlib.reputation.watch import watch_mentions

__all__ = ["SentimentClassifier", "describe_reputation", "load_sentiment", "replay_alarm", "save_sentiment", "tone", "watch_mentions"]
