"""The log: structured lines on standard error."""

from __future__ import annotations

import logging
import sys

import structlog

from bot.settings import Environment


def set_up_log() -> None:
    """Log to standard error: readable on a terminal, JSON elsewhere. HEADROOM_LOG_LEVEL says how much."""
    level = logging.getLevelNamesMapping()[Environment().log_level.upper()]
    terminal = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([] if terminal else [structlog.processors.dict_tracebacks]),
            structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
    logging.basicConfig(level=max(level, logging.WARNING), stream=sys.stderr)
