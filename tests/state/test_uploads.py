"""What was uploaded, by its content."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.state.store import Store


def test_a_file_is_found_by_its_key_and_the_later_upload_counts(store: Store) -> None:
    assert store.uploads(["a", "b"]) == {}
    store.remember_upload("a", "chart", "F1")
    store.remember_upload("b", "canvas", "F2")
    store.remember_upload("a", "chart", "F3")
    assert store.uploads(["a", "b", "c"]) == {"a": "F3", "b": "F2"}
    assert store.uploads([]) == {}


def test_what_is_forgotten_is_uploaded_anew(store: Store) -> None:
    store.remember_upload("a", "chart", "F1")
    store.remember_upload("b", "chart", "F2")
    store.forget_uploads(["a", "never"])
    assert store.uploads(["a", "b"]) == {"b": "F2"}
