import asyncio
import gzip
from dataclasses import replace
from time import monotonic

import httpx
import pytest

from chargehand.connectors.jira.answers import UserAnswer
from chargehand.connectors.jira.transport import (
    ANSWER_LIMIT_BYTES,
    MAX_READ_ATTEMPTS,
    Call,
    JiraTransport,
    path_of,
)
from chargehand.domain.errors import ChargehandError
from chargehand.plugins.errors import (
    CredentialsRefused,
    PermissionMissing,
    RequestRefused,
    TargetMissing,
    VendorAnswerUnreadable,
    VendorBusy,
    VendorFailing,
    VendorUnreachable,
)
from chargehand.plugins.sending import writes_until
from chargehand.plugins.vendor_http import Access
from chargehand.plugins.vendor_line import Surroundings
from chargehand.testing.jira import FakeJira, seed_demo, serving
from tests.connectors.jira.client.wire import HANG, TOKEN, FixedClock, Rig, Wire, answer

pytestmark = pytest.mark.anyio

MYSELF = Call("GET", "/rest/api/3/myself", "tell who the bot is", "the bot's account")
COMMENT = Call(
    "POST", "/rest/api/3/issue/PAY-1/comment", "add a comment", "PAY-1", body={"body": {}}
)
BOT = {"accountId": "bot-1", "displayName": "Foreman"}
CUT = httpx.ReadError("connection reset by peer")
NO_ROUTE = httpx.ConnectError("name or service not known")


async def read(rig: Rig) -> UserAnswer:
    return await rig.transport().read(MYSELF, UserAnswer)


async def test_request_carries_sign_in_and_json():
    wire = Wire([answer(201, {"id": "1"})])

    await Rig(wire).transport().write(COMMENT)

    request = wire.requests[0]
    assert request.headers["authorization"].startswith("Basic ")
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"].startswith("chargehand/")
    assert request.content == b'{"body":{}}'


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(answer(408), id="408"),
        pytest.param(answer(502), id="502"),
        pytest.param(answer(503), id="503"),
        pytest.param(answer(504), id="504"),
        pytest.param(answer(429, retry_after="1"), id="429"),
        pytest.param(CUT, id="cut connection"),
        pytest.param(NO_ROUTE, id="no connection"),
        pytest.param(httpx.ReadTimeout("slow"), id="time-out"),
    ],
)
async def test_read_is_repeated_after_passing_failure(failure):
    rig = Rig(Wire([failure, failure, answer(200, BOT)]))

    user = await read(rig)

    assert user.account_id == "bot-1"
    assert len(rig.waits) == 2
    assert rig.waits[0] < rig.waits[1]


async def test_read_gives_up_after_a_bounded_number_of_attempts():
    rig = Rig(Wire([answer(503)]))

    with pytest.raises(VendorFailing) as caught:
        await read(rig)

    assert caught.value.fields["status"] == 503
    assert len(rig.seen) == MAX_READ_ATTEMPTS


@pytest.mark.parametrize(
    ("told", "waited_s"),
    [
        pytest.param({"retry_after": "7"}, 7.25, id="seconds"),
        pytest.param(
            {
                "retry_after": "Fri, 20 Nov 2026 09:30:09 GMT",
                "date": "Fri, 20 Nov 2026 09:30:00 GMT",
            },
            9.25,
            id="date",
        ),
    ],
)
async def test_read_waits_as_long_as_jira_asks(told, waited_s):
    rig = Rig(Wire([answer(429, **told), answer(200, BOT)]))

    await read(rig)

    assert rig.waits == [waited_s]


async def test_wait_longer_than_the_timeout_is_handed_to_the_caller():
    rig = Rig(Wire([answer(429, retry_after="60")]), timeout_s=20)

    with pytest.raises(VendorBusy) as caught:
        await read(rig)

    assert caught.value.retry_after_s == 60
    assert rig.waits == []


