"""Scores: the posterior rate of each cell, what may be said of it, and how well it foretells what comes."""

from mktlib.scoring.backtesting import backtest
from mktlib.scoring.model import ContentScorer, load_scorer

__all__ = ["ContentScorer", "backtest", "load_scorer"]
