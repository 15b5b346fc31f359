"""Exercises of the lessons: an answer is told right or wrong, with a hint, and what was solved stands on a card."""

from mktlib.lessons.answers import Answer, check_answer
from mktlib.lessons.progress import Progress, progress_card

__all__ = ["Answer", "Progress", "check_answer", "progress_card"]
