"""Settings that cannot be used: every fault at once, each with file, line, key and what would be right."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

from bot.load import load_all
from bot.shipped import CONFIG
from tests.loading import GOOD, faults, write

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


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
        "fleet-drop",
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
