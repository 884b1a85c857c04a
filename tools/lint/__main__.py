"""`python -m tools.lint PATH...`: one line per finding; exit 1 when there is one."""

import sys
from pathlib import Path

from tools.lint.checking import check_paths


def main(arguments: list[str]) -> int:
    """Check the paths given, below the folder it is called in, which is the repository's top."""
    if not arguments:
        print("usage: python -m tools.lint PATH...", file=sys.stderr)
        return 2
    try:
        root = Path.cwd()
        report = check_paths([root / argument for argument in arguments], root)
    except FileNotFoundError as error:
        print(f"tools.lint: there is no {error}", file=sys.stderr)
        return 2
    for finding in report.findings:
        print(finding)
    counted = f"{len(report.findings)} findings, {report.suppressions} suppressions"
    print(f"tools.lint: {report.files} files, {counted}")
    return 1 if report.findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
