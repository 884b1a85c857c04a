"""Tries a connection for real and says, check by check, what works and how to mend the rest."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from chargehand.connectors.jira.answers import (
    CommentPageAnswer,
    PermissionsAnswer,
    ProjectAnswer,
)
from chargehand.connectors.jira.config import JiraConfig
from chargehand.connectors.jira.dialect import Dialect, Place, Search
from chargehand.connectors.jira.errors import JiraConfigWrong
from chargehand.connectors.jira.jql import quoted
from chargehand.connectors.jira.queries import PERMISSIONS
from chargehand.connectors.jira.site import MENDS, OR_DATA_CENTER, TITLES, ask_site
from chargehand.connectors.jira.transport import Call, JiraTransport, path_of
from chargehand.domain.errors import ChargehandError
from chargehand.domain.ids import AccountId
from chargehand.plugins.connector import BotIdentity, Check, CheckState
from chargehand.plugins.errors import PermissionMissing, RequestRefused, TargetMissing
from chargehand.plugins.outcomes import VENDOR_FAILURES

_SITE, _SIGN_IN, _RIGHTS = "site", "sign-in", "rights of other people"
_COMMENTS, _CLOCK = "comments", "clock"
_SERVICE_PROJECT = "service_desk"
_NEEDED = ("BROWSE_PROJECTS", "ADD_COMMENTS")
_USEFUL = (
    "TRANSITION_ISSUES",
    "ASSIGN_ISSUES",
    "EDIT_ISSUES",
    "LINK_ISSUES",
    "SCHEDULE_ISSUES",
    "RESOLVE_ISSUES",
    "CREATE_ISSUES",
    "EDIT_OWN_COMMENTS",
    "DELETE_OWN_COMMENTS",
)
_FOR_SERVICE = ("SERVICEDESK_AGENT",)
_CLOCK_WARN_S, _CLOCK_FAIL_S = 30.0, 300.0


@dataclass(frozen=True, slots=True)
class ConnectionCheck:
    """Checks one connection; `identify` asks Jira anew who the bot is."""

    config: JiraConfig
    transport: JiraTransport
    dialect: Dialect
    identify: Callable[[], Awaitable[BotIdentity]]

    async def run(self) -> tuple[Check, ...]:
        """Every check, in the order they build on each other; never raises what Jira can cause."""
        site = await self._site()
        if site.state is CheckState.FAILED:
            return (site, *self._skipped(_SIGN_IN, reason="Jira did not answer"))
        sign_in, bot = await self._sign_in()
        if bot is None:
            return (site, sign_in, *self._skipped(reason="the sign-in does not work"))
        seen = await asyncio.gather(*(self._project(key) for key in self.config.projects))
        projects = [project for _, project in seen if project is not None]
        permissions = await asyncio.gather(*(self._permissions(project) for project in projects))
        return (
            site,
            sign_in,
            *(check for check, _ in seen),
            *permissions,
            await self._rights(projects, bot),
            await self._comments(projects),
            *self.dialect.standing_checks(),
            self._clock(),
        )

    async def _site(self) -> Check:
        try:
            found = await ask_site(self.transport, self.config)
        except VENDOR_FAILURES as error:
            failed = self._failed(_SITE, error)
            if not isinstance(error, TargetMissing):
                return failed
            return replace(failed, mend=f"{failed.mend} {OR_DATA_CENTER}")
        if found.deployment is self.config.deployment:
            return Check(_SITE, CheckState.PASSED, f"{self.config.site} answers")
        return Check(
            _SITE,
            CheckState.FAILED,
            f"{self.config.site} is {found.title}, and the settings say "
            f"{TITLES[self.config.deployment]}",
            MENDS[found.deployment],
        )

    async def _sign_in(self) -> tuple[Check, BotIdentity | None]:
        try:
            bot = await self.identify()
        except JiraConfigWrong as error:
            mend = "Correct the setting, or run `chargehand init` again."
            return Check(_SIGN_IN, CheckState.FAILED, str(error), mend), None
        except VENDOR_FAILURES as error:
            return self._failed(_SIGN_IN, error), None
        expected = self.config.bot_account_id
        if expected is not None and bot.account_id != expected:
            found = f"the token belongs to {bot.name} ({bot.account_id}), not to {expected}"
            mend = "Use the bot's own token, or correct the bot's account id in the settings."
            return Check(_SIGN_IN, CheckState.FAILED, found, mend), None
        found = f"signed in as {bot.name} ({bot.account_id})"
        return Check(_SIGN_IN, CheckState.PASSED, found), bot

    async def _project(self, key: str) -> tuple[Check, ProjectAnswer | None]:
        name = f"project {key}"
        call = Call("GET", path_of("project", key), "show the project", name)
        try:
            project = await self.transport.read(call, ProjectAnswer)
        except VENDOR_FAILURES as error:
            return self._failed(name, error), None
        kind = project.project_type_key or "unknown"
        return Check(name, CheckState.PASSED, f"{project.name}, a {kind} project"), project

    async def _permissions(self, project: ProjectAnswer) -> Check:
        name = f"permissions in {project.key}"
        is_service = project.project_type_key == _SERVICE_PROJECT
        asked = (*_NEEDED, *_USEFUL, *(_FOR_SERVICE if is_service else ()))
        query = {"projectKey": project.key, "permissions": ",".join(asked)}
        call = Call(
            "GET", path_of("mypermissions"), "tell the bot's permissions", name, query=query
        )
        try:
            answer = await self.transport.read(call, PermissionsAnswer)
        except VENDOR_FAILURES as error:
            return self._failed(name, error)
        granted = {key for key, found in answer.permissions.items() if found.have_permission}
        missing = [permission for permission in asked if permission not in granted]
        if not missing:
            return Check(name, CheckState.PASSED, "the bot has all it needs")
        is_stuck = any(permission in missing for permission in _NEEDED)
        return Check(
            name,
            CheckState.FAILED if is_stuck else CheckState.WARNED,
            f"the bot lacks {', '.join(missing)}",
            f"Give the bot these permissions in the permission scheme of {project.key}, "
            "usually by a project role.",
        )

    async def _rights(self, projects: Sequence[ProjectAnswer], bot: BotIdentity) -> Check:
        """Whether Jira tells the bot what somebody else may do: asked about a project's lead."""
        for project in projects:
            lead = None if project.lead is None else project.lead.account_id
            if lead and lead != bot.account_id and project.id.isdecimal():
                return await self._ask_rights(AccountId(lead), project)
        return _skip(_RIGHTS, "no project is led by anybody but the bot")

    async def _ask_rights(self, account_id: AccountId, project: ProjectAnswer) -> Check:
        place = Place(project.key, int(project.id), is_project=True)
        try:
            await self.dialect.granted(account_id, {place: sorted(PERMISSIONS.values())})
        except (PermissionMissing, RequestRefused) as error:
            return Check(
                _RIGHTS,
                CheckState.WARNED,
                f"{error} Changes people ask for are refused, answers are given",
                "Give the bot the global permission Administer Jira; "
                "Jira lets only administrators ask what somebody else may do.",
            )
        except VENDOR_FAILURES as error:
            return self._failed(_RIGHTS, error)
        return Check(_RIGHTS, CheckState.PASSED, "Jira tells the bot what people may do")

    async def _comments(self, projects: Sequence[ProjectAnswer]) -> Check:
        """Whether search and comments can be read, on the work item that changed last."""
        if not projects:
            return _skip(_COMMENTS, "no project can be seen")
        keys = ", ".join(quoted(project.key) for project in projects)
        jql = f"project in ({keys}) ORDER BY updated DESC"
        search = Search(jql, ("updated",), 1, "search for work items", "the projects")
        try:
            found = await self.dialect.search(search)
            if not found:
                return _skip(_COMMENTS, "there is no work item yet")
            key = found[0].key
            query = {"maxResults": 1}
            path = path_of("issue", key, "comment")
            call = Call("GET", path, "read comments", f"work item {key}", query=query)
            page = await self.transport.read(call, CommentPageAnswer)
        except VENDOR_FAILURES as error:
            return self._failed(_COMMENTS, error)
        return Check(_COMMENTS, CheckState.PASSED, f"{key} shows {page.total} of them")

    def _clock(self) -> Check:
        offset_s = self.transport.clock_offset_s
        if offset_s is None:
            return _skip(_CLOCK, "Jira's answers carried no time")
        side = "behind" if offset_s > 0 else "ahead of"
        found = f"this machine is {abs(offset_s):.0f} s {side} Jira"
        if abs(offset_s) <= _CLOCK_WARN_S:
            return Check(_CLOCK, CheckState.PASSED, found)
        state = CheckState.FAILED if abs(offset_s) > _CLOCK_FAIL_S else CheckState.WARNED
        return Check(_CLOCK, state, found, "Let this machine keep its time by NTP.")

    def _failed(self, name: str, error: ChargehandError) -> Check:
        return Check(name, CheckState.FAILED, str(error), self.dialect.mend_for(error))

    def _skipped(self, *names: str, reason: str) -> tuple[Check, ...]:
        projects = (f"project {key}" for key in self.config.projects)
        return tuple(_skip(name, reason) for name in (*names, *projects, _RIGHTS, _COMMENTS))


def _skip(name: str, reason: str) -> Check:
    return Check(name, CheckState.SKIPPED, f"not tried: {reason}")
