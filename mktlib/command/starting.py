"""For who has no data yet: a brief to fill in, and ten questions."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

import pandas as pd

from mktlib.command.output import answers_of, formats_of, reports, save_scores, say_written
from mktlib.errors import DataError
from mktlib.planning import brief_from_answers, brief_from_text, brief_template, questions, read_brief, write_form
from mktlib.scoring import ContentScorer
from mktlib.vocabulary import default_language, finding, load_tables, phrase
from mktlib.wording import write_text


def start_job(args: argparse.Namespace) -> None:
    """Ten answers become a brief and a matrix in which every score is marked as opinion."""
    language = args.language or default_language()
    formats = formats_of(args.formats)
    given = answers_of(args.answers) if args.answers else dict(ask(language))
    brief_file = write_text(brief_from_answers(given, language=language), args.out / "brief.toml")
    brief = read_brief(brief_file)
    cells = brief.cells()
    scores = ContentScorer(by=tuple(cells.columns)).fit(pd.DataFrame(columns=[*cells.columns, "count", "exposure"])).score_cells(cells)
    written = [brief_file, save_scores(scores.table, args.out)]
    say_written([*written, *reports([scores], args.out, [language], load_tables(), formats)], language)


def brief_job(args: argparse.Namespace) -> None:
    """The text goes out as UTF-8 whatever the console speaks, so that what `>` writes can be read again."""
    language = args.language or default_language()
    if args.brief and not args.xlsx:
        raise DataError(
            finding("E_OPTION", language, column="--brief", found=str(args.brief), expected="--brief BRIEF.toml --xlsx FORM.xlsx")
        )
    text = brief_template(language)
    if args.xlsx:
        given = read_brief(args.brief) if args.brief else brief_from_text(text)
        say_written([write_form(given, args.xlsx, language=language)], language)
    elif args.out:
        say_written([write_text(text, args.out)], language)
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode())
        sys.stdout.flush()


def ask(language: str) -> Iterator[tuple[str, str]]:
    """Each question until its answer can be read: nine good answers are not lost to one slip."""
    for question in questions(language):
        while True:
            try:
                answer = input(f"{question.text} [{question.default}] ").strip() or question.default
            except EOFError:  # nobody is there to answer
                answer = question.default
            try:
                brief_from_answers({question.key: answer}, language=language)
            except DataError as error:
                print(f"{error}\n{phrase('command.again', language)}")
                continue
            yield question.key, answer
            break
