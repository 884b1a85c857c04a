"""What the routes about the audit chain answer."""

from datetime import datetime

from pydantic import Field

from chargehand.web.api.models import (
    Digest,
    Page,
    Shown,
)


class AuditRecord(Shown):
    """One link of the audit chain."""

    seq: int = Field(description="Place in the chain, from 1.")
    recorded_at: datetime
    tag: str = Field(description="What happened, as `source:subject:action`.")
    subject_id: str = Field(description="What it happened to.")
    body: str = Field(description="Canonical JSON, as text: the hash is over these characters.")
    previous_hash: Digest
    hash: Digest
    by: str = Field(description="Who did it, behind the pseudonym in the body; empty for nobody.")


class Break(Shown):
    """One place where the chain does not hold."""

    seq: int
    problem: str = Field(description="What is wrong there, in words.")


class Restore(Shown):
    """A place where the audit chain goes on from a backup."""

    seq: int = Field(description="The record that tells of the restore.")
    restored_at: datetime
    lost_until: int | None = Field(
        description="The former chain's end; its records from seq on are lost. Null: not known."
    )


class Verification(Shown):
    """The outcome of walking the whole audit chain."""

    is_intact: bool = Field(description="Nothing was edited, deleted, reordered or cut off.")
    has_checkpoint: bool = Field(
        description="Whether the end of the chain is kept outside the database as well."
    )
    records: int = Field(description="How many records were walked.")
    breaks: list[Break] = Field(description="Every place where the chain does not hold.")
    restores: list[Restore] = Field(description="Where the chain goes on from a backup.")


class AuditPage(Page[AuditRecord]):
    """Audit records, newest first."""
