"""Where a team works besides its chat, and what else happens there; each room is one vendor's fake.

People act by the fake's control API, so every webhook has the shape its vendor gives it, and every
question the bot may answer really stands there.
"""

import random
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import msgspec
from fakes import Fake
from team_service import CONFLUENCE_SECRET

from chargehand.kit.signing import hmac_sha256_hex
from chargehand.testing.bitbucket.fake import REPOSITORY
from chargehand.testing.bitbucket.records import BOT_ACCOUNT as BITBUCKET_BOT
from chargehand.testing.confluence.fake import BOT_ACCOUNT as CONFLUENCE_BOT

_KEY: Final = re.compile(r"\bPAY-\d+\b")
_BESIDE_A_LINE: Final = 0.3
# Bodies without words, as Confluence itself posts them, among those a rule of automation posts.
_WORDLESS: Final = 0.3
Answers = Counter[tuple[str, str]]
Tell = Callable[[str, Mapping[str, str], bytes], None]


@dataclass(frozen=True, slots=True)
class Said:
    """A comment of a person; `where` is the conversation an answer to it belongs into."""

    id: str
    where: str
    place: str = ""


class Room(Protocol):
    """One vendor's part of a busy day."""

    name: str

    def say(self, text: str, key: str, *, to_bot: bool) -> Said:
        """Somebody comments."""
        ...

    def reword(self, said: Said, text: str, *, to_bot: bool) -> None:
        """Whoever commented says it otherwise."""
        ...

    def take_back(self, said: Said) -> None:
        """Whoever commented deletes it."""
        ...

    def happen(self, key: str) -> None:
        """Something else happens there."""
        ...

    def answers(self) -> Answers:
        """What the bot wrote there, by conversation and the work item it is about."""
        ...


class JiraRoom:
    """Work items; a question stands on the one it is about."""

    name = "jira"

    def __init__(self, site: Fake, people: Sequence[str], chance: random.Random) -> None:
        self._site, self._people, self._chance = site, people, chance
        self._bot = str(site.ready["account_id"])

    def say(self, text: str, key: str, *, to_bot: bool) -> Said:
        body = {
            "author": self._chance.choice(self._people),
            "body": self._worded(text, to_bot=to_bot),
        }
        made = self._site.order(f"issues/{key}/comments", body)
        return Said(str(made["comment"]["id"]), key)

    def reword(self, said: Said, text: str, *, to_bot: bool) -> None:
        self._site.order(
            f"comments/{said.id}", {"body": self._worded(text, to_bot=to_bot)}, method="PUT"
        )

    def take_back(self, said: Said) -> None:
        self._site.order(f"comments/{said.id}", {}, method="DELETE")

    def happen(self, key: str) -> None:
        author = self._chance.choice(self._people)
        if self._chance.choice(("edit", "assign")) == "edit":
            fields = {"labels": [f"seen-{self._chance.randrange(1_000)}"]}
            self._site.order(f"issues/{key}", {"author": author, "fields": fields}, method="PATCH")
        else:
            to = self._chance.choice((None, *self._people))
            self._site.order(f"issues/{key}/assignee", {"author": author, "to": to})

    def answers(self) -> Answers:
        threads: dict[str, dict[str, Any]] = self._site.ask("state")["threads"]
        return Counter(
            (key, key)
            for key, comments in threads.items()
            for one in comments.values()
            if one["author"] == self._bot
        )

    def _worded(self, text: str, *, to_bot: bool) -> str:
        return f"[~accountid:{self._bot}] {text}" if to_bot else text


