"""What doctor says of a Slack connection, check by check."""

import pytest

from chargehand.connectors.slack.app_manifest import EVENTS, SCOPES, AppPlan, app_manifest
from chargehand.connectors.slack.config import SlackConfig
from chargehand.connectors.slack.errors import SlackConfigWrong
from chargehand.domain.event import PlaceKind
from chargehand.domain.ids import AccountId, ConnectionId
from chargehand.kit.masked import MaskedText
from chargehand.plugins.connector import Check, CheckState
from chargehand.testing.slack.fake import SCOPES as GRANTED
from chargehand.testing.slack.workspace_ids import APP_TOKEN, BOT
from tests.connectors.slack.client.world import PAY, RANDOM, World

pytestmark = pytest.mark.anyio


async def checks(world: World) -> dict[str, Check]:
    return {one.name: one for one in await world.client.check()}


async def test_a_sound_connection_passes(world: World) -> None:
    world.connect(app_token=MaskedText(APP_TOKEN))
    world.fake.sender.is_socket_mode = True

    found = await checks(world)

    assert list(found) == ["sign-in", "scopes", f"channel {PAY}", "socket mode", "clock"]
    assert found["sign-in"].found == f"signed in as chargehand ({BOT}) in T0ACME00"
    states = {one.state for name, one in found.items() if name != "clock"}
    assert states == {CheckState.PASSED}


async def test_missing_scopes_are_named_with_what_they_are_for(world: World) -> None:
    world.fake.desk.scopes = set(SCOPES) - {"reactions:write", "im:write"}

    found = (await checks(world))["scopes"]

    assert found.state is CheckState.FAILED
    assert found.found == (
        "missing: im:write, to write to one person; "
        "reactions:write, to show by a reaction that it works on an answer"
    )


@pytest.mark.parametrize(
    ("change", "state", "words"),
    [
        ("absent", CheckState.FAILED, "the bot is not in #random"),
        ("archived", CheckState.FAILED, "#random is archived"),
        ("shared", CheckState.WARNED, "shared with other workspaces"),
        ("unknown", CheckState.FAILED, "Slack has no such channel"),
    ],
)
async def test_a_bound_channel_that_is_no_use_says_why(
    world: World, change: str, state: CheckState, words: str
) -> None:
    channel = world.fake.workspace.channels[RANDOM]
    if change != "absent":
        channel.members.append(BOT)
    channel.is_archived = change == "archived"
    channel.is_shared = change == "shared"
    wanted = "C0NOWHERE" if change == "unknown" else RANDOM
    world.connect(channels=(wanted,))

    found = (await checks(world))[f"channel {wanted}"]

    assert (found.state, words in found.found) == (state, True)


async def test_no_bound_channel_is_a_warning(world: World) -> None:
    world.connect(channels=())

    assert (await checks(world))["channels"].state is CheckState.WARNED


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"bot_token": MaskedText("xoxb-somebody-elses")}, "invalid_auth"),
        ({"team_id": "T0OTHER0"}, "the token belongs to T0ACME00"),
    ],
)
async def test_a_wrong_sign_in_fails_and_skips_the_rest(
    world: World, changes: dict[str, object], words: str
) -> None:
    world.connect(**changes)

    sign_in, *rest = await world.client.check()

    assert (sign_in.state, words in sign_in.found) == (CheckState.FAILED, True)
    assert {one.state for one in rest} == {CheckState.SKIPPED}
    assert "somebody-elses" not in sign_in.found


async def test_people_and_channels_are_read(world: World) -> None:
    tom = world.fake.workspace.person("Tom Berg")
    tom.is_deleted = tom.is_guest = True

    account = await world.client.read_account(AccountId(tom.id))
    channel = await world.client.read_channel(PAY)

    assert account is not None
    assert (account.is_active, account.is_guest, account.name) == (False, True, "Tom Berg")
    assert await world.client.read_account(AccountId("U0NOBODY")) is None
    assert (channel.kind, channel.is_member) == (PlaceKind.PUBLIC, True)


def test_the_app_asks_for_what_is_explained_and_no_more() -> None:
    posted = app_manifest(AppPlan(webhook_url="https://bot.example/webhooks/slack/slack"))
    listened = app_manifest(AppPlan(name="chargehand dev", command="chargehand-dev"))

    assert posted["oauth_config"] == {"scopes": {"bot": sorted(SCOPES)}}
    assert set(SCOPES) == GRANTED
    assert posted["settings"] == {
        "event_subscriptions": {
            "request_url": "https://bot.example/webhooks/slack/slack",
            "bot_events": sorted(EVENTS),
        },
        "interactivity": {
            "is_enabled": True,
            "request_url": "https://bot.example/webhooks/slack/slack",
        },
        "org_deploy_enabled": False,
        "socket_mode_enabled": False,
        "token_rotation_enabled": False,
    }
    assert "request_url" not in str(listened)
    assert "/chargehand-dev" in str(listened)


@pytest.mark.parametrize(
    ("field", "token"),
    [("bot_token", "xoxp-1"), ("bot_token", "xoxb-a\nb"), ("app_token", "xoxb-1")],
)
def test_a_token_of_another_kind_is_refused_by_its_field(field: str, token: str) -> None:
    tokens = {"bot_token": MaskedText("xoxb-1"), field: MaskedText(token)}

    with pytest.raises(SlackConfigWrong) as caught:
        SlackConfig(connection_id=ConnectionId("slack"), team_id="T0", **tokens)

    assert caught.value.fields["field"] == field
    assert token not in str(caught.value)
