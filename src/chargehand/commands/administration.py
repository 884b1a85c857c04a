"""The commands that are run rather than answered from a work item."""

from typing import Final

from chargehand.commands.definition import (
    CHATS,
    EVERYWHERE,
    Access,
    Command,
    Parameter,
    ParameterType,
)
from chargehand.domain.attention import Topic
from chargehand.domain.intent import IntentKind
from chargehand.domain.member import DECIDERS

ME: Final = "me"
HERE: Final = "here"
THIS_TICKET: Final = "this ticket"
_APPROVAL: Final = Parameter(
    "id",
    ParameterType.IDENTIFIER,
    "The approval, by its id or at least its last six characters.",
    is_required=True,
    prefixes=("apv",),
)
_DIGEST: Final = Parameter(
    "digest", ParameterType.DIGEST, "The beginning of the digest that was shown, from a button."
)
_DECISION: Final = Parameter(
    "id", ParameterType.IDENTIFIER, "The answer, where it is not said below it.", prefixes=("dec",)
)
_QUIET: Final = (ME, HERE, THIS_TICKET)
_MOMENT: Final = "in 2h, at 15:00, tomorrow, on 2026-12-01, until Monday."
_TOPICS: Final = tuple(topic.value for topic in Topic if topic is not Topic.CHANGES)
_SUBSCRIBED: Final = (THIS_TICKET, *_TOPICS)
_SUBSCRIBED_KEY: Final = Parameter("key", ParameterType.KEY, "A work item, such as PAY-7.")

