-- In the shape of what Power Query folds for PostgreSQL (nested selects with "_" and "$Table",
-- quoted names, casts, limits), and DirectQuery's outer select with a row limit.
-- name: 01
select "$Table"."id" as "id",
    "$Table"."status" as "status",
    "$Table"."amount" as "amount"
from "orders" "$Table"
order by "$Table"."id"
limit 1000
-- name: 02
select "_"."status", sum("_"."amount") as "total"
from "orders" "_"
group by "_"."status"
-- name: 03
select "rows"."status" as "status", count(distinct("rows"."customer_id")) + max(case when "rows"."customer_id" is null then 1 else 0 end) as "n"
from (select "status", "customer_id" from "orders" "$Table") "rows"
group by "status"
-- name: 04
select "_"."id" from "orders" "_" where "_"."ordered_at" >= timestamp '2023-12-01 00:00:00' and "_"."ordered_at" < timestamp '2024-01-01 00:00:00' order by 1
-- name: 05
select "_"."y", count(*) as "c" from (select date_part('year', "_"."ordered_at") as "y" from "orders" "_") "_" group by "_"."y" order by 1
-- name: 06
select "$Outer"."id", "$Inner"."name" from "orders" "$Outer" left outer join "customers" "$Inner" on ("$Outer"."customer_id" = "$Inner"."id") order by 1
-- name: 07
select "_"."id", case when "_"."amount" > 100 and "_"."amount" is not null then 'high' else 'low' end as "level" from "orders" "_" order by 1 limit 200
-- name: 08
select cast("_"."quantity" as decimal) as "q", cast("_"."amount" as numeric(20, 4)) as "a", cast("_"."id" as varchar) as "s" from "orders" "_" order by "_"."id"
-- name: 09
select * from (select "status", count(1) as "a0" from "orders" group by "status") "MainTable" where (not("a0" is null)) order by 1 limit 1000001
-- name: 10
select "t0"."c12", sum("t0"."amount") as "a0" from ((select date_trunc('month', "ordered_at") as "c12", "amount" from "orders")) as "t0" group by "t0"."c12" order by 1 limit 1000001
-- name: 11
select upper("_"."name") as "n", position('a' in "_"."name") - 1 as "p", char_length("_"."name") as "l", substring("_"."name", 1, 3) as "t", ltrim("_"."name") as "x" from "customers" "_" order by "_"."id"
-- name: 12
select "_"."name" from "customers" "_" where "_"."name" like '%an%' escape '\' or lower("_"."city") = 'paris' order by 1
-- name: 13
select "_"."id" % 3 as "m", "_"."quantity" / 2 as "h", "_"."quantity" * 1.5 as "x" from "orders" "_" order by "_"."id" limit 20
-- name: 14
select count(*) from (select distinct "status" from "orders") "x"
-- name: 15
select min("_"."amount") as "mn", max("_"."amount") as "mx", avg("_"."amount") as "av" from "orders" "_" where "_"."amount" is not null
-- name: 16
select "_"."ordered_at"::date as "d", "_"."ordered_at"::time as "t", extract(day from "_"."ordered_at") as "day", "_"."day" + interval '1 month' as "next" from "orders" "_" order by "_"."id" limit 30
-- name: 17
select "a"."status" as "s" from "orders" "a" union select "b"."city" from "customers" "b" order by 1 nulls last
-- name: 18
select row_number() over (order by "_"."id") as "i", "_"."id" from "orders" "_" order by 1 limit 10 offset 20
-- name: 19
select string_agg("_"."status", ',') from (select distinct "status" from "orders" order by 1) "_"
-- name: 20
select coalesce("_"."note", '') as "n", "_"."note" is null as "z" from "orders" "_" where "_"."note" is null or "_"."note" <> '' order by "_"."id" limit 20
