"""All rules on all files, less what was suppressed by name."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.lint import conduct, habits, proofs, shape, words
from tools.lint.source import Finding, Rule, Source, Suppression, read

SYNTAX_RULES: tuple[Rule, ...] = (*proofs.RULES, *conduct.RULES, *shape.RULES, *habits.RULES)
TEXT_RULES: tuple[Rule, ...] = words.RULES
ALL_RULES = {rule.name: rule for rule in (*SYNTAX_RULES, *TEXT_RULES)}
_TEXT_SUFFIXES = {
    ".cfg", ".css", ".html", ".ini", ".js", ".json", ".md", ".mako", ".py", ".sh", ".sql", ".toml",
    ".txt", ".yaml", ".yml",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Report:
    """What a run found."""

    findings: tuple[Finding, ...]
    files: int
    suppressions: int


def check_paths(paths: Iterable[Path], root: Path) -> Report:
    """Check every file below the given paths.

    Raises: FileNotFoundError for a path that does not exist.
    """
    findings: list[Finding] = []
    suppressions = files = 0
    for path in sorted(set(_files_below(paths))):
        source = read(path, root)
        files += 1
        findings.extend(check(source))
        if source.is_python:
            suppressions += sum(1 for _ in source.suppressions())
    return Report(tuple(sorted(findings)), files, suppressions)


def check(source: Source) -> list[Finding]:
    """Every finding in one file."""
    found = list(_run(TEXT_RULES, source))
    if not source.is_python:
        return found
    found.extend(_run(SYNTAX_RULES, source))
    suppressions = list(source.suppressions())
    kept = [finding for finding in found if not _is_suppressed(finding, source, suppressions)]
    return kept + [
        Finding(source.path, suppression.line, "suppression", complaint)
        for suppression in suppressions
        for complaint in _complaints(suppression, source, found)
    ]


def _run(rules: Iterable[Rule], source: Source) -> Iterator[Finding]:
    for rule in rules:
        yield from rule.check(source)


def _is_suppressed(finding: Finding, source: Source, suppressions: list[Suppression]) -> bool:
    rule = ALL_RULES[finding.rule]
    if rule.may_be_suppressed_in is not None and not source.lies_in(*rule.may_be_suppressed_in):
        return False
    return any(_covers(suppression, finding) for suppression in suppressions)


def _covers(suppression: Suppression, finding: Finding) -> bool:
    if suppression.rule != finding.rule or not suppression.reason:
        return False
    # A finding about the whole file stands on line 1; its suppression stands anywhere.
    return finding.line in suppression.lines or finding.rule in ("module-size", "module-name")


def _complaints(suppression: Suppression, source: Source, found: list[Finding]) -> Iterator[str]:
    rule = ALL_RULES.get(suppression.rule)
    if rule is None:
        yield f"no rule {suppression.rule!r}; rules are {', '.join(sorted(ALL_RULES))}"
        return
    if not suppression.reason:
        yield f"say why: `# lint: allow {rule.name} — <reason>`"
    allowed = rule.may_be_suppressed_in
    if allowed is not None and not source.lies_in(*allowed):
        places = f"only in {', '.join(allowed)}" if allowed else "nowhere"
        yield f"{rule.name} can be suppressed {places}"
    elif suppression.reason and not any(_covers(suppression, finding) for finding in found):
        yield f"nothing here breaks {rule.name}; take the suppression away"


def _files_below(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_file():
            yield path
        elif path.is_dir():
            yield from (
                file
                for file in path.rglob("*")
                if file.is_file() and file.suffix in _TEXT_SUFFIXES and not _is_hidden(file, path)
            )
        else:
            raise FileNotFoundError(path)


def _is_hidden(file: Path, top: Path) -> bool:
    return any(part.startswith((".", "__pycache__")) for part in file.relative_to(top).parts)
