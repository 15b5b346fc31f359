"""How Sphinx builds the site: offline, notebooks as they are stored, names of the code turned into links."""

from __future__ import annotations

import os
import re
import sys
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

import mktlib

sys.path.insert(0, os.environ["MKTLIB_DOCS"])  # where build.py and its helpers lie
from making.api import known_names

project = "mktlib"
author = "mktlib"
copyright = "the authors of mktlib; MIT licence"
version = release = mktlib.__version__
language = "en"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb", ".rst": "restructuredtext"}
default_role = "literal"

myst_enable_extensions = ["colon_fence", "attrs_inline"]
myst_heading_anchors = 3
nb_execution_mode = "off"
nb_ipywidgets_js: dict[str, Any] = {}
nb_merge_streams = True
# pages carry no widget state: the figure or text of a panel is shown instead of a blank
nb_mime_priority_overrides = [("html", "application/vnd.jupyter.widget-view+json", None)]

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
napoleon_use_rtype = False
napoleon_use_param = False
napoleon_use_ivar = True
python_maximum_signature_line_length = 100
add_module_names = False
toc_object_entries = False
nitpick_ignore_regex = [
    ("py:class", ".*"),
    ("py:obj", r"typing\..*"),
]  # types of others, in signatures

html_theme = "furo"
html_title = "mktlib"
html_static_path = ["_static"]
html_css_files = ["mktlib.css"]
templates_path = ["_templates"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_theme_options = {
    "top_of_page_buttons": [],
    "light_css_variables": {
        "color-brand-primary": "#0b5c8a",
        "color-brand-content": "#0b5c8a",
        "font-stack": "system-ui, 'Segoe UI', 'Helvetica Neue', 'Liberation Sans', Arial, sans-serif",
    },
    "dark_css_variables": {"color-brand-primary": "#7cc4f0", "color-brand-content": "#7cc4f0"},
}
html_sidebars: dict[str, list[str]] = {}

NAMES = known_names()
WORDS = {"table", "show", "report", "plot", "compare", "kpis", "uplift"}  # a column or a word as often as a call
ENDS_SO = re.compile(r"(?<![`\w])(\w*[a-z0-9])_(?![\w`])")
REQUEST = re.compile(r"set_\w+_request")
CALL = re.compile(r"(?:mk\.|mktlib\.)?(\w+)(?:\(.*\))?")


class NamesAreLinks(SphinxTransform):
    """A public name in a literal (`mk.compare`, `compare(...)`) leads to its page."""

    default_priority = 5

    def apply(self, **kwargs: Any) -> None:
        for literal in list(self.document.findall(nodes.literal)):
            called = CALL.fullmatch(literal.astext().strip())
            if not called or called[1] not in NAMES or inside_a_link(literal):
                continue
            if literal.astext() in WORDS:
                continue
            link = addnodes.pending_xref("", refdomain="py", reftype="obj", reftarget=NAMES[called[1]], refexplicit=True, refwarn=True)
            link["refdoc"] = self.env.docname
            literal.replace_self(link)
            link += literal


def inside_a_link(node: nodes.Node) -> bool:
    while node.parent is not None:
        node = node.parent
        if isinstance(node, nodes.reference | addnodes.pending_xref | nodes.title | addnodes.desc_signature):
            return True
    return False


def by_its_short_name(app: Sphinx, env: Any, node: addnodes.pending_xref, content: nodes.Element) -> nodes.Element | None:
    """`DataError` of a docstring is the one of `mktlib.errors`."""
    full = NAMES.get(node["reftarget"])
    if full is None or node.get("refdomain") != "py":
        return None
    return env.get_domain("py").resolve_xref(env, node["refdoc"], app.builder, "obj", full, node, content)


def left_out(app: Sphinx, what: str, name: str, thing: Any, skip: bool, options: Any) -> bool | None:
    """What scikit-learn hangs on every estimator is documented there."""
    return True if REQUEST.fullmatch(name.rsplit(".", 1)[-1]) else None


def plain(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """A name that ends with an underscore (`findings_`) is no link."""
    lines[:] = [line if line.lstrip().startswith((">>>", "...")) else ENDS_SO.sub(r"\1\\_", line) for line in lines]


def speak(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """French pages say that they are in French."""
    if pagename.startswith("fr/"):
        context["language"] = "fr"


class Dropdown(Directive):
    """Plain lines that open when they are asked for."""

    has_content, required_arguments, final_argument_whitespace = True, 1, True

    def run(self) -> list[nodes.Node]:
        opening = f'<details class="words"><summary>{self.arguments[0]}</summary>'
        lines = [nodes.paragraph(text=line) for line in self.content if line.strip()]
        return [nodes.raw("", opening, format="html"), *lines, nodes.raw("", "</details>", format="html")]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("dropdown", Dropdown)
    app.add_transform(NamesAreLinks)
    app.connect("missing-reference", by_its_short_name)
    app.connect("autodoc-process-docstring", plain, priority=900)
    app.connect("autodoc-skip-member", left_out)
    app.connect("html-page-context", speak)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
