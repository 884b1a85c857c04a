"""The webhooks of a Bitbucket connection: made, set anew and taken away, each recorded before."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

import typer

from chargehand.cli.context import Invocation, operator_name
from chargehand.domain.errors import ChargehandError

if TYPE_CHECKING:
    # They take longer to load than `--help` may.
    from chargehand.config.bitbucket_settings import BitbucketConnection
    from chargehand.connectors.bitbucket.client import BitbucketClient


def hook_address(public_url: str, name: str) -> str:
    """Where Bitbucket posts what happens in the repositories of a connection."""
    return f"{public_url}/webhooks/bitbucket/{name}"


def put_hooks(
    invocation: Invocation, configured: "BitbucketConnection", *, url: str, secret: str
) -> bool:
    """Have every repository post to an address, signed; says which does not, and how to mend it."""

    async def put(client: "BitbucketClient", repository: str) -> str:
        is_new = await client.put_hook(repository, url, secret)
        return "made its webhook" if is_new else "set its webhook"

    failed = _change(invocation, configured, "put", put)
    if failed:
        typer.echo("Make the webhook there yourself, under Repository settings > Webhooks:")
        typer.echo(f"  URL     {url}\n  Secret  {secret}")
        typer.echo(f"  Events  {', '.join(_events(configured))}")
    return not failed


def remove_hooks(invocation: Invocation, configured: "BitbucketConnection", *, url: str) -> None:
    """Take the webhook that posts to an address away in every repository, where that works."""

    async def remove(client: "BitbucketClient", repository: str) -> str:
        was_there = await client.delete_hook(repository, url)
        return "took its webhook away" if was_there else "has no webhook of ours"

    if _change(invocation, configured, "remove", remove):
        typer.echo("Take the webhook away there yourself; it is refused here from now on.")


def _change(
    invocation: Invocation,
    configured: "BitbucketConnection",
    word: str,
    change: "Callable[[BitbucketClient, str], Awaitable[str]]",
) -> Sequence[str]:
    """Change the webhooks of every repository; where that did not work."""
    # lazy: SQLAlchemy and the client take longer than `--help` may.
    from chargehand.bootstrap.bitbucket import open_client
    from chargehand.domain.ids import ConnectionId
    from chargehand.pipeline.registering import record_webhooks
    from chargehand.plugins.vendor_line import Surroundings

    with invocation.open_stores() as (settings, stores):
        clock = invocation.clock(settings)
        changes = [f"{word} {one}" for one in configured.repositories]
        if changes:
            stores.database.write(
                lambda tx: record_webhooks(
                    tx,
                    ConnectionId(configured.id),
                    changes,
                    by=operator_name(),
                    now=clock.now(),
                )
            )
        client = open_client(configured, Surroundings(clock), ca_file=settings.network.ca_file)
        return asyncio.run(_each(client, configured.repositories, change))


async def _each(
    client: "BitbucketClient",
    repositories: "Sequence[str] | dict[str, tuple[str, ...]]",
    change: "Callable[[BitbucketClient, str], Awaitable[str]]",
) -> Sequence[str]:
    failed = []
    try:
        for repository in repositories:
            try:
                typer.echo(f"{repository}: {await change(client, repository)}.")
            except ChargehandError as error:
                typer.echo(f"{repository}: {error}")
                failed.append(repository)
    finally:
        await client.aclose()
    return failed


def _events(configured: "BitbucketConnection") -> Sequence[str]:
    # lazy: as above.
    from chargehand.connectors.bitbucket import cloud, data_center

    dialect = cloud if configured.deployment == "cloud" else data_center
    return sorted(dialect.HOOK_EVENTS)
