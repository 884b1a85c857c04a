"""A member signs in by a password, is known as themselves, and is out again when it matters."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from chargehand.config.settings import Settings
from chargehand.domain.member import Role
from chargehand.members.roster import Known, read_roster
from chargehand.pipeline.members import leave, set_roles
from chargehand.pipeline.rosters import import_roster
from chargehand.pipeline.sessions import SessionRules, end_sessions_of, set_password
from chargehand.web.sign_in.opening import open_sign_in
from tests.web.api.signing_in import (
    DIGEST,
    EMAIL,
    FORM,
    PASSWORD,
    Site,
    csrf_in,
    sign_in,
    with_password,
)
from tests.web.api.world import World, open_world

pytestmark = pytest.mark.anyio


@pytest.fixture
def world(migrated_folder: Path, tmp_path: Path) -> Iterator[World]:
    """On SQLite alone: what differs between databases is in `test_sessions.py`."""
    world = open_world(shutil.copytree(migrated_folder, tmp_path / "data"), is_migrated=True)
    yield world
    world.close()


def wrong_at_once(_password: str, _digest: str | None) -> bool:
    """A check that takes no time, where only the number of tries matters."""
    return False


def right_at_once(password: str, digest: str | None) -> bool:
    """A check that takes no time, of a member who has a password."""
    return password == "right" and digest is not None


async def test_cookie_is_kept_from_scripts_and_other_sites(world: World) -> None:
    with_password(world)

    async with Site(world).browser() as browser:
        plain = (await sign_in(browser)).headers["set-cookie"]
    secure_site = Site(world, is_secure=True, public="https://chargehand.test")
    async with secure_site.browser() as browser:
        secure = (await sign_in(browser, origin="https://chargehand.test")).headers["set-cookie"]

    assert plain.startswith("chargehand=")
    assert secure.startswith("__Host-chargehand=")
    for cookie in (plain, secure):
        words = {word.strip().lower() for word in cookie.split(";")[1:]}
        assert {"httponly", "samesite=lax", "path=/"} <= words
        assert not any(word.startswith("domain") for word in words)
    assert "secure" in secure.lower().split("; ")


async def test_secret_of_a_session_is_stored_nowhere(world: World) -> None:
    with_password(world)

    async with Site(world).browser() as browser:
        await sign_in(browser)
        secret = browser.cookies["chargehand"]

    dump = world.database.read(
        lambda tx: [tx.personal_data.span(one, (), after=None) for one in ("sessions", "passwords")]
    )
    assert len(secret) >= 43
    assert secret not in repr(dump)
    assert PASSWORD not in repr(dump)


@pytest.mark.parametrize(
    ("email", "password"),
    [
        pytest.param(EMAIL, "wrong horse battery", id="wrong password"),
        pytest.param("nobody@example.com", PASSWORD, id="nobody's address"),
        pytest.param("bea@example.com", PASSWORD, id="no password"),
        pytest.param("carl@example.com", PASSWORD, id="left"),
        pytest.param("", "", id="empty"),
        pytest.param("' OR 1=1 --", "x" * 256, id="SQL"),
        pytest.param("ana@example.com\x00", PASSWORD, id="NUL"),
    ],
)
async def test_wrong_sign_in_has_one_answer(world: World, email: str, password: str) -> None:
    with_password(world)
    world.member("Bea", "bea@example.com")
    carl, now = with_password(world, "Carl", "carl@example.com"), world.clock.now()
    world.database.write(lambda tx: leave(tx, carl.id, by="cli", now=now))

    async with Site(world).browser() as browser:
        answer = await sign_in(browser, email, password)
        me = await browser.get("/v1/me")

    assert (answer.status_code, me.status_code) == (401, 401)
    assert "No member has this e-mail address with this password." in answer.text
    assert "set-cookie" not in answer.headers
    assert PASSWORD not in answer.text


async def test_stranger_waits_ever_longer_and_locks_nobody_out(world: World) -> None:
    with_password(world)
    site = Site(world, proxies=("127.0.0.1/32",))
    stranger = {"x-forwarded-for": "192.0.2.1"}

    async with site.browser() as browser:
        codes = [(await sign_in(browser, EMAIL, "wrong", **stranger)) for _ in range(11)]
        owner = await sign_in(browser, **{"x-forwarded-for": "192.0.2.99"})
        waits = [int(codes[-1].headers["retry-after"])]
        for _ in range(8):
            world.clock.advance(waits[-1])
            again = await sign_in(browser, EMAIL, "wrong", **stranger)
            assert again.status_code == 401
            refused = await sign_in(browser, EMAIL, "wrong", **stranger)
            waits.append(int(refused.headers["retry-after"]))

    assert [one.status_code for one in codes] == [401] * 10 + [429]
    assert owner.status_code == 303
    assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]


async def test_many_strangers_hold_up_no_address_that_was_right_before(world: World) -> None:
    site, right = Site(world, proxies=("127.0.0.1/32",), check=right_at_once), "right"
    ana = with_password(world)
    home, new = {"x-forwarded-for": "192.0.2.1"}, {"x-forwarded-for": "192.0.2.2"}

    async with site.browser() as browser:
        assert (await sign_in(browser, EMAIL, right, **home)).status_code == 303
        codes = [
            (await sign_in(browser, EMAIL, "no", **{"x-forwarded-for": f"198.51.100.{n}"}))
            for n in range(100)
        ]
        from_home = await sign_in(browser, EMAIL, right, **home)
        from_new = await sign_in(browser, EMAIL, right, **new)
        now = world.clock.now()
        world.database.write(
            lambda tx: set_password(tx, ana.id, "another digest", by="cli:op", now=now)
        )
        after = await sign_in(browser, EMAIL, right, **new)

    assert {one.status_code for one in codes[:99]} == {401}
    assert from_home.status_code == 303
    assert from_new.status_code == 429
    assert after.status_code == 303


async def test_nobodys_account_is_limited_alike(world: World) -> None:
    async with Site(world, check=wrong_at_once).browser() as browser:
        codes = [(await sign_in(browser, "no@example.com", "wrong")).status_code for _ in range(11)]

    assert codes == [401] * 10 + [429]


async def test_address_is_tried_so_often_with_whatever_account(world: World) -> None:
    async with Site(world, check=wrong_at_once).browser() as browser:
        codes = [
            (await sign_in(browser, f"{n}@example.com", "wrong")).status_code for n in range(31)
        ]

    assert codes == [401] * 30 + [429]


BAD_FORMS = {
    "no body": (b"", FORM, 401),
    "JSON": (b'{"email": "a"}', {"content-type": "application/json"}, 400),
    "no type": (b"email=a&password=b", {}, 400),
    "twice": (b"email=a&email=b&password=c", FORM, 400),
    "too long": (b"email=" + b"a" * 9000, FORM, 400),
    "many fields": (b"&".join(b"f%d=1" % n for n in range(50)), FORM, 400),
    "broken": (b"email", FORM, 400),
    "not UTF-8": (b"email=%ff%fe&password=x", FORM, 400),
    "raw bytes": (b"email=\xff&password=x", FORM, 400),
}


@pytest.mark.parametrize(("body", "headers", "status"), BAD_FORMS.values(), ids=BAD_FORMS)
async def test_bad_form_is_answered_by_the_form(
    quiet_world: World, body: bytes, headers: dict[str, str], status: int
) -> None:
    async with Site(quiet_world).browser() as browser:
        answer = await browser.post("/sign-in", content=body, headers=headers)

    assert answer.status_code == status
    assert "<h1>Sign in</h1>" in answer.text


FOREIGN = {
    "another site": {"sec-fetch-site": "cross-site", "origin": "https://evil.example"},
    "a subdomain": {"sec-fetch-site": "same-site", "origin": "http://other.chargehand.test"},
    "another origin alone": {"sec-fetch-site": "same-origin", "origin": "https://evil.example"},
    "no origin": {"sec-fetch-site": "same-origin", "origin": "null"},
    "typed by hand": {"sec-fetch-site": "none"},
    "a bracket that is open": {"sec-fetch-site": "same-origin", "origin": "http://[chargehand"},
    "other port": {"sec-fetch-site": "same-site", "origin": "http://chargehand.test:81"},
}


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
async def test_page_of_another_site_writes_nothing(world: World, headers: dict[str, str]) -> None:
    with_password(world)
    told = world.comment()

    async with Site(world).browser() as browser:
        refused = await sign_in(browser, **headers)
        await sign_in(browser)
        approve = f"/v1/approvals/{told.approval_id}/approve"
        written = await browser.post(approve, headers=headers)
        left = await browser.post("/sign-out", data={"csrf": "0" * 64}, headers=headers)
        seen = await browser.get(f"/v1/approvals/{told.approval_id}", headers=headers)

    assert (refused.status_code, written.status_code, left.status_code) == (403, 403, 403)
    assert written.json()["code"] == "csrf_missing"
    assert seen.json()["state"] == "open"


async def test_whoever_was_not_here_yet_is_asked_and_not_blamed(quiet_world: World) -> None:
    async with Site(quiet_world).browser() as browser:
        first = await browser.get("/session")
        browser.cookies["chargehand"] = "of-an-earlier-day"
        later = await browser.get("/session")

    assert (first.status_code, later.status_code) == (401, 401)
    assert "<h1>Sign in</h1>" in first.text
    assert 'role="alert"' not in first.text
    assert "Sign in again." in later.text


@pytest.mark.parametrize(
    ("public", "page"),
    [("", "/sign-in"), ("https://bot.example.com", "https://bot.example.com/sign-in")],
    ids=["no-public-address", "public-address"],
)
async def test_form_at_another_address_leads_to_the_right_one(
    world: World, public: str, page: str
) -> None:
    with_password(world)

    async with Site(world, public=public).browser() as browser:
        refused = await sign_in(browser, origin="http://10.0.0.5:8000")
        await sign_in(browser, origin=public) if public else await sign_in(browser)
        left = await browser.post("/sign-out", data={"csrf": "0" * 64})

    assert f"Open {page} and try again." in refused.text
    assert f"Open {public}/session and try again." in left.text
    assert "X-CSRF" not in refused.text + left.text


async def test_token_of_the_session_lets_a_program_of_ours_write(world: World) -> None:
    with_password(world)
    told = world.comment()
    approve, bare = f"/v1/approvals/{told.approval_id}/approve", {"sec-fetch-site": "same-site"}

    async with Site(world).browser() as browser:
        await sign_in(browser)
        token = (await browser.get("/v1/me")).headers["x-csrf"]
        wrong = await browser.post(approve, headers={**bare, "x-csrf": token[::-1]})
        right = await browser.post(approve, headers={**bare, "x-csrf": token})

    assert (wrong.status_code, right.status_code) == (403, 200)


async def test_key_counts_before_a_session_and_needs_no_proof_of_a_page(world: World) -> None:
    with_password(world)
    header = {"authorization": f"Bearer {world.key()}", "sec-fetch-site": "cross-site"}

    async with Site(world).browser() as browser:
        await sign_in(browser)
        keyed = await browser.get("/v1/me", headers=header)
        unknown = await browser.get("/v1/me", headers={"authorization": "Bearer chk_no"})

    assert keyed.json()["name"] == "key:ci"
    assert unknown.status_code == 401
    assert "x-csrf" not in keyed.headers


async def test_session_ends_idle_and_in_any_case(world: World) -> None:
    with_password(world)
    rules = SessionRules(idle=timedelta(hours=1), lasts=timedelta(hours=3))

    async with Site(world, rules=rules).browser() as browser:
        await sign_in(browser)
        seen = []
        for _ in range(4):
            world.clock.advance(50 * 60)
            seen.append((await browser.get("/v1/me")).status_code)
        await sign_in(browser)
        world.clock.advance(61 * 60)
        idle = await browser.get("/v1/me")

    assert seen == [200, 200, 200, 401]
    assert (idle.status_code, idle.json()["code"]) == (401, "session_ended")


def _other_password(world: World, member_id: str) -> None:
    now = world.clock.now()
    world.database.write(lambda tx: set_password(tx, member_id, DIGEST, by="cli", now=now))


def _fewer_roles(world: World, member_id: str) -> None:
    now, roles = world.clock.now(), ((None, Role.VIEWER),)
    world.database.write(lambda tx: set_roles(tx, member_id, roles, by="cli", now=now))


def _roster_with_fewer_roles(world: World, member_id: str) -> None:
    now, content = world.clock.now(), f"id,name,email,roles\n{member_id},Ana Ruiz,{EMAIL},viewer\n"
    roster = read_roster(content.encode(), Known({}, ()))
    world.database.write(
        lambda tx: import_roster(tx, roster, removes_missing=False, by="cli", now=now)
    )


def _leaves(world: World, member_id: str) -> None:
    now = world.clock.now()
    world.database.write(lambda tx: leave(tx, member_id, by="cli", now=now))


def _revoked(world: World, member_id: str) -> None:
    now = world.clock.now()
    world.database.write(lambda tx: end_sessions_of(tx, member_id, by="cli", now=now))


@pytest.mark.parametrize(
    "happens", [_other_password, _fewer_roles, _roster_with_fewer_roles, _leaves, _revoked]
)
async def test_session_ends_with_what_it_stood_on(world: World, happens) -> None:
    ana = with_password(world)

    async with Site(world).browser() as browser:
        await sign_in(browser)
        before = await browser.get("/v1/me")
        happens(world, ana.id)
        after = await browser.get("/v1/me")
        page = await browser.get("/session")

    assert (before.status_code, after.status_code, page.status_code) == (200, 401, 401)


async def test_member_ends_their_other_sessions_and_nobody_elses(world: World) -> None:
    with_password(world)
    bea_id = with_password(world, "Bea", "bea@example.com").id
    site = Site(world)
    app = site.app()

    async with site.browser(app) as here, site.browser(app) as there, site.browser(app) as bea:
        await sign_in(here)
        await sign_in(there)
        await sign_in(bea, "bea@example.com")
        page = (await here.get("/session")).text
        now = world.clock.now()
        live = world.database.read(
            lambda tx: tx.sign_in.live_sessions(now=now, used_since=now - timedelta(hours=1))
        )
        offered = [one.id for one in live if f'value="{one.id}"' in page]
        of_bea = [one.id for one in live if one.member_id == bea_id]
        for session_id in offered + of_bea:
            await here.post("/session/end", data={"session": session_id, "csrf": csrf_in(page)})
        codes = [(await one.get("/v1/me")).status_code for one in (here, there, bea)]

    assert (len(offered), len(of_bea)) == (1, 1)
    assert codes == [200, 401, 200]


async def test_signing_in_again_gives_a_fresh_secret_and_ends_the_old_one(world: World) -> None:
    """Whoever planted a cookie before has nothing from it afterwards."""
    with_password(world)

    async with Site(world).browser() as browser:
        await sign_in(browser)
        old = browser.cookies["chargehand"]
        await sign_in(browser)
        new = browser.cookies["chargehand"]
        stolen = await browser.get("/v1/me", headers={"cookie": f"chargehand={old}"})

    assert old != new
    assert stolen.status_code in (200, 401)
    async with Site(world).browser() as other:
        alone = await other.get("/v1/me", headers={"cookie": f"chargehand={old}"})
        planted = await other.get("/v1/me", headers={"cookie": "chargehand=planted"})
    assert (alone.status_code, planted.status_code) == (401, 401)


async def test_session_of_another_organization_is_nobodys(world: World) -> None:
    other = world.beside("other")
    with_password(other)

    async with Site(other).browser() as browser:
        await sign_in(browser)
        secret = browser.cookies["chargehand"]
    async with Site(world).browser() as browser:
        answer = await browser.get("/v1/me", headers={"cookie": f"chargehand={secret}"})

    assert answer.status_code == 401


async def test_pages_load_nothing_and_send_forms_here_alone(quiet_world: World) -> None:
    async with Site(quiet_world).browser() as browser:
        page = await browser.get("/sign-in")

    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self'" in policy
    assert "http" not in page.text.replace("http-equiv", "")
    assert "<script" not in page.text
    assert page.headers["cache-control"] == "no-store"


async def test_passwords_can_be_switched_off(world: World) -> None:
    with_password(world)

    async with Site(world, has_passwords=False).browser() as browser:
        page, answer = await browser.get("/sign-in"), await sign_in(browser)

    assert "<form" not in page.text
    assert answer.status_code == 400


async def test_cors_is_for_the_named_origins_without_cookies(world: World) -> None:
    with_password(world)
    ask = {
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization",
    }
    site = Site(world, origins=("https://board.example.com",))

    async with site.browser() as browser:
        await sign_in(browser)
        allowed = await browser.options(
            "/v1/modes", headers={**ask, "origin": "https://board.example.com"}
        )
        foreign = await browser.options("/v1/modes", headers={**ask, "origin": "https://x.example"})
        answer = await browser.get(
            "/v1/me",
            headers={
                "origin": "https://board.example.com",
                "authorization": f"Bearer {world.key()}",
            },
        )
        refused = await browser.get("/v1/me", headers={"origin": "https://board.example.com.evil"})

    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == "https://board.example.com"
    assert answer.headers["access-control-allow-origin"] == "https://board.example.com"
    assert "origin" in answer.headers["vary"].lower()
    assert "access-control-allow-credentials" not in {**allowed.headers, **answer.headers}
    assert foreign.status_code == 400
    for one in (foreign, refused):
        assert "access-control-allow-origin" not in one.headers


async def test_without_origins_nothing_is_said_to_other_pages(
    quiet_client: httpx.AsyncClient,
) -> None:
    answer = await quiet_client.get("/v1/me", headers={"origin": "https://board.example.com"})

    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("port", ["", ":443", ":8443"])
def test_own_origin_is_as_browsers_write_it(world: World, port: str) -> None:
    settings = Settings(server={"public_url": f"https://Chargehand.Example.com{port}/bot"})

    own = open_sign_in(settings, world.database, world.clock).own

    origin = f"https://chargehand.example.com{port.removesuffix(':443')}"
    assert own.is_own(origin, "inside:8080")
    assert not own.is_own("https://evil.example", "inside:8080")
