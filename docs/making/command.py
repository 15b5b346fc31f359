"""The page of the command line, from argparse itself."""

from __future__ import annotations

import argparse
from pathlib import Path

from making.page import code, escaped, table, write
from mktlib.__main__ import parser

INTRO = """# The command line

`python -m mktlib JOB` (or `mktlib JOB` once it is installed). A job answers 0 when all is well and 1 where something should change;
what is wrong in an input is said on the error stream, all of it at once, with what to type. `--help` prints what stands here.
"""


def command(path: Path) -> None:
    top = parser()
    jobs = next(action for action in top._actions if isinstance(action, argparse._SubParsersAction))
    said = {choice.dest: choice.help or "" for choice in jobs._choices_actions}
    blocks = [INTRO, *(job(name, one, said.get(name, "")) for name, one in jobs.choices.items())]
    write(path, "\n".join(blocks))


def job(name: str, one: argparse.ArgumentParser, said: str) -> str:
    one.prog = f"python -m mktlib {name}"
    usage = one.format_usage().removeprefix("usage: ").rstrip()
    rows = [(option(action), escaped(meaning(action))) for action in one._actions if action.dest != "help"]
    title = f"({anchor(name)})=\n## {name}\n\n{said[:1].upper()}{said[1:]}.\n"
    return "\n".join([title, "```text", usage, "```", "", table(("Option", "Meaning"), rows) if rows else ""])


def anchor(name: str) -> str:
    return f"command-{name}"


def option(action: argparse.Action) -> str:
    if not action.option_strings:
        return code(action.metavar or action.dest)
    value = "" if action.nargs == 0 else f" {action.metavar or action.dest.upper()}"
    return ", ".join(code(f"{spelt}{value}") for spelt in action.option_strings)


def meaning(action: argparse.Action) -> str:
    said = (action.help or "").replace("%%", "%")
    choices = f" One of: {', '.join(map(str, action.choices))}." if action.choices else ""
    needed = " Required." if action.required and action.option_strings else ""
    return f"{said[:1].upper()}{said[1:]}{choices}{needed}".strip() or "–"
