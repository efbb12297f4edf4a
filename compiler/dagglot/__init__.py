"""dagglot: one pipeline YAML, compiled to native Airflow, Prefect and Dagster code."""

__version__ = "0.1.0"
