-- In the shape of what dbt and dbt_utils compile for PostgreSQL: macros of
-- github.com/dbt-labs/dbt-utils (macros/sql) and of dbt-postgres. Models are subqueries here.
-- name: 01
select md5(cast(coalesce(cast(id as TEXT), '_dbt_utils_surrogate_key_null_') || '-' || coalesce(cast(status as TEXT), '_dbt_utils_surrogate_key_null_') as TEXT)) as k from orders order by id
-- name: 02
with rawdata as (
    with p as (select 0 as generated_number union all select 1), unioned as (select p0.generated_number * power(2, 0) + p1.generated_number * power(2, 1) + 1 as generated_number from p as p0 cross join p as p1)
    select * from unioned where generated_number <= 3 order by generated_number
), all_periods as (select cast('2024-01-01' as date) + ((interval '1 day') * (row_number() over (order by 1) - 1)) as date_day from rawdata)
select * from all_periods where date_day <= cast('2024-01-10' as date) order by 1
-- name: 03
select * from (select *, row_number() over (partition by customer_id order by ordered_at desc) as rn from orders) s where rn = 1 order by customer_id
-- name: 04
select distinct on (customer_id) customer_id, id from orders order by customer_id, ordered_at desc
-- name: 05
select sum(case when status = 'new' then amount else 0 end) as "new", sum(case when status = 'paid' then amount else 0 end) as "paid" from orders
-- name: 06
(select cast('orders' as TEXT) as _dbt_source_relation, cast(id as bigint) as id from orders) union all (select cast('customers' as TEXT) as _dbt_source_relation, cast(id as bigint) from customers) order by 1, 2
-- name: 07
select count(*) as failures, count(*) != 0 as should_warn, count(*) != 0 as should_error from (select id from orders where id is null) dbt_internal_test
-- name: 08
select count(*) as failures from (select status as unique_field, count(*) as n_records from orders where status is not null group by status having count(*) > 1) t
-- name: 09
with all_values as (select status as value_field, count(*) as n_records from orders group by status) select * from all_values where value_field not in ('new','paid','shipped')
-- name: 10
select child.customer_id as from_field from orders child left join customers parent on child.customer_id = parent.id where child.customer_id is not null and parent.id is null order by 1
-- name: 11
select cast(date_trunc('month', day) as date) as month, (date_trunc('month', day) + (interval '1 month') * 1 + (interval '-1 day') * 1)::date as last_day from orders order by id limit 5
-- name: 12
select ((((((((cast('2024-03-01 10:00' as timestamp))::date - (cast('2024-02-27 23:00' as timestamp))::date)) * 24 + date_part('hour', (cast('2024-03-01 10:00' as timestamp))::timestamp) - date_part('hour', (cast('2024-02-27 23:00' as timestamp))::timestamp)))))) as hours
-- name: 13
select day + ((interval '1 week') * (2)) as later, cast(current_timestamp as timestamp) is not null as n from orders order by id limit 3
-- name: 14
select split_part(name, ' ', 1) as first_name, position(' ' in name) as p, length(name) as l, right(name, 3) as r, replace(name, ' ', '_') as u, upper(left(name, 1)) || lower(substring(name from 2)) as c from customers order by id
-- name: 15
select coalesce(nullif(trim(note), ''), 'none') as note, count(*) from orders group by 1 order by 1
-- name: 16
select amount / nullif(quantity, 0) as safe_divide, width_bucket(amount::numeric, 0, 500, 5) as bucket from orders where amount is not null order by id
-- name: 17
select string_agg(status, ', ' order by id) as listagg from orders where id < 6
-- name: 18
select bool_or(paid) as any_paid, every(quantity > 0) as all_positive from orders
-- name: 19
select listed.x from unnest(array['a','b']) as listed(x) order by 1
-- name: 20
select cast(props as jsonb) ->> 'channel' as channel, jsonb_array_length(cast(props as jsonb) -> 'tags') as n from orders order by id limit 5
-- name: 21
select * from (values (1, 'one'), (2, 'two')) as seed(id, label)
-- name: 22
select id, hashtext(status) is not null as h from orders limit 1
-- name: 23
with recursive t(n) as (select 1 union all select n + 1 from t where n < 5) select sum(n) from t
-- name: 24
select percentile_cont(0.5) within group (order by amount) as median, mode() within group (order by quantity % 2) from orders where id < 4
-- name: 25
select generate_series(1, 3) as n
-- name: 26
select initcap(status) || ' ' || to_char(amount, 'FM999,990.00') as label from orders order by id limit 10
-- name: 27
select o.id from orders o where exists (select 1 from customers c where c.id = o.customer_id and c.country = 'DE') order by 1
-- name: 28
select day, sum(amount) over (order by day rows between 6 preceding and current row) as moving from (select day, sum(amount) as amount from orders group by day) d order by day
