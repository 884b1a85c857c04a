"""The end of each audit chain, kept in a file outside the database.

Whoever cuts rows off the end of the chain has to change this file as well. One line of fixed
length for each organization is overwritten in place, after every transaction that appended to the
chain, so this has to be cheap: one lock, one read, one write.
"""

import fcntl
import os
from pathlib import Path
from threading import Lock

from chargehand.audit.chain import ChainPosition
from chargehand.domain.ids import OrganizationId
from chargehand.storage.errors import CheckpointUnreadable

_LINE_BYTES = 160
_FIELDS = 3


class AuditCheckpoint:
    """A small file of one position per organization that only ever moves forward."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None
        self._lock = Lock()

    def advance(self, organization_id: OrganizationId, position: ChainPosition) -> None:
        """Remember a position, unless a later one is known already.

        Raises: CheckpointUnreadable when somebody wrote something else into the file.
        """
        with self._lock:
            if self._descriptor is None:
                self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
            # Every process of this machine appends to the chain, so they take turns here.
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            try:
                self._advance(self._descriptor, organization_id, position)
            finally:
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def positions(self, organization_id: OrganizationId) -> tuple[ChainPosition, ...]:
        """The remembered position; nothing before the first record.

        Raises: CheckpointUnreadable when somebody wrote something else into the file.
        """
        try:
            known = self._parse(self.path.read_bytes())
        except FileNotFoundError:
            return ()
        return tuple(position for name, position in known if name == organization_id)

    def close(self) -> None:
        """Close the file; safe to call twice."""
        with self._lock:
            if self._descriptor is not None:
                os.close(self._descriptor)
                self._descriptor = None

    def _advance(
        self, descriptor: int, organization_id: OrganizationId, position: ChainPosition
    ) -> None:
        size = os.fstat(descriptor).st_size
        known = self._parse(os.pread(descriptor, size, 0))
        place = len(known)
        for index, (name, at) in enumerate(known):
            if name == organization_id:
                place = index
                if at.seq >= position.seq:
                    return
        line = f"{organization_id} {position.seq} {position.hash}".ljust(_LINE_BYTES - 1) + "\n"
        os.pwrite(descriptor, line.encode(), place * _LINE_BYTES)

    def _parse(self, content: bytes) -> list[tuple[str, ChainPosition]]:
        lines = [line.split() for line in content.decode("utf-8", "replace").splitlines()]
        is_whole = len(content) % _LINE_BYTES == 0
        if not is_whole or any(len(line) != _FIELDS or not line[1].isdigit() for line in lines):
            raise CheckpointUnreadable(path=str(self.path))
        return [(name, ChainPosition(int(seq), digest)) for name, seq, digest in lines]
