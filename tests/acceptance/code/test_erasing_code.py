"""Who was erased is in nothing that is kept of branches, commits and pull requests."""

import json

import pytest

from chargehand.pipeline.erasing import Erasing
from chargehand.pipeline.exporting import Exporting
from chargehand.pipeline.proving import clean_files
from chargehand.pipeline.searching import Archive, learn_names
from chargehand.privacy.person import given_person
from chargehand.privacy.redaction import find_in_bytes
from tests.acceptance.test_erasing import contents_of
from tests.code_house import CodeHouse, references

pytestmark = pytest.mark.anyio
ACCOUNT, NAME = "zoe-angstroem-3f2a", "Zoë Ångström"
TABLES = {"pull_requests", "code_references", "code_branches"}


async def work(code: CodeHouse) -> None:
    """Somebody pushes to a branch of theirs, opens a pull request, and reviews another one."""
    branch = f"{ACCOUNT}/PAY-7"
    commits = [
        {
            "id": "5" * 40,
            "message": f"PAY-7: thanks, {NAME}",
            "url": f"https://github.example/{ACCOUNT}/commit/5",
            "author_id": ACCOUNT,
            "author_name": NAME,
        }
    ]
    await code.push(branch, by=ACCOUNT, commits=commits, after="5" * 40)
    author = {"author_id": ACCOUNT, "author_name": NAME, "by": ACCOUNT}
    await code.pull_request(12, title=f"PAY-7 by {NAME}", source_branch=branch, **author)
    reviewers = [{"id": ACCOUNT, "name": NAME, "state": "waiting"}]
    await code.pull_request(13, title="PAY-7 too", reviewers=reviewers)
    await code.pull_request(13, "approved", by=ACCOUNT)


async def test_person_is_exported_and_then_in_no_byte(code: CodeHouse) -> None:
    await work(code)
    archive = Archive(code.stores.database, code.stores.raw)
    person = learn_names(archive, given_person(ACCOUNT, (NAME,)))

    exported = Exporting(archive, code.clock).export(person, by="cli:operator")
    erasure = Erasing(archive, code.clock).erase(person, ACCOUNT, by="cli:operator")
    clean_files(code.stores.files, code.stores.database, person)

    assert set(exported["rows"]) >= TABLES
    assert NAME in json.dumps(exported["rows"]["code_references"], ensure_ascii=False)
    assert erasure.is_complete, erasure
    is_in = find_in_bytes([ACCOUNT, NAME])
    assert is_in is not None
    assert [name for name, content in contents_of(code) if is_in(content)] == []
    assert code.verification.is_intact
    # What happened is still known, of nobody.
    assert {one.split()[0] for one in references(code)} == {"branch", "commit", "pull_request"}
