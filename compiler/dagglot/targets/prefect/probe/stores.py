"""Which blocks, limits and work pools a Prefect server lacks: `python stores.py ANSWER < REQUEST`.

Request: {"needs": [[kind, name]]}; a kind is `limit`, `work pool`, or a block's type, such as
`secret` or `sqlalchemy-connector`.
Answer: {"version", "missing": [[kind, name]], "unasked": null or why it could not be asked}.
It is the server of the user's own settings; no value leaves it.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import common


def main() -> None:
    needs = common.read_request()["needs"]
    # never a server that was started for this question, and is empty
    os.environ["PREFECT_SERVER_ALLOW_EPHEMERAL_MODE"] = "false"
    answer: dict[str, Any] = {"version": common.version(), "missing": [], "unasked": None}
    try:
        answer["missing"] = missing(needs)
    except Exception as error:
        answer["unasked"] = common.one_line(error)
    common.write_answer(sys.argv[1], answer)


def missing(needs: list[list[str]]) -> list[list[str]]:
    from prefect.client.orchestration import get_client
    from prefect.exceptions import ObjectNotFound

    lacks = []
    with get_client(sync_client=True) as client:
        client.hello().raise_for_status()
        limits = {limit.name for limit in client.read_global_concurrency_limits()}
        for kind, name in needs:
            try:
                if kind == "work pool":
                    client.read_work_pool(name)
                elif kind != "limit":
                    client.read_block_document_by_name(name, kind)
                elif name not in limits:
                    lacks.append([kind, name])
            except ObjectNotFound:
                lacks.append([kind, name])
    return lacks


if __name__ == "__main__":
    main()
