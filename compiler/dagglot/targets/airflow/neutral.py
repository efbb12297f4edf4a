"""Operators that need no `native` task: the kind of the language that does the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_STANDARD: Final = "airflow.providers.standard"
KINDS: Final[Mapping[str, str]] = {
    f"{_STANDARD}.operators.bash:BashOperator": "shell",
    "airflow.operators.bash:BashOperator": "shell",
    f"{_STANDARD}.operators.empty:EmptyOperator": "noop",
    "airflow.operators.empty:EmptyOperator": "noop",
    f"{_STANDARD}.operators.trigger_dagrun:TriggerDagRunOperator": "trigger_pipeline",
    "airflow.operators.trigger_dagrun:TriggerDagRunOperator": "trigger_pipeline",
    f"{_STANDARD}.sensors.filesystem:FileSensor": "sensor",
    "airflow.sensors.filesystem:FileSensor": "sensor",
    f"{_STANDARD}.sensors.external_task:ExternalTaskSensor": "sensor",
    "airflow.sensors.external_task:ExternalTaskSensor": "sensor",
    f"{_STANDARD}.sensors.time_delta:TimeDeltaSensor": "sensor",
    "airflow.providers.common.sql.operators.sql:SQLExecuteQueryOperator": "sql",
    "airflow.providers.common.sql.sensors.sql:SqlSensor": "sensor",
    "airflow.providers.http.operators.http:HttpOperator": "http",
    "airflow.providers.http.sensors.http:HttpSensor": "sensor",
    "airflow.providers.docker.operators.docker:DockerOperator": "container",
    "airflow.providers.cncf.kubernetes.operators.pod:KubernetesPodOperator": "container",
    "airflow.providers.papermill.operators.papermill:PapermillOperator": "notebook",
    "airflow.providers.apache.spark.operators.spark_submit:SparkSubmitOperator": "spark",
    "airflow.providers.smtp.operators.smtp:EmailOperator": "notify",
    "airflow.providers.slack.operators.slack_webhook:SlackWebhookOperator": "notify",
}
