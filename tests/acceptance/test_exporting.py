"""What a person gets a copy of: every table that names them, and no secret of any."""

import json
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import String, Table

from chargehand.domain.ids import DEFAULT_ORGANIZATION
from chargehand.pipeline.exporting import Exporting
from chargehand.pipeline.members import add_member
from chargehand.pipeline.searching import Archive, learn_names
from chargehand.privacy.person import given_person
from chargehand.storage.tables import metadata
from tests.house import House

pytestmark = pytest.mark.anyio
BY = "cli:operator"
MAIL = "ana.ruiz@example.com"
# Columns that tell of no member: an id of another kind, or a way to be settled.
OF_NO_MEMBER = {("reservations", "settled_by")}
# What is read while a person is looked for has to be one of the words there are.
WORDS = {("member_roles", "role"): "viewer", ("identities", "state"): "confirmed"}


async def test_export_has_a_row_of_every_table_that_names_a_member(house: House) -> None:
    database, now = house.stores.database, house.clock.now()
    ana = database.write(lambda tx: add_member(tx, "Ana Ruiz", email=MAIL, by=BY, now=now))
    named = []
    for table in metadata.sorted_tables:
        if table.name in {"members", "audit_records"} or "organization_id" not in table.c:
            continue
        whose = {
            column.name: f"member:{ana.id}" if column.name.endswith("_by") else ana.id
            for column in table.columns
            if "member" in column.name or column.name.endswith(("_by", "deputy_id", "deputy_of"))
        }
        for name, value in whose.items():
            if (table.name, name) not in OF_NO_MEMBER:
                values = filled(table, f"{table.name}-{name}"[:40], {name: value})
                named.append((table, values))
    with database.engine.begin() as connection:
        for table, values in named:
            connection.execute(table.insert().values(values))
    archive = Archive(database, house.stores.raw)

    person = learn_names(archive, given_person(MAIL))
    found = Exporting(archive, house.clock).export(person, by=BY)

    counts = Counter(table.name for table, _ in named)
    assert {name: len(found["rows"].get(name, ())) for name in counts} == counts
    assert "hidden" not in json.dumps(found)
    with database.engine.begin() as connection:
        # What the house reads at its end would stumble over rows that are made up.
        for table, values in named:
            is_made_up = [table.c[name] == value for name, value in values.items()]
            connection.execute(table.delete().where(*is_made_up))


def filled(table: Table, key: str, values: dict[str, str]) -> dict[str, Any]:
    """A row of a table; what no column of it may tell reads `hidden`."""
    secret = {"secret_digest", "sealed", "salt"}
    if table.name in {"passwords", "confirmations"}:
        secret.add("digest")
    row: dict[str, Any] = {}
    for column in table.columns:
        if column.name == "organization_id":
            row[column.name] = DEFAULT_ORGANIZATION
        elif column.name in secret:
            row[column.name] = f"hidden {key}"
        elif not column.nullable:
            text = key[: getattr(column.type, "length", None)]
            text = WORDS.get((table.name, column.name), text)
            row[column.name] = text if isinstance(column.type, String) else len(key)
    return {**row, **values}
