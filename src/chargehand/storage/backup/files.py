"""The names of the SQLite files, and how a new name in a folder is made to last."""

import os
from pathlib import Path
from typing import Final

MAIN: Final = "main.db"
INBOX: Final = "inbox.db"
CHECKPOINT: Final = "audit.checkpoint"


def sync_folder(folder: Path) -> None:
    """Make sure that a new name in a folder survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
