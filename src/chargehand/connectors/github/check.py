"""Tries a connection for real and says, check by check, what works and how to mend the rest."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from chargehand.connectors.github.answers import InstallationAnswer, RepositoryAnswer
from chargehand.connectors.github.api import GitHubAPI
from chargehand.connectors.github.errors import GitHubConfigWrong
from chargehand.connectors.github.hooks import HookKeeper
from chargehand.connectors.github.transport import Call, convert, path_of
from chargehand.domain.errors import ChargehandError
from chargehand.plugins.connector import BotIdentity, Check, CheckState
from chargehand.plugins.errors import (
    CredentialsRefused,
    PermissionMissing,
    TargetMissing,
    VendorUnreachable,
)
from chargehand.plugins.outcomes import VENDOR_FAILURES

_SIGN_IN, _RIGHTS, _REPOSITORIES, _CLOCK = "sign-in", "rights", "repositories", "clock"
_CLOCK_WARN_S: Final = 30.0
# What an App has to be granted, and for what.
_NEEDED: Final = {
    "issues": ("write", "comment and label"),
    "pull_requests": ("write", "review and comment"),
    "checks": ("read", "tell how checks stand"),
    "statuses": ("read", "tell how builds stand"),
    "contents": ("read", "hear of pushes"),
    "actions": ("write", "start and repeat workflows"),
    "metadata": ("read", "read repositories"),
}
_SCOPE: Final = "repo"


@dataclass(frozen=True, slots=True)
class ConnectionCheck:
    """Checks one connection; `identify` asks GitHub anew who the bot is."""

    api: GitHubAPI
    identify: Callable[[], Awaitable[BotIdentity]]
    hooks: HookKeeper

    async def run(self) -> tuple[Check, ...]:
        """Every check, in the order they build on each other; GitHub can cause no error."""
        repositories = self.api.config.repositories
        try:
            bot = await self.identify()
            rights = await self._rights()
        except (*VENDOR_FAILURES, GitHubConfigWrong) as error:
            skipped = [f"repository {one}" for one in repositories] or [_REPOSITORIES]
            return (
                Check(_SIGN_IN, CheckState.FAILED, str(error), _mend_for(error)),
                *(
                    Check(name, CheckState.SKIPPED, "not tried: the sign-in does not work")
                    for name in (_RIGHTS, *skipped)
                ),
            )
        found = f"signed in as {bot.name} ({bot.account_id})"
        checks = [Check(_SIGN_IN, CheckState.PASSED, found), rights]
        for repository in repositories:
            checks.append(await self._repository(repository))
            if self.api.config.webhook_url is not None and self.api.config.app is None:
                checks.append(await self._webhook(repository, self.api.config.webhook_url))
        if not repositories:
            checks.append(_no_repositories())
        return (*checks, self._clock())

    async def _rights(self) -> Check:
        app = self.api.config.app
        if app is None:
            return await self._scopes()
        path = path_of("app", "installations", app.installation_id)
        what = "read the App's installation"
        answer = await self.api.get_as_app(Call("GET", path, what, "the App's installation"))
        told = convert(answer.data, InstallationAnswer, operation=what)
        if told.suspended_at is not None:
            mend = "Unsuspend it under Settings, GitHub Apps, of the organization."
            return Check(_RIGHTS, CheckState.FAILED, "the App's installation is suspended", mend)
        ranks = ("", "read", "write", "admin")
        missing = [
            f"{name} ({right}), to {purpose}"
            for name, (right, purpose) in _NEEDED.items()
            if ranks.index(_known(told.permissions.get(name))) < ranks.index(right)
        ]
        if not missing:
            return Check(_RIGHTS, CheckState.PASSED, f"all {len(_NEEDED)} permissions are there")
        mend = "Grant them in the App's settings, and accept them in the organization."
        return Check(_RIGHTS, CheckState.WARNED, f"missing: {'; '.join(missing)}", mend)

    async def _scopes(self) -> Check:
        answer = await self.api.get(Call("GET", "/user", "tell the token's scopes"))
        if answer.scopes is None:
            found = "a fine-grained token; GitHub does not say what it may do"
            return Check(_RIGHTS, CheckState.PASSED, found)
        if _SCOPE in answer.scopes:
            return Check(_RIGHTS, CheckState.PASSED, f"the scope {_SCOPE} is there")
        mend = f"Make a token with the scope {_SCOPE}, or a fine-grained one."
        return Check(_RIGHTS, CheckState.FAILED, f"the token lacks the scope {_SCOPE}", mend)

    async def _repository(self, full_name: str) -> Check:
        name, what = f"repository {full_name}", "read a repository"
        try:
            answer = await self.api.get(Call("GET", path_of("repos", full_name), what, full_name))
            told = convert(answer.data, RepositoryAnswer, operation=what)
        except VENDOR_FAILURES as error:
            mend = "Correct the name in the settings, or let the bot into the repository."
            return Check(name, CheckState.FAILED, str(error), mend)
        if told.full_name.lower() != full_name.lower():
            mend = f"Put {told.full_name} into the settings: nothing is sent to the old name."
            return Check(name, CheckState.FAILED, f"it is called {told.full_name} now", mend)
        if told.archived:
            mend = "Unarchive it, or take it out of the settings."
            return Check(name, CheckState.WARNED, "it is archived, so nothing can be said", mend)
        kind = "private" if told.private else "public"
        if self.api.config.app is None and not told.permissions.get("push", False):
            mend = "Give the bot the role Write, or it can only comment."
            return Check(name, CheckState.WARNED, f"{kind}; the bot may only read", mend)
        return Check(name, CheckState.PASSED, kind)

    async def _webhook(self, repository: str, url: str) -> Check:
        name = f"webhook of {repository}"
        mend = f"Register {url} under Settings, Webhooks, or run `chargehand connect github` again."
        try:
            hook = await self.hooks.find(repository, url)
        except (PermissionMissing, TargetMissing):
            found = "not tried: only an administrator of the repository can look"
            return Check(name, CheckState.SKIPPED, found)
        except VENDOR_FAILURES as error:
            return Check(name, CheckState.FAILED, str(error), _mend_for(error))
        if hook is None:
            return Check(name, CheckState.FAILED, "GitHub posts nothing to us", mend)
        if not hook.active:
            return Check(name, CheckState.FAILED, "it is switched off", mend)
        return Check(name, CheckState.PASSED, f"{len(hook.events)} kinds of events are posted")

    def _clock(self) -> Check:
        offset_s = self.api.transport.clock_offset_s
        if offset_s is None:
            return Check(_CLOCK, CheckState.SKIPPED, "not tried: GitHub's answers carried no time")
        side = "behind" if offset_s > 0 else "ahead of"
        found = f"this machine is {abs(offset_s):.0f} s {side} GitHub"
        state = CheckState.PASSED if abs(offset_s) <= _CLOCK_WARN_S else CheckState.WARNED
        mend = "" if state is CheckState.PASSED else "Let this machine keep its time by NTP."
        return Check(_CLOCK, state, found, mend)


def _known(right: str | None) -> str:
    return right if right in ("read", "write", "admin") else ""


def _no_repositories() -> Check:
    return Check(
        _REPOSITORIES,
        CheckState.WARNED,
        "no repository is bound to a project, so nothing is told anywhere",
        'Name them in the settings, such as repositories = { "acme/payments" = ["PAY"] }.',
    )


def _mend_for(error: ChargehandError) -> str:
    match error:
        case CredentialsRefused():
            return "Make a new token, or install the App again, and put the sign-in into .env."
        case VendorUnreachable():
            return "Look at this machine's network, its proxy and its certificates."
        case GitHubConfigWrong():
            return "Correct the setting."
        case _:
            return ""
