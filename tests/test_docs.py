"""The documentation is true: its Python gives the answers shown, its commands run, its site has no warning and no broken link."""

from __future__ import annotations

import doctest
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from documented import DOCS, OTHER, ROOT, inline, led_to, lines, pages, prose, session, settle, shared, twins

import mktlib
from mktlib.__main__ import main
from mktlib.charts import PICTURES
from mktlib.vocabulary import load_tables

sys.path.insert(0, str(DOCS))
pytest.importorskip("sphinx")
from making import api, command, gallery, links, rows

NAMED = {str(page.relative_to(DOCS)): page for page in pages()}
WITH_PYTHON = [name for name, page in NAMED.items() if ">>>" in session(page.read_text(encoding="utf-8"))]


def alike(line: str) -> str:
    """A command without what only names its language and its folder: it is run once."""
    return re.sub(r" --(out|language) \S+", "", line.split("#")[0]).strip()


def lines_by_page() -> dict[str, list[str]]:
    """The commands of each page that no page before has."""
    seen: set[str] = set()
    found: dict[str, list[str]] = {}
    for name, page in NAMED.items():
        for line in lines(page.read_text(encoding="utf-8")):
            if alike(line) not in seen:
                seen.add(alike(line))
                found.setdefault(name, []).append(line)
    return found


WITH_COMMANDS = lines_by_page()


