"""Tasks that run SQL: an operator where Airflow's templates carry all that there is to say, else
a function, in which values keep their types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from dagglot.expressions.emit_python import python_block, python_data
from dagglot.expressions.tree import Expression, Text
from dagglot.ir import sql_text
from dagglot.ir.model import SqlBody
from dagglot.ir.sql_text import Parameter, Statement
from dagglot.pycode import Call, Code
from dagglot.targets.airflow.credentials import type_of
from dagglot.targets.airflow.pieces import block, merged

if TYPE_CHECKING:
    from dagglot.targets.airflow.functions import Function
    from dagglot.targets.airflow.operators import Operator

PACKAGES: Final[Mapping[str, str]] = {
    "postgres": "apache-airflow-providers-postgres",
    "mysql": "apache-airflow-providers-mysql",
    "sqlite": "apache-airflow-providers-sqlite",
    "snowflake": "apache-airflow-providers-snowflake",
    "duckdb": "duckdb",
    "bigquery": "apache-airflow-providers-google",
}
"""What must be installed for a type of connection."""
COMMON: Final = "apache-airflow-providers-common-sql"

_FUNCTIONS: Final[Mapping[str, str]] = {"duckdb": "run_duckdb", "bigquery": "run_bigquery"}
"""The helpers of types whose hook is none of SQL's, or that Airflow has no hook for."""
_STYLES: Final[Mapping[str, str]] = {"sqlite": ":{}", "duckdb": "${}"}
_PYFORMAT: Final = "%({})s"
_FILE_ENDINGS: Final = (".sql", ".json")
"""The operator takes a templated text that ends so for the path of a file."""


def is_operator(body: SqlBody) -> bool:
    """Whether nothing is lost where Airflow renders the statements to text, and shows them.

    Parameters would become text as well, and psycopg would leave them to the server, which takes
    none in DDL.
    """
    return body.output == "none" and not body.parameters


def function(made: Function, body: SqlBody) -> Code | Call:
    """The call that runs the statements, inside a function."""
    type = type_of(made.file.pipeline, body.connection)
    made.file.packages |= {COMMON, PACKAGES[type]}
    name = made.file.helper(_FUNCTIONS.get(type, "run_sql"))
    texts = [
        python_block(one, made.names, made.used) if isinstance(one, Text) else block(one)
        for one in texts_of(body, type)
    ]
    arguments: list[object] = [body.connection, texts[0] if len(texts) == 1 else texts]
    if body.parameters:
        given = {
            key: python_data(value, made.names, made.used) for key, value in body.parameters.items()
        }
        arguments.append(given)
    keywords: list[tuple[str, object]] = []
    if body.output != "none":
        keywords.append(("output", body.output))
    if type == "postgres" and made.file.version != "2.11":
        made.file.flags.add("psycopg")  # of the two drivers, that of Airflow 2 is the other
    if secrets := sql_text.hidden(body.parameters):
        keywords.append(("hidden", secrets))
        made.file.flags.add("sql_hidden")
    return Call(name, tuple(arguments), tuple(keywords))


def operator(made: Operator, body: SqlBody) -> tuple[Code, dict[str, Any]]:
    """Airflow's operator, which runs a list of statements in one transaction."""
    type = type_of(made.file.pipeline, body.connection)
    made.file.packages |= {COMMON, PACKAGES[type]}
    texts = [made.text(one, _FILE_ENDINGS) for one in texts_of(body, type)]
    if type in _FUNCTIONS:
        only = texts[0] if len(texts) == 1 else texts
        call = [body.connection, only]
        function = made.file.helper(_FUNCTIONS[type])
        return made.file.airflow("PythonOperator"), {"python_callable": function, "op_args": call}
    if type == "sqlite" and len(texts) > 1:
        # its driver begins a transaction before an insert, not before a create
        texts.insert(0, "begin")
    own: dict[str, Any] = {
        "conn_id": body.connection,
        "sql": texts[0] if len(texts) == 1 else texts,
    }
    return made.file.airflow("SQLExecuteQueryOperator"), {**own, "do_xcom_push": False}


def texts_of(body: SqlBody, type: str) -> list[str | Text]:
    """The statements, with parameters as the driver writes them."""
    style = _STYLES.get(type, _PYFORMAT)
    # a percent sign begins a parameter, once there are any; BigQuery's driver halves two always
    doubled = style is _PYFORMAT and (bool(body.parameters) or type == "bigquery")
    return [
        _written(one, style, _percent if doubled else str) for one in sql_text.statements(body.sql)
    ]


def _percent(text: str) -> str:
    return text.replace("%", "%%")


def _written(statement: Statement, style: str, text: Callable[[str], str]) -> str | Text:
    words: list[str | Expression] = []
    for part in statement:
        if isinstance(part, Parameter):
            words.append(style.format(part.name))
        else:
            words.append(text(part) if isinstance(part, str) else part)
    parts = merged(words)
    return parts[0] if len(parts) == 1 and isinstance(parts[0], str) else Text(parts)
