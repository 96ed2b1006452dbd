"""Files in buckets, read by Arrow's own S3 client from a stand-in that checks its signatures."""

from __future__ import annotations

import gzip
import io
import random
from datetime import date
from typing import TYPE_CHECKING, Any

import fsspec  # type: ignore[import-untyped]  # ships no types
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from bot.sandbox.s3 import S3Control, s3_app
from bot.sandbox.serve import serving
from connectors.base import Places, SourceError, SourceSettingsError, Window
from connectors.files import Settings, open_source
from connectors.files.bucket_words import UnseenError, in_words
from connectors.files.remote import BucketError, RemoteFolder
from tests.connectors.files.reading import UNTIL, Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Bucket = Callable[..., Reading]

HEAD = b"customer,day,calls\n"
FIELDS = {"customer": "customer", "meter": {"value": "calls"}, "day": "day", "quantity": "calls"}


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, S3Control]]:
    app = s3_app({}, key="AKIDEXAMPLE", secret="wJalrXUtnFEMI")
    with serving(app) as url:
        yield url, app.state.control


@pytest.fixture
def s3(server: tuple[str, S3Control], monkeypatch: pytest.MonkeyPatch) -> S3Control:
    monkeypatch.setenv("BUCKET_KEY", "AKIDEXAMPLE")
    monkeypatch.setenv("BUCKET_SECRET", "wJalrXUtnFEMI")
    control = server[1]
    control.__init__({"acme": {}})  # type: ignore[misc]  # the same one, as new: its server goes on
    return control


@pytest.fixture
def read(server: tuple[str, S3Control], s3: S3Control, tmp_path: Path) -> Bucket:
    def reads(path: str, *, table: dict[str, Any] = FIELDS, storage: dict[str, Any] | None = None) -> Reading:
        access = {"key": {"env": "BUCKET_KEY"}, "secret": {"env": "BUCKET_SECRET"}}
        given = {
            "files": [{"path": path, "tables": {"usage": table}}],
            "storage": {"endpoint": server[0], "region": "us-east-1", **(access if storage is None else storage)},
        }
        source = open_source("exports", Settings.model_validate(given), Places.within(tmp_path))
        reading = Reading()
        reading.batches.extend(source.read(Window(None, UNTIL), reading.rejects))
        return reading

    return reads


def test_a_pattern_over_pages_of_a_bucket_finds_each_file_once(read: Bucket, s3: S3Control) -> None:
    days = [f"2026-03-{day:02}" for day in range(1, 8)]
    s3.buckets["acme"] = {f"exports/usage-{day}.csv": HEAD + f"acme,{day},1\n".encode() for day in days}
    s3.buckets["acme"] |= {"exports/": b"", "exports/other.csv": b"x", "exports/old/usage-2025.csv": b"x"}
    s3.page = 3
    reading = read("s3://acme/exports/usage-*.csv")
    assert reading.column("usage", "day") == [date.fromisoformat(day) for day in days]
    assert sum("continuation-token" in asked for asked in s3.requests) == 3
    assert all("prefix=exports%2F" in asked for asked in s3.requests if "list-type" in asked)


def test_two_stars_reach_into_folders(read: Bucket, s3: S3Control) -> None:
    s3.buckets["acme"] = {
        "exports/2026/03/usage.csv": HEAD + b"acme,2026-03-01,1\n",
        "exports/usage.csv": HEAD + b"acme,2026-03-02,2\n",
    }
    assert read("s3://acme/exports/**/usage.csv").column("usage", "quantity") == [1.0, 2.0]


def test_a_gzipped_file_larger_than_a_part_is_read_in_parts(read: Bucket, s3: S3Control) -> None:
    noise = random.Random(1)  # noqa: S311  # so that the packed file stays large
    rows = b"".join(b"%s,2026-03-01,1\n" % noise.randbytes(400).hex().encode() for _ in range(11_000))
    s3.buckets["acme"]["big.csv.gz"] = gzip.compress(HEAD + rows, 1)
    size = len(s3.buckets["acme"]["big.csv.gz"])
    assert size > 4 << 20
    assert read("s3://acme/big.csv.gz").rejects.read == 11_000
    ranges = [asked.rpartition("bytes=")[2] for asked in s3.requests if "bytes=" in asked]
    assert "0-4194303" in ranges
    assert f"4194304-{size - 1}" in ranges


