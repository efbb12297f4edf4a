select product_id, title, lower(category) as category
from {{ source('raw', 'products') }}
