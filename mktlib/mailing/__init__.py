"""E-mails: how many a person bears, when they are read, the programme they belong to, and whether one may leave."""

from mktlib.mailing.checks import check_email
from mktlib.mailing.hours_best import send_time
from mktlib.mailing.programme import email_programme
from mktlib.mailing.rhythm import email_rhythm
from mktlib.mailing.sends import check_sends

__all__ = ["check_email", "check_sends", "email_programme", "email_rhythm", "send_time"]
