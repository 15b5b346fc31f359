"""The main job: on the samples, or on a user's own files."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

from mktlib.command.lessons import LESSONS, execute
from mktlib.command.output import formats_of, reports, save_scores, say_written
from mktlib.errors import DataError, ModelError
from mktlib.intake import read_export
from mktlib.measurement import attribute, kpis, learn_from, review_campaign, targeting_gain
from mktlib.planning import CampaignPlan, load_plan, plan_campaign, read_brief, shortlist
from mktlib.reporting import report
from mktlib.reporting.saving import FORMATS
from mktlib.results import Intake, Result, Scores
from mktlib.scoring import ContentScorer, backtest
from mktlib.simulate import load_sample, sample_path
from mktlib.vocabulary import Tables, default_language, finding, load_tables, phrase, progress, retell
from mktlib.wording import make_folder, safe_csv

LOT = (1924, 476)  # people of the story who were shown its banner or kept from it by lot: all of them are in the sample
ASIDE = ("rejected", "excluded")
"""Rows of a log that are set aside, each in a file of its own beside the report."""
STRANGERS = ("N_PLAN_SEGMENT", "N_PLAN_WORD", "N_PLAN_BAN")
MARGIN = 0.1  # of the revenue in the story of the samples, which is what its brief counts a click at


def run_job(args: argparse.Namespace) -> None:
    formats = formats_of(args.formats)
    if args.log is None:
        if args.brief or args.columns:
            raise DataError(finding("E_NO_LOG", hint="--log FILE"))
        execute(LESSONS, args.out / "notebooks", {"language": args.language} if args.language else {})
        written = sample_reports(args.out, [args.language] if args.language else ["en", "fr"], formats)
        say_written([args.out / "notebooks", *written], args.language or default_language())
    else:
        say_written(own_files(args, formats), args.language or default_language())


def sample_reports(out: Path, languages: Sequence[str], formats: Sequence[str] = FORMATS[:1]) -> list[Path]:
    """The story's reports: the frozen plan, what came, who is credited, the money; for a client, and for the team with the scores."""
    log, results, plan = load_sample("content_log"), load_sample("results"), load_plan(sample_path("plan"))
    scorer = ContentScorer().fit(log)
    scores, check = scorer.score_cells(), backtest(log, scorer)
    review = review_campaign(plan, results, learnt=learn_from(scorer, log, results, plan=plan), against="even")
    credit = attribute(load_sample("journeys"), "last", holdout="holdout", held_channel="display", drawn=LOT)
    worth = kpis(results, by="channel", margin=MARGIN)
    files = [plan.export(out / f"campaign.{code}", language=code, overwrite=True) for code in languages]
    told = reports([plan, review, worth, credit], out, languages, load_tables(), formats)
    for code in progress(languages, unit="file"):
        whole = report(plan, review, worth, credit, scores, check, language=code, reader="team")
        told.append(whole.save(out / f"report.team.{code}.html"))
    return [*told, *files]


def own_files(args: argparse.Namespace, formats: Sequence[str]) -> list[Path]:
    """Scores, a plan where there is a brief, the evidence behind them, and one report."""
    language = args.language or default_language()
    tables = load_tables(args.columns) if args.columns else load_tables()
    written: list[Path] = []
    with steps(5, language) as step:
        step("read")
        brief = read_brief(args.brief, tables=tables) if args.brief else None  # what is wrong in it is said before anything is written
        intake = own_log(args, tables)
        written += keep_the_rest(intake, args.out)
        say_read(intake, language)
        step("score")
        scorer, scores = scored(intake, tables)
        written += [save_scores(scores.table, args.out), scorer.save(args.out / "scorer.npz")]
        step("check")
        scores, checks = checked(intake, scorer, scores)
        results: list[Result] = [scores, *checks]
        step("plan")
        if brief:
            ideas = shortlist(scores, brief, tables=tables)
            plan = plan_campaign(scores, brief, tables=tables)
            written += [plan.save(args.out / "plan"), plan.export(args.out / "campaign", language=language, overwrite=True, tables=tables)]
            results = [plan, ideas, *results]
            say_strangers(plan, language)
        step("report")
        written += reports(results, args.out, [language], tables, formats)
    return written


