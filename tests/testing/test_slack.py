"""The fake Slack as a process: Slack's own SDK talks to it, and checks what it posts."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier

pytestmark = pytest.mark.process

COMMAND = [sys.executable, "-m", "chargehand.testing.slack"]
PAY, RANDOM = "C0PAY0001", "C0RANDOM1"


class Workspace:
    """A running fake, its ready line, its control API, and what it posted to us."""

    def __init__(self, ready: dict[str, Any], received: "Queue[tuple[dict[str, str], bytes]]"):
        self.ready = ready
        self.received = received
        self.web = WebClient(token=ready["bot_token"], base_url=ready["api_url"] + "/")

    def control(self, method: str, path: str, **body: Any) -> Any:
        url = f"{self.ready['url']}/__fake__/{path}"
        return httpx.request(method, url, json=body, timeout=30).json()

    def told(self) -> tuple[dict[str, str], bytes]:
        return self.received.get(timeout=30)

    def told_of(self, ts: str) -> tuple[dict[str, str], bytes]:
        """What tells of a message; what others brought about before may still arrive."""
        while True:
            headers, body = self.told()
            if json.loads(body)["event"].get("ts") == ts:
                return headers, body


@pytest.fixture(scope="module")
def workspace() -> Iterator[Workspace]:
    received: Queue[tuple[dict[str, str], bytes]] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            received.put(({k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}/"
    command = [*COMMAND, "--webhook-url", url]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield Workspace(json.loads(process.stdout.readline()), received)
    finally:
        process.terminate()
        code = process.wait(timeout=60)
        process.stdout.close()
        server.shutdown()
        thread.join()
        server.server_close()
    assert code == 0


def test_slacks_own_sdk_works_in_the_workspace(workspace: Workspace) -> None:
    web = workspace.web
    me = web.auth_test()
    posted = web.chat_postMessage(
        channel=PAY,
        text="hello",
        blocks=[{"type": "section", "text": {"type": "mrkdwn", "text": "hello"}}],
        metadata={"event_type": "x", "event_payload": {"a": "b"}},
    )
    answer = web.chat_postMessage(channel=PAY, text="below", thread_ts=posted["ts"])
    web.chat_update(channel=PAY, ts=posted["ts"], text="hello again")
    web.reactions_add(channel=PAY, timestamp=posted["ts"], name="eyes")
    history = web.conversations_history(channel=PAY, include_all_metadata=True)
    replies = web.conversations_replies(channel=PAY, ts=posted["ts"])
    direct = web.conversations_open(users=workspace.control("GET", "state")["people"][1]["id"])

    assert (me["user_id"], me["team_id"]) == (
        workspace.ready["bot_user_id"],
        workspace.ready["team_id"],
    )
    (first,) = history["messages"]
    assert (first["text"], first["reply_count"]) == ("hello again", 1)
    assert first["metadata"]["event_payload"] == {"a": "b"}
    assert first["reactions"][0]["name"] == "eyes"
    assert [one["ts"] for one in replies["messages"]] == [posted["ts"], answer["ts"]]
    assert direct["channel"]["id"].startswith("D")
    assert web.users_lookupByEmail(email="MEI@example.com")["user"]["real_name"] == "Mei Tanaka"
    web.chat_delete(channel=PAY, ts=answer["ts"])
    web.chat_delete(channel=PAY, ts=posted["ts"])
    with pytest.raises(SlackApiError, match="not_in_channel"):
        web.chat_postMessage(channel=RANDOM, text="hello")
    with pytest.raises(SlackApiError, match="invalid_auth"):
        WebClient(token="xoxb-other", base_url=workspace.ready["api_url"] + "/").auth_test()


def test_what_people_do_is_told_signed(workspace: Workspace) -> None:
    verifier = SignatureVerifier(workspace.ready["signing_secret"])

    said = workspace.control(
        "POST", "messages", channel="pay", user="Mei Tanaka", text="<@U0CHARGEHAND> status PAY-7"
    )
    both = [workspace.told_of(said["ts"]) for _ in range(2)]
    workspace.control("POST", "commands", channel="pay", user="Mei Tanaka", text="help")
    command = workspace.told()
    sent = workspace.control("GET", "webhooks")["messages"][-2]
    workspace.control("POST", "webhooks/resend", id=sent["id"])
    again = workspace.told()

    for headers, body in (*both, command, again):
        assert verifier.is_valid_request(body, headers)
    events = [json.loads(body)["event"] for _, body in both]
    assert {event["type"] for event in events} == {"message", "app_mention"}
    assert {event["ts"] for event in events} == {said["ts"]}
    assert b"command=%2Fchargehand" in command[1]
    assert again[0]["x-slack-retry-num"] == "1"
    assert again[1] in {body for _, body in both}


def test_a_wrong_body_names_its_field(workspace: Workspace) -> None:
    assert workspace.control("POST", "messages", channel="pay", user="Nobody", text="x") == {
        "error": "user: nobody is called 'Nobody'"
    }
    assert workspace.control("POST", "messages", channel="pay") == {
        "error": "The body lacks 'user'."
    }
