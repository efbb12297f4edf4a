select *
from orders
where name = ${{ params.name }}
  and day = ${{ vars.dya }};
