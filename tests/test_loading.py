"""What is loaded before anybody asked for anything: `import mktlib` and `--help` wait for no statistics, no charts and no notebook."""

from __future__ import annotations

import subprocess
import sys

import pytest

OURS = {
    "import mktlib": {"mktlib"},
    "--help": {"mktlib", "mktlib.__main__", "mktlib.command", "mktlib.errors", "mktlib.vocabulary"},
}
THEIRS = {"import mktlib": set(), "--help": {"tqdm", "dateutil"}}
"""Nothing but these and what comes with Python may be loaded."""
RUN = {
    "import mktlib": "import mktlib",
    "--help": "import runpy, contextlib, io\nsys.argv = ['mktlib', '--help']\n"
    "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):\n    runpy.run_module('mktlib', run_name='__main__')",
}


@pytest.mark.parametrize("what", RUN)
def test_only_these_are_loaded(what):
    told = "\nprint('\\n'.join(sorted(set(sys.modules) - before)))"
    code = f"import sys\nbefore = set(sys.modules)\n{RUN[what]}{told}"
    names = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, encoding="utf-8").stdout.split()
    ours = {name for name in names if name.partition(".")[0] == "mktlib"}
    assert {
        name for name in ours if not any(name == one or (one != "mktlib" and name.startswith(f"{one}.")) for one in OURS[what])
    } == set()
    others = {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {"mktlib"}
    assert {name for name in others if not name.startswith("_")} <= THEIRS[what]
