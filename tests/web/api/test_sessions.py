"""A session from its beginning to its end, on both databases."""

import pytest

from chargehand.pipeline.members import find_member
from tests.web.api.signing_in import EMAIL, Site, csrf_in, sign_in, with_password
from tests.web.api.world import World

pytestmark = pytest.mark.anyio


async def test_member_signs_in_decides_as_themselves_and_signs_out(world: World) -> None:
    ana, told = with_password(world), world.comment()

    async with Site(world).browser() as browser:
        form = await browser.get("/sign-in")
        entered = await sign_in(browser)
        page = await browser.get("/session")
        approved = await browser.post(f"/v1/approvals/{told.approval_id}/approve")
        me = (await browser.get("/v1/me")).json()
        left = await browser.post("/sign-out", data={"csrf": csrf_in(page.text)})
        after = await browser.get("/v1/me")

    assert form.status_code == 200
    assert (entered.status_code, entered.headers["location"]) == (303, "session")
    assert "Ana Ruiz" in page.text
    assert "approver" in page.text
    assert approved.json()["decided_by"] == f"member:{ana.id}"
    assert approved.json()["decided_via"] == "web"
    assert (me["name"], me["via"]) == (f"member:{ana.id}", "web")
    assert (left.headers["location"], after.status_code) == ("sign-in", 401)


async def test_what_a_session_does_says_so_in_the_audit(world: World) -> None:
    with_password(world)
    told = world.comment()

    async with Site(world).browser() as browser:
        await sign_in(browser)
        await browser.post(f"/v1/approvals/{told.approval_id}/reject")

    ana = world.database.read(lambda tx: find_member(tx, EMAIL))
    records = world.database.read(lambda tx: tx.audit.newest(limit=20))
    by_tag = {one.tag: one for one in records}
    assert by_tag["person:session:started"].by == f"member:{ana.id}"
    assert by_tag["person:approval:rejected"].by == f"member:{ana.id}"
    assert '"via":"web"' in by_tag["person:approval:rejected"].body
    assert ana.id not in by_tag["person:approval:rejected"].body
