"""Errors of starting up.

Retryable
└── DataFolderFull        there is no room in the data folder
Rejected
├── DataFolderUnusable    the data folder can not be made or written
├── AnotherWorkerRuns     the lock on the data folder is held
├── ClockUnwanted         a clock of its own beside the worker of SQLite
├── DataFolderInUse       another process works with the databases
├── RestoreUnderWay       another restore works on them
├── RestoreCut            a restore was cut off half way
├── CopyTargetWrong       data can not be copied to that place
├── LogFileUnusable       the log file can not be written
├── ExtraMissing          a setting needs a library that is not installed
├── CertificatesUnusable  the file of certificate authorities can not be read
├── ConnectionMissing     no connection is configured, or not the one that was named
├── ConnectionNameWrong   a name no connection can have
├── ConnectionNameTaken   a connection has that name
├── ConnectionNameUsed    another site or workspace had that name
├── StoredNameTaken       a stored secret has the name a new one would get
├── SiteConnected         a site or workspace that is connected already
├── SettingHidden         the environment says something else than the files would
├── OthersDisturbed       another connection would read other settings than before
├── ConnectionNeeded      others can not be without a connection
├── SecretMissing         a secret that is not set, so there is none to replace
├── SecretElsewhere       a secret whose place is not ours to write
├── SecretsFull           both places for signing secrets are taken
├── TriedModelUnknown     a model to be tried that is not configured
├── TriedModelUnpriced    a model to be tried whose price nobody knows
├── PortUnusable          the address to listen on is taken or not ours
└── ClockRefused          a foreign clock beside a real site
"""

from chargehand.domain.errors import Rejected, Retryable


class DataFolderUnusable(Rejected):
    """The data folder can not be used."""

    code = "data_folder_unusable"
    template = (
        "The data folder {path} can not be used: {detail}. Give this user the right to write "
        "there, or set storage.data_dir to another folder."
    )


class DataFolderFull(Retryable):
    """There is no room in the data folder."""

    code = "data_folder_full"
    template = (
        "There is no room in the data folder {path}: {detail}. Make room, or set storage.data_dir "
        "to a folder on a larger disk; what was acknowledged is safe there."
    )


class LogFileUnusable(Rejected):
    """The log file can not be written."""

    code = "log_file_unusable"
    template = (
        "The log file {path} can not be written: {detail}. Give this user the right to write "
        "there, or set log.file to another one."
    )


class ExtraMissing(Rejected):
    """A setting needs a library that is not installed."""

    code = "extra_missing"
    template = (
        "{setting} is set, and the library it needs is not installed. Install it with `pip install "
        "'chargehand[{extra}]'`, or take the setting out."
    )


class CertificatesUnusable(Rejected):
    """The file of certificate authorities can not be read."""

    code = "certificates_unusable"
    template = (
        "The certificate authorities of network.ca_file ({path}) can not be used: {detail}. It "
        "must be a file with certificates in PEM, readable by the user chargehand runs as."
    )


class AnotherWorkerRuns(Rejected):
    """Two workers or two clocks with one data folder would be taken for each other."""

    code = "another_worker_runs"
    template = (
        "Another {role}{holder} holds {path}. One data folder has one {role}; stop the other one "
        "first, or use a data folder of its own."
    )


class ClockUnwanted(Rejected):
    """A clock shares its duties over PostgreSQL, and SQLite has nothing to share them over."""

    code = "clock_unwanted"
    template = (
        "A clock of its own needs PostgreSQL, because with SQLite one worker alone has the files "
        "and does by itself what has its time: run `chargehand serve` instead, or move to "
        "PostgreSQL as docs/howto/use-postgresql.md says."
    )


class DataFolderInUse(Rejected):
    """The databases are opened, or are being replaced."""

    code = "data_folder_in_use"
    template = (
        "The databases of {path} are in use: {detail}. Stop the service and wait for other "
        "commands to end, then try again."
    )


class RestoreUnderWay(Rejected):
    """One installation is restored once at a time."""

    code = "restore_under_way"
    template = "Another restore{holder} works on {path}; wait until it has ended, then look."


class RestoreCut(Rejected):
    """The databases were half replaced when a restore ended."""

    code = "restore_cut"
    template = (
        "A restore into {path} was cut off while it put the databases in their place. Run "
        "`chargehand restore FILE` again; what was replaced is kept in {aside}."
    )


