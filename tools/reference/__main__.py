"""`python -m tools.reference write|check`: the generated pages of docs/reference."""

import sys
from pathlib import Path

from tools.reference.pages import PAGES

FOLDER = Path("docs/reference")


def main(arguments: list[str]) -> int:
    """Write every page, or name those that are stale; exit 1 when one is."""
    if arguments not in (["write"], ["check"]):
        print("usage: python -m tools.reference write|check", file=sys.stderr)
        return 2
    return write() if arguments == ["write"] else check()


def write() -> int:
    """Write every page."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, make in PAGES.items():
        (FOLDER / name).write_text(make(), encoding="utf-8")
    print(f"docs: {len(PAGES)} pages written to {FOLDER}")
    return 0


def check() -> int:
    """Compare every page with what the code says now."""
    stale = [name for name, make in PAGES.items() if _kept(FOLDER / name) != make()]
    for name in stale:
        print(f"{FOLDER / name}: stale; run `make docs`")
    print(f"docs: {len(PAGES) - len(stale)} of {len(PAGES)} pages are fresh")
    return 1 if stale else 0


def _kept(page: Path) -> str | None:
    return page.read_text(encoding="utf-8") if page.is_file() else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
