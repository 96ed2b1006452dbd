"""What differs between databases: the package that reads them, and how a session is kept short and harmless."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_CONNECT_SECONDS: Final = 15


@dataclass(frozen=True, slots=True)
class Dialect:
    """One kind of database, by the name that its addresses begin with."""

    extra: str | None = None
    """Of this package: what installs its driver. None: nothing is needed."""
    timeout: str | None = None
    """Sets how long a statement may take, for the session; `{seconds}` or `{milliseconds}`."""
    read_only: str | None = None
    """Keeps the session from writing."""
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """SQLAlchemy's own way to the same."""
    connect: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """Handed to the driver."""
    escaping: bool = False
    """Whether a backslash escapes within texts."""

    def session(self, timeout: int | None, *, read_only: bool) -> Sequence[str]:
        """Return the statements that open a session."""
        limit = self.timeout and timeout and self.timeout.format(seconds=timeout, milliseconds=timeout * 1000)
        return [text for text in (limit, self.read_only if read_only else None) if text]


DIALECTS: Final[Mapping[str, Dialect]] = MappingProxyType(
    {
        "postgresql": Dialect(
            extra="postgres",
            timeout="SET statement_timeout = {milliseconds}",
            options={"postgresql_readonly": True},
            connect={"connect_timeout": _CONNECT_SECONDS},
        ),
        "sqlite": Dialect(read_only="PRAGMA query_only = ON"),
        "duckdb": Dialect(extra="duckdb", connect={"read_only": True}),
        "redshift": Dialect(extra="redshift", timeout="SET statement_timeout TO {milliseconds}"),
        "snowflake": Dialect(
            extra="snowflake",
            timeout="ALTER SESSION SET STATEMENT_TIMEOUT_IN_SECONDS = {seconds}",
            connect={"login_timeout": _CONNECT_SECONDS},
            escaping=True,
        ),
        "bigquery": Dialect(extra="bigquery", escaping=True),
        "clickhousedb": Dialect(extra="clickhouse", timeout="SET max_execution_time = {seconds}", escaping=True),
        "databricks": Dialect(extra="databricks", timeout="SET STATEMENT_TIMEOUT = {seconds}", escaping=True),
        "trino": Dialect(extra="trino", timeout="SET SESSION query_max_run_time = '{seconds}s'"),
        # As others name the same.
        "clickhouse": Dialect(extra="clickhouse", timeout="SET max_execution_time = {seconds}", escaping=True),
        "mysql": Dialect(read_only="SET SESSION TRANSACTION READ ONLY", escaping=True),
        "mariadb": Dialect(read_only="SET SESSION TRANSACTION READ ONLY", escaping=True),
    }
)


def dialect_of(name: str) -> Dialect:
    """Return what is known of a kind of database; of an unknown one nothing is, and nothing is set."""
    return DIALECTS.get(name, Dialect())
