"""Errors of `replay`.

Rejected
├── ReplayFileUnusable  a policy or a prompt that can not be tried
└── NothingToReplay     neither a decision nor a stretch of time was named
"""

from chargehand.domain.errors import Rejected


class ReplayFileUnusable(Rejected):
    """A file that was to be tried can not be read."""

    code = "replay_file_unusable"
    template = "{path} can not be tried: {problem}."


class NothingToReplay(Rejected):
    """Neither a decision nor a stretch of time was named."""

    code = "nothing_to_replay"
    template = (
        "Name an event, ask or decision, as `chargehand decisions list` shows them, or a stretch "
        "of time with --from."
    )
