"""Statements that are built once: building one costs about as much as running it.

Each is kept by table and organization, so its parameters are the only thing that differs from
call to call. Values of a row go in by column name, the wanted key as `WANTED`.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Column, Dialect, Insert, Select, Table, Update, bindparam, select, update
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from chargehand.domain.ids import OrganizationId
from chargehand.storage.tables import contents

WANTED: Final = "wanted_key"
WANTED_TOO: Final = "wanted_too"
_MOST_KEPT = 512


@lru_cache(maxsize=_MOST_KEPT)
def select_rows(table: Table, organization_id: OrganizationId) -> Select[Any]:
    """Every row of an organization."""
    return select(table).where(table.c.organization_id == organization_id)


@lru_cache(maxsize=_MOST_KEPT)
def select_in_order(organization_id: OrganizationId, *order: "Column[Any]") -> Select[Any]:
    """Every row of an organization of the table that some columns are of, in their order."""
    return select_rows(order[0].table, organization_id).order_by(*order)


@lru_cache(maxsize=_MOST_KEPT)
def select_with_content(table: Table, organization_id: OrganizationId) -> Select[Any]:
    """Every row of an organization with the content it refers to."""
    joined = table.outerjoin(
        contents,
        (contents.c.organization_id == table.c.organization_id)
        & (contents.c.content_id == table.c.content_id),
    )
    content = contents.c.body.label("content")
    return select_rows(table, organization_id).add_columns(content).select_from(joined)


@lru_cache(maxsize=_MOST_KEPT)
def select_by(column: "Column[Any]", organization_id: OrganizationId) -> Select[Any]:
    """The rows in which a column holds what is wanted."""
    return select_rows(column.table, organization_id).where(column == bindparam(WANTED))


@lru_cache(maxsize=_MOST_KEPT)
def select_by_both(
    first: "Column[Any]", second: "Column[Any]", organization_id: OrganizationId
) -> Select[Any]:
    """One row in which two columns hold what is wanted."""
    return select_by(first, organization_id).where(second == bindparam(WANTED_TOO)).limit(1)


@lru_cache(maxsize=_MOST_KEPT)
def select_with_content_by(column: "Column[Any]", organization_id: OrganizationId) -> Select[Any]:
    """The rows in which a column holds what is wanted, with their contents."""
    rows = select_with_content(column.table, organization_id)
    return rows.where(column == bindparam(WANTED))


@lru_cache(maxsize=_MOST_KEPT)
def update_by(
    column: "Column[Any]", organization_id: OrganizationId, names: tuple[str, ...]
) -> Update:
    """Set the named columns where a column holds what is wanted; `new_name` is a name's value."""
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    rows = update(column.table).where(column.table.c.organization_id == organization_id)
    return rows.where(column == bindparam(WANTED)).values(values)


@lru_cache(maxsize=_MOST_KEPT)
def select_among(column: "Column[Any]", organization_id: OrganizationId) -> Select[Any]:
    """The rows in which a column holds one of the list that is wanted."""
    return select_rows(column.table, organization_id).where(
        column.in_(bindparam(WANTED, expanding=True))
    )


@lru_cache(maxsize=_MOST_KEPT)
def compiled_for(
    statement: Insert | Update, names: tuple[str, ...], dialect: Dialect
) -> tuple[str, tuple[str, ...] | None]:
    """A statement as the driver takes it, with the names of its parameters in order.

    Shape: None instead of names where the driver takes parameters by name.
    """
    compiled = statement.compile(dialect=dialect, column_keys=names)
    order = compiled.positiontup
    return str(compiled), None if order is None else tuple(order)


@lru_cache(maxsize=_MOST_KEPT)
def insert_unless_taken(table: Table, dialect: str) -> Insert:
    """Insert a row unless its key is taken."""
    if dialect == "sqlite":
        return sqlite_insert(table).on_conflict_do_nothing()
    # lazy: the other dialect is no part of a process that has SQLite.
    from sqlalchemy.dialects.postgresql import insert as postgres_insert

    return postgres_insert(table).on_conflict_do_nothing()


@lru_cache(maxsize=_MOST_KEPT)
def insert_or_count(counter: "Column[Any]", names: tuple[str, ...], *, dialect: str) -> Insert:
    """Insert a row, or where its key is taken, count it once more and set the named columns."""
    return _insert_or(
        counter.table,
        lambda new: {counter.name: counter + 1, **{name: new[name] for name in names}},
        dialect,
    )


@lru_cache(maxsize=_MOST_KEPT)
def insert_or_add(*added: "Column[Any]", dialect: str) -> Insert:
    """Insert a row, or where its key is taken, add what it has in some columns to what is there."""
    return _insert_or(
        added[0].table, lambda new: {one.name: one + new[one.name] for one in added}, dialect
    )


def _insert_or(table: Table, changes: Callable[[Any], Mapping[str, Any]], dialect: str) -> Insert:
    """Insert a row, or where its key is taken, change it by what the new one would have been."""
    key = [column.name for column in table.primary_key.columns]
    if dialect == "sqlite":
        row = sqlite_insert(table)
        return row.on_conflict_do_update(index_elements=key, set_=changes(row.excluded))
    # lazy: as above.
    from sqlalchemy.dialects.postgresql import insert as postgres_insert

    other_row = postgres_insert(table)
    return other_row.on_conflict_do_update(index_elements=key, set_=changes(other_row.excluded))
