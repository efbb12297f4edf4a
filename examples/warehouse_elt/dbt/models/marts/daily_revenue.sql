select
  orders.day,
  products.category,
  count(distinct orders.order_id) as orders,
  sum(orders.quantity)::integer as sold,
  sum(orders.quantity * orders.unit_price)::decimal(12, 2) as revenue,
  '{{ var("currency") }}' as currency
from {{ ref('stg_orders') }} as orders
join {{ ref('stg_products') }} as products using (product_id)
where orders.status <> 'cancelled'
group by orders.day, products.category
