"""The settings that turn something off in this installation, whatever is set while it runs."""

from pydantic import BaseModel, ConfigDict, Field

_OFF = "; false turns it off here, and no flag turns it on again."


class FlagSettings(BaseModel):
    """What is off or stopped for as long as these settings say so; `flags` has the rest."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    agents: bool = Field(default=True, description=f"Whether agents decide and propose{_OFF}")
    model_decisions: bool = Field(default=True, description=f"Whether models may be asked{_OFF}")
    sending: bool = Field(default=True, description=f"Whether actions are sent{_OFF}")
    unasked_messages: bool = Field(
        default=True, description=f"Whether people are told what they did not just ask for{_OFF}"
    )
    stop: str = Field(
        "",
        max_length=1000,
        description="What is stopped: all, project:KEY, agent:NAME, connector:NAME, with commas "
        "between; anything else that is written here stops everything.",
    )
