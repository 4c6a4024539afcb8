"""Parameters of each Python type, one by one and many, and statements used again."""

import datetime
from decimal import Decimal

from door import connect, refused, rows, same

NOW = datetime.datetime(2024, 2, 29, 23, 59, 59, 999999)
ZONED = NOW.replace(tzinfo=datetime.timezone.utc)
VALUES = {
    "BIGINT": [0, -(2**63), 2**63 - 1, None],
    "DOUBLE": [0.1, -1e308, float("inf"), None],
    "VARCHAR": ["", "ü🦆", "it's \"quoted\" \\ $1 ?", "x" * 100_000, None],
    "BLOB": [b"", b"\x00\xff'\\x41", None],
    "BOOLEAN": [True, False, None],
    "DATE": [datetime.date(1969, 12, 31), datetime.date(9999, 12, 31), None],
    "TIMESTAMP": [NOW, datetime.datetime(1, 1, 1), None],
    "TIMESTAMPTZ": [ZONED],
    "TIME": [datetime.time(0, 0), datetime.time(23, 59, 59, 999999), None],
    "DECIMAL(20,4)": [Decimal("-1234567890123456.7891"), Decimal("0.0001"), None],
    "INTEGER[]": [[1, None, 3], [], None],
}

with connect() as conn:
    for name, values in VALUES.items():
        for value in values:
            same(rows(conn, f"SELECT ?::{name}", (value,)), [(value,)], name)
    same(rows(conn, "SELECT ? || ?, ?::INTEGER + 1", ("a", "b", 41)), [("ab", 42)], "three parameters")
    # Without a cast, what the statement compares with says the type.
    same(rows(conn, "SELECT count(*) FROM lineitem WHERE l_shipdate = ? AND l_quantity < ? AND l_shipmode = ?",
              (datetime.date(1996, 3, 13), Decimal("20.00"), "AIR")),
         rows(conn, "SELECT count(*) FROM lineitem WHERE l_shipdate = '1996-03-13' AND l_quantity < 20 AND l_shipmode = 'AIR'"),
         "compared")
    refused(lambda: rows(conn, "SELECT ?::INTEGER", ("no number",)), "no number", "22")
    refused(lambda: rows(conn, "SELECT ?::INTEGER, ?::INTEGER", (1,)), "parameter")

    with conn.cursor() as cursor:
        sql = "SELECT r_name FROM region WHERE r_regionkey = ?"
        same([f.name for f in cursor.adbc_prepare(sql)], ["$1"], "the parameters of a prepared statement")
        for key, name in enumerate(("AFRICA", "AMERICA", "ASIA", "EUROPE", "MIDDLE EAST")):
            cursor.execute(sql, (key,))
            same(cursor.fetchall(), [(name,)], "used again")
        # Rows of parameters of a query: as many results, one after the other.
        cursor.executemany("SELECT ?::INTEGER", [(1,), (2,), (3,)])
print("ok")
