"""`headroom rules test`, as a person, a shell and CI meet it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.rulebook.samples import OTHER, TESTS, UNHAPPY

if TYPE_CHECKING:
    from pathlib import Path

    from tests.rulebook.samples import Headroom


def test_tests_that_pass_say_so(folder: Path, headroom: Headroom) -> None:
    assert headroom("rules", "test", "rules_test.yaml") == (
        0,
        "rules_test.yaml: 1 test passed (1 rule, each of them tested)\n",
        "",
    )


def test_tests_that_fail_say_what_was_expected_what_came_and_why(folder: Path, headroom: Headroom) -> None:
    (folder / "rules.yaml").write_text(UNHAPPY.replace("nps < 5", "nps < 3") + OTHER)
    code, out, err = headroom("rules", "test", "rules_test.yaml")
    assert (code, err) == (1, "")
    assert out.splitlines() == [
        "FAILED rules_test.yaml:3:5: unhappy customers",
        "  day 2, 2026-01-03: unhappy about acme (line 6)",
        "    expected: fired",
        "    came:     nothing: the condition does not hold",
        "    saw:      nps < 3 is false: nps = 3",
        "rules_test.yaml: 1 of 1 tests failed (2 rules; no test expects anything of other)",
    ]


def test_results_are_data_with_json(folder: Path, headroom: Headroom) -> None:
    (folder / "rules.yaml").write_text(UNHAPPY.replace("for: 2d", "for: 3d"))
    code, out, err = headroom("rules", "test", "rules_test.yaml", "--json")
    data = json.loads(out)
    assert (code, err, data["passed"], data["faults"]) == (1, "", False, [])
    (file,) = data["files"]
    assert (file["passed"], file["failed"], file["untested"]) == (0, 1, [])
    missing, late = file["tests"][0]["failures"]
    assert (missing["day"], missing["date"], missing["rule"], missing["subject"], missing["expected"]) == (
        2,
        "2026-01-03",
        "unhappy",
        "acme",
        "fired",
    )
    assert (late["day"], late["expected"], late["came"]) == (3, "nothing", "fired, severity low (held for 3 days)")
    assert late["seen"] == [{"comparison": "nps < 5", "truth": "true", "values": {"nps": 3.0}}]


def test_several_files_are_run_and_one_that_fails_fails_all(folder: Path, headroom: Headroom) -> None:
    (folder / "more.yaml").write_text(TESTS.replace("fired", "resolved"))
    code, out, _ = headroom("rules", "test", "rules_test.yaml", "more.yaml")
    assert code == 1
    assert "rules_test.yaml: 1 test passed" in out
    assert "more.yaml: 1 of 1 tests failed" in out


def test_the_faults_of_all_files_are_told_at_once_and_nothing_is_run(folder: Path, headroom: Headroom) -> None:
    (folder / "rules.yaml").write_text(UNHAPPY.replace("nps", "npss"))
    (folder / "rules_test.yaml").write_text(TESTS.replace("nps", "nbs"))
    (folder / "more.yaml").write_text(TESTS.replace("rules.yaml", "nowhere.yaml"))
    files = ("rules_test.yaml", "rules_test.yaml", "more.yaml", "lost.yaml")
    code, out, err = headroom("rules", "test", *files)
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        "lost.yaml: cannot be read: No such file or directory; name a file of tests",
        "more.yaml:1:12: there is no file nowhere.yaml",
        "rules.yaml:3:9: unknown metric 'npss' in rule 'unhappy'; did you mean 'nps'?",
        "rules_test.yaml:5:23: unknown metric 'nbs' of an account; did you mean 'nps'?",
    ]
    code, out, err = headroom("rules", "test", *files, "--json")
    assert (code, err, len(json.loads(out)["faults"])) == (2, "", 4)


def test_the_files_to_begin_with_are_good_and_tested(folder: Path, headroom: Headroom) -> None:
    assert headroom("init", "--defaults", "--out", "new")[0] == 0
    assert headroom("rules", "check", "new/rules.yaml")[0] == 0
    code, out, _ = headroom("rules", "test", "new/rules_test.yaml")
    assert code == 0
    assert "each of them tested" in out
