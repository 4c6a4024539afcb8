"""Every type, with NULL and its extremes, against the texts and numbers that DuckDB
gives for the same values."""

import json
import math
from decimal import Decimal

import pyarrow as pa

from door import connect, refused, same

# Of each type: its Arrow type, literals, how SQL shows a value, how Python does.
TEXT = "v::VARCHAR"


def plain(array):
    return [None if v is None else str(v) for v in array.to_pylist()]


def digits(array):
    return [None if v is None else format(v, "f") for v in array.to_pylist()]


def number(array):
    """The number that a date or time is kept as."""
    wide = pa.int32() if array.type == pa.date32() else pa.int64()
    return array.view(wide).to_pylist()


def as_json(array):
    def shown(v):
        if isinstance(v, list) and v and isinstance(v[0], tuple):
            return dict(v)  # of a map
        return v

    return [None if v is None else shown(v) for v in array.to_pylist()]


def loads(texts):
    return [None if t is None else json.loads(t) for t in texts]


TYPES = {
    "BOOLEAN": (pa.bool_(), ["true", "false"], TEXT, lambda a: [None if v is None else str(v).lower() for v in a.to_pylist()]),
    "TINYINT": (pa.int8(), ["-128", "127"], TEXT, plain),
    "SMALLINT": (pa.int16(), ["-32768", "32767"], TEXT, plain),
    "INTEGER": (pa.int32(), ["-2147483648", "2147483647"], TEXT, plain),
    "BIGINT": (pa.int64(), ["-9223372036854775808", "9223372036854775807"], TEXT, plain),
    "UTINYINT": (pa.uint8(), ["0", "255"], TEXT, plain),
    "USMALLINT": (pa.uint16(), ["0", "65535"], TEXT, plain),
    "UINTEGER": (pa.uint32(), ["0", "4294967295"], TEXT, plain),
    "UBIGINT": (pa.uint64(), ["0", "18446744073709551615"], TEXT, plain),
    "HUGEINT": (pa.decimal128(38, 0), ["-" + "9" * 38, "9" * 38], TEXT, digits),
    "UHUGEINT": (pa.decimal128(38, 0), ["0", "9" * 38], TEXT, digits),
    "DECIMAL(4,1)": (pa.decimal128(4, 1), ["-999.9", "999.9"], TEXT, digits),
    "DECIMAL(9,2)": (pa.decimal128(9, 2), ["-9999999.99", "0"], TEXT, digits),
    "DECIMAL(18,3)": (pa.decimal128(18, 3), ["-999999999999999.999", "0.001"], TEXT, digits),
    "DECIMAL(38,10)": (pa.decimal128(38, 10), ["-9999999999999999999999999999.9999999999", "0.0000000001"], TEXT, digits),
    "VARCHAR": (pa.string(), ["''", "'ü🦆'", "'" + "x" * 5000 + "'", "'\"\\'"], TEXT, plain),
    "BLOB": (pa.binary(), ["''", r"'\x00\xFFab'"], "hex(v)", lambda a: [None if v is None else v.hex().upper() for v in a.to_pylist()]),
    "UUID": (pa.string(), ["'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"], TEXT, plain),
    "JSON": (pa.string(), ["""'{"a": [1, null]}'""", "'null'"], TEXT, plain),
    "ENUM('low', 'high')": (pa.string(), ["'low'", "'high'"], TEXT, plain),
    "BIT": (pa.string(), ["'1'", "'0101010101'"], TEXT, plain),
    "BIGNUM": (pa.string(), ["'" + "9" * 60 + "'", "'-" + "9" * 60 + "'"], TEXT, plain),
    "TIMETZ": (pa.string(), ["'00:00:00+15:59:59'", "'23:59:59.999999-15:59:59'"], TEXT, plain),
    "DATE": (pa.date32(), ["'5877642-06-25 (BC)'", "'5881580-07-10'", "'infinity'", "'-infinity'", "'1969-12-31'"],
             "CASE v WHEN 'infinity' THEN 2147483647 WHEN '-infinity' THEN -2147483647 ELSE v - DATE '1970-01-01' END", number),
    "TIME": (pa.time64("us"), ["'00:00:00'", "'23:59:59.999999'", "'24:00:00'"], "epoch_us(v)", number),
    "TIME_NS": (pa.time64("ns"), ["'00:00:00'", "'23:59:59.999999999'"], "epoch_ns(v)", number),
    "TIMESTAMP": (pa.timestamp("us"), ["'290309-12-22 (BC) 00:00:00'", "'294247-01-10 04:00:54.775806'", "'1969-12-31 23:59:59.999999'"],
                  "epoch_us(v)", number),
    "TIMESTAMPTZ": (pa.timestamp("us", "UTC"), ["'290309-12-22 (BC) 00:00:00+00'", "'294247-01-10 04:00:54.775806+00'"],
                    "epoch_us(v)", number),
    "TIMESTAMP_S": (pa.timestamp("s"), ["'1969-12-31 23:59:59'", "'9999-12-31 23:59:59'"], "epoch_ms(v::TIMESTAMP) // 1000", number),
    "TIMESTAMP_MS": (pa.timestamp("ms"), ["'1969-12-31 23:59:59.999'", "'9999-12-31 23:59:59.999'"], "epoch_ms(v::TIMESTAMP)", number),
    "TIMESTAMP_NS": (pa.timestamp("ns"), ["'1677-09-22 00:00:00'", "'2262-04-11 23:47:16.854775806'"], "epoch_ns(v)", number),
    "INTERVAL": (pa.month_day_nano_interval(), ["'-1 month'", "'14 months -3 days 00:00:00.000001'", "'2562047 hours'"],
                 "12 * datepart('year', v) + datepart('month', v) || ' ' || datepart('day', v) || ' ' || "
                 "datepart('hour', v)::HUGEINT * 3600000000 + datepart('minute', v) * 60000000 + datepart('microsecond', v)",
                 lambda a: [None if v is None else f"{v.months} {v.days} {v.nanoseconds // 1000}" for v in a.to_pylist()]),
    "INTEGER[]": (pa.list_(pa.int32()), ["[]", "[1, NULL, 3]"], "to_json(v)", as_json),
    "VARCHAR[][]": (pa.list_(pa.list_(pa.string())), ["[['a', NULL], NULL, []]"], "to_json(v)", as_json),
    "INTEGER[3]": (pa.list_(pa.int32(), 3), ["[1, NULL, 3]"], "to_json(v)", as_json),
    'STRUCT(a INTEGER, "b c" VARCHAR[])': (pa.struct([("a", pa.int32()), ("b c", pa.list_(pa.string()))]),
                                           ["{'a': 1, 'b c': ['x']}", "{'a': NULL, 'b c': NULL}"], "to_json(v)", as_json),
    "MAP(VARCHAR, INTEGER)": (pa.map_(pa.string(), pa.int32()), ["MAP {'a': 1, 'b': NULL}", "MAP {}"], "to_json(v)",
                              lambda a: [None if v is None else dict(v) for v in a.to_pylist()]),
}

