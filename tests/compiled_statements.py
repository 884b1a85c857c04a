"""One memory of compiled SQL for all engines of a test session.

SQLAlchemy keeps it with each engine, and each test has engines of its own: without this, every test
compiles every statement it uses anew, which takes as long as running them all.
"""

from collections.abc import Iterator, MutableMapping
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.util import LRUCache

_MOST_STATEMENTS = 5000


class SharedStatements(MutableMapping[Any, Any]):
    """Compiled statements by kind of dialect, where SQLAlchemy names the dialect itself.

    Shape: a key is a tuple that begins with the dialect; dialects of one class compile alike, since
    all of them are made by `storage.engines` and speak with databases of one version.
    """

    def __init__(self) -> None:
        self._kept: LRUCache[Any, Any] = LRUCache(_MOST_STATEMENTS)

    def __getitem__(self, key: Any) -> Any:
        return self._kept[_by_kind(key)]

    def get(self, key: Any, default: Any = None) -> Any:
        return self._kept.get(_by_kind(key), default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        self._kept[_by_kind(key)] = compiled

    def __delitem__(self, key: Any) -> None:
        del self._kept[_by_kind(key)]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)


def share_compiled_statements() -> None:
    """Let every connection that is opened from now on use one memory."""
    shared = SharedStatements()

    @event.listens_for(Engine, "engine_connect")
    def _use_it(connection: Connection) -> None:
        connection.execution_options(compiled_cache=shared)


def _by_kind(key: Any) -> Any:
    dialect, *rest = key
    return (type(dialect), *rest)
