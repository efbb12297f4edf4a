select customer_id, trim(name) as name, upper(country) as country, since
from {{ source('raw', 'customers') }}