ADMINISTRATION: Final[tuple[Command, ...]] = (
    Command(
        kind=IntentKind.RUN,
        name="agents",
        usage="agents [PAGE]",
        does="Lists the agents there are and what they can do.",
        examples=("agents",),
        parameters=(Parameter("page", ParameterType.NUMBER, "Which page of the list."),),
        surfaces=EVERYWHERE,
    ),
    Command(
        kind=IntentKind.RUN,
        name="approve",
        usage="approve ID",
        does="Lets one exact action be sent.",
        examples=("approve 7h2k9d",),
        parameters=(_APPROVAL, _DIGEST),
        surfaces=EVERYWHERE,
        access=Access.MEMBER,
        is_private=True,
        changes=True,
        decides=True,
    ),
    Command(
        kind=IntentKind.RUN,
        name="reject",
        usage="reject ID [REASON]",
        does="Sees to it that one exact action is never sent.",
        examples=("reject 7h2k9d", "reject 7h2k9d answered in person"),
        parameters=(
            _APPROVAL,
            _DIGEST,
            Parameter("reason", ParameterType.TEXT, "Why, for those who look back."),
        ),
        surfaces=EVERYWHERE,
        access=Access.MEMBER,
        is_private=True,
        changes=True,
        decides=True,
    ),
    Command(
        kind=IntentKind.RUN,
        name="comment",
        usage="comment ID TEXT",
        does="Says something about what waits to those who decide it.",
        examples=("comment 7h2k9d the bank answers on Friday",),
        parameters=(
            _APPROVAL,
            Parameter("text", ParameterType.TEXT, "What to say.", is_required=True),
        ),
        surfaces=EVERYWHERE,
        access=Access.MEMBER,
        is_private=True,
        changes=True,
        decides=True,
    ),
    Command(
        kind=IntentKind.RUN,
        name="edit",
        usage="edit ID",
        does="Opens a form to word what waits anew; it waits again, as something new.",
        examples=("edit 7h2k9d",),
        parameters=(_APPROVAL, _DIGEST),
        surfaces=CHATS,
        access=Access.MEMBER,
        is_private=True,
        changes=True,
        decides=True,
    ),
    Command(
        kind=IntentKind.RUN,
        name="modes",
        usage="modes [PROJECT]",
        does="Says what is simulated, approved first, or sent at once.",
        examples=("modes", "modes PAY"),
        parameters=(Parameter("project", ParameterType.PROJECT, "Only this project."),),
        surfaces=EVERYWHERE,
        access=Access.MEMBER,
        is_private=True,
    ),
    Command(
        kind=IntentKind.RUN,
        name="trace",
        usage="trace ID",
        does="Tells the story of one thing, from delivery to effect.",
        examples=("trace 7h2k9d",),
        parameters=(
            Parameter(
                "id",
                ParameterType.IDENTIFIER,
                "A delivery, event, ask, decision, action or approval.",
                is_required=True,
                prefixes=("apv", "dlv", "evt", "ask", "dec", "act"),
            ),
        ),
        surfaces=EVERYWHERE,
        access=Access.ROLE,
        roles=DECIDERS,
        is_private=True,
    ),
    Command(
        kind=IntentKind.RUN,
        name="whoami",
        usage="whoami [CODE]",
        does="Says who you are here and what you may do; a code confirms your account.",
        examples=("whoami",),
        parameters=(
            Parameter("code", ParameterType.CODE, "A code from another account of yours."),
        ),
        surfaces=EVERYWHERE,
        is_private=True,
    ),
    Command(
        kind=IntentKind.RUN,
        name="mute",
        usage="mute me | here | this ticket [for 2d]",
        does="Keeps unasked messages away; the muted are named, not notified.",
        examples=("mute me", "mute here for 2d", "mute this ticket until Monday"),
        parameters=(
            Parameter(
                "what",
                ParameterType.CHOICE,
                "Yourself, this channel, or this ticket.",
                is_required=True,
                choices=_QUIET,
            ),
            Parameter("until", ParameterType.MOMENT, "For how long: for 2h, for 2d, until Monday."),
        ),
        surfaces=EVERYWHERE,
        access=Access.MEMBER,
        is_private=True,
        changes=True,
    ),
    Command(
        kind=IntentKind.RUN,
        name="snooze",
        usage="snooze [for 2h]",
        does="Keeps unasked messages to you until later.",
        examples=("snooze", "snooze for 2h", "snooze until tomorrow at 9:00"),
        parameters=(
            Parameter("until", ParameterType.MOMENT, "For how long: for 2h, until tomorrow."),
        ),
        surfaces=EVERYWHERE,
        access=Access.MEMBER,
        is_private=True,
        changes=True,
    ),
    Command(
        kind=IntentKind.RUN,
        name="unmute",
        usage="unmute [me | here | this ticket]",
        does="Ends a mute or a snooze; without a word, yours.",
        examples=("unmute", "unmute here"),
        parameters=(
            Parameter(
                "what",
                ParameterType.CHOICE,
                "Yourself, this channel, or this ticket.",
                choices=_QUIET,
            ),
        ),
        surfaces=EVERYWHERE,
        access=Access.MEMBER,
        is_private=True,
        changes=True,
    ),
    Command(
        kind=IntentKind.RUN,
        name="subscribe",
        usage=f"subscribe [KEY | this ticket | {' | '.join(_TOPICS)}]",
        does="Has you told privately what changes on a ticket, or about a topic in the projects.",
        examples=("subscribe PAY-7", "subscribe this ticket", "subscribe approvals"),
        parameters=(
            Parameter(
                "topic",
                ParameterType.CHOICE,
                "This ticket, or what you want to hear of in the projects here.",
                choices=_SUBSCRIBED,
            ),
            _SUBSCRIBED_KEY,
        ),
        surfaces=EVERYWHERE,
        access=Access.MEMBER,
        is_private=True,
        changes=True,
    ),
    Command(
        kind=IntentKind.RUN,
        name="subscriptions",
        usage="subscriptions",
        does="Lists what you hear of, and what of it can not be told you.",
        examples=("subscriptions",),
        surfaces=EVERYWHERE,
        access=Access.MEMBER,
        is_private=True,
    ),
    Command(
        kind=IntentKind.RUN,
        name="unsubscribe",
        usage=f"unsubscribe [KEY | this ticket | {' | '.join(_TOPICS)}]",
        does="Ends a subscription of yours; without a word behind it, all of them.",
        examples=("unsubscribe PAY-7", "unsubscribe approvals"),
        parameters=(
            Parameter(
                "topic",
                ParameterType.CHOICE,
                "This ticket, or what you no longer want to hear of in the projects here.",
                choices=_SUBSCRIBED,
            ),
            _SUBSCRIBED_KEY,
        ),
        surfaces=EVERYWHERE,
        access=Access.MEMBER,
        is_private=True,
        changes=True,
    ),
    Command(
        kind=IntentKind.RUN,
        name="why",
        usage="why [ID]",
        does="Says what an answer was made from, by which rule or model, and its cost.",
        examples=("why",),
        parameters=(_DECISION,),
        surfaces=EVERYWHERE,
        is_private=True,
    ),
    Command(
        kind=IntentKind.RUN,
        name="wrong",
        usage="wrong [ID] [because TEXT]",
        does="Says that an answer is wrong; from its asker, it is withdrawn.",
        examples=("wrong", "wrong because it is due on Friday"),
        parameters=(
            _DECISION,
            Parameter("reason", ParameterType.TEXT, "What is wrong with it.", lead="because"),
        ),
        surfaces=EVERYWHERE,
        is_private=True,
        changes=True,
        decides=True,
    ),
    Command(
        kind=IntentKind.RUN,
        name="remind",
        usage="remind me | here WHEN to TEXT",
        does="Says your words again when you want them.",
        examples=("remind me in 2h to call Ana", "remind here on 2026-12-01 to close the books"),
        parameters=(
            Parameter(
                "whom",
                ParameterType.CHOICE,
                "You alone, or everybody here.",
                is_required=True,
                choices=(ME, HERE),
            ),
            Parameter("when", ParameterType.MOMENT, f"When: {_MOMENT}", is_required=True),
            Parameter("text", ParameterType.TEXT, "What to say then.", is_required=True, lead="to"),
        ),
        surfaces=EVERYWHERE,
        access=Access.MEMBER,
        is_private=True,
        changes=True,
    ),
)
