"""The target Prefect."""
