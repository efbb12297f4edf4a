-- one row for each day; a second run of the same day leaves one row
delete from sales where day = :day;
insert into sales (day, region, amount, note)
values (:day, :region, :amount, ':not a parameter; nor a statement''s end');
