"""`python -m tools.audit_dependencies`: looks the locked packages up among known vulnerabilities.

What could not be looked up is said to be not audited, and is never told as a success: a service may
be out of reach, and some mirrors of it answer that they know none of the packages.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypedDict

LOCKED: Final = Path("requirements/runtime.txt")
AUDITED: Final = 0
VULNERABLE: Final = 1
UNREADABLE: Final = 2
NOT_AUDITED: Final = 3
_ASKS: Final = ("--disable-pip", "--require-hashes", "--progress-spinner", "off", "-f", "json")
# Of one answer; pip-audit asks once for each package and gives up at the first that fails.
_TIMEOUT_S: Final = "10"
_WHOLE_TIMEOUT_S: Final = 300
_LONGEST_CAUSE: Final = 300
_MOST_NAMES: Final = 5


class Vulnerability(TypedDict):
    """One advisory, as pip-audit prints it."""

    id: str
    fix_versions: list[str]


class Package(TypedDict, total=False):
    """One package, as pip-audit prints it; with `skip_reason` nobody was told anything of it."""

    name: str
    version: str
    vulns: list[Vulnerability]
    skip_reason: str


def main(arguments: Sequence[str]) -> int:
    """Audit the locked packages; arguments go to pip-audit, such as a service of one's own.

    Returns 0 when every package was looked up and none is vulnerable, 1 when one is, 2 when the
    lock can not be read, 3 when some or all packages could not be looked up.
    """
    with tempfile.TemporaryDirectory() as folder:
        told, sample = Path(folder) / "told.json", Path(folder) / "sample.txt"
        sample.write_text(_first_of(LOCKED.read_text()))
        try:
            collected = _pip_audit(LOCKED, told, ["--dry-run", *arguments])
            if collected.returncode != 0:
                print(f"audit-dependencies: {LOCKED} can not be read: {_cause(collected.stderr)}")
                return UNREADABLE
            # A service that does not know the first is not asked about every other one.
            sampled = _pip_audit(sample, told, arguments)
            packages = _read(told)
            if packages is None:
                return not_audited(_cause(sampled.stderr))
            if _unknown(packages):
                return tell(packages)
            audited = _pip_audit(LOCKED, told, arguments)
            packages = _read(told)
            if packages is None:
                return not_audited(_cause(audited.stderr))
        except subprocess.TimeoutExpired:
            return not_audited(f"the service took longer than {_WHOLE_TIMEOUT_S} seconds")
    return tell(packages)


def _first_of(locked: str) -> str:
    lines = locked.splitlines(keepends=True)
    starts = [at for at, line in enumerate(lines) if line[:1].isalnum()]
    return "".join(lines[starts[0] : starts[1]]) if len(starts) > 1 else locked


def _pip_audit(
    asked: Path, told: Path, arguments: Sequence[str]
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pip_audit", *_ASKS, "--timeout", _TIMEOUT_S]
    told.unlink(missing_ok=True)
    return subprocess.run(
        [*command, "--requirement", str(asked), "--output", str(told), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=_WHOLE_TIMEOUT_S,
    )


def _read(told: Path) -> list[Package] | None:
    if not told.exists():
        return None
    packages: list[Package] = json.loads(told.read_text())["dependencies"]
    return packages


def _unknown(packages: Sequence[Package]) -> list[str]:
    return [one["name"] for one in packages if "skip_reason" in one]


def tell(packages: Sequence[Package]) -> int:
    """Print what was found, and return what `main` returns for it."""
    vulnerable = [one for one in packages if one.get("vulns")]
    skipped = _unknown(packages)
    for package in vulnerable:
        for one in package["vulns"]:
            mended = ", ".join(one["fix_versions"]) or "no version yet"
            print(f"  {package['name']} {package['version']}: {one['id']}, mended in {mended}")
    if vulnerable:
        print(f"audit-dependencies: {len(vulnerable)} of {len(packages)} packages are vulnerable")
        return VULNERABLE
    if skipped or not packages:
        more = " and others" if len(skipped) > _MOST_NAMES else ""
        names = ", ".join(skipped[:_MOST_NAMES]) + more
        return not_audited(f"the service knows nothing of {names}")
    print(f"audit-dependencies: {len(packages)} packages, none is known to be vulnerable")
    return AUDITED


def not_audited(cause: str) -> int:
    """Say that nothing is known, and why."""
    print(f"audit-dependencies: not audited: {cause}")
    return NOT_AUDITED


def _cause(printed: str) -> str:
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    return (lines[-1] if lines else "pip-audit printed nothing")[:_LONGEST_CAUSE]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
