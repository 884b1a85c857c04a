"""The settings of the log."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class LogSettings(BaseModel):
    """What is logged, and where to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least level shown."
    )
    format: Literal["auto", "json", "console"] = Field(
        "auto", description="JSON lines, readable lines, or readable only on a terminal."
    )
    file: Path | None = Field(
        None, description="File the lines go to, shared by all processes; else standard error."
    )
    max_bytes: int = Field(
        20 * 1024 * 1024,
        ge=4096,
        description="Size at which the file is put aside; each day (UTC) it is anyway.",
    )
    keep: int = Field(10, ge=0, le=1000, description="How many older files stay.")
    keep_days: int = Field(30, ge=1, le=3650, description="Days after which an older file goes.")
