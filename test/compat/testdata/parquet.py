"""Writes the tables of a PostgreSQL database as Parquet files into a folder.

The connection is the usual one of the environment; the argument is the folder.
"""

import pathlib
import sys

import psycopg
import pyarrow
import pyarrow.parquet

ARROW = {
    16: pyarrow.bool_(),
    17: pyarrow.binary(),
    20: pyarrow.int64(),
    21: pyarrow.int16(),
    23: pyarrow.int32(),
    25: pyarrow.string(),
    114: pyarrow.json_(),
    700: pyarrow.float32(),
    701: pyarrow.float64(),
    1007: pyarrow.list_(pyarrow.int32()),
    1009: pyarrow.list_(pyarrow.string()),
    1082: pyarrow.date32(),
    1083: pyarrow.time64("us"),
    1114: pyarrow.timestamp("us"),
    1184: pyarrow.timestamp("us", tz="UTC"),
    2950: pyarrow.uuid(),
}


def arrow_type(column):
    if column.type_code == 1700:
        return pyarrow.decimal128(column.precision, column.scale)
    return ARROW[column.type_code]


def array(values, kind):
    if kind == pyarrow.uuid():
        values = [None if v is None else v.bytes for v in values]
        return pyarrow.ExtensionArray.from_storage(kind, pyarrow.array(values, kind.storage_type))
    if isinstance(kind, pyarrow.JsonType):
        return pyarrow.ExtensionArray.from_storage(kind, pyarrow.array(values, kind.storage_type))
    return pyarrow.array(values, kind)


def write(conn, table, folder):
    cursor = conn.execute(f"SELECT * FROM {table} ORDER BY 1")
    rows = cursor.fetchall()
    arrays = {
        column.name: array([row[i] for row in rows], arrow_type(column))
        for i, column in enumerate(cursor.description)
    }
    pyarrow.parquet.write_table(pyarrow.table(arrays), folder / f"{table}.parquet")


def main():
    folder = pathlib.Path(sys.argv[1])
    with psycopg.connect() as conn:
        conn.adapters.register_loader("json", psycopg.types.string.TextLoader)
        for table in ("kinds", "numbers", "empty"):
            write(conn, table, folder)


main()
