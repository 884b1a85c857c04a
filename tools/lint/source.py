"""A file under check, and what a rule says about it."""

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

SUPPRESSION = re.compile(r"#\s*lint:\s*allow\s+(?P<rule>[\w-]*)\s*(?:—|--)?\s*(?P<reason>.*)")


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One place that breaks one rule."""

    path: str
    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.message}"


@dataclass(frozen=True, slots=True)
class Suppression:
    """A named exception to a rule; `lines` are those it covers."""

    line: int
    rule: str
    reason: str
    lines: range


@dataclass(frozen=True)
class Source:
    """One file; `path` is relative to the repository, with forward slashes."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree of a Python file; raises SyntaxError."""
        return ast.parse(self.text, filename=self.path)

    @cached_property
    def comments(self) -> dict[int, str]:
        """Every comment of a Python file by its line."""
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        return {token.start[0]: token.string for token in tokens if token.type == tokenize.COMMENT}

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the file, the first at index 0."""
        return self.text.splitlines()

    @cached_property
    def imports(self) -> dict[str, str]:
        """What each imported name stands for: `dt` -> `datetime`, `now` -> `time.time`."""
        names: dict[str, str] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    bound = alias.asname or alias.name.partition(".")[0]
                    names[bound] = alias.name if alias.asname else bound
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    names[alias.asname or alias.name] = f"{node.module or ''}.{alias.name}"
        return names

    @property
    def is_python(self) -> bool:
        """Whether there is a syntax tree to look at."""
        return self.path.endswith(".py")

    @property
    def is_shipped(self) -> bool:
        """Whether the file is part of the product."""
        return self.path.startswith("src/")

    @property
    def is_test(self) -> bool:
        """Whether the file is part of the tests."""
        return self.path.startswith("tests/")

    def lies_in(self, *patterns: str) -> bool:
        """Whether the path fits one of the patterns, read from its end, or from src/chargehand."""
        path = PurePosixPath(self.path)
        return any(path.match(f"src/chargehand/{pattern}") for pattern in patterns)

    def qualified(self, node: ast.AST) -> str:
        """The dotted name an expression stands for, imports resolved; empty for anything else."""
        if isinstance(node, ast.Name):
            return self.imports.get(node.id, node.id)
        if isinstance(node, ast.Attribute):
            owner = self.qualified(node.value)
            return f"{owner}.{node.attr}" if owner else ""
        return ""

    def find(self, node: ast.AST, rule: str, message: str) -> Finding:
        """A finding at a node."""
        return Finding(self.path, getattr(node, "lineno", 1), rule, message)

    def suppressions(self) -> Iterator[Suppression]:
        """Every suppression of a Python file, with the lines it covers."""
        for line, comment in self.comments.items():
            match = SUPPRESSION.search(comment)
            if match is not None:
                yield Suppression(
                    line, match["rule"], match["reason"].strip(), self._covered_from(line)
                )

    def _covered_from(self, line: int) -> range:
        # A comment on a line of its own speaks for the next line that holds code.
        last = line
        while last <= len(self.lines) and self.lines[last - 1].lstrip().startswith("#"):
            last += 1
        return range(line, last + 1)


Check = Callable[[Source], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A named check; `may_be_suppressed_in` limits where an exception can be claimed at all."""

    name: str
    check: Check
    may_be_suppressed_in: tuple[str, ...] | None = field(default=None)


def read(path: Path, root: Path) -> Source:
    """One file of the repository."""
    return Source(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8"))
