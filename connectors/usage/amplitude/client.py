"""Amplitude's export over HTTP: hours of uploads in, lines of JSON out of a zip of gzipped files."""

from __future__ import annotations

import gzip
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, TYPE_CHECKING, Final

from requests.auth import HTTPBasicAuth

from connectors.base import SourceError
from connectors.usage.caller import PATIENCE, Caller, TooMuchError, Vendor
from connectors.usage.jsonlines import lines

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    import requests

    from connectors.http import Patience
    from connectors.usage.amplitude.settings import Settings

HOUR: Final = timedelta(hours=1)
_NO_DATA: Final = 404
_TOO_MUCH: Final = frozenset({400, 413, 504, 524})
"""Amplitude answers 400 to more than 4 GB."""
_PER_MINUTE: Final = 60
_CHUNK: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours of UTC, both ends included, each by its beginning."""

    first: datetime
    last: datetime

    def halves(self) -> tuple[Hours, Hours]:
        """Split at least two hours."""
        middle = self.first + (self.last - self.first) // HOUR // 2 * HOUR
        return Hours(self.first, middle), Hours(middle + HOUR, self.last)

    def pieces(self, most: int) -> Iterator[Hours]:
        """Split into at most so many hours each."""
        start = self.first
        while start <= self.last:
            yield Hours(start, min(start + (most - 1) * HOUR, self.last))
            start += most * HOUR


class AmplitudeClient:
    """Exports what was uploaded to one project. Opens no connection before the first export."""

    def __init__(self, name: str, settings: Settings, folder: Path, patience: Patience = PATIENCE) -> None:
        self._name = name
        self._settings = settings
        self._folder = folder
        self.caller = Caller(name, _vendor(settings), patience)

    def export(self, hours: Hours) -> Generator[tuple[str, bytes], None, None]:
        """Yield the lines that were uploaded in these hours, each with the name of its file; none: no data.

        Raises BrokenOffError where the export is not whole, TooMuchError where fewer hours may pass.
        """
        asked = {"start": f"{hours.first:%Y%m%dT%H}", "end": f"{hours.last:%Y%m%dT%H}"}
        response = self.caller.send("GET", "/api/2/export", params=asked, auth=self._auth())
        if response.status_code == _NO_DATA:
            response.close()
            return
        if response.status_code in _TOO_MUCH:
            said = f"{self.caller.said(response)}; {asked['start']} to {asked['end']} are too much"
            raise TooMuchError(self._name, said)
        # A zip tells at its end what is in it: up to 4 GB go to the disk, never into memory.
        with self._nameless_file() as packed:
            self._save(response, packed)
            yield from self._unpacked(packed)

    def _nameless_file(self) -> IO[bytes]:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            return tempfile.TemporaryFile(dir=self._folder)
        except OSError as error:
            raise self._full(error) from error

    def _save(self, response: requests.Response, packed: IO[bytes]) -> None:
        try:
            for chunk in self.caller.body(response):
                packed.write(chunk)
            packed.seek(0)
        except OSError as error:
            raise self._full(error) from error

    def _full(self, error: OSError) -> SourceError:
        said = f"an export cannot be kept in {self._folder} while it is read: {error.strerror}"
        return SourceError(self._name, said)

    def _unpacked(self, packed: IO[bytes]) -> Iterator[tuple[str, bytes]]:
        try:
            with zipfile.ZipFile(packed) as archive:
                for entry in archive.infolist():
                    if not entry.is_dir():
                        yield from ((entry.filename, line) for line in _lines(archive, entry))
        except (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError) as error:
            raise self.caller.broken(f"its archive is damaged: {self.caller.clean(error)}") from error

    def _auth(self) -> HTTPBasicAuth:
        key = self.caller.secret(self._settings.api_key, "the project's API key in Amplitude")
        secret = self.caller.secret(self._settings.secret_key, "the project's secret key in Amplitude")
        # As bytes: requests would write text in Latin-1, and fail on anything else.
        return HTTPBasicAuth(key.encode(), secret.encode())


def _lines(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(entry) as stored:
        if not entry.filename.endswith(".gz"):
            yield from lines(iter(lambda: stored.read(_CHUNK), b""))
            return
        with gzip.GzipFile(fileobj=stored) as unpacked:
            yield from lines(iter(lambda: unpacked.read(_CHUNK), b""))


def _vendor(settings: Settings) -> Vendor:
    keys = " and ".join(str(place.env or place.file) for place in (settings.api_key, settings.secret_key))
    return Vendor(
        name="Amplitude",
        host=settings.address,
        limits={60.0: _PER_MINUTE},
        secrets=(settings.secret_key, settings.api_key),
        answers=frozenset({200, _NO_DATA, *_TOO_MUCH}),
        mends={
            401: f"; {keys} must hold API key and secret key of one project, in `region: {settings.region}`",
            402: "; the organization's plan does not include the export",
            403: f"; {keys} must hold API key and secret key of one project, in `region: {settings.region}`",
        },
    )
