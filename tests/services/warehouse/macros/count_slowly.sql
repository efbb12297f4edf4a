{% macro count_slowly() %}
  {% do run_query("select count(*) from range(10000000) as a, range(10000000) as b where a.range + b.range = 7") %}
{% endmacro %}
