"""E-mails: how many a person bears, when they are read, the programme they belong to, and whether one may leave."""

from mktlib.mailing.checks import check_email
from mktlib.mailing.hours_best import send_time

__all__ = ["check_email", "send_time"]
