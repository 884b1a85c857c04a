"""The control API of the fake: what people do, and what was asked for; this machine only."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chargehand.domain.errors import ChargehandError
from chargehand.testing.confluence.shapes import content_v1
from chargehand.testing.jira.failures import Failure

if TYPE_CHECKING:
    from chargehand.testing.confluence.fake import FakeConfluence

Fields: TypeAlias = dict[str, Any]
Action: TypeAlias = "Callable[[FakeConfluence, Request, Fields], Any]"
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "testclient"})


def control_routes(fake: "FakeConfluence") -> list[Route]:
    """Every route under /__fake__/."""
    routes: list[tuple[str, str, Action]] = [
        ("GET", "requests", _requests),
        ("GET", "contents", _contents),
        ("GET", "contents/{id}", _told),
        ("POST", "people", _add_person),
        ("POST", "spaces", _add_space),
        ("POST", "pages", _write_page),
        ("PUT", "pages/{id}", _edit_page),
        ("POST", "comments", _comment),
        ("PUT", "comments/{id}", _edit_comment),
        ("DELETE", "contents/{id}", _remove),
        ("POST", "failures", _fail),
        ("DELETE", "failures", _forget_failures),
    ]
    return [
        Route(f"/__fake__/{path}", _through(fake, action), methods=[method])
        for method, path, action in routes
    ]


def _through(fake: "FakeConfluence", action: Action) -> Callable[[Request], Awaitable[Response]]:
    async def respond(request: Request) -> Response:
        if request.client is not None and request.client.host not in _LOOPBACK:
            return _json(403, {"error": "The control API answers this machine only."})
        try:
            fields = json.loads(await request.body() or b"{}")
            if not isinstance(fields, dict):
                return _json(400, {"error": "The body must be a JSON object."})
            return _json(200, action(fake, request, fields))
        except KeyError as error:
            return _json(400, {"error": f"The body lacks {error}."})
        except (ChargehandError, ValueError, TypeError) as error:
            return _json(400, {"error": str(error)})

    return respond


def _requests(fake: "FakeConfluence", _request: Request, _fields: Fields) -> Any:
    return {"requests": fake.requests()}


def _contents(fake: "FakeConfluence", _request: Request, _fields: Fields) -> Any:
    return {"contents": [asdict(one) for one in fake.site.contents.values()]}


def _told(fake: "FakeConfluence", request: Request, _fields: Fields) -> Any:
    return content_v1(fake.site, fake.site.contents[request.path_params["id"]], fake.site_url)


def _add_person(fake: "FakeConfluence", _request: Request, fields: Fields) -> Any:
    return asdict(fake.site.add_person(fields.pop("name"), **fields))


def _add_space(fake: "FakeConfluence", _request: Request, fields: Fields) -> Any:
    by = fields.get("by") or fake.bot.account_id
    return asdict(fake.site.add_space(fields["key"], name=fields.get("name", ""), by=by))


def _write_page(fake: "FakeConfluence", _request: Request, fields: Fields) -> Any:
    space, title, storage = fields["space"], fields["title"], fields["storage"]
    return {"id": fake.site.write_page(space, title, storage, by=fields["by"]).id}


def _edit_page(fake: "FakeConfluence", request: Request, fields: Fields) -> Any:
    page_id = request.path_params["id"]
    page = fake.site.edit_page(page_id, fields["storage"], by=fields["by"])
    return {"id": page.id, "version": page.last.number}


def _comment(fake: "FakeConfluence", _request: Request, fields: Fields) -> Any:
    comment = fake.site.comment(
        fields["page"],
        fields["storage"],
        by=fields["by"],
        parent_id=fields.get("parent", ""),
        beside=fields.get("beside"),
    )
    return {"id": comment.id}


def _edit_comment(fake: "FakeConfluence", request: Request, fields: Fields) -> Any:
    comment_id = request.path_params["id"]
    return {"id": fake.site.edit_comment(comment_id, fields["storage"], by=fields["by"]).id}


def _remove(fake: "FakeConfluence", request: Request, _fields: Fields) -> Any:
    fake.site.remove(request.path_params["id"])
    return {}


def _fail(fake: "FakeConfluence", _request: Request, fields: Fields) -> Any:
    fake.failures.add(Failure(**fields))
    return {}


def _forget_failures(fake: "FakeConfluence", _request: Request, _fields: Fields) -> Any:
    fake.failures.clear()
    return {}


def _json(status: int, content: Any) -> Response:
    return Response(msgspec.json.encode(content), status, media_type="application/json")
