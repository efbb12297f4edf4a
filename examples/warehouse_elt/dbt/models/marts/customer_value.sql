select
  customers.customer_id,
  customers.name,
  customers.country,
  count(orders.order_id) as orders,
  coalesce(sum(orders.quantity * orders.unit_price), 0)::decimal(12, 2) as revenue,
  max(orders.ordered_at) as last_order
from {{ ref('stg_customers') }} as customers
left join {{ ref('stg_orders') }} as orders
  on orders.customer_id = customers.customer_id and orders.status <> 'cancelled'
group by customers.customer_id, customers.name, customers.country
