"""One call of Slack's Web API, and what its answer means for a message: refused, later, or nobody knows.

`DeliveryError`
  ├─ `RefusedError`: Slack said no, in a word that this list knows; the message certainly is not there
  ├─ `SlackAuthError`: the token or its scopes are wrong; no message at all can be sent until that is mended
  └─ `UnclearError`
       └─ `UnknownAnswerError`: a word that no list knows
"""

from __future__ import annotations

import re
import socket
import ssl
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.error import URLError

from slack_sdk.errors import SlackApiError

from bot.errors import DeliveryError, UnclearError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from slack_sdk.web import SlackResponse

Json = dict[str, Any]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


CONTENT: Final = _words(
    "invalid_blocks invalid_blocks_format msg_blocks_too_long msg_too_long no_text block_mismatch "
    "invalid_attachments too_many_attachments attachment_payload_limit_exceeded"
)
"""The message itself is at fault: it would be refused anywhere."""

REFUSALS: Final = CONTENT | _words(
    "channel_not_found not_in_channel is_archived is_inactive user_not_found users_not_found user_not_visible "
    "user_disabled user_not_in_channel restricted_action restricted_action_read_only_channel "
    "restricted_action_thread_only_channel restricted_action_non_threadable_channel restricted_action_thread_locked "
    "method_not_supported_for_channel_type messages_tab_disabled cannot_dm_bot cannot_reply_to_message "
    "posting_to_general_channel_denied enterprise_is_restricted team_not_found "
    "invalid_arguments invalid_arg_name invalid_array_arg invalid_charset invalid_form_data invalid_post_type "
    "invalid_json json_not_object missing_post_type deprecated_endpoint method_deprecated "
    "unknown_method as_user_not_supported duplicate_channel_not_found duplicate_message_not_found "
    "invalid_metadata_format invalid_metadata_schema metadata_must_be_sent_from_app metadata_too_large "
    "message_not_found cant_update_message cant_delete_message compliance_exports_prevent_deletion "
    "edit_window_closed thread_not_found "
    "slack_connect_file_link_sharing_blocked"
)
"""Slack's own words for a definite no. What is not here is not definite."""

NO_THREAD: Final = _words(
    "thread_not_found cannot_reply_to_message restricted_action_non_threadable_channel restricted_action_thread_locked"
)
"""Nothing can be said in this thread; in the channel itself it can."""

AUTH: Final = _words(
    "not_authed invalid_auth account_inactive token_revoked token_expired missing_scope no_permission "
    "not_allowed_token_type access_denied ekm_access_denied org_login_required team_access_not_granted "
    "two_factor_setup_required accesslimited invalid_token"
)
LATER: Final = _words(
    "ratelimited rate_limited request_timeout message_limit_exceeded team_added_to_org external_channel_migrating"
)
"""Nothing was done; the same call may go through later."""
_FAILING: Final = _words("internal_error fatal_error service_unavailable update_failed")
"""Slack may have done part of it."""

UNKNOWN_METHOD: Final = "unknown_method"
"""The server does not have this method."""

_DEFAULT_PAUSE: Final = 10.0
_NOT_FOUND, _TOO_MANY, _SERVER_ERROR = 404, 429, 500


A_MINUTE: Final[Mapping[str, int]] = {
    "users.lookupByEmail": 50,
    "conversations.open": 50,
    "conversations.info": 50,
    "conversations.history": 50,
    "conversations.replies": 50,
    "conversations.list": 20,
    "chat.delete": 50,
    "files.upload_v2": 100,  # the client's name for the two calls around an upload
}
"""How often Slack permits a call, by method, app and workspace. Posts and updates are counted when they are claimed."""


class Meter(Protocol):
    """Counts calls for all replicas: the state store."""

    def take_call(self, method: str, a_minute: int) -> float | None:
        """Count a call; None: it may be made now. Otherwise seconds to wait, and it is not counted."""

    def hold_calls(self, method: str, seconds: float) -> None:
        """Let nobody call a method for so long."""


class RefusedError(DeliveryError):
    """Slack refused for good; `code` is its word for it."""

    def __init__(self, what: str, code: str) -> None:
        super().__init__(f"{what}: Slack refused it ({code})", permanent=True)
        self.code = code


