"""Settings that cannot be used: every fault at once, each with file, line, key and what would be right."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import bot.load as load_module
from bot.errors import SettingsError
from bot.load import load_all
from bot.shipped import CONFIG

if TYPE_CHECKING:
    from bot.core.located import Fault

GOOD = """\
company: Acme
sources:
  - name: crm
    type: files
    files:
      - path: "*.csv"
        tables:
          accounts: {account_id: Id, name: Name}
deliver: {directory: out}
"""
QUICK = GOOD + "rules: rules.yaml\n"
"""Without the rules that ship: reading them takes most of the time."""


@pytest.fixture(autouse=True)
def _no_rules(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text("[]")


def write(folder: Path, text: str) -> Path:
    path = folder / "headroom.yaml"
    path.write_text(dedent(text))
    return path


def faults(path: Path) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_all(path)
    return [str(fault).removeprefix(f"{path.parent}/") for fault in caught.value.faults]


def test_good_settings_load_with_the_rules_and_templates_that_ship(tmp_path: Path) -> None:
    loaded = load_all(write(tmp_path, GOOD))
    assert loaded.settings.company == "Acme"
    assert [rule.name for rule in loaded.rules] == [
        "licence-underuse",
        "utilization-falling",
        "near-limit",
        "overage",
        "renewal-reminder",
        "source-stale",
    ]
    assert {rule.template for rule in loaded.rules} <= set(loaded.templates.names())


def test_all_faults_are_told_at_once_with_line_and_key(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """\
        compny: Acme
        timezone: Middle/Earth
        sources:
          - name: Crm!
            type: files
            files: []
          - name: posthog
            type: postog
        products:
          - match: {code: X}
            kind: seat
        deliver: {directory: out}
        """,
    )
    said = faults(path)
    assert any(text.startswith("headroom.yaml:1:9: compny: unknown key; did you mean 'company'?") for text in said)
    assert any("company: this key is missing; wanted: the name of your company" in text for text in said)
    assert any(text.startswith("headroom.yaml:2:11: timezone: wanted an IANA time zone") for text in said)
    assert any(text.startswith("headroom.yaml:4:11: sources.0.name:") and "small letters" in text for text in said)
    assert any(
        text.startswith("headroom.yaml:8:11: sources.1.type: unknown type 'postog'; did you mean 'posthog'?")
        for text in said
    )
    assert any(text.startswith("headroom.yaml:11:11: products.0.kind:") and "'seats'" in text for text in said)


def test_a_missing_secret_is_named_with_its_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SUCH_TOKEN", raising=False)
    path = write(
        tmp_path,
        GOOD.replace("deliver: {directory: out}\n", "")
        + "slack:\n  bot_token: {env: NO_SUCH_TOKEN}\n  app_token: {file: /nonexistent/token}\n",
    )
    said = faults(path)
    assert "headroom.yaml:10:3: slack.bot_token: the environment variable NO_SUCH_TOKEN is not set" in said
    assert any("slack.app_token: the file /nonexistent/token cannot be read" in text for text in said)


def test_messages_need_somewhere_to_go(tmp_path: Path) -> None:
    said = faults(write(tmp_path, GOOD.replace("deliver: {directory: out}\n", "")))
    assert len(said) == 1
    assert "slack: this key is missing; or deliver to files" in said[0]


def test_names_that_stand_twice_are_refused(tmp_path: Path) -> None:
    twice = GOOD + "meters:\n  - {name: calls, unit: calls}\n  - {name: calls, unit: calls}\n"
    assert faults(write(tmp_path, twice)) == [
        "headroom.yaml:12:12: meters.1.name: 'calls' stands twice; names are unique"
    ]


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    assert faults(write(tmp_path, GOOD + "company: Other\n")) == [
        "headroom.yaml:10:1: key 'company' stands twice; remove one of them"
    ]


def test_a_product_with_an_unknown_meter_is_told_the_nearest_one(tmp_path: Path) -> None:
    text = (
        GOOD
        + "meters: [{name: api_calls, unit: calls}]\nproducts:\n  - {match: {code: A}, kind: commit, meter: api_call}\n"
    )
    assert faults(write(tmp_path, text)) == [
        "headroom.yaml:12:45: products.0.meter: unknown meter 'api_call'; did you mean 'api_calls'?"
    ]


def test_a_rule_with_an_unknown_metric_is_told_line_column_and_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(
        dedent(
            """\
            - name: underuse
              kind: churn_risk
              when: licence_utilisation < 0.5
              severity: high
              to: [owner]
              template: churn_rsk
            """
        )
    )
    said = faults(write(tmp_path, GOOD + "rules: rules.yaml\n"))
    assert any(
        "rules.yaml:3:9" in text and "unknown metric 'licence_utilisation'" in text and "'licence_utilization'" in text
        for text in said
    )


def test_a_rule_with_an_unknown_template_is_told_the_nearest_one(tmp_path: Path) -> None:
    shipped = (CONFIG / "rules.yaml").read_text()
    (tmp_path / "rules.yaml").write_text(shipped.replace("template: upsell", "template: upsel", 1))
    said = faults(write(tmp_path, GOOD + "rules: rules.yaml\n"))
    assert len(said) == 1
    assert "unknown template 'upsel'; did you mean 'upsell'?" in said[0]


def test_a_missing_file_is_told_with_the_way_to_get_one(tmp_path: Path) -> None:
    (said,) = faults(tmp_path / "headroom.yaml")
    assert said == (
        "headroom.yaml: cannot be read: No such file or directory; "
        "write one with `headroom init --defaults --out .`, or name it with --config"
    )


def test_text_that_is_no_yaml_is_told_where(tmp_path: Path) -> None:
    assert faults(write(tmp_path, "company: [Acme\n"))[0].startswith("headroom.yaml:2:1: not valid YAML")


def test_the_example_that_ships_has_no_fault_but_the_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (CONFIG / "headroom.example.yaml").read_text()
    path = write(tmp_path, text)
    names = (
        "SALESFORCE_CLIENT_ID",
        "SALESFORCE_CLIENT_SECRET",
        "POSTHOG_API_KEY",
        "SLACK_BOT_TOKEN",
        "SLACK_APP_TOKEN",
    )
    for name in names:
        monkeypatch.delenv(name, raising=False)
    assert sorted(fault.rsplit(" variable ", 1)[1] for fault in faults(path)) == sorted(
        f"{n} is not set" for n in names
    )
    for name in names:
        monkeypatch.setenv(name, "x")
    assert [source.name for source in load_all(path).settings.sources] == ["salesforce", "posthog"]


# wrong forms


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("company: 12", "company: wanted text (here: 12); write it in quotes"),
        ("company: yes", "company: wanted text (here: True); write it in quotes"),
        ("company: 2026-03-01", "company: wanted text; write it in quotes"),
        ("company:", "company: wanted text"),
        ("company: ''", "company: must not be empty; wanted: the name of your company (here: '')"),
        ("company: ' '", "company: does not have the right form; wanted: the name of your company (here: ' ')"),
        ("Company: Acme", "Company: unknown key; did you mean 'company'?"),
        ("1: 2", "(the whole file): a key that is no text; write it in quotes (here: 1)"),
        ("meters: {name: a}", "meters: wanted a list"),
        ("meters: [a]", "meters.0: wanted keys and values (here: 'a')"),
        ("meters: [[]]", "meters.0: wanted keys and values"),
        ("slack: 3", "slack: wanted keys and values (here: 3)"),
        ("slack: {port: x}", "slack.port: wanted a whole number (here: 'x')"),
        ("slack: {port: 99999}", "slack.port: must be less than or equal to 65535; "),
        ("slack: {mode: soket}", "slack.mode: wanted 'socket' or 'http'; did you mean 'socket'? (here: 'soket')"),
        (
            "slack: {fallback: cs-ops}",
            "slack.fallback: does not have the right form; wanted: a channel, like '#cs-risk'",
        ),
        ("data: 7", "data: wanted the name of a file or folder (here: 7)"),
        ("data: ''", "data: must not be empty (here: '')"),
        ('data: "a\\0b"', "data: wanted the name of a file or folder"),
        ("data: ~nobody-of-this-name/x", "data: '~nobody-of-this-name/x': nobody's home is known by that name"),
        ("products: [{match: {}, kind: seats, per: .inf}]", "products.0.per: wanted a finite number (here: inf)"),
        ("products: [{match: {}, kind: seats, per: true}]", "products.0.per: wanted a number (here: True)"),
        ("products: [{match: {}, kind: seats, per: 0}]", "products.0.per: must be greater than 0; wanted: how many"),
        ("schedule: {night: 14:30}", 'schedule.night: wanted a time in quotes, like "14:30"'),
        ('schedule: {night: "25:00"}', "schedule.night: must be in a valid time format"),
        ('schedule: {night: "05:00+02:00"}', "schedule.night: wanted a time of the company's day, without an offset"),
        ("state: {}", "state: name one place: {env: NAME} or {file: PATH}"),
        ("state: [a]", "state: wanted text"),
        ("state: here", "state: no database address; wanted one like sqlite:///data/headroom.db"),
        ("state: {env: HEADROOM_NOT_SET}", "state: the environment variable HEADROOM_NOT_SET is not set"),
    ],
)
def test_a_value_of_a_wrong_form_is_one_fault_with_what_would_be_right(
    tmp_path: Path, line: str, expected: str
) -> None:
    text = "\n".join(kept for kept in QUICK.splitlines() if kept.partition(":")[0] != line.partition(":")[0])
    (said,) = [fault for fault in faults(write(tmp_path, f"{text}\n{line}\n")) if "company: this key" not in fault]
    assert said.split(": ", 1)[1].startswith(expected), said


@pytest.mark.parametrize(
    ("deliver", "expected"),
    [
        ("slak", "deliver: wanted 'slack'; did you mean 'slack'? (here: 'slak')"),
        ("{folder: out}", "deliver.directory: this key is missing; wanted: a folder for messages, one file each"),
        ("{directory: out, mode: x}", "deliver.mode: unknown key; known here: directory"),
    ],
)
def test_of_two_forms_the_fault_is_told_of_the_one_that_was_meant(tmp_path: Path, deliver: str, expected: str) -> None:
    said = faults(write(tmp_path, QUICK.replace("{directory: out}", deliver)))
    assert expected in [fault.split(": ", 1)[1] for fault in said]
    assert not any("SecretRef" in fault or "DirectoryDelivery" in fault for fault in said)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("{name: crm, type: [files]}", "sources.0.type: wanted one of salesforce, files, posthog"),
        ("{name: crm, type: {files: x}}", "sources.0.type: wanted one of salesforce, files, posthog"),
        ("{name: crm}", "sources.0.type: this key is missing"),
        ("files", "sources.0: wanted keys and values (here: 'files')"),
        ("{name: crm, type: salesforce, login: {kind: [x]}}", "sources.0.login: 'kind' must be client_credentials"),
        ("{name: crm, type: files, files: [{}]}", "sources.0.files.0.path: this key is missing"),
    ],
)
def test_a_source_of_a_wrong_form_is_told_with_its_place(tmp_path: Path, entry: str, expected: str) -> None:
    text = f"company: Acme\ndeliver: {{directory: out}}\nrules: rules.yaml\nsources: [{entry}]\n"
    assert faults(write(tmp_path, text))[0].split(": ", 1)[1].startswith(expected)


def test_faults_are_told_in_the_order_of_the_file(tmp_path: Path) -> None:
    said = faults(write(tmp_path, "zz: 1\ntimezone: x\nsources: [{type: files}]\nyy: 2\n"))
    lines = [int(fault.split(":")[1]) for fault in said]
    assert lines == sorted(lines)
    assert len(lines) >= 5


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.floats()
    | st.dates()
    | st.text(max_size=8)
    | st.binary(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.integers(0, 2), inner, max_size=3)
    ),
    max_leaves=6,
)
KEYS = (
    "company",
    "timezone",
    "data",
    "state",
    "sources",
    "meters",
    "products",
    "accounts",
    "slack",
    "deliver",
    "schedule",
)


@given(
    key=st.sampled_from(KEYS),
    value=ANYTHING,
    inside=st.sampled_from(["", "name", "type", "login", "match", "night", "env"]),
)
@settings(max_examples=150, deadline=None)
def test_whatever_stands_in_the_file_it_is_read_or_told(key: str, value: object, inside: str) -> None:
    data = {**yaml.safe_load(GOOD), key: {inside: value} if inside else value}
    found: list[Fault] = []
    with TemporaryDirectory() as folder:
        path = Path(folder) / "headroom.yaml"
        path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
        read = load_module._settings(path, found)
    assert (read is None) == bool(found)
    assert all(fault.problem and "\n" not in fault.problem for fault in found)


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
        ("customer,account_id\na,\n", "nobody.csv:2: wanted the columns customer and account_id, both filled"),
        ("customer,account_id\na\n", "nobody.csv:2: wanted the columns customer and account_id, both filled"),
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