def own_log(args: argparse.Namespace, tables: Tables) -> Intake:
    """The user's files, read as was typed."""
    source = args.log[0] if len(args.log) == 1 else args.log
    how_written = {name: getattr(args, name) for name in ("decimal", "date_format", "zone", "sheet", "table", "keep")}
    platform = args.columns or args.platform or "auto"
    return read_export(source, platform=platform, tags=args.tags, tables=tables, rates=rates_of(args.rates), **how_written)


def scored(intake: Intake, tables: Tables) -> tuple[ContentScorer, Scores]:
    """A scorer as the log, or its column map, asks for it, and its scores with what was found in the log."""
    how = dict(intake.facts.get("score") or {})
    within, fixed = tuple(how.pop("within", ("segment", "stage"))), how.pop("fixed", {})
    how.pop("target", None)
    scorer = ContentScorer(**how, tables=tables).fit(intake.log)
    scores = scorer.score_cells(within=within, **fixed)
    return scorer, replace(scores, findings=(*intake.findings, *scores.findings))


def checked(intake: Intake, scorer: ContentScorer, scores: Scores) -> tuple[Scores, list[Result]]:
    """The scores, and what they were held against: later weeks, and the gain from targeting where the map asks for it."""
    checks: list[Result] = []
    try:
        checks.append(backtest(intake.log, scorer))
    except ModelError as error:  # too little to hold some out: the scores are told without this check, and the report says so
        scores = replace(scores, findings=(*scores.findings, *error.findings))
    if target := (intake.facts.get("score") or {}).get("target"):
        checks.append(targeting_gain(intake.log, scorer, **target))
    return scores, checks


def rates_of(given: Sequence[str] | None) -> dict[str, float] | None:
    """{"EUR": 1.0, "USD": 0.92} from "EUR=1 USD=0.92".

    >>> rates_of(["EUR=1", "USD=0.92"])
    {'EUR': 1.0, 'USD': 0.92}
    """
    try:
        return {code: float(rate) for code, rate in (pair.split("=") for pair in given)} if given else None
    except ValueError as error:
        raise DataError(finding("E_OPTION", column="--rates", found=" ".join(given or ()), expected="--rates EUR=1 USD=0.92")) from error


def keep_the_rest(intake: Intake, out: Path) -> list[Path]:
    """Rows that were set aside are written beside the report: nothing is lost."""
    make_folder(out)
    for name in ASIDE:
        (out / f"{name}.csv").unlink(missing_ok=True)  # of an earlier run: it would speak of rows that this log does not have
    return [
        safe_csv(frame, out / f"{name}.csv") for name, frame in (("rejected", intake.rejected), ("excluded", intake.excluded)) if len(frame)
    ]


def say_read(intake: Intake, language: str) -> None:
    """How many rows came of the log, on screen; a log of which nothing is left is refused with the first reasons."""
    wrong = [f for f in intake.findings if f.level == "error"]
    if not len(intake.log):
        raise DataError(wrong[:5] or [finding("E_NO_ROWS", language, file=intake.facts["source"])])
    counts = {
        key: f"{intake.facts[name]:,}" + (f" ({name}.csv)" if key in ASIDE and intake.facts[name] else "")
        for key, name in (("read", "rows_read"), ("kept", "kept"), ("rejected", "rejected"), ("excluded", "excluded"))
    }
    tqdm.write(phrase("command.rows", language, **counts), file=sys.stderr)
    for found in wrong[:3]:
        tqdm.write(f"  {found}", file=sys.stderr)


def say_strangers(plan: CampaignPlan, language: str) -> None:
    """The words of a brief that name nothing scored, with what to type, on screen: the page for the client tells only what is missing."""
    for found in [f for f in plan.findings if f.code in STRANGERS][:5]:
        tqdm.write(f"  {retell(found, language)}", file=sys.stderr)


@contextmanager
def steps(total: int, language: str) -> Iterator[Any]:
    """A progress bar that names the step under way."""
    with tqdm(total=total, bar_format="{l_bar}{bar}| {n_fmt}/{total_fmt}") as bar:
        started: list[str] = []

        def step(name: str) -> None:
            bar.update(1 if started else 0)
            started.append(name)
            bar.set_description(phrase(f"command.step.{name}", language))

        yield step
        bar.update(1)