def test_json_lines_and_parquet_are_read_from_a_bucket(read: Bucket, s3: S3Control) -> None:
    s3.buckets["acme"]["a.jsonl"] = b'{"customer": "acme", "day": "2026-03-01", "calls": 3}\n'
    table = pa.table({"customer": ["beta"], "day": [date(2026, 3, 2)], "calls": [4], "unwanted": ["x"]})
    packed = io.BytesIO()
    pq.write_table(table, packed)
    s3.buckets["acme"]["b.parquet"] = packed.getvalue()
    assert read("s3://acme/a.jsonl").rows("usage")[0]["quantity"] == 3.0
    assert read("s3://acme/b.parquet").rows("usage")[0]["customer"] == "beta"


def test_a_refused_row_names_the_whole_address(read: Bucket, s3: S3Control) -> None:
    s3.buckets["acme"]["exports/u 1+&ä.csv"] = HEAD + b"acme,soon,1\n"
    (reject,) = read("s3://acme/exports/u*.csv").rejects.rows
    assert reject.place == "s3://acme/exports/u 1+&ä.csv:2"


def test_no_file_fits_says_where_and_what_was_there(read: Bucket, s3: S3Control) -> None:
    s3.buckets["acme"] = {f"exports/x{number}.csv": b"" for number in range(7)} | {"exports/old/y.csv": b""}
    with pytest.raises(SourceSettingsError) as told:
        read("s3://acme/exports/usage-*.csv")
    assert told.value.problem == (
        "s3://acme/exports/usage-*.csv: no file fits; "
        "in s3://acme/exports there is old/, x0.csv, x1.csv, x2.csv, x3.csv and 3 more"
    )
    with pytest.raises(SourceSettingsError, match="in s3://acme/nowhere there is nothing"):
        read("s3://acme/nowhere/usage.csv")


@pytest.mark.parametrize(
    ("path", "words"),
    [("s3://nobody/x*.csv", "there is no such bucket"), ("s3://nobody/x.csv", "there is no such bucket")],
)
def test_a_bucket_that_is_not_there_is_told(read: Bucket, path: str, words: str) -> None:
    with pytest.raises(SourceSettingsError, match=words):
        read(path)


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("BUCKET_KEY", "AKIDSTRANGE", "the access key is not known there"),
        ("BUCKET_SECRET", "guessed", "the secret does not belong to the access key"),
    ],
)
def test_wrong_credentials_are_told_without_showing_them(
    read: Bucket, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, words: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SourceSettingsError, match=words) as told:
        read("s3://acme/*.csv")
    assert value not in str(told.value)


