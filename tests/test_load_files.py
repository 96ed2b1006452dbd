"""What settings name: secrets that are never repeated, files that cannot be used, who is who by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.load import load_all
from tests.loading import QUICK, faults, write


@pytest.fixture(autouse=True)
def _no_rules(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text("[]")


# secrets


@pytest.mark.parametrize(
    "state",
    [
        "postgresql://user:hunter2@host/db",
        "postgresql+psycopg://user:hunter2@host/db",
        '"postgresql://host/db?user=u&password=hunter2"',
        "postgres://:hunter2@host/db",
        "user:hunter2@host",
    ],
)
def test_a_password_in_the_file_is_refused_and_not_repeated(tmp_path: Path, state: str) -> None:
    (said,) = faults(write(tmp_path, QUICK + f"state: {state}\n"))
    assert said.startswith("headroom.yaml:11:8: state:")
    assert "{env: " in said
    assert "hunter2" not in said


@pytest.mark.parametrize("state", ["sqlite:///x.db", "postgresql:///db?host=/run/pg", "postgresql://user@host:5432/db"])
def test_an_address_without_a_password_may_stand_in_the_file(tmp_path: Path, state: str) -> None:
    assert load_all(write(tmp_path, QUICK + f"state: {state}\n")).settings.state_url() == state


@pytest.mark.parametrize(
    "slack",
    [
        "{bot_token: xoxb-hunter2}",
        "{app_token: {env: xapp-hunter2}}",
        "{bot_token: {envv: hunter2}}",
        "{bot_tokn: xoxb-hunter2}",
        "{signing_secret: hunter2}",
        "{signing_secret: [hunter2]}",
        "{api_url: 'ftp://user:hunter2@host/'}",
    ],
)
def test_a_secret_that_somebody_wrote_into_the_file_is_not_repeated(tmp_path: Path, slack: str) -> None:
    said = faults(write(tmp_path, QUICK + f"slack: {slack}\n"))
    assert said
    assert "hunter2" not in "".join(said)


def test_a_secret_file_that_holds_no_text_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(b"\xff\xfe")
    said = faults(write(tmp_path, QUICK + f"slack: {{app_token: {{file: {tmp_path}/token}}}}\n"))
    assert any("token holds no text" in fault for fault in said)


# files that cannot be used


def test_a_mark_of_the_byte_order_does_no_harm(tmp_path: Path) -> None:
    path = write(tmp_path, "")
    path.write_bytes(b"\xef\xbb\xbf" + QUICK.replace("\n", "\r\n").encode())
    assert load_all(path).settings.company == "Acme"
    path.write_bytes(b"\xef\xbb\xbfcompni: Acme\n")
    assert faults(path)[0].startswith("headroom.yaml:1:")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "headroom.yaml:1:1: wanted keys and values, like `company: Acme`"),
        (b"# nothing\n", "headroom.yaml:1:1: wanted keys and values, like `company: Acme`"),
        (b"- a\n", "headroom.yaml:1:1: wanted keys and values, like `company: Acme`"),
        (b"company: Caf\xe9\n", "headroom.yaml: is not UTF-8 text (byte 12); save it as UTF-8"),
        (b"company: a\x00b\n", "headroom.yaml: not valid YAML: unacceptable character #x0000"),
        (b"company:\tAcme\n\tdata: x\n", "headroom.yaml:1:9: not valid YAML: found character '\\t'"),
        (b"data: 2026-02-30\n", "headroom.yaml:1:7: not valid YAML: day is out of range for month; write it in quotes"),
        (b"a: &a [x, x]\nb: [*a, *a]\n", "headroom.yaml:1:4: anchors (&) and aliases (*) are not allowed"),
        (b"a: " + b"[" * 50, "headroom.yaml:1:13: nested deeper than 10 levels"),
        (b"a: b\n" * 60_000, "headroom.yaml: 300,000 characters; at most 200,000"),
        (b"#" * 4_000_001, "headroom.yaml: has more than 4,000,000 bytes"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_why(tmp_path: Path, data: bytes, expected: str) -> None:
    path = tmp_path / "headroom.yaml"
    path.write_bytes(data)
    assert faults(path)[0].startswith(expected)


def test_a_file_without_an_end_is_told_so() -> None:
    (fault,) = _settings_error(Path("/dev/zero"))
    assert "has more than 4,000,000 bytes" in fault


@pytest.mark.parametrize(("name", "expected"), [("", "Is a directory"), ("a\0b", "no name of a file")])
def test_a_path_that_is_no_file_is_told_so(tmp_path: Path, name: str, expected: str) -> None:
    (fault,) = _settings_error(tmp_path / name)
    assert expected in fault


def _settings_error(path: Path) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_all(path)
    return [str(fault) for fault in caught.value.faults]


def test_rules_templates_and_overrides_are_told_together(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text("")
    (tmp_path / "templates" / "upsell").mkdir(parents=True)
    (tmp_path / "templates" / "upsell" / "body.j2").write_text("{{ acount.name }}\n{% if %}")
    text = QUICK + "templates: templates\naccounts: {overrides: nobody.csv}\n"
    assert faults(write(tmp_path, text)) == [
        "rules.yaml:1:1: not a list of rules, each of which begins with `- name: ...`",
        "templates/upsell/body.j2:2: Expected an expression, got 'end of statement block'",
        "nobody.csv: cannot be read: No such file or directory",
    ]


def test_a_folder_of_templates_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    (said,) = faults(write(tmp_path, QUICK + "templates: templats\n"))
    assert said == "templats: no such folder; `templates` names it, relative to the settings file"


def test_a_template_that_is_no_text_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "templates" / "upsell").mkdir(parents=True)
    (tmp_path / "templates" / "upsell" / "title.j2").write_bytes(b"\xff")
    (said,) = faults(write(tmp_path, QUICK + "templates: templates\n"))
    assert said == "templates/upsell/title.j2: is not UTF-8 text (byte 0); save it as UTF-8"


def test_rules_of_one_name_are_refused(tmp_path: Path) -> None:
    rule = "- {name: a, kind: upsell, when: arr > 1, severity: low, to: [owner], template: upsell}\n"
    (tmp_path / "rules.yaml").write_text(rule * 2)
    assert faults(write(tmp_path, QUICK)) == ["rules.yaml:2:10: a rule 'a' already stands in line 1"]


# who is who by hand


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("customer;account_id\n", "nobody.csv:1: the header has no column customer and account_id"),
        ("", "nobody.csv:1: the header has no column customer and account_id"),
        ("customer,account_id\n,1\n", "nobody.csv:2: wanted the columns customer and account_id; without"),
        ("customer,account_id\na\n", "nobody.csv:2: wanted the columns customer and account_id; without"),
        ("customer,account_id\na,1\nb,2\na,3\n", "nobody.csv:4: customer 'a' already stands in line 2"),
    ],
)
def test_overrides_with_faults_are_told_with_their_line(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "nobody.csv").write_text(text)
    said = faults(write(tmp_path, QUICK + "accounts: {overrides: nobody.csv}\n"))
    assert said[0].startswith(expected)


def test_overrides_are_read(tmp_path: Path) -> None:
    (tmp_path / "who.csv").write_bytes(b"\xef\xbb\xbfnote,customer,account_id\r\nx, Acme GmbH ,001\r\n\r\n")
    loaded = load_all(write(tmp_path, QUICK + "accounts: {overrides: who.csv}\n"))
    assert loaded.overrides == {"Acme GmbH": "001"}


def test_what_is_read_lies_beside_the_settings_and_what_is_written_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    loaded = load_all(write(tmp_path, QUICK))
    assert loaded.rules == ()
    assert (loaded.folder, loaded.settings.data, loaded.settings.state_url()) == (
        tmp_path,
        Path("data"),
        "sqlite:///data/headroom.db",
    )
