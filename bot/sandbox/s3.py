"""A stand-in for Amazon S3, as far as reading goes: list, head and get, with signatures, ranges and errors in XML.

Buckets are addressed by path, as with any endpoint of one's own. https://docs.aws.amazon.com/AmazonS3/latest/API/
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote
from xml.sax.saxutils import escape

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from starlette.requests import Request

MOST_KEYS: Final = 1_000
"""What one page of a list holds at most."""
_WRITTEN: Final = datetime(2026, 3, 1, tzinfo=UTC)
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMESPACE: Final = "http://s3.amazonaws.com/doc/2006-03-01/"
_MESSAGES: Final[Mapping[str, tuple[int, str]]] = {
    "AccessDenied": (403, "Access Denied"),
    "ExpiredToken": (400, "The provided token has expired."),
    "InternalError": (500, "We encountered an internal error. Please try again."),
    "InvalidAccessKeyId": (403, "The AWS Access Key Id you provided does not exist in our records."),
    "InvalidRange": (416, "The requested range is not satisfiable"),
    "NoSuchBucket": (404, "The specified bucket does not exist"),
    "NoSuchKey": (404, "The specified key does not exist."),
    "SignatureDoesNotMatch": (403, "The request signature we calculated does not match the signature you provided."),
    "SlowDown": (503, "Please reduce your request rate."),
}
_AUTHORIZATION: Final = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<scope>[^,]+), ?"
    r"SignedHeaders=(?P<headers>[^,]+), ?Signature=(?P<signature>[0-9a-f]+)"
)


@dataclass(slots=True)
class S3Control:
    """What the server holds, how it behaves, and what it was asked."""

    buckets: dict[str, dict[str, bytes]]
    """Objects by bucket and key."""
    public: set[str] = field(default_factory=set)
    """Buckets that anybody may read."""
    denied: set[str] = field(default_factory=set)
    """What nobody may do: `list` or `get`."""
    fail_next: list[str] = field(default_factory=list)
    """Codes of errors that the next requests end in, like `SlowDown`."""
    page: int = MOST_KEYS
    """Keys and prefixes in one page of a list."""
    requests: list[str] = field(default_factory=list)
    """Each as `METHOD /path?query`, with the range after it."""


class S3Error(Exception):
    """An error as S3 tells it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    def response(self, request: Request) -> Response:
        """Answer it in XML; to HEAD without a body, as HTTP wants it."""
        status, message = _MESSAGES[self.code]
        body = (
            f"{_HEAD}<Error><Code>{self.code}</Code><Message>{message}</Message>"
            f"<Resource>{escape(request.url.path)}</Resource><RequestId>stand-in</RequestId></Error>"
        )
        return Response("" if request.method == "HEAD" else body, status, media_type="application/xml")


def s3_app(buckets: Mapping[str, Mapping[str, bytes]], *, key: str, secret: str) -> Starlette:
    """Make the stand-in; what it holds and how it behaves can be changed at `app.state.control`."""
    control = S3Control({name: dict(objects) for name, objects in buckets.items()})
    server = _Server(control, key, secret)
    routes = [
        Route("/{bucket}", server.bucket, methods=["GET", "HEAD"]),
        Route("/{bucket}/", server.bucket, methods=["GET", "HEAD"]),
        Route("/{bucket}/{key:path}", server.object, methods=["GET", "HEAD"]),
    ]
    app = Starlette(routes=routes, exception_handlers={S3Error: _answer_error})
    app.state.control = control
    return app


async def _answer_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, S3Error)
    return error.response(request)


class _Server:
    def __init__(self, control: S3Control, key: str, secret: str) -> None:
        self._control = control
        self._key = key
        self._secret = secret

    async def bucket(self, request: Request) -> Response:
        """HEAD: whether it is there. GET: ListObjectsV2."""
        objects = self._admit(request, "list")
        if request.method == "HEAD":
            return Response(status_code=200, headers={"x-amz-bucket-region": "us-east-1"})
        return Response(_Listing(request, self._control.page).of(objects), media_type="application/xml")

    async def object(self, request: Request) -> Response:
        """GetObject and HeadObject, whole or in part."""
        objects = self._admit(request, "get")
        content = objects.get(request.path_params["key"])
        if content is None:
            raise S3Error("NoSuchKey")
        start, end = _range(request.headers.get("range"), len(content))
        part = content[start:end]
        headers = {
            "Accept-Ranges": "bytes",
            "Content-Length": str(len(part)),
            "ETag": _etag(content),
            "Last-Modified": format_datetime(_WRITTEN, usegmt=True),
        }
        if len(part) < len(content):
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(content)}"
        body = b"" if request.method == "HEAD" else part
        status = 206 if "Content-Range" in headers else 200
        return Response(body, status, headers, media_type="binary/octet-stream")

    def _admit(self, request: Request, act: str) -> Mapping[str, bytes]:
        """Return the objects of the bucket that is asked for, unless something stands against it."""
        self._control.requests.append(" ".join(_asked(request)))
        if self._control.fail_next:
            raise S3Error(self._control.fail_next.pop(0))
        bucket = request.path_params["bucket"]
        if bucket not in self._control.public:
            self._authenticate(request)
        if bucket not in self._control.buckets:
            raise S3Error("NoSuchBucket")
        if act in self._control.denied:
            raise S3Error("AccessDenied")
        return self._control.buckets[bucket]

    def _authenticate(self, request: Request) -> None:
        signed = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
        if signed is None:
            raise S3Error("AccessDenied")
        if signed["key"] != self._key:
            raise S3Error("InvalidAccessKeyId")
        if not hmac.compare_digest(signed["signature"], _signature(request, signed, self._secret)):
            raise S3Error("SignatureDoesNotMatch")


