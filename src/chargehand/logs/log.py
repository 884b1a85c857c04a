"""The logger every room uses, and its set-up at the start of a process."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Literal

import structlog

from chargehand.kit.redact import redact_fields


def get_logger() -> structlog.stdlib.BoundLogger:
    """The logger; the event is a constant dotted past-tense name, all else are fields."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger()
    return logger


def configure_logs(*, level: str, form: Literal["auto", "json", "console"], role: str) -> None:
    """Set logging up, once, before anything else of a process.

    Shape: JSON lines unless a terminal reads along; every line names the process's role.
    """
    is_console = form == "console" or (form == "auto" and sys.stderr.isatty())
    renderer: structlog.typing.Processor = (
        # The library's own traceback shows local variables, and with them secrets.
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if is_console
        else structlog.processors.JSONRenderer()
    )
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _redact,
    ]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(role=role)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
            foreign_pre_chain=shared,
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)


def _redact(
    _logger: object, _name: str, fields: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    return redact_fields(fields)
