"""The few searches that are the same on Cloud and on Data Center."""

from collections.abc import Sequence


def quoted(text: str) -> str:
    """A text as JQL reads it literally."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def changed_jql(projects: Sequence[str], floor_ms: int) -> str:
    """Work items changed since, longest ago first."""
    # A bare number is an absolute time; a quoted date would be read in the bot's time zone.
    keys = ", ".join(quoted(key) for key in projects)
    return f"project in ({keys}) AND updated >= {floor_ms} ORDER BY updated ASC"


def created_jql(project: str, creator: str, since_ms: int) -> str:
    """Work items somebody created since, newest first."""
    return (
        f"project = {quoted(project)} AND creator = {quoted(creator)} AND created >= {since_ms} "
        "ORDER BY created DESC"
    )
