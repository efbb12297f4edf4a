"""An Airflow with a pool and a connection: `python keep_airflow.py PROBE HOME`.

Prints its settings.
"""

from __future__ import annotations

import json
import os
import sys


def main() -> None:
    probe, home = sys.argv[1:]
    sys.path.insert(0, probe)
    import common

    common.hide_probe()
    chosen = common.settings({"dags_folder": home}, home, log_level="ERROR")
    os.environ.update(chosen)
    common.create_database(home, None)
    from airflow.models import Connection, Pool
    from airflow.utils.session import create_session

    with create_session() as session:
        session.add(Pool(pool="narrow", slots=1, include_deferred=False))
        session.add(Connection(conn_id="api", conn_type="http", host="localhost"))
    # the last line: Airflow prints as well
    sys.stdout.write("\n" + json.dumps(chosen) + "\n")


if __name__ == "__main__":
    main()