class CopyTargetWrong(Rejected):
    """The data can not be copied to that place."""

    code = "copy_target_wrong"
    template = (
        "The data can not be copied to {target}: {why}. From SQLite name an empty postgresql:// "
        "database, from PostgreSQL a new folder."
    )


class ConnectionMissing(Rejected):
    """There is no such connection."""

    code = "connection_missing"
    template = "There is no connection {wanted}; configured: {configured}. See `chargehand init`."


class ConnectionNameWrong(Rejected):
    """A name no connection can have."""

    code = "connection_name_wrong"
    template = (
        "{name!r} can not be the name of a connection: 1 to 32 lower-case letters, digits and -, "
        "beginning with a letter, such as slack-eu."
    )


class ConnectionNameTaken(Rejected):
    """A connection has that name."""

    code = "connection_name_taken"
    template = (
        "There is a connection {name} already. Give this one another name, or take that one out "
        "with `chargehand disconnect {name}`."
    )


class ConnectionNameUsed(Rejected):
    """A name under which another site or workspace has its history."""

    code = "connection_name_used"
    template = (
        "The name {name} was used for {site}, whose history is kept under it. Give this connection "
        "another name."
    )


class StoredNameTaken(Rejected):
    """A stored secret has the name a new one would get."""

    code = "stored_name_taken"
    template = (
        "There is a stored secret {name} already. Remove it with `chargehand secrets remove "
        "{name}`, or give the connection another name."
    )


class SiteConnected(Rejected):
    """A site or workspace that is connected already."""

    code = "site_connected"
    template = (
        "{site} is connected already, as {name}. To change its token, run `chargehand rotate "
        "{name}`; to connect it anew, run `chargehand disconnect {name}` first."
    )


class SettingHidden(Rejected):
    """What the files would say does not count: the environment goes before them."""

    code = "setting_hidden"
    template = (
        "{setting} would not be read as it was given: the environment, or a name in .env, goes "
        "before it. Take out {names}, and try again."
    )


class OthersDisturbed(Rejected):
    """Another connection would read other settings than before."""

    code = "others_disturbed"
    template = (
        "Another connection takes settings from names that count for the only connection of its "
        "kind ({names}), so it would change. Write its settings into its own table of "
        "chargehand.toml, and its secrets under CHARGEHAND_<ID>_... names, and try again."
    )


class ConnectionNeeded(Rejected):
    """Others can not be without a connection."""

    code = "connection_needed"
    template = "Without {name} the configuration is not right any more:\n{problems}"


class SecretMissing(Rejected):
    """A secret that is not set."""

    code = "secret_missing"
    template = "{name} has no {setting}, so there is nothing to replace."


class SecretElsewhere(Rejected):
    """A secret whose place is not ours to write."""

    code = "secret_elsewhere"
    template = (
        "{setting} is read from {place}, which chargehand does not write. Put the new secret there "
        "by hand, and reload the service; nothing was changed here."
    )


class SecretsFull(Rejected):
    """Both places for signing secrets are taken."""

    code = "secrets_full"
    template = (
        "{name} has two active signing secrets already. End the older one first: `chargehand "
        "rotate {name} --drop-old`."
    )


class PortUnusable(Rejected):
    """The address to listen on can not be had."""

    code = "port_unusable"
    template = (
        "Nothing can listen on {host}:{port}: {detail}. Stop what listens there, or set "
        "server.host and server.port (PORT in the environment) to another address."
    )


class ClockRefused(Rejected):
    """A clock that others can set may not decide about real people's tickets."""

    code = "clock_refused"
    template = (
        "--clock-from is for trials only and {site} is a real site. Leave the option out, or point "
        "every connection at a fake on this machine."
    )


class TriedModelUnknown(Rejected):
    """A model to be tried that no provider stands for."""

    code = "tried_model_unknown"
    template = (
        "--model {wanted} is no configured model; there are: {configured}. Name a provider, or a "
        "provider and one of its models, as PROVIDER:MODEL."
    )


class TriedModelUnpriced(Rejected):
    """A model to be tried at an address where only another one has a price."""

    code = "tried_model_unpriced"
    template = (
        "What {model} costs at {provider} is not known: input_usd and output_usd there are the "
        "price of {configured}. Add it to [[providers]] with its own price, and name that one."
    )
