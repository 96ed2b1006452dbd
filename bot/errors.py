"""Errors that a person is meant to read.

`HeadroomError`: says what is wrong, where, and what to do
  ├─ `SettingsError`: every fault of the settings and rules at once
  ├─ `TemplateError`: a template cannot be rendered, or renders something that Slack would refuse
  ├─ `StateError` (bot.state.engine): the state store cannot be used
  │    ├─ `StaleJudgementError`: another run judged meanwhile; nothing was stored
  │    └─ `UnknownEpisodeError`: somebody pressed a button of an episode that is not there
  ├─ `PastDayError` (bot.pipeline): a day before the last judged one
  ├─ `FactsError` (bot.pipeline): the facts are damaged, or another version's
  ├─ `StoppedError` (bot.pipeline): the night was told to stop, and has decided nothing
  ├─ `BusyError` (bot.turn): another night is at work on the same data
  └─ `DeliveryError`: a message was not delivered; `permanent` says whether to try again
       ├─ `RefusedError`, `SlackAuthError` (bot.slack.calls): Slack's definite answers
       ├─ `UnreachableError`, `SharedChannelError` (bot.slack): nobody to tell, or nobody who may know
       └─ `UnclearError`: nobody knows whether it was delivered; never repeated, to be reconciled
Sources raise `connectors.base.SourceError`; Bolt and the command line turn all of them into words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.core.located import Fault


class HeadroomError(Exception):
    """Something that a person can mend."""


class SettingsError(HeadroomError):
    """Settings or rules that cannot be used: every fault, each with file, line, key and what would be right."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = tuple(faults)


class TemplateError(HeadroomError):
    """A template that cannot be rendered, or whose result Slack would refuse."""


class DeliveryError(HeadroomError):
    """A message that was not delivered.

    `permanent` errors go to the fallback destination; the others are tried again, not before `retry_after` seconds.
    """

    def __init__(self, problem: str, *, permanent: bool, retry_after: float | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.permanent = permanent
        self.retry_after = retry_after


class UnclearError(DeliveryError):
    """The far end may or may not have taken the message: never repeat blindly, reconcile."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem, permanent=False)
