"""Settings of every wrong form: each is one fault, with its place and what would be right."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import bot.load as load_module
from tests.loading import GOOD, QUICK, faults, write

if TYPE_CHECKING:
    from bot.core.located import Fault


@pytest.fixture(autouse=True)
def _no_rules(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text("[]")


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
        ('{directory: out, "a\\nb": x}', "deliver.'a\\nb': unknown key; known here: directory, pictures"),
        ("{directory: out, mode: x}", "deliver.mode: unknown key; known here: directory, pictures"),
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
@settings(max_examples=40, deadline=None)
def test_whatever_stands_in_the_file_it_is_read_or_told(key: str, value: object, inside: str) -> None:
    data = {**yaml.safe_load(GOOD), key: {inside: value} if inside else value}
    found: list[Fault] = []
    with TemporaryDirectory() as folder:
        path = Path(folder) / "headroom.yaml"
        path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
        read = load_module._settings(path, found)
    assert (read is None) == bool(found)
    assert all(fault.problem and "\n" not in fault.problem for fault in found)
