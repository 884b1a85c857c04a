"""The scripted models: both vendors' shapes, whole and streamed, in process and as a process."""

import json
import subprocess
import sys
from typing import Any

import httpx
import pytest

from chargehand.testing.models import CallTool, Fail, ModelContract, ModelScript, Say, serving

pytestmark = pytest.mark.anyio
ASK = [{"role": "user", "content": "well?"}]
BODIES: dict[str, dict[str, Any]] = {
    "/v1/messages": {"model": "claude-haiku-5-5", "max_tokens": 10, "messages": ASK},
    "/v1/chat/completions": {"model": "gpt-4o-mini", "max_tokens": 10, "messages": ASK},
}
TURNS = [Say("It waits for review, since Tuesday."), CallTool("look_up", {"key": "PAY-12"})]


@pytest.mark.contract
@pytest.mark.parametrize("path", BODIES)
async def test_answers_whole_and_streamed_are_as_documented(
    path: str, model_contract: ModelContract
) -> None:
    script = ModelScript([*TURNS, *TURNS, Fail(429)], contract=model_contract)
    async with serving(script) as url, httpx.AsyncClient(base_url=url) as client:
        whole = [await client.post(path, json=BODIES[path]) for _ in TURNS]
        streamed = [await client.post(path, json={**BODIES[path], "stream": True}) for _ in TURNS]
        refused = await client.post(path, json=BODIES[path])

    assert [one.status_code for one in (*whole, *streamed, refused)] == [200] * 4 + [429]
    assert "It waits for review" in whole[0].text
    assert "PAY-12" in whole[1].text
    assert all(one.headers["content-type"].startswith("text/event-stream") for one in streamed)


@pytest.mark.contract
@pytest.mark.parametrize("path", BODIES)
async def test_request_that_is_not_as_documented_is_refused_and_kept(
    path: str, loaded_model_contract: ModelContract
) -> None:
    script = ModelScript(otherwise=TURNS[0], contract=loaded_model_contract)
    wrong = {**BODIES[path], "max_tokenz": 10}
    async with serving(script) as url, httpx.AsyncClient(base_url=url) as client:
        answer = await client.post(path, json=wrong)

    broken, loaded_model_contract.broken = loaded_model_contract.broken, []
    assert answer.status_code == 400
    assert any("max_tokenz" in problem for problem in broken)


def test_process_says_where_it_is_and_takes_turns() -> None:
    command = [sys.executable, "-m", "chargehand.testing.models"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        with httpx.Client(base_url=url) as client:
            client.post("/__script__/turns", json=[{"say": "hello"}, {"fail": 503}])
            said = client.post("/v1/messages", json=BODIES["/v1/messages"])
            failed = client.post("/v1/messages", json=BODIES["/v1/messages"])
            last = client.post("/v1/messages", json=BODIES["/v1/messages"])
            heard = client.get("/__script__/requests").json()
        process.terminate()

    assert said.json()["content"][0]["text"] == "hello"
    assert failed.status_code == 503
    assert last.json()["content"][0]["name"] == "decide"
    assert [one["path"] for one in heard] == ["/v1/messages"] * 3
    assert process.returncode == 0
