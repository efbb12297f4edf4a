"""An Airflow with pools and a connection: `python keep_airflow.py PROBE HOME POOLS`.

The pools come from the file POOLS, by Airflow's own `pools import`.

Prints its settings.
"""

from __future__ import annotations

import json
import os
import sys


def main() -> None:
    probe, home, pools = sys.argv[1:]
    sys.path.insert(0, probe)
    import common

    common.hide_probe()
    chosen = common.settings({"dags_folder": home}, home, log_level="ERROR")
    os.environ.update(chosen)
    common.create_database(home, None)
    from airflow.cli.cli_parser import get_parser
    from airflow.models import Connection
    from airflow.utils.session import create_session

    words = get_parser().parse_args(["pools", "import", pools])
    words.func(words)
    with create_session() as session:
        session.add(Connection(conn_id="api", conn_type="http", host="localhost"))
    # the last line: Airflow prints as well
    sys.stdout.write("\n" + json.dumps(chosen) + "\n")


if __name__ == "__main__":
    main()
