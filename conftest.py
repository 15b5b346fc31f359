"""What every test runs with.

A progress bar comes after two seconds, in other cells of a notebook on a slow machine than on a fast one: the lessons are compared
without bars, and the tests of bars ask for them.
"""

import os

os.environ.setdefault("TQDM_DISABLE", "1")
