"""The directory as the place that messages go to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from bot.errors import DeliveryError
from bot.slack.directory import DirectoryTransport
from bot.slack.people import UnreachableError
from bot.slack.sender import DrainResult, Policy, Sender
from bot.state.rows import Act, Sent
from tests.state.samples import DANA, START, episode, judgement, message, notice, said

if TYPE_CHECKING:
    from pathlib import Path

    from bot.state.store import Store
    from tests.state.samples import Clock


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_message_is_a_file_for_programs_and_one_for_people(tmp_path: Path) -> None:
    transport = DirectoryTransport(tmp_path)
    channel = transport.resolve("#cs-risk")
    assert transport.post(channel, message(), "n-1") == Sent("cs-risk", "n-1")
    assert files(tmp_path) == ["cs-risk/n-1.json", "cs-risk/n-1.txt"]
    record = json.loads((tmp_path / "cs-risk/n-1.json").read_text())
    assert (record["kind"], record["summary"]) == ("churn_risk", "Acme uses 41 % of its licences")
    assert record["slack"][0]["type"] == "header"
    assert (tmp_path / "cs-risk/n-1.txt").read_text().startswith("Acme uses 41 % of its licences\n")


def test_the_same_notice_again_is_one_message(tmp_path: Path) -> None:
    transport = DirectoryTransport(tmp_path)
    first = transport.post("cs-risk", message(), "n-1")
    assert transport.post("cs-risk", message("other words"), "n-1") == first
    assert len(files(tmp_path)) == 2
    assert "41 %" in (tmp_path / "cs-risk/n-1.txt").read_text()


def test_an_update_writes_over_the_message(tmp_path: Path) -> None:
    transport = DirectoryTransport(tmp_path)
    sent = transport.post("cs-risk", message(), "n-1")
    assert transport.update(sent, message("claimed"), "n-1") == sent
    assert len(files(tmp_path)) == 2
    assert json.loads((tmp_path / "cs-risk/n-1.json").read_text())["summary"] == "claimed"


def test_a_message_is_found_where_it_was_written(tmp_path: Path) -> None:
    transport = DirectoryTransport(tmp_path)
    sent = transport.post("cs-risk", message(), "n-1")
    assert transport.find("cs-risk", "n-1", START) == (sent,)
    assert transport.find("cs-risk", "n-2", START) == ()
    assert transport.find("other", "n-1", START) == ()


def test_what_is_removed_is_gone(tmp_path: Path) -> None:
    transport = DirectoryTransport(tmp_path)
    sent = transport.post("cs-risk", message(), "n-1")
    transport.delete(sent)
    transport.delete(sent)
    assert files(tmp_path) == []


def test_an_answer_in_a_thread_tells_which_and_an_update_keeps_it(tmp_path: Path) -> None:
    transport = DirectoryTransport(tmp_path)
    sent = transport.post("cs-risk", message(), "n-2", "n-1")
    transport.update(sent, message("claimed"), "n-2")
    record = json.loads((tmp_path / "cs-risk/n-2.json").read_text())
    assert (record["thread_ts"], record["summary"]) == ("n-1", "claimed")


@pytest.mark.parametrize(
    ("destination", "folder"),
    [("#cs-risk", "cs-risk"), ("#../../etc", "etc"), ("person:005A", "Dana-Reyes-005A"), ("#..", "unnamed")],
)
def test_a_destination_is_one_folder_below_the_directory(tmp_path: Path, destination: str, folder: str) -> None:
    assert DirectoryTransport(tmp_path, {"005A": DANA}.get).resolve(destination) == folder


@pytest.mark.parametrize("destination", ["person:", "person:005B"])
def test_nobody_is_as_unreachable_as_in_slack(tmp_path: Path, destination: str) -> None:
    with pytest.raises(UnreachableError):
        DirectoryTransport(tmp_path, {"005A": DANA}.get).resolve(destination)


def test_without_a_list_of_people_everybody_with_an_id_has_a_folder(tmp_path: Path) -> None:
    assert DirectoryTransport(tmp_path).resolve("person:005B") == "person-005B"
    with pytest.raises(UnreachableError, match="has none in the CRM"):
        DirectoryTransport(tmp_path).resolve("person:")


def test_a_directory_that_cannot_be_written_to_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DeliveryError, match="cannot be written to") as raised:
        DirectoryTransport(tmp_path / "file").post("cs-risk", message(), "n-1")
    assert not raised.value.permanent


def test_the_sender_delivers_to_it_as_to_slack(tmp_path: Path, store: Store, clock: Clock) -> None:
    transport = DirectoryTransport(tmp_path / "out", store.person)
    sender = Sender(store, transport, Policy(fallback="#ops"), clock.monotonic, clock.sleep)
    store.commit(said(notice(episode("a")), notice(episode("b"), "person:")))
    store.commit(judgement(notices=(notice(episode("a"), transition="claimed", act=Act.UPDATE, text="claimed"),)))
    assert sender.drain() == DrainResult(sent=3, failed=1, uncertain=0, waiting=0)
    told = {path.parent.name: path.read_text() for path in (tmp_path / "out").rglob("*.txt")}
    assert told["cs-risk"].startswith("claimed\n")
    assert "Meant for the account's owner, but the account has none in the CRM" in told["ops"]
