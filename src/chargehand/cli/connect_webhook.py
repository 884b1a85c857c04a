"""`connect webhook`: makes a secret and an address for a sender that can do no more than post."""

import base64
import secrets
from typing import TYPE_CHECKING, Annotated

import typer

from chargehand.cli.asking import AnswerWrong, ask, choose, is_terminal
from chargehand.cli.connecting import (
    Beginning,
    Keep,
    Name,
    begin,
    echo_next,
    read_keeping,
    read_signing_secret,
    require_flags,
    save,
    try_draft,
)

if TYPE_CHECKING:
    # It takes longer to load than `--help` may.
    from chargehand.config.blocks import TOMLValue

_PROOFS = ("standard", "hmac", "token", "path")
_KEY_BYTES = 32
Secret = Annotated[
    str | None,
    typer.Option(
        help="The secret the sender shows; one is made where it takes ours.",
        envvar="CHARGEHAND_CONNECT_SECRET",
    ),
]


Projects = Annotated[
    str | None,
    typer.Option(metavar="KEYS", help="Projects its events may belong to: PAY,OPS"),
]
ProofForm = Annotated[
    str | None, typer.Option(help="How it proves itself: standard, hmac, token or path")
]
Sender = Annotated[str, typer.Option(help="What people call the sender.")]
Header = Annotated[
    str | None, typer.Option(metavar="NAME", help="Header of the HMAC, or of the token.")
]
Prefix = Annotated[
    str | None, typer.Option(metavar="TEXT", help="What stands before it: sha256= or v1=")
]
Algorithm = Annotated[str | None, typer.Option(help="Digest of the HMAC: sha256, sha512 or sha1")]
Encoding = Annotated[str | None, typer.Option(help="How the HMAC is written: hex or base64")]
Signed = Annotated[
    str | None, typer.Option(metavar="TEXT", help="What it is of, such as {timestamp}.{body}")
]
TimestampHeader = Annotated[
    str | None, typer.Option(metavar="NAME", help="Header of the time that is signed.")
]
TimestampPrefix = Annotated[
    str | None, typer.Option(metavar="TEXT", help="What stands before that time: t=")
]
DeliveryKey = Annotated[
    str | None,
    typer.Option(metavar="PLACE", help="Where a delivery's id stands: header.x-id or $.id"),
]


def webhook(
    context: typer.Context,
    name: Name = None,
    *,
    project: Projects = None,
    proof: ProofForm = None,
    secret: Secret = None,
    sender: Sender = "",
    header: Header = None,
    prefix: Prefix = None,
    algorithm: Algorithm = None,
    encoding: Encoding = None,
    signed: Signed = None,
    timestamp_header: TimestampHeader = None,
    timestamp_prefix: TimestampPrefix = None,
    delivery_key: DeliveryKey = None,
    keep: Keep = "env",
) -> None:
    """Connect a sender of plain webhooks: makes its secret, writes the files, shows the address.

    What its deliveries mean is written into chargehand.toml afterwards, and tried there.

    Example: chargehand connect webhook alerts --proof token --project PAY
    """
    beginning = begin(context, name, "webhook")
    keeping = read_keeping(keep)
    require_flags({"--project": project})
    projects = _ask_projects(beginning, project)
    how = choose("How does it prove itself", proof, _PROOFS, flag="--proof", default=_PROOFS[0])
    values: dict[str, TOMLValue] = {"projects": projects, "proof": how}
    values |= {"sender": sender} if sender else {}
    for key, given in {
        "proof_header": header,
        "proof_prefix": prefix,
        "algorithm": algorithm,
        "encoding": encoding,
        "signed": signed,
        "timestamp_header": timestamp_header,
        "timestamp_prefix": timestamp_prefix,
        "delivery_key": delivery_key,
    }.items():
        values |= {key: given} if given is not None else {}
    text = _secret_for(how, secret)
    setting = "path_token" if how == "path" else "webhook_secrets"
    # lazy: pydantic takes longer than `--help` may.
    from chargehand.bootstrap.drafting import Draft

    draft = Draft(beginning.name, "webhook", values, {setting: text})
    try_draft(beginning, draft)
    save(beginning, draft, keeping)
    _echo_address(beginning, how, text, is_made=secret is None)
    echo_next(beginning, *_last_steps(beginning))


def _ask_projects(beginning: Beginning, given: str | None) -> tuple[str, ...]:
    served = beginning.settings.served_projects

    def read(text: str) -> tuple[str, ...]:
        keys = tuple(dict.fromkeys(key.strip().upper() for key in text.split(",") if key.strip()))
        unknown = [key for key in keys if key not in served]
        if unknown or not keys:
            allowed = ", ".join(served) or "none; connect a Jira first"
            message = f"must be projects some tracker serves: {allowed}"
            raise ValueError(message)
        return keys

    return ask("Projects its events may belong to, such as PAY,OPS", given, read, flag="--project")


def _secret_for(how: str, given: str | None) -> str:
    """The secret that was given, or one that is made.

    Raises: AnswerWrong.
    """
    if given is None and how == "hmac" and is_terminal():
        typer.echo("Many senders make the secret themselves; give that with --secret then.")
    if given is None:
        key = secrets.token_bytes(_KEY_BYTES)
        is_standard = how == "standard"
        return "whsec_" + base64.b64encode(key).decode() if is_standard else key.hex()
    try:
        return read_signing_secret(given)
    except ValueError as error:
        raise AnswerWrong(what="--secret", problem=str(error)) from error


def _echo_address(beginning: Beginning, how: str, text: str, *, is_made: bool) -> None:
    base = beginning.public_url or "https://<this server>"
    path = f"{base}/webhooks/webhook/{beginning.name}"
    typer.echo("\nOnce the service runs, enter this at the sender:")
    typer.echo(f"  address  {path}/t/{text}" if how == "path" else f"  address  {path}")
    if is_made and how != "path":
        # Nobody else knows it: it was made here, and is shown this once.
        typer.echo(f"  secret   {text}")


def _last_steps(beginning: Beginning) -> list[str]:
    return [
        "",
        "Nothing it sends means anything yet. Say what it means in [[connections.events]] below",
        f"the connection {beginning.name}, and try a payload of the sender's on it:",
        f"  chargehand events parse --connector webhook --connection {beginning.name} payload.json",
    ]
