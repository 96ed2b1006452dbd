"""Secrets come from the environment or from files, never from the settings themselves."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class SecretRef(BaseModel):
    """Where a secret is kept: `{env: NAME}` or `{file: PATH}`. Printing it shows the place, not the secret."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    # By its form a name cannot be a token that somebody put here instead: a missing variable is told with its name.
    env: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", description="the name of a variable")
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
        except ValueError:
            return f"the file {self.file} holds no text"

    def get(self) -> str:
        """Return the secret. Raises LookupError where it is missing, saying what is."""
        if problem := self.missing():
            raise LookupError(problem)
        if self.env is not None:
            return os.environ[self.env].strip()
        assert self.file is not None
        return self.file.read_text().strip()
