"""The command line: the main job on the samples, on a user's own files, or on ten answers.

`python -m mktlib run` executes the four lessons and writes the client report in English and French; with `--log` it does the same
job on a user's files. `python -m mktlib start` serves the one who has no data yet. `python -m mktlib notebooks` executes lessons.
"""

from __future__ import annotations

import argparse
import os
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from tqdm.auto import tqdm

from mktlib.errors import DataError, Finding, MktlibError, ModelError
from mktlib.intake import read_export
from mktlib.mailing import check_email
from mktlib.measurement import attribute, kpis, learn_from, review_campaign, targeting_gain
from mktlib.mobile import check_listing, check_page
from mktlib.planning import (
    brief_from_answers,
    brief_from_text,
    brief_template,
    load_plan,
    plan_campaign,
    questions,
    read_brief,
    shortlist,
    track_campaign,
    write_form,
)  # fmt: skip
from mktlib.reporting import report
from mktlib.reporting.saving import FORMATS, ready
from mktlib.results import Result
from mktlib.rules import check_text
from mktlib.rules.check import WEIGHT
from mktlib.scoring import ContentScorer, backtest
from mktlib.simulate import load_sample, run_plan, sample_path, write_samples
from mktlib.vocabulary import Tables, default_language, finding, load_tables, nearest, phrase, progress
from mktlib.wording import safe_csv, write_text

