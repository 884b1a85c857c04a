"""The end of a log file for eyes outside: of each line only what can name nobody."""

import json
import re
from collections import deque
from pathlib import Path
from typing import Any, Final

# Ids, closed words and numbers; whatever else a line holds may be somebody's words.
_SAFE_KEYS: Final = frozenset(
    {
        "actions", "attempts", "channel", "code", "connections", "event", "is_first", "kind",
        "level", "loop", "method", "port", "reason", "recoveries", "role", "seq", "severity",
        "timestamp", "took_s", "verdict", "version",
    }
)  # fmt: skip
_ID_KEY: Final = re.compile(
    r"^(action|approval|ask|connection|decision|delivery|event|notice|task)_ids?$"
)
_WORD: Final = re.compile(r"^[A-Za-z0-9_.:+-]{1,80}$")
_FRAME: Final = re.compile(
    r'^ *File "(?:[^"]*?/)??(chargehand/[^"]+|[^"/]+)", line (\d+), in (\w+)$'
)
_KIND: Final = re.compile(r"^([A-Za-z_][\w.]*)(?::|$)")


def last_lines(path: Path, limit: int) -> str:
    """The last lines of a log file, each reduced; why there are none, when it can not be read."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            lines = deque(file, maxlen=limit)
    except OSError as error:
        return json.dumps({"error": error.strerror}) + "\n"
    return "".join(f"{_reduced(line)}\n" for line in lines)


def _reduced(line: str) -> str:
    try:
        fields = json.loads(line)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        return json.dumps({"left_out": "a line that is not JSON"})
    kept = {key: value for key, value in fields.items() if _is_safe(key, value)}
    if isinstance(fields.get("exception"), str):
        kept["exception"] = _frames(fields["exception"])
    left_out = sorted(key for key in fields.keys() - kept.keys() if _WORD.match(key))
    return json.dumps({**kept, "left_out": left_out} if left_out else kept)


def _is_safe(key: str, value: Any) -> bool:
    if key not in _SAFE_KEYS and not _ID_KEY.match(key):
        return False
    if isinstance(value, list):
        return all(isinstance(one, str) and _WORD.match(one) for one in value)
    return isinstance(value, int | float) or (
        isinstance(value, str) and _WORD.match(value) is not None
    )


def _frames(traceback: str) -> list[str]:
    """Where it happened and which kind it was, without the words of the error."""
    found = []
    for line in traceback.splitlines():
        if frame := _FRAME.match(line):
            found.append(f"{frame[1]}:{frame[2]} {frame[3]}")
        elif not line.startswith((" ", "Traceback")) and (kind := _KIND.match(line)):
            found.append(kind[1])
    return found
