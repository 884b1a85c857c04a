"""How tests are written: nothing is patched, nothing sleeps."""

import ast
from collections.abc import Iterator

from tools.lint.source import Finding, Rule, Source

_PATCHERS = {"setattr", "delattr", "setitem", "delitem"}
_MOCKS = ("unittest.mock", "mock", "pytest_mock")
_SLEEPS = {"time.sleep", "asyncio.sleep", "anyio.sleep", "trio.sleep"}


def test_patch(source: Source) -> Iterator[Finding]:
    """Tests use `chargehand.testing` and a fake clock instead of patching what they test."""
    if not source.is_test:
        return
    for node in ast.walk(source.tree):
        match node:
            case ast.Call():
                is_patch = _is_patching(source, node)
            case ast.Import() | ast.ImportFrom():
                is_patch = _imports_mock(node)
            case _:
                is_patch = False
        if is_patch:
            message = "use a double of chargehand.testing, or say why it must be patched"
            yield source.find(node, "test-patch", message)


def test_sleep(source: Source) -> Iterator[Finding]:
    """Tests wait for conditions with a deadline; a sleep is slow and still too short one day."""
    if not source.is_test:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and source.qualified(node.func) in _SLEEPS:
            is_yield = len(node.args) == 1 and getattr(node.args[0], "value", None) == 0
            if not is_yield:
                yield source.find(node, "test-sleep", "wait for a condition, or use the fake clock")


def _is_patching(source: Source, call: ast.Call) -> bool:
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in _PATCHERS:
        return False
    return source.qualified(call.func.value) == "monkeypatch"


def _imports_mock(node: ast.Import | ast.ImportFrom) -> bool:
    if isinstance(node, ast.Import):
        return any(alias.name in _MOCKS for alias in node.names)
    return node.module in _MOCKS or (
        node.module == "unittest" and any(alias.name == "mock" for alias in node.names)
    )


RULES = (Rule("test-patch", test_patch), Rule("test-sleep", test_sleep))
