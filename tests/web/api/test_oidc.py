"""Signing in by a provider: what it vouches for counts, and nothing that only looks like it."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
import pytest

from chargehand.domain.member import Role
from chargehand.pipeline.members import leave
from chargehand.pipeline.sign_in_links import link_sign_in, unlink_sign_in
from chargehand.testing.oidc import FakeOIDC
from tests.web.api.signing_in import EMAIL, Site
from tests.web.api.world import PAY, World, open_world

pytestmark = pytest.mark.anyio
ANA = {"sub": "ana-1", "email": EMAIL, "email_verified": True}
# Coming back is a link of another site.
FROM_PROVIDER = {"sec-fetch-site": "cross-site"}


@pytest.fixture
def world(migrated_folder: Path, tmp_path: Path) -> Iterator[World]:
    world = open_world(shutil.copytree(migrated_folder, tmp_path / "data"), is_migrated=True)
    yield world
    world.close()


@pytest.fixture
def fake(world: World) -> FakeOIDC:
    return FakeOIDC(world.clock, person=dict(ANA))


async def begin(browser: httpx.AsyncClient) -> str:
    """Press the button; where the browser is sent."""
    answer = await browser.get("/sign-in/oidc")
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def come_back(browser: httpx.AsyncClient, back: str) -> httpx.Response:
    split = urlsplit(back)
    return await browser.get(f"{split.path}?{split.query}", headers=FROM_PROVIDER)


async def through(browser: httpx.AsyncClient, fake: FakeOIDC, **answer: str) -> httpx.Response:
    return await come_back(browser, fake.visit(await begin(browser), **answer))


async def test_member_is_let_in_as_themselves_and_linked_once(world: World, fake: FakeOIDC) -> None:
    ana = world.member("Ana Ruiz", EMAIL, role=Role.APPROVER)
    site = Site(world, oidc=fake)
    app = site.app()

    async with site.browser(app) as browser:
        page = await browser.get("/sign-in")
        entered = await through(browser, fake)
        me = (await browser.get("/v1/me")).json()
    fake.person = {**ANA, "email": "renamed@example.com"}
    async with site.browser(app) as browser:
        await through(browser, fake)
        again = (await browser.get("/v1/me")).json()

    assert "Sign in with Acme" in page.text
    assert (entered.status_code, entered.headers["location"]) == (303, "../../session")
    assert me["name"] == again["name"] == f"member:{ana.id}"
    linked = world.database.read(lambda tx: tx.sign_in.accounts_of(ana.id))
    assert linked == ((fake.issuer, "ana-1"),)


async def test_account_that_an_operator_linked_is_let_in_until_it_is_unlinked(
    world: World, fake: FakeOIDC
) -> None:
    """As at Entra ID, which vouches for nobody's address."""
    ana = world.member("Ana Ruiz", EMAIL, role=Role.APPROVER)
    fake.person = {"sub": "entra-<1>", "email": EMAIL}
    site, now = Site(world, oidc=fake), world.clock.now()
    async with site.browser(site.app()) as browser:
        turned_away = await through(browser, fake)

        world.database.write(
            lambda tx: link_sign_in(tx, ana.id, fake.issuer, "entra-<1>", by="cli:op", now=now)
        )
        entered = await through(browser, fake)
        me = (await browser.get("/v1/me")).json()
        world.database.write(lambda tx: unlink_sign_in(tx, ana.id, by="cli:op", now=now))
        after = await browser.get("/v1/me")
        again = await through(browser, fake)

    assert turned_away.status_code == again.status_code == 400
    assert "tell them your account there: entra-&lt;1&gt;" in turned_away.text
    assert (entered.status_code, me["name"]) == (303, f"member:{ana.id}")
    assert after.status_code == 401


async def test_browser_is_sent_with_fresh_state_nonce_and_challenge(
    world: World, fake: FakeOIDC
) -> None:
    async with Site(world, oidc=fake).browser() as browser:
        first, second = await begin(browser), await begin(browser)

    one, other = (parse_qs(urlsplit(address).query) for address in (first, second))
    assert one["redirect_uri"] == ["http://chargehand.test/sign-in/oidc/callback"]
    for name in ("state", "nonce", "code_challenge"):
        assert len(one[name][0]) >= 43
        assert one[name] != other[name]


BAD_TOKENS: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://evil.example"},
    "another audience": {"aud": "other"},
    "several audiences and no party": {"aud": ["chargehand", "other"]},
    "another party": {"aud": ["chargehand", "other"], "azp": "other"},
    "expired": {"exp": 1},
    "no end": {"exp": None},
    "end of no time": {"exp": "tomorrow"},
    "from the future": {"iat": 4_000_000_000},
    "not yet": {"nbf": 4_000_000_000},
    "another nonce": {"nonce": "x" * 43},
    "no nonce": {"nonce": None},
    "no subject": {"sub": None},
    "empty subject": {"sub": ""},
    "long subject": {"sub": "x" * 300},
    "address not verified": {"email_verified": False},
    "address verified in words": {"email_verified": "true"},
    "no address": {"email": None},
    "nobody's address": {"email": "nobody@example.com"},
    "address of no text": {"email": [EMAIL]},
}


