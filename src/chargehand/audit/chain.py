"""The hash chain: how a link is made, and how a broken one is found."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import msgspec

from chargehand.audit.tags import AuditTag
from chargehand.domain.ids import OrganizationId
from chargehand.kit.clock import from_micros

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class ChainPosition:
    """A place in the chain: the hash of the record at `seq`; 0 is before all of them."""

    seq: int
    hash: str


START = ChainPosition(0, GENESIS)
_RESTORED = AuditTag.PERSON_DATABASE_RESTORED.value
_encode = msgspec.json.Encoder().encode


class Link(NamedTuple):
    """One record as it is linked; its fields in this order are what is hashed, but for the last.

    Units: `recorded_at` in microseconds since 1970.
    """

    seq: int
    recorded_at: int
    tag: str
    subject_id: str
    body: str
    previous_hash: str
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Break:
    """One place where the chain does not hold, in words."""

    seq: int
    problem: str


@dataclass(frozen=True, slots=True)
class Restore:
    """A place where the chain goes on from a backup.

    Shape: the record at `seq` tells of it; the former chain had records up to `lost_until`, and
    those from `seq` on are not in this database; None when nobody knew its end.
    """

    seq: int
    restored_at: datetime
    lost_until: int | None


@dataclass(frozen=True, slots=True)
class Verification:
    """The outcome of walking the whole chain; no breaks means every record is as it was written.

    Shape: without `has_checkpoint` nothing outside the database says where the chain has to end,
    so an end that was cut off together with its head can not be told. `restores` are recorded
    breaks with what was before: the chain holds across them, and records were lost there.
    """

    records: int
    breaks: tuple[Break, ...]
    has_checkpoint: bool
    restores: tuple[Restore, ...] = ()

    @property
    def is_intact(self) -> bool:
        """Whether nothing was edited, deleted, reordered or cut off."""
        return not self.breaks


def link_hash(organization_id: OrganizationId, link: Link) -> str:
    """The hash of a link, over its content and the hash before it.

    Shape: the content is the canonical JSON of a list; of texts and whole numbers msgspec writes
    the same bytes, in a tenth of the time.
    """
    content = _encode((organization_id, *link[:-1]))
    return hashlib.sha256(content).hexdigest()


def verify_chain(
    organization_id: OrganizationId,
    links: Iterable[Link],
    *,
    head: ChainPosition,
    checkpoints: Sequence[ChainPosition],
    most_breaks: int = 100,
) -> Verification:
    """Walk the chain once and name every place where it does not hold.

    Shape: `links` ordered by sequence number; `head` is what the database says its end is;
    `checkpoints` were kept outside the database, so a cut-off end is found too.
    """
    walk = _Walk(organization_id, {point.seq: point.hash for point in checkpoints})
    for link in links:
        walk.visit(link)
        if len(walk.breaks) >= most_breaks:
            break
    else:
        walk.finish(head, checkpoints)
    return Verification(
        records=walk.count,
        breaks=tuple(walk.breaks),
        has_checkpoint=bool(checkpoints),
        restores=tuple(walk.restores),
    )


class _Walk:
    def __init__(self, organization_id: OrganizationId, kept: dict[int, str]) -> None:
        self._organization_id = organization_id
        self._kept = kept
        self._end: ChainPosition | Link = START
        self.count = 0
        self.breaks: list[Break] = []
        self.restores: list[Restore] = []

    def visit(self, link: Link) -> None:
        self.count += 1
        seq, end = link.seq, self._end
        if seq > end.seq + 1:
            last = f" to {seq - 1}" if seq > end.seq + 2 else ""
            self.breaks.append(Break(end.seq + 1, f"record {end.seq + 1}{last} is missing"))
        elif link.previous_hash != end.hash:
            self.breaks.append(
                Break(seq, "does not follow the record before it: one of them was changed")
            )
        if link.hash != link_hash(self._organization_id, link):
            self.breaks.append(Break(seq, "its content was changed after it was written"))
        if self._kept.get(seq, link.hash) != link.hash:
            self.breaks.append(Break(seq, "differs from the checkpoint kept outside"))
        if link.tag == _RESTORED:
            self.restores.append(_restore_of(link))
        self._end = link

    def finish(self, head: ChainPosition, checkpoints: Sequence[ChainPosition]) -> None:
        if (head.seq, head.hash) != (self._end.seq, self._end.hash):
            self.breaks.append(
                Break(head.seq, f"the chain should end here and ends at {self._end.seq}")
            )
        last_kept = max((point.seq for point in checkpoints), default=0)
        if last_kept > self._end.seq:
            self.breaks.append(
                Break(
                    self._end.seq + 1,
                    f"records {self._end.seq + 1} to {last_kept} were cut off",
                )
            )


def _restore_of(link: Link) -> Restore:
    try:
        lost_until = json.loads(link.body).get("lost_until")
    except (ValueError, AttributeError):
        # A body that was changed is a break, and named as one.
        lost_until = None
    return Restore(
        seq=link.seq,
        restored_at=from_micros(link.recorded_at),
        lost_until=lost_until if isinstance(lost_until, int) else None,
    )
