r"""Settings of a source of type `files`: which files there are, of which day, and what their columns mean.

```yaml
files:
  - path: "accounts-*.csv"
    day: {pattern: "accounts-(\\d{8})", format: "%Y%m%d"}
    tables:
      accounts: {account_id: Id, name: Name, domain: {column: Website, as: domain}}
```
"""

from __future__ import annotations

import codecs
import re
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from connectors.addresses import base_address
from connectors.files.remote import SCHEMES, is_remote, scheme_of
from connectors.files.tables import Tables
from connectors.secrets import SecretRef
from connectors.settings import did_you_mean


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SnapshotDay(_Part):
    """The day that a file tells of. A plain date is short for `{value: ...}`."""

    value: date | None = Field(default=None, description="the same day for all files of the set")
    pattern: str | None = Field(
        default=None, description="a regular expression with one group, found in the file's name"
    )
    days: dict[str, date] = Field(default={}, description="what the group may hold, and the day that each stands for")
    format: str | None = Field(default=None, description="how the group writes a day, as strptime has it: '%Y%m%d'")

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, given: Any) -> Any:  # noqa: ANN401  # YAML is anything
        return {"value": given} if isinstance(given, str | date) else given

    @field_validator("pattern")
    @classmethod
    def _one_group(cls, pattern: str | None) -> str | None:
        try:
            if pattern is not None and re.compile(pattern).groups != 1:
                raise ValueError("wanted exactly one group, like 'FY-(\\d{4}-Q\\d)'")
        except re.error as error:
            raise ValueError(f"is no regular expression: {error}") from error
        return pattern

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.value is None) == (self.pattern is None):
            raise ValueError("name one: `value`, or `pattern` with `days` or `format`")
        if self.pattern is not None and bool(self.days) == (self.format is not None):
            raise ValueError("a pattern wants either `days` or `format`")
        return self

    def of(self, file_name: str) -> date:
        """Return the day of a file. Raises ValueError, saying what its name lacks."""
        if self.value is not None:
            return self.value
        found = re.search(self.pattern or "", file_name)
        if found is None or (group := found[1]) is None:
            raise ValueError(f"its name does not have the pattern '{self.pattern}' that tells its day")
        if self.format is not None:
            return _day(group, self.format)
        if group not in self.days:
            raise ValueError(f"`days` does not say which day '{group}' is; it knows {', '.join(self.days)}")
        return self.days[group]


def _day(text: str, form: str) -> date:
    try:
        return datetime.strptime(text, form).date()  # noqa: DTZ007  # a day has no zone
    except ValueError as error:
        raise ValueError(f"'{text}' in its name is no day in the format '{form}'") from error


class Unique(_Part):
    """Rows with the same key in one snapshot: one is kept, the others are rejected as `duplicate-key`."""

    by: tuple[str, ...] = Field(min_length=1, description="the fields that make the key, like lines.line_id")
    keep: Literal["first", "last"] | None = Field(default=None, description="in the order of file names and rows")
    highest: str | None = Field(default=None, description="the field whose latest day or highest number is kept")
    lowest: str | None = Field(default=None, description="the field whose earliest day or lowest number is kept")

    @field_validator("by", mode="before")
    @classmethod
    def _several(cls, given: Any) -> Any:  # noqa: ANN401  # YAML is anything
        return [given] if isinstance(given, str) else given

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if sum(way is not None for way in (self.keep, self.highest, self.lowest)) != 1:
            raise ValueError("name one of `keep`, `highest` and `lowest`: which row is kept")
        return self

    def names(self) -> list[str]:
        """Return the fields that are named here."""
        return [*self.by, *(name for name in (self.highest, self.lowest) if name)]


class Coverage(_Part):
    """How far usage is complete: a day that is covered and has no row is zero, a day that is not is unknown."""

    to: Literal["snapshot", "last-row"] | None = Field(
        default=None, description="snapshot: up to the day of the newest file; last-row: up to the last day of any row"
    )
    lag_days: int | None = Field(default=None, ge=0, description="up to so many days before the day of the run")
    first: date | None = Field(default=None, description="the first day; default: the earliest that the files name")

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        if self.to is not None and self.lag_days is not None:
            raise ValueError("name `to` or `lag_days`, not both")
        return self


