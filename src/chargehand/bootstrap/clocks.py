"""The clock of a process: the machine's, or for a trial the one a fake vendor keeps."""

import json
import threading
import urllib.request
from datetime import datetime, timedelta

from chargehand.bootstrap.errors import ClockRefused
from chargehand.config.addresses import is_loopback_url
from chargehand.config.settings import Settings
from chargehand.kit.clock import Clock, SystemClock

_ASK_EVERY_S = 0.2
_TIMEOUT_S = 2.0


def choose_clock(settings: Settings, clock_from: str | None) -> Clock:
    """The machine's clock, or one that follows a fake on this machine.

    Raises: ClockRefused when any connection is real, or the address is not on this machine.
    """
    if clock_from is None:
        return SystemClock()
    real = [one.site for one in settings.connections if one.is_real]
    if real or not is_loopback_url(clock_from):
        raise ClockRefused(site=real[0] if real else clock_from)
    return FollowingClock(clock_from)


class FollowingClock:
    """The machine's clock moved by the offset a fake tells, asked a few times a second."""

    def __init__(self, address: str) -> None:
        self._url = f"{address.rstrip('/')}/__fake__/clock"
        self._machine = SystemClock()
        self._offset = timedelta()
        self._ask()
        self._thread = threading.Thread(target=self._follow, name="chargehand-clock", daemon=True)
        self._stopped = threading.Event()
        self._thread.start()

    def now(self) -> datetime:
        """The fake's present moment, UTC."""
        return self._machine.now() + self._offset

    def _follow(self) -> None:
        while not self._stopped.wait(_ASK_EVERY_S):
            self._ask()

    def _ask(self) -> None:
        try:
            # The address was checked to be this machine's own.
            with urllib.request.urlopen(self._url, timeout=_TIMEOUT_S) as answer:  # noqa: S310
                self._offset = timedelta(seconds=float(json.load(answer)["offset_s"]))
        except (OSError, ValueError, KeyError):
            # A fake that ends before its server leaves the clock where it was.
            return
