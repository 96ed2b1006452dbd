"""What buckets answer when they cannot be read, in words."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterator

_NEEDED: Final = "the credentials need s3:ListBucket on the bucket and s3:GetObject on what is in it"
_SETTLED: Final = {
    "NO_SUCH_BUCKET": "there is no such bucket; is its name right, and `storage.endpoint` its place?",
    "ACCESS_DENIED": f"access denied: {_NEEDED}; without credentials, `anonymous: true` reads what is public",
    "INVALID_ACCESS_KEY_ID": "the access key is not known there",
    "SIGNATURE_DOES_NOT_MATCH": "the secret does not belong to the access key",
    "ExpiredToken": "the session token has expired",
    "UNRECOGNIZED_CLIENT": "the access key or session token is not valid",
    "PermanentRedirect": "the bucket lies in another region: set `storage.region`",
    "AuthorizationHeaderMalformed": "the bucket lies in another region: set `storage.region`",
    "PERMISSION_DENIED": "access denied: the credentials need storage.objects.list and storage.objects.get",
    "UNAUTHENTICATED": "the credentials are not accepted; GOOGLE_APPLICATION_CREDENTIALS names a file of them",
}
_PASSING: Final = {
    "SLOW_DOWN": "too many requests at a time; try again later",
    "NETWORK_CONNECTION": "no connection; try again later",
    "REQUEST_TIMEOUT": "no answer in time; try again later",
    "SERVICE_UNAVAILABLE": "the service is not available; try again later",
    "INTERNAL_FAILURE": "the service is in trouble; try again later",
}
_EXCERPT: Final = 300


class UnseenError(Exception):
    """What a bucket answered instead of its files. No OSError, because fsspec takes those for an empty folder."""


class BucketError(OSError):
    """A bucket or a file in it cannot be read: says where, what and, if possible, what to do."""

    def __init__(self, problem: str, *, settled: bool) -> None:
        super().__init__(problem)
        self.settled = settled
        """Whether asking again will not help."""


@contextmanager
def in_words(shown: str) -> Iterator[None]:
    """Raise what goes wrong inside as BucketError, about what `shown` names; a file that is missing passes through."""
    try:
        yield
    except (FileNotFoundError, BucketError):
        raise
    except LookupError as error:
        raise BucketError(f"{shown}: {error.args[0]}", settled=True) from error
    except (OSError, UnseenError, pa.ArrowException) as error:
        raise _told(shown, str(error)) from error


def _told(shown: str, said: str) -> BucketError:
    if "Bucket" in said and "not found" in said:  # as Arrow says it when it looks for the region
        return BucketError(f"{shown}: {_SETTLED['NO_SUCH_BUCKET']}", settled=True)
    for settled, words in ((True, _SETTLED), (False, _PASSING)):
        for word, meaning in words.items():
            if word in said:
                return BucketError(f"{shown}: {meaning}", settled=settled)
    return BucketError(f"{shown}: {' '.join(said.split())[:_EXCERPT]}", settled=False)