class Storage(_Part):
    """How buckets are reached; what is not said here comes from the environment, as everywhere (`AWS_...`)."""

    endpoint: Annotated[str, AfterValidator(base_address)] | None = Field(
        default=None, description="where the buckets are, unless at Amazon or Google: MinIO, Cloudflare R2 and the like"
    )
    region: str | None = Field(default=None, description="of the buckets; default: asked of each bucket")
    key: SecretRef | None = Field(default=None, description="the access key; s3:// only")
    secret: SecretRef | None = Field(default=None, description="the secret that belongs to it")
    token: SecretRef | None = Field(default=None, description="the session token, where the key is a passing one")
    anonymous: bool = Field(default=False, description="true: the buckets are public, no credentials are looked for")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.key is None) != (self.secret is None) or (self.token is not None and self.key is None):
            raise ValueError("`key` and `secret` belong together, and `token` to both")
        if self.anonymous and self.key is not None:
            raise ValueError("name either `anonymous` or a `key`")
        return self

    def secret_of(self, name: Literal["key", "secret", "token"]) -> str | None:
        """Return one of the secrets, or None where the settings do not name it. Raises LookupError."""
        place: SecretRef | None = getattr(self, name)
        return None if place is None else place.get()


class FileSet(_Part):
    """Files of one form. Every row that holds data is read, or rejected with its reason."""

    path: str = Field(min_length=1, description="a file, a pattern with * and **, or s3://bucket/...")
    format: Literal["csv", "parquet", "jsonl"] | None = Field(default=None, description="default: by the ending")
    delimiter: str = Field(default=",", description="between the cells of CSV: one character, or `tab`")
    encoding: tuple[str, ...] = Field(
        default=("utf-8-sig",),
        min_length=1,
        description="of text files; of several, the first that fits the whole file",
    )
    blank: frozenset[str] = Field(default=frozenset(), description="texts that stand for nothing, like N/A or NULL")
    day: SnapshotDay | None = Field(
        default=None, description="the day that each file tells of; default: that of the run"
    )
    unique: Unique | None = Field(default=None, description="rows that may stand once only, and which one is kept")
    tables: Tables = Field(description="what each row yields: accounts, people, lines and usage")
    coverage: Coverage = Field(default=Coverage(), description="how far the usage in these files is complete")

    @field_validator("path")
    @classmethod
    def _reachable(cls, path: str) -> str:
        if not is_remote(path):
            return path
        scheme, bucket = scheme_of(path), path.partition("://")[2].partition("/")[0]
        if scheme not in SCHEMES:
            raise ValueError(f"'{scheme}://' is not known; wanted {' or '.join(f'{known}://' for known in SCHEMES)}")
        if not bucket or any(mark in bucket for mark in "*?["):
            raise ValueError(f"'{path}' names no bucket; wanted one like {scheme}://bucket/exports/usage-*.csv")
        return path

    @field_validator("delimiter")
    @classmethod
    def _one_character(cls, delimiter: str) -> str:
        delimiter = "\t" if delimiter == "tab" else delimiter
        if len(delimiter) != 1 or delimiter in '"\r\n':
            raise ValueError("wanted one character, or `tab`")
        return delimiter

    @field_validator("encoding", mode="before")
    @classmethod
    def _several(cls, given: Any) -> Any:  # noqa: ANN401  # YAML is anything
        return [given] if isinstance(given, str) else given

    @field_validator("encoding")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        try:
            codes = [codecs.lookup(name).name for name in names]
        except LookupError as error:
            raise ValueError(f"{error}; wanted names like utf-8, cp1252 or latin-1") from error
        # A mark at the start of UTF-8 is no part of the first header, whoever wrote it there.
        return tuple("utf-8-sig" if code == "utf-8" else code for code in codes)

    @model_validator(mode="after")
    def _known_fields(self) -> Self:
        known = self.tables.names()
        for name in self.unique.names() if self.unique else ():
            if name not in known:
                near = did_you_mean(name, known) or f"; filled are {', '.join(known)}"
                raise ValueError(f"unique: '{name}' is not filled by `tables`{near}")
        return self


class Settings(_Part):
    """One entry of `sources` of type `files`, without `name` and `type`."""

    files: tuple[FileSet, ...] = Field(description="sets of files, each with the meaning of its columns")
    storage: Storage = Field(default=Storage(), description="how buckets are reached, where `path` leads to one")

    # Not `min_length`: that would count a set with a fault in it as missing, and say so beside the fault.
    @field_validator("files")
    @classmethod
    def _some(cls, files: tuple[FileSet, ...]) -> tuple[FileSet, ...]:
        if not files:
            raise ValueError("wanted at least one set of files")
        return files
