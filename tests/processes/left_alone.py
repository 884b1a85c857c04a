"""Starts a fake Jira and a service as a test does, says so, and waits to be killed."""

import json
import signal
import sys
from pathlib import Path

from tests.processes.service import children_of, installed_service, running_fake, wait_until


def main(folder: Path) -> None:
    with (
        running_fake(folder / "jira.json") as site,
        installed_service(folder / "service", site) as service,
    ):
        service.start()
        wait_until(lambda: service.pid_of("front") is not None, "the front is started")
        assert service.process is not None
        everybody = [site.process.pid, service.process.pid, *children_of(service.process.pid)]
        sys.stdout.write(json.dumps(everybody) + "\n")
        sys.stdout.flush()
        signal.pause()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
