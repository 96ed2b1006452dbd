"""What does not fit into one message goes on in its thread: nothing is left out, nothing is cut inside."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.messages.blocks import to_blocks
from bot.messages.limits import OWN_TEXT_MOST, validate
from bot.messages.message import Button, Buttons, Fields, Headline, Message, Meter, Meters, Note, Text
from bot.messages.overflow import spread
from bot.messages.speech import Speech

UNITS = st.sampled_from(["&amp;", "<https://x.example/a|label here>", "<@U1>", "word ", "x" * 200, "\n", "\n\n", ". "])
FRAME = (
    Meters((Meter("API calls", 1.32, "132 of 100"),)),
    Fields((("ARR", "USD 1"),)),
    Buttons((Button("Claim", "claim", "e1"),)),
    Note(("As of today",)),
)


def message(*texts: str) -> Message:
    return Message("x", "summary", (Headline("Acme"), *map(Text, texts), *FRAME), "de", "Europe/Berlin")


def texts_of(messages: tuple[Message, ...]) -> str:
    return "".join(block.text for one in messages for block in one.blocks if isinstance(block, Text))


def test_what_fits_stays_as_it_is() -> None:
    short = message("A sentence.")
    assert spread(short) == (short,)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(UNITS, max_size=400).map("".join), min_size=1, max_size=6))
def test_nothing_is_left_out_and_slack_takes_each_part(texts: list[str]) -> None:
    parts = spread(message(*texts))
    head = parts[0]
    said = texts_of(parts).replace("_It goes on in the thread._", "") if len(parts) > 1 else texts_of(parts)
    assert re.sub(r"\s|_.*thread.*_|_[^_]*_$", "", said).count("word") == "".join(texts).count("word")
    assert said.count("<@U1>") == "".join(texts).count("<@U1>")
    assert [block for block in head.blocks if block in FRAME] == list(FRAME), "bars, fields and buttons stay"
    for part in parts:
        assert validate(to_blocks(part), text_most=OWN_TEXT_MOST) == []
        assert (part.language, part.zone) == ("de", "Europe/Berlin")
        for block in part.blocks:
            if isinstance(block, Text):
                assert block.text.count("<") == block.text.count(">")


def test_the_head_says_that_it_goes_on_and_the_rest_what_it_belongs_to() -> None:
    head, *rest = spread(message("word " * 3000))
    going_on = Speech("de").t("It goes on in the thread.")
    assert Text(f"_{going_on}_") in head.blocks
    assert rest
    assert all("Acme" in one.summary for one in rest)
    assert all(isinstance(block, Text) for one in rest for block in one.blocks)


def test_the_order_of_what_is_said_is_kept() -> None:
    parts = spread(message(*(f"part {number}. " + "word " * 500 for number in range(9))))
    numbers = re.findall(r"part (\d)", texts_of(parts))
    assert numbers == list("012345678")
