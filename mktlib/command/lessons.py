"""The lessons, executed: which ones, in which language, with which parameters; all that is wrong is said before anything runs."""

from __future__ import annotations

import argparse
import ast
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

from mktlib.command.output import say_written
from mktlib.errors import DataError, Finding, MktlibError
from mktlib.vocabulary import default_language, finding, load_tables, nearest
from mktlib.wording import make_folder

LESSONS = ("01_audience_research", "02_content_scores", "03_campaign_design", "04_post_campaign_report")
"""The main line."""
SETTING = "language=fr"
YES_NO = {"true": True, "false": False}


def notebooks_job(args: argparse.Namespace) -> None:
    names, wrong = chosen(args.lessons)
    wrong += [finding("E_OPTION", column="--set", found=pair, expected=SETTING) for pair in args.set if not pair.partition("=")[1]]
    execute(names, args.out, dict(pair.split("=", 1) for pair in args.set if "=" in pair), wrong)
    say_written([args.out], default_language())


def chosen(given: Sequence[str]) -> tuple[tuple[str, ...], list[Finding]]:
    """The lessons whose names begin so, in their order; those of the main line where none is named.

    >>> chosen([])[0] == LESSONS, chosen(["03"])[0], [f.code for f in chosen(["33"])[1]]
    (True, ('03_campaign_design',), ['E_OPTION'])
    """
    known = sorted(path.stem for path in lesson_folder().glob("[0-9][0-9]_*.ipynb"))
    found = [name for name in known if any(name.startswith(start) for start in given)]
    wrong = [
        finding("E_OPTION", column="LESSON", found=start, expected=", ".join(known), hint=nearest(start, known) or "")
        for start in given
        if not start or not any(name.startswith(start) for name in known)
    ]
    return (tuple(found) if given else LESSONS), wrong


def lesson_folder() -> Path:
    """Where the lessons lie: inside an installed package, or beside it in a checkout."""
    package = Path(__file__).parents[1]
    inside = package / "_notebooks"
    return inside if inside.is_dir() else package.parent / "notebooks"


def execute(names: Sequence[str], out: Path, given: Mapping[str, str], wrong: Sequence[Finding] = ()) -> None:
    """Run lessons top to bottom with a progress bar, in the edition of their language.

    Args:
        names: of the lessons.
        out: the folder that the executed notebooks go to.
        given: values of the lessons' parameters, as they were typed.
        wrong: what was found wrong before.

    Raises:
        DataError: everything that is wrong in names, parameters and values, before any lesson runs. StoreError: the folder is none.
    """
    try:
        import papermill
    except ImportError as error:
        raise MktlibError(finding("E_OPTIONAL", found="papermill", hint="pip install 'mktlib[lab]'")) from error
    known = {name: papermill.inspect_notebook(str(lesson_folder() / f"{name}.ipynb")) for name in names}
    found = [*wrong, *unknown(known, given), *unusable(known, given)]
    if found:
        raise DataError(list({f.text: f for f in found}.values()))  # one value that several lessons refuse is said once
    make_folder(out)
    bar = tqdm(names, unit="notebook")
    for name in bar:
        bar.set_description(name)
        path = edition(name, given.get("language", "en"))
        values = {key: value_of(known[name][key], text) for key, text in given.items() if key != "language"}
        papermill.execute_notebook(
            str(path), str(out / path.name), parameters=values, progress_bar=False, cwd=str(path.parent), log_output=False
        )


def edition(name: str, language: str) -> Path:
    """The lesson in a language: its prose, and the language that its cells are told to speak."""
    folder = lesson_folder()
    return (folder if language == "en" else folder / language) / f"{name}.ipynb"


def unknown(known: Mapping[str, Mapping[str, Any]], given: Mapping[str, str]) -> list[Finding]:
    """Names that are no parameter of a lesson."""
    return [
        finding("E_PARAMETER", file=f"{lesson}.ipynb", found=key, expected=", ".join(has), hint=nearest(key, list(has)) or "")
        for lesson, has in known.items()
        for key in given
        if key not in has
    ]


def unusable(known: Mapping[str, Mapping[str, Any]], given: Mapping[str, str]) -> list[Finding]:
    """Values that a parameter cannot take: a language that nobody wrote, text where the lesson has a number."""
    wrong = []
    for key, text in given.items():
        for has in (has[key] for has in known.values() if key in has):
            if expected := not_a_value(has, text):
                wrong.append(finding("E_OPTION", column=f"--set {key}", found=text, expected=expected))
    return wrong


def not_a_value(parameter: Mapping[str, Any], text: str) -> str:
    """What a parameter takes, where this is not it; else empty.

    >>> not_a_value({"name": "language", "default": "'en'"}, "xx")
    'en, fr'
    >>> not_a_value({"name": "weeks", "default": "4"}, "four"), not_a_value({"name": "weeks", "default": "4"}, "6")
    ('int, such as 4', '')
    """
    if parameter["name"] == "language":
        spoken = sorted(load_tables().languages)
        return "" if text in spoken else ", ".join(spoken)
    try:
        value_of(parameter, text)
    except ValueError:
        usual = usual_value(parameter)
        return f"{type(usual).__name__}, such as {usual}"
    return ""


def value_of(parameter: Mapping[str, Any], text: str) -> Any:
    """What was typed as the kind of value that the parameter has in its lesson.

    >>> value_of({"default": "0.1"}, "0.2"), value_of({"default": "True"}, "false"), value_of({"default": "'a'"}, "7")
    (0.2, False, '7')
    """
    usual = usual_value(parameter)
    if isinstance(usual, bool):
        if text.lower() not in YES_NO:
            raise ValueError(text)
        return YES_NO[text.lower()]
    return type(usual)(text) if isinstance(usual, int | float) else text


def usual_value(parameter: Mapping[str, Any]) -> Any:
    """The value that stands in the lesson; text where it is none that can be read."""
    try:
        return ast.literal_eval(parameter["default"])
    except (ValueError, SyntaxError):
        return str(parameter["default"])
