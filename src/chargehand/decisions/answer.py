"""The answer to one ask, made from facts alone: the same facts give the same answer.

Errors: FactsMissing (Fault) when the caller did not read what `fact_needs` named.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, TypeAlias

from chargehand.decisions import catalogue, code_catalogue
from chargehand.decisions.answers.pull_requests import pull_request_section
from chargehand.decisions.audience_rules import (
    Reach,
    ReplyRule,
    Told,
    chat_rule,
    is_item_tellable_in_chat,
    is_other_item_tellable,
    is_visibility_known,
    reply_rule,
    silent_decision,
    tell,
)
from chargehand.decisions.code_rules import with_code
from chargehand.decisions.dates import (
    DateWording,
    local_day,
    wording_for,
    wording_without_distances,
    wording_without_time,
)
from chargehand.decisions.markdown import escape_markdown, link
from chargehand.decisions.needs import fact_needs, needs_an_item, tells_of_projects
from chargehand.decisions.placement import Privacy, place_answer
from chargehand.decisions.ranking import confidence_of, reason_of, urgency_of
from chargehand.decisions.render import Material, render_sections
from chargehand.decisions.reply import (
    Reply,
    comment_action,
    compose,
    items_named,
    message_action,
    withheld_of,
)
from chargehand.decisions.section import Inquiry, Section, Talk
from chargehand.decisions.told_code import AskedCode, ItemCode, asked_key
from chargehand.decisions.updating import OwnComment, as_update, superseded
from chargehand.decisions.wishes import Plan, plan_intents
from chargehand.domain.action import ProposedAction
from chargehand.domain.ask import Ask, Repeat
from chargehand.domain.audience import audience_of_place
from chargehand.domain.decision import Decision, Reason, Source, Verdict
from chargehand.domain.errors import Fault
from chargehand.domain.event import EVERYONE, Place
from chargehand.domain.fact import Fact, Known, Unknown, UnknownReason
from chargehand.domain.ids import AccountId, ConnectionId, ProjectKey, WorkItemKey
from chargehand.domain.intent import Intent
from chargehand.domain.work_item import FactNeeds, Facts, WorkItem
from chargehand.kit.canonical import digest_of

REPEAT_WITHIN: Final = timedelta(minutes=15)
SAY_WHEN_ASKED_AFTER: Final = timedelta(minutes=10)


class FactsMissing(Fault):
    """An answer was wanted before everything it needs had been read."""

    code = "facts_missing"
    template = "The facts of {work_item} have to be read before the ask is answered."


@dataclass(frozen=True, slots=True)
class LastAnswer:
    """An earlier answer on the same work item.

    Shape: `answer_digest` is what `Answered` carried; `url` opens the comment and is empty while
    nobody can read it; `is_pointer` marks an answer that only pointed to an earlier one; `question`
    and `comment` are what `decisions.updating` needs, where answers may be updated.
    """

    answer_digest: str
    answered_at: datetime
    asker: AccountId | None
    url: str
    is_pointer: bool
    question: str = ""
    comment: OwnComment | None = None


class Sending(StrEnum):
    """When the words of an answer will be read."""

    AT_ONCE = "at_once"
    AFTER_APPROVAL = "after_approval"


@dataclass(frozen=True, slots=True)
class AnswerContext:
    """What an answer depends on besides the ask and its facts.

    Shape: `team_zone` is an IANA name, used when the asker's is not known; `commands` are pairs of
    usage and what it does, in the order to show; `last_answers` are those of the last 15 minutes
    on this work item, of the last day where `repeat` is update, in any order; `ask_comment_ids`
    are the comments on the asked items that were asks to the bot, which are not repeated as news;
    `sending` says whether the words must still be right when a person lets them through later;
    `connector` is where it was asked, and `trackers` where the work items of each project are
    changed, when it was asked in a chat; `unserved` says why nothing of any project may be told
    there, None where something may; `code` is what was read of the code of each work item,
    `asked_code` what was read for each question about pull requests, by `asked_key`.
    """

    now: datetime
    connection_id: ConnectionId
    team_zone: str
    bot_name: str
    commands: tuple[tuple[str, str], ...]
    connector: str = "jira"
    trackers: Mapping[ProjectKey, ConnectionId] = field(default_factory=dict)
    unserved: Reason | None = None
    code: Mapping[WorkItemKey, ItemCode] = field(default_factory=dict)
    asked_code: Mapping[str, AskedCode] = field(default_factory=dict)
    last_answers: tuple[LastAnswer, ...] = ()
    ask_comment_ids: frozenset[str] = frozenset()
    sending: Sending = Sending.AT_ONCE
    repeat: Repeat = Repeat.NEW


@dataclass(frozen=True, slots=True)
class Answered:
    """A decision, with what is to be remembered to recognise its repetition.

    Shape: `answer_digest` is empty when nothing is said; `is_open` says that everybody in the
    project may read all of it.
    """

    decision: Decision
    answer_digest: str
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class NotYet:
    """A needed fact can not be read now and may be read later; the caller tries again.

    Units: `retry_after_s` is how long the vendor asked us to wait, None when it said nothing.
    """

    reason: UnknownReason
    work_item: WorkItemKey
    retry_after_s: float | None = None


Answer: TypeAlias = Answered | NotYet


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
        unreadable = _stay_silent(Reason.ITEM_NOT_READABLE, ask)
        return _not_yet(own, ask.item) if is_mendable else unreadable
    reason = _reason_for_silence(ask, own.value, plan)
    if reason is not None:
        return _stay_silent(reason, ask)
    rule = reply_rule(ask, own.value)
    told = with_code(tellable_items(ask, facts, rule), context.code, ask)
    wording = answer_wording(ask, context)
    material = Material(
        ask=ask, connection_id=context.connection_id, plan=plan, facts=facts, told=told
    )
    answered = _Writer(material=material, context=context, rule=rule, wording=wording).write()
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
        return _stay_silent(Reason.NOT_A_QUESTION_TO_US, ask)
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
    return _Writer(material=material, context=context, rule=rule, wording=wording).write()


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


def answer_wording(ask: Ask, context: AnswerContext) -> DateWording:
    """How dates read in an answer to this ask."""
    wording = wording_for(ask.asker.time_zone, team_zone=context.team_zone, now=context.now)
    if context.sending is Sending.AFTER_APPROVAL:
        return wording_without_distances(wording)
    return wording


def notes_of(ask: Ask, context: AnswerContext, wording: DateWording) -> tuple[str, ...]:
    """When it was asked, where an answer is read long after that."""
    is_waiting = context.sending is Sending.AFTER_APPROVAL
    if not is_waiting and context.now - ask.asked_at <= SAY_WHEN_ASKED_AFTER:
        return ()
    return (catalogue.ASKED_ON.format(moment=wording.moment(ask.asked_at)),)


def _not_yet(unknown: Unknown, key: WorkItemKey) -> NotYet:
    return NotYet(reason=unknown.reason, work_item=key, retry_after_s=unknown.retry_after_s)


def _reason_for_silence(ask: Ask, item: WorkItem, plan: Plan) -> Reason | None:
    if not plan.intents:
        return Reason.NOT_A_QUESTION_TO_US
    if item.project != ask.project:
        # The item was moved since it was asked about; its rules are now those of another project.
        return Reason.OTHER_PROJECT
    return None if is_visibility_known(ask.visibility) else Reason.WITHHELD_FOR_AUDIENCE


def _stay_silent(reason: Reason, ask: Ask) -> Answered:
    return Answered(silent_decision(reason, ask.visibility), answer_digest="")


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


def tellable_items(
    ask: Ask, facts: Mapping[WorkItemKey, Facts], rule: ReplyRule
) -> dict[WorkItemKey, Told]:
    """What of everything read the readers of the answer may learn; the asked item is in it."""
    told = {}
    for key, read in facts.items():
        item: Known[WorkItem] = read.item
        if not isinstance(item, Fact):
            continue
        if key == ask.work_item or is_other_item_tellable(
            item.value, project=ask.project, rule=rule
        ):
            told[key] = tell(read, item, ask=ask, rule=rule)
    return told


def tellable_in_chat(
    ask: Ask, facts: Mapping[WorkItemKey, Facts], rule: ReplyRule
) -> dict[WorkItemKey, Told]:
    """What the readers of a channel may learn: open items of the projects it serves, no others.

    A work item that was moved is told of under the key it has now, if that project is served too.
    """
    told = {}
    for key, read in facts.items():
        item: Known[WorkItem] = read.item
        if isinstance(item, Fact) and is_item_tellable_in_chat(item.value, ask):
            told[key] = tell(read, item, ask=ask, rule=rule)
    return told


@dataclass(frozen=True, slots=True)
class _Worded:
    """The wording of one answer."""

    ask: Ask
    context: AnswerContext
    wording: DateWording

    def inquire(self, intent: Intent, told: Told) -> Inquiry:
        return Inquiry(
            intent=intent,
            told=told,
            wording=self.wording,
            now=self.context.now,
            quiet_comments=self.context.ask_comment_ids | {self.ask.comment_id},
        )

    def of_code(self, intent: Intent) -> Section:
        asked = self.context.asked_code.get(asked_key(intent.kind, intent.arguments), AskedCode())
        section = pull_request_section(intent, asked, self.wording)
        if not section.actions or self.ask.place is not None:
            return section
        # A chat tells of every change; in a ticket nobody would see what is changed elsewhere.
        refs = catalogue.listed_with_and([escape_markdown(one.target) for one in section.actions])
        text = code_catalogue.APPROVAL_PROPOSED.format(ref=refs)
        return replace(section, lines=(*section.lines, text))

    def talk(self, intent: Intent, key: WorkItemKey | None) -> Talk:
        return Talk(intent, key, self.context.commands, self.context.bot_name)


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes one answer down, once everything that may be told is known."""

    material: Material
    context: AnswerContext
    rule: ReplyRule
    wording: DateWording

    @property
    def ask(self) -> Ask:
        return self.material.ask

    def write(self) -> Answered:
        digest = self._digest()
        repeated = self._repeated(digest)
        return (self._repeat(repeated, digest) if repeated else None) or self._in_full(digest)

    def _in_full(self, digest: str) -> Answered:
        sections = self._sections(self.wording)
        own = self._superseded()
        moment = self.wording.moment(self.context.now)
        updated = (catalogue.UPDATED_ON.format(moment=moment),) if own is not None else ()
        notes = (*self._notes(), *updated)
        reply = compose(sections, notes=notes, own_key=self.ask.work_item)
        return Answered(self._decide(sections, reply, own), answer_digest=digest)

    def _superseded(self) -> OwnComment | None:
        context = self.context
        if context.repeat is not Repeat.UPDATE or self.ask.place is not None:
            return None
        newest = max(context.last_answers, key=lambda one: one.answered_at, default=None)
        return superseded(self.ask, newest)

    def _sections(self, wording: DateWording) -> tuple[Section, ...]:
        return render_sections(self.material, _Worded(self.ask, self.context, wording))

    def _notes(self) -> tuple[str, ...]:
        plan = self.material.plan
        notes = []
        if plan.asked_count > len(plan.intents):
            notes.append(
                catalogue.FIRST_FEW.format(count=plan.asked_count, taken=len(plan.intents))
            )
        return (*notes, *notes_of(self.ask, self.context, self.wording))

    def _digest(self) -> str:
        sections = self._sections(wording_without_time(self.wording))
        reply = compose(sections, notes=(), own_key=self.ask.work_item)
        visibility = self.rule.visibility
        return digest_of(
            {
                "intents": [
                    [one.kind, dict(one.arguments), one.work_item]
                    for one in self.material.plan.intents
                ],
                # An answer that other people can not read is no answer to them.
                "visibility": [visibility.kind, visibility.value, visibility.identifier],
                "markdown": reply.markdown,
                "more": reply.more,
            }
        )

    def _repeated(self, digest: str) -> tuple[LastAnswer, ...]:
        """The recent answers that said the same; none when the ask wants a change."""
        if any(intent.is_write for intent in self.material.plan.intents):
            return ()
        context = self.context
        same = tuple(
            one
            for one in context.last_answers
            if one.answer_digest == digest and context.now - one.answered_at < REPEAT_WITHIN
        )
        # A pointer does not make the answer it points to any younger.
        return same if any(not one.is_pointer for one in same) else ()

    def _repeat(self, repeated: tuple[LastAnswer, ...], digest: str) -> Answered | None:
        asker = self.ask.asker.account_id
        is_known_to_asker = asker is not None and any(one.asker == asker for one in repeated)
        if is_known_to_asker or any(one.is_pointer for one in repeated):
            return _stay_silent(Reason.UNCHANGED_SINCE_LAST_ANSWER, self.ask)
        readable = [one for one in repeated if one.url]
        if not readable:
            # The earlier answer waits for approval or was simulated: there is nothing to point to.
            return None
        return self._point(max(readable, key=lambda one: one.answered_at), digest)

    def _point(self, last: LastAnswer, digest: str) -> Answered:
        earlier = catalogue.MY_ANSWER.format(time=self.wording.time(last.answered_at))
        text = catalogue.NOTHING_CHANGED.format(answer=link(earlier, last.url))
        section = Section(reason=Reason.UNCHANGED_SINCE_LAST_ANSWER, lines=(text,))
        reply = compose((section,), notes=self._notes(), own_key=self.ask.work_item)
        reply = replace(reply, sources=(Source(label=earlier, url=last.url),))
        return Answered(self._decide((section,), reply), answer_digest=digest)

    def _decide(
        self, sections: tuple[Section, ...], reply: Reply, own: OwnComment | None = None
    ) -> Decision:
        actions = [action for section in sections for action in section.actions]
        if reply.markdown:
            comment, asks = self._comment(sections, reply), self.context.ask_comment_ids
            if own is not None:
                comment = as_update(comment, own, self.ask, asks=asks)
            actions.append(comment)
        return Decision(
            verdict=Verdict.RESPOND,
            reason=reason_of(sections),
            audience=self.rule.audience,
            confidence=confidence_of(self.material.plan.intents),
            urgency=urgency_of(sections, today=local_day(self.context.now, self.wording)),
            response=reply.markdown,
            sources=reply.sources,
            actions=tuple(actions),
            withheld=withheld_of(sections),
        )

    def _comment(self, sections: tuple[Section, ...], reply: Reply) -> ProposedAction:
        place = self.ask.place
        if place is not None:
            return message_action(
                self.ask,
                reply,
                place_answer(
                    place,
                    connector=self.context.connector,
                    asker=self.ask.asker.account_id,
                    privacy=Privacy.AS_ASKED,
                ),
                connection_id=self.context.connection_id,
            )
        return comment_action(
            self.ask,
            reply,
            rule=self.rule,
            connection_id=self.context.connection_id,
            named=items_named(sections, reply, own_key=self.ask.item),
        )
