"""Slack's limits, checked before Slack does: the validator of Block Kit.

Errors have the form of Slack's `blocks.validate`: pointer, code, message, constraint. `as_slack_says` turns them
into the lines with which chat.postMessage and views.open refuse.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final, TypedDict

from bot.messages.kit.blocks import AT_MOST, BLOCKS, BLOCKS_MOST
from bot.messages.kit.shapes import ByType, Each, Flag, Num, Obj, Str

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from bot.messages.kit.blocks import Surface
    from bot.messages.kit.shapes import Shape

SLACK_TEXT_MOST: Final = 13_000
"""Characters in all blocks of a message together; undocumented, seen to refuse from about here."""
OWN_TEXT_MOST: Final = 9_999
"""What this product allows itself: Slack has refused at 11,300 once."""
POST_TEXT_MOST: Final = 40_000
UPDATE_TEXT_MOST: Final = 4_000

_FAILED: Final = "failed_constraint"
_TABLE_TEXT_MOST: Final = 10_000


class BlockError(TypedDict):
    """One thing that Slack would refuse."""

    pointer: str
    """JSON pointer into what was validated, like `/0/text/text`."""
    code: str
    message: str
    constraint: dict[str, Any]


def validate(
    blocks: object, surface: Surface = "message", *, at: str = "", text_most: int = SLACK_TEXT_MOST
) -> list[BlockError]:
    """Say everything that is wrong with a list of blocks; nothing where Slack would take it.

    `at` goes before every pointer: "/blocks" where the blocks stand in a message, "/view/blocks" in a view.
    """
    errors = list(_walk(Each(BLOCKS[surface], most=BLOCKS_MOST[surface]), blocks, at))
    if isinstance(blocks, list):
        known = [(f"{at}/{place}", block) for place, block in enumerate(blocks) if isinstance(block, dict)]
        errors += _repeated_block_ids(known)
        errors += _repeated_action_ids(known)
        errors += _too_long_tables(known)
        if surface == "message":
            errors += _too_many_of_a_kind(known)
            errors += _too_much_text(blocks, at, text_most)
    return errors


def validate_message(message: Mapping[str, Any], *, update: bool = False) -> list[BlockError]:
    """Say what is wrong with the `text` and `blocks` of a chat.postMessage or, with `update`, a chat.update."""
    errors: list[BlockError] = []
    most = UPDATE_TEXT_MOST if update else POST_TEXT_MOST
    if len(message.get("text") or "") > most:
        errors.append(_error("/text", f"must be less than {most + 1} characters", "max_length", most, "msg_too_long"))
    if message.get("blocks") is not None:
        errors += validate(message["blocks"], at="/blocks")
    return errors


def as_slack_says(errors: Iterable[BlockError]) -> list[str]:
    """Write errors as chat.postMessage does in `errors`: `must be less than 151 characters [json-pointer:/...]`."""
    return [f"{error['message']} [json-pointer:{error['pointer']}]" for error in errors]


def total_text(value: object) -> int:
    """Count the characters of every text in blocks: what Slack adds up for the whole message."""
    if isinstance(value, list):
        return sum(map(total_text, value))
    if not isinstance(value, dict):
        return 0
    return sum(
        len(item) if name == "text" and isinstance(item, str) else total_text(item) for name, item in value.items()
    )


def _error(pointer: str, message: str, kind: str, expected: object, code: str = _FAILED) -> BlockError:
    return BlockError(pointer=pointer, code=code, message=message, constraint={"type": kind, "expected": expected})


def _walk(shape: Shape, value: object, at: str) -> Iterator[BlockError]:
    check: Callable[[Any, Any, str], Iterator[BlockError]] = _CHECKS[type(shape)]
    yield from check(shape, value, at)


def _string(shape: Str, value: object, at: str) -> Iterator[BlockError]:
    if not isinstance(value, str):
        yield _error(at, "must provide a string", "type", "string")
    elif shape.values and value not in shape.values:
        message = f"must be one of: {', '.join(shape.values)}"
        yield _error(at, message, "enum", list(shape.values))
    elif len(value) < shape.least:
        yield _error(at, f"must be more than {shape.least - 1} characters", "min_length", shape.least)
    elif shape.most is not None and len(value) > shape.most:
        yield _error(at, f"must be less than {shape.most + 1} characters", "max_length", shape.most)


def _number(shape: Num, value: object, at: str) -> Iterator[BlockError]:
    # bool is an int to Python and no number to Slack.
    if isinstance(value, bool) or not isinstance(value, (int, float) if shape.fraction else int):
        yield _error(at, "must provide a number" if shape.fraction else "must provide an integer", "type", "number")
    elif shape.least is not None and value < shape.least:
        yield _error(at, f"must be greater than or equal to {shape.least:g}", "min", shape.least)
    elif shape.most is not None and value > shape.most:
        yield _error(at, f"must be less than or equal to {shape.most:g}", "max", shape.most)


def _flag(_shape: Flag, value: object, at: str) -> Iterator[BlockError]:
    if not isinstance(value, bool):
        yield _error(at, "must provide a boolean", "type", "boolean")


def _list(shape: Each, value: object, at: str) -> Iterator[BlockError]:
    if not isinstance(value, list):
        yield _error(at, "must provide an array", "type", "array")
        return
    if len(value) < shape.least:
        yield _error(at, f"no fewer than {shape.least} items allowed", "min_items", shape.least)
    if shape.most is not None and len(value) > shape.most:
        yield _error(at, f"no more than {shape.most} items allowed", "max_items", shape.most)
    for place, item in enumerate(value):
        yield from _walk(shape.of, item, f"{at}/{place}")


def _object(shape: Obj, value: object, at: str) -> Iterator[BlockError]:
    if not isinstance(value, dict):
        yield _error(at, "must provide an object", "type", "object")
        return
    for name in shape.required:
        if name not in value:
            yield _error(at, f"missing required field: {name}", "required", name)
    yield from _alternatives(shape, value, at)
    for name, item in value.items():
        if name in shape.properties:
            yield from _walk(shape.properties[name], item, f"{at}/{_escaped(name)}")
        else:
            yield _error(at, f"invalid additional property: {name}", "additional_properties", sorted(shape.properties))


def _alternatives(shape: Obj, value: Mapping[str, object], at: str) -> Iterator[BlockError]:
    if shape.either and not any(name in value for name in shape.either):
        names = " or ".join(f"`{name}`" for name in shape.either)
        yield _error(at, f"must define either {names}", "required", list(shape.either))
    given = [name for name in shape.not_both if name in value]
    if len(given) > 1:
        names = " and ".join(f"`{name}`" for name in given)
        yield _error(at, f"cannot define both {names}", "not_both", list(shape.not_both))


def _union(shape: ByType, value: object, at: str) -> Iterator[BlockError]:
    if not isinstance(value, dict):
        yield _error(at, "must provide an object", "type", "object")
    elif "type" not in value:
        yield _error(at, "missing required field: type", "required", "type")
    elif not isinstance(value["type"], str) or value["type"] not in shape.kinds:
        yield _error(f"{at}/type", f"unsupported type: {value['type']}", "enum", list(shape.kinds))
    else:
        yield from _object(shape.kinds[value["type"]], value, at)


_CHECKS: Final[dict[type, Callable[[Any, Any, str], Iterator[BlockError]]]] = {
    Str: _string,
    Num: _number,
    Flag: _flag,
    Each: _list,
    Obj: _object,
    ByType: _union,
}


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _repeated(found: Iterable[tuple[str, str]], name: str) -> Iterator[BlockError]:
    seen: set[str] = set()
    for pointer, value in found:
        if value in seen:
            yield _error(pointer, f'`{name}` "{value}" already exists', "unique", name)
        seen.add(value)


def _repeated_block_ids(blocks: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[BlockError]:
    ids = ((f"{at}/block_id", block["block_id"]) for at, block in blocks if isinstance(block.get("block_id"), str))
    yield from _repeated(ids, "block_id")


def _repeated_action_ids(blocks: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[BlockError]:
    for at, block in blocks:
        yield from _repeated(_action_ids(block, at), "action_id")


def _action_ids(value: object, at: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        if isinstance(value.get("action_id"), str):
            yield f"{at}/action_id", value["action_id"]
        for name, item in value.items():
            yield from _action_ids(item, f"{at}/{_escaped(str(name))}")
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _action_ids(item, f"{at}/{place}")


def _too_long_tables(blocks: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[BlockError]:
    for at, block in blocks:
        if block.get("type") == "table" and total_text(block) > _TABLE_TEXT_MOST:
            message = f"must be less than {_TABLE_TEXT_MOST + 1} characters"
            yield _error(f"{at}/rows", message, "max_length", _TABLE_TEXT_MOST)


def _too_many_of_a_kind(blocks: Sequence[tuple[str, dict[str, Any]]]) -> Iterator[BlockError]:
    count: Counter[str] = Counter()
    for at, block in blocks:
        # A container counts for what it holds.
        inside = block.get("child_blocks")
        for one in [block, *(inside if isinstance(inside, list) else [])]:
            kind = one.get("type") if isinstance(one, dict) else None
            if not isinstance(kind, str) or kind not in AT_MOST:
                continue
            count[kind] += 1
            most, code = AT_MOST[kind]
            if count[kind] == most + 1:
                yield _error(at, f"no more than {most} {kind} blocks allowed in a message", "max_items", most, code)


def _too_much_text(blocks: object, at: str, most: int) -> Iterator[BlockError]:
    length = total_text(blocks)
    if length > most:
        message = f"all blocks together must be less than {most + 1} characters, not {length}"
        yield _error(at, message, "max_length", most, "msg_blocks_too_long")
