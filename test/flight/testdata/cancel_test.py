"""Ways to end a query early: each of them ends its worker as well."""

import threading

from door import connect, flightsql, idle, refused, rows, same

ENDLESS = "SELECT a.i, b.i AS j FROM range(100000000) a(i), range(1000) b(i)"
# Nothing comes before all of it is done.
SILENT = "SELECT sum(a.i * b.i % 7) FROM range(100000000) a(i), range(100000) b(i)"

with connect() as conn:
    with conn.cursor() as cursor:
        cursor.execute(ENDLESS)
        reader = cursor.fetch_record_batch()
        same(reader.read_next_batch().num_rows > 0, True, "the first batch")
        cursor.adbc_cancel()
        refused(lambda: [None for _ in reader], "ancel", kind=Exception)
        idle()
        cursor.execute("SELECT count(*) FROM region")
        same(cursor.fetchall(), [(5,)], "the cursor after it")

    # Cancelled by another thread, before there is anything.
    with conn.cursor() as cursor:
        timer = threading.Timer(1, cursor.adbc_cancel)
        timer.start()

        def whole():
            cursor.execute(SILENT)
            return cursor.fetchall()

        refused(whole, "ancel", kind=Exception)
        timer.join()
        idle()

    # Closed with a half-read result.
    cursor = conn.cursor()
    cursor.execute(ENDLESS)
    cursor.fetchone()
    cursor.close()
    idle()

    # The client's deadline.
    with conn.cursor() as cursor:
        cursor.adbc_statement.set_options(**{"adbc.flight.sql.rpc.timeout_seconds.fetch": "1.0"})
        refused(lambda: (cursor.execute(SILENT), cursor.fetchall()), "TIMEOUT", kind=Exception)
    idle()

    # The server's.
    with conn.cursor() as cursor:
        cursor.execute("SET statement_timeout = '3s'")
        refused(lambda: (cursor.execute(SILENT), cursor.fetchall()), "57014", kind=Exception)
        cursor.execute("RESET statement_timeout")
    idle()
    same(rows(conn, "SELECT count(*) FROM region"), [(5,)], "the connection after it")

# A connection that goes away takes its queries along.
conn = connect()
cursor = conn.cursor()
cursor.execute(ENDLESS)
cursor.fetchone()
cursor.close()
conn.close()
idle()
refused(lambda: rows(conn, "SELECT 1"), kind=flightsql.Error)
print("ok")
