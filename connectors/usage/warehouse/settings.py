"""What the settings say about a warehouse: where it is, and which queries are asked."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from connectors.secrets import SecretRef
from connectors.settings import Zone
from connectors.usage.warehouse.statement import parameters, unknown_parameters, writes

Asked = Literal["accounts", "people", "lines", "usage"]
_LONGEST: Final = 24 * 3600


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Sql(_Part):
    """A query: `sql` or `file`. A plain text is short for `{sql: ...}`."""

    sql: str | None = Field(default=None, min_length=1, description="the query")
    file: Path | None = Field(default=None, description="or a file that holds it, relative to the settings file")

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, given: Any) -> Any:  # noqa: ANN401  # YAML is anything
        return {"sql": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.sql is None) == (self.file is None):
            raise ValueError("name one: `sql` or `file`")
        if self.sql is not None and (faults := self.faults(self.sql)):
            raise ValueError("; ".join(faults))
        return self

    def faults(self, sql: str) -> list[str]:
        """Return what is wrong with the text of the query, wherever it stood."""
        begins = writes(sql)
        other = [f"it begins with '{begins}'; wanted is a query: SELECT or WITH"] if begins is not None else []
        return [*other, *unknown_parameters(sql)]


class Coverage(_Part):
    """How far usage is complete: a day that is covered and has no row is zero, a day that is not is unknown.

    The day under way is never covered.
    """

    to: Literal["last-row"] | None = Field(
        default=None, description="up to the last day of any row of a meter; the default"
    )
    lag_days: int | None = Field(default=None, ge=1, description="up to so many days before the day of the run")
    complete_to: Sql | None = Field(
        default=None, description="a query that answers the last complete `day`, of each `meter` or of all"
    )
    first: date | None = Field(default=None, description="the first day; default: the earliest of any row of a meter")

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        if sum(end is not None for end in (self.to, self.lag_days, self.complete_to)) > 1:
            raise ValueError("name one of `to`, `lag_days` and `complete_to`")
        return self


class Query(Sql):
    """A query whose columns are those of one table; `as` gives a column its name."""

    table: Asked = Field(description="what its rows are: accounts, people, lines or usage")
    whole: bool = Field(
        default=False, description="true: it answers all of its usage each time, whichever days are wanted"
    )
    coverage: Coverage = Field(default=Coverage(), description="how far its usage is complete; of usage only")

    @model_validator(mode="after")
    def _of_usage(self) -> Self:
        if self.table != "usage" and (self.whole or self.coverage != Coverage()):
            raise ValueError(f"`whole` and `coverage` are about usage, and this is a query for {self.table}")
        return self

    def faults(self, sql: str) -> list[str]:
        """Return what is wrong with the text of the query: a query for usage has to name its days."""
        wanted = parameters(sql)
        bounded = "since" in wanted and not wanted.isdisjoint({"until", "before"})
        if self.table != "usage" or self.whole or bounded:
            return super().faults(sql)
        mend = (
            "add `WHERE day >= :since AND day <= :until` (or `< :before`), or `whole: true` if it is to be read whole"
        )
        return [f"it does not say which days it reads: {mend}", *super().faults(sql)]


class Settings(_Part):
    """One entry of `sources` of type `warehouse`, without `name` and `type`."""

    url: SecretRef = Field(description="SQLAlchemy's address of the database, with the password in it")
    queries: tuple[Query, ...] = Field(description="what is asked, in this order")
    timezone: Zone | None = Field(
        default=None, description="whose days the usage is counted by, and a moment with an offset falls on"
    )
    start: date = Field(default=date(1970, 1, 1), description="the first day ever to read")
    timeout: int | None = Field(default=1800, ge=1, le=_LONGEST, description="seconds that one query may take")
    read_only: bool = Field(default=True, description="false: leave it to the database user what may be done")

    # Not `min_length`: that would count a query with a fault in it as missing, and say so beside the fault.
    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.queries:
            raise ValueError("wanted at least one query")
        return self
