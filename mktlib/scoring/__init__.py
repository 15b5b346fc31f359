"""Scores: the posterior rate of each cell, what may be said of it, and how well it foretells what comes."""

from mktlib.scoring.backtesting import backtest
from mktlib.scoring.chain import ChainScorer, load_scorer
from mktlib.scoring.model import ContentScorer

__all__ = ["ChainScorer", "ContentScorer", "backtest", "load_scorer"]