@pytest.mark.parametrize(
    "told",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"retry_after": "soon"}, id="a word"),
        pytest.param({"retry_after": "-5"}, id="negative"),
        pytest.param({"retry_after": "nan"}, id="no number"),
        pytest.param({"retry_after": "Fri, 20 Nov 2026 09:30:09 GMT"}, id="date without Date"),
    ],
)
async def test_senseless_retry_after_becomes_the_default(told):
    with pytest.raises(VendorBusy) as caught:
        await read(Rig(Wire([answer(429, **told)])))

    assert caught.value.retry_after_s == 30


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        pytest.param(401, CredentialsRefused, id="401"),
        pytest.param(403, PermissionMissing, id="403"),
        pytest.param(404, TargetMissing, id="404"),
        pytest.param(400, RequestRefused, id="400"),
        pytest.param(409, RequestRefused, id="409"),
        pytest.param(413, RequestRefused, id="413"),
        pytest.param(422, RequestRefused, id="422"),
        pytest.param(302, RequestRefused, id="redirect"),
        pytest.param(500, VendorFailing, id="500"),
    ],
)
async def test_refusal_becomes_the_shared_error_at_once(status, kind):
    rig = Rig(Wire([answer(status, {"errorMessages": ["No."]})]))

    with pytest.raises(kind):
        await read(rig)

    assert len(rig.seen) == 1
    assert rig.seen[0].status == status


async def test_service_unavailable_with_retry_after_is_busy():
    with pytest.raises(VendorBusy) as caught:
        await read(Rig(Wire([answer(503, retry_after="99")])))

    assert caught.value.fields["status"] == 503


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        pytest.param({"errorMessages": ["Bad JQL."], "errors": {}}, "Bad JQL.", id="platform"),
        pytest.param({"errors": {"labels": "too long"}}, "labels: too long", id="by field"),
        pytest.param({"errorMessage": "No request."}, "No request.", id="service desk"),
        pytest.param({"code": 400, "message": "scope"}, "scope", id="gateway"),
        pytest.param({"errorMessages": ["a\x1b[31m\u202eb"]}, "a [31m b", id="control characters"),
        pytest.param({"errorMessages": [f"token {TOKEN}"]}, "token ********", id="secret"),
        pytest.param([], "no reason was given", id="other shape"),
    ],
)
async def test_refusal_tells_jiras_words_without_harm(body, shown):
    with pytest.raises(RequestRefused) as caught:
        await read(Rig(Wire([answer(400, body)])))

    assert caught.value.fields["detail"] == shown


async def test_refusal_is_shortened():
    with pytest.raises(RequestRefused) as caught:
        await read(Rig(Wire([answer(400, {"errorMessages": ["x" * 5000]})])))

    assert len(str(caught.value.fields["detail"])) == 300


@pytest.mark.parametrize(
    "response",
    [
        pytest.param(httpx.Response(200, content=b"<html>Log in</html>"), id="page"),
        pytest.param(httpx.Response(200, content=b'{"accountId": "x"'), id="cut JSON"),
        pytest.param(answer(200, {"accountId": 7}), id="wrong type"),
        pytest.param(answer(200, [BOT]), id="list"),
        pytest.param(httpx.Response(200, content=b"[" * 200_000), id="deep"),
        pytest.param(
            httpx.Response(
                200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(b"x")
            ),
            id="broken compression",
        ),
    ],
)
async def test_unreadable_answer_is_a_fault(response):
    with pytest.raises(VendorAnswerUnreadable) as caught:
        await read(Rig(Wire([response])))

    assert "tell who the bot is" in str(caught.value)


async def test_half_a_surrogate_pair_does_not_spoil_the_answer():
    body = b'{"accountId": "bot-1", "displayName": "cut \\ud83d"}'

    user = await read(Rig(Wire([httpx.Response(200, content=body)])))

    assert user.display_name == "cut ?"


async def test_answer_too_large_is_cut_off():
    squeezed = gzip.compress(b" " * (ANSWER_LIMIT_BYTES + 1))
    stream = httpx.ByteStream(squeezed)
    response = httpx.Response(200, headers={"content-encoding": "gzip"}, stream=stream)

    with pytest.raises(VendorAnswerUnreadable, match="larger than 16 MiB"):
        await read(Rig(Wire([response])))


@pytest.mark.parametrize(
    ("failure", "may_have_landed"),
    [
        pytest.param(NO_ROUTE, False, id="no connection"),
        pytest.param(httpx.ConnectTimeout("slow"), False, id="connecting took too long"),
        pytest.param(httpx.PoolTimeout("full"), False, id="no free connection"),
        pytest.param(CUT, True, id="cut"),
        pytest.param(httpx.ReadTimeout("slow"), True, id="no answer"),
        pytest.param(httpx.WriteError("broken pipe"), True, id="cut while sending"),
        pytest.param(httpx.RemoteProtocolError("disconnected"), True, id="half an answer"),
        pytest.param(HANG, True, id="hang"),
    ],
)
async def test_lost_write_says_whether_it_may_have_landed(failure, may_have_landed):
    wire = Wire([failure])
    rig = Rig(wire, timeout_s=0.05)

    with pytest.raises(VendorUnreachable) as caught:
        await rig.transport().write(COMMENT)

    assert caught.value.may_have_landed is may_have_landed
    assert len(wire.requests) == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_write_is_sent_once(status):
    wire = Wire([answer(status, retry_after="0")])
    rig = Rig(wire)

    with pytest.raises(ChargehandError):
        await rig.transport().write(COMMENT)

    assert len(wire.requests) == 1
    assert rig.waits == []


