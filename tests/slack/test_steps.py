"""The workflow step "Get account utilization", over both transports, against what the manifest promises."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from bot.desk.asking import Asker, ClosedError
from bot.desk.steps import outputs, use_of
from bot.messages.speech import ENGLISH
from bot.sandbox.slack import Fault, Outcome
from bot.sandbox.slack_functions import Execution, run_step
from bot.slack.steps import STEP, steps
from bot.state.rows import LineView
from tests.slack.desk import ACME, Store, new_world, serving_app

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from bot.sandbox.slack import SlackWorld

MANIFEST = yaml.safe_load((Path(__file__).parents[2] / "config" / "slack_manifest.yaml").read_text(encoding="utf-8"))
DEFINITION: dict[str, Any] = MANIFEST["functions"][STEP]
METRICS: dict[str, int | float | str | date | None] = {
    "seats": 100.0,
    "active_users": 41,
    "licence_utilization": 0.41,
    "cus": 88.25,
    "health": 61.0,
    "health_band": "yellow",
    "renewal_date": date(2026, 6, 30),
}
KNOWN = replace(ACME, metrics=METRICS, url="https://ours.my.salesforce.com/001A")
HIDDEN = replace(ACME, account_id="001H", name="Hidden", domain="hidden.example")


@dataclass
class Crm:
    """Shows everything but what is hidden; knows one stranger."""

    def kept(self, user: str) -> Asker:
        return Asker(self, user=user)

    def asked(self, user: str) -> Asker:
        if user == "U2":
            raise ClosedError("you are a guest of this workspace")
        return self.kept(user)

    def readable(self, account_ids: Collection[str]) -> frozenset[str]:
        return frozenset(account_ids) - {"001H"}


@pytest.fixture(scope="module", params=["socket", "http"])
def world(request: pytest.FixtureRequest) -> Iterator[SlackWorld]:
    world, store = new_world(), Store((KNOWN, HIDDEN))
    with serving_app(world, store, request.param, lambda _: Crm(), rooms=(steps,)):
        yield world


def ended(world: SlackWorld, account: str, user: str = "U1") -> Execution:
    execution, sent = run_step(world, STEP, DEFINITION, {"account": account, "user": user})
    assert sent.acked
    assert world.wait(lambda _: execution.ended)
    return execution


@pytest.mark.parametrize("account", ["001A", "acme.com", "Acme & Sons", "<http://acme.com|acme.com>"])
def test_a_workflow_gets_the_figures_of_an_account(world: SlackWorld, account: str) -> None:
    assert ended(world, account).outputs == {
        "account_id": "001A",
        "account_name": "Acme & Sons",
        "as_of": "2026-02-28",
        "measured": "licences",
        "health_band": "yellow",
        "renewal_date": "2026-06-30",
        "link": "https://ours.my.salesforce.com/001A",
        "summary": "Acme & Sons: 41 % of licences used (41 of 100), CUS 88.25, health 61, renewal 30 Jun 2026, "
        "as of 28 Feb 2026",
        "utilization_percent": 41.0,
        "used": 41.0,
        "contracted": 100.0,
        "cus": 88.25,
        "health": 61.0,
    }


REFUSED = [
    ("nobody", "acme.com", "", "set the person who runs it"),
    ("a guest", "acme.com", "U2", "you are a guest of this workspace."),
    ("hidden", "hidden.example", "U1", "There is no one account like “hidden.example” that this person may see."),
    ("nothing", " ", "U1", "The step needs an account"),
]


@pytest.mark.parametrize(("_case", "account", "user", "why"), REFUSED, ids=[case for case, *_ in REFUSED])
def test_a_step_that_cannot_be_done_ends_with_the_reason(
    world: SlackWorld, _case: str, account: str, user: str, why: str
) -> None:
    execution = ended(world, account, user)
    assert execution.outputs is None
    assert why in (execution.error or "")
    assert "Hidden" not in (execution.error or "")


def test_a_step_of_another_name_is_left_to_others(world: SlackWorld) -> None:
    execution, sent = run_step(world, "reverse", DEFINITION, {"account": "acme.com", "user": "U1"})
    assert sent.acked
    ended(world, "acme.com")
    assert not execution.ended


def test_an_end_that_slack_refuses_breaks_nothing(world: SlackWorld) -> None:
    world.faults.next(Fault(Outcome.ERROR, error="function_execution_not_found"), method="functions.completeSuccess")
    execution, sent = run_step(world, STEP, DEFINITION, {"account": "acme.com", "user": "U1"})
    assert sent.acked
    assert ended(world, "acme.com").outputs is not None
    assert not execution.ended


def test_what_is_unknown_is_left_out_and_said_to_be_unknown() -> None:
    made = outputs(ACME, ENGLISH)
    assert made == {
        "account_id": "001A",
        "account_name": "Acme & Sons",
        "as_of": "2026-02-28",
        "summary": "Acme & Sons: unknown of what is contracted used (unknown of unknown), CUS unknown, health unknown, "
        "renewal unknown, as of 28 Feb 2026",
    }
    assert {name for name, one in DEFINITION["output_parameters"].items() if one["is_required"]} <= made.keys()


def test_a_measured_zero_is_a_zero() -> None:
    made = outputs(replace(ACME, metrics={**METRICS, "active_users": 0, "licence_utilization": 0.0}), ENGLISH)
    assert (made["used"], made["utilization_percent"]) == (0.0, 0.0)


def test_without_licences_the_fullest_commit_counts() -> None:
    def line(product: str, used: float) -> LineView:
        start, end = date(2026, 1, 1), date(2026, 12, 31)
        return LineView(product, "commit", 100.0, used, used / 100, None, "calls", start, end)

    old = replace(line("Old", 100), end=date(2026, 1, 31))
    view = replace(ACME, metrics={"commit_utilization": 0.8}, lines=(line("Search", 20), line("API", 80), old))
    use = use_of(view)
    assert (use.what, use.share, use.used, use.contracted) == ("API", 0.8, 80, 100)


def test_a_name_can_ping_nobody_wherever_a_workflow_sets_it_in() -> None:
    line = LineView("<#C1>", "commit", 10.0, 5.0, 0.5, None, "calls", date(2026, 1, 1), date(2026, 12, 31))
    hostile = replace(ACME, name="<!channel> & <@U1>", metrics={"commit_utilization": 0.5}, lines=(line,))
    handed = outputs(hostile, ENGLISH)
    assert handed["account_name"] == "‹!channel› & ‹@U1›"
    assert handed["measured"] == "‹#C1›"
    assert not any(mark in str(handed) for mark in "<>")


def test_an_error_of_a_step_repeats_no_ping(world: SlackWorld) -> None:
    assert "“‹!here›”" in str(ended(world, "&lt;!here&gt;").error)
