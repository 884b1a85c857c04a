"""The logger every room uses, and its set-up at the start of a process."""

import logging
import sys
from collections.abc import Callable, Collection, Mapping, MutableMapping
from typing import Any, Literal, TypeAlias

import structlog

from chargehand.kit.redact import long_enough, redact_fields
from chargehand.logs.file import LogFile

# Hears the level, the event and the fields of a line that is an error.
TellError: TypeAlias = Callable[[str, str, Mapping[str, Any]], None]
_ERRORS = frozenset({"error", "critical"})


def get_logger() -> structlog.stdlib.BoundLogger:
    """The logger; the event is a constant dotted past-tense name, all else are fields."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger()
    return logger


def configure_logs(
    *,
    level: str,
    form: Literal["auto", "json", "console"],
    role: str,
    file: LogFile | None = None,
    secrets: Collection[str] = (),
    tell: TellError | None = None,
) -> None:
    """Set logging up, once, before anything else of a process.

    Shape: JSON lines unless a terminal reads along; every line names the process's role, whichever
    thread wrote it; lines go to `file` where there is one, else to standard error. `secrets` are
    masked wherever they turn up; `tell` hears of every line that is an error.
    """
    stream: Any = file or sys.stderr
    is_console = form == "console" or (form == "auto" and file is None and sys.stderr.isatty())
    renderer: structlog.typing.Processor = (
        # The library's own traceback shows local variables, and with them secrets.
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if is_console
        else structlog.processors.JSONRenderer()
    )
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        _naming(role),
        structlog.processors.add_log_level,
        *([_telling(tell)] if tell is not None else []),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _redacting(secrets),
    ]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        # One call for each line, so that lines of several processes never mix.
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
            foreign_pre_chain=shared,
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)


def configure_command_logs(
    *, level: str = "error", file: LogFile | None = None, secrets: Collection[str] = ()
) -> None:
    """Set logging up for a command, which tells its story itself.

    Shape: its lines go into the service's log file where there is one; else only errors are told,
    to standard error, so that no line stands in the middle of what is printed.
    """
    shown = level if file is not None else "error"
    configure_logs(level=shown, form="auto", role="cli", file=file, secrets=secrets)
    # A logger that is kept would hold whoever else lives in this process to these settings.
    structlog.configure(cache_logger_on_first_use=False)


def _naming(role: str) -> structlog.typing.Processor:
    def name(
        _logger: object, _name: str, fields: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        fields.setdefault("role", role)
        return fields

    return name


def _telling(tell: TellError) -> structlog.typing.Processor:
    def pass_on(
        _logger: object, _name: str, fields: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        if fields.get("level") in _ERRORS:
            # What a library logs is no constant, so only its name is told.
            foreign = fields.get("_record")
            event = f"log:{foreign.name}" if foreign is not None else str(fields.get("event"))
            tell(str(fields["level"]), event, fields)
        return fields

    return pass_on


def _redacting(secrets: Collection[str]) -> structlog.typing.Processor:
    known = long_enough(secrets)

    def redact(
        _logger: object, _name: str, fields: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        return redact_fields(fields, known)

    return redact
