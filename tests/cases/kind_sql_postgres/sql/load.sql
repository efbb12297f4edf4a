-- a day's partition: its bounds are parameters of a statement that takes none on the server
drop table if exists pg_sales;
create table pg_sales (
  id uuid, day date, at timestamptz, local timestamp, clock time, region text,
  amount numeric(12, 2), whole numeric(12, 0), share double precision, number bigint, flag boolean,
  tags text[], sums numeric[], more jsonb, nothing text
) partition by range (day);
create table pg_sales_day partition of pg_sales for values from (:day) to (:after);
create or replace function pg_twice(n integer) returns integer language plpgsql as $body$
begin
  -- no end of a statement; :and no parameter
  return n * 2;
end;
$body$;
insert into pg_sales
values ('00000000-0000-0000-0000-00000000002a', :day, :at, '2026-10-24 01:02:03.5', '04:05:06', :region,
        :amount, pg_twice(21), 0.1, :number, :flag, array['a', 'b''%'], array[1.50, 2], '{"a": [1, 2.5, null]}', :nothing);
