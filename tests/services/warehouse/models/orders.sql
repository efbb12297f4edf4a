select * from (values ('emea', 1.5), ('emea', 4.0), ('o''brien', 2.5), ('apac', 9.0)) as t(region, amount)
