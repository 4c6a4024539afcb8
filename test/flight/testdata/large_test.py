"""A large result: its count and sums against those that SQL gives, by each way of
reading; and eight streams at once on one connection."""

import threading
from decimal import Decimal

import pandas
import polars
import pyarrow.compute as pc

from door import connect, idle, rows, same

QUERY = "SELECT l_orderkey, l_quantity, l_shipdate, l_comment FROM lineitem"
SUMS = ("SELECT count(*), sum(l_orderkey)::BIGINT, sum(l_quantity)::VARCHAR, "
        "sum(strlen(l_comment))::BIGINT, count(DISTINCT l_shipdate) FROM lineitem")


def sums(table):
    return (table.num_rows, pc.sum(table["l_orderkey"]).as_py(), str(pc.sum(table["l_quantity"]).as_py()),
            pc.sum(pc.binary_length(table["l_comment"])).as_py(), pc.count_distinct(table["l_shipdate"]).as_py())


with connect() as conn:
    [want] = rows(conn, SUMS)
    same(want[0], 600572, "lines of the sample")
    with conn.cursor() as cursor:
        cursor.execute(QUERY)
        same(sums(cursor.fetch_arrow_table()), want, "a table")
        cursor.execute(QUERY)
        batches = [batch.num_rows for batch in cursor.fetch_record_batch()]
        same((sum(batches), len(batches) > 5), (want[0], True), "batches")

    same(sums(polars.read_database(QUERY, conn).to_arrow()), want, "Polars")
    lines = sum(len(part) for part in polars.read_database(QUERY, conn, iter_batches=True, batch_size=10_000))
    same(lines, want[0], "Polars by batches")
    few = polars.read_database("SELECT ?::BIGINT AS n", conn, execute_options={"parameters": (3,)})
    same(few["n"].to_list(), [3], "Polars with parameters")
    frame = pandas.read_sql(QUERY, conn)
    same((len(frame), int(frame["l_orderkey"].sum()), frame["l_quantity"].sum()), (want[0], want[1], Decimal(want[2])), "pandas")

    found, failed = {}, []

    def stream(i):
        try:
            with conn.cursor() as cursor:
                cursor.execute(f"SELECT l_orderkey FROM lineitem WHERE l_linenumber % 8 = {i}")
                found[i] = cursor.fetch_arrow_table().num_rows
        except Exception as error:  # noqa: BLE001 - told below
            failed.append(error)

    threads = [threading.Thread(target=stream, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    same((failed, len(found), sum(found.values())), ([], 8, want[0]), "eight streams")
idle()
print("ok")
