"""The driver below DB-API, which other languages' drivers share; sessions' settings;
what this door refuses."""

import adbc_driver_flightsql
import adbc_driver_manager as manager
import pyarrow

from door import BEARER, TLS, URI, connect, refused, rows, same


def read(statement):
    stream, _ = statement.execute_query()
    return pyarrow.RecordBatchReader.from_stream(stream).read_all().to_pylist()


with (
    adbc_driver_flightsql.connect(URI, db_kwargs={**TLS, **BEARER}) as database,
    manager.AdbcConnection(database) as conn,
    manager.AdbcStatement(conn) as statement,
):
    statement.set_sql_query("SELECT r_name AS name FROM region WHERE r_regionkey = ?")
    statement.prepare()
    for key, name in ((0, "AFRICA"), (2, "ASIA")):
        batch = pyarrow.record_batch([pyarrow.array([key], pyarrow.int64())], names=["0"])
        statement.bind(batch)
        same(read(statement), [{"name": name}], "a prepared statement, used again")
    statement.set_sql_query("SELECT count(*) AS n FROM region")
    same(read(statement), [{"n": 5}], "another statement")
    statement.set_sql_query("SET TimeZone = 'Asia/Tehran'")
    statement.execute_update()
    statement.set_sql_query("SHOW TimeZone")
    same([list(row.values()) for row in read(statement)], [["Asia/Tehran"]], "the setting")

with connect() as conn, conn.cursor() as cursor:
    cursor.execute("SET TimeZone = 'Asia/Tehran'")
    cursor.execute("SELECT TIMESTAMPTZ '2024-01-01 00:00:00+00' AS t, TIMESTAMPTZ '2024-01-01 00:00:00+00' AS u FROM region LIMIT 1")
    same(str(cursor.fetch_arrow_table().schema.field("t").type), "timestamp[us, tz=Asia/Tehran]", "the zone")
    for sql, words in {
        "BEGIN": ("0A000",),
        "DECLARE c CURSOR FOR SELECT 1": ("0A000",),
        "COPY (SELECT 1) TO STDOUT": ("0A000",),
        "PREPARE p AS SELECT 1": ("0A000",),
        "SELECT * FROM nowhere": ("42P01", "nowhere"),
        "SELECT nothing FROM region": ("42703", "nothing"),
        "SELEC 1": ("42601",),
        "SELECT 1; SELECT 2": ("42601",),
        "SELECT * FROM read_csv('/etc/passwd')": ("42501",),
        "CREATE TABLE t (i INTEGER)": (),
        "SELECT 1 / (r_regionkey - r_regionkey)::INTEGER, error('stop') FROM region": ("stop",),
    }.items():
        refused(lambda sql=sql: rows(conn, sql), *words)
    same(rows(conn, "SELECT count(*) FROM region"), [(5,)], "the connection after errors")
print("ok")