with connect() as conn, conn.cursor() as cursor:
    for name, (arrow, literals, sql, show) in TYPES.items():
        values = ", ".join(f"(CAST({v} AS {name}))" for v in [*literals, "NULL"])
        cursor.execute(f"SELECT v, ({sql}) AS shown FROM (VALUES {values}) t(v)")
        table = cursor.fetch_arrow_table()
        got, want = table["v"].combine_chunks(), table["shown"].to_pylist()
        kind = got.type
        # Names of the fields inside of lists and maps are no part of what is compared.
        if not kind.equals(arrow) and str(kind) != str(arrow):
            raise AssertionError(f"{name}: got the type {kind}, want {arrow}")
        same(len(want), len(literals) + 1, name)
        same(show(got), loads(want) if sql == "to_json(v)" else want, name)

    for name, width in (("FLOAT", pa.float32()), ("DOUBLE", pa.float64())):
        smallest = "1.401298464324817e-45" if name == "FLOAT" else "5e-324"
        largest = "3.4028234663852886e38" if name == "FLOAT" else "1.7976931348623157e308"
        literals = ["'-0.0'", f"'{smallest}'", f"'{largest}'", f"'-{largest}'", "'inf'", "'-inf'", "'nan'", "NULL"]
        cursor.execute("SELECT v, v::VARCHAR AS shown FROM (VALUES " + ", ".join(f"(CAST({v} AS {name}))" for v in literals) + ") t(v)")
        table = cursor.fetch_arrow_table()
        same(table.schema.field("v").type, width, name)
        texts = pa.array([None if t is None else float(t) for t in table["shown"].to_pylist()], width).to_pylist()
        for got, want in zip(table["v"].to_pylist(), texts, strict=True):
            if want is None or math.isnan(want):
                same(str(got), str(want), name)
            else:
                same((got, math.copysign(1, got)), (want, math.copysign(1, want)), name)

    cursor.execute("SELECT union_value(num := 3)::UNION(num INTEGER, str VARCHAR) AS v UNION ALL SELECT union_value(str := 'x')")
    table = cursor.fetch_arrow_table()
    same(sorted(map(str, table["v"].to_pylist())), ["3", "x"], "UNION")

    cursor.execute("SELECT NULL AS v")
    same(cursor.fetch_arrow_table()["v"].to_pylist(), [None], "NULL")

    # A HUGEINT of more digits than Arrow's decimals have is an error, not another value.
    def wide():
        cursor.execute("SELECT 170141183460469231731687303715884105727::HUGEINT AS v")
        return cursor.fetchall()

    refused(wide, "VARCHAR")
    cursor.execute("SELECT 1.50::DECIMAL(3,2)")
    same(cursor.fetchall(), [(Decimal("1.50"),)], "rows of DB-API")
print("ok")
