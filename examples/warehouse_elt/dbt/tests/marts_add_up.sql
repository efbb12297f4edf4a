-- both marts are of the same orders: their sums differ by nothing
select by_day.revenue as by_day, by_customer.revenue as by_customer
from (select sum(revenue) as revenue from {{ ref('daily_revenue') }}) as by_day,
     (select sum(revenue) as revenue from {{ ref('customer_value') }}) as by_customer
where by_day.revenue <> by_customer.revenue
