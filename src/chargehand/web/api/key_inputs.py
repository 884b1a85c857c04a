"""What callers may hand in about API keys."""

from pydantic import AwareDatetime, Field

from chargehand.domain.permission import Permission
from chargehand.pipeline.keys import LONGEST_KEY_NAME, MOST_PROJECTS
from chargehand.web.api.inputs import Handed, ProjectFilter


class KeyBody(Handed):
    """A new API key; it speaks for whoever its maker speaks for."""

    name: str = Field(
        min_length=1,
        max_length=LONGEST_KEY_NAME,
        description="What the key is for; no two that live share one.",
    )
    permissions: list[Permission] | None = Field(
        None,
        min_length=1,
        description="What it may do; null for everything, which only who holds all may hand on.",
    )
    projects: list[ProjectFilter] | None = Field(
        None,
        min_length=1,
        max_length=MOST_PROJECTS,
        description="Where it may; null for every project, and the organization itself.",
    )
    expires_at: AwareDatetime | None = Field(
        None, description="When it ends by itself; null for good, or with the key that made it."
    )