class GitHubRoom:
    """Issues and pull requests of one repository."""

    name = "github"
    repository = "acme/payments"

    def __init__(self, host: Fake, chance: random.Random) -> None:
        self._host, self._chance = host, chance
        self._bot = str(host.ready["login"])
        self._people = ("Mei-Tanaka", "tom-berg")
        self._numbers, self._pulls, self._branches = [1, 2], [2], ["PAY-7-retry"]

    def say(self, text: str, key: str, *, to_bot: bool) -> Said:
        _ = key
        is_beside = self._chance.random() < _BESIDE_A_LINE
        number = self._chance.choice(self._pulls if is_beside else self._numbers)
        beside = {"path": "pay.py", "line": 3} if is_beside else {}
        made = self._order(
            "comments",
            number=number,
            author=self._somebody(),
            body=self._worded(text, to_bot=to_bot),
            **beside,
        )
        root = made.get("root") or made["id"]
        return Said(str(made["id"]), f"{number}/{root}" if is_beside else str(number))

    def reword(self, said: Said, text: str, *, to_bot: bool) -> None:
        self._order("comments", "PUT", id=int(said.id), body=self._worded(text, to_bot=to_bot))

    def take_back(self, said: Said) -> None:
        self._order("comments", "DELETE", id=int(said.id), deleter=self._somebody())

    def happen(self, key: str) -> None:
        what, author = _often(self._chance, pull=1, review=3, check=2, push=4), self._somebody()
        if what == "pull":
            branch = f"{key}-{self._chance.randrange(10**6)}"
            made = self._order("pulls", author=author, title=f"{key} Work", branch=branch)
            self._numbers.append(made["number"])
            self._pulls.append(made["number"])
            self._branches.append(branch)
        elif what == "review":
            number = self._chance.choice(self._pulls)
            self._order("reviews", number=number, author=author, state="APPROVED")
        elif what == "check":
            commit = f"{self._chance.randrange(10**9):040x}"
            self._order("checks", commit=commit, name="build", conclusion="success")
        else:
            self._order("pushes", branch=self._chance.choice(self._branches), author=author)

    def answers(self) -> Answers:
        found: Answers = Counter()
        for issue in self._host.ask("state")["repositories"][self.repository]["issues"].values():
            lines = issue["pull"]["line_comments"] if issue["pull"] else []
            for one in (*issue["comments"], *lines):
                if one["author"] == self._bot:
                    where = f"{issue['number']}/{one['root']}" if one["path"] else issue["number"]
                    found[str(where), key_in(one["body"])] += 1
        return found

    def _order(self, what: str, method: str = "POST", /, **fields: Any) -> Any:
        body = {"repository": self.repository, **fields}
        return self._host.order(what, body, method=method)

    def _worded(self, text: str, *, to_bot: bool) -> str:
        return f"@{self._bot} {text}" if to_bot else text

    def _somebody(self) -> str:
        return self._chance.choice(self._people)


class BitbucketRoom:
    """Pull requests of one repository."""

    name = "bitbucket"

    def __init__(self, host: Fake, chance: random.Random) -> None:
        self._host, self._chance = host, chance
        self._people = ("mei", "tom", "ana")
        self._numbers: list[int] = []
        self._open("PAY-7")

    def say(self, text: str, key: str, *, to_bot: bool) -> Said:
        _ = key
        number = self._any()
        beside = {"path": "pay.py", "line": 3} if self._chance.random() < _BESIDE_A_LINE else {}
        made = self._order(
            "comments",
            number=number,
            author=self._somebody(),
            text=_for_bitbucket(text, to_bot=to_bot),
            **beside,
        )
        return Said(str(made["id"]), f"{number}/{made['id']}", str(number))

    def reword(self, said: Said, text: str, *, to_bot: bool) -> None:
        number, text = int(said.place), _for_bitbucket(text, to_bot=to_bot)
        self._order("comments", "PUT", number=number, id=int(said.id), text=text)

    def take_back(self, said: Said) -> None:
        self._order("comments", "DELETE", number=int(said.place), id=int(said.id))

    def happen(self, key: str) -> None:
        what, number = _often(self._chance, pull=1, approval=3, update=2, push=4), self._any()
        if what == "pull":
            self._open(key)
        elif what == "approval":
            self._order("approvals", number=number, author=self._somebody())
        elif what == "update":
            self._order("pull_requests", "PUT", number=number, author=self._somebody())
        else:
            self._order("pushes", author=self._somebody(), branch="main", message=f"{key} Work")

    def answers(self) -> Answers:
        found: Answers = Counter()
        repository = self._host.ask("state")["repositories"][REPOSITORY]
        for number, request in repository["pull_requests"].items():
            for one in request["comments"].values():
                if one["author"] == "chargehand" and not one["is_deleted"]:
                    found[f"{number}/{one['parent']}", key_in(one["text"])] += 1
        return found

    def _any(self) -> int:
        return self._chance.choice(self._numbers)

    def _open(self, key: str) -> None:
        source = f"{key}-{self._chance.randrange(10**6)}"
        title = f"{key} Work"
        made = self._order("pull_requests", author=self._somebody(), title=title, source=source)
        self._numbers.append(made["number"])

    def _order(self, what: str, method: str = "POST", /, **fields: Any) -> Any:
        return self._host.order(what, {"repository": REPOSITORY, **fields}, method=method)

    def _somebody(self) -> str:
        return self._chance.choice(self._people)


