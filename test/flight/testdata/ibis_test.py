"""Ibis: expressions over tables of the server, whose SQL comes through this door. It
has no backend for Flight SQL of its own: the schemas are asked of the server, the SQL
is DuckDB's."""

import ibis
import pyarrow.compute as compute
from ibis import _

from door import connect, rows, same

with connect() as conn, conn.cursor() as cursor:

    def table(name):
        return ibis.table(ibis.Schema.from_pyarrow(conn.adbc_get_table_schema(name)), name)

    def run(expression):
        cursor.execute(str(ibis.to_sql(expression, dialect="duckdb")))
        return cursor.fetch_arrow_table()

    lineitem, orders, nation = table("lineitem"), table("orders"), table("nation")
    modes = run(
        lineitem.join(orders, lineitem.l_orderkey == orders.o_orderkey)
        .filter(_.o_orderpriority == "1-URGENT")
        .group_by("l_shipmode")
        .agg(n=_.count(), quantity=_.l_quantity.sum())
        .order_by("l_shipmode")
    )
    same(
        [tuple(row.values()) for row in modes.to_pylist()],
        rows(
            conn,
            "SELECT l_shipmode, count(*), sum(l_quantity) FROM lineitem JOIN orders ON l_orderkey = o_orderkey"
            " WHERE o_orderpriority = '1-URGENT' GROUP BY 1 ORDER BY 1",
        ),
        "a join",
    )
    years = run(lineitem.mutate(year=_.l_shipdate.year()).group_by("year").agg(price=_.l_extendedprice.mean()).order_by("year"))
    same(years["year"].to_pylist(), list(range(1992, 1999)), "years")
    dearest = run(
        orders.mutate(place=ibis.row_number().over(group_by=_.o_orderstatus, order_by=[_.o_totalprice.desc(), _.o_orderkey]))
        .filter(_.place == 0)
        .select("o_orderstatus", "o_totalprice")
    )
    same(
        sorted(tuple(row.values()) for row in dearest.to_pylist()),
        rows(conn, "SELECT o_orderstatus, max(o_totalprice) FROM orders GROUP BY 1 ORDER BY 1"),
        "a window",
    )
    large = run(lineitem.select("l_orderkey", "l_comment"))
    same(
        (large.num_rows, compute.sum(large["l_orderkey"]).as_py()),
        rows(conn, "SELECT count(*), sum(l_orderkey)::BIGINT FROM lineitem")[0],
        "all rows",
    )
    names = run(nation.filter(_.n_name.lower().contains("an") & (_.n_nationkey < 10)).order_by("n_name").n_name.as_table())
    same(names["n_name"].to_pylist(), ["CANADA", "FRANCE", "GERMANY"], "texts")
    same(run(nation.n_nationkey.sum().as_table()).to_pylist()[0].popitem()[1], 300, "a sum")
print("ok")