class _Listing:
    """One page of a list of keys, as ListObjectsV2 answers it."""

    def __init__(self, request: Request, page: int) -> None:
        query = request.query_params
        self._bucket = request.path_params["bucket"]
        self._prefix = query.get("prefix", "")
        self._delimiter = query.get("delimiter", "")
        self._page = min(page, int(query.get("max-keys", MOST_KEYS)))
        token = query.get("continuation-token")
        self._after = b64decode(token).decode() if token else query.get("start-after", "")

    def of(self, objects: Mapping[str, bytes]) -> str:
        """Return the page as XML."""
        entries = [entry for entry in self._entries(objects) if entry > self._after]
        shown, more = entries[: self._page], len(entries) > self._page
        token = b64encode(shown[-1].encode()).decode() if more else ""
        parts = [
            f"<Name>{escape(self._bucket)}</Name><Prefix>{escape(self._prefix)}</Prefix>",
            f"<KeyCount>{len(shown)}</KeyCount><MaxKeys>{self._page}</MaxKeys>",
            f"<Delimiter>{escape(self._delimiter)}</Delimiter>" if self._delimiter else "",
            f"<IsTruncated>{str(more).lower()}</IsTruncated>",
            f"<NextContinuationToken>{token}</NextContinuationToken>" if more else "",
            *(_content(entry, objects[entry]) for entry in shown if entry in objects),
            *(f"<CommonPrefixes><Prefix>{escape(entry)}</Prefix></CommonPrefixes>" for entry in self._folders(shown)),
        ]
        inner = "".join(parts)
        return f'{_HEAD}<ListBucketResult xmlns="{_NAMESPACE}">{inner}</ListBucketResult>'

    def _entries(self, objects: Mapping[str, bytes]) -> list[str]:
        """Return keys, and what they have in common up to the delimiter, in the order of their bytes."""
        keys = (key for key in objects if key.startswith(self._prefix))
        return sorted({self._folded(key) for key in keys}, key=str.encode)

    def _folded(self, key: str) -> str:
        end = key.find(self._delimiter, len(self._prefix)) if self._delimiter else -1
        return key if end < 0 else key[: end + len(self._delimiter)]

    def _folders(self, entries: list[str]) -> Iterator[str]:
        return (entry for entry in entries if self._delimiter and entry.endswith(self._delimiter))


def _content(key: str, content: bytes) -> str:
    return (
        f"<Contents><Key>{escape(key)}</Key><LastModified>{_WRITTEN:%Y-%m-%dT%H:%M:%S.000Z}</LastModified>"
        f"<ETag>{escape(_etag(content))}</ETag><Size>{len(content)}</Size>"
        "<StorageClass>STANDARD</StorageClass></Contents>"
    )


def _etag(content: bytes) -> str:
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'


def _range(header: str | None, size: int) -> tuple[int, int]:
    """Return the first byte that is wanted, and the one after the last. Raises S3Error where none is there."""
    found = re.fullmatch(r"bytes=(\d+)-(\d*)", header or "")
    if found is None:
        return 0, size
    start = int(found[1])
    if start >= size:
        raise S3Error("InvalidRange")
    return start, min(int(found[2]) + 1, size) if found[2] else size


def _asked(request: Request) -> Iterator[str]:
    yield request.method
    yield str(request.url).removeprefix(str(request.base_url).rstrip("/"))
    if wanted := request.headers.get("range"):
        yield wanted


def _signature(request: Request, signed: re.Match[str], secret: str) -> str:
    """Return the signature that this request must have (AWS Signature Version 4)."""
    names = signed["headers"].split(";")
    canonical = [
        request.method,
        request.scope["raw_path"].decode(),
        "&".join(sorted(_encoded(part) for part in request.url.query.split("&") if part)),
        *(f"{name}:{' '.join(request.headers[name].split())}" for name in names),
        "",
        signed["headers"],
        request.headers["x-amz-content-sha256"],
    ]
    digest = hashlib.sha256("\n".join(canonical).encode()).hexdigest()
    key = f"AWS4{secret}".encode()
    for step in signed["scope"].split("/"):
        key = hmac.digest(key, step.encode(), "sha256")
    to_sign = "\n".join(["AWS4-HMAC-SHA256", request.headers["x-amz-date"], signed["scope"], digest])
    return hmac.digest(key, to_sign.encode(), "sha256").hex()


def _encoded(pair: str) -> str:
    name, _, value = pair.partition("=")
    return f"{quote(unquote(name), safe='~')}={quote(unquote(value), safe='~')}"
