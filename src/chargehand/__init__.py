"""chargehand: the AI foreman of a software team."""

from typing import Final

__version__: Final = "0.1.0"
