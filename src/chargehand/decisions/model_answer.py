"""What becomes of a model's plan: the same checks, rights, sources and wording as a rule's answer.

Nothing of a plan is taken at its word. Keys it names have to have been read; a change it suggests
has to be of a known kind, for the item that was asked about or one the asker named, and then takes
the way of a person's command, the asker's rights included.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from chargehand.decisions import catalogue, reason_catalogue
from chargehand.decisions.answer_context import AnswerContext, answer_wording, notes_of
from chargehand.decisions.answered import Answered
from chargehand.decisions.audience_rules import (
    ReplyRule,
    Told,
    silent_decision,
    tellable_in_chat,
    tellable_items,
)
from chargehand.decisions.markdown import shown
from chargehand.decisions.model_brief import named_by_asker
from chargehand.decisions.placement import Privacy, place_answer
from chargehand.decisions.ranking import reason_of
from chargehand.decisions.render import Material, write_sections
from chargehand.decisions.reply import (
    comment_action,
    compose,
    items_named,
    message_action,
    withheld_of,
)
from chargehand.decisions.section import Part, Section
from chargehand.decisions.wishes import plan_intents
from chargehand.domain.ask import Ask
from chargehand.domain.decision import DecidedBy, Decision, ModelUse, Reason, Verdict
from chargehand.domain.ids import ProjectKey, WorkItemKey
from chargehand.domain.intent import Intent, IntentForm, IntentKind
from chargehand.domain.keys import keys_in, project_of_key
from chargehand.domain.work_item import Facts
from chargehand.kit.canonical import digest_of
from chargehand.kit.redact import redact_text
from chargehand.plugins.model import ModelPlan, SuggestedAction

_LINE_CHARS: Final = 400
_LINES: Final = 12
_REASONING_CHARS: Final = 1000
_BULLETS: Final = ("- ", "* ", "• ")
_KINDS: Final[Mapping[str, IntentKind]] = {
    "transition": IntentKind.TRANSITION,
    "assign": IntentKind.ASSIGN,
    "label": IntentKind.LABEL,
}


@dataclass(frozen=True, slots=True)
class Suggested:
    """Suggestions that may be looked into, and in catalogue words what was refused."""

    intents: tuple[Intent, ...]
    refused: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ModelMaterial:
    """What a model was shown, and what it has cost.

    Shape: `told` is the asked item and everything looked up; `shown_keys` are all keys in the
    texts it saw; `facts` are those read for its suggestions.
    """

    use: ModelUse
    cost_usd: Decimal
    rule: ReplyRule
    told: Mapping[WorkItemKey, Told]
    known: frozenset[WorkItemKey]
    shown_keys: frozenset[WorkItemKey]
    served: frozenset[ProjectKey]
    read_outsiders: bool = False


def invented_keys(
    response: str,
    *,
    known: Collection[WorkItemKey],
    shown_keys: Collection[WorkItemKey],
    served: Collection[ProjectKey],
) -> frozenset[WorkItemKey]:
    """The keys a response names that were not read; a text's word for one is no reading."""
    return frozenset(
        key
        for key in keys_in(response, served)
        if key not in known and (project_of_key(key) in served or key not in shown_keys)
    )


def read_suggestions(plan: ModelPlan, ask: Ask) -> Suggested:
    """The suggestions as intents of the asker, where the asker can have meant them."""
    own = () if ask.work_item is None else (ask.work_item,)
    targets = {*own, *named_by_asker(ask)}
    intents: list[Intent] = []
    refused: list[str] = []
    for one in plan.suggested_actions:
        found = _intent(one, ask, targets)
        if isinstance(found, Intent):
            intents.append(found)
        else:
            refused.append(found)
    entries = [
        entry
        for word in dict.fromkeys(refused)
        for entry in reason_catalogue.withheld(word, refused.count(word))
    ]
    return Suggested(tuple(intents), tuple(entries))


def _intent(one: SuggestedAction, ask: Ask, targets: Collection[WorkItemKey]) -> Intent | str:
    kind = _KINDS.get(one.kind.strip().lower())
    if kind is None:
        return reason_catalogue.SUGGESTION_UNKNOWN
    key = WorkItemKey(one.work_item.strip().upper())
    if key not in targets:
        is_near = project_of_key(key) == ask.project
        return (
            reason_catalogue.SUGGESTION_UNASKED
            if is_near
            else reason_catalogue.SUGGESTION_ELSEWHERE
        )
    labels = " ".join(one.labels)
    arguments = {"labels": labels} if kind is IntentKind.LABEL else {"to": one.to.strip()}
    if not any(value.strip() for value in arguments.values()):
        return reason_catalogue.SUGGESTION_INCOMPLETE
    work_item = None if key == ask.work_item else key
    return Intent(kind, IntentForm.QUESTION, arguments, work_item)


