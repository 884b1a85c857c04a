"""Names and texts of people, apart from the rows that refer to them."""

import hashlib
import json
import secrets
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from chargehand.domain.json import JSONObject
from chargehand.kit.canonical import canonical_json
from chargehand.kit.clock import to_micros
from chargehand.storage.repositories.rows import Repository, load_object
from chargehand.storage.tables import contents


class RetentionClass(StrEnum):
    """How long a content is kept."""

    TEXT = "text"
    PROMPT = "prompt"


class ContentReader(Repository):
    """Looks contents up."""

    def read(self, content_id: str | None) -> JSONObject:
        """The content, or an empty object when there is none or it was erased."""
        return self.read_many([content_id]).get(content_id or "", {})

    def read_many(self, content_ids: Iterable[str | None]) -> dict[str, JSONObject]:
        """The contents that exist, by id."""
        wanted = sorted({content_id for content_id in content_ids if content_id})
        if not wanted:
            return {}
        query = self._select(contents).where(contents.c.content_id.in_(wanted))
        return {row.content_id: load_object(row.body) for row in self._rows(query)}


class ContentWriter(ContentReader):
    """Adds contents."""

    def add(
        self, body: JSONObject, *, now: datetime, retention: RetentionClass = RetentionClass.TEXT
    ) -> tuple[str, str]:
        """Keep a content; returns its id and its salted digest.

        The digest may stand in the audit chain: without the salt, which is erased together with
        the content, it tells nothing.
        """
        salt = secrets.token_hex(16)
        text = canonical_json(body)
        digest = hashlib.sha256((salt + text).encode()).hexdigest()
        content_id = f"cnt_{digest[:32]}"
        self._insert(
            contents,
            {
                "content_id": content_id,
                "salt": salt,
                "digest": digest,
                "retention_class": retention.value,
                "body": json.dumps(body, ensure_ascii=False, separators=(",", ":")),
                "created_at": to_micros(now),
            },
        )
        return content_id, digest
