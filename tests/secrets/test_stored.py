"""Secrets we keep ourselves: sealed, moved to a new key whatever happens, in no backup's reach."""

import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from chargehand.bootstrap.reading_settings import read_settings
from chargehand.kit.clock import SystemClock
from chargehand.plugins.secret import SecretSourceUnusable
from chargehand.secrets.errors import SecretKeyMissing, SecretKeyUnusable
from chargehand.secrets.key_file import read_keys, with_new_key, write_keys
from chargehand.secrets.sealing import Sealed
from tests.cli.terminal import Ended, Terminal
from tests.conftest import ROOT

VALUE = "the-token-that-is-kept"


@pytest.fixture
def keeper(config: Path) -> Terminal:
    config.write_text(
        """
[[connections]]
id = "jira"
site = "http://127.0.0.1:9"
email = "bot@acme.example"
api_token = "stored:jira-token"
projects = ["PAY"]
"""
    )
    return Terminal(config, SystemClock())


def keep(keeper: Terminal, name: str, text: str, *more: str) -> Ended:
    """Set a secret through a pipe."""
    return keeper.run("secrets", "set", name, *more, given=f"{text}\n".encode())


def token(config: Path) -> str:
    return read_settings(config, {}).connections[0].api_token.get_secret_value()


def rows(keeper: Terminal) -> list[dict[str, str]]:
    found: list[dict[str, str]] = keeper.done("secrets", "list", "--json").json
    return found


def test_secret_is_kept_sealed_audited_and_read(config: Path, keeper: Terminal) -> None:
    made = keep(keeper, "jira-token", VALUE, "--expires-on", "2027-03-01")

    key_file = config.parent / "secrets.key"
    database = (config.parent / "data" / "main.db").read_bytes()
    key = read_keys(key_file)
    assert (made.code, made.err) == (0, "")
    assert token(config) == VALUE
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert VALUE.encode() not in database
    assert key is not None
    assert key.keys[key.newest] not in database
    found = read_settings(config, {}).found_secrets[0]
    assert (found.place, f"{found.expires_at:%Y-%m-%d}") == ("stored:jira-token", "2027-03-01")
    audit = keeper.done("audit", "show", "--json").out
    assert "person:secret:set" in audit
    assert VALUE not in audit + keeper.done("secrets", "list").out + made.out
    doctor = keeper.run("doctor").out
    assert "read from stored:jira-token, works until 2027-03-01" in doctor


@pytest.mark.process
def test_key_is_changed_whatever_moment_a_kill_chooses(config: Path, keeper: Terminal) -> None:
    keep(keeper, "jira-token", VALUE)
    keep(keeper, "other", "another-secret")
    first = rows(keeper)[0]["key"]

    for moment in ("before", "inside"):
        cut = [sys.executable, "-m", "tests.secrets.killed", str(config), moment]
        assert subprocess.run(cut, cwd=ROOT, check=False, timeout=120).returncode < 0
        assert token(config) == VALUE
        assert {one["key"] for one in rows(keeper)} == {first}
    done = keeper.done("secrets", "rotate-key")

    second = {one["key"] for one in rows(keeper)}
    assert "2 secret(s) are sealed with the new key" in done.out
    assert token(config) == VALUE
    assert len(second) == 1
    assert second != {first}
    ring = read_keys(config.parent / "secrets.key")
    assert ring is not None
    assert set(ring.keys) == {first, *second}, "what was cut off is finished with its own key"
    assert first in keeper.done("secrets", "forget-old-keys").out
    assert token(config) == VALUE
    assert "in use" in keeper.done("secrets", "forget-old-keys").out


def test_backup_holds_no_key_and_a_restore_without_it_says_so(
    config: Path, keeper: Terminal
) -> None:
    keep(keeper, "jira-token", VALUE)
    key_file = config.parent / "secrets.key"
    keeper.done("backup", "--out", str(config.parent / "saved.tar.gz"))
    with tarfile.open(config.parent / "saved.tar.gz") as archive:
        held = b"".join(
            archive.extractfile(one).read()  # type: ignore[union-attr]
            for one in archive.getmembers()
        )
    (encoded,) = [line.split()[1] for line in key_file.read_text().splitlines()]
    aside = key_file.rename(config.parent / "kept-apart")

    restored = keeper.done("restore", str(config.parent / "saved.tar.gz"))
    refused = keeper.run("secrets", "rotate-key")

    assert VALUE.encode() not in held
    assert encoded.encode() not in held
    assert "can NOT be opened here: jira-token" in restored.out
    assert str(key_file) in restored.out
    assert (refused.code, "secrets.key does not hold" in refused.err) == (2, True)
    with pytest.raises(SecretSourceUnusable, match="Put the key file"):
        token(config)
    assert keep(keeper, "fresh", "x").code == 2, "no new key beside secrets of a lost one"
    aside.rename(key_file)
    assert token(config) == VALUE


def test_secret_a_setting_reads_is_not_removed(config: Path, keeper: Terminal) -> None:
    keep(keeper, "jira-token", VALUE)
    keep(keeper, "other", "another-secret")

    refused = keeper.run("secrets", "remove", "jira-token")
    keeper.done("secrets", "remove", "other")

    assert refused.code == 2
    assert "connections.jira.api_token reads stored:jira-token" in refused.err
    assert [one["name"] for one in rows(keeper)] == ["jira-token"]
    assert keeper.run("secrets", "remove", "other").code == 2


def test_bad_names_and_empty_secrets_are_refused(config: Path, keeper: Terminal) -> None:
    tried = [
        keep(keeper, *pair) for pair in (("Bad_Name", "x"), ("good", ""), ("good", "x" * 70_000))
    ]

    assert [one.code for one in tried] == [2, 2, 2]
    assert not (config.parent / "secrets.key").exists()


def test_sealed_text_opens_in_its_own_place_only(tmp_path: Path) -> None:
    path = tmp_path / "secrets.key"
    ring = with_new_key(None, path)
    sealed = ring.seal("hush", organization_id="org", name="one")

    assert ring.open(sealed, organization_id="org", name="one") == "hush"
    for place in (
        {"organization_id": "org", "name": "two"},
        {"organization_id": "x", "name": "one"},
    ):
        with pytest.raises(SecretKeyMissing):
            ring.open(sealed, **place)
    with pytest.raises(SecretKeyMissing):
        ring.open(Sealed(sealed.key_id, sealed.text[:-8]), organization_id="org", name="one")


def test_key_file_is_for_one_user_and_says_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "secrets.key"
    write_keys(with_new_key(None, path), path)
    path.chmod(0o640)

    with pytest.raises(SecretKeyUnusable, match="chmod 600"):
        read_keys(path)
    path.chmod(0o600)
    path.write_text("nonsense\n")
    with pytest.raises(SecretKeyUnusable, match="not a file of keys"):
        read_keys(path)
