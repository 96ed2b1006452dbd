"""Tables in the forms that programs take: Slack's own, lines of mrkdwn, columns of plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.messages.escape import Safe, is_https, link, mrkdwn, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.messages.message import Cell, Column, Row, Table

Json = dict[str, Any]

ROWS_MOST: Final = 100
"""Rows of a table of Slack's own, its heading included."""
COLUMNS_MOST: Final = 20
BETWEEN: Final = " · "
_NOTHING: Final = Safe("…")
_EMPTY: Final = " "
"""Slack takes no cell without a character."""


def lines(table: Table) -> Iterator[str]:
    """Write each row as a line of mrkdwn: a list under bold headings, where there are any."""
    for row in table.rows:
        if row.heading:
            yield _heading(row)
        else:
            yield f"• {BETWEEN.join(_told(row.cells, table.columns))}"


def _heading(row: Row) -> str:
    first, *others = [said for cell in row.cells if (said := mrkdwn(cell.text))] or [_NOTHING]
    return BETWEEN.join([f"*{first}*", *others])


def _told(cells: Sequence[Cell], columns: Sequence[Column]) -> Iterator[str]:
    for place, (cell, column) in enumerate(zip(cells, columns, strict=True)):
        text = plain(cell.text)
        if place == 0:  # it names the row
            yield f"*{link(text or _NOTHING, cell.url)}*"
        elif text:
            yield link(column.said.replace("{}", text), cell.url)


def native(table: Table) -> Json:
    """Write a table as the block of Slack's own."""
    columns = table.columns[:COLUMNS_MOST]
    rows = [[_bold(column.label) for column in columns]]
    rows += [[_cell(cell, bold=row.heading) for cell in row.cells[:COLUMNS_MOST]] for row in table.rows]
    settings = [{"align": "right" if column.right else "left", "is_wrapped": not column.right} for column in columns]
    return {"type": "table", "rows": rows[:ROWS_MOST], "column_settings": settings}


def _cell(cell: Cell, *, bold: bool) -> Json:
    text = plain(cell.text)
    if not text:
        return {"type": "raw_text", "text": _EMPTY}
    if cell.url and is_https(cell.url):
        return _rich({"type": "link", "url": cell.url, "text": text})
    return _bold(text) if bold else {"type": "raw_text", "text": text}


def _bold(text: str) -> Json:
    return _rich({"type": "text", "text": plain(text) or _EMPTY, "style": {"bold": True}})


def _rich(element: Json) -> Json:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [element]}]}


def text_rows(table: Table) -> Iterator[str]:
    """Write a table as columns of plain text, as wide as their widest cells."""
    rows = [[column.label for column in table.columns], *([cell.text for cell in row.cells] for row in table.rows)]
    # Headings run over the columns beside them.
    widths = [
        max(len(row[place]) for number, row in enumerate(rows) if not _is_heading(table, number))
        for place in range(len(table.columns))
    ]
    for number, row in enumerate(rows):
        if _is_heading(table, number):
            yield BETWEEN.join(filter(None, row))
        else:
            cells = [
                cell.rjust(width) if column.right else cell.ljust(width)
                for cell, width, column in zip(row, widths, table.columns, strict=True)
            ]
            yield "  ".join(cells).rstrip()


def _is_heading(table: Table, number: int) -> bool:
    return number > 0 and table.rows[number - 1].heading
