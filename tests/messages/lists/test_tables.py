"""A table in all of its forms."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from bot.messages.blocks import to_blocks, to_text
from bot.messages.cards import card
from bot.messages.limits import validate
from bot.messages.message import MESSAGE, Cell, Column, Message, Row, Table
from bot.messages.page import page

TABLE = Table(
    (Column("Account"), Column("ARR", right=True), Column("Used", right=True, said="{} used")),
    (
        Row((Cell("Week of 2 Mar"), Cell("2 renewals"), Cell()), heading=True),
        Row((Cell("Fish & <Chips>", "https://crm.example/1"), Cell("USD 1"), Cell("41 %"))),
        Row((Cell("*Bold* <!channel>", "javascript:alert(1)"), Cell("USD 1,000,000"), Cell())),
    ),
)


def message(table: Table) -> Message:
    return Message("answer", "a table", (table,))


def drawn(table: Table, width: int) -> str:
    console = Console(file=StringIO(), width=width, force_terminal=False)
    console.print(card(message(table)))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_in_slack_it_is_a_line_a_row() -> None:
    (block,) = to_blocks(message(TABLE))
    assert block["text"]["text"].splitlines() == [
        "*Week of 2 Mar* · 2 renewals",
        "• *<https://crm.example/1|Fish &amp; &lt;Chips&gt;>* · USD 1 · 41 % used",
        "• *∗Bold∗ &lt;!channel&gt;* · USD 1,000,000",
    ]


def test_as_a_table_of_slacks_own_every_row_has_every_cell() -> None:
    (block,) = to_blocks(message(replace(TABLE, native=True)))
    assert block["type"] == "table"
    assert [len(row) for row in block["rows"]] == [3, 3, 3, 3]
    assert block["rows"][0][0]["elements"][0]["elements"] == [
        {"type": "text", "text": "Account", "style": {"bold": True}}
    ]
    assert block["rows"][2][0]["elements"][0]["elements"] == [
        {"type": "link", "url": "https://crm.example/1", "text": "Fish & <Chips>"}
    ]
    assert block["rows"][3][0] == {"type": "raw_text", "text": "*Bold* <!channel>"}, "no mark means anything there"
    assert block["column_settings"][1] == {"align": "right", "is_wrapped": False}
    assert validate([block]) == []


def test_as_plain_text_figures_stand_under_each_other() -> None:
    assert to_text(message(TABLE)).splitlines() == [
        "Account                      ARR  Used",
        "Week of 2 Mar · 2 renewals",
        "Fish & <Chips>             USD 1  41 %",
        "*Bold* <!channel>  USD 1,000,000",
    ]


def test_in_a_terminal_it_is_a_table_where_it_fits_and_lines_where_not() -> None:
    wide, narrow = drawn(TABLE, 120), drawn(TABLE, 40)
    assert "Account" in wide
    assert "•" not in wide
    assert "• Fish & <Chips> · USD 1 · 41 % used" in narrow
    assert "Account" not in narrow


def test_on_a_page_it_is_a_table_whose_cells_are_text() -> None:
    written = page([("#cs", message(TABLE))])
    assert '<th class="right">ARR</th>' in written
    assert '<tr class="heading"><td dir="auto">Week of 2 Mar</td>' in written
    assert '<a href="https://crm.example/1" rel="noopener noreferrer">Fish &amp; &lt;Chips&gt;</a>' in written
    assert "javascript:" not in written


def test_it_is_kept_as_json_like_every_block() -> None:
    assert MESSAGE.validate_json(MESSAGE.dump_json(message(TABLE))) == message(TABLE)


CELLS = st.builds(Cell, st.text(max_size=40), st.one_of(st.none(), st.just("https://x.example/a|b>c"), st.text()))


@settings(max_examples=40)
@given(st.lists(st.builds(Row, st.tuples(CELLS, CELLS), st.booleans()), min_size=1, max_size=8))
@pytest.mark.parametrize("native", [False, True])
def test_whatever_stands_in_cells_slack_takes_it(native: bool, rows: list[Row]) -> None:
    table = Table((Column("One"), Column("Two", right=True, said="{} two")), tuple(rows), native=native)
    blocks = to_blocks(message(table))
    assert validate(blocks) == []
    assert "<!channel>" not in str(blocks).replace("raw_text", "")
    drawn(table, 60)
    page([("#cs", message(table))])
