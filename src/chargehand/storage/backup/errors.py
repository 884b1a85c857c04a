"""Errors of backups.

Rejected
├── BackupMissing      no such file
├── BackupUnreadable   a file that is no backup of chargehand
├── BackupCut          the end of the file is missing
├── BackupDamaged      something in it is not what was put in
├── BackupNewer        made by a newer program
├── BackupExists       the name is taken
├── BackupUnwritable   the place for it can not be written
├── BackupUnderWay     another process makes one in the same folder
├── BackupOfOtherKind  of SQLite for PostgreSQL, or the other way round
├── RestoreOverNewer   what would be replaced was written by a newer program
└── DatabaseNotEmpty   a restore or a copy needs an empty database
Fault
└── CopyDiffers        a row arrived otherwise than it was sent
"""

from chargehand.domain.errors import Fault, Rejected


class BackupMissing(Rejected):
    """There is no such file."""

    code = "backup_missing"
    template = "There is no backup {path}; `chargehand backup list` shows those that are there."


class BackupUnreadable(Rejected):
    """The file is something else."""

    code = "backup_unreadable"
    template = "{path} is no backup of chargehand: {detail}."


class BackupCut(Rejected):
    """The end of the file is missing, as after an interrupted copy."""

    code = "backup_cut"
    template = (
        "The backup {path} is cut: it ends in {where}. Copy it again from where it came, or take "
        "another one."
    )


class BackupDamaged(Rejected):
    """Something in the file is not what was put in."""

    code = "backup_damaged"
    template = "The backup {path} is damaged: {detail}. Take another one."


class BackupNewer(Rejected):
    """The file was made by a newer program."""

    code = "backup_newer"
    template = (
        "The backup {path} was made by chargehand {found} in a form that this program ({version}) "
        "does not know ({detail}). Install chargehand {found} or later."
    )


class BackupExists(Rejected):
    """The name is taken."""

    code = "backup_exists"
    template = "{path} exists; a backup replaces no file. Choose another name."


class BackupUnwritable(Rejected):
    """The place for a backup can not be written."""

    code = "backup_unwritable"
    template = (
        "The backup can not be written to {path}: {detail}. Make room or give this user the right "
        "to write there, or set backup.folder to another folder."
    )


class BackupUnderWay(Rejected):
    """One folder takes one backup at a time."""

    code = "backup_under_way"
    template = "Another process is making a backup in {path}; wait until it has ended."


class BackupOfOtherKind(Rejected):
    """A backup goes back to the kind of database it came from."""

    code = "backup_of_other_kind"
    template = (
        "The backup {path} is of {found} and this installation uses {wanted}. Restore it into an "
        "installation on {found}, then move it with `chargehand storage copy`."
    )


class RestoreOverNewer(Rejected):
    """What would be replaced was written by a newer program."""

    code = "restore_over_newer"
    template = (
        "The database at {database} is at schema {found}, newer than this program ({version}, "
        "schema {known}). Restore with the program that wrote it, or move the data folder aside "
        "first."
    )


class DatabaseNotEmpty(Rejected):
    """Rows are never written over."""

    code = "database_not_empty"
    template = (
        "The database at {database} is not empty ({found}; this program is {version}). Make an "
        "empty database, name it in storage.database_url, and try again; the old one stays."
    )


class CopyDiffers(Fault):
    """A row arrived otherwise than it was sent."""

    code = "copy_differs"
    template = (
        "The table {table} did not arrive as it was sent ({sent} rows sent, {arrived} arrived). "
        "The old databases are unchanged; empty the new place and try again."
    )
