"""The pages of the public names: one page a home, from `mktlib.__all__`, so that a new name appears by itself."""

from __future__ import annotations

import inspect
import typing
from importlib import import_module
from pathlib import Path
from typing import Any

import mktlib
from making.page import write
from mktlib import errors, results

TITLES = {
    "scoring": "Scores", "planning": "Plans", "reporting": "Reports", "charts": "Pictures", "intake": "Files in",
    "measurement": "What it was worth", "audience": "Who listens", "reputation": "What they say", "rules": "Drafts",
    "mailing": "E-mails", "mobile": "Phones and apps", "places": "Places", "lessons": "Exercises", "interact": "In a notebook",
    "simulate": "Samples and practice", "datasets": "Public data", "vocabulary": "Tables", "wording": "Tables of results",
    "errors": "Errors",
}  # fmt: skip
ORDER = list(TITLES)


def homes() -> dict[str, list[str]]:
    """The public names by the package where they live."""
    grouped: dict[str, list[str]] = {}
    for name in mktlib.__all__:
        if mktlib._HOME_OF.get(name, "results") != "results":
            grouped.setdefault(mktlib._HOME_OF[name], []).append(name)
    return grouped


def returned(thing: Any) -> Any:
    """The class that a public function answers with; None where it is no class of ours."""
    try:
        answer = typing.get_type_hints(thing).get("return")
    except (NameError, TypeError):
        return None
    return answer if inspect.isclass(answer) and answer.__module__.startswith("mktlib.") else None


def makers() -> dict[Any, list[str]]:
    """Class: the public calls that answer with it, methods of public classes (and of what these answer with) included."""
    found: dict[Any, list[str]] = {}
    public = {name: getattr(mktlib, name) for name in mktlib.__all__}
    for name, thing in public.items():
        if inspect.isclass(thing):
            add_methods(found, thing, "scorer" if name.endswith("Scorer") else "classifier")
        elif callable(thing) and returned(thing):
            found.setdefault(returned(thing), []).append(f"mk.{name}")
    for made in [cls for cls in found if cls not in public.values()]:
        add_methods(found, made, "plan" if "Plan" in made.__name__ else made.__name__.lower())
    return found


def add_methods(found: dict[Any, list[str]], cls: type, spoken: str) -> None:
    for name, method in inspect.getmembers(cls, inspect.isfunction):
        if not name.startswith("_") and (answer := returned(method)) and answer is not cls:
            calls = found.setdefault(answer, [])
            if f"{spoken}.{name}" not in calls:
                calls.append(f"{spoken}.{name}")


def heading(text: str, mark: str) -> str:
    return f"{text}\n{mark * len(text)}\n"


def documented(name: str) -> str:
    """The directive that documents a public name."""
    thing = getattr(mktlib, name)
    if inspect.isclass(thing):
        return f".. autoclass:: mktlib.{name}\n   :members:\n"
    if callable(thing):
        return f".. autofunction:: mktlib.{name}\n"
    return f".. py:data:: mktlib.{name}\n   :value: {thing!r}\n"


def behaved() -> list[type]:
    """Classes that public calls answer with and that are more than a shape: plans that check themselves, reports that save themselves."""
    told = {*shapes(), *(getattr(mktlib, name) for name in mktlib.__all__ if inspect.isclass(getattr(mktlib, name)))}
    return sorted(set(makers()) - told, key=lambda cls: cls.__name__)


def kinds_of_error() -> list[type]:
    """What a caller may catch besides MktlibError, which stands among the public names."""
    known = [cls for _, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, errors.MktlibError)]
    return [cls for cls in known if cls is not errors.MktlibError]


def shapes() -> list[type]:
    return [getattr(results, name) for name in results.__all__ if inspect.isclass(getattr(results, name))]


def known_names() -> dict[str, str]:
    """A name as texts write it: where its documentation stands."""
    found = {name: f"mktlib.{name}" for name in mktlib.__all__}
    for home, classes in (("mktlib.results", shapes()), ("mktlib.errors", [*kinds_of_error(), errors.Finding]), ("", behaved())):
        for cls in classes:
            found.setdefault(cls.__name__, f"{home or cls.__module__}.{cls.__qualname__}")
    return found


def one_page(path: Path, title: str, intro: str, parts: dict[str, str]) -> str:
    """A page of documented names; answer with its name."""
    body = "\n".join(f"{heading(name, '-')}\n{directive}" for name, directive in parts.items())
    write(path, f".. _api-{path.stem}:\n\n{heading(title, '=')}\n{intro}\n\n{body}")
    return path.stem


def first_words(module: Any) -> str:
    """The first paragraph of a module's docstring; what follows is for those who read the code."""
    return " ".join((inspect.getdoc(module) or "").split("\n\n")[0].split())


def of_classes(classes: list[type], home: str = "", hidden: str = "") -> dict[str, str]:
    options = f"   :members:\n{hidden}"
    return {cls.__name__: f".. autoclass:: {home or cls.__module__}.{cls.__qualname__}\n{options}" for cls in classes}


def api(out: Path) -> list[str]:
    """Write every page; answer with their names."""
    written = []
    for home, names in sorted(homes().items(), key=lambda pair: ORDER.index(pair[0]) if pair[0] in ORDER else len(ORDER)):
        parts = {name: documented(name) for name in sorted(names)}
        if home == "errors":
            parts |= of_classes([*kinds_of_error(), errors.Finding], "mktlib.errors")
        title = TITLES.get(home, home.capitalize())
        written.append(one_page(out / f"{home}.rst", title, first_words(import_module(f"mktlib.{home}")), parts))
    told = {"CELL": documented("CELL")} | of_classes(shapes(), "mktlib.results", "   :exclude-members: table, facts, findings\n")
    written.append(one_page(out / "shapes.rst", "Shapes of results", first_words(results), told))
    intro = "Some calls answer with more than a table: a plan that checks and exports itself, a report that saves itself."
    return [*written, one_page(out / "answers.rst", "What answers can do", intro, of_classes(behaved()))]
