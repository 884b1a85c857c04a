"""What the machine can do to the databases, and what is said then."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, text

from chargehand.bootstrap.errors import AnotherWorkerRuns, DataFolderUnusable
from chargehand.bootstrap.locks import FolderLock
from chargehand.bootstrap.stores import Stores, migrate_stores, open_stores
from chargehand.config.settings import Settings
from chargehand.domain.action import ActionKind, ActionState, Done, Mode
from chargehand.domain.ids import (
    ActionId,
    ApprovalId,
    ConnectionId,
    DecisionId,
    EffectId,
    ProjectKey,
)
from chargehand.domain.records import ActionRecord, EffectState, Severity
from chargehand.pipeline.auditing import verify_audit
from chargehand.pipeline.keys import create_key
from chargehand.pipeline.noticing import tell_operator
from chargehand.storage.errors import (
    CheckpointUnreadable,
    SchemaMissing,
    SchemaNewer,
    StoreBusy,
    StoreUnavailable,
)
from chargehand.storage.patience import PATIENCE_S
from chargehand.storage.repositories.effects import IntendedSend
from chargehand.storage.repositories.rows import load_object
from chargehand.storage.transaction import Writing
from chargehand.testing.clock import FakeClock
from tests.postgres import PostgresServer

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


ON_SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


@pytest.fixture(
    params=[
        pytest.param("sqlite", id="sqlite"),
        pytest.param("postgres", id="postgres", marks=pytest.mark.postgres),
    ]
)
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    storage: dict[str, object] = {"data_dir": tmp_path / "data"}
    if request.param == "sqlite":
        yield Settings(storage=storage)
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    database = server.create()
    url = database.set(drivername="postgresql").render_as_string(hide_password=False)
    yield Settings(storage={**storage, "database_url": url})
    server.drop(database)


@pytest.fixture
def stores(settings: Settings):
    migrate_stores(settings, clock=FakeClock(NOW))
    opened = open_stores(settings)
    yield opened
    opened.close()


def write_something(tx: Writing, words: str = "something happened") -> None:
    tell_operator(tx, "test", subject_id=words[:20], text=words, now=NOW, severity=Severity.INFO)


def test_migrating_twice_changes_nothing(settings: Settings) -> None:
    assert migrate_stores(settings, clock=FakeClock(NOW)) is True
    assert migrate_stores(settings, clock=FakeClock(NOW)) is False


def test_first_migration_writes_the_policy_that_simulates(stores: Stores) -> None:
    policy = stores.database.read(lambda tx: tx.policies.current())

    assert policy is not None
    assert (policy.version, policy.document["default"]) == (1, "simulate")


def test_unmigrated_database_says_what_to_run(settings: Settings) -> None:
    with pytest.raises(SchemaMissing, match="chargehand migrate"):
        open_stores(settings)


@pytest.mark.parametrize("branch", ["main", "inbox"])
def test_database_of_a_newer_program_is_refused_and_named(
    settings: Settings, stores: Stores, branch: str
) -> None:
    engine = stores.database.engine if branch == "main" else stores.inbox_engine
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE chargehand_{branch}_version SET version_num = 'x9999'"))

    with pytest.raises(SchemaNewer, match="x9999") as opened:
        open_stores(settings)
    with pytest.raises(SchemaNewer, match="x9999"):
        migrate_stores(settings, clock=FakeClock(NOW))

    assert str(engine.url.database) in str(opened.value)


def test_older_program_names_the_newer_one_and_itself(settings: Settings, stores: Stores) -> None:
    with stores.database.engine.begin() as connection:
        connection.execute(text("UPDATE chargehand_main_version SET version_num = 'x9999'"))
        connection.execute(text("INSERT INTO schema_history VALUES ('x9999', '9.9.9')"))

    with pytest.raises(SchemaNewer, match=r"chargehand 9\.9\.9 .*chargehand 0\.1\.0"):
        open_stores(settings)


def test_unusable_data_folder_is_named(tmp_path: Path) -> None:
    # A file in its place is refused for every user; rights are not checked for root.
    (tmp_path / "data").write_text("in the way")

    with pytest.raises(DataFolderUnusable, match=str(tmp_path)):
        migrate_stores(Settings(storage={"data_dir": tmp_path / "data"}), clock=FakeClock(NOW))


@ON_SQLITE
def test_full_disk_is_told_and_heals(stores: Stores) -> None:
    with stores.database.engine.connect() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
    limit_pages(stores, pages)

    with pytest.raises(StoreUnavailable, match="full"):
        fill(stores)

    limit_pages(stores, 1_000_000)
    stores.database.write(lambda tx: write_something(tx, "after all"))
    notices = stores.database.read(lambda tx: tx.notices.page(limit=200).items)
    assert "after all" in [notice.text for notice in notices]


def fill(stores: Stores) -> None:
    for number in range(200):
        words = f"{number} " + "x" * 2000
        stores.database.write(lambda tx, words=words: write_something(tx, words))


def limit_pages(stores: Stores, pages: int) -> None:
    """The limit belongs to a connection, so every pooled one is replaced."""
    stores.database.engine.dispose()

    @event.listens_for(stores.database.engine, "connect")
    def _limit(connection, _record) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}")


@ON_SQLITE
def test_a_writer_elsewhere_that_never_ends_is_busy_not_a_hang(
    settings: Settings, stores: Stores
) -> None:
    other = open_stores(settings)
    try:
        with other.database.engine.connect() as connection:
            connection.execution_options(chargehand_writes=True).begin()
            stores.database.engine.update_execution_options(**{PATIENCE_S: 0.05})
            with pytest.raises(StoreBusy):
                stores.database.write(write_something)
    finally:
        other.close()


def test_failed_work_leaves_nothing_behind(stores: Stores) -> None:
    before = stores.database.read(lambda tx: tx.audit.head())

    def half_done(tx: Writing) -> None:
        create_key(tx, "never", by="cli:tester", now=NOW)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        stores.database.write(half_done)

    assert stores.database.read(lambda tx: tx.api_keys.all()) == ()
    assert stores.database.read(lambda tx: tx.audit.head()) == before


def test_second_holder_of_the_folder_is_told_who_has_it(tmp_path: Path) -> None:
    path = tmp_path / "worker.lock"
    program = (
        "import sys; from pathlib import Path; from chargehand.bootstrap.locks import FolderLock;"
        "lock = FolderLock(Path(sys.argv[1])); lock.take(); print('held', flush=True);"
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"

        with pytest.raises(AnotherWorkerRuns, match=f"process {holder.pid}"):
            FolderLock(path).take()

        holder.kill()
        holder.wait()

    # The operating system let go of it together with its holder.
    lock = FolderLock(path)
    lock.take()
    lock.release()


def test_changed_checkpoint_is_not_taken_for_an_answer(stores: Stores) -> None:
    stores.checkpoint.path.write_text("somebody was here")

    with pytest.raises(CheckpointUnreadable, match=r"audit\.checkpoint"):
        stores.database.read(lambda tx: verify_audit(tx, stores.checkpoint))


def test_checkpoint_follows_the_chain(stores: Stores) -> None:
    stores.database.write(lambda tx: create_key(tx, "one", by="cli:tester", now=NOW))

    head = stores.database.read(lambda tx: tx.audit.head())
    assert stores.checkpoint.positions(stores.database.organization_id) == (head,)


def test_intents_of_a_batch_are_counted_and_settled_together(stores: Stores):
    """Both databases add up the attempts of each action, new ones and old ones in one batch."""
    old, new = action("act_old"), action("act_new")
    landed = {old.id: Done("10001", "https://x/1"), new.id: Done("10002", "https://x/2")}

    def intend(*actions: ActionRecord) -> None:
        intended = [
            IntendedSend(EffectId(f"eff_{one.id}"), one, settle_at=NOW + timedelta(seconds=30))
            for one in actions
        ]
        stores.database.write(lambda tx: tx.effects.intend(intended, now=NOW))

    intend()
    intend(old)
    stores.database.write(lambda tx: tx.effects.forget_intent(old.id))
    intend(new, old)
    intended = stores.database.read(lambda tx: tx.effects.of_actions([old.id, new.id]))
    stores.database.write(lambda tx: tx.effects.settle_done(landed, now=NOW))
    settled = stores.database.read(lambda tx: tx.effects.of_actions([old.id, new.id]))

    assert {one.record.attempts for one in intended.values()} == {1, 2}
    assert intended[old.id].record.attempts == 2
    assert {one.record.state for one in intended.values()} == {EffectState.INTENDED}
    assert {one.settle_at for one in intended.values()} == {NOW + timedelta(seconds=30)}
    assert {key: one.record.external_id for key, one in settled.items()} == {
        old.id: "10001",
        new.id: "10002",
    }
    assert {one.record.state for one in settled.values()} == {EffectState.DONE}


def test_newest_approvals_of_a_batch_are_those_that_count(stores: Stores):
    def work(tx: Writing) -> None:
        for number, (approval_id, action_id) in enumerate(
            [("apr_1", "act_old"), ("apr_2", "act_new"), ("apr_3", "act_old")]
        ):
            tx.approvals.open(
                ApprovalId(approval_id),
                ActionId(action_id),
                digest=f"{number}" * 64,
                expires_at=NOW,
                policy_version=None,
                now=NOW,
            )

    stores.database.write(work)
    found = stores.database.read(
        lambda tx: tx.approvals.newest_of_actions(["act_old", "act_new", "act_none"])
    )

    assert {key: one.id for key, one in found.items()} == {"act_old": "apr_3", "act_new": "apr_2"}


def action(action_id: str) -> ActionRecord:
    return ActionRecord(
        id=ActionId(action_id),
        decision_id=DecisionId("dec_1"),
        ask_id=None,
        kind=ActionKind.JIRA_ADD_COMMENT,
        connection_id=ConnectionId("site"),
        project=ProjectKey("PAY"),
        target="PAY-1",
        params={},
        base={},
        preview="",
        digest="0" * 64,
        mode=Mode.APPROVE,
        state=ActionState.APPROVED,
        policy_version=1,
        attempts=0,
        next_attempt_at=None,
        created_at=NOW,
        finished_at=None,
        result={},
        problem="",
    )


def test_text_that_was_cut_within_a_letter_can_still_be_read():
    """Half of a surrogate pair, which older programs may have stored."""
    assert load_object('{"text": "caf\\ud83d"}') == {"text": "caf\ud83d"}
