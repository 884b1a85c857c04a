"""What a pull request changes, as far as its host tells it, and how an action carries that."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from chargehand.domain.action import ActionKind
from chargehand.domain.fact import Known, Unknown
from chargehand.domain.json import JSONObject, JSONValue

# The field of an action's base that holds it.
DIFF: Final = "diff"
# A longer list is kept nowhere: no rule about single paths was written for it.
MOST_FILES: Final = 1_000
MOST_LINES: Final = 1_000_000_000
LONGEST_PATH: Final = 1_000
MOST_PATH_CHARS: Final = 64_000
_HEAD, _TARGET, _LINES, _FILES, _PATHS = "head", "target", "lines", "files", "paths"
DIFF_FIELDS: Final = (_HEAD, _TARGET, _LINES, _FILES, _PATHS)
_UNKNOWN: Final = "unknown"
_TOO_MANY: Final = "it changes too many files"

# What judges a pull request itself: its diff is always read.
JUDGEMENTS: Final = frozenset({ActionKind.BITBUCKET_APPROVE, ActionKind.GITHUB_APPROVE})
# What is done to a pull request; a label or an assignee may be an issue's.
ON_PULL_REQUESTS: Final = JUDGEMENTS | {
    ActionKind.BITBUCKET_ADD_COMMENT,
    ActionKind.BITBUCKET_ADD_REVIEWERS,
    ActionKind.BITBUCKET_DELETE_COMMENT,
    ActionKind.BITBUCKET_REMOVE_REVIEWERS,
    ActionKind.BITBUCKET_UNAPPROVE,
    ActionKind.BITBUCKET_UPDATE_COMMENT,
    ActionKind.GITHUB_ADD_COMMENT,
    ActionKind.GITHUB_DELETE_COMMENT,
    ActionKind.GITHUB_DISMISS_APPROVAL,
    ActionKind.GITHUB_REMOVE_REVIEWERS,
    ActionKind.GITHUB_REQUEST_REVIEWERS,
    ActionKind.GITHUB_UPDATE_COMMENT,
}


@dataclass(frozen=True, slots=True)
class Diff:
    """What a pull request changes, from where its branch began to its newest commit.

    Shape: `target_branch` is what it is to be merged into; another one is another diff.
    `line_count` counts added and removed lines, None where nobody counted them all; `paths` has
    every changed path once, of a renamed file the old and the new one, and is None where they are
    not all known.
    """

    head_commit: str
    target_branch: str
    line_count: int | None
    file_count: int | None
    paths: tuple[str, ...] | None


def bounded_paths(paths: Iterable[str]) -> tuple[str, ...] | None:
    """Every path once, in order; None where there are more than are kept, or one is no text."""
    found = tuple(sorted(set(paths)))
    is_kept = len(found) <= 2 * MOST_FILES and sum(map(len, found)) <= MOST_PATH_CHARS
    # A host may hand on a name in which half a character was cut off.
    is_text = not any("\ud800" <= char <= "\udfff" for path in found for char in path)
    return found if is_kept and is_text else None


def with_diff(base: JSONObject, known: Known[Diff]) -> JSONObject:
    """The base of an action together with the diff it is judged by."""
    return {**base, DIFF: _to_json(known)}


def carried_diff(base: JSONObject) -> Diff | None:
    """The diff an action was judged by; None where none was read."""
    found = base.get(DIFF)
    if not isinstance(found, Mapping) or not isinstance(found.get(_HEAD), str):
        return None
    paths = found.get(_PATHS)
    return Diff(
        head_commit=str(found[_HEAD]),
        target_branch=str(found.get(_TARGET, "")),
        line_count=_count(found.get(_LINES)),
        file_count=_count(found.get(_FILES)),
        paths=tuple(map(str, paths)) if isinstance(paths, list | tuple) else None,
    )


def why_not_known(base: JSONObject) -> str:
    """Why a diff was asked for and is not known, whole or in part; empty where it is, or was not.

    Shape: words for people, without a full stop.
    """
    found = base.get(DIFF)
    if not isinstance(found, Mapping):
        return ""
    if _UNKNOWN in found:
        return _WHY.get(str(found[_UNKNOWN]), "its host did not tell it")
    diff = carried_diff(base)
    return _TOO_MANY if diff is not None and diff.paths is None else ""


def _count(value: JSONValue) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _to_json(known: Known[Diff]) -> JSONObject:
    if isinstance(known, Unknown):
        return {_UNKNOWN: known.reason.value}
    diff = known.value
    return {
        _HEAD: diff.head_commit,
        _TARGET: diff.target_branch,
        _LINES: diff.line_count,
        _FILES: diff.file_count,
        _PATHS: None if diff.paths is None else [*diff.paths],
    }


_WHY: Final = {
    "not_found": "its host says there is no such pull request",
    "no_access": "the bot may not read it",
    "sign_in_refused": "its host does not accept the sign-in",
    "not_configured": "its host is not set up to be read",
    "unreachable": "its host did not answer",
    "rate_limited": "its host asked to wait",
    "unreadable": "its host's answer could not be read",
}
