"""Runs `podium` as `python -m podium_cli`."""

import sys

from podium_cli.main import main

sys.exit(main())
