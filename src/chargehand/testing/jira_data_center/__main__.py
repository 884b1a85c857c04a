"""`python -m chargehand.testing.jira_data_center`: the fake Data Center as a process of its own."""

import sys
from collections.abc import Sequence
from typing import Final

from chargehand.testing.jira.running import Program, run
from chargehand.testing.jira_data_center.fake import FakeDataCenter

_ABOUT: Final = """\
A Jira Data Center site that exists only on this machine: REST API v2, user keys, wiki markup,
personal access tokens, state in a file, signed webhooks, and failures on demand.
Not checked against a vendor contract: Atlassian publishes none for Data Center.
It listens on 127.0.0.1 and prints one line of JSON when it is ready:

  {"ready": true, "url": "http://127.0.0.1:8090/jira", "port": 8090, "user_name": ..., ...}
"""
_EXAMPLES: Final = """\
try it (in another terminal; U is the url it printed, R the same without a path):
  curl -H "Authorization: Bearer fake-api-token-of-chargehand" $U/rest/api/2/issue/PAY-7
  curl $R/__fake__/issues/PAY-7/comments -d '{"author": "Mei Tanaka", "body":
    "[~chargehand] what is blocking this?"}'
  curl $R/__fake__/requests?writes=1           every change that was asked for
  pydoc chargehand.testing.jira                the whole control API

projects and people of the demo are those of python -m chargehand.testing.jira; users are named
mei.tanaka, ana.ruiz and so on, and their keys say nothing of that.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until interrupted; 2 means the arguments or the state file could not be used."""
    name = "chargehand.testing.jira_data_center"
    program = Program(name, _ABOUT, _EXAMPLES, FakeDataCenter, has_context_path=True)
    return run(program, arguments)


if __name__ == "__main__":
    sys.exit(main())
