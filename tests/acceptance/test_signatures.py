"""Scenario 6: who can not prove where a delivery comes from leaves nothing behind."""

import httpx
import pytest

from chargehand.kit.signing import hmac_sha256_hex
from chargehand.testing.jira.records import Comment
from tests.acceptance.conftest import OpenHouse
from tests.house import SECRET, House

pytestmark = pytest.mark.anyio
HEADER = "X-Hub-Signature"
OLD, NEW = SECRET, "the-new-signing-secret-of-the-tests"
MIB = 1024 * 1024


def signed(body: bytes, secret: str) -> dict[str, str]:
    return {HEADER: f"sha256={hmac_sha256_hex(secret.encode(), body)}"}


def stored(house: House) -> int:
    counts = house.stores.queue.counts()
    return counts.interactive + counts.bulk + counts.dispatched + counts.dead


async def webhook(house: House, comment: Comment, **changed: str) -> httpx.Response:
    headers, body = house.jira.webhook_request(comment, secret=OLD)
    kept = {name: value for name, value in headers.items() if name.lower() != HEADER.lower()}
    return await house.post({**kept, **changed}, body)


@pytest.mark.parametrize(
    ("header", "status", "code"),
    [
        pytest.param({}, 401, "signature_missing", id="missing"),
        pytest.param({HEADER: "sha256=" + "0" * 64}, 401, "signature_wrong", id="wrong"),
        pytest.param({HEADER: ""}, 400, "signature_malformed", id="empty"),
        pytest.param({HEADER: "sha1=" + "0" * 40}, 400, "signature_malformed", id="other-method"),
        pytest.param({HEADER: "sha256=xyz"}, 400, "signature_malformed", id="no-hex"),
        pytest.param({HEADER: "nonsense"}, 400, "signature_malformed", id="nonsense"),
    ],
)
async def test_unproved_delivery_is_refused_and_nothing_is_stored(
    house: House, header: dict[str, str], status: int, code: str
) -> None:
    comment = house.write("@bot status")

    response = await webhook(house, comment, **header)
    await house.settle()

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert stored(house) == 0
    assert house.events == ()


async def test_signature_of_another_body_is_refused(house: House) -> None:
    comment = house.write("@bot status")
    headers, body = house.jira.webhook_request(comment, secret=OLD)

    response = await house.post(headers, body.replace(b"status", b"assign"))

    assert response.json()["code"] == "signature_wrong"
    assert stored(house) == 0


class TestRotation:
    @pytest.mark.parametrize(
        ("active", "used", "status"),
        [
            pytest.param([OLD], OLD, 202, id="before"),
            pytest.param([NEW, OLD], OLD, 202, id="both-old"),
            pytest.param([NEW, OLD], NEW, 202, id="both-new"),
            pytest.param([NEW], NEW, 202, id="after"),
            pytest.param([NEW], OLD, 401, id="after-with-the-old-one"),
        ],
    )
    async def test_every_active_secret_proves_a_sender(
        self, open_another: OpenHouse, active: list[str], used: str, status: int
    ) -> None:
        async with open_another(connection={"webhook_secrets": active}) as house:
            comment = house.write("@bot status")
            headers, body = house.jira.webhook_request(comment, secret=used)

            response = await house.post(headers, body)

            assert response.status_code == status
            assert stored(house) == (status == 202)


@pytest.mark.parametrize(
    ("size_bytes", "status"),
    [
        pytest.param(5 * MIB, 202, id="at-the-cap"),
        pytest.param(5 * MIB + 1, 413, id="over-the-cap"),
        pytest.param(20 * MIB, 413, id="20-mb"),
    ],
)
async def test_body_over_the_cap_is_refused_unread(
    house: House, size_bytes: int, status: int
) -> None:
    body = b'{"a":"' + b"x" * (size_bytes - 8) + b'"}'

    response = await house.post(signed(body, SECRET), body)
    await house.settle()

    assert response.status_code == status
    assert stored(house) == (status == 202)


async def test_who_guesses_on_and_on_is_slowed_down_and_others_are_not(house: House) -> None:
    comment = house.write("@bot status")

    refused = [await webhook(house, comment, **{HEADER: "nonsense"}) for _ in range(200)]
    proved = await house.deliver(comment)

    assert {one.status_code for one in refused} == {400, 429}
    assert refused[-1].status_code == 429
    assert proved.response.status_code == 202
