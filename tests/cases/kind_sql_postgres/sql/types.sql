select pg_typeof(:day)::text as day, pg_typeof(:at)::text as at, pg_typeof(:amount)::text as amount,
       pg_typeof(:number)::text as number, pg_typeof(:flag)::text as flag, :text as text, :nothing is null as nothing,
       round(:amount, 1) as rounded, 'a' || :number as joined,
       (select count(*) from pg_sales -- a filter that is only there where it is given
        where (:nothing is null or region = :nothing) and region like '%100\% %' and day between :day and :day) as found
