"""Checks of data that only warn."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any


def only_warns(check: Callable[..., None]) -> Callable[..., None]:
    """A check that logs what is wrong, with the data or with the check, and never fails."""

    @wraps(check)
    def warn(*args: Any, **kwargs: Any) -> None:
        try:
            check(*args, **kwargs)
        except (Exception, SystemExit) as error:
            logging.getLogger(__name__).warning(
                "%s", str(error) or repr(error), exc_info=True
            )

    return warn
