create schema if not exists raw;

create table if not exists raw.orders (
  export_day date, order_id varchar, customer_id varchar, product_id varchar,
  quantity integer, unit_price decimal(10, 2), status varchar, ordered_at timestamp
);
delete from raw.orders where export_day = :day::date;
insert into raw.orders
select :day::date, order_id, customer_id, product_id, quantity, unit_price, status, ordered_at
from read_csv(:orders, header = true, columns = {
  'order_id': 'varchar', 'customer_id': 'varchar', 'product_id': 'varchar', 'quantity': 'integer',
  'unit_price': 'decimal(10, 2)', 'status': 'varchar', 'ordered_at': 'timestamp'
});

-- who and what there is, as of the latest export
create or replace table raw.customers as
select customer_id, name, country, since::date as since
from read_csv(:customers, header = true, all_varchar = true);

create or replace table raw.products as
select product_id, title, category
from read_csv(:products, header = true, all_varchar = true);
