"""Words that must not be in any file: paths of one machine, registries, loose ends."""

import re
from collections.abc import Iterator

from tools.lint.source import Finding, Rule, Source

# Brackets keep these patterns from finding themselves.
_MACHINE_PATH = re.compile(
    r"(?<![\w.:/-])(?:/w[o]rk/|/f[a]rm/|/r[o]ot\b|/t[m]p/|/h[o]me/\w+|/U[s]ers/\w+|C:\\U[s]ers\\)"
)
_REGISTRY = re.compile(
    r"\b(?:pypi\.[o]rg|pythonhosted\.[o]rg|registry\.npmjs\.[o]rg|npm\.pkg\.github\.[c]om"
    r"|proxy\.golang\.[o]rg|index\.docker\.[i]o|(?:[\w-]+\.)*jfrog\.[i]o)\b"
)
_LOOSE_END = re.compile(r"#.*\b(?:T[O]DO|F[I]XME|X[X]X|H[A]CK)\b(?!.*#\d)")


def machine_path(source: Source) -> Iterator[Finding]:
    """No path of one machine: the file is read on others."""
    yield from _matches(source, _MACHINE_PATH, "machine-path", "a path of one machine")


def registry_host(source: Source) -> Iterator[Finding]:
    """No registry is named: each place configures its own."""
    yield from _matches(source, _REGISTRY, "registry-host", "a package registry")


def loose_end(source: Source) -> Iterator[Finding]:
    """A left-over mark names the issue that will settle it."""
    if source.is_python:
        yield from _matches(source, _LOOSE_END, "loose-end", "a mark without its issue (#12)")


def _matches(source: Source, pattern: re.Pattern[str], rule: str, what: str) -> Iterator[Finding]:
    for number, line in enumerate(source.lines, 1):
        match = pattern.search(line)
        if match is not None:
            yield Finding(source.path, number, rule, f"{what}: {match.group().strip()!r}")


RULES = (
    Rule("machine-path", machine_path),
    Rule("registry-host", registry_host),
    Rule("loose-end", loose_end),
)
