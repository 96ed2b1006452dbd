"""Files in buckets: `s3://bucket/exports/usage-*.csv.gz` and `gs://...`, found and read through fsspec.

The clients are Arrow's own, which ship with it. A file is read in parts as it is needed, and never lies on the disk.
"""

from __future__ import annotations

import io
import os
import re
from datetime import timedelta
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, Any, Final, cast

from connectors.files.bucket_words import BucketError, in_words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import PurePath

    from connectors.files.settings import Storage

SCHEMES: Final = ("s3", "gs")
_REMOTE: Final = re.compile(r"([a-z][a-z0-9+.-]+)://")
_ATTEMPTS: Final = 4
_CONNECT_SECONDS: Final = 10.0
_ANSWER_SECONDS: Final = 60.0
_PART: Final = 4 << 20
"""Bytes asked for at a time: enough that the way there and back does not count."""
_SHOWN: Final = 5
_ENDPOINTS: Final = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
_REGIONS: Final = ("AWS_REGION", "AWS_DEFAULT_REGION")


def is_remote(path: str) -> bool:
    """Tell whether a path of the settings is an address and no path of this machine."""
    return _REMOTE.match(path) is not None


def scheme_of(path: str) -> str:
    """Return what stands before `://`."""
    found = _REMOTE.match(path)
    return found[1] if found else ""


class Buckets:
    """Opens buckets, each once, with one set of credentials."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._open: dict[tuple[str, str], RemoteFolder] = {}

    def folder(self, address: str) -> RemoteFolder:
        """Return the bucket of an address; nothing is asked of it yet."""
        scheme = scheme_of(address)
        bucket = address.removeprefix(f"{scheme}://").partition("/")[0]
        if (scheme, bucket) not in self._open:
            self._open[scheme, bucket] = RemoteFolder(scheme, _Client(self._storage, scheme, bucket))
        return self._open[scheme, bucket]


class RemoteFolder:
    """A bucket, seen through a filesystem of fsspec's: one that is there, or one that is made when it is wanted."""

    def __init__(self, scheme: str, client: _Client | Any) -> None:  # noqa: ANN401  # fsspec ships no types
        self._scheme = scheme
        self._client = client

    @property
    def _files(self) -> Any:  # noqa: ANN401  # fsspec ships no types
        return self._client.filesystem() if isinstance(self._client, _Client) else self._client

    def matching(self, pattern: str) -> Sequence[PurePosixPath]:
        """Return the files of a pattern with `*` and `**`. Raises BucketError."""
        with in_words(pattern):
            found = self._files.glob(self._bare(pattern), detail=True)
        return sorted(PurePosixPath(path) for path, entry in found.items() if entry["type"] == "file")

    def missing(self, pattern: str) -> str:
        """Say that there is none, and what lies where it was looked for. Raises BucketError."""
        where = re.split(r"[*?\[]", self._bare(pattern))[0].rpartition("/")[0]
        try:
            with in_words(pattern):
                entries = self._files.ls(where, detail=True)
        except FileNotFoundError:
            entries = []
        names = sorted({self._name(entry) for entry in entries if entry["name"].strip("/") != where.strip("/")})
        there = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else "")
        return f"{pattern}: no file fits; in {self._scheme}://{where.strip('/')} there is {there or 'nothing'}"

    def shown(self, path: PurePath) -> str:
        """Return the whole address."""
        return f"{self._scheme}://{str(path).lstrip('/')}"

    def open(self, path: PurePath) -> IO[bytes]:
        """Open a file; it is read in parts of some megabytes. Raises BucketError."""
        with in_words(self.shown(path)):
            stream = self._files.open(str(path), "rb")
        return cast("IO[bytes]", io.BufferedReader(_Parts(stream, self.shown(path)), _PART))

    def _bare(self, address: str) -> str:
        return address.removeprefix(f"{self._scheme}://")

    def _name(self, entry: dict[str, Any]) -> str:
        return PurePosixPath(entry["name"]).name + ("/" if entry["type"] == "directory" else "")


class _Parts(io.RawIOBase):
    """A remote file as Python reads files; what goes wrong is said in words."""

    def __init__(self, stream: Any, shown: str) -> None:  # noqa: ANN401  # fsspec ships no types
        super().__init__()
        self._stream = stream
        self._shown = shown

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401  # any buffer that can be written
        with in_words(self._shown):
            return int(self._stream.readinto(buffer))

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        with in_words(self._shown):
            self._stream.seek(offset, whence)
            return int(self._stream.tell())

    def tell(self) -> int:
        return int(self._stream.tell())

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()


class _Client:
    """Makes the filesystem of one bucket when it is first wanted."""

    def __init__(self, storage: Storage, scheme: str, bucket: str) -> None:
        self._storage = storage
        self._scheme = scheme
        self._bucket = bucket
        self._made: Any = None

    def filesystem(self) -> Any:  # noqa: ANN401  # fsspec ships no types
        """Return the filesystem. Raises BucketError where it cannot be made."""
        if self._made is None:
            # Who reads files of this machine only need not wait for it to load.
            from connectors.files.arrow_buckets import ArrowBuckets  # noqa: PLC0415  # see above

            arrow = self._gcs() if self._scheme == "gs" else self._s3()
            self._made = ArrowBuckets(arrow, skip_instance_cache=True)
        return self._made

    def _s3(self) -> Any:  # noqa: ANN401  # Arrow's stubs lag behind its arguments
        from pyarrow import fs  # noqa: PLC0415  # loads the client of Amazon

        storage = self._storage
        endpoint = storage.endpoint or next((os.environ[name] for name in _ENDPOINTS if os.environ.get(name)), None)
        given: dict[str, Any] = {
            "access_key": storage.secret_of("key"),
            "secret_key": storage.secret_of("secret"),
            "session_token": storage.secret_of("token"),
            "anonymous": storage.anonymous,
            "endpoint_override": endpoint,
            "region": storage.region or self._region(endpoint),
        }
        return fs.S3FileSystem(
            **{name: value for name, value in given.items() if value is not None},
            connect_timeout=_CONNECT_SECONDS,
            request_timeout=_ANSWER_SECONDS,
            retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=_ATTEMPTS),
        )

    def _region(self, endpoint: str | None) -> str | None:
        from pyarrow import fs  # noqa: PLC0415  # as above

        if endpoint is not None or any(os.environ.get(name) for name in _REGIONS):
            return None
        # Asked of the wrong region a bucket answers only that it lies elsewhere.
        return str(fs.resolve_s3_region(self._bucket))

    def _gcs(self) -> Any:  # noqa: ANN401  # Arrow's stubs lag behind its arguments
        from pyarrow import fs  # noqa: PLC0415  # loads the client of Google

        storage = self._storage
        scheme, _, host = (storage.endpoint or "").partition("://")
        place: dict[str, Any] = {"scheme": scheme, "endpoint_override": host} if host else {}
        # Google's client asks again for a quarter of an hour, if it is let.
        limit = timedelta(seconds=_ANSWER_SECONDS)
        return fs.GcsFileSystem(anonymous=storage.anonymous, retry_time_limit=limit, **place)


__all__ = ["SCHEMES", "BucketError", "Buckets", "RemoteFolder", "is_remote", "scheme_of"]
