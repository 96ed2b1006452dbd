"""PostHog's errors: the four fields of its JSON, and the statuses that go with them."""

from __future__ import annotations

from typing import Final

from starlette.responses import JSONResponse

_BUSY: Final = "Queries are a little too busy right now. We're working to free up resources. Please try again later."
_TIMED_OUT: Final = (
    "Query has hit the max execution time before completing. "
    "See our docs for how to improve your query performance. You may need to materialize."
)


class ApiError(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, kind: str, code: str, detail: str, retry_after: str | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.body = {"type": kind, "code": code, "detail": detail, "attr": None}
        self.retry_after = retry_after

    def response(self) -> JSONResponse:
        """Make the HTTP answer."""
        headers = {"Retry-After": self.retry_after} if self.retry_after else None
        return JSONResponse(self.body, self.status, headers)


def invalid_query(detail: str, code: str = "hogql_query_error") -> ApiError:
    """Refuse a query for what it says."""
    return ApiError(400, "validation_error", code, detail)


def unauthenticated(*, key_given: bool) -> ApiError:
    """Refuse a request without a key, or with a wrong one."""
    if key_given:
        detail = "Personal API key found in request Authorization header is invalid."
        return ApiError(401, "authentication_error", "authentication_failed", detail)
    return ApiError(401, "authentication_error", "not_authenticated", "Authentication credentials were not provided.")


def missing_scope() -> ApiError:
    """Refuse a key that may not run queries."""
    return ApiError(403, "authentication_error", "permission_denied", "API key missing required scope 'query:read'")


def not_found(detail: str) -> ApiError:
    """Say that a project or query is not there."""
    return ApiError(404, "invalid_request", "not_found", detail)


def throttled(seconds: int) -> ApiError:
    """Refuse a request for its number."""
    detail = f"Request was throttled. Expected available in {seconds} second{'' if seconds == 1 else 's'}."
    return ApiError(429, "throttled_error", "throttled", detail, str(seconds))


def scripted(status: int, retry_after: str | None) -> ApiError:
    """Answer as PostHog does with this status."""
    details = {429: "Request was throttled.", 503: _BUSY, 504: _TIMED_OUT}
    kind = "throttled_error" if status == 429 else "server_error"  # noqa: PLR2004 - HTTP's number for it
    code = "throttled" if kind == "throttled_error" else "error"
    return ApiError(status, kind, code, details.get(status, "A server error occurred."), retry_after)
