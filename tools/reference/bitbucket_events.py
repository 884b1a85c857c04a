"""What Bitbucket tells of, by the names both kinds of it give."""

from collections.abc import Mapping
from typing import Final

from chargehand.connectors.bitbucket import cloud_events, data_center_events
from chargehand.domain.event import EventKind
from tools.reference.markdown import table

_OTHERS: Final[Mapping[EventKind, tuple[str, ...]]] = {
    EventKind.REVIEW_SUBMITTED: (*cloud_events.REVIEWS, *data_center_events.REVIEWS),
    EventKind.PUSH_RECEIVED: (cloud_events.PUSH, data_center_events.PUSH),
    EventKind.CHECK_COMPLETED: cloud_events.CHECKS,
    EventKind.CONNECTION_PINGED: (data_center_events.PING,),
}


def _names() -> dict[EventKind, tuple[str, ...]]:
    found: dict[EventKind, tuple[str, ...]] = {}
    for told in (
        *(cloud_events.COMMENTS, cloud_events.PULL_REQUESTS),
        *(data_center_events.COMMENTS, data_center_events.PULL_REQUESTS),
    ):
        for name, kind in told.items():
            found[kind] = (*found.get(kind, ()), name)
    return {**found, **_OTHERS}


BITBUCKET_NAMES: Final[Mapping[EventKind, tuple[str, ...]]] = _names()


def bitbucket_sections() -> list[str]:
    """The part of the page that is Bitbucket's."""
    rows = [
        [f"`{kind.value}`", ", ".join(f"`{name}`" for name in names)]
        for kind, names in BITBUCKET_NAMES.items()
    ]
    return ["## What Bitbucket tells\n\n" + table(["kind", "Bitbucket's name for it"], rows)]