class SlackAuthError(DeliveryError):
    """Slack does not accept the token, or a scope is missing: nothing can be sent until a person mends that."""

    def __init__(self, what: str, code: str, needed: str | None = None) -> None:
        mend = f"add the scope '{needed}' to the app and install it again" if needed else "check slack.bot_token"
        super().__init__(f"{what}: Slack does not accept the app ({code}); {mend}", permanent=False)
        self.code = code


class UnknownAnswerError(UnclearError):
    """Slack answered in a word that no list knows."""


def call(
    method: Callable[..., SlackResponse],
    *,
    writes: bool,
    meter: Meter | None = None,
    **arguments: Any,  # noqa: ANN401  # Slack's JSON
) -> Json:
    """Call a method of the client once and return what it answered.

    `writes`: an unclear end may have posted something. Raises UnclearError then; where nothing is at stake,
    a DeliveryError to try again. Raises RefusedError and SlackAuthError for definite words. With a `meter` it is not
    called more often than Slack permits: that is a DeliveryError to try again, too.
    """
    what = method.__name__.replace("_", ".", 1)
    _take_turn(what, meter)
    try:
        data = method(**arguments).data
    except SlackApiError as error:
        meaning = _meaning(what, error, writes=writes)
        if meter is not None and meaning.retry_after is not None:
            meter.hold_calls(what, meaning.retry_after)
        raise meaning from error
    except Exception as error:  # whatever went wrong on the way, the request may have arrived
        raise _trouble(what, error, writes=writes) from error
    if not isinstance(data, dict):
        raise _failed(f"{what}: the answer is no JSON object", writes=writes)
    return data


def _take_turn(what: str, meter: Meter | None) -> None:
    wait = meter.take_call(what, A_MINUTE[what]) if meter is not None and what in A_MINUTE else None
    if wait is not None:
        raise DeliveryError(f"{what}: {A_MINUTE[what]} calls a minute are permitted", permanent=False, retry_after=wait)


def _trouble(what: str, error: Exception, *, writes: bool) -> DeliveryError:
    problem = f"{what}: {type(error).__name__}: {error}"
    reason = error.reason if isinstance(error, URLError) else None
    if isinstance(reason, ConnectionRefusedError | socket.gaierror | ssl.SSLCertVerificationError):
        # These come before the first byte of the request: nothing arrived.
        return DeliveryError(problem, permanent=False)
    return _failed(problem, writes=writes)


def _failed(problem: str, *, writes: bool) -> DeliveryError:
    return UnclearError(problem) if writes else DeliveryError(problem, permanent=False)


def _meaning(what: str, error: SlackApiError, *, writes: bool) -> DeliveryError:
    status, headers, data = _parts(error)
    code = str(data.get("error") or "")
    if status == _TOO_MANY or code in LATER:
        problem = f"{what}: Slack asks to wait ({code or status})"
        return DeliveryError(problem, permanent=False, retry_after=_pause(headers))
    if code in AUTH:
        return SlackAuthError(what, code, data.get("needed"))
    if status == _NOT_FOUND and not writes:
        return RefusedError(what, UNKNOWN_METHOD)
    if code in REFUSALS and status < _SERVER_ERROR:
        return RefusedError(what, code)
    if status >= _SERVER_ERROR or code in _FAILING or not re.fullmatch(r"[a-z0-9_]+", code):
        return _failed(f"{what}: HTTP {status} {code[:200]}", writes=writes)
    # A word of Slack's that is on no list: for a look-up it is a no; a post may stand there all the same.
    return UnknownAnswerError(f"{what}: unknown answer ({code})") if writes else RefusedError(what, code)


def _parts(error: SlackApiError) -> tuple[int, Mapping[str, str], Mapping[str, Any]]:
    response = error.response
    data = getattr(response, "data", None)
    headers = {name.lower(): value for name, value in dict(getattr(response, "headers", None) or {}).items()}
    return getattr(response, "status_code", 0), headers, data if isinstance(data, dict) else {}


def _pause(headers: Mapping[str, str]) -> float:
    try:
        return max(float(headers.get("retry-after", "")), 1.0)
    except ValueError:
        return _DEFAULT_PAUSE
