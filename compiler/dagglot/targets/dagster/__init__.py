"""The target Dagster."""