def answer_from_plan(
    ask: Ask,
    plan: ModelPlan,
    material: ModelMaterial,
    facts: Mapping[WorkItemKey, Facts],
    context: AnswerContext,
) -> Answered | None:
    """The decision a plan amounts to; None when nothing of it can be used.

    Shape: `facts` hold everything read for the suggestions of this plan.
    """
    if not plan.should_respond and (ask.place is None or ask.place.reply_token is None):
        silent = silent_decision(Reason.MODEL_SAW_NO_QUESTION, ask.visibility)
        return Answered(_by_model(silent, plan, material), answer_digest="")
    invented = invented_keys(
        plan.response,
        known=material.known | named_by_asker(ask),
        shown_keys=material.shown_keys,
        served=material.served,
    )
    suggested = read_suggestions(plan, ask)
    sections = [
        *_said(plan, material, ask),
        *_changes(suggested.intents, ask, material, facts, context),
    ]
    # Whoever used a command waits for the reply that was promised; a plan without one is none.
    if invented or not sections or not plan.should_respond:
        return None
    decision = _respond(ask, material, sections, context)
    whole = replace(
        _by_model(decision, plan, material),
        urgency=plan.urgency,
        withheld=(*decision.withheld, *suggested.refused),
    )
    visibility = material.rule.visibility
    digest = digest_of({"visibility": visibility.kind, "markdown": decision.response})
    return Answered(whole, answer_digest=digest)


def answer_without_model(rules: Answered, why: str) -> Answered:
    """The rules' answer, saying why a model that was allowed to could not help."""
    *others, last = rules.decision.actions
    words = "\n\n".join((str(last.params["markdown"]), why))
    said = replace(last, params={**last.params, "markdown": words})
    decision = replace(
        rules.decision, response=f"{rules.decision.response}\n\n{why}", actions=(*others, said)
    )
    return replace(rules, decision=decision)


def unsure_answer(rules: Answered, plan: ModelPlan, material: ModelMaterial) -> Answered:
    """The short question a rule asks back, because the model was not sure enough to be told."""
    decision = _by_model(rules.decision, plan, material)
    return Answered(replace(decision, reason=Reason.MODEL_UNSURE), rules.answer_digest)


def _by_model(decision: Decision, plan: ModelPlan, material: ModelMaterial) -> Decision:
    return replace(
        decision,
        decided_by=DecidedBy.MODEL,
        confidence=plan.confidence,
        cost_usd=material.cost_usd,
        reasoning=redact_text(plan.reasoning)[:_REASONING_CHARS],
        model=material.use,
        read_outsiders=material.read_outsiders,
    )


def _said(plan: ModelPlan, material: ModelMaterial, ask: Ask) -> list[Section]:
    """The model's words, escaped line by line, with every item it was shown as a source.

    Shape: what looks like a credential is masked, wherever the model had it from.
    """
    words = redact_text(plan.response)
    lines = tuple(_line(raw) for raw in words.splitlines() if raw.strip())[:_LINES]
    if not lines:
        return []
    own = material.told.get(ask.work_item) if ask.work_item is not None else None
    looked_at = frozenset({Part.ITEM, Part.LINKS, Part.COMMENTS, Part.HISTORY, Part.SPRINT})
    others = [
        Section(reason=Reason.MODEL_ANSWERED, told=told, looked_at=frozenset({Part.ITEM}))
        for key, told in material.told.items()
        if key != ask.work_item
    ]
    first = Section(reason=Reason.MODEL_ANSWERED, lines=lines, told=own, looked_at=looked_at)
    return [first, *others]


def _line(raw: str) -> str:
    text = raw.strip()
    for bullet in _BULLETS:
        if text.startswith(bullet):
            return f"- {shown(text.removeprefix(bullet), _LINE_CHARS)}"
    return shown(text, _LINE_CHARS)


def _changes(
    intents: Sequence[Intent],
    ask: Ask,
    material: ModelMaterial,
    facts: Mapping[WorkItemKey, Facts],
    context: AnswerContext,
) -> tuple[Section, ...]:
    if not intents:
        return ()
    return write_sections(
        Material(
            ask=ask,
            connection_id=context.connection_id,
            trackers=context.trackers,
            plan=plan_intents(replace(ask, intents=tuple(intents))),
            facts=facts,
            told={**_tellable(ask, facts, material.rule), **material.told},
        )
    )


def _tellable(
    ask: Ask, facts: Mapping[WorkItemKey, Facts], rule: ReplyRule
) -> Mapping[WorkItemKey, Told]:
    return (tellable_items if ask.place is None else tellable_in_chat)(ask, facts, rule)


def _respond(
    ask: Ask, material: ModelMaterial, sections: Sequence[Section], context: AnswerContext
) -> Decision:
    notes = (*notes_of(ask, context, answer_wording(ask, context)), catalogue.MODEL_NOTE)
    reply = compose(sections, notes=notes, own_key=ask.work_item)
    rule, connection_id = material.rule, context.connection_id
    actions = [action for section in sections for action in section.actions]
    if reply.markdown and ask.place is not None:
        placement = place_answer(
            ask.place,
            connector=context.connector,
            asker=ask.asker.account_id,
            privacy=Privacy.AS_ASKED,
        )
        actions.append(message_action(ask, reply, placement, connection_id=connection_id))
    elif reply.markdown:
        named = items_named(sections, reply, own_key=ask.item)
        actions.append(
            comment_action(ask, reply, rule=rule, connection_id=connection_id, named=named)
        )
    return Decision(
        verdict=Verdict.RESPOND,
        reason=reason_of(sections),
        audience=rule.audience,
        response=reply.markdown,
        sources=reply.sources,
        actions=tuple(actions),
        withheld=withheld_of(sections),
    )
