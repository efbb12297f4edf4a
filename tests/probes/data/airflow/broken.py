"""A file that cannot be loaded, for a reason that Airflow must name."""

raise LookupError("no such mart")
