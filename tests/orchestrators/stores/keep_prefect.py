"""A Prefect server with a limit and a block: `python keep_prefect.py PROBE`.

Prints its settings, and serves until standard input ends.
"""

from __future__ import annotations

import json
import os
import sys


def main() -> None:
    sys.path.insert(0, sys.argv[1])
    import common
    from worker import make_limits, save_blocks

    with common.throw_away_home() as home, common.server(home, None):
        save_blocks([{"slug": "secret", "name": "api", "value": "http://localhost"}])
        make_limits(["narrow"])
        sys.stdout.write(json.dumps({"PREFECT_API_URL": os.environ["PREFECT_API_URL"]}) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
