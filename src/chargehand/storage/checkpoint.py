"""The end of each audit chain, kept in a file outside the database.

Whoever cuts rows off the end of the chain has to change this file as well.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chargehand.audit.chain import ChainPosition
from chargehand.domain.ids import OrganizationId
from chargehand.storage.errors import CheckpointUnreadable


class AuditCheckpoint:
    """A small file of one position per organization that only ever moves forward."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def advance(self, organization_id: OrganizationId, position: ChainPosition) -> None:
        """Remember a position, unless a later one is known already."""
        with self._exclusively():
            known = self._read()
            if organization_id in known and known[organization_id].seq >= position.seq:
                return
            known[organization_id] = position
            text = json.dumps({key: [at.seq, at.hash] for key, at in known.items()})
            fresh = self.path.with_suffix(".new")
            fresh.write_text(text, encoding="utf-8")
            fresh.replace(self.path)

    def positions(self, organization_id: OrganizationId) -> tuple[ChainPosition, ...]:
        """The remembered position; nothing before the first record.

        Raises: CheckpointUnreadable when somebody wrote something else into the file.
        """
        position = self._read().get(organization_id)
        return (position,) if position is not None else ()

    def _read(self) -> dict[OrganizationId, ChainPosition]:
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
            return {
                OrganizationId(key): ChainPosition(int(seq), str(digest))
                for key, (seq, digest) in found.items()
            }
        except FileNotFoundError:
            return {}
        except (ValueError, TypeError, AttributeError) as error:
            raise CheckpointUnreadable(path=str(self.path)) from error

    @contextmanager
    def _exclusively(self) -> Iterator[None]:
        # Every process of this machine appends to the chain, so they take turns on a lock file
        # that is never replaced itself.
        descriptor = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
