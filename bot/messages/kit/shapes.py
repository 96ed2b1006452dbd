"""The few shapes that JSON can be asked to have: strings, numbers, flags, lists, objects, and objects by their type."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Str:
    """A string of `least`..`most` characters, or one of `values`."""

    most: int | None = None
    least: int = 0
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Num:
    """A number between two bounds, both included; whole unless `fraction`."""

    least: float | None = None
    most: float | None = None
    fraction: bool = False


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""


@dataclass(frozen=True, slots=True)
class Each:
    """A list of `least`..`most` items of one shape."""

    of: Shape
    most: int | None = None
    least: int = 0


@dataclass(frozen=True, slots=True)
class Obj:
    """An object: nothing but these properties, all of `required`, and the rules between them."""

    properties: Mapping[str, Shape]
    required: tuple[str, ...] = ()
    either: tuple[str, ...] = ()
    """At least one of these must be there."""
    not_both: tuple[str, ...] = ()
    """At most one of these may be there."""


@dataclass(frozen=True, slots=True)
class ByType:
    """An object whose `type` says which shape it has."""

    kinds: Mapping[str, Obj] = field(default_factory=dict)


Shape = Str | Num | Flag | Each | Obj | ByType


def obj(
    required: Mapping[str, Shape] | None = None,
    optional: Mapping[str, Shape] | None = None,
    *,
    either: tuple[str, ...] = (),
    not_both: tuple[str, ...] = (),
) -> Obj:
    """Make an object's shape from what it must and what it may hold."""
    must = dict(required or {})
    return Obj({**must, **(optional or {})}, tuple(must), either, not_both)


def by_type(**kinds: Obj) -> ByType:
    """Make a union of objects told apart by their `type`, which each of them must name."""
    return ByType(
        {
            kind: Obj(
                {"type": Str(values=(kind,)), **shape.properties},
                ("type", *shape.required),
                shape.either,
                shape.not_both,
            )
            for kind, shape in kinds.items()
        }
    )