FORMS_HELP = "forms of the report: page, paper (needs Chromium), slides (needs python-pptx)"
LOT = (1924, 476)  # people of the story who were shown its banner or kept from it by lot: all of them are in the sample
MARGIN = 0.1  # of the revenue in the story of the samples, which is what its brief counts a click at
LESSONS = ("01_audience_research", "02_content_scores", "03_campaign_design", "04_post_campaign_report")


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, run, and answer 0; an input that cannot be used is said in plain words on stderr, and answers 1."""
    args = parser().parse_args(argv)
    before = os.environ.get("MKTLIB_LANGUAGE")
    os.environ["MKTLIB_LANGUAGE"] = getattr(args, "language", None) or default_language()  # findings and errors speak it too
    try:
        answer = args.job(args)
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
    run.set_defaults(job=run_job)
    start = jobs.add_parser("start", help="no data yet: ten questions give a brief and a matrix of opinions")
    start.add_argument("--answers", type=Path, help="a TOML of answers instead of questions")
    start.add_argument("--out", type=Path, default=Path("build"))
    start.add_argument("--language", choices=sorted(load_tables().languages), default=None)
    start.add_argument("--formats", default="html", metavar="html,pdf,pptx", help=FORMS_HELP)
    start.set_defaults(job=start_job)
    brief = jobs.add_parser("brief", help="a brief to fill in, with every entry explained: text, or a form for a spreadsheet")
    brief.add_argument("--out", type=Path, help="where the text is written (default: on screen, for > my.toml)")
    brief.add_argument("--xlsx", type=Path, metavar="FORM", help="write the spreadsheet form instead")
    brief.add_argument("--brief", type=Path, help="fill the form in from this brief")
    brief.add_argument("--language", choices=sorted(load_tables().languages), default=None)
    brief.set_defaults(job=brief_job)
    books = jobs.add_parser("notebooks", help="execute the lessons")
    books.add_argument("--out", type=Path, default=Path("build/notebooks"))
    books.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="parameters of the lessons, such as language=fr")
    books.set_defaults(job=notebooks_job)
    check = jobs.add_parser("check-text", help="a draft against a style and the place it is for; answers 1 where something should change")
    check.add_argument("file", metavar="FILE", help="the draft, plain text or HTML; - reads what is typed or piped")
    check.add_argument("--style", required=True, help="one of the styles of the tables (legal_formal, playful ...)")
    check.add_argument("--channel", required=True, help="where it will be seen (email, sms, organic_social ...)")
    check.add_argument("--language", choices=sorted(load_tables().languages), default=None, help="of the draft and of the findings")
    check.add_argument("--content-type", help="narrows the limits of characters to those of a type")
    check.add_argument("--length", help="a length of the tables that the draft must keep")
    check.add_argument("--tables", type=Path, nargs="*", default=[], help="your own rules, styles and limits (TOML)")
    check.set_defaults(job=check_text_job)
    one = jobs.add_parser("check", help="a page (.html or an address), an e-mail (.eml) or a store listing (.toml); answers 1 with errors")
    one.add_argument("file", metavar="FILE", help="page.html, mail.eml, listing.toml, or https://... with --online")
    one.add_argument("--render", action="store_true", help="a page: see it in a headless Chromium too")
    one.add_argument("--pictures", type=Path, metavar="FOLDER", help="a page: where its screenshots go (with --render)")
    one.add_argument("--online", action="store_true", help="a page: fetch an address of the public web")
    one.add_argument("--store", help="a listing: google_play, app_store ... (default: the one that the file names)")
    one.add_argument("--style", help="an e-mail or a listing: hold its texts to a style of the tables")
    one.add_argument("--language", choices=sorted(load_tables().languages), default=None, help="of the findings")
    one.add_argument("--tables", type=Path, nargs="*", default=[], help="your own checks and thresholds (TOML)")
    one.set_defaults(job=check_job)
    track = jobs.add_parser("track", help="a running campaign on one day: late pieces, money, where it lands, what to decide")
    track.add_argument("--plan", type=Path, required=True, metavar="DIR", help="the folder of a saved plan")
    track.add_argument("--log", type=Path, required=True, metavar="FILE", help="what came so far: a CSV, a row a placement and week or day")
    track.add_argument("--as-of", required=True, metavar="DATE", help="the day (its morning) or moment up to which things are known")
    track.add_argument("--out", type=Path, default=Path("build"), help="folder for the report (default: build)")
    track.add_argument("--language", choices=sorted(load_tables().languages), default=None)
    track.set_defaults(job=track_job)
    samples = jobs.add_parser("samples", help="write the samples, their frozen plan and its results again from the seed")
    samples.add_argument("--out", type=Path, default=sample_path(""))
    samples.set_defaults(job=samples_job)
    return top


def run_job(args: argparse.Namespace) -> None:
    formats = formats_of(args.formats)
    if args.log is None:
        if args.brief or args.columns:
            raise DataError(finding("E_NO_LOG", hint="--log FILE"))
        execute(LESSONS, args.out / "notebooks", {})
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
        source = args.log[0] if len(args.log) == 1 else args.log
        how_written = {name: getattr(args, name) for name in ("decimal", "date_format", "zone", "sheet", "table", "keep")}
        platform = args.columns or args.platform or "auto"
        intake = read_export(source, platform=platform, tags=args.tags, tables=tables, rates=rates_of(args.rates), **how_written)
        written += keep_the_rest(intake, args.out)
        say_read(intake, language)
        step("score")
        how = dict(intake.facts.get("score") or {})
        within = tuple(how.pop("within", ("segment", "stage")))
        target, fixed = how.pop("target", None), how.pop("fixed", {})
        scorer = ContentScorer(**how, tables=tables).fit(intake.log)
        scores = scorer.score_cells(within=within, **fixed)
        written += [save_scores(scores.table, args.out), scorer.save(args.out / "scorer.npz")]
        scores = replace(scores, findings=(*intake.findings, *scores.findings))
        results: list[Result] = [scores]
        step("check")
        try:
            results.append(backtest(intake.log, scorer))
        except ModelError as error:  # too little to hold some out: the scores are told without this check, and the report says so
            scores = replace(scores, findings=(*scores.findings, *error.findings))
            results[0] = scores
        if target:
            results.append(targeting_gain(intake.log, scorer, **target))
        step("plan")
        if brief:
            ideas = shortlist(scores, brief, tables=tables)
            plan = plan_campaign(scores, brief, tables=tables)
            written += [plan.save(args.out / "plan"), plan.export(args.out / "campaign", language=language, overwrite=True, tables=tables)]
            results = [plan, ideas, *results]
        step("report")
        written += reports(results, args.out, [language], tables, formats)
    return written


def rates_of(given: Sequence[str] | None) -> dict[str, float] | None:
    """{"EUR": 1.0, "USD": 0.92} from "EUR=1 USD=0.92".

    >>> rates_of(["EUR=1", "USD=0.92"])
    {'EUR': 1.0, 'USD': 0.92}
    """
    try:
        return {code: float(rate) for code, rate in (pair.split("=") for pair in given)} if given else None
    except ValueError as error:
        raise DataError(finding("E_OPTION", column="--rates", found=" ".join(given or ()), expected="--rates EUR=1 USD=0.92")) from error


def keep_the_rest(intake: Any, out: Path) -> list[Path]:
    """Rows that were set aside are written beside the report: nothing is lost."""
    for name in ("rejected", "excluded"):
        (out / f"{name}.csv").unlink(missing_ok=True)  # of an earlier run: it would speak of rows that this log does not have
    return [
        safe_csv(frame, out / f"{name}.csv") for name, frame in (("rejected", intake.rejected), ("excluded", intake.excluded)) if len(frame)
    ]


def say_read(intake: Any, language: str) -> None:
    """How many rows came of the log, on screen; a log of which nothing is left is refused with the first reasons."""
    wrong = [f for f in intake.findings if f.level == "error"]
    if not len(intake.log):
        raise DataError(wrong[:5] or [finding("E_NO_ROWS", language, file=intake.facts["source"])])
    counts = {
        key: f"{intake.facts[name]:,}"
        for key, name in (("read", "rows_read"), ("kept", "kept"), ("rejected", "rejected"), ("excluded", "excluded"))
    }
    tqdm.write(phrase("command.rows", language, **counts), file=sys.stderr)
    for found in wrong[:3]:
        tqdm.write(f"  {found}", file=sys.stderr)


def save_scores(table: pd.DataFrame, out: Path) -> Path:
    return safe_csv(table, out / "scores.csv")


def reports(results: Sequence[Result], out: Path, languages: Sequence[str], tables: Tables, formats: Sequence[str]) -> list[Path]:
    """The report in each language, in each form that was asked for."""
    made = [(code, report(*results, language=code, tables=tables)) for code in languages]
    wanted = [(said, out / f"report.{code}.{form}") for code, said in made for form in formats]
    return [said.save(path) for said, path in progress(wanted, unit="file")]


def formats_of(given: str) -> tuple[str, ...]:
    """The forms of a report that were asked for, each once; what cannot be made here is said before anything is read.

    >>> formats_of("html")
    ('html',)
    """
    formats = tuple(dict.fromkeys(form.strip(" .").lower() for form in given.split(",") if form.strip(" .")))
    if not formats or set(formats) - set(FORMATS):
        raise DataError(finding("E_OPTION", column="--formats", found=given, expected=f"--formats {','.join(FORMATS)}"))
    ready(formats)
    return formats


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


def check_text_job(args: argparse.Namespace) -> int:
    """Every finding with its line, what is grave first said so; 1 where one is more than a note."""
    language = args.language or default_language()
    found = check_text(
        draft_text(args.file, language),
        style=args.style,
        channel=args.channel,
        language=language,
        content_type=args.content_type,
        length=args.length,
        tables=load_tables(*args.tables),
        reader=language,
    )
    for one in found:
        print(f"{args.file}:{one.line} [{phrase(f'command.level.{one.level}', language)} {one.code}] {one.text}")
    grave = sum(one.level != "note" for one in found)
    print(phrase("command.checked", language, count=len(found), many=len(found), grave=grave))
    return int(bool(grave))


def check_job(args: argparse.Namespace) -> int:
    """Every finding, the gravest first; 1 where one is an error."""
    language = args.language or default_language()
    kind = ".html" if "://" in args.file else Path(args.file).suffix.lower()
    if kind not in CHECKERS:
        raise DataError(finding("E_OPTION", language, column="FILE", found=args.file, expected=" / ".join(CHECKERS)))
    found = sorted(CHECKERS[kind](args, load_tables(*args.tables), language), key=lambda one: -WEIGHT[one.level])
    for one in found:
        print(f"[{phrase(f'command.level.{one.level}', language)} {one.code}] {one.text}")
    grave = sum(one.level != "note" for one in found)
    print(phrase("command.checked", language, count=len(found), many=len(found), grave=grave))
    return int(any(one.level == "error" for one in found))


def page_findings(args: argparse.Namespace, tables: Tables, language: str) -> list[Finding]:
    page = args.file if "://" in args.file else Path(args.file)
    return check_page(page, render=args.render, online=args.online, pictures=args.pictures, tables=tables, language=language)


def mail_findings(args: argparse.Namespace, tables: Tables, language: str) -> list[Finding]:
    return check_email(Path(args.file), style=args.style, tables=tables, reader=language)


def listing_findings(args: argparse.Namespace, tables: Tables, language: str) -> list[Finding]:
    store = args.store or str(answers_of(Path(args.file)).get("store", ""))
    return check_listing(Path(args.file), store, style=args.style, tables=tables, reader=language)


CHECKERS: Mapping[str, Callable[[argparse.Namespace, Tables, str], list[Finding]]] = {
    ".html": page_findings,
    ".htm": page_findings,
    ".eml": mail_findings,
    ".toml": listing_findings,
}


def draft_text(file: str, language: str) -> str:
    """The text of a draft: UTF-8, or what Windows calls ANSI."""
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise DataError(finding("E_NO_FILE", language, file=Path(file).name, found=error.strerror or str(error))) from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def answers_of(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise DataError(finding("E_NO_FILE", file=path.name, found=error.strerror or str(error))) from error
    except ValueError as error:  # no TOML, or no text
        raise DataError(finding("E_TOML", file=path.name, found=str(error))) from error


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


def notebooks_job(args: argparse.Namespace) -> None:
    wrong = [pair for pair in args.set if "=" not in pair]
    if wrong:
        raise DataError([finding("E_OPTION", column="--set", found=pair, expected="language=fr") for pair in wrong])
    parameters = dict(pair.split("=", 1) for pair in args.set)
    execute(LESSONS, args.out, parameters)
    say_written([args.out], default_language())


def samples_job(args: argparse.Namespace) -> None:
    """The year first; then the plan that its scores and the story's brief give, frozen; then what that plan brought."""
    written = write_samples(args.out)
    scores = ContentScorer().fit(load_sample("content_log", folder=args.out)).score_cells()
    plan = plan_campaign(scores, read_brief(sample_path("briefs/sunglasses.toml")))
    written.append(plan.save(args.out / "plan"))
    written.append(write_text(run_plan(plan).to_csv(index=False, lineterminator="\n"), args.out / "results.csv"))
    say_written(written, default_language())


