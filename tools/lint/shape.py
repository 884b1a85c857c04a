"""How files and functions are named and how large they get."""

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.lint.source import Finding, Rule, Source

_EMPTY_NAMES = {
    "base", "common", "handler", "handlers", "helper", "helpers", "manager", "managers", "misc",
    "util", "utils",
}  # fmt: skip
MODULE_LINES = 500
TEST_MODULE_LINES = 800
FUNCTION_LINES = 60
# A migration is a list of tables, written once and never changed.
_MIGRATIONS = "storage/migrations/*/versions/*.py"


def module_name(source: Source) -> Iterator[Finding]:
    """A module or package is named for what it holds."""
    path = PurePosixPath(source.path)
    for part in (*path.parts[:-1], path.stem):
        if part in _EMPTY_NAMES:
            yield Finding(source.path, 1, "module-name", f"{part!r} says nothing about its content")


def module_size(source: Source) -> Iterator[Finding]:
    """A module can be read in one sitting."""
    limit = TEST_MODULE_LINES if source.is_test else MODULE_LINES
    if len(source.lines) > limit:
        message = f"{len(source.lines)} lines, at most {limit}; which two things does it hold?"
        yield Finding(source.path, 1, "module-size", message)


def function_size(source: Source) -> Iterator[Finding]:
    """A function fits on a screen."""
    if source.lies_in(_MIGRATIONS):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                message = f"{node.name} has {length} lines, at most {FUNCTION_LINES}"
                yield source.find(node, "function-size", message)


RULES = (
    Rule("module-name", module_name),
    Rule("module-size", module_size),
    Rule("function-size", function_size),
)
