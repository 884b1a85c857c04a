"""The answer to one ask, made from facts alone: the same facts give the same answer.

Errors: FactsMissing (Fault) when the caller did not read what `fact_needs` named.
"""

from collections.abc import Mapping
from dataclasses import replace

from chargehand.decisions import catalogue
from chargehand.decisions.answer_context import AnswerContext, answer_wording
from chargehand.decisions.answer_writer import AnswerWriter
from chargehand.decisions.answered import Answer, Answered, NotYet, stay_silent
from chargehand.decisions.audience_rules import (
    Reach,
    ReplyRule,
    chat_rule,
    is_visibility_known,
    reply_rule,
    silent_decision,
    tellable_in_chat,
    tellable_items,
)
from chargehand.decisions.code_rules import with_code
from chargehand.decisions.needs import fact_needs, needs_an_item, tells_of_projects
from chargehand.decisions.placement import Privacy, place_answer
from chargehand.decisions.render import Material
from chargehand.decisions.reply import compose, message_action
from chargehand.decisions.section import Section
from chargehand.decisions.wishes import Plan, plan_intents
from chargehand.domain.ask import Ask
from chargehand.domain.audience import audience_of_place
from chargehand.domain.decision import Decision, Reason, Verdict
from chargehand.domain.errors import Fault
from chargehand.domain.event import EVERYONE, Place
from chargehand.domain.fact import Unknown, UnknownReason
from chargehand.domain.ids import WorkItemKey
from chargehand.domain.work_item import FactNeeds, Facts, WorkItem


class FactsMissing(Fault):
    """An answer was wanted before everything it needs had been read."""

    code = "facts_missing"
    template = "The facts of {work_item} have to be read before the ask is answered."


def answer(ask: Ask, facts: Mapping[WorkItemKey, Facts], context: AnswerContext) -> Answer:
    """What to reply and what to propose for this ask.

    Raises: FactsMissing when a work item named by `fact_needs` is not among the facts.
    """
    plan = plan_intents(ask)
    for need in fact_needs(plan.intents, ask):
        if need.work_item not in facts:
            raise FactsMissing(work_item=need.work_item)
        passing = _passing_unknown(need, facts[need.work_item])
        if passing is not None:
            return _not_yet(passing, need.work_item)
    if ask.place is not None:
        return _answer_in_chat(ask, ask.place, facts, plan, context)
    own = facts[ask.item].item
    if isinstance(own, Unknown):
        # A hidden item looks like a missing one; a plain no is about the bot and can be mended.
        is_mendable = own.reason is UnknownReason.NO_ACCESS
        unreadable = stay_silent(Reason.ITEM_NOT_READABLE, ask)
        return _not_yet(own, ask.item) if is_mendable else unreadable
    reason = _reason_for_silence(ask, own.value, plan)
    if reason is not None:
        return stay_silent(reason, ask)
    rule = reply_rule(ask, own.value)
    told = with_code(tellable_items(ask, facts, rule), context.code, ask)
    wording = answer_wording(ask, context)
    material = Material(
        ask=ask, connection_id=context.connection_id, plan=plan, facts=facts, told=told
    )
    answered = AnswerWriter(material=material, context=context, rule=rule, wording=wording).write()
    return replace(answered, is_open=_is_open(own.value, rule))


def _is_open(item: WorkItem, rule: ReplyRule) -> bool:
    """Whether everybody in the project may read what is said to this audience."""
    is_unrestricted = rule.visibility == EVERYONE and rule.reach is Reach.MEMBERS
    return is_unrestricted and item.security_level is None


def _answer_in_chat(
    ask: Ask,
    place: Place,
    facts: Mapping[WorkItemKey, Facts],
    plan: Plan,
    context: AnswerContext,
) -> Answered:
    if not plan.intents:
        return stay_silent(Reason.NOT_A_QUESTION_TO_US, ask)
    is_untold = needs_an_item if place.is_discussion else tells_of_projects
    if context.unserved is not None and any(is_untold(one) for one in plan.intents):
        return Answered(_hint(ask, place, context.unserved, context), answer_digest="")
    rule = chat_rule(ask, place)
    material = Material(
        ask=ask,
        connection_id=context.connection_id,
        trackers=context.trackers,
        plan=plan,
        facts=facts,
        told=with_code(tellable_in_chat(ask, facts, rule), context.code, ask),
    )
    wording = answer_wording(ask, context)
    return AnswerWriter(material=material, context=context, rule=rule, wording=wording).write()


def _hint(ask: Ask, place: Place, reason: Reason, context: AnswerContext) -> Decision:
    """One sentence where nothing of any project may be told; private wherever one can be alone."""
    if place.is_discussion and (place.is_outsider or reason is not Reason.OUTSIDE_AUDIENCE):
        return silent_decision(reason, ask.visibility)
    text = catalogue.PUBLIC_AUDIENCE if place.is_discussion else catalogue.HINTS[reason]
    section = Section(reason=reason, lines=(text,))
    reply = compose((section,), notes=(), own_key=None)
    placement = place_answer(
        place,
        connector=context.connector,
        asker=ask.asker.account_id,
        privacy=Privacy.ASKER_ONLY,
    )
    return Decision(
        verdict=Verdict.RESPOND,
        reason=reason,
        audience=audience_of_place(ask.connection_id, place),
        response=reply.markdown,
        actions=(message_action(ask, reply, placement, connection_id=context.connection_id),),
    )


def _not_yet(unknown: Unknown, key: WorkItemKey) -> NotYet:
    return NotYet(reason=unknown.reason, work_item=key, retry_after_s=unknown.retry_after_s)


def _reason_for_silence(ask: Ask, item: WorkItem, plan: Plan) -> Reason | None:
    if not plan.intents:
        return Reason.NOT_A_QUESTION_TO_US
    if item.project != ask.project:
        # The item was moved since it was asked about; its rules are now those of another project.
        return Reason.OTHER_PROJECT
    return None if is_visibility_known(ask.visibility) else Reason.WITHHELD_FOR_AUDIENCE


def _passing_unknown(need: FactNeeds, facts: Facts) -> Unknown | None:
    parts = [
        facts.item,
        *((facts.comments,) if need.comments else ()),
        *((facts.history,) if need.history else ()),
        *((facts.sprint,) if need.sprint else ()),
        *((facts.transitions,) if need.transitions else ()),
        *((facts.fields,) if need.fields else ()),
        *((facts.link_types,) if need.link_types else ()),
        *((facts.creation,) if need.creates else ()),
        *(facts.rights.get(right) for right in need.rights),
        *(facts.people.get(name) for name in need.people),
    ]
    passing = (one for one in parts if isinstance(one, Unknown) and one.is_passing)
    return next(passing, None)
