"""`python -m chargehand.testing.bitbucket`: the fake Bitbucket Cloud as a process of its own."""

import sys
from collections.abc import Sequence
from typing import Final

from chargehand.testing.bitbucket.fake import REPOSITORY, FakeBitbucket
from chargehand.testing.bitbucket.running import run

_ABOUT: Final = """\
A Bitbucket Cloud that exists only on this machine: REST, signed webhooks, and failures on demand.
It listens on 127.0.0.1 and prints one line of JSON when it is ready. The control API, by which
people open pull requests, comment, approve and push, is in `pydoc chargehand.testing.bitbucket`.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until interrupted."""
    name = "chargehand.testing.bitbucket"
    return run(name, _ABOUT, FakeBitbucket, arguments, REPOSITORY)


if __name__ == "__main__":
    sys.exit(main())
