"""YAML that remembers its places, and tells them where it cannot be read."""

from __future__ import annotations

import pytest

from bot.core.located import Document, FaultyTextError, Mark, load


def fault(text: str) -> str:
    with pytest.raises(FaultyTextError) as caught:
        load(text, "f.yaml")
    (found,) = caught.value.faults
    return str(found)


def test_each_key_and_item_knows_its_place() -> None:
    document = load("a: 1\nb:\n  - x\n  - c: y\n", "f.yaml")
    assert document.data == {"a": 1, "b": ["x", {"c": "y"}]}
    assert document.mark(("a",)) == Mark("f.yaml", 1, 4)
    assert document.mark(("b", 0)) == Mark("f.yaml", 3, 5)
    assert document.mark(("b", 1, "c")) == Mark("f.yaml", 4, 8)


def test_what_is_not_there_stands_where_its_parent_does() -> None:
    document = load("a:\n  b: 1\n", "f.yaml")
    assert document.mark(("a", "c", "d")) == document.mark(("a",)) == Mark("f.yaml", 1, 1)


@pytest.mark.parametrize("text", ["", "# nothing but a comment\n", "---\n"])
def test_an_empty_text_is_no_data(text: str) -> None:
    assert load(text, "f.yaml").data is None


def test_a_document_of_nothing_names_its_file() -> None:
    assert str(Document("f.yaml", None).mark(("a",))) == "f.yaml"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: [1\n", "f.yaml:2:1: not valid YAML"),
        ("a: 1\n\tb: 2\n", "f.yaml:2:1: not valid YAML: found character '\\t'"),
        ("a: 1\na: 2\n", "f.yaml:2:1: key 'a' stands twice"),
        ("a: 1\n---\nb: 2\n", "f.yaml:2:1: not valid YAML: but found another document"),
        ("a: !!python/object:os.system x\n", "f.yaml:1:4: not valid YAML: could not determine a constructor"),
        ("b: 1\na: 2026-02-30\n", "f.yaml:2:4: not valid YAML: day is out of range for month; write it in quotes"),
        ("a: !!int x\n", "f.yaml:1:4: not valid YAML: invalid literal for int()"),
        ("a: \x07\n", "f.yaml: not valid YAML: unacceptable character"),
        ("a: *b\n", "f.yaml:1:4: not valid YAML: found undefined alias"),
        (f"{'[' * 1500}", "f.yaml: not valid YAML: nested too deep"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(text: str, expected: str) -> None:
    assert fault(text).startswith(expected)
