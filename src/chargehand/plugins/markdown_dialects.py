"""The Markdown of GitHub and of Bitbucket, and what each would see in plain words.

A backslash keeps a sign from the host's Markdown, but not from what the host looks for afterwards
in the finished text: names to notify, numbers of issues, commits, addresses. Those are parted by a
space without width, which changes nothing to the eye.
Sources: GitHub Flavored Markdown 0.29; GitHub's documentation, "Basic writing and formatting
syntax" and "Autolinked references and URLs"; Python-Markdown's list of signs a backslash may stand
before, which Bitbucket Cloud keeps to; all read 2026-11.
"""

import re
from dataclasses import dataclass
from typing import Final

from chargehand.plugins.markdown_writing import NO_WIDTH, refuse_too_long, write_markdown
from chargehand.plugins.param_fields import invalid

GITHUB_LIMIT_CHARS: Final = 65_536
BITBUCKET_LIMIT_CHARS: Final = 32_768

_LOGIN: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98}[A-Za-z0-9])?(?:\[bot\])?")
_ACCOUNT: Final = re.compile(r"[A-Za-z0-9:-]{1,128}|\{[0-9a-fA-F-]{36}\}")
_USER_NAME: Final = re.compile(r"[^\s\"\\<>`@]{1,255}")

# What a host finds in finished text; something without width is put where a match ends.
_NUMBER: Final = re.compile(r"(?i:\bGH-)(?=\d)|#(?!\s)")
_COMMIT: Final = re.compile(
    r"(?<![0-9A-Za-z])[0-9a-f]{6}(?=[0-9a-f]{1,58}(?![0-9A-Za-z]))", re.IGNORECASE
)
_ADDRESS: Final = re.compile(r"(?i)(?:\b[a-z][a-z0-9+.-]{0,30}:)(?=//)|www(?=\.)|mailto:|xmpp:")
_EMOJI: Final = re.compile(r":(?=[A-Za-z0-9_+-]+:)")
_TAG: Final = re.compile(r"<(?=[A-Za-z/!?])")
_ENTITY: Final = re.compile(r"&(?=#?\w)")
_STRIKE: Final = re.compile(r"~(?=~)")
_SIGNS: Final = re.compile(r"[\\`*_{}\[\]()#!<>~|$&]")
_BITBUCKET_SIGNS: Final = re.compile(r"[\\`*_{}\[\]()#!>]")
_BAR: Final = re.compile(r"\|")
_AT_START: Final = re.compile(r"\A(?:(\d{1,9})([.)])|([-+]))")
_UNDERLINE: Final = re.compile(r"\A[=:]")
# Beside these a fence is no code: it is drawn, loaded, or offered as a change to be accepted.
_ACTIVE: Final = frozenset({"suggestion", "mermaid", "geojson", "topojson", "stl", "math"})


def github_mention(login: str) -> str:
    """What notifies a user of GitHub.

    Raises: ParamInvalid.
    """
    if not _LOGIN.fullmatch(login):
        raise invalid("mention", "a user name of GitHub", found=login)
    return f"@{login}"


def bitbucket_mention(account_id: str) -> str:
    """What notifies an account of Bitbucket Cloud, by its account id or its UUID in braces.

    Raises: ParamInvalid.
    """
    if not _ACCOUNT.fullmatch(account_id):
        raise invalid("mention", "an account id of Bitbucket", found=account_id)
    return f"@{{{account_id.strip('{}')}}}"


def bitbucket_user_mention(name: str) -> str:
    """What notifies a user of Bitbucket Data Center.

    Raises: ParamInvalid.
    """
    if not _USER_NAME.fullmatch(name):
        raise invalid("mention", "a user name of Bitbucket", found=name)
    return f'@"{name}"'


def github_markdown(markdown: str, *, mention: str = "", spare_chars: int = 0) -> str:
    """A comment's or an issue's text for GitHub.

    Shape: `mention` is markup from `github_mention`, put before the first words.
    Units: `spare_chars` is room kept for what the caller adds, such as a mark.
    Raises: TextTooLong.
    """
    text = write_markdown(markdown, _GITHUB, mention=mention)
    return refuse_too_long(text, surface="GitHub", limit_chars=GITHUB_LIMIT_CHARS - spare_chars)


def bitbucket_markdown(markdown: str, *, mention: str = "", spare_chars: int = 0) -> str:
    """A comment's text for Bitbucket; as `github_markdown`, with Bitbucket's own mentions.

    Raises: TextTooLong.
    """
    text = write_markdown(markdown, _BITBUCKET, mention=mention)
    limit = BITBUCKET_LIMIT_CHARS - spare_chars
    return refuse_too_long(text, surface="Bitbucket", limit_chars=limit)


def _parted(text: str) -> str:
    """The words with everything taken apart that a host looks for in finished text."""
    text = text.replace("@", f"@{NO_WIDTH}")
    for pattern in (_NUMBER, _COMMIT, _ADDRESS, _EMOJI):
        text = pattern.sub(rf"\g<0>{NO_WIDTH}", text)
    return text


def _with_backslash(found: re.Match[str]) -> str:
    return f"\\{found[0]}"


def _start_with_backslash(found: re.Match[str]) -> str:
    number, mark, sign = found.groups()
    return f"{number}\\{mark}" if number else f"\\{sign}"


@dataclass(frozen=True, slots=True)
class _GitHub:
    nests_code: Final = True
    indent: Final = 0

    def words(self, text: str) -> str:
        return _SIGNS.sub(_with_backslash, _parted(text))

    def line_start(self, line: str) -> str:
        started = _AT_START.sub(_start_with_backslash, line)
        return _UNDERLINE.sub(_with_backslash, started)

    def code(self, text: str) -> str:
        return text

    def language(self, name: str) -> str:
        return "" if name.lower() in _ACTIVE else name


@dataclass(frozen=True, slots=True)
class _Bitbucket:
    """Signs no backslash may stand before are parted from what would give them power."""

    nests_code: Final = False
    indent: Final = 4

    def words(self, text: str) -> str:
        parted = _parted(text)
        for pattern in (_TAG, _ENTITY, _STRIKE):
            parted = pattern.sub(rf"\g<0>{NO_WIDTH}", parted)
        return _BAR.sub(_with_backslash, _BITBUCKET_SIGNS.sub(_with_backslash, parted))

    def line_start(self, line: str) -> str:
        started = _AT_START.sub(_start_with_backslash, line)
        return _UNDERLINE.sub(rf"{NO_WIDTH}\g<0>", started)

    def code(self, text: str) -> str:
        # Bitbucket looks for mentions before it knows what is code.
        return text.replace("@", f"@{NO_WIDTH}")

    def language(self, name: str) -> str:
        return "" if name.lower() in _ACTIVE else name


_GITHUB: Final = _GitHub()
_BITBUCKET: Final = _Bitbucket()
