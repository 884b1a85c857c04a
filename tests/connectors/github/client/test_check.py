"""`doctor` says what works on GitHub, and how to mend the rest."""

import pytest

from chargehand.plugins.connector import Check, CheckState
from tests.connectors.github.client.world import HOOK, World

pytestmark = pytest.mark.anyio


async def states(world: World) -> dict[str, Check]:
    return {one.name: one for one in await world.client.check()}


async def test_a_good_connection_passes_once_its_webhooks_are_there(world: World) -> None:
    before = await states(world)
    for repository in ("acme/payments", "acme/sdk"):
        await world.client.hooks.register(repository, HOOK, secret="s" * 20)
        await world.client.hooks.register(repository, HOOK, secret="t" * 20)
    after = await states(world)

    assert before["webhook of acme/payments"].state is CheckState.FAILED
    assert {one.state for one in after.values()} == {CheckState.PASSED}
    # Registered again, it got the new secret instead of a twin.
    (hook,) = world.payments.hooks
    assert hook.secret == "t" * 20
    assert await world.client.hooks.remove("acme/payments", HOOK)
    assert not await world.client.hooks.remove("acme/payments", HOOK)


async def test_an_app_is_checked_by_what_it_was_granted(app_world: World) -> None:
    found = await states(app_world)

    assert found["sign-in"].found == "signed in as Chargehand (chargehand[bot])"
    assert found["rights"].state is CheckState.WARNED
    assert "statuses (read)" in found["rights"].found
    assert found["repository acme/payments"].state is CheckState.PASSED


async def test_what_is_wrong_says_how_to_mend_it(world: World) -> None:
    world.site.state.scopes = "gist"
    world.site.rename(world.payments, "acme/money")
    del world.site.state.repositories["acme/sdk"]

    found = await states(world)

    assert "lacks the scope repo" in found["rights"].found
    assert found["repository acme/payments"].found == "it is called acme/money now"
    assert "acme/money" in found["repository acme/payments"].mend
    assert found["repository acme/sdk"].state is CheckState.FAILED


async def test_a_refused_sign_in_leaves_the_rest_untried(world: World) -> None:
    world.site.state.personal_tokens.clear()

    found = await states(world)

    assert found["sign-in"].state is CheckState.FAILED
    assert {one.state for name, one in found.items() if name != "sign-in"} == {CheckState.SKIPPED}
