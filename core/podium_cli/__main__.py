"""`python -m podium_cli` is `podium`."""

import sys

from podium_cli.main import main

sys.exit(main())
