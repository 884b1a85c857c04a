"""Reviewers, approvals and pipelines as actions."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from chargehand.connectors.bitbucket.accounts import BotFinder
from chargehand.connectors.bitbucket.comment_actions import (
    BASE_CHANGED,
    SETTLE_MARGIN_S,
    is_same_commit,
    refusal_by,
)
from chargehand.connectors.bitbucket.config import BitbucketConfig
from chargehand.connectors.bitbucket.dialect import Dialect, Pipeline
from chargehand.connectors.bitbucket.params import (
    RUN_VARIABLE,
    read_judgement_base,
    read_judgement_params,
    read_no_base,
    read_pipeline_params,
    read_pull_request,
    read_repository,
    read_reviewers_base,
    read_reviewers_params,
    read_stop_params,
)
from chargehand.connectors.bitbucket.seen import SeenPullRequest
from chargehand.connectors.bitbucket.transport import BitbucketTransport, decode_object
from chargehand.domain.action import (
    ActionKind,
    ActionResult,
    ApprovedAction,
    Done,
    Refused,
)
from chargehand.domain.code import PullRequestRef, ReviewState
from chargehand.domain.diff import Diff
from chargehand.domain.ids import AccountId
from chargehand.plugins.connector import LookUp, LookUpState, PastEffect, SentAction
from chargehand.plugins.diff_fields import read_diff
from chargehand.plugins.outcomes import VENDOR_FAILURES, outcome_of_send

BOT_UNKNOWN: Final = "bot_account_unknown"
PULL_REQUEST_CLOSED: Final = "pull_request_closed"
PIPELINE_MISSING: Final = "pipeline_missing"
_CLOCK_MARGIN: Final = timedelta(minutes=5)
_NO_BOT: Final = (
    "Bitbucket does not tell the account of an access token; set account_id in chargehand.toml"
)


@dataclass(frozen=True, slots=True)
class OtherActions:
    """Sets reviewers and approvals, runs and stops pipelines; raises as `CommentActions`."""

    config: BitbucketConfig
    transport: BitbucketTransport
    dialect: Dialect
    bot: BotFinder

    async def change_reviewers(self, action: ApprovedAction) -> ActionResult:
        """The reviewers are there afterwards, or gone, whoever else came meanwhile."""
        params = read_reviewers_params(action.params)
        read_reviewers_base(action.base)
        ref = read_pull_request(action.target)
        now = await self.dialect.pull_request(ref)
        if not now.is_open:
            return Refused(PULL_REQUEST_CLOSED, f"{ref} is {now.state.value}")
        # What takes back is not held up by what was pushed since.
        diff = read_diff(action.base) if action.kind is ActionKind.BITBUCKET_ADD_REVIEWERS else None
        if (outdated := refusal_by(now, ref, diff)) is not None:
            return outdated
        add, remove = _wanted_change(action, params.account_ids, now)
        if not add and not remove:
            return Done(str(ref), now.url, {"already": True})
        for call in await self.dialect.change_reviewers(ref, now, add=add, remove=remove):
            try:
                await self.transport.write(call)
            except VENDOR_FAILURES as error:
                return outcome_of_send(error, settle_s=self._settle_s)
        return Done(str(ref), now.url)

    async def look_up_reviewers(self, action: SentAction) -> LookUp:
        """Whether the reviewers are as the action wants them."""
        params, ref = read_reviewers_params(action.params), read_pull_request(action.target)
        now = await self.dialect.pull_request(ref)
        add, remove = _wanted_change(action, params.account_ids, now)
        if add or remove:
            return LookUp(LookUpState.ABSENT)
        return LookUp(LookUpState.FOUND, external_id=str(ref), url=now.url)

    async def judge(self, action: ApprovedAction) -> ActionResult:
        """The bot's approval is there afterwards, or gone, of the commit that was looked at."""
        params, ref = read_judgement_params(action.params), read_pull_request(action.target)
        diff = read_judgement_base(action.base)
        now = await self.dialect.pull_request(ref)
        is_approving = action.kind is ActionKind.BITBUCKET_APPROVE
        if not now.is_open:
            return Refused(PULL_REQUEST_CLOSED, f"{ref} is {now.state.value}")
        outdated = _refusal_of_other(now, ref, params.commit, diff)
        if is_approving and outdated is not None:
            return outdated
        bot = await self.bot.account()
        if bot is None:
            # Nobody could tell afterwards whether it is approved by the bot.
            return Refused(BOT_UNKNOWN, _NO_BOT)
        if _has_approved(now, bot) is is_approving:
            return Done(str(ref), now.url, {"already": True})
        call = self.dialect.approve(ref, bot) if is_approving else self.dialect.unapprove(ref, bot)
        try:
            await self.transport.write(call)
        except VENDOR_FAILURES as error:
            return outcome_of_send(error, settle_s=self._settle_s)
        return Done(str(ref), now.url)

    async def look_up_judgement(self, action: SentAction) -> LookUp:
        """Whether the bot's approval is as the action wants it."""
        ref, bot = read_pull_request(action.target), await self.bot.account()
        now = await self.dialect.pull_request(ref)
        if bot is None:
            return LookUp(LookUpState.UNSURE, reason=_NO_BOT)
        if _has_approved(now, bot) is not (action.kind is ActionKind.BITBUCKET_APPROVE):
            return LookUp(LookUpState.ABSENT)
        return LookUp(LookUpState.FOUND, external_id=str(ref), url=now.url)

    async def run_pipeline(self, action: ApprovedAction) -> ActionResult:
        """A run begins that carries the action's id."""
        params, repository = read_pipeline_params(action.params), read_repository(action.target)
        read_no_base(action.base)
        call = self.dialect.run_pipeline(repository, params, action.action_id)
        try:
            body = await self.transport.write(call)
            run = self.dialect.read_pipeline(decode_object(body, operation=call.operation))
        except VENDOR_FAILURES as error:
            return outcome_of_send(error, settle_s=self._settle_s)
        return _begun(run) if run is not None else Done("", "")

    async def look_up_run(self, action: SentAction, past: PastEffect) -> LookUp:
        """Whether a run with this action's id began; no other run is ever taken for it."""
        repository = read_repository(action.target)
        since = past.intended_at - _CLOCK_MARGIN
        for run in await self.dialect.pipelines_since(repository, since):
            # Lists may leave the variables out.
            whole = run if run.variables else await self.dialect.pipeline(repository, run.uuid)
            if whole is not None and whole.variables.get(RUN_VARIABLE) == action.action_id:
                return LookUp(LookUpState.FOUND, external_id=whole.uuid, url=whole.url)
        return LookUp(LookUpState.ABSENT)

    async def stop_pipeline(self, action: ApprovedAction) -> ActionResult:
        """A run is over afterwards."""
        params, repository = read_stop_params(action.params), read_repository(action.target)
        read_no_base(action.base)
        run = await self.dialect.pipeline(repository, params.pipeline_uuid)
        if run is None:
            return Refused(PIPELINE_MISSING, f"{repository} has no run {params.pipeline_uuid}")
        if run.is_over:
            return Done(run.uuid, run.url, {"already": True})
        try:
            await self.transport.write(self.dialect.stop_pipeline(repository, run.uuid))
        except VENDOR_FAILURES as error:
            return outcome_of_send(error, settle_s=self._settle_s)
        return Done(run.uuid, run.url)

    async def look_up_stop(self, action: SentAction) -> LookUp:
        """Whether a run is over."""
        params, repository = read_stop_params(action.params), read_repository(action.target)
        run = await self.dialect.pipeline(repository, params.pipeline_uuid)
        if run is None or not run.is_over:
            return LookUp(LookUpState.ABSENT)
        return LookUp(LookUpState.FOUND, external_id=run.uuid, url=run.url)

    @property
    def _settle_s(self) -> float:
        return self.config.request_timeout_s + SETTLE_MARGIN_S


def _refusal_of_other(
    now: SeenPullRequest, ref: PullRequestRef, commit: str, diff: Diff | None
) -> Refused | None:
    """The refusal of approving what is not what was looked at."""
    if not is_same_commit(now.head_commit, commit):
        detail = f"{ref} is at {now.head_commit or 'no commit'}, not at {commit}"
        return Refused(BASE_CHANGED, detail)
    return refusal_by(now, ref, diff)


def _wanted_change(
    action: ApprovedAction | SentAction, accounts: tuple[AccountId, ...], now: SeenPullRequest
) -> tuple[list[AccountId], list[AccountId]]:
    """Who has to come, and who has to go."""
    there = {account.id for account, _ in now.reviewers}
    if action.kind is ActionKind.BITBUCKET_ADD_REVIEWERS:
        return [one for one in accounts if one not in there], []
    return [], [one for one in accounts if one in there]


def _has_approved(now: SeenPullRequest, bot: AccountId) -> bool:
    return any(
        account.id == bot and state is ReviewState.APPROVED for account, state in now.reviewers
    )


def _begun(run: Pipeline) -> Done:
    return Done(run.uuid, run.url, {"number": run.number})
