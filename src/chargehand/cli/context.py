"""What every command starts from: the settings, and the databases when it needs them."""

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chargehand.kit.clock import Clock

if TYPE_CHECKING:
    # Loaded only by commands that need them: `--help` must not wait for SQLAlchemy.
    from chargehand.bootstrap.stores import Stores
    from chargehand.config.settings import Settings


@dataclass(frozen=True, slots=True)
class Invocation:
    """One run of the command line.

    Shape: `clock_from` is the address of a fake whose clock is followed in a trial; `own_clock`
    is for callers inside Python, and goes before it.
    """

    config: Path | None
    clock_from: str | None = None
    own_clock: Clock | None = None

    def load_settings(self) -> "Settings":
        """The settings this run works with; a secret that can not be read ends who needs it.

        Raises: ConfigMissing, ConfigUnreadable, ConfigInvalid, SecretReferenceWrong.
        """
        # lazy: pydantic and the holiday tables take longer than `--help` may.
        from chargehand.bootstrap.log_files import open_present_log_file
        from chargehand.bootstrap.reading_settings import read_settings_for_command
        from chargehand.config.shown import secret_values
        from chargehand.logs.log import configure_command_logs

        settings = read_settings_for_command(self.config, os.environ)
        configure_command_logs(
            level=settings.log.level,
            file=open_present_log_file(settings),
            secrets=secret_values(settings),
        )
        return settings

    def clock(self, settings: "Settings") -> Clock:
        """What tells this run the time.

        Raises: ClockRefused.
        """
        # lazy: pydantic takes longer than `--help` may.
        from chargehand.bootstrap.clocks import choose_clock

        return self.own_clock or choose_clock(settings, self.clock_from)

    @contextmanager
    def open_stores(self) -> "Iterator[tuple[Settings, Stores]]":
        """The settings and the opened databases, closed at the end.

        Raises: what loading the settings and opening the databases raises.
        """
        # lazy: SQLAlchemy takes longer than `--help` may.
        from chargehand.bootstrap.stores import open_stores

        settings = self.load_settings()
        stores = open_stores(settings)
        try:
            yield settings, stores
        finally:
            stores.close()


def operator_name() -> str:
    """Who types: the name recorded with what is decided on the command line."""
    return f"cli:{getpass.getuser()}"
