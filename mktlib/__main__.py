"""The command line: the main job on the samples, on a user's own files, or on ten answers.

`python -m mktlib run` executes the four lessons and writes the client report in English and French; with `--log` it does the same
job on a user's files. `python -m mktlib start` serves the one who has no data yet. `python -m mktlib notebooks` executes lessons.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from mktlib.errors import MktlibError
from mktlib.vocabulary import default_language, load_tables

FORMS_HELP = "forms of the report: page, paper (needs Chromium), slides (needs python-pptx)"


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, run, and answer 0; an input that cannot be used is said in plain words on stderr, and answers 1."""
    args = parser().parse_args(argv)
    before = os.environ.get("MKTLIB_LANGUAGE")
    os.environ["MKTLIB_LANGUAGE"] = getattr(args, "language", None) or default_language()  # findings and errors speak it too
    try:
        module, name = args.job
        answer = getattr(import_module(f"mktlib.command.{module}"), name)(args)  # loaded now: --help waits for none of them
    except MktlibError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        os.environ.pop("MKTLIB_LANGUAGE") if before is None else os.environ.update(MKTLIB_LANGUAGE=before)
    return int(answer or 0)


def parser() -> argparse.ArgumentParser:
    """
    >>> parser().parse_args(["run", "--language", "fr"]).language
    'fr'
    """
    top = argparse.ArgumentParser(prog="mktlib", description="Score content, plan a campaign, report what happened.")
    jobs = top.add_subparsers(required=True, metavar="JOB")
    run = jobs.add_parser("run", help="the main job, on the samples or on your own files")
    run.add_argument(
        "--log",
        type=Path,
        nargs="+",
        help="your log: exports (CSV, XLSX, ZIP) or a canonical log; without it the sunglasses sample is used",
    )
    run.add_argument("--platform", help="the platform that wrote them, where its headers leave it open (meta_ads, google_ads ...)")
    run.add_argument("--columns", type=Path, metavar="MAP", help="a TOML that names your columns (see data/maps)")
    run.add_argument("--tags", type=Path, help="what each piece is: a CSV, or a TOML that says how names and links tell it")
    for name, said in (
        ("decimal", 'decimal mark, "." or ","'), ("date-format", 'how days are written, such as "%%d/%%m/%%Y"'),
        ("zone", "where days begin and end (Europe/Paris)"),
        ("sheet", "which sheet of a workbook"), ("table", "which file of a zip"),
    ):  # fmt: skip
        run.add_argument(f"--{name}", help=said)
    run.add_argument("--keep", choices=("latest", "first"), help="which of two files holds where they tell one day differently")
    run.add_argument("--rates", nargs="+", metavar="EUR=1", help="rates of several currencies, 1 for the one to change into")
    run.add_argument("--brief", type=Path, help="what you want: budget, dates, limits (TOML or a form, see `mktlib brief`)")
    run.add_argument("--out", type=Path, default=Path("build"), help="folder for what is written (default: build)")
    run.add_argument(
        "--language", choices=sorted(load_tables().languages), help="language of the report (default: English, and French for the sample)"
    )
    run.add_argument("--formats", default="html", metavar="html,pdf,pptx", help=FORMS_HELP)
    run.set_defaults(job=("running", "run_job"))
    start = jobs.add_parser("start", help="no data yet: ten questions give a brief and a matrix of opinions")
    start.add_argument("--answers", type=Path, help="a TOML of answers instead of questions")
    start.add_argument("--out", type=Path, default=Path("build"))
    start.add_argument("--language", choices=sorted(load_tables().languages), default=None)
    start.add_argument("--formats", default="html", metavar="html,pdf,pptx", help=FORMS_HELP)
    start.set_defaults(job=("starting", "start_job"))
    brief = jobs.add_parser("brief", help="a brief to fill in, with every entry explained: text, or a form for a spreadsheet")
    brief.add_argument("--out", type=Path, help="where the text is written (default: on screen, for > my.toml)")
    brief.add_argument("--xlsx", type=Path, metavar="FORM", help="write the spreadsheet form instead")
    brief.add_argument("--brief", type=Path, help="fill the form in from this brief")
    brief.add_argument("--language", choices=sorted(load_tables().languages), default=None)
    brief.set_defaults(job=("starting", "brief_job"))
    books = jobs.add_parser("notebooks", help="execute lessons")
    books.add_argument(
        "lessons", nargs="*", metavar="LESSON", help="beginnings of names, such as 03 05 (default: the four of the main line)"
    )
    books.add_argument("--out", type=Path, default=Path("build/notebooks"))
    books.add_argument(
        "--set", nargs="*", default=[], metavar="NAME=VALUE", help="parameters of the lessons; language=fr is the French edition"
    )
    books.set_defaults(job=("lessons", "notebooks_job"))
    check = jobs.add_parser("check-text", help="a draft against a style and the place it is for; answers 1 where something should change")
    check.add_argument("file", metavar="FILE", help="the draft, plain text or HTML; - reads what is typed or piped")
    check.add_argument("--style", required=True, help="one of the styles of the tables (legal_formal, playful ...)")
    check.add_argument("--channel", required=True, help="where it will be seen (email, sms, organic_social ...)")
    check.add_argument("--language", choices=sorted(load_tables().languages), default=None, help="of the draft and of the findings")
    check.add_argument("--content-type", help="narrows the limits of characters to those of a type")
    check.add_argument("--length", help="a length of the tables that the draft must keep")
    check.add_argument("--tables", type=Path, nargs="*", default=[], help="your own rules, styles and limits (TOML)")
    check.set_defaults(job=("checking", "check_text_job"))
    one = jobs.add_parser("check", help="a page (.html or an address), an e-mail (.eml) or a store listing (.toml); answers 1 with errors")
    one.add_argument("file", metavar="FILE", help="page.html, mail.eml, listing.toml, or https://... with --online")
    one.add_argument("--render", action="store_true", help="a page: see it in a headless Chromium too")
    one.add_argument("--pictures", type=Path, metavar="FOLDER", help="a page: where its screenshots go (with --render)")
    one.add_argument("--online", action="store_true", help="a page: fetch an address of the public web")
    one.add_argument("--store", help="a listing: google_play, app_store ... (default: the one that the file names)")
    one.add_argument("--style", help="an e-mail or a listing: hold its texts to a style of the tables")
    one.add_argument("--language", choices=sorted(load_tables().languages), default=None, help="of the findings")
    one.add_argument("--tables", type=Path, nargs="*", default=[], help="your own checks and thresholds (TOML)")
    one.set_defaults(job=("checking", "check_job"))
    track = jobs.add_parser("track", help="a running campaign on one day: late pieces, money, where it lands, what to decide")
    track.add_argument("--plan", type=Path, required=True, metavar="DIR", help="the folder of a saved plan")
    track.add_argument("--log", type=Path, required=True, metavar="FILE", help="what came so far: a CSV, a row a placement and week or day")
    track.add_argument("--as-of", required=True, metavar="DATE", help="the day (its morning) or moment up to which things are known")
    track.add_argument("--out", type=Path, default=Path("build"), help="folder for the report (default: build)")
    track.add_argument("--language", choices=sorted(load_tables().languages), default=None)
    track.set_defaults(job=("tracking", "track_job"))
    samples = jobs.add_parser("samples", help="write the samples, their frozen plan and its results again from the seed")
    samples.add_argument("--out", type=Path, help="folder for the samples (default: where the package has its own)")
    samples.set_defaults(job=("sampling", "samples_job"))
    return top


if __name__ == "__main__":
    sys.exit(main())
