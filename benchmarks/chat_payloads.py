"""What Slack and Discord post, in the shapes and with the proofs of the fakes that post it too."""

import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

from prepared import request_line

from chargehand.testing.discord import FakeDiscord
from chargehand.testing.discord.rest_messages import store_message
from chargehand.testing.discord.state import APPLICATION_ID, Interaction
from chargehand.testing.slack import FakeSlack, people
from chargehand.testing.slack.sending import Sending, signed_headers
from chargehand.testing.slack.workspace_ids import BOT_ID, SIGNING_SECRET

SLACK_PATH: Final = "/webhooks/slack"
DISCORD_PATH: Final = "/webhooks/discord"
# A press of this button is kept and read like every other, and asks for nothing.
BUTTON: Final = "thanks"
DEFERRED_REPLY: Final = '{"type":5}'
DEFERRED_UPDATE: Final = '{"type":6}'
_WORDS: Final = "The export of settled payments waits for the ledger. "
_PARAGRAPH: Final = _WORDS * 12


def slack_presses(
    slack: FakeSlack, channel: str, count: int, *, keys: Sequence[str] = ()
) -> Iterator[Sending]:
    """Presses of a button under a long message, a slash command among them for each key."""
    place = slack.workspace
    where, bot = place.channel(channel), place.person("chargehand")
    block = {"type": "section", "text": {"type": "mrkdwn", "text": _PARAGRAPH}}
    label = {"type": "plain_text", "text": "Seen"}
    button = {"type": "button", "action_id": "seen", "text": label, "value": BUTTON}
    blocks = [block, {"type": "actions", "elements": [button]}]
    message = place.write(where, bot, text=_PARAGRAPH, blocks=blocks, bot_id=BOT_ID)
    persons = [one for one in where.members if not place.people[one].is_bot]
    for number, key in enumerate(_spread(keys, count)):
        user = persons[number % len(persons)]
        if key is None:
            yield people.press(place, channel, message.ts, user=user, label="Seen")
        else:
            yield people.type_command(place, channel, user=user, text=f"status {key}")


def slack_messages(slack: FakeSlack, channel: str, count: int) -> Iterator[Sending]:
    """Messages of people to each other, one press of a button to nine of them."""
    place, sendings = slack.workspace, slack.sender.sendings
    presses = slack_presses(slack, channel, -(-count // 10))
    persons = [one for one in place.channel(channel).members if not place.people[one].is_bot]
    for number in range(count):
        if number % 10 == 0:
            yield next(presses)
            continue
        text = f"{number} {_PARAGRAPH}"
        blocks: list[Any] = [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]
        user = persons[number % len(persons)]
        people.say(place, channel, user=user, text=text, blocks=blocks)
        yield sendings[-1]


def discord_presses(
    discord: FakeDiscord, channel: str, count: int, *, keys: Sequence[str] = ()
) -> Iterator[Interaction]:
    """Presses of a button under a long message, a slash command among them for each key."""
    button = {"type": 2, "style": 2, "label": "Seen", "custom_id": BUTTON}
    body = {"content": _PARAGRAPH, "components": [{"type": 1, "components": [button]}]}
    where = discord.channel(channel)
    message = store_message(discord.state, where.id, body, author_id=APPLICATION_ID)
    persons = [one.name for one in discord.state.people.values() if not one.is_bot]
    for number, key in enumerate(_spread(keys, count)):
        author = persons[number % len(persons)]
        if key is None:
            yield discord.press(message.id, BUTTON, author=author)
        else:
            yield discord.command(f"status {key}", author=author, channel=channel)


def slack_line(sending: Sending) -> str:
    """A request of Slack, signed now."""
    body = sending.body
    headers = signed_headers(SIGNING_SECRET, body, sent_at_s=int(time.time()))
    return request_line(SLACK_PATH, {**headers, "Content-Type": sending.content_type}, body)


def discord_line(discord: FakeDiscord, interaction: Interaction) -> str:
    """A request of Discord, signed now."""
    return request_line(DISCORD_PATH, *discord.signed(interaction))


def _spread(keys: Sequence[str], count: int) -> Iterator[str | None]:
    """The keys at even distances among as many places, None at the others."""
    distance = count // len(keys) if keys else count + 1
    for number in range(count):
        place, rest = divmod(number, distance)
        yield keys[place] if rest == distance // 2 and place < len(keys) else None
