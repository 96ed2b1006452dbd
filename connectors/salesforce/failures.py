"""What Salesforce says when it refuses, in words for people."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from requests.exceptions import (
    ChunkedEncodingError,
    ContentDecodingError,
    JSONDecodeError,
    RequestException,
    SSLError,
    Timeout,
)
from simple_salesforce.exceptions import SalesforceError

from connectors.base import SourceError, SourceSettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT_EXCEEDED: Final = "REQUEST_LIMIT_EXCEEDED"
OURS_TO_MEND: Final = {
    "API_CURRENTLY_DISABLED",
    "API_DISABLED_FOR_ORG",
    "INSUFFICIENT_ACCESS",
    "INVALID_FIELD",
    "INVALID_TYPE",
    "MALFORMED_QUERY",
    "UNSUPPORTED_API_VERSION",
}
_TIMED_OUT: Final = "QUERY_TIMEOUT"
_LONGEST: Final = 500


class QueryTimeoutError(SourceError):
    """Salesforce gave up on a query after two minutes: one of fewer records may pass."""


def codes(body: object) -> set[str]:
    """Return the error codes of an answer, whatever form it has: an answer without any has none."""
    entries = body if isinstance(body, list) else [body]
    return {str(entry["errorCode"]) for entry in entries if isinstance(entry, dict) and "errorCode" in entry}


def told(body: object) -> str:
    """Return an answer's errors as `CODE: message`; a body in any other form is shown by its beginning.

    `body` is what the JSON held, or the text of an answer that is no JSON.
    """
    entries = [entry for entry in (body if isinstance(body, list) else [body]) if isinstance(entry, dict)]
    pairs = [
        (entry.get("errorCode") or entry.get("error"), entry.get("message") or entry.get("error_description"))
        for entry in entries
    ]
    known = [": ".join(_plain(part) for part in pair if part) for pair in pairs if any(pair)]
    if known:
        return "; ".join(known)
    text = _plain(body if isinstance(body, str) else json.dumps(body))
    return f"an answer that is not in Salesforce's form: {text}" if text else "an empty answer"


def _plain(text: object) -> str:
    # Salesforce draws a caret under the query, in lines of their own; a proxy answers in HTML.
    without_tags = re.sub(r"<(style|script|head)\b.*?</\1>|<[^>]*>", " ", str(text), flags=re.DOTALL | re.IGNORECASE)
    words = " ".join(re.sub(r"^\s*\^\s*$", "", without_tags, flags=re.MULTILINE).split())
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]}…"


def body_of(text: str) -> object:
    """Return what the JSON of an answer holds, or its text where it is none."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _kind(said: set[str]) -> type[SourceError]:
    if _TIMED_OUT in said:
        return QueryTimeoutError
    return SourceSettingsError if said & OURS_TO_MEND else SourceError


@contextmanager
def as_source_errors(source: str, doing: str) -> Iterator[None]:
    """Turn whatever goes wrong with a request into a SourceError that says what was being done."""
    try:
        yield
    except SalesforceError as error:
        raise _kind(codes(error.content))(
            source, f"{doing}: Salesforce answers {error.status}, {told(error.content)}"
        ) from error
    except JSONDecodeError as error:
        raise SourceError(source, f"{doing}: the answer is no JSON: {_plain(error.doc)}") from error
    except SSLError as error:
        raise SourceError(source, f"{doing}: no secure connection ({error}); see 'ca_bundle'") from error
    except (ChunkedEncodingError, ContentDecodingError) as error:
        raise SourceError(source, f"{doing}: the answer broke off ({error}); read again") from error
    except Timeout as error:
        raise SourceError(source, f"{doing}: no answer in time; see 'timeout'") from error
    except RequestException as error:
        raise SourceError(source, f"{doing}: cannot reach the server ({error})") from error