def test_a_secret_that_is_not_set_is_named(read: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BUCKET_SECRET")
    with pytest.raises(SourceSettingsError, match="the environment variable BUCKET_SECRET is not set"):
        read("s3://acme/*.csv")


def test_who_may_list_but_not_read_is_told_what_is_missing(read: Bucket, s3: S3Control) -> None:
    s3.buckets["acme"]["a.csv"] = HEAD
    s3.denied = {"get"}
    with pytest.raises(SourceError, match=r"s3://acme/a\.csv: access denied: .* s3:GetObject"):
        read("s3://acme/*.csv")


def test_who_may_not_list_is_not_told_that_nothing_is_there(read: Bucket, s3: S3Control) -> None:
    s3.buckets["acme"] = {"exports/a.csv": HEAD, "exports/b/c.csv": HEAD}
    s3.denied = {"list"}
    with pytest.raises(SourceSettingsError, match="access denied: the credentials need s3:ListBucket"):
        read("s3://acme/exports/**/*.csv")


def test_who_may_not_list_can_read_a_file_by_its_name(read: Bucket, s3: S3Control) -> None:
    s3.buckets["acme"]["a.csv"] = HEAD + b"acme,2026-03-01,1\n"
    s3.denied = {"list"}
    assert read("s3://acme/a.csv").rejects.read == 1


def test_a_public_bucket_is_read_without_credentials(read: Bucket, s3: S3Control) -> None:
    s3.buckets["acme"]["a.csv"] = HEAD + b"acme,2026-03-01,1\n"
    with pytest.raises(SourceSettingsError, match="access denied"):
        read("s3://acme/*.csv", storage={"anonymous": True})
    s3.public = {"acme"}
    assert read("s3://acme/*.csv", storage={"anonymous": True}).rejects.read == 1


def test_credentials_come_from_the_environment_as_usual(
    read: Bucket, s3: S3Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.buckets["acme"]["a.csv"] = HEAD + b"acme,2026-03-01,1\n"
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI")
    assert read("s3://acme/*.csv", storage={}).rejects.read == 1


def test_a_server_in_trouble_is_asked_again(read: Bucket, s3: S3Control) -> None:
    s3.buckets["acme"]["a.csv"] = HEAD + b"acme,2026-03-01,1\n"
    s3.fail_next = ["SlowDown"]
    assert read("s3://acme/*.csv").rejects.read == 1


def test_nobody_at_the_endpoint_is_no_fault_of_the_settings(read: Bucket) -> None:
    with pytest.raises(SourceError, match="no connection; try again later") as told:
        read("s3://acme/*.csv", storage={"endpoint": "http://127.0.0.1:9", "anonymous": True})
    assert not isinstance(told.value, SourceSettingsError)


def test_a_file_in_two_sets_is_told_by_its_address(
    server: tuple[str, S3Control], s3: S3Control, tmp_path: Path
) -> None:
    s3.buckets["acme"]["a.csv"] = HEAD
    s3.public = {"acme"}
    files = [{"path": path, "tables": {"usage": FIELDS}} for path in ("s3://acme/*.csv", "s3://acme/a.csv")]
    storage = {"endpoint": server[0], "region": "x", "anonymous": True}
    source = open_source("e", Settings.model_validate({"files": files, "storage": storage}), Places.within(tmp_path))
    with pytest.raises(SourceSettingsError, match=r"s3://acme/a\.csv: is in two sets of files"):
        list(source.read(Window(None, UNTIL), Reading().rejects))


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("memory://exports/usage-*.csv", ["usage-1.csv", "usage-2.csv"]),
        ("memory://exports/usage-?.csv", ["usage-1.csv", "usage-2.csv"]),
        ("memory://exports/**/*.csv", ["other.csv", "usage-1.csv", "usage-2.csv", "usage-3.csv"]),
        ("memory://exports/*/usage-*.csv", ["usage-3.csv"]),
        ("memory://exports/usage-[2-9].csv", ["usage-2.csv"]),
        ("memory://exports/other.csv", ["other.csv"]),
        ("memory://exports/", []),
    ],
)
def test_patterns_mean_the_same_on_any_filesystem(pattern: str, found: list[str]) -> None:
    memory = fsspec.filesystem("memory", skip_instance_cache=True)
    memory.store.clear()
    for name in ("usage-1.csv", "usage-2.csv", "other.csv", "deep/usage-3.csv"):
        memory.pipe_file(f"/exports/{name}", b"x")
    folder = RemoteFolder("memory", memory)
    paths = folder.matching(pattern)
    assert sorted(path.name for path in paths) == found
    assert all(folder.open(path).read() == b"x" for path in paths)


@pytest.mark.parametrize(
    ("said", "words", "settled"),
    [
        ("google::cloud::Status(PERMISSION_DENIED: x)", "access denied: the credentials need storage.objects", True),
        ("google::cloud::Status(UNAUTHENTICATED: x)", "GOOGLE_APPLICATION_CREDENTIALS", True),
        ("Unable to parse ExceptionName: PermanentRedirect Message: x", "lies in another region", True),
        ("AWS Error UNKNOWN (HTTP status 418): tea", "AWS Error UNKNOWN .HTTP status 418.: tea", False),
    ],
)
def test_what_a_bucket_answers_is_told_in_words(said: str, words: str, settled: bool) -> None:
    with pytest.raises(BucketError, match=f"gs://b/x: .*{words}") as told, in_words("gs://b/x"):
        raise UnseenError(said)
    assert told.value.settled is settled


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"storage": {"key": {"env": "A"}}}, "`key` and `secret` belong together"),
        ({"storage": {"token": {"env": "A"}}}, "`token` to both"),
        (
            {"storage": {"key": {"env": "A"}, "secret": {"env": "B"}, "anonymous": True}},
            "either `anonymous` or a `key`",
        ),
        ({"storage": {"endpoint": "http://minio.example"}}, "would send secrets in the clear"),
        ({"path": "ftp://host/x.csv"}, "'ftp://' is not known; wanted s3:// or gs://"),
        ({"path": "s3:///x.csv"}, "names no bucket"),
        ({"path": "s3://*/x.csv"}, "names no bucket"),
    ],
)
def test_settings_that_cannot_work_are_refused(given: dict[str, Any], words: str) -> None:
    files = [{"path": given.get("path", "s3://acme/x.csv"), "tables": {"usage": FIELDS}}]
    with pytest.raises(ValidationError) as told:
        Settings.model_validate({"files": files, "storage": given.get("storage", {})})
    assert words in str(told.value)
