"""Approving a pull request in the bot's name, at the commit that was looked at."""

from collections.abc import Mapping
from typing import Final

from chargehand.decisions import code_catalogue
from chargehand.decisions.answers.wish import said
from chargehand.decisions.markdown import escape_markdown, link
from chargehand.decisions.section import Section
from chargehand.decisions.told_code import AskedCode
from chargehand.domain.action import ActionKind, ProposedAction
from chargehand.domain.code import PullRequest, PullRequestState
from chargehand.domain.decision import Reason

_APPROVES: Final[Mapping[str, ActionKind]] = {
    "bitbucket": ActionKind.BITBUCKET_APPROVE,
    "github": ActionKind.GITHUB_APPROVE,
}


def approval_section(request: PullRequest, asked: AskedCode) -> Section:
    """The approval as an action, or one sentence why there is none."""
    ref = link(escape_markdown(str(request.ref)), request.url)
    kind = _APPROVES.get(asked.connector)
    if not asked.is_known:
        text = code_catalogue.ASKER_UNKNOWN_THERE.format(ref=ref)
        return said(Reason.WRITE_REFUSED_UNKNOWN_PERSON, text)
    if asked.is_askers:
        text = code_catalogue.OWN_PULL_REQUEST.format(ref=ref)
        return said(Reason.WRITE_REFUSED_NOT_POSSIBLE, text)
    if request.state is not PullRequestState.OPEN or request.is_draft:
        state = code_catalogue.PULL_REQUEST_STATES[request.state]
        shown = code_catalogue.DRAFT if request.state is PullRequestState.OPEN else state
        text = code_catalogue.NOT_TO_BE_APPROVED.format(ref=ref, state=shown)
        return said(Reason.WRITE_REFUSED_NOT_POSSIBLE, text)
    if kind is None or not request.head_commit:
        text = code_catalogue.NOT_APPROVABLE_HERE.format(ref=ref)
        return said(Reason.WRITE_REFUSED_NOT_POSSIBLE, text)
    action = ProposedAction(
        kind=kind,
        connection_id=asked.connection_id,
        project=asked.project,
        target=str(request.ref),
        params={"commit": request.head_commit},
        base={},
        preview="",
    )
    return Section(reason=Reason.WRITE_PROPOSED, actions=(action,))