async def test_hanging_read_ends_within_the_timeout():
    rig = Rig(Wire([HANG]), timeout_s=0.05)

    with pytest.raises(VendorUnreachable, match=r"within 0\.05 s"):
        await read(rig)

    assert [seen.status for seen in rig.seen] == [None]


async def test_observer_counts_every_attempt():
    rig = Rig(Wire([answer(502), answer(200, BOT), answer(201, {})]))
    transport = rig.transport()

    await transport.read(MYSELF, UserAnswer)
    await transport.write(COMMENT)

    counted = [(seen.access, seen.method, seen.operation, seen.status) for seen in rig.seen]
    assert counted == [
        (Access.READ, "GET", "tell who the bot is", 502),
        (Access.READ, "GET", "tell who the bot is", 200),
        (Access.WRITE, "POST", "add a comment", 201),
    ]


async def test_only_a_few_requests_are_under_way_at_once():
    under_way, most = 0, 0

    async def slow(request: httpx.Request) -> httpx.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return answer(200, BOT)

    transport = Rig(slow).transport()

    await asyncio.gather(*(transport.read(MYSELF, UserAnswer) for _ in range(30)))

    assert 1 < most <= 8


async def test_write_that_never_got_its_turn_has_not_landed():
    wire = Wire([answer(201, {})])
    transport = Rig(wire, timeout_s=0.05).transport()
    for _ in range(8):
        await transport._line.slots.acquire()

    with pytest.raises(VendorUnreachable) as caught:
        await transport.write(COMMENT)

    assert not caught.value.may_have_landed
    assert wire.requests == []


async def test_cookies_are_not_kept():
    wire = Wire([answer(200, BOT, set_cookie="session=abc; Path=/")])
    transport = Rig(wire).transport()

    await transport.read(MYSELF, UserAnswer)
    await transport.read(MYSELF, UserAnswer)

    assert "cookie" not in wire.requests[1].headers


async def test_token_is_in_no_error():
    echo = answer(400, {"errorMessages": [f"Authorization: Basic {TOKEN}", TOKEN]})

    with pytest.raises(RequestRefused) as caught:
        await read(Rig(Wire([echo])))

    assert TOKEN not in f"{caught.value} {caught.value!r} {caught.value.fields}"


async def test_clock_difference_is_taken_from_the_date_header():
    transport = Rig(Wire([answer(200, BOT, date="Fri, 20 Nov 2026 09:28:30 GMT")])).transport()

    await transport.read(MYSELF, UserAnswer)

    assert transport.clock_offset_s == -90


@pytest.mark.parametrize(
    ("segments", "path"),
    [
        pytest.param(("issue", "PAY-1"), "/rest/api/3/issue/PAY-1", id="plain"),
        pytest.param(("issue", "a/b?c#d"), "/rest/api/3/issue/a%2Fb%3Fc%23d", id="quoted"),
    ],
)
async def test_path_keeps_segments_apart(segments, path):
    assert path_of(*segments) == path


@pytest.mark.parametrize("segment", ["", ".", ".."])
async def test_path_refuses_to_climb(segment):
    with pytest.raises(TargetMissing):
        path_of("issue", segment, "comment")


async def test_closing_twice_is_harmless():
    transport = Rig(Wire([answer(200, BOT)])).transport()

    await transport.aclose()
    await transport.aclose()


async def test_write_whose_time_is_over_does_not_leave():
    """Over a real connection: only there is a moment right before the bytes go."""
    fake = FakeJira()
    seed_demo(fake)
    async with serving(fake) as url:
        transport = JiraTransport(
            replace(Rig(Wire([])).config, site=url), Surroundings(FixedClock())
        )
        with writes_until(monotonic()), pytest.raises(VendorUnreachable) as refused:
            await transport.write(COMMENT)
        late = len(fake.requests)
        with writes_until(monotonic() + 60), pytest.raises(CredentialsRefused):
            await transport.write(COMMENT)
        await transport.aclose()

    assert refused.value.may_have_landed
    assert late == 0
    assert len(fake.requests) == 1
