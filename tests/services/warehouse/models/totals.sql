select region, sum(amount) as amount, date '{{ var("day") }}' as day
from {{ ref('orders') }}
where region in ({% for region in var('regions') %}'{{ region | replace("'", "''") }}'{{ ", " if not loop.last }}{% endfor %})
group by region