def lesson_folder() -> Path:
    """Where the lessons lie: inside an installed package, or beside it in a checkout."""
    inside = Path(__file__).parent / "_notebooks"
    return inside if inside.is_dir() else Path(__file__).parents[1] / "notebooks"


def execute(names: Sequence[str], out: Path, parameters: dict[str, str]) -> None:
    """Run lessons top to bottom with a progress bar; an unknown parameter is refused before anything runs."""
    try:
        import papermill
    except ImportError as error:
        raise MktlibError(finding("E_OPTIONAL", found="papermill", hint="pip install 'mktlib[lab]'")) from error
    sources = {name: lesson_folder() / f"{name}.ipynb" for name in names}
    for path in sources.values():
        known = papermill.inspect_notebook(str(path))
        for key in parameters.keys() - known.keys():
            raise DataError(
                finding("E_PARAMETER", file=path.name, found=key, expected=", ".join(known), hint=nearest(key, list(known)) or "")
            )
    out.mkdir(parents=True, exist_ok=True)
    bar = tqdm(sources.items(), unit="notebook")
    for name, path in bar:
        bar.set_description(name)
        papermill.execute_notebook(
            str(path), str(out / path.name), parameters=parameters, progress_bar=False, cwd=str(path.parent), log_output=False
        )


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


def say_written(paths: Sequence[Path], language: str) -> None:
    print(phrase("command.written", language))
    for path in paths:
        print(f"  {path}")


if __name__ == "__main__":
    sys.exit(main())