@pytest.mark.parametrize("overrides", BAD_TOKENS.values(), ids=BAD_TOKENS)
async def test_token_that_proves_nothing_lets_nobody_in(
    world: World, fake: FakeOIDC, overrides: dict[str, Any]
) -> None:
    world.member("Ana Ruiz", EMAIL, role=Role.ADMIN)
    fake.overrides = overrides

    async with Site(world, oidc=fake).browser() as browser:
        answer = await through(browser, fake)
        me = await browser.get("/v1/me")

    assert (answer.status_code, me.status_code) == (400, 401)
    assert "<h1>Sign in</h1>" in answer.text
    assert "chargehand=" not in str(answer.headers.get_list("set-cookie"))


@pytest.mark.parametrize(
    "signs_with",
    [
        pytest.param(("none", None), id="alg none"),
        pytest.param(("HS256", "chargehand" * 4), id="HMAC of something public"),
    ],
)
async def test_token_signed_by_what_everybody_knows_is_refused(
    world: World, fake: FakeOIDC, signs_with: tuple[str, Any]
) -> None:
    world.member("Ana Ruiz", EMAIL)
    fake.signs_with = signs_with

    async with Site(world, oidc=fake).browser() as browser:
        answer = await through(browser, fake)

    assert answer.status_code == 400
    assert "not signed as it should be" in answer.text


async def test_token_of_another_providers_key_is_refused(world: World, fake: FakeOIDC) -> None:
    world.member("Ana Ruiz", EMAIL)
    stranger = FakeOIDC(world.clock)
    fake.signs_with = ("ES256", next(iter(stranger._keys.values())))

    async with Site(world, oidc=fake).browser() as browser:
        answer = await through(browser, fake)

    assert answer.status_code == 400
    assert "proves nothing" in answer.text


async def test_new_key_is_looked_for_once_and_not_for_every_forgery(
    world: World, fake: FakeOIDC
) -> None:
    world.member("Ana Ruiz", EMAIL)
    site = Site(world, oidc=fake)

    async with site.browser() as browser:
        await through(browser, fake)
        fake.rotate()
        soon = await through(browser, fake)
        world.clock.advance(60)
        later = await through(browser, fake)
        counted = [path for path in fake.asked if path.endswith("/keys")]
        documents = [path for path in fake.asked if path.endswith("openid-configuration")]

    assert (soon.status_code, later.status_code) == (400, 303)
    assert (len(counted), len(documents)) == (2, 1)


async def test_answer_counts_in_the_browser_that_asked_and_once(
    world: World, fake: FakeOIDC
) -> None:
    world.member("Ana Ruiz", EMAIL)
    site = Site(world, oidc=fake)
    app = site.app()

    async with site.browser(app) as victim, site.browser(app) as attacker:
        back = fake.visit(await begin(attacker))
        planted = await come_back(victim, back)
        await begin(victim)
        mixed = await come_back(victim, back)
        own = await come_back(attacker, back)
        again = await come_back(attacker, back)

    assert [one.status_code for one in (planted, mixed, own, again)] == [400, 400, 303, 400]


BAD_ANSWERS = {
    "denied": {"error": "access_denied", "error_description": "<script>alert(1)</script>"},
    "another state": {"state": "x" * 43},
    "no state": {"state": ""},
    "odd state": {"state": "\ud800é"[1:]},
    "no code": {"code": ""},
    "another code": {"code": "guessed"},
    "long code": {"code": "x" * 5000},
    "another provider": {"iss": "https://evil.example"},
}


@pytest.mark.parametrize("answer", BAD_ANSWERS.values(), ids=BAD_ANSWERS)
async def test_answer_that_is_none_lets_nobody_in(
    world: World, fake: FakeOIDC, answer: dict[str, str]
) -> None:
    world.member("Ana Ruiz", EMAIL)

    async with Site(world, oidc=fake).browser() as browser:
        found = await through(browser, fake, **answer)

    assert found.status_code == 400
    assert "<script" not in found.text


@pytest.mark.parametrize(
    "cookie", ["", "%%%", "e30=", "NQ==", "WzEsMiwzXQ==", "W1tb" * 1000, "x" * 9000]
)
async def test_odd_cookie_is_no_try(world: World, fake: FakeOIDC, cookie: str) -> None:
    async with Site(world, oidc=fake).browser() as browser:
        answer = await browser.get(
            "/sign-in/oidc/callback?code=a&state=b", headers={"cookie": f"chargehand-oidc={cookie}"}
        )

    assert answer.status_code == 400
    assert fake.asked == []


DISCOVERIES: dict[str, dict[str, Any]] = {
    "another issuer": {"issuer": "https://evil.example"},
    "no issuer": {"issuer": None},
    "plain http": {"token_endpoint": "http://login.example.com/token"},
    "no endpoint": {"jwks_uri": None},
    "a file": {"jwks_uri": "file:///etc/passwd"},
}


