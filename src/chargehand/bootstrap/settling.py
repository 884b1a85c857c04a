"""How long after its end a send may still land at a vendor."""

from datetime import timedelta
from typing import Final

# What a vendor still works on when we stop listening is stored by then.
SETTLE_MARGIN: Final = timedelta(seconds=10)
