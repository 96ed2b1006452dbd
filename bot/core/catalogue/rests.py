"""What metrics rest on: the kinds of table that sources deliver and that a value comes from.

Use is what was used of what was bought: it rests on the contracts, too.
"""

from __future__ import annotations

from typing import Final

from connectors.schema import Table

OF_ACCOUNTS: Final = frozenset({Table.ACCOUNTS})
OF_CONTRACTS: Final = frozenset({Table.LINES})
OF_CRM: Final = frozenset({Table.ACCOUNTS, Table.LINES})
OF_USE: Final = frozenset({Table.LINES, Table.USAGE})
OF_ALL: Final = frozenset({Table.ACCOUNTS, Table.LINES, Table.USAGE})
OF_NOTHING: Final[frozenset[Table]] = frozenset()
"""What Headroom itself measures, of sources and of the whole fleet."""
