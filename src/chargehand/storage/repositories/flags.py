"""Flags as somebody set them, and what the configuration turns off."""

from datetime import datetime

from sqlalchemy import Connection, delete

from chargehand.domain.ids import OrganizationId
from chargehand.domain.switches import FlagSetting, Scope, ScopeKind
from chargehand.kit.clock import from_micros, to_micros
from chargehand.storage.local_switches import NO_LOCAL_SWITCHES, LocalSwitches
from chargehand.storage.repositories.rows import AnyRow, Repository, micros, moment
from chargehand.storage.repositories.statements import select_in_order
from chargehand.storage.tables_flags import flag_settings


class FlagReader(Repository):
    """Looks flags up."""

    def __init__(
        self,
        connection: Connection,
        organization_id: OrganizationId,
        local: LocalSwitches = NO_LOCAL_SWITCHES,
    ) -> None:
        super().__init__(connection, organization_id)
        self._local = local

    @property
    def off_by_settings(self) -> frozenset[str]:
        """The flags that the configuration of this process turns off."""
        return self._local.flags_off

    def all(self) -> tuple[FlagSetting, ...]:
        """Every setting, expired ones included, by flag and scope."""
        table = flag_settings.c
        by_place = table.flag, table.scope_kind, table.scope_name
        query = select_in_order(self._organization_id, *by_place)
        return tuple(_setting(row) for row in self._rows(query))

    def find(self, flag: str, scope: Scope) -> FlagSetting | None:
        """What was set in one scope; None when nothing was."""
        row = self._one(
            self._select(flag_settings).where(
                flag_settings.c.flag == flag,
                flag_settings.c.scope_kind == scope.kind.value,
                flag_settings.c.scope_name == scope.name,
            )
        )
        return _setting(row) if row is not None else None


class FlagWriter(FlagReader):
    """Sets flags."""

    def put(self, setting: FlagSetting) -> None:
        """Remember what somebody set, in the place of what was set in that scope before."""
        self.remove(setting.flag, setting.scope)
        self._insert(
            flag_settings,
            {
                "flag": setting.flag,
                "scope_kind": setting.scope.kind.value,
                "scope_name": setting.scope.name,
                "is_on": int(setting.is_on),
                "reason": setting.reason,
                "set_at": to_micros(setting.set_at),
                "set_by": setting.set_by,
                "expires_at": micros(setting.expires_at),
            },
        )

    def remove(self, flag: str, scope: Scope) -> None:
        """Forget what was set in one scope."""
        self._connection.execute(
            delete(flag_settings).where(
                flag_settings.c.organization_id == self._organization_id,
                flag_settings.c.flag == flag,
                flag_settings.c.scope_kind == scope.kind.value,
                flag_settings.c.scope_name == scope.name,
            )
        )

    def expired(self, now: datetime) -> tuple[FlagSetting, ...]:
        """The settings whose time is over."""
        return tuple(one for one in self.all() if not one.holds(now))


def _setting(row: AnyRow) -> FlagSetting:
    return FlagSetting(
        flag=row.flag,
        scope=Scope(ScopeKind(row.scope_kind), row.scope_name),
        is_on=bool(row.is_on),
        reason=row.reason,
        set_at=from_micros(row.set_at),
        set_by=row.set_by,
        expires_at=moment(row.expires_at),
    )
