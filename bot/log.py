"""The log: structured lines on standard error, without passwords."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

import structlog
from structlog.stdlib import ProcessorFormatter

from bot.environment import read_environment
from bot.masking import masked

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor, WrappedLogger

_SHARED: list[Processor] = [
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def set_up_log() -> None:
    """Log to standard error: readable on a terminal, JSON elsewhere. HEADROOM_LOG_LEVEL says how much.

    What libraries log goes the same way, from warnings upwards. Raises SettingsError for a level that is none.
    """
    level = logging.getLevelNamesMapping()[read_environment().log_level.upper()]
    ending = _ending(terminal=sys.stderr is not None and sys.stderr.isatty())
    structlog.configure(
        processors=[*_SHARED, *ending],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        ProcessorFormatter(processors=[ProcessorFormatter.remove_processors_meta, *ending], foreign_pre_chain=_SHARED)
    )
    # Each look that finds the night still at work would be a warning.
    logging.getLogger("apscheduler").setLevel(max(level, logging.ERROR))
    logging.getLogger("slack_bolt.App").addFilter(_worth_saying)
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler], force=True)


def _ending(*, terminal: bool) -> list[Processor]:
    # Local variables stay out of tracebacks: they hold tokens, addresses with passwords, and customers' data.
    if terminal:
        return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback), _without_secrets]
    traces = structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False))
    return [traces, structlog.processors.JSONRenderer(default=str, ensure_ascii=False), _without_secrets]


def _worth_saying(record: logging.LogRecord) -> bool:
    # Bolt looks for SLACK_BOT_TOKEN by itself and warns that it is not used; the token comes from the settings.
    return not record.getMessage().startswith("As you gave `client` as well, `token`")


def _without_secrets(_logger: WrappedLogger, _name: str, line: EventDict | str) -> str:
    return masked(str(line))
