"""The figures of docs/reliability.md."""

from __future__ import annotations

import pytest

from tests.faults.driving import ROOT
from tests.faults.invariants import Violation
from tests.faults.lane import Result
from tests.faults.tables import BEGIN, END, Report, page

LOST = (Violation("lost", "Acme"), Violation("final", "Acme"))
DOUBLED = (Violation("doubled", "Acme: 2 times"), Violation("doubled", "id n1 stands 2 times"))

REPORT = Report(
    results=[
        Result("sending/ok/sqlite/1", (), 2.0, None),
        Result("sending/no/sqlite/2", DOUBLED, 4.0, "/traces"),
        Result("left/ok/sqlite/1", LOST, 3.0, "/traces"),
        Result("random/1", (), 3.0, None),
    ],
    baseline=[Result("baseline/left/ok/1", (*LOST, *DOUBLED), 2.0, None)],
)


def test_messages_are_counted_by_failpoint_beside_those_of_the_baseline() -> None:
    lines = page(REPORT, f"before\n{BEGIN}\nold\n{END}\nafter\n").splitlines()
    assert lines[:2] == ["before", BEGIN]
    assert lines[-2:] == [END, "after"]
    assert "old" not in lines
    assert "| after SENDING | 2 | 1 kill, 0 stop, 1 raise | 1 | 0 | 1 | has none |  |  |" in lines
    assert "| after the bytes left | 1 | 1 kill, 0 stop, 0 raise | 1 | 1 | 0 | 1 | 1 | 1 |" in lines
    assert "| **all** | 3 |  | 2 | 1 | 1 | 1 | 1 | 1 |" in lines
    assert "| drawn by a seed, four nights, up to four hits | 1 | 0 | 0 | 0 |" in lines


def test_a_page_without_a_place_for_them_is_refused() -> None:
    with pytest.raises(ValueError, match="wanted a page with"):
        page(REPORT, "nothing here")


def test_the_document_has_its_place() -> None:
    text = (ROOT / "docs" / "reliability.md").read_text()
    assert text.count(BEGIN) == text.count(END) == 1


def test_the_baseline_is_as_short_as_it_is_said_to_be() -> None:
    lines = (ROOT / "tests" / "faults" / "baseline.py").read_text().splitlines()
    assert len(lines) <= 40
    assert f"{len(lines)} lines" in (ROOT / "docs" / "reliability.md").read_text()
