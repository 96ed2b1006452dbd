from __future__ import annotations

from typing import TYPE_CHECKING

import jwt
import pytest
import requests

from bot.sandbox.salesforce_control import Answer
from connectors.base import Rejects, SourceError, SourceSettingsError, Window
from connectors.salesforce.oauth import Token, token_from

if TYPE_CHECKING:
    from pathlib import Path

    from tests.connectors.salesforce.conftest import Org


def _jwt_login(org: Org, **changed: object) -> dict[str, object]:
    login = {
        "kind": "jwt_bearer",
        "host": org.address,
        "client_id": "headroom-jwt",
        "private_key": {"env": "SF_KEY"},
        "username": "bot@example.com",
    }
    return login | changed


def test_client_credentials_log_in(org: Org, window: Window) -> None:
    rejects = Rejects()
    list(org.source().read(window, rejects))
    assert rejects.total == 2 + 2 + 3


def test_an_assertion_signed_with_the_apps_key_logs_in(
    org: Org, window: Window, key_pair: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SF_KEY", key_pair[0])
    rejects = Rejects()
    list(org.source(login=_jwt_login(org)).read(window, rejects))
    assert rejects.read == 2 + 2 + 3


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"username": "other@example.com"}, r"invalid_grant: user hasn't approved this consumer"),
        ({"audience": "https://elsewhere.example"}, r"invalid_grant: audience is invalid"),
        ({"client_id": "nobody"}, r"invalid_client_id: client identifier invalid; is client_id the Consumer Key"),
    ],
    ids=["user", "audience", "app"],
)
def test_an_assertion_that_does_not_fit_is_refused_with_what_to_look_at(
    org: Org,
    window: Window,
    key_pair: tuple[str, str],
    monkeypatch: pytest.MonkeyPatch,
    changed: dict[str, object],
    problem: str,
) -> None:
    monkeypatch.setenv("SF_KEY", key_pair[0])
    with pytest.raises(SourceSettingsError, match=problem):
        list(org.source(login=_jwt_login(org, **changed)).read(window, Rejects()))


def test_an_assertion_that_the_apps_key_has_not_signed_is_refused(org: Org, key_pair: tuple[str, str]) -> None:
    claims = {"iss": "headroom-jwt", "sub": "bot@example.com", "aud": "https://login.salesforce.com", "exp": 2**31}
    forged = jwt.encode(claims, "a secret of somebody else, long enough", algorithm="HS256")
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": forged}
    answer = requests.post(f"{org.address}/services/oauth2/token", data=form, timeout=5)
    assert (answer.status_code, answer.json()) == (
        400,
        {"error": "invalid_grant", "error_description": "invalid assertion"},
    )


@pytest.mark.parametrize("key", ["no key at all", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"])
def test_a_key_that_cannot_sign_is_told_without_showing_it(
    org: Org, window: Window, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("SF_KEY", key)
    with pytest.raises(SourceSettingsError, match=r"login\.private_key: .* RSA private key as PEM") as caught:
        list(org.source(login=_jwt_login(org)).read(window, Rejects()))
    assert key not in str(caught.value)
    assert org.control.seen() == []


def test_every_missing_secret_is_named_at_once(org: Org, window: Window, tmp_path: Path) -> None:
    login = org.login(client_id={"env": "SF_NO_ID"}, client_secret={"file": str(tmp_path / "none")})
    with pytest.raises(SourceSettingsError, match=r"login\.client_id: .*SF_NO_ID.*; login\.client_secret: the file"):
        list(org.source(login=login).read(window, Rejects()))


def test_a_wrong_secret_is_a_fault_of_the_settings(org: Org, window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SF_SECRET", "wrong")
    with pytest.raises(SourceSettingsError, match=r"401, invalid_client: .*; is client_secret the Consumer Secret"):
        list(org.source().read(window, Rejects()))


def test_a_login_that_is_down_is_no_fault_of_the_settings(org: Org, window: Window) -> None:
    org.control.always(Answer(503, "<html>Maintenance</html>", "text/html"), part="login")
    with pytest.raises(SourceError, match=r"refused with 503, .* Maintenance") as caught:
        list(org.source().read(window, Rejects()))
    assert not isinstance(caught.value, SourceSettingsError)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("<html>Welcome to the hotel's WLAN</html>", r"no access_token and instance_url"),
        ("[]", r"no access_token and instance_url"),
        ('{"access_token": "x"}', r"no access_token and instance_url"),
        ('{"access_token": "x", "instance_url": "http://acme.example"}', r"would send secrets in the clear"),
    ],
)
def test_an_odd_answer_to_a_login_is_told(org: Org, window: Window, body: str, problem: str) -> None:
    org.control.always(Answer(200, body), part="login")
    with pytest.raises(SourceError, match=problem):
        list(org.source().read(window, Rejects()))


def test_a_login_does_not_follow_a_redirect_with_its_secret(org: Org, window: Window) -> None:
    org.control.always(Answer(307, headers={"Location": f"{org.address}/services/data"}), part="login")
    with pytest.raises(SourceError, match=r"no access_token"):
        list(org.source().read(window, Rejects()))
    assert org.control.seen("api") == []


def _response(status: int, text: str) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response._content = text.encode()
    return response


def test_real_answers_to_a_login_are_read(recorded: Path) -> None:
    good = (recorded / "auth_success_response.json").read_text()
    bad = (recorded / "auth_error_response.json").read_text()
    token = token_from("crm", _response(200, good))
    assert token.instance == "https://na1.salesforce.com"
    assert token.secret.startswith("00Dx0000000BV7z!")
    with pytest.raises(SourceSettingsError, match=r"invalid_grant: authentication failure - Invalid Password"):
        token_from("crm", _response(400, bad))


def test_printing_a_token_does_not_show_it() -> None:
    assert "sesame" not in repr(Token("open sesame", "https://acme.my.salesforce.com"))
