"""The `chargehand` command."""

import sys

from chargehand.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
