import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import httpx
import pytest

from chargehand.domain.json import JSONObject
from chargehand.web.pages import ConnectionStatus, FrontStatus, prefers_html
from tests.web.fronts import NOW, SITE, Front

pytestmark = pytest.mark.anyio
BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
WORKING = ConnectionStatus(SITE, "jira", is_ok=True, found="Signed in.", last_delivery_at=NOW)
STATUS = FrontStatus(
    connections=(
        WORKING,
        replace(
            WORKING,
            is_ok=False,
            found="Jira refused the sign-in <401>.",
            last_delivery_at=NOW - timedelta(days=1),
        ),
    ),
    next_steps=("Run `chargehand doctor` & look.",),
)
DESCRIPTION: JSONObject = {
    "openapi": "3.1.0",
    "info": {"title": "chargehand", "version": "9.9.9", "description": "First.\n\nSecond."},
    "tags": [{"name": "events", "description": "What happened."}],
    "paths": {
        "/v1/events/{event_id}": {
            "get": {
                "summary": "Read one event",
                "tags": ["events"],
                "description": "Shows <b>one</b> event.",
                "parameters": [
                    {
                        "name": "event_id",
                        "in": "path",
                        "required": True,
                        "schema": {"type": "string"},
                        "description": "Which one.",
                    },
                    {"$ref": "#/components/parameters/Limit"},
                ],
                "responses": {
                    "200": {
                        "description": "The event.",
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Event"}}
                        },
                    }
                },
            },
            "post": {
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Event"}}
                    }
                },
                "responses": {},
            },
        }
    },
    "components": {
        "parameters": {"Limit": {"name": "limit", "in": "query", "schema": {"type": "integer"}}},
        "schemas": {
            "Event": {
                "required": ["kind"],
                "properties": {
                    "kind": {"enum": ["comment.created", "unsupported"]},
                    "mentions": {"type": "array", "items": {"type": "string"}},
                    "text": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                },
            }
        },
    },
}


class Outline(HTMLParser):
    """Collects the tags of a page and everything it would load."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.loaded += [value or "" for name, value in attrs if name in ("src", "srcset", "action")]
        if tag in ("link", "script", "img", "iframe", "object"):
            self.loaded.append(tag)


def outline(page: str) -> Outline:
    found = Outline()
    found.feed(page)
    return found


async def test_a_browser_gets_a_page(front: Front, client: httpx.AsyncClient) -> None:
    front.status = STATUS

    answer = await client.get("/", headers=BROWSER)

    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "Version 9.9.9." in answer.text
    assert "Last delivery: <time" in answer.text
    assert "Fri 2026-11-20 10:00:00 UTC" in re.sub(r"</?span[^>]*>", "", answer.text)
    assert "Run <code>chargehand doctor</code> &amp; look." in answer.text


@pytest.mark.parametrize(
    ("method", "path", "said"),
    [
        pytest.param("GET", "/nothing", "There is nothing at this address.", id="no-page"),
        pytest.param(
            "PUT", "/", "This address does not know PUT; it knows GET, HEAD.", id="method"
        ),
    ],
)
async def test_address_or_method_nobody_knows_is_a_sentence(
    client: httpx.AsyncClient, method: str, path: str, said: str
) -> None:
    answer = await client.request(method, path)

    assert answer.json()["detail"] == said


async def test_links_of_the_page_lead_on_below_a_proxy_s_path(client: httpx.AsyncClient) -> None:
    answer = await client.get("/", headers=BROWSER)

    assert re.findall('href="([^"]+)"', answer.text) == [
        "session",
        "docs",
        "health",
        "ready",
        "metrics",
    ]


async def test_what_others_wrote_is_escaped(front: Front, client: httpx.AsyncClient) -> None:
    front.status = STATUS

    answer = await client.get("/", headers=BROWSER)

    assert "sign-in &lt;401&gt;" in answer.text


async def test_a_front_without_connections_says_what_to_do(client: httpx.AsyncClient) -> None:
    answer = await client.get("/", headers=BROWSER)

    assert "chargehand init" in answer.text


async def test_a_program_gets_json(front: Front, client: httpx.AsyncClient) -> None:
    front.status = STATUS

    answer = await client.get("/")

    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["vary"] == "accept"
    found = answer.json()
    assert found["version"] == "9.9.9"
    assert found["last_delivery_at"] == NOW.isoformat()
    assert [one["ok"] for one in found["connections"]] == [True, False]


@pytest.mark.parametrize(
    ("accept", "is_html"),
    [
        ("text/html", True),
        ("text/html;q=0.5, application/json;q=0.4", True),
        ("application/json, text/html;q=0.9", False),
        ("*/*", False),
        ("", False),
        ("text/html;q=0", False),
        ("text/html;q=many", False),
        (BROWSER["accept"], True),
    ],
)
def test_html_is_given_to_those_who_prefer_it(accept: str, *, is_html: bool) -> None:
    assert prefers_html(accept) is is_html


@pytest.mark.parametrize("path", ["/", "/docs"])
async def test_pages_load_nothing_and_run_nothing(
    front: Front, client: httpx.AsyncClient, path: str
) -> None:
    front.status, front.description = STATUS, DESCRIPTION

    answer = await client.get(path, headers=BROWSER)

    assert outline(answer.text).loaded == []
    assert "script" not in outline(answer.text).tags
    assert not re.search(r"url\(|@import|//", answer.text.partition("</style>")[0])
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")


async def test_the_reference_shows_every_operation(front: Front, client: httpx.AsyncClient) -> None:
    front.description = DESCRIPTION

    text = (await client.get("/docs")).text

    assert "GET /v1/events/{event_id}" in text
    assert "POST /v1/events/{event_id}" in text
    assert "Shows &lt;b&gt;one&lt;/b&gt; event." in text
    assert "<code>limit</code>" in text
    assert "comment.created | unsupported" in text
    assert "list of string" in text
    assert "string | null" in text
    assert "POST /webhooks/{connector}/{connection}" in text


async def test_the_contents_lead_to_every_operation(
    front: Front, client: httpx.AsyncClient
) -> None:
    front.description = DESCRIPTION

    text = (await client.get("/docs")).text

    led_to = re.findall('href="#([^"]+)"', text)
    assert led_to == re.findall('<h2 id="([^"]+)"', text)
    assert led_to == ["get/v1/events/{event_id}", "post/v1/events/{event_id}"]
    assert "<td>Events</td><td>What happened.<br>" in text


async def test_the_reference_stands_without_a_description(client: httpx.AsyncClient) -> None:
    answer = await client.get("/docs")

    assert answer.status_code == 200
    assert "/webhooks/" in answer.text
