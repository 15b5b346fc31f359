"""A running campaign on one day."""

from __future__ import annotations

import argparse

import pandas as pd

from mktlib.command.output import say_written
from mktlib.errors import DataError
from mktlib.planning import load_plan, track_campaign
from mktlib.reporting import report
from mktlib.vocabulary import default_language, finding


def track_job(args: argparse.Namespace) -> None:
    """The headline and the decisions on screen, the whole as a report for the team."""
    language = args.language or default_language()
    try:
        log = pd.read_csv(args.log, encoding="utf-8-sig")
    except OSError as error:
        raise DataError(finding("E_NO_FILE", language, file=args.log.name, found=error.strerror or str(error))) from error
    except ValueError as error:  # no table, or no text
        raise DataError(finding("E_TRACK_LOG", language, file=args.log.name, found=str(error).splitlines()[0])) from error
    made = report(track_campaign(load_plan(args.plan), log, as_of=args.as_of), language=language, reader="team")
    told = made.sections[0]
    for line in (told.headline, *told.sentences, *("- " + row.cells[0] for row in told.tables[0].rows), *told.findings):
        print(line)
    say_written([made.save(args.out / f"tracking.{language}.html")], language)
