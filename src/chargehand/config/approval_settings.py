"""The settings of approvals."""

from pydantic import BaseModel, ConfigDict, Field, model_validator

from chargehand.domain.member import Role


class ApprovalSettings(BaseModel):
    """When people are told that an approval still waits, in hours that they work."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    remind_after_hours: int = Field(
        4,
        ge=0,
        le=1000,
        description="Working hours until those who may decide are reminded; 0: no.",
    )
    escalate_after_hours: int = Field(
        8, ge=0, le=1000, description="Working hours until it is put before others; 0: never."
    )
    escalate_to: tuple[Role, ...] = Field(
        (Role.ADMIN,), description="Roles it is put before; they may decide it from then on."
    )

    @model_validator(mode="after")
    def _one_after_the_other(self) -> "ApprovalSettings":
        if 0 < self.escalate_after_hours <= self.remind_after_hours:
            message = (
                f"escalate_after_hours ({self.escalate_after_hours}) must be more than "
                f"remind_after_hours ({self.remind_after_hours}), or 0"
            )
            raise ValueError(message)
        return self
