"""Secrets come from the environment or from files, never from the settings themselves."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator


class SecretRef(BaseModel):
    """Where a secret is kept: `{env: NAME}` or `{file: PATH}`. Printing it shows the place, not the secret."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    env: str | None = None
    file: Path | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.env is None) == (self.file is None):
            raise ValueError("name one place: {env: NAME} or {file: PATH}")
        return self

    def missing(self) -> str | None:
        """Say what is missing, for people, or None where the secret is there."""
        if self.env is not None:
            return None if os.environ.get(self.env) else f"the environment variable {self.env} is not set"
        assert self.file is not None
        try:
            return None if self.file.read_text().strip() else f"the file {self.file} is empty"
        except OSError as error:
            return f"the file {self.file} cannot be read: {error.strerror}"

    def get(self) -> str:
        """Return the secret. Raises LookupError where it is missing, saying what is."""
        if problem := self.missing():
            raise LookupError(problem)
        if self.env is not None:
            return os.environ[self.env].strip()
        assert self.file is not None
        return self.file.read_text().strip()
