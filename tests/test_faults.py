"""What the machine does to a reader: other locales, zones and encodings, little memory, files of gigabytes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
READ = """
import hashlib, mktlib as mk
intake = mk.read_export(mk.sample_path("exports/meta_ads.csv"), tags=mk.sample_path("exports/naming.toml"))
said = intake.log.to_csv() + intake.excluded.to_csv() + "".join(f.text for f in intake.findings)
print(hashlib.sha256(said.encode()).hexdigest())
"""


def output(code: str, *wrapper: str, options: tuple[str, ...] = (), **environment: str) -> str:
    command = [*wrapper, sys.executable, *options, "-c", code]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=True)
    return done.stdout


def test_locale_encoding_and_zone_change_no_byte() -> None:
    plain = output(READ, PYTHONUTF8="1", TZ="UTC")
    strict = ("-X", "warn_default_encoding", "-W", "error::EncodingWarning:mktlib")
    assert output(READ, options=strict, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0", TZ="Pacific/Kiritimati") == plain
    assert output(READ, TZ="America/New_York", LC_ALL="C.UTF-8") == plain


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("prlimit"), reason="prlimit is not on this machine")
def test_a_log_of_ninety_million_rows_needs_little_memory(tmp_path: Path) -> None:
    make = """
import numpy as np, pyarrow as pa, pyarrow.parquet as pq
rng, styles, whole = np.random.default_rng(0), np.array(["a", "b", "c", "d"]), pa.int32()
kinds = pa.schema({"style": pa.string(), "clicks": whole, "impressions": whole})
with pq.ParquetWriter(PATH, kinds) as file:
    for _ in range(90):
        n = rng.integers(1, 2_000_000_000, 1_000_000).astype("int32")
        columns = {"style": styles[rng.integers(0, 4, 1_000_000)], "clicks": pa.array(n // 100, whole), "impressions": pa.array(n, whole)}
        file.write_table(pa.table(columns))
"""
    path = tmp_path / "log.parquet"
    output(f"PATH = {str(path)!r}\n{make}")
    added = output(
        f"import mktlib as mk; t = mk.tally({str(path)!r}, by=['style']); print(len(t), int(t['exposure'].sum()) > 2**53)",
        "prlimit", "--data=3000000000",
    )  # fmt: skip
    assert added.split() == ["4", "True"]


@pytest.mark.slow
def test_a_file_of_five_gigabytes_is_added_up_or_refused_by_size(tmp_path: Path) -> None:
    if shutil.disk_usage(tmp_path).free < 12e9:
        pytest.skip("the disk has no room for five gigabytes")
    path, row = tmp_path / "big.csv", "2026-09-01,A,banner,display,parents,3,100,1.50\n"
    block = row * 100_000
    times = int(5e9 / len(block)) + 1
    with path.open("w", encoding="utf-8") as file:
        file.write("date,content_id,content_type,channel,segment,clicks,impressions,spend\n")
        for _ in range(times):
            file.write(block)
    code = f"""
import mktlib as mk, resource
t = mk.tally({str(path)!r}, by=["channel"])
print(int(t["count"].sum()), int(t["exposure"].sum()), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
try:
    mk.read_export({str(path)!r})
except mk.MktlibError as error:
    print(error.codes[0])
"""
    clicks, shown, megabytes, refused = output(code).split()
    assert (int(clicks), int(shown)) == (3 * 100_000 * times, 100 * 100_000 * times)
    assert int(megabytes) < 1000
    assert refused == "E_FILE_TOO_LARGE"
