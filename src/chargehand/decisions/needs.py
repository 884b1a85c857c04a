"""What has to be read before an ask can be answered, and nothing more."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from chargehand.decisions.audience_rules import project_of
from chargehand.decisions.section import Part
from chargehand.domain.ask import Ask
from chargehand.domain.event import ActorKind, VisibilityKind
from chargehand.domain.ids import AccountId, ProjectKey, WorkItemKey
from chargehand.domain.intent import Intent, IntentKind
from chargehand.domain.work_item import FactNeeds, FieldName, Right

ME: Final = "me"
NOBODY: Final = "nobody"
_RIGHTS_FOR: Final = {
    IntentKind.ASSIGN: (Right.ASSIGN,),
    IntentKind.TRANSITION: (Right.TRANSITION,),
    IntentKind.LABEL: (Right.EDIT,),
    IntentKind.LINK: (Right.LINK,),
    IntentKind.SET: (Right.EDIT,),
    IntentKind.CREATE: (Right.CREATE,),
}
_BESIDE_THE_TYPE: Final = frozenset({"project", "description"})
# The vendor wants more than the right to edit for what others plan by.
_RIGHT_FOR_FIELD: Final = {
    FieldName.DUE: Right.SCHEDULE,
    FieldName.FIX_VERSIONS: Right.RESOLVE,
}
_READ: Final = {
    IntentKind.STATUS: frozenset({Part.COMMENTS, Part.HISTORY, Part.SPRINT}),
    IntentKind.SUMMARY: frozenset({Part.COMMENTS, Part.HISTORY, Part.SPRINT}),
    IntentKind.WHO: frozenset({Part.COMMENTS, Part.HISTORY}),
    IntentKind.BLOCKERS: frozenset({Part.COMMENTS}),
    IntentKind.DUE: frozenset({Part.SPRINT}),
}
_NEED_NO_ITEM: Final = frozenset(
    {IntentKind.HELP, IntentKind.BARE, IntentKind.UNCLEAR, IntentKind.RUN}
)
# What is asked about pull requests themselves, or told to be done to them.
ABOUT_CODE: Final = frozenset(
    {
        IntentKind.PULL_REQUEST,
        IntentKind.REVIEWERS,
        IntentKind.REVIEW_QUEUE,
        IntentKind.APPROVE_PULL_REQUEST,
    }
)
_READ_ONLY: Final = frozenset({ActorKind.CUSTOMER, ActorKind.ANONYMOUS})


def fact_needs(intents: Sequence[Intent], ask: Ask) -> tuple[FactNeeds, ...]:
    """What to read for these intents, one entry for each work item.

    Shape: the work item a comment stands on comes first and is always there, since it decides who
    will read the answer. Items of a project that is not served there are never read. A question
    that customers read needs the item alone: nothing else could be told.
    """
    needs: dict[WorkItemKey, FactNeeds] = {}
    if ask.place is None:
        needs[ask.item] = FactNeeds(work_item=ask.item)
    for intent in intents:
        if is_creation_in_chat(intent, ask):
            needs |= {need.work_item: need for need in _creation_needs(intent, ask)}
            continue
        key = asked_item(intent, ask)
        if key is None or not needs_an_item(intent) or not is_item_askable(key, ask):
            continue
        for need in (_needs_of(intent, key, ask), *_needs_of_other(intent, ask)):
            known = needs.get(need.work_item, FactNeeds(work_item=need.work_item))
            needs[need.work_item] = _joined(known, need)
    return tuple(needs.values())


def is_creation_in_chat(intent: Intent, ask: Ask) -> bool:
    """Whether a new work item is asked for where no work item has to be."""
    return intent.kind is IntentKind.CREATE and ask.place is not None


def creation_project(intent: Intent, ask: Ask) -> ProjectKey | None:
    """The project a new work item is wanted in by somebody in a chat; None for several.

    Shape: the one that is named, the thread's, or the only one that is served there.
    """
    named = intent.arguments.get("project", "")
    if named:
        return ProjectKey(named)
    if ask.work_item is not None:
        return project_of(ask.work_item)
    return next(iter(ask.served)) if len(ask.served) == 1 else None


def creation_key(project: ProjectKey, intent: Intent) -> WorkItemKey:
    """By what the facts about a new work item in a project are found, by its type."""
    return WorkItemKey(f"{project}/{wanted_type(intent)}")


def _creation_needs(intent: Intent, ask: Ask) -> tuple[FactNeeds, ...]:
    project, account = creation_project(intent, ask), writing_account(ask)
    if project is None or account is None or project not in ask.served or not wanted_type(intent):
        return ()
    need = FactNeeds(
        work_item=creation_key(project, intent),
        project=project,
        creates=wanted_type(intent),
        asker=account,
        rights=rights_for(intent),
    )
    return (need,)


def rights_for(intent: Intent) -> tuple[Right, ...]:
    """The rights an asker needs for a change, the most telling first."""
    special = (_RIGHT_FOR_FIELD[name] for name in wanted_fields(intent) if name in _RIGHT_FOR_FIELD)
    return (*_RIGHTS_FOR[intent.kind], *special)


def wanted_fields(intent: Intent) -> tuple[FieldName, ...]:
    """The fields an intent wants to set."""
    if intent.kind is not IntentKind.SET:
        return ()
    return tuple(name for name in FieldName if name in intent.arguments)


def wanted_type(intent: Intent) -> str:
    """The type of a work item to be created; empty for every other intent."""
    if intent.kind is not IntentKind.CREATE:
        return ""
    return next((name for name in intent.arguments if name not in _BESIDE_THE_TYPE), "")


def linked_item(intent: Intent) -> WorkItemKey | None:
    """The other end of a wanted link; None for every other intent."""
    if intent.kind is not IntentKind.LINK:
        return None
    return next((WorkItemKey(key) for key in intent.arguments.values()), None)


def asked_item(intent: Intent, ask: Ask) -> WorkItemKey | None:
    """The work item an intent is about: the one it names, else the one it was asked on.

    Shape: None only in a chat, where nobody named one.
    """
    return intent.work_item or ask.work_item


def tells_of_projects(intent: Intent) -> bool:
    """Whether something of a project would be told, so that nothing is where none is served."""
    return intent.kind not in _NEED_NO_ITEM


def needs_an_item(intent: Intent) -> bool:
    """Whether an intent is about a work item, so that nothing is told of it without one."""
    return intent.kind not in _NEED_NO_ITEM | ABOUT_CODE


def is_item_askable(key: WorkItemKey, ask: Ask) -> bool:
    """Whether a work item may be read for this ask at all."""
    if ask.place is not None:
        return project_of(key) in ask.served
    if key == ask.work_item:
        return True
    is_for_customers = ask.visibility.kind is VisibilityKind.CUSTOMER
    return project_of(key) == ask.project and not is_for_customers


def writing_account(ask: Ask) -> AccountId | None:
    """The account whose rights decide about a change; None for those who only read."""
    if ask.place is not None:
        return ask.tracker_account
    return None if ask.asker.kind in _READ_ONLY else ask.asker.account_id


def _needs_of(intent: Intent, key: WorkItemKey, ask: Ask) -> FactNeeds:
    if intent.is_write:
        return _write_needs(intent, key, ask)
    if ask.visibility.kind is VisibilityKind.CUSTOMER:
        return FactNeeds(work_item=key)
    looked_at = _READ.get(intent.kind, frozenset())
    return FactNeeds(
        work_item=key,
        comments=Part.COMMENTS in looked_at,
        history=Part.HISTORY in looked_at,
        sprint=Part.SPRINT in looked_at,
    )


def _write_needs(intent: Intent, key: WorkItemKey, ask: Ask) -> FactNeeds:
    account = writing_account(ask)
    if account is None:
        return FactNeeds(work_item=key)
    needs = FactNeeds(work_item=key, asker=account, rights=rights_for(intent))
    wanted = wanted_person(intent, account) if intent.kind is IntentKind.ASSIGN else None
    return replace(
        needs,
        transitions=intent.kind is IntentKind.TRANSITION,
        link_types=intent.kind is IntentKind.LINK,
        fields=intent.kind is IntentKind.SET,
        creates=wanted_type(intent),
        people=() if wanted is None else (wanted,),
    )


def _needs_of_other(intent: Intent, ask: Ask) -> tuple[FactNeeds, ...]:
    """What a link needs of its other end: that the asker may link that too."""
    other, account = linked_item(intent), writing_account(ask)
    if other is None or account is None or not is_item_askable(other, ask):
        return ()
    return (FactNeeds(work_item=other, asker=account, rights=rights_for(intent)),)


def wanted_person(intent: Intent, asker: AccountId) -> str | None:
    """The name or account id to look up for an assignment; None for nobody."""
    wanted = intent.arguments.get("to", "")
    if wanted == NOBODY:
        return None
    return asker if wanted == ME else wanted


def _joined(left: FactNeeds, right: FactNeeds) -> FactNeeds:
    return FactNeeds(
        work_item=left.work_item,
        comments=left.comments or right.comments,
        history=left.history or right.history,
        sprint=left.sprint or right.sprint,
        transitions=left.transitions or right.transitions,
        fields=left.fields or right.fields,
        link_types=left.link_types or right.link_types,
        creates=left.creates or right.creates,
        asker=left.asker or right.asker,
        rights=tuple(dict.fromkeys((*left.rights, *right.rights))),
        people=tuple(dict.fromkeys((*left.people, *right.people))),
    )
