"""`python -m chargehand.testing.bitbucket_data_center`: the fake as a process of its own."""

import sys
from collections.abc import Sequence
from typing import Final

from chargehand.testing.bitbucket.running import run
from chargehand.testing.bitbucket_data_center.fake import REPOSITORY, FakeBitbucketDataCenter

_ABOUT: Final = """\
A Bitbucket Data Center that exists only on this machine: REST, signed webhooks, failures on demand.
It listens on 127.0.0.1 and prints one line of JSON when it is ready. It is written from Atlassian's
documents and not checked against a vendor contract, since there is none.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until interrupted."""
    name = "chargehand.testing.bitbucket_data_center"
    return run(name, _ABOUT, FakeBitbucketDataCenter, arguments, REPOSITORY)


if __name__ == "__main__":
    sys.exit(main())
