"""The control API of the fake: what people do, and what the app asked for; this machine only."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chargehand.domain.errors import ChargehandError
from chargehand.testing.github import people
from chargehand.testing.github.refusals import GitHubRefused
from chargehand.testing.github.releases import draft_release, publish_release
from chargehand.testing.github.sending import Sending, Target
from chargehand.testing.github.state import ChangedFile, Repository, Workflow
from chargehand.testing.jira.failures import Failure

if TYPE_CHECKING:
    from chargehand.testing.github.app import Desk

Fields: TypeAlias = dict[str, Any]
Action: TypeAlias = "Callable[[Desk, Fields], Any]"
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "testclient"})


def control_routes(desk: "Desk") -> list[Route]:
    """Every route under /__fake__/."""
    return [
        Route(f"/__fake__/{path}", _through(desk, action), methods=[method])
        for method, path, action in _ACTIONS
    ]


def _through(desk: "Desk", action: Action) -> Callable[[Request], Awaitable[Response]]:
    async def respond(request: Request) -> Response:
        if request.client is not None and request.client.host not in _LOOPBACK:
            return _json(403, {"error": "The control API answers this machine only."})
        try:
            fields = json.loads(await request.body() or b"{}")
            if not isinstance(fields, dict):
                return _json(400, {"error": "The body must be a JSON object."})
            answer = action(desk, {**dict(request.query_params), **fields})
        except KeyError as error:
            return _json(400, {"error": f"The body lacks {error}."})
        except (GitHubRefused, ChargehandError, ValueError, TypeError) as error:
            return _json(400, {"error": str(error)})
        desk.save()
        return _json(200, answer)

    return respond


def _json(status: int, content: object) -> Response:
    return Response(msgspec.json.encode(content), status, media_type="application/json")


def _at(desk: "Desk", fields: Fields) -> Repository:
    return desk.site.repository(fields.pop("repository"))


def _requests(desk: "Desk", fields: Fields) -> Any:
    calls = desk.writes() if fields.get("writes") in {"1", "true"} else desk.calls()
    return {"count": len(calls), "requests": calls}


def _state(desk: "Desk", _fields: Fields) -> Any:
    return desk.site.state


def _add_repository(desk: "Desk", fields: Fields) -> Any:
    is_private = bool(fields.get("is_private", True))
    made = desk.site.add_repository(fields["full_name"], is_private=is_private)
    for login, permission in fields.get("permissions", {}).items():
        made.permissions[desk.site.account(login).login.lower()] = permission
    return made


def _rename(desk: "Desk", fields: Fields) -> Any:
    repository = _at(desk, fields)
    desk.site.rename(repository, fields["full_name"])
    return {"full_name": repository.full_name}


def _add_workflow(desk: "Desk", fields: Fields) -> Any:
    repository = _at(desk, fields)
    made = Workflow(desk.site.next_id(), fields.pop("path"), fields.pop("name"), **fields)
    repository.workflows.append(made)
    return made


def _open_issue(desk: "Desk", fields: Fields) -> Any:
    return people.open_issue(desk.site, _at(desk, fields), **fields)


def _open_pull(desk: "Desk", fields: Fields) -> Any:
    fields["reviewers"] = tuple(fields.get("reviewers", ()))
    fields["files"] = tuple(ChangedFile(**one) for one in fields.get("files", ()))
    return people.open_pull(desk.site, _at(desk, fields), **fields)


def _push(desk: "Desk", fields: Fields) -> Any:
    return {"commit": people.push(desk.site, _at(desk, fields), fields.pop("branch"), **fields)}


def _delete_branch(desk: "Desk", fields: Fields) -> Any:
    people.delete_branch(desk.site, _at(desk, fields), fields.pop("branch"), **fields)
    return {"ok": True}


def _push_tag(desk: "Desk", fields: Fields) -> Any:
    return {"commit": people.push_tag(desk.site, _at(desk, fields), fields.pop("tag"), **fields)}


def _delete_tag(desk: "Desk", fields: Fields) -> Any:
    people.delete_tag(desk.site, _at(desk, fields), fields.pop("tag"), **fields)
    return {"ok": True}


def _comment(desk: "Desk", fields: Fields) -> Any:
    repository, number = _at(desk, fields), int(fields.pop("number"))
    if "path" in fields or "in_reply_to" in fields:
        return people.comment_on_line(desk.site, repository, number, **fields)
    return people.comment_on(desk.site, repository, number, **fields)


def _edit(desk: "Desk", fields: Fields) -> Any:
    return people.edit_comment(desk.site, _at(desk, fields), int(fields.pop("id")), **fields)


def _delete(desk: "Desk", fields: Fields) -> Any:
    people.delete_comment(desk.site, _at(desk, fields), int(fields.pop("id")), **fields)
    return {"ok": True}


def _review(desk: "Desk", fields: Fields) -> Any:
    return people.review(desk.site, _at(desk, fields), int(fields.pop("number")), **fields)


def _close(desk: "Desk", fields: Fields) -> Any:
    return people.close(desk.site, _at(desk, fields), int(fields.pop("number")), **fields)


def _check(desk: "Desk", fields: Fields) -> Any:
    repository, commit = _at(desk, fields), fields.pop("commit")
    if "context" in fields:
        return people.report_status(desk.site, repository, commit, **fields)
    return people.complete_check(desk.site, repository, commit, **fields)


def _complete_run(desk: "Desk", fields: Fields) -> Any:
    return people.complete_run(desk.site, _at(desk, fields), int(fields.pop("id")), **fields)


def _release(desk: "Desk", fields: Fields) -> Any:
    repository = _at(desk, fields)
    made = draft_release(desk.site, repository, **fields)
    publish_release(desk.site, repository, made)
    return made


def _installation(desk: "Desk", fields: Fields) -> Any:
    people.remove_installation(desk.site, is_suspended=bool(fields.get("is_suspended", False)))
    return {"ok": True}


def _webhooks(desk: "Desk", _fields: Fields) -> Any:
    sender = desk.site.sender
    return {
        "targets": [one.url for one in sender.targets],
        "messages": [_shown(one) for one in sender.sendings],
    }


def _targets(desk: "Desk", fields: Fields) -> Any:
    sender = desk.site.sender
    sender.targets = tuple(Target(one["url"], one["secret"]) for one in fields.get("targets", ()))
    sender.is_silent = bool(fields.get("is_silent", False))
    return {"targets": [one.url for one in sender.targets], "is_silent": sender.is_silent}


def _resend(desk: "Desk", fields: Fields) -> Any:
    found = [one for one in desk.site.sender.sendings if one.id == fields["id"]]
    for one in found:
        desk.site.sender.send_again(one, int(fields.get("times", 1)))
    return {"found": len(found)}


def _fail(desk: "Desk", fields: Fields) -> Any:
    desk.failures.add(Failure(**fields))
    return {"pending": [asdict(one) for one in desk.failures.pending()]}


def _forget_failures(desk: "Desk", _fields: Fields) -> Any:
    desk.failures.clear()
    return {"pending": []}


def _shown(sending: Sending) -> Any:
    return {
        "id": sending.id,
        "event": sending.event,
        "url": sending.url,
        "attempts": sending.attempts,
        "payload": dict(sending.payload),
    }


_ACTIONS: Final[tuple[tuple[str, str, Action], ...]] = (
    ("GET", "requests", _requests),
    ("GET", "state", _state),
    ("POST", "repositories", _add_repository),
    ("POST", "repositories/rename", _rename),
    ("POST", "workflows", _add_workflow),
    ("POST", "issues", _open_issue),
    ("POST", "pulls", _open_pull),
    ("POST", "pushes", _push),
    ("POST", "branches/delete", _delete_branch),
    ("POST", "tags", _push_tag),
    ("DELETE", "tags", _delete_tag),
    ("POST", "comments", _comment),
    ("PUT", "comments", _edit),
    ("DELETE", "comments", _delete),
    ("POST", "reviews", _review),
    ("POST", "closings", _close),
    ("POST", "checks", _check),
    ("POST", "runs/complete", _complete_run),
    ("POST", "releases", _release),
    ("POST", "installation/remove", _installation),
    ("GET", "webhooks", _webhooks),
    ("PUT", "webhooks/targets", _targets),
    ("POST", "webhooks/resend", _resend),
    ("POST", "failures", _fail),
    ("DELETE", "failures", _forget_failures),
)
