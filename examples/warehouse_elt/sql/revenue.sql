select category, orders, sold, revenue
from marts.daily_revenue
where day = :day::date
order by revenue desc, category;
