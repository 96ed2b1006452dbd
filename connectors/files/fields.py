"""Where the value of one field comes from: a column of the file, a constant, or the day of the snapshot."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from connectors.base import UnfitError
from connectors.files.shapes import Shape
from connectors.files.values import Raw, Value, read_day, read_flag, read_number, read_text
from connectors.schema import PERIODS, Kind
from connectors.settings import Zone

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAMED_FORMATS: Final = frozenset({"iso", "unix", "unix_ms", "excel"})
_INT64: Final = 2**63 - 1
_NUMBERS: Final = frozenset({int, float, Decimal})


class FieldSource(BaseModel):
    """What all fields share. A plain text, or a list of texts, is short for `{column: ...}`."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    origins: ClassVar[str] = "`column` or `value`"

    column: tuple[str, ...] = Field(
        default=(), description="the header of a column, or several of which the first that is there is taken"
    )
    optional: bool | None = Field(
        default=None, description="true: the column may be missing and its cells blank; false: no cell may be blank"
    )

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, given: Any) -> Any:  # noqa: ANN401  # YAML is anything
        if isinstance(given, str | list):
            given = {"column": given}
        if isinstance(given, dict) and isinstance(given.get("column"), str):
            given = {**given, "column": [given["column"]]}
        return given

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if bool(self.column) == self.is_constant:
            raise ValueError(f"name one origin: {self.origins}")
        return self

    @property
    def is_constant(self) -> bool:
        """Whether the value is the same in every row."""
        return getattr(self, "value", None) is not None

    def constant(self, snapshot: date) -> Value:
        """Return the value that is the same in every row of a snapshot."""
        del snapshot
        return getattr(self, "value", None)

    def parse(self, raw: Raw) -> Value:
        """Read a cell that is not blank. Raises UnfitError."""
        raise NotImplementedError

    def typed(self, cells: Sequence[Raw]) -> list[Value] | None:
        """Return the values of a column at once, where it is typed so that each is what `parse` would make of it.

        None: they have to be read one by one. Databases and Parquet know types; reading cells takes the time.
        """
        del cells
        return None


class TextField(FieldSource):
    """A text."""

    value: str | None = Field(default=None, description="a constant, instead of a column")
    shape: Shape = Field(default=Shape.TEXT, alias="as", description="what is made of the text before it is kept")
    map: dict[str, str] = Field(default={}, description="texts of the file and what they mean here")
    prefix: str = Field(default="", description="put before each text, like the address of the CRM before an id")
    words: ClassVar[frozenset[str]] = frozenset()
    """The only texts that the schema knows; empty: any."""

    @field_validator("value")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        if value is not None and cls.words and value not in cls.words:
            raise ValueError(f"wanted one of {', '.join(sorted(cls.words))}")
        return value

    def parse(self, raw: Raw) -> Value:
        """Read a text, shape and translate it."""
        written = read_text(raw)
        text = self.prefix + (self.map[written] if written in self.map else self.shape.of(written))
        if self.words and text not in self.words:
            raise UnfitError("word-unknown", f"{text!r} is none of {', '.join(sorted(self.words))}; use `map`")
        return text


class KindField(TextField):
    """A kind of contract line."""

    words = frozenset(Kind)


class PeriodField(TextField):
    """A stretch of time that prices and allowances are counted by."""

    words = PERIODS


class LinkField(TextField):
    """The address of a record in the CRM."""

    def parse(self, raw: Raw) -> Value:
        """Read an address; anything but https is refused: people are going to press it."""
        text = super().parse(raw)
        if not str(text).startswith("https://"):
            raise UnfitError("url-not-https", f"{text!r} is no https address; `prefix` makes one from an id")
        return text


class DayField(FieldSource):
    """A calendar day."""

    value: date | None = Field(default=None, description="a constant, instead of a column")
    snapshot: bool = Field(default=False, description="true: the day of the snapshot that the file belongs to")
    formats: tuple[str, ...] = Field(
        default=("iso",), min_length=1, description="formats of strptime, iso, unix, unix_ms or excel; first fit wins"
    )
    timezone: Zone | None = Field(
        default=None,
        description="the IANA zone whose day a moment with an offset falls on; default: the day as written",
    )
    origins: ClassVar[str] = "`column`, `value` or `snapshot: true`"

    @field_validator("formats")
    @classmethod
    def _usable(cls, formats: tuple[str, ...]) -> tuple[str, ...]:
        for form in formats:
            if form not in _NAMED_FORMATS and "%" not in form:
                raise ValueError(f"'{form}' is no format: wanted one of strptime's, iso, unix, unix_ms or excel")
        return formats

    @property
    def is_constant(self) -> bool:
        """Whether the day is the same in every row of a snapshot."""
        return self.snapshot or self.value is not None

    def constant(self, snapshot: date) -> Value:
        """Return the day of the snapshot or the one that the settings name."""
        return snapshot if self.snapshot else self.value

    def parse(self, raw: Raw) -> Value:
        """Read a day."""
        return read_day(raw, self.formats, ZoneInfo(self.timezone) if self.timezone else None)

    def typed(self, cells: Sequence[Raw]) -> list[Value] | None:
        """Return days that are days; moments have to be read."""
        return list(cells) if set(map(type, cells)) == {date} else None  # type: ignore[arg-type]  # days, all of them


class NumberField(FieldSource):
    """A number."""

    value: float | None = Field(default=None, allow_inf_nan=False, description="a constant, instead of a column")
    decimal: Literal[".", ","] = Field(default=".", description="the decimal mark")
    dash: Literal["zero", "blank"] | None = Field(
        default=None, description="what a lone dash stands for; spreadsheets print it for zero"
    )
    scale: float = Field(
        default=1.0, allow_inf_nan=False, description="each number is multiplied by it; 0.01 for percent"
    )

    def parse(self, raw: Raw) -> Value:
        """Read a number; None for a dash that stands for blank."""
        number = read_number(raw, decimal=self.decimal, dash=self.dash)
        return None if number is None else number * self.scale

    def typed(self, cells: Sequence[Raw]) -> list[Value] | None:
        """Return numbers that are finite numbers."""
        if self.scale != 1.0 or not _NUMBERS.issuperset(map(type, cells)):
            return None
        try:
            values: list[Value] = [float(cell) for cell in cells]  # type: ignore[arg-type]  # numbers, all of them
        except OverflowError:
            return None
        return values if all(map(isfinite, values)) else None  # type: ignore[arg-type]  # likewise


class CountField(NumberField):
    """A whole number, 0 or more."""

    def constant(self, snapshot: date) -> Value:
        """Return the count that is the same in every row."""
        del snapshot
        return None if self.value is None else int(self.value)

    def parse(self, raw: Raw) -> Value:
        """Read a count."""
        number = super().parse(raw)
        if not isinstance(number, float):
            return None
        if number != int(number) or not 0 <= number < _INT64:
            raise UnfitError("number-unreadable", f"{raw!r} is no whole number of 0 or more")
        return int(number)

    def typed(self, cells: Sequence[Raw]) -> list[Value] | None:
        """Return counts that are whole numbers of 0 or more."""
        whole = set(map(type, cells)) == {int} and all(0 <= cell < _INT64 for cell in cells)  # type: ignore[operator]  # numbers
        return list(cells) if whole else None  # type: ignore[arg-type]  # likewise


class FlagField(FieldSource):
    """True or false."""

    value: bool | None = Field(default=None, description="a constant, instead of a column")

    def parse(self, raw: Raw) -> Value:
        """Read a flag."""
        return read_flag(raw)


AnyField = TextField | DayField | NumberField | FlagField
