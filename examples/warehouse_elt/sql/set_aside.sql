create table if not exists raw.orders_set_aside as from raw.orders limit 0;

delete from raw.orders_set_aside where export_day = :day::date;
insert into raw.orders_set_aside from raw.orders where export_day = :day::date;
delete from raw.orders where export_day = :day::date;
