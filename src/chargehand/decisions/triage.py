"""The first judgement of an event, made from the event and what the caller looked up."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from chargehand.decisions.needs import tells_of_projects
from chargehand.domain.ask import AskState
from chargehand.domain.decision import Reason
from chargehand.domain.event import ActorKind, Event, EventKind
from chargehand.domain.ids import AccountId, ProjectKey
from chargehand.domain.intent import Intent

# More than a person trying things out asks on one item in ten minutes, few enough for a bot.
LOOP_LIMIT: Final = 12
# What only a person's hand can do, so that no two bots can keep each other busy by it.
_BY_HAND: Final = frozenset(
    {EventKind.COMMAND_INVOKED, EventKind.BUTTON_PRESSED, EventKind.FORM_SUBMITTED}
)
_SAID_IN_CHATS: Final = _BY_HAND | {EventKind.MESSAGE_CREATED, EventKind.MESSAGE_UPDATED}
EDITS: Final = frozenset({EventKind.COMMENT_UPDATED, EventKind.MESSAGE_UPDATED})
DELETIONS: Final = frozenset({EventKind.COMMENT_DELETED, EventKind.MESSAGE_DELETED})
_UNANSWERED: Final = frozenset({AskState.OPEN, AskState.LATE, AskState.STUCK})


@dataclass(frozen=True, slots=True)
class TriageContext:
    """What the caller looked up before an event is judged.

    Shape: `existing_ask_*` are None and False when this comment has no ask yet;
    `existing_ask_text` is the text the ask was made from; `recent_answers_to_actor_on_item`
    counts our answers to this actor on this work item during the last ten minutes;
    `is_effect_of_ours` says that the comment's id is in the effect ledger.
    `unserved` says why nothing of any project may be told where it was said, None where something
    may; `is_hint_given` that this was said there before.
    Units: `fresh_since` is the later of the connection's first connection and the last change of
    mode, UTC; asks made before it are late however young they are.
    """

    bot_account_id: AccountId
    bot_name: str
    project_keys: frozenset[ProjectKey]
    is_addressed: bool
    is_courtesy: bool
    has_name_only: bool
    intents: tuple[Intent, ...]
    is_effect_of_ours: bool
    existing_ask_state: AskState | None
    existing_ask_answered: bool
    existing_ask_text: str | None
    recent_answers_to_actor_on_item: int
    now: datetime
    answer_within: timedelta
    fresh_since: datetime
    unserved: Reason | None = None
    is_hint_given: bool = False


@dataclass(frozen=True, slots=True)
class Silent:
    """Nothing is said, for a reason; `withdraws_ask` closes an ask that still waits."""

    reason: Reason
    withdraws_ask: bool = False


@dataclass(frozen=True, slots=True)
class Late:
    """A question for us that is too old to be answered by itself; it waits for a person.

    Shape: `must_check_own_mark` as in `NeedsFacts`, to be done before the ask is listed.
    """

    intents: tuple[Intent, ...]
    must_check_own_mark: bool = False
    reason: Reason = Reason.LATE


@dataclass(frozen=True, slots=True)
class NeedsFacts:
    """A question for us; facts decide the answer.

    Shape: `must_check_own_mark` is true when the bot's own account wrote the comment and the
    ledger does not know it: the vendor is asked for our mark before anything is answered.
    """

    intents: tuple[Intent, ...]
    must_check_own_mark: bool = False


Triage: TypeAlias = Silent | Late | NeedsFacts


def triage(event: Event, context: TriageContext) -> Triage:
    """Whether an event is a question for us that may be answered now."""
    verdict = (
        _judge_kind(event, context)
        or _judge_author(event, context)
        or _judge_address(event, context)
        or _judge_repetition(event, context)
        or _judge_content(event, context)
    )
    if verdict is not None:
        return verdict
    is_own_account = event.actor.account_id == context.bot_account_id
    if is_late(event.occurred_at, context):
        return Late(intents=context.intents, must_check_own_mark=is_own_account)
    return NeedsFacts(intents=context.intents, must_check_own_mark=is_own_account)


def is_late(asked_at: datetime, context: TriageContext) -> bool:
    """Whether a question asked at that moment has to wait for a person."""
    is_too_old = context.now - asked_at > context.answer_within
    return is_too_old or asked_at < context.fresh_since


def _judge_kind(event: Event, context: TriageContext) -> Silent | None:
    match event.kind:
        case EventKind.UNSUPPORTED:
            return Silent(Reason.UNSUPPORTED_EVENT)
        case kind if kind in DELETIONS and _has_waiting_ask(context):
            return Silent(Reason.ASK_WITHDRAWN, withdraws_ask=True)
        case EventKind.COMMENT_CREATED | EventKind.COMMENT_UPDATED:
            return _judge_place(event, context) if event.place is None else None
        case kind if kind in _SAID_IN_CHATS and event.place is not None:
            return None
        case EventKind.REACTION_ADDED if context.is_addressed and event.place is not None:
            return None if context.intents else Silent(Reason.REACTION_NOT_BY_ASKER)
        case _:
            return Silent(Reason.NOTHING_TO_DO)


def _judge_place(event: Event, context: TriageContext) -> Silent | None:
    if event.project is None or event.project not in context.project_keys:
        return Silent(Reason.OTHER_PROJECT)
    if event.work_item is None:
        return Silent(Reason.UNSUPPORTED_EVENT)
    return None


def _judge_author(event: Event, context: TriageContext) -> Silent | None:
    if context.is_effect_of_ours:
        return Silent(Reason.OWN_COMMENT)
    if event.place is not None and event.actor.account_id == context.bot_account_id:
        # In a chat nobody can type as the bot.
        return Silent(Reason.OWN_COMMENT)
    if event.actor.kind is not ActorKind.BOT:
        return None
    # Nobody can type as an app account, so ours needs no further proof.
    is_own_account = event.actor.account_id == context.bot_account_id
    return Silent(Reason.OWN_COMMENT if is_own_account else Reason.OTHER_BOT)


def _judge_address(event: Event, context: TriageContext) -> Silent | None:
    if context.is_addressed:
        return None
    if event.kind in EDITS and _has_waiting_ask(context):
        # The mention was edited away before it was answered.
        return Silent(Reason.ASK_WITHDRAWN, withdraws_ask=True)
    return Silent(Reason.NAME_ONLY if context.has_name_only else Reason.NOT_MENTIONED)


def _judge_repetition(event: Event, context: TriageContext) -> Silent | None:
    if context.existing_ask_state is None:
        return None
    if context.existing_ask_answered:
        return Silent(Reason.ALREADY_ANSWERED)
    if context.existing_ask_state is AskState.WITHDRAWN:
        # A deleted comment can not come back; its creation was only delivered after its deletion.
        return Silent(Reason.ASK_WITHDRAWN)
    if context.existing_ask_text == (event.text or ""):
        return Silent(Reason.ALREADY_ASKED)
    return None


def _judge_content(event: Event, context: TriageContext) -> Silent | None:
    if context.is_courtesy or not context.intents:
        return Silent(Reason.NOT_A_QUESTION_TO_US, withdraws_ask=_has_waiting_ask(context))
    if event.kind in _BY_HAND or event.kind is EventKind.REACTION_ADDED:
        # Who does something by hand waits for what comes of it.
        return None
    if context.recent_answers_to_actor_on_item >= LOOP_LIMIT:
        return Silent(Reason.LOOP_BROKEN)
    # Nobody can be answered alone on a pull request or a page.
    is_read_by_all = event.place is not None and event.place.is_discussion
    is_about_items = any(tells_of_projects(intent) for intent in context.intents)
    is_for_silence = context.is_hint_given and (is_about_items or is_read_by_all)
    if context.unserved is not None and is_for_silence:
        return Silent(context.unserved)
    return None


def _has_waiting_ask(context: TriageContext) -> bool:
    return context.existing_ask_state in _UNANSWERED and not context.existing_ask_answered
