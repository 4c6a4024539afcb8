"""First queries of psycopg 3, with settings from libpq's environment."""

import datetime
import decimal

import psycopg

with psycopg.connect() as conn:
    assert conn.info.parameter_status("server_version"), "no server_version"
    row = conn.execute("SELECT count(*), min(l_shipdate), sum(l_quantity) FROM lineitem").fetchone()
    assert row[0] == 600572, row
    assert isinstance(row[1], datetime.date), row
    assert isinstance(row[2], decimal.Decimal), row

    for binary in (False, True):
        with conn.cursor(binary=binary) as cursor:
            cursor.execute("SELECT n_name FROM nation WHERE n_nationkey = %s", (3,))
            assert cursor.fetchall() == [("CANADA",)], binary

    try:
        conn.execute("SELECT nope FROM nation")
    except psycopg.errors.UndefinedColumn as error:
        assert error.diag.statement_position == "8", error.diag.statement_position
        conn.rollback()
    else:
        raise AssertionError("no error")

    with conn.cursor() as cursor, cursor.copy("COPY (SELECT n_nationkey, n_name FROM nation) TO STDOUT") as copy:
        assert len(list(copy.rows())) == 25

    with conn.cursor(name="c") as cursor:
        cursor.execute("SELECT l_orderkey FROM lineitem")
        assert len(cursor.fetchmany(100)) == 100

print("ok")