class ConfluenceRoom:
    """Pages of one space; their webhooks are made here, since the fake posts none."""

    name = "confluence"

    def __init__(self, wiki: Fake, chance: random.Random, tell: Tell) -> None:
        self._wiki, self._chance, self._tell = wiki, chance, tell
        self._people = ("712020:ana", "712020:mei")
        self._pages = [str(wiki.ready["page"])]

    def say(self, text: str, key: str, *, to_bot: bool) -> Said:
        _ = key
        body = {"page": self._chance.choice(self._pages), "by": self._somebody()}
        made = self._wiki.order(
            "comments", {**body, "storage": _for_confluence(text, to_bot=to_bot)}
        )
        self._posted("comment_created", made["id"])
        return Said(made["id"], made["id"])

    def reword(self, said: Said, text: str, *, to_bot: bool) -> None:
        body = {"storage": _for_confluence(text, to_bot=to_bot), "by": self._somebody()}
        self._wiki.order(f"comments/{said.id}", body, method="PUT")
        self._posted("comment_updated", said.id)

    def take_back(self, said: Said) -> None:
        content = self._wiki.ask(f"contents/{said.id}")
        self._wiki.order(f"contents/{said.id}", {}, method="DELETE")
        self._post({"event": "comment_removed", "content": content})

    def happen(self, key: str) -> None:
        storage, by = f"<p>Of {key}, {self._chance.randrange(10**6)}.</p>", self._somebody()
        if _often(self._chance, page=1, edit=4) == "page":
            title = f"Notes {self._chance.randrange(10**9)}"
            page = {"space": "ENG", "title": title, "storage": storage, "by": by}
            made = self._wiki.order("pages", page)
            self._pages.append(made["id"])
            self._posted("page_created", made["id"])
        else:
            page_id = self._chance.choice(self._pages)
            self._wiki.order(f"pages/{page_id}", {"storage": storage, "by": by}, method="PUT")
            self._posted("page_updated", page_id)

    def answers(self) -> Answers:
        found: Answers = Counter()
        for one in self._wiki.ask("contents")["contents"]:
            if one["type"] == "comment" and one["versions"][0]["by"] == CONFLUENCE_BOT:
                found[one["parent_id"], key_in(one["versions"][-1]["storage"])] += 1
        return found

    def _posted(self, event: str, content_id: str) -> None:
        if self._chance.random() < _WORDLESS:
            kind = event.partition("_")[0]
            self._post({"webhookEvent": event, kind: {"id": content_id, "spaceKey": "ENG"}})
        else:
            content = self._wiki.ask(f"contents/{content_id}")
            self._post({"event": event, "content": content})

    def _post(self, payload: Mapping[str, Any]) -> None:
        body = msgspec.json.encode(payload)
        signature = f"sha256={hmac_sha256_hex(CONFLUENCE_SECRET.encode(), body)}"
        headers = {"Content-Type": "application/json", "X-Hub-Signature": signature}
        self._tell("/webhooks/confluence/confluence", headers, body)

    def _somebody(self) -> str:
        return self._chance.choice(self._people)


def key_in(text: str) -> str:
    """The first key a text names; empty without one."""
    found = _KEY.search(text)
    return found[0] if found else ""


def _often(chance: random.Random, **weights: int) -> str:
    """One of some things, each as often as its weight says."""
    return chance.choices(list(weights), weights=list(weights.values()))[0]


def _for_bitbucket(text: str, *, to_bot: bool) -> str:
    return f"@{{{BITBUCKET_BOT}}} {text}" if to_bot else text


def _for_confluence(text: str, *, to_bot: bool) -> str:
    mention = f'<ac:link><ri:user ri:account-id="{CONFLUENCE_BOT}" /></ac:link>'
    return f"<p>{mention} {text}</p>" if to_bot else f"<p>{text}</p>"
