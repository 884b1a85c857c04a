"""Errors of the storage room.

Retryable
├── StoreBusy          another process kept the write lock too long
├── StoreUnavailable   the database does not answer, or its disk is full
│   └── PolicyUnreadable  the policy in it is broken; nothing is decided or sent before it is mended
└── LeaseLost          this worker was taken for dead; it may write nothing more
Rejected
├── CursorInvalid      a page cursor nobody gave out
└── SchemaNewer        the database was written by a newer program
Fault
├── StoreBroken        the file of the database is something else, or was destroyed
├── SchemaMissing      the database has no tables: migrate first
└── CheckpointUnreadable  the file that keeps the end of the audit chain was changed
"""

from chargehand.domain.errors import Fault, Rejected, Retryable


class StoreBusy(Retryable):
    """Another process kept the write lock too long."""

    code = "store_busy"
    template = "The database is busy with another process's write; try again."


class StoreUnavailable(Retryable):
    """The database does not answer, or its disk is full."""

    code = "store_unavailable"
    template = "The database does not answer: {detail}"


class PolicyUnreadable(StoreUnavailable):
    """The policy in the database is no policy, so nobody can tell what is allowed."""

    code = "policy_unreadable"
    template = (
        "Policy version {version} in the database can not be read ({why}), so nothing is decided "
        "or sent. Put a good one in force with `chargehand policy apply FILE`, or restore a backup."
    )


class StoreBroken(Fault):
    """The file of the database is something else, or was destroyed."""

    code = "store_broken"
    template = "The database can not be read: {detail}. Put a backup back: `chargehand restore`."


class LeaseLost(Retryable):
    """Others do what this process did by now, so nothing of it may be written any more."""

    code = "lease_lost"
    template = "The lease of the process {process_id} is gone: {why}. It ends, and starts anew."


class CursorInvalid(Rejected):
    """A page cursor nobody gave out."""

    code = "cursor_invalid"
    template = "The cursor {cursor!r} is not one this list gave out; leave it out to start anew."


class SchemaNewer(Rejected):
    """The database was written by a newer program."""

    code = "schema_newer"
    template = (
        "The database at {database} was written by {writer} (schema {found}), and this is "
        "chargehand {version} (schema {known}), which is older. Start the newer program, or "
        "restore a backup made by this one into an empty data folder."
    )


class SchemaMissing(Fault):
    """The database has no tables yet."""

    code = "schema_missing"
    template = "The database at {database} is not migrated; run `chargehand migrate`."


class CheckpointUnreadable(Fault):
    """The file that keeps the end of the audit chain holds something else."""

    code = "checkpoint_unreadable"
    template = (
        "The audit checkpoint {path} can not be read: somebody changed it. Run `chargehand audit "
        "verify`, then move the file aside; the next record starts a new one."
    )
