"""Files that are written whole or not at all, for the operator alone."""

import os
from collections.abc import Iterable
from pathlib import Path

from chargehand.domain.errors import Rejected


class ExportUnwritable(Rejected):
    """The file for the export can not be written."""

    code = "export_unwritable"
    template = "The export can not be written to {path}: {detail}."


def write_whole(path: Path, lines: Iterable[bytes]) -> int:
    """Write lines into a file; how many. A failure leaves what was there before.

    Raises: OSError.
    """
    fresh = path.with_name(path.name + ".new")
    count = 0
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            for line in lines:
                file.write(line)
                count += 1
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    return count
