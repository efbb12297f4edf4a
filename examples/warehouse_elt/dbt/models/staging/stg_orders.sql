select
  order_id,
  customer_id,
  product_id,
  quantity,
  unit_price,
  lower(status) as status,
  ordered_at,
  export_day as day
from {{ source('raw', 'orders') }}
-- an order that was changed is exported again
qualify row_number() over (partition by order_id order by export_day desc) = 1