@pytest.mark.parametrize("discovery", DISCOVERIES.values(), ids=DISCOVERIES)
async def test_provider_that_is_not_what_it_should_be_is_away(
    world: World, fake: FakeOIDC, discovery: dict[str, Any]
) -> None:
    fake.discovery = discovery

    async with Site(world, oidc=fake).browser() as browser:
        answer = await browser.get("/sign-in/oidc")

    assert answer.status_code == 503
    assert "can not be asked" in answer.text


async def test_provider_that_fails_leaves_passwords_working(world: World, fake: FakeOIDC) -> None:
    fake.failing = 500

    async with Site(world, oidc=fake).browser() as browser:
        answer = await browser.get("/sign-in/oidc")
        page = await browser.get("/sign-in")

    assert (answer.status_code, page.status_code) == (503, 200)


async def test_wrong_client_secret_is_told_without_it(world: World, fake: FakeOIDC) -> None:
    world.member("Ana Ruiz", EMAIL)

    async with Site(world, oidc=fake, client_secret="not that one").browser() as browser:
        answer = await through(browser, fake)

    assert answer.status_code == 400
    assert "not that one" not in answer.text


async def test_page_of_a_failed_try_leads_back_to_the_form(world: World, fake: FakeOIDC) -> None:
    fake.overrides = {"nonce": None}

    async with Site(world, oidc=fake).browser() as browser:
        failed = await through(browser, fake)
        fake.failing = 500
        world.clock.advance(3601)
        away = await browser.get("/sign-in/oidc")
        form = await browser.get("/sign-in")

    for page in (failed, away, form):
        ways = re.findall(r'(?:href|action)="([^"]+)"', page.text)
        led_to = [urlsplit(urljoin(str(page.url), way)).path for way in ways]
        assert led_to == ["/sign-in/oidc", "/sign-in"], page.url
        assert not any(way.startswith("/") for way in ways)


async def test_address_given_to_somebody_else_reaches_no_linked_member(
    world: World, fake: FakeOIDC
) -> None:
    world.member("Ana Ruiz", EMAIL)
    site = Site(world, oidc=fake)

    async with site.browser() as browser:
        await through(browser, fake)
        fake.person = {**ANA, "sub": "somebody-new"}
        answer = await through(browser, fake)

    assert answer.status_code == 400
    assert "linked to this member already" in answer.text


async def test_member_who_left_is_not_let_in(world: World, fake: FakeOIDC) -> None:
    ana, now = world.member("Ana Ruiz", EMAIL), world.clock.now()
    world.database.write(lambda tx: leave(tx, ana.id, by="cli", now=now))

    async with Site(world, oidc=fake).browser() as browser:
        answer = await through(browser, fake)

    assert answer.status_code == 400


async def test_claims_give_the_roles_and_take_them_away(world: World, fake: FakeOIDC) -> None:
    world.member("Bea", "bea@example.com", role=Role.ADMIN)
    world.member("Ana Ruiz", EMAIL, role=Role.OPERATOR)
    roles = {"pay-leads": ((PAY, Role.APPROVER),), "all": ((None, Role.VIEWER),)}
    site = Site(world, oidc=fake, roles=roles)
    seen = []

    async with site.browser() as browser:
        for groups in (["pay-leads", "unknown", 7], "all", None):
            fake.person = {**ANA, "groups": groups}
            await through(browser, fake)
            seen.append((await browser.get("/v1/me")).json()["roles"])

    assert seen == [
        [{"project": "PAY", "role": "approver"}],
        [{"project": None, "role": "viewer"}],
        [],
    ]


async def test_claims_never_leave_nobody_as_admin(world: World, fake: FakeOIDC) -> None:
    world.member("Ana Ruiz", EMAIL, role=Role.ADMIN)

    async with Site(world, oidc=fake, roles={"x": ((PAY, Role.VIEWER),)}).browser() as browser:
        await through(browser, fake)
        me = (await browser.get("/v1/me")).json()

    assert json.dumps(me["roles"]) == json.dumps([{"project": None, "role": "admin"}])


async def test_cookie_of_the_try_is_kept_from_scripts_and_taken_back(
    world: World, fake: FakeOIDC
) -> None:
    world.member("Ana Ruiz", EMAIL)
    site = Site(world, oidc=fake, is_secure=True, public="https://chargehand.test")

    async with site.browser() as browser:
        begun = await browser.get("/sign-in/oidc")
        ended = await come_back(browser, fake.visit(begun.headers["location"]))

    cookie = begun.headers["set-cookie"].lower()
    assert cookie.startswith("__host-chargehand-oidc=")
    assert {"httponly", "secure", "samesite=lax", "path=/"} <= set(cookie.split("; "))
    given = ended.headers.get_list("set-cookie")
    assert any(one.startswith('__Host-chargehand-oidc=""') for one in given)
    assert any(one.startswith("__Host-chargehand=") for one in given)
