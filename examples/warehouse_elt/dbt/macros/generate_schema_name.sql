{# `marts`, not `main_marts`: there is one warehouse, and nobody develops in it #}
{% macro generate_schema_name(custom_schema_name, node) %}
  {{- custom_schema_name or target.schema -}}
{% endmacro %}
