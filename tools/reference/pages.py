"""One function per generated page; each returns the page's Markdown."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, TypeAlias

import typer
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

import chargehand
from chargehand.audit.tags import AuditTag
from chargehand.cli.app import app
from chargehand.config.secret_reading import models_of
from chargehand.config.settings import Settings
from chargehand.domain.errors import ChargehandError, Fault, Rejected, Retryable
from tools.reference.actions import actions_page
from tools.reference.commands import commands_page
from tools.reference.events import events_page
from tools.reference.markdown import in_cell, page, table
from tools.reference.metrics import metrics_page
from tools.reference.permissions import permissions_page
from tools.reference.policy import policy_page
from tools.reference.reasons import reasons_page
from tools.reference.slack_app import slack_app_page

# typer carries its own copy of click, whose names are not public; only documented ones are used.
_Command: TypeAlias = Any
_Parameter: TypeAlias = Any

# Modules that act when imported, and the test doubles, whose errors nobody meets.
_LEFT_OUT = {"__main__", "migrations", "testing"}

_CLI_INTRO = """\
Every command with its arguments and options; every command takes `--help`.
Exit codes: 0 done, 1 something that was checked is not right, 2 the request can not be done as it \
was made, 3 a fault of chargehand or of the machine."""


def errors_page() -> str:
    """Every error code, what to do about it and the sentence that goes with it."""
    rows = [
        [f"`{kind.code}`", _family(kind), _first_line(kind), in_cell(kind.template)]
        for kind in sorted(_error_kinds(), key=lambda kind: (kind.code, kind.__name__))
    ]
    return page(
        "Error codes",
        "Every error chargehand raises on purpose: its code, and the sentence that goes with it.\n"
        "What the operator is told in notices is in "
        "[when something is wrong](../howto/when-something-is-wrong.md).\n"
        "Retryable means that the same request may succeed later.\n"
        "Rejected means that it will be refused again.\n"
        "Fault means a bug of chargehand, or a machine that broke its promise.\n"
        "Words in braces are filled in.",
        table(["code", "family", "when", "text"], rows),
    )


def audit_tags_page() -> str:
    """Every tag an audit record can carry."""
    rows = [[f"`{tag.value}`", *tag.value.split(":")] for tag in AuditTag]
    return page(
        "Audit tags",
        "An [audit record](../explanation/audit.md) carries one of these tags; no other exists.",
        table(["tag", "source", "subject", "action"], rows),
    )


def settings_page() -> str:
    """Every setting with its default."""
    sections = []
    for name, field in Settings.model_fields.items():
        for model in models_of(field.annotation):
            is_list = field.annotation is not model
            title = f"[[{name}]]" if is_list else f"[{name}]"
            rows = [_setting_row(*item) for item in model.model_fields.items()]
            intro = (inspect.getdoc(model) or "").partition("\n")[0]
            sections.append(
                f"## `{title}`\n\n{intro}\n\n" + table(["key", "default", "meaning"], rows)
            )
            sections.extend(_inner_sections(name, model))
    intro = (
        "Keys of `chargehand.toml`.\nA key that is not listed is an error.\n"
        "Secrets, and some keys, come from "
        "[the environment or `.env`](../howto/environment-names.md).\n"
        "Durations are written as ISO 8601, such as `PT2H`, or as seconds."
    )
    return page("Settings", intro, "\n".join(sections))


def _inner_sections(name: str, model: type[BaseModel]) -> list[str]:
    """The tables within a table, each with a section of its own."""
    sections = []
    for key, field in model.model_fields.items():
        for inner in models_of(field.annotation):
            rows = [_setting_row(*item) for item in inner.model_fields.items()]
            intro = (inspect.getdoc(inner) or "").partition("\n")[0]
            title = f"[[{name}.{key}]]"
            sections.append(
                f"## `{title}`\n\n{intro}\n\n" + table(["key", "default", "meaning"], rows)
            )
            sections.extend(_inner_sections(f"{name}.{key}", inner))
    return sections


def cli_page() -> str:
    """Every command with its arguments and options."""
    command = typer.main.get_command(app)
    sections = [_command_section(name, found) for name, found in _commands("chargehand", command)]
    return page("Command line", _CLI_INTRO, "\n".join(sections))


PAGES = {
    "actions.md": actions_page,
    "audit-tags.md": audit_tags_page,
    "cli.md": cli_page,
    "commands.md": commands_page,
    "errors.md": errors_page,
    "events.md": events_page,
    "metrics.md": metrics_page,
    "policy.md": policy_page,
    "permissions.md": permissions_page,
    "reasons.md": reasons_page,
    "settings.md": settings_page,
    "slack-app.md": slack_app_page,
}


def _error_kinds() -> set[type[ChargehandError]]:
    for module in pkgutil.walk_packages(chargehand.__path__, "chargehand."):
        if not any(part in _LEFT_OUT for part in module.name.split(".")):
            importlib.import_module(module.name)
    found: set[type[ChargehandError]] = set()
    waiting = [ChargehandError]
    while waiting:
        kinds = set(waiting.pop().__subclasses__()) - found
        found |= kinds
        waiting.extend(kinds)
    return {kind for kind in found if kind.__module__.startswith("chargehand.")}


def _family(kind: type[ChargehandError]) -> str:
    return next(
        (base.__name__ for base in (Retryable, Rejected, Fault) if issubclass(kind, base)), ""
    )


def _first_line(documented: object) -> str:
    return in_cell((inspect.getdoc(documented) or "").partition("\n")[0])


def _setting_row(name: str, field: FieldInfo) -> list[str]:
    return [f"`{name}`", _default(field.get_default()), field.description or ""]


def _default(value: Any) -> str:
    if value is PydanticUndefined:
        return "must be given"
    if value is None or value == () or isinstance(value, SecretStr):
        return "none"
    if isinstance(value, timedelta):
        return f"{int(value.total_seconds())} seconds"
    if isinstance(value, tuple):
        return ", ".join(f"`{item}`" for item in value)
    return f"`{value}`"


def _commands(path: str, command: _Command) -> Iterator[tuple[str, _Command]]:
    yield path, command
    names = command.list_commands(None) if hasattr(command, "list_commands") else ()
    for name in sorted(names):
        child = command.get_command(None, name)
        if not child.hidden:
            yield from _commands(f"{path} {name}", child)


def _command_section(path: str, command: _Command) -> str:
    rows = [_parameter_row(parameter) for parameter in command.params]
    help_text = inspect.cleandoc(command.help or "").replace("\f", "")
    parts = [f"## `{path}`\n", help_text, table(["parameter", "meaning"], rows)]
    return "\n\n".join(part.strip("\n") for part in parts if part) + "\n"


def _parameter_row(parameter: _Parameter) -> list[str]:
    is_option = parameter.param_type_name == "option"
    names = parameter.opts if is_option else [parameter.metavar or str(parameter.name).upper()]
    meaning = getattr(parameter, "help", None) or ""
    return [", ".join(f"`{name}`" for name in names), in_cell(meaning)]
