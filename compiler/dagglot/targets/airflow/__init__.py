"""The target Airflow."""
