"""What reading a usage export and storing it cost beside the barest way to do the same.

    python benchmarks/pull.py --rows 500000 --json

Reading: the files source, from CSV to checked Arrow batches with every row counted, against a bare loop over
`csv.reader` and against pyarrow's CSV reader on the same bytes. Writing: `FactStore.write`, sorted, by month and put in
place by rename, against one `pyarrow.parquet` file of the same batches in the order in which they come.
All are medians of several runs that take turns. Memory is that of processes of their own that read or write once.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import pyarrow.csv
import pyarrow.parquet as pq

from benchmarks.measuring import in_fresh_process, medians, peak_mb, show
from benchmarks.sample import AS_OF, Size, usage, usage_batches
from bot.facts.store import FactStore
from connectors.base import Places, Rejects, Window
from connectors.files import Settings, open_source
from connectors.schema import SCHEMAS, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from connectors.base import Batch

_FILE: Final = "usage.csv"
_COLUMNS: Final = ("customer", "meter", "day", "quantity", "user_id")
_WINDOW: Final = Window(None, AS_OF)


def write_csv(folder: Path, size: Size) -> None:
    """Write the export that is read."""
    made = iter(usage(size))
    first = next(made)
    with pyarrow.csv.CSVWriter(folder / _FILE, first.schema) as writer:
        writer.write_table(first)
        for rows in made:
            writer.write_table(rows)


def source_batches(folder: Path) -> Iterator[Batch]:
    """Read the export with the files source. Raises RuntimeError where a row was refused: nothing would compare."""
    fields = {name: {"column": name, "optional": name == "user_id"} for name in _COLUMNS}
    settings = Settings.model_validate({"files": [{"path": _FILE, "tables": {"usage": fields}}]})
    rejects = Rejects()
    yield from open_source("analytics", settings, Places.within(folder)).read(_WINDOW, rejects)
    if rejects.rejected:
        raise RuntimeError(f"the benchmark's own rows were refused: {rejects.by_reason()}")


def read_source(folder: Path) -> int:
    """Read the export as the product does; answers the number of rows."""
    return sum(batch.rows.num_rows for batch in source_batches(folder) if batch.table is Table.USAGE)


def read_csv_reader(folder: Path) -> int:
    """Read the export with the standard library, keeping nothing."""
    with (folder / _FILE).open(newline="", encoding="utf-8") as text:
        return sum(1 for _ in csv.reader(text)) - 1


def read_pyarrow(folder: Path) -> int:
    """Read the export with pyarrow, whose threads guess the types; answers the number of rows."""
    return pyarrow.csv.read_csv(folder / _FILE).num_rows


def write_store(batches: Iterable[Batch]) -> int:
    """Write into a new fact store; answers the number of rows."""
    with TemporaryDirectory(prefix="headroom-benchmark-") as folder:
        return FactStore(Path(folder)).write("analytics", batches, _WINDOW).rows[Table.USAGE]


def write_parquet(batches: Iterable[Batch]) -> None:
    """Write one Parquet file, compressed as the store's are."""
    with TemporaryDirectory(prefix="headroom-benchmark-") as folder:
        path = Path(folder) / "usage.parquet"
        with pq.ParquetWriter(path, SCHEMAS[Table.USAGE], compression="zstd") as writer:
            for batch in batches:
                if batch.table is Table.USAGE:
                    writer.write_table(batch.rows)


def seconds_of_reading(folder: Path, repeat: int) -> dict[str, float]:
    """Median seconds of each way to read."""
    works = {
        "source": lambda: read_source(folder),
        "csv_reader": lambda: read_csv_reader(folder),
        "pyarrow": lambda: read_pyarrow(folder),
    }
    return medians(works, repeat)


def seconds_of_writing(size: Size, repeat: int) -> dict[str, float]:
    """Median seconds of each way to write, of batches that are in memory already."""
    batches = list(usage_batches(size))
    return medians({"store": lambda: write_store(batches), "parquet": lambda: write_parquet(batches)}, repeat)


def peak_of_reading(folder: Path) -> float:
    """Memory of a process that reads once and keeps nothing."""
    read_source(folder)
    return peak_mb()


def peak_of_writing(folder: Path) -> float:
    """Memory of a process that reads once and stores what it reads, as a night does."""
    write_store(source_batches(folder))
    return peak_mb()


def measure(size: Size, repeat: int) -> dict[str, Any]:
    """Measure reading and writing; each step in a process of its own, so that this one stays small."""
    with TemporaryDirectory(prefix="headroom-benchmark-") as name:
        folder = Path(name)
        in_fresh_process(write_csv, folder, size)
        read = in_fresh_process(seconds_of_reading, folder, repeat)
        peaks = in_fresh_process(peak_of_reading, folder), in_fresh_process(peak_of_writing, folder)
        megabytes = (folder / _FILE).stat().st_size / 1e6
    written = in_fresh_process(seconds_of_writing, size, repeat)
    return {
        "read_ratio_to_csv_reader": round(read["source"] / read["csv_reader"], 2),
        "read_ratio_to_pyarrow": round(read["source"] / read["pyarrow"], 2),
        "read_seconds": round(read["source"], 4),
        "read_peak_mb": round(peaks[0]),
        "write_ratio_to_parquet": round(written["store"] / written["parquet"], 2),
        "write_seconds": round(written["store"], 4),
        "read_and_write_peak_mb": round(peaks[1]),
        "csv_reader_seconds": round(read["csv_reader"], 4),
        "pyarrow_seconds": round(read["pyarrow"], 4),
        "parquet_seconds": round(written["parquet"], 4),
        "rows": size.rows,
        "csv_mb": round(megabytes, 1),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure at one size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=500_000, help="of daily usage")
    parser.add_argument("--repeat", type=int, default=3, help="runs that the medians are of")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    asked = parser.parse_args(arguments)
    try:
        size = Size.of(asked.rows)
    except ValueError as error:
        parser.error(str(error))
    show(measure(size, asked.repeat), as_json=asked.json)


if __name__ == "__main__":
    main()
