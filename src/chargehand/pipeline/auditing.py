"""Walks the audit chain and says whether it holds."""

from chargehand.audit.chain import Verification, verify_chain
from chargehand.storage.checkpoint import AuditCheckpoint
from chargehand.storage.transaction import Reading, Writing


def verify_audit(tx: Reading | Writing, checkpoint: AuditCheckpoint) -> Verification:
    """Every record checked against the one before it, the head, and the checkpoint outside.

    Raises: CheckpointUnreadable.
    """
    return verify_chain(
        tx.organization_id,
        tx.audit.links(),
        head=tx.audit.head(),
        checkpoints=checkpoint.positions(tx.organization_id),
    )