@pytest.fixture
def reader(tmp_path, monkeypatch):
    """The reader's folder, for a page."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MKTLIB_TABLES", raising=False)

    def settled(name: str) -> str:
        text = NAMED[name].read_text(encoding="utf-8")
        settle(text, tmp_path)
        return text

    return settled


@pytest.mark.parametrize("name", WITH_PYTHON)
def test_the_python_of_a_page_answers_what_is_shown(name, reader):
    test = doctest.DocTestParser().get_doctest(session(reader(name)), {}, name, name, 0)
    said: list[str] = []
    failed = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test, out=said.append)
    assert test.examples
    assert not failed.failed, "".join(said)


@pytest.mark.parametrize("name", WITH_COMMANDS)
def test_the_commands_of_a_page_run(name, reader):
    reader(name)
    for line in WITH_COMMANDS[name]:
        words = shlex.split(line, comments=True)
        if words[0] == "make":
            assert f"\n{words[1]}:" in (ROOT / "Makefile").read_text(encoding="utf-8")
        else:
            assert words[:3] == ["python", "-m", "mktlib"], line
            assert main(words[3:]) == ("# answers 1" in line), line


def test_pages_that_show_an_answer_are_found():
    assert len(WITH_PYTHON) >= 12
    assert len(WITH_COMMANDS) >= 5


def test_every_public_name_has_a_place_in_the_reference(tmp_path):
    written = "\n".join((tmp_path / f"{name}.rst").read_text(encoding="utf-8") for name in api.api(tmp_path))
    assert [name for name in mktlib.__all__ if name != "__version__" and f":: mktlib.{name}\n" not in written] == []
    assert [shape.__name__ for shape in PICTURES if f":: mktlib.results.{shape.__name__}\n" not in written] == []


def test_every_row_and_every_finding_is_written_down_in_both_languages(tmp_path):
    assert {"channels", "platforms", "glossary", "kpis"} <= set(rows.tables(tmp_path))
    channels = (tmp_path / "channels.md").read_text(encoding="utf-8")
    assert all(row["label"][code] in channels for row in load_tables().channels.values() for code in ("en", "fr"))
    rows.findings(tmp_path / "findings.md")
    told = (tmp_path / "findings.md").read_text(encoding="utf-8")
    words = {code: rows.read(rows.TABLES / "languages" / f"{code}.toml")["findings"] for code in ("en", "fr")}
    assert [code for code in words["en"] if f'id="{code}"' not in told] == []
    assert rows.sentence(words["fr"]["E_NEGATIVE_COUNT"]) in told


def test_every_command_is_written_down(tmp_path):
    command.command(tmp_path / "command.md")
    told = (tmp_path / "command.md").read_text(encoding="utf-8")
    assert all(f"## {name}\n" in told for name in ("run", "start", "brief", "notebooks", "check-text", "check", "track", "samples"))


def test_every_figure_has_an_example_and_a_call():
    assert [shape.__name__ for shape, _ in gallery.figures() if not gallery.made_by(shape)] == []
    assert [shape.__name__ for shape, _ in gallery.figures() if gallery.sample(shape, "fr") is None] == []


def quoted() -> list[str]:
    """The lines of benchmarks/README.md that the page on figures quotes."""
    text = NAMED["explanation/figures.md"].read_text(encoding="utf-8")
    return [line for block in re.findall(r"^```text\n(.*?)^```", text, re.DOTALL | re.MULTILINE) for line in block.splitlines()]


def test_every_line_of_the_page_on_figures_stands_in_the_benchmarks():
    known = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    assert len(quoted()) >= 20
    assert [line for line in quoted() if line not in known] == []


FIGURES = {
    "6.9 %": ("README.md", "explanation/figures.md", "explanation/model.md"), "1.72 %": ("README.md", "explanation/figures.md"),
    "7.1 %": ("explanation/figures.md", "explanation/model.md"), "4.3 %": ("explanation/figures.md", "explanation/model.md"),
    "90.0 %": ("explanation/figures.md", "explanation/model.md"), "24.7 %": ("explanation/figures.md", "explanation/daily-looks.md"),
    "1.5 %": ("README.md", "explanation/figures.md", "explanation/daily-looks.md"),
}  # fmt: skip


@pytest.mark.parametrize("figure", FIGURES)
def test_a_figure_that_the_page_explains_is_said_where_it_says(figure):
    places = {name: (ROOT if name == "README.md" else DOCS) / name for name in FIGURES[figure]}
    assert [name for name, path in places.items() if figure not in path.read_text(encoding="utf-8")] == []


GENERATED = ("gallery/index.md", "fr/galerie.md", "reference/command-line.md", "reference/findings.md", "reference/tables/")


@pytest.mark.parametrize("name", NAMED)
def test_links_between_pages_lead_somewhere(name):
    page = NAMED[name]
    for address in links.MARKDOWN_LINK.findall(page.read_text(encoding="utf-8")):
        wanted = (page.parent / address.split("#")[0]).resolve()
        if "://" not in address and not address.startswith("#") and wanted.suffix == ".md":
            assert wanted.exists() or str(wanted.relative_to(DOCS)).startswith(GENERATED), address


@pytest.mark.parametrize("name", NAMED)
def test_a_page_that_links_to_a_made_one_says_what_makes_it(name):
    text = NAMED[name].read_text(encoding="utf-8")
    wanted = [NAMED[name].parent / address.split("#")[0] for address in links.MARKDOWN_LINK.findall(text) if "://" not in address]
    if any(page.suffix == ".md" and not page.exists() for page in wanted):
        assert "`make docs`" in text


TWINS = twins()
OWN_WORDS = ("fr/index.md", "fr/dix-minutes.md")
IN_FRENCH = {"gallery/index.md": "fr/galerie.md", **{english: french for french, english in TWINS.items()}}


def test_the_pages_of_managers_analysts_and_teachers_are_in_french_too():
    assert len(TWINS) >= 14
    assert sorted(french for french in NAMED if french.startswith(("fr/faire/", "fr/comprendre/")) and french not in TWINS) == []


@pytest.mark.parametrize("french", TWINS)
def test_a_french_page_says_what_its_english_one_says(french):
    texts = {"fr": NAMED[french].read_text(encoding="utf-8"), "en": NAMED[TWINS[french]].read_text(encoding="utf-8")}
    back = os.path.relpath(DOCS / french, (DOCS / TWINS[french]).parent)
    assert f"[{OTHER['en']}]({back})" in texts["en"]
    if french not in OWN_WORDS:
        assert shared(texts["fr"], "fr") == shared(texts["en"], "en")
        assert inline(texts["en"]) <= inline(texts["fr"])
        assert led_to(french, {}) == led_to(TWINS[french], IN_FRENCH)


CHANGED = {
    "a number in the code": (">>> mk.f(2)", ">>> mk.f(3)"),
    "a call": ("mk.f", "mk.g"),
    "a number in a sentence": ("1,200 people", "1,300 people"),
    "a heading more": ("# Two", "# Two\n\n## Three"),
    "a number in a sentence of the code": ('"of 5 people"', '"of 6 people"'),
}


@pytest.mark.parametrize("case", CHANGED)
def test_an_english_page_that_changes_leaves_its_french_one_behind(case):
    page = '# Two\n\n1,200 people, 1.5 times.\n\n```python\n>>> mk.f(2) == "of 5 people"\nTrue\n```\n'
    french = '# Deux\n\n1\u202f200 personnes, 1,5 fois.\n\n```python\n>>> mk.f(2, language="fr") == "de 5 personnes"  # oui\nTrue\n```\n'
    assert shared(page, "en") == shared(french, "fr")
    assert shared(page.replace(*CHANGED[case]), "en") != shared(french, "fr")


@pytest.mark.parametrize("name", [name for name in NAMED if name.startswith("fr/")])
def test_a_french_page_is_set_as_french_is(name):
    assert re.findall(r".* [;:!?»](?=\s|$).*|.*« .*|.*\w'.*", prose(NAMED[name].read_text(encoding="utf-8"))) == []


# The site itself takes most of a minute to build: `make docs` does it and checks every link, and so do these behind the slow marker.


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built as `make docs` builds it: warnings are errors, links are checked."""
    out = tmp_path_factory.mktemp("docs") / "site"
    environment = {**os.environ, "PYTHONWARNINGS": "default", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, str(DOCS / "build.py"), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip().endswith(str(out / "index.html"))
    return out


@pytest.mark.slow
def test_the_gallery_has_every_kind_of_figure_in_both_languages(site):
    for page in ("gallery/index.html", "fr/galerie.html"):
        shown = re.findall(r'src="[^"]*/([\w-]+?)\d*\.png"', (site / page).read_text(encoding="utf-8"))  # one of two alike is numbered
        assert sorted(shown) == sorted(f"{t.__name__}-{kind}" for t, kinds in PICTURES.items() for kind in kinds)


@pytest.mark.slow
def test_every_lesson_is_a_page(site):
    for source, target in (("notebooks", "tutorial/lessons"), ("notebooks/fr", "fr/lecons")):
        for book in (ROOT / source).glob("[0-9]*.ipynb"):
            assert (site / target / f"{book.stem}.html").exists()


@pytest.mark.slow
def test_french_pages_say_so_and_no_page_needs_a_network(site):
    assert '<html class="no-js" lang="fr"' in (site / "fr" / "index.html").read_text(encoding="utf-8")
    assert links.faults(site, ROOT) == []


BROKEN = {
    "src outside": ('<script src="https://cdn.example/x.js"></script>', "fetches https://cdn.example/x.js"),
    "style outside": ('<style>@import "//fonts.example/a.css";</style>', "a style fetches"),
    "picture that is not there": ('<img src="no.png" alt="x">', "asks for no.png"),
    "picture without words": ('<img src="data:image/png;base64,AA" alt="">', "has no alternative text"),
    "link that leads nowhere": ('<a href="gone.html">x</a>', "a link to gone.html"),
    "place that is not there": ('<a href="#gone">x</a>', "has no such place"),
    "path of a machine": ("<p>/home/ana/log.csv</p>", "a path of a machine: /home/ana"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_broken_is_told(case, tmp_path):
    body, said = BROKEN[case]
    (tmp_path / "index.html").write_text(f"<html><body>{body}</body></html>", encoding="utf-8")
    told = list(links.page_faults(tmp_path / "index.html", tmp_path))
    assert len(told) == 1
    assert said in told[0]


def test_a_markdown_link_to_a_file_that_is_not_there_is_told(tmp_path):
    (tmp_path / "README.md").write_text("[here](here.md) and [there](there.md#x), `[not](a.link)`\n", encoding="utf-8")
    (tmp_path / "here.md").write_text("", encoding="utf-8")
    assert [fault.split(": ")[1] for fault in links.markdown_faults(Path(tmp_path / "README.md"))] == [
        "a link to there.md#x, which is not there",
        "a link to a.link, which is not there",
    ]
