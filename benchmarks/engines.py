"""A log of a hundred million rows, added up by each engine where it lies, beside pyarrow that only decodes it.

    python benchmarks/engines.py [--rows 100000000] [--pandas-rows 10000000] [--csv-gb 5] [--repeat 3] [--folder DIR]

The log is made from a seed (2,000 cells of 64,512, impressions 1 to 49 a row, 2 % of them clicked) and written a row group at a time;
what each cell must come to is added up on the way, and every engine is held to it. Each run is a process of its own; the engines take
turns, and the best of `repeat` runs counts, with the highest peak of memory (children included: PySpark's work is done in Java).
The unchecked sums are what the engine itself takes. PySpark is measured where it is installed. Files go to a folder that is removed; ten
gigabytes are enough.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import importlib.util
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
LEVELS = {
    "segment": [f"segment {i:02d}" for i in range(8)],
    "stage": ["awareness", "interest", "consideration", "decision"],
    "content_type": [f"type {i:02d}" for i in range(14)],
    "style": [f"style {i}" for i in range(8)],
    "length": ["short", "medium", "long"],
    "channel": ["email", "social", "search", "display", "native", "app"],
}
KEYS, NUMBERS, GROUP = list(LEVELS), ["clicks", "impressions"], 1_000_000
DIMS = tuple(len(words) for words in LEVELS.values())
BARE = "bare scan, pyarrow"
UNCHECKED = {"DuckDB, unchecked sums": "duckdb", "polars, unchecked sums": "polars"}
NAMES = {
    "parquet": [
        BARE,
        "DuckDB, unchecked sums",
        "Parquet path, DuckDB",
        "polars, unchecked sums",
        "polars, lazy",
        "Ibis on DuckDB",
        "PySpark, local[2]",
    ],
    "rows": ["pandas, text", "pandas, object", "pandas, category"],
    "csv": ["CSV path, DuckDB"],
}


# ---------------------------------------------------------------- the log and its truth


def groups(rows: int, seed: int = 0) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """(cell, clicks, impressions) of one row group after the other."""
    rng = np.random.default_rng(seed)
    cells = rng.choice(int(np.prod(DIMS)), 2000, replace=False)
    share = np.exp(rng.normal(0, 1.5, 2000))
    edges = np.cumsum(share / share.sum())
    for first in range(0, rows, GROUP):
        many = min(GROUP, rows - first)
        cell = cells[np.minimum(np.searchsorted(edges, rng.random(many)), 1999)]
        impressions = rng.integers(1, 50, many)
        yield cell, rng.binomial(impressions, 0.02), impressions


def as_table(cell: np.ndarray, clicks: np.ndarray, impressions: np.ndarray) -> Any:
    pa = importlib.import_module("pyarrow")
    codes = np.unravel_index(cell, DIMS)
    texts = [pa.DictionaryArray.from_arrays(pa.array(c, pa.int8()), pa.array(LEVELS[k])) for k, c in zip(KEYS, codes, strict=True)]
    return pa.table([*texts, pa.array(clicks, pa.int32()), pa.array(impressions, pa.int32())], names=[*KEYS, *NUMBERS])


def write_parquet(path: Path, rows: int) -> np.ndarray:
    """The file; what clicks and impressions of each cell come to (2, cells)."""
    parquet, truth, writer = importlib.import_module("pyarrow.parquet"), np.zeros((2, int(np.prod(DIMS))), dtype=np.int64), None
    for cell, *numbers in tqdm(groups(rows), total=-(-rows // GROUP), unit="row group", leave=False):
        table = as_table(cell, *numbers)
        writer = writer or parquet.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table, row_group_size=GROUP)
        for sums, values in zip(truth, numbers, strict=True):
            np.add.at(sums, cell, values)
    if writer:
        writer.close()
    return truth


def write_csv(path: Path, size: float) -> tuple[np.ndarray, int]:
    """One block of rows, written as often as it takes; (what each cell comes to, rows)."""
    cell, *numbers = next(groups(GROUP))
    block = as_table(cell, *numbers).to_pandas().to_csv(index=False, header=False).encode()
    times = max(round(size / len(block)), 1)
    with path.open("wb") as file:
        file.write((",".join([*KEYS, *NUMBERS]) + "\n").encode())
        for _ in tqdm(range(times), unit="block", leave=False):
            file.write(block)
    truth = np.zeros((2, int(np.prod(DIMS))), dtype=np.int64)
    for sums, values in zip(truth, numbers, strict=True):
        np.add.at(sums, cell, values)
    return truth * times, times * GROUP


def digest(counts: pd.DataFrame) -> str:
    return hashlib.sha256(counts.to_csv(index=False).encode()).hexdigest()


def digest_of(truth: np.ndarray) -> str:
    seen = np.flatnonzero(truth[1])
    words = {k: np.array(LEVELS[k])[c] for k, c in zip(KEYS, np.unravel_index(seen, DIMS), strict=True)}
    counts = pd.DataFrame(words | {"count": truth[0, seen], "exposure": truth[1, seen]})
    return digest(counts.sort_values(KEYS, ignore_index=True))


# ---------------------------------------------------------------- one run, in a process of its own


def bare(path: Path) -> None:
    file = importlib.import_module("pyarrow.parquet").ParquetFile(path, read_dictionary=KEYS)
    for _ in file.iter_batches(GROUP, columns=[*KEYS, *NUMBERS], use_threads=True):
        pass


def unchecked(engine: str, path: Path) -> None:
    """What the engine itself takes for the sums, without a look at a row."""
    if engine == "duckdb":
        names = ", ".join(KEYS)
        importlib.import_module("duckdb").sql(f"SELECT {names}, sum(clicks), sum(impressions) FROM '{path}' GROUP BY {names}").fetchall()
    else:
        pl = importlib.import_module("polars")
        pl.scan_parquet(path).group_by(KEYS).agg(*[pl.col(c).cast(pl.Int64).sum() for c in NUMBERS]).collect(engine="streaming")


def frame(path: Path, kind: str) -> pd.DataFrame:
    log = pd.read_parquet(path)
    return log if kind == "category" else log.astype(dict.fromkeys(KEYS, "str")).astype(dict.fromkeys(KEYS, kind))


def spark(path: Path) -> Any:
    session = importlib.import_module("pyspark.sql").SparkSession
    made = session.builder.master("local[2]").config("spark.ui.enabled", "false").config("spark.log.level", "OFF").getOrCreate()
    return made.read.parquet(str(path))


LOGS: dict[str, Callable[[Path], Any]] = {
    "Parquet path, DuckDB": Path,
    "CSV path, DuckDB": Path,
    "polars, lazy": lambda path: importlib.import_module("polars").scan_parquet(path),
    "Ibis on DuckDB": lambda path: importlib.import_module("ibis").duckdb.connect().read_parquet(path),
    "PySpark, local[2]": spark,
    "pandas, text": lambda path: frame(path, "str"),
    "pandas, object": lambda path: frame(path, "object"),
    "pandas, category": lambda path: frame(path, "category"),
}


def run(name: str, path: Path) -> dict[str, Any]:
    """Seconds, the highest memory in MB, and the digest of what came (of tally only)."""
    tally = importlib.import_module("mktlib").tally
    importlib.import_module(UNCHECKED.get(name, "pyarrow"))
    log = LOGS[name](path) if name in LOGS else None
    began = time.perf_counter()
    counts = tally(log) if name in LOGS else bare(path) if name == BARE else unchecked(UNCHECKED[name], path)
    return {"seconds": time.perf_counter() - began, "peak": peak("self"), "digest": None if counts is None else digest(counts)}


def peak(process: str) -> float:
    """Highest resident memory of a process and of its children, MB."""
    at = Path("/proc") / process
    kilobytes = next(int(line.split()[1]) for line in (at / "status").read_text().splitlines() if line.startswith("VmHWM"))
    children = [child for task in (at / "task").iterdir() for child in (task / "children").read_text().split()]
    return kilobytes / 1024 + sum(map(peak, children))


# ---------------------------------------------------------------- all of them


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000_000)
    parser.add_argument("--pandas-rows", type=int, default=10_000_000)
    parser.add_argument("--csv-gb", type=float, default=5)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where to write (default: the system's temporary folder)")
    parser.add_argument("--one", nargs=2, metavar=("ENGINE", "FILE"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(run(asked.one[0], Path(asked.one[1]))))
        return
    with tempfile.TemporaryDirectory(prefix="mktlib-engines-", dir=asked.folder) as folder:
        logs = written(Path(folder), asked)
        runs = measured(logs, asked.repeat)
    report(logs, runs)


def written(folder: Path, asked: argparse.Namespace) -> dict[str, tuple[Path, int, str]]:
    """(file, rows, digest of the truth) of each log."""
    whole, part, text = (folder / name for name in ("log.parquet", "part.parquet", "log.csv"))
    truth, rows = write_csv(text, asked.csv_gb * 1e9)
    return {
        "parquet": (whole, asked.rows, digest_of(write_parquet(whole, asked.rows))),
        "rows": (part, asked.pandas_rows, digest_of(write_parquet(part, asked.pandas_rows))),
        "csv": (text, rows, digest_of(truth)),
    }


def measured(logs: dict[str, tuple[Path, int, str]], repeat: int) -> dict[str, list[dict[str, Any]]]:
    """The runs of each engine; all engines once, then all again."""
    turns = [(name, kind) for kind in logs for name in NAMES[kind] if "Spark" not in name or importlib.util.find_spec("pyspark")]
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name, _ in turns}
    for name, kind in tqdm(turns * repeat, unit="run", leave=False):
        command = [sys.executable, __file__, "--one", name, str(logs[kind][0])]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        runs[name].append(json.loads(done.stdout.splitlines()[-1]))
    return runs


def report(logs: dict[str, tuple[Path, int, str]], runs: dict[str, list[dict[str, Any]]]) -> None:
    limit = min(r["seconds"] for r in runs[BARE]) / logs["parquet"][1]
    print("| engine | rows | s | times the bare scan, per row | M rows/s | peak MB | integers |\n|---|---|---|---|---|---|---|")
    for kind, (_, rows, truth) in logs.items():
        for name in (n for n in NAMES[kind] if n in runs):
            best, most = min(r["seconds"] for r in runs[name]), max(r["peak"] for r in runs[name])
            same = "-" if name not in LOGS else "same" if {r["digest"] for r in runs[name]} == {truth} else "DIFFERENT"
            print(f"| {name} | {rows:,} | {best:.2f} | {best / rows / limit:.2f} | {rows / best / 1e6:.1f} | {most:.0f} | {same} |")
    if any(r["digest"] not in (None, truth) for kind, (_, _, truth) in logs.items() for n in NAMES[kind] if n in runs for r in runs[n]):
        sys.exit("an engine gives other integers")


if __name__ == "__main__":
    main()
