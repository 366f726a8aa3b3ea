"""Opens the outputs of a run with the programs people use, and compares what they see.

    python3 tests/tools/open_outputs.py OUT RECORDS

Every file below OUT/clean must be opened by what is installed of pyarrow, pandas, DuckDB, gzip(1), zstd(1),
bzip2(1) and xz(1), and the records of all of them must be RECORDS. What is not installed is named and skipped.
The manifest must say what sha256 says.
"""

import gzip
import bz2
import hashlib
import json
import lzma
import pathlib
import shutil
import subprocess
import sys

TESTERS = {".gz": "gzip", ".zst": "zstd", ".bz2": "bzip2", ".xz": "xz"}
OPENERS = {"": open, ".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}


def library(name):
    try:
        return __import__(name)
    except ImportError:
        print(f"skipped: {name} is not installed")
        return None


def records_of_lines(path, pandas, duckdb):
    packing = path.suffix if path.suffix in TESTERS else ""
    if packing and shutil.which(TESTERS[packing]):
        subprocess.run([TESTERS[packing], "-t", "-q", path], check=True)
    counts = {}
    if packing in OPENERS:
        with OPENERS[packing](path, "rb") as lines:
            counts["json"] = sum(1 for line in lines if json.loads(line)["text"] is not None)
    elif shutil.which("zstd"):
        lines = subprocess.run(["zstd", "-dcq", path], check=True, capture_output=True).stdout
        counts["json"] = len(lines.splitlines())
    if pandas:
        try:
            counts["pandas"] = len(pandas.read_json(path, lines=True, dtype=False, convert_dates=False))
        except ImportError as error:  # zstd needs a package of its own
            print(f"skipped: pandas on {path.name}: {error}")
    if duckdb and packing in ("", ".gz", ".zst"):
        query = f"SELECT count(*) FROM read_json('{path}', format='newline_delimited', maximum_object_size=99999999)"
        counts["duckdb"] = duckdb.sql(query).fetchall()[0][0]
    return counts


def records_of_parquet(path, pandas, duckdb, pyarrow):
    counts = {}
    if pyarrow:
        import pyarrow.parquet as parquet

        table = parquet.read_table(path)
        assert "unchaff" in table.column_names and table.validate(full=True) is None
        counts["pyarrow"] = table.num_rows
        if pandas:
            counts["pandas"] = len(pandas.read_parquet(path))
    if duckdb:
        counts["duckdb"] = duckdb.sql(f"SELECT count(unchaff), count(*) FROM '{path}'").fetchall()[0][1]
    return counts


def check_manifest(out):
    manifest = json.loads((out / "manifest.json").read_text())
    for file in manifest["files"]:
        content = (out / file["path"]).read_bytes()
        assert len(content) == file["bytes"], file
        assert hashlib.sha256(content).hexdigest() == file["sha256"], file
    listed = {file["path"] for file in manifest["files"]} | {"manifest.json", "run.json"}
    there = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert there == listed, there ^ listed


def main():
    out, wanted = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    pandas, duckdb, pyarrow = library("pandas"), library("duckdb"), library("pyarrow")
    check_manifest(out)
    total = 0
    for path in sorted(path for path in (out / "clean").rglob("*") if path.is_file()):
        if path.suffix == ".parquet":
            counts = records_of_parquet(path, pandas, duckdb, pyarrow)
        elif ".jsonl" in path.suffixes:
            counts = records_of_lines(path, pandas, duckdb)
        else:
            counts = {"text": 1}
        assert len(set(counts.values())) <= 1, (path, counts)
        if not counts:
            print(f"skipped: nothing that opens {path.name} is installed")
            return
        print(path.relative_to(out), counts)
        total += next(iter(counts.values()))
    assert total == wanted, f"{total} records, and not {wanted}"


main()
