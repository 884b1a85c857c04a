"""Writes one answer down once everything that may be told is known, or points to an earlier one."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from chargehand.decisions import catalogue, code_catalogue
from chargehand.decisions.answer_context import AnswerContext, LastAnswer, notes_of
from chargehand.decisions.answered import Answered, stay_silent
from chargehand.decisions.answers.pull_requests import pull_request_section
from chargehand.decisions.audience_rules import ReplyRule, Told
from chargehand.decisions.dates import DateWording, local_day, wording_without_time
from chargehand.decisions.markdown import escape_markdown, link
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
from chargehand.decisions.told_code import AskedCode, asked_key
from chargehand.decisions.updating import OwnComment, as_update, superseded
from chargehand.domain.action import ProposedAction
from chargehand.domain.ask import Ask, Repeat
from chargehand.domain.decision import Decision, Reason, Source, Verdict
from chargehand.domain.ids import WorkItemKey
from chargehand.domain.intent import Intent
from chargehand.kit.canonical import digest_of

REPEAT_WITHIN: Final = timedelta(minutes=15)


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
class AnswerWriter:
    """Writes one answer down, once everything that may be told is known."""

    material: Material
    context: AnswerContext
    rule: ReplyRule
    wording: DateWording

    @property
    def ask(self) -> Ask:
        """What is answered."""
        return self.material.ask

    def write(self) -> Answered:
        """The answer; where it says what was just said, where that stands, or silence."""
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
        if context.repeat is not Repeat.UPDATE:
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
            return stay_silent(Reason.UNCHANGED_SINCE_LAST_ANSWER, self.ask)
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
