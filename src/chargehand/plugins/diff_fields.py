"""The diff in an action's base: read strictly, told in a preview, and compared before sending."""

from collections.abc import Mapping
from typing import Final

from chargehand.domain.diff import DIFF, DIFF_FIELDS, Diff, carried_diff, why_not_known
from chargehand.domain.json import JSONObject
from chargehand.kit.visible import show_line
from chargehand.plugins.param_fields import invalid, refuse_unknown

_MOST_SHOWN: Final = 10


def read_diff(base: JSONObject) -> Diff | None:
    """The diff in a base that may hold one; None where it is not known.

    Raises: ParamInvalid, ParamUnknown.
    """
    value = base.get(DIFF)
    if value is None:
        return None
    where = f"base.{DIFF}"
    if not isinstance(value, Mapping):
        raise invalid(where, "an object", found=value)
    if "unknown" in value:
        refuse_unknown(value, "unknown", inside=where)
        return None
    refuse_unknown(value, *DIFF_FIELDS, inside=where)
    diff = carried_diff(base)
    if diff is None or not diff.head_commit:
        raise invalid(f"{where}.head", "the commit it was read at", found=value.get("head"))
    return diff


def diff_lines(base: JSONObject) -> tuple[str, ...]:
    """What a preview says of the diff; nothing where none was asked for.

    Raises: ParamInvalid, ParamUnknown.
    """
    diff, why = read_diff(base), why_not_known(base)
    if diff is None:
        return (f"changes: not known, because {why}",) if why else ()
    lines = f"{diff.line_count} lines" if diff.line_count is not None else "lines not counted"
    files = f"{diff.file_count} files" if diff.file_count is not None else "many files"
    head = f"changes: {lines} in {files}, at {diff.head_commit[:12]} into {diff.target_branch}"
    if diff.paths is None:
        return (show_line(head), f"paths: not known, because {why}")
    shown = ", ".join(map(show_line, diff.paths[:_MOST_SHOWN])) or "none"
    more = len(diff.paths) - _MOST_SHOWN
    return (show_line(head), f"paths: {shown}" + (f", and {more} more" if more > 0 else ""))


def with_diff_lines(text: str, base: JSONObject) -> str:
    """A preview with what it says of the diff behind its first line.

    Raises: ParamInvalid, ParamUnknown.
    """
    told = diff_lines(base)
    first, newline, rest = text.partition("\n")
    return "\n".join((first, *told)) + newline + rest if told else text


def why_outdated(diff: Diff | None, *, head: str, target: str) -> str:
    """Why a pull request is not what its action was judged by any more; empty where it is.

    Shape: hashes may be shortened on either side, as some hosts tell them.
    """
    if diff is None:
        return ""
    if not head or not (head.startswith(diff.head_commit) or diff.head_commit.startswith(head)):
        return f"it is at {head or 'no commit'}, and was judged at {diff.head_commit}"
    if target != diff.target_branch:
        return f"it is to be merged into {target}, and was judged for {diff.target_branch}"
    return ""
