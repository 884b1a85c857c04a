"""`python -m chargehand.testing.jira`: the fake Jira as a process of its own."""

import sys
from collections.abc import Sequence
from typing import Final

from chargehand.testing.jira.fake import FakeJira
from chargehand.testing.jira.running import Program, run

_ABOUT: Final = """\
A Jira Cloud site that exists only on this machine: REST API v3, state in a file, signed webhooks,
and failures on demand. It listens on 127.0.0.1 and prints one line of JSON when it is ready:

  {"ready": true, "url": "http://127.0.0.1:8089", "port": 8089, "email": ..., "token": ..., ...}
"""
_EXAMPLES: Final = """\
try it (in another terminal; U is the url it printed):
  curl -u chargehand@example.com:fake-api-token-of-chargehand $U/rest/api/3/issue/PAY-7
  curl $U/__fake__/issues/PAY-7/comments -d '{"author": "Mei Tanaka", "body":
    "[~accountid:712020:c4a26e4a-0000-4000-8000-000000000001] what is blocking this?"}'
  curl $U/__fake__/webhooks                    who was told, how often, with what answer
  curl $U/__fake__/requests?writes=1           every change that was asked for
  curl $U/__fake__/failures -d '{"method": "POST", "path": ".*/comment", "cut": "after"}'
  curl $U/__fake__/clock -d '{"advance_s": 7200}'
  pydoc chargehand.testing.jira                the whole control API

projects and people of the demo: PAY (PAY-7 waits for PAY-12) and the service project HELP;
Ana Ruiz, Tom Berg, Mei Tanaka, Lena Novak, Sam Okoro (may not change issues), and the portal
customer Priya Shah. A state file that exists already is continued, and the seed is left out.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until interrupted; 2 means the arguments or the state file could not be used."""
    return run(Program("chargehand.testing.jira", _ABOUT, _EXAMPLES, FakeJira), arguments)


if __name__ == "__main__":
    sys.exit(main())
