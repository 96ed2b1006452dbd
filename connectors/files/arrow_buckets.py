"""Arrow's buckets as a filesystem of fsspec's that hides no error."""

from __future__ import annotations

from typing import Any

from fsspec.implementations.arrow import ArrowFSWrapper  # type: ignore[import-untyped]  # ships no types
from pyarrow.fs import FileSelector

from connectors.files.bucket_words import UnseenError


class ArrowBuckets(ArrowFSWrapper):  # type: ignore[misc]  # ships no types
    """Looks for files like every filesystem of fsspec's, with one difference.

    fsspec's patterns take a folder that cannot be listed for an empty one: whoever may not read a bucket would be
    told that no file fits. What is no missing file is therefore raised as an error that fsspec does not know.
    """

    def ls(self, path: str, detail: bool = False, **options: Any) -> Any:  # noqa: ANN401, FBT001, FBT002  # fsspec's own
        """List a folder. Raises FileNotFoundError, UnseenError."""
        try:
            return super().ls(path, detail=detail, **options)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise UnseenError(str(error)) from error

    def info(self, path: str, **options: Any) -> Any:  # noqa: ANN401  # fsspec's own
        """Tell of a file or folder. Raises FileNotFoundError, UnseenError."""
        try:
            return super().info(path, **options)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise UnseenError(self._reason(path) or str(error)) from error

    def _reason(self, path: str) -> str | None:
        """Ask for a list that is empty: unlike the head of a file, its refusal has a body that tells the reason."""
        bucket = path.lstrip("/").partition("/")[0]
        try:
            self.fs.get_file_info(FileSelector(f"{bucket}/.none", allow_not_found=True))
        except OSError as error:
            return str(error)
        return None
