"""The jobs of the command line, a file each: `mktlib.__main__` reads what was typed and loads the one that was asked for.

So `python -m mktlib --help` waits for no statistics, no charts and no solver.
"""
