"""The site's objects as Data Center's REST v2 writes them."""

import re
from dataclasses import dataclass
from typing import Any, Final

from chargehand.testing.jira.adf import adf_to_wiki
from chargehand.testing.jira.records import Comment, Person, Sprint
from chargehand.testing.jira.shapes import Shape, Shapes
from chargehand.testing.jira.state import State
from chargehand.testing.jira.wiki import wiki_to_adf

_NAMED: Final = re.compile(r"(?<!\\)\[~(?!accountid:)([^\[\]\s]+)\]")
_KEYED: Final = re.compile(r"\[~accountid:([^\[\]\s]+)\]")
# Nothing in these means anything, mentions neither.
_LITERAL: Final = re.compile(r"\{(noformat|code)(?::[^}]*)?\}.*?\{\1\}|\{\{.*?\}\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class DataCenterShapes(Shapes):
    """Writes people by key and name, texts in wiki markup, sprints as Java shows them."""

    api: str = "2"

    def document(self, text: str) -> Shape:
        """The ADF document for a text in which `[~name]` mentions a user."""
        return wiki_to_adf(with_keys(text, self.state), self.state.names())

    def description(self, document: Shape | None) -> Any:
        """A description in wiki markup."""
        return None if document is None else with_names(adf_to_wiki(document), self.state)

    def user(self, person: Person) -> Shape:
        """A user as others see it."""
        return {
            "self": self.link(f"user?username={person.username}"),
            "name": person.username,
            "key": person.account_id,
            "emailAddress": person.email,
            "avatarUrls": self.avatars("useravatar", person.account_id),
            "displayName": person.name,
            "active": person.active,
            "timeZone": person.time_zone,
        }

    def myself(self, person: Person) -> Shape:
        """A user as it sees itself."""
        return {
            **self.user(person),
            "locale": "en_US",
            "groups": {"size": len(person.groups), "items": []},
            "applicationRoles": {"size": 1, "items": []},
            "expand": "groups,applicationRoles",
        }

    def request_author(self, person: Person) -> Shape:
        """A user as the service desk shows it."""
        shown = ("name", "key", "emailAddress", "displayName", "active", "timeZone")
        user = self.user(person)
        return {name: user[name] for name in shown}

    def comment(self, comment: Comment) -> Shape:
        """A comment in wiki markup, which does not say whether customers read it."""
        shape = {**Shapes.comment(self, comment), "body": comment.wiki}
        del shape["jsdPublic"]
        if comment.visibility is not None:
            shape["visibility"].pop("identifier")
        return shape

    def sprint(self, sprint: Sprint) -> str:
        """A sprint in the words Java prints it with."""
        told = Shapes.sprint(self, sprint)
        parts = {
            "id": sprint.id,
            "rapidViewId": sprint.board_id,
            "state": sprint.state.upper(),
            "name": sprint.name,
            "startDate": told.get("startDate", "<null>"),
            "endDate": told.get("endDate", "<null>"),
            "completeDate": told.get("completeDate", "<null>"),
            "activatedDate": told.get("startDate", "<null>"),
            "sequence": sprint.id,
            "goal": sprint.goal,
        }
        listed = ",".join(f"{name}={value}" for name, value in parts.items())
        return f"com.atlassian.greenhopper.service.sprint.Sprint@5d1e2a[{listed}]"


def with_keys(text: str, state: State) -> str:
    """The text with the users it mentions by name named as the rest of the fake does."""
    keys = {p.username: p.account_id for p in state.people.values() if p.username}

    def keyed(found: re.Match[str]) -> str:
        key = keys.get(found[1].casefold())
        return found[0] if key is None else f"[~accountid:{key}]"

    literals = list(_LITERAL.finditer(text))
    parts, at = [], 0
    for literal in literals:
        parts += [_NAMED.sub(keyed, text[at : literal.start()]), literal[0]]
        at = literal.end()
    return "".join((*parts, _NAMED.sub(keyed, text[at:])))


def with_names(text: str, state: State) -> str:
    """The text with mentions as Data Center writes them."""

    def named(found: re.Match[str]) -> str:
        person = state.people.get(found[1])
        return found[0] if person is None else f"[~{person.username}]"

    return _KEYED.sub(named, text)
