"""What code may do only in one place: tell the time, commit, catch everything, import late."""

import ast
import re
from collections.abc import Iterator

from tools.lint.source import Finding, Rule, Source

_CLOCKS = {
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.datetime.today",
    "datetime.date.today",
    "time.time",
    "time.time_ns",
    "time.localtime",
    "time.gmtime",
    "time.ctime",
}
_TRANSACTION_WORDS = re.compile(r"\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT)\b")
_TRANSACTION_CALLS = {"commit", "rollback"}
_EVERYTHING = {"Exception", "BaseException", "builtins.Exception", "builtins.BaseException"}
EDGES = (
    "engine/dbos_engine/engine.py",  # the worker: one task's bug must not end the others.
    "pipeline/rounds.py",  # the worker: one round's failure must not end the loop.
    "pipeline/dispatching.py",  # the worker: one delivery must not keep the others waiting.
    "inbox/writer.py",  # the writer's thread: waiting requests must hear of its end.
    "agents/deciding.py",  # a model's library: it reads what a stranger wrote.
    "agents/metered.py",  # money: however a request ends, it is settled, and the error goes on.
    "web/edge.py",  # HTTP: what nobody expected is logged and answered.
    "cli/app.py",  # the command line: what nobody expected is told in one sentence.
)
_LAZY = re.compile(r"#\s*lazy:\s*\S")


def system_clock(source: Source) -> Iterator[Finding]:
    """The system clock is asked in kit/clock.py only; `now` is handed in everywhere else.

    Benchmarks measure the machine itself, clock included.
    """
    if source.lies_in("kit/clock.py") or source.path.startswith("benchmarks/"):
        return
    for node in ast.walk(source.tree):
        name = source.qualified(node)
        if name in _CLOCKS:
            yield source.find(node, "system-clock", f"{name}: take `now` as an argument")


def commit(source: Source) -> Iterator[Finding]:
    """Transactions begin and end in storage only."""
    if not source.is_shipped or source.path.startswith("src/chargehand/storage/"):
        return
    for node in ast.walk(source.tree):
        match node:
            case ast.Call(func=ast.Attribute(attr=name)) if name in _TRANSACTION_CALLS:
                yield source.find(node, "commit", f".{name}() outside storage")
            case ast.Constant(value=str(text)) if _TRANSACTION_WORDS.match(text):
                yield source.find(node, "commit", "a transaction statement outside storage")
            case _:
                pass


def broad_except(source: Source) -> Iterator[Finding]:
    """Everything is caught at a few edges only; elsewhere an error has a name."""
    if source.lies_in(*EDGES):
        return
    for node in ast.walk(source.tree):
        if any(
            kind is None or source.qualified(kind) in _EVERYTHING for kind in _caught(source, node)
        ):
            message = f"name the errors; everything is caught only in {', '.join(EDGES)}"
            yield source.find(node, "broad-except", message)


def _caught(source: Source, node: ast.AST) -> list[ast.expr | None]:
    match node:
        case ast.ExceptHandler(type=ast.Tuple(elts=kinds)):
            return list(kinds)
        case ast.ExceptHandler(type=kind):
            return [kind]
        case ast.Call() if source.qualified(node.func) == "contextlib.suppress":
            return list(node.args)
        case _:
            return []


def local_import(source: Source) -> Iterator[Finding]:
    """An import inside a function says why: an optional extra, or the start of the CLI.

    One `# lazy:` comment speaks for every import that follows it in its function.
    """
    imports: list[ast.stmt] = []
    reasoned: set[ast.stmt] = set()
    for function in ast.walk(source.tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            inside = [
                node for node in ast.walk(function) if isinstance(node, ast.Import | ast.ImportFrom)
            ]
            imports.extend(inside)
            reasoned.update(
                node for node in inside if _is_reasoned(source, function.lineno, node.lineno)
            )
    for node in {node for node in imports if node not in reasoned}:
        yield source.find(
            node, "local-import", "move it to the top, or say why in a `# lazy:` comment"
        )


def _is_reasoned(source: Source, first: int, last: int) -> bool:
    return any(_LAZY.search(source.comments.get(line, "")) for line in range(first, last + 1))


RULES = (
    Rule("system-clock", system_clock),
    Rule("commit", commit),
    Rule("broad-except", broad_except),
    Rule("local-import", local_import),
)
