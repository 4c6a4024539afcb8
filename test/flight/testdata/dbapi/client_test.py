"""flightsql-dbapi: its client, its DB-API and its dialect of SQLAlchemy 1.4. The
dialect cannot be given a certificate but by gRPC's own variable of the environment."""

import os
import urllib.parse

import flightsql.sqlalchemy  # noqa: F401  the dialect
import pyarrow
from flightsql import FlightSQLClient, connect
from flightsql.client import TableRef
from sqlalchemy import create_engine, inspect, text

URI, KEY, USER = (os.environ[name] for name in ("TAVANA_FLIGHT_URI", "TAVANA_KEY", "PGUSER"))
URL = urllib.parse.urlparse(URI)
with open(os.environ["PGSSLROOTCERT"], "rb") as file:
    ROOT = file.read()
os.environ["GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"] = os.environ["PGSSLROOTCERT"]


def same(got, want, what):
    if got != want:
        raise AssertionError(f"{what}: got {got!r}, want {want!r}")


def refused(what, word):
    try:
        got = what()
    except Exception as error:
        if word not in str(error):
            raise AssertionError(f"got the error {error}, want one with {word!r}") from error
    else:
        raise AssertionError(f"got {got!r}, want an error with {word!r}")


def enter(**who):
    return FlightSQLClient(host=URL.hostname, port=URL.port, tls_root_certs=ROOT, **who)


client = enter(token=KEY)


def read(info):
    return client.do_get(info.endpoints[0].ticket).read_all()


same(read(client.execute("SELECT n_name FROM nation ORDER BY 1 LIMIT 2"))["n_name"].to_pylist(), ["ALGERIA", "ARGENTINA"], "a query")
same(read(client.get_catalogs()).to_pylist(), [{"catalog_name": "local"}], "catalogs")
same("lineitem" in read(client.get_tables())["table_name"].to_pylist(), True, "tables")
same(read(client.get_table_types()).to_pylist(), [{"table_type": "TABLE"}], "types of tables")
same(read(client.get_primary_keys(TableRef(table="nation"))).num_rows, 0, "keys")
same(read(client.get_sql_info([])).num_rows > 50, True, "SqlInfo")
same(client.execute_update("SET TimeZone = 'Asia/Tehran'"), 0, "an update")
with client.prepare("SELECT n_name FROM nation WHERE n_nationkey = $1") as statement:
    for key, name in ((3, "CANADA"), (0, "ALGERIA")):
        binding = pyarrow.record_batch([pyarrow.array([key], pyarrow.int32())], names=["1"])
        same(read(statement.execute(binding)).to_pylist(), [{"n_name": name}], "a prepared statement")
refused(lambda: client.execute("SELECT nothing FROM nation"), "42703")
refused(lambda: enter(token="tvn_wrong").execute("SELECT 1"), "28P01")
refused(lambda: enter(user=USER, password="tvn_wrong"), "28P01")

by_name = enter(user=USER, password=KEY)
same(by_name.execute("SELECT 1 AS one").schema.names, ["one"], "a name with its key")

cursor = connect(client).cursor()
cursor.execute("SELECT n_nationkey, n_name FROM nation ORDER BY 1")
same([column[0] for column in cursor.description], ["n_nationkey", "n_name"], "the columns")
same((cursor.fetchone(), len(cursor.fetchall())), ([0, "ALGERIA"], 24), "the rows")

query = urllib.parse.urlencode({"token": KEY})
engine = create_engine(
    f"datafusion+flightsql://{URL.hostname}:{URL.port}?{query}", connect_args={"features": {"metadata-reflection": "true"}}
)
with engine.connect() as conn:
    same(conn.execute(text("SELECT count(*) FROM lineitem")).scalar() > 100_000, True, "SQLAlchemy")
    inspector = inspect(conn)
    same(inspector.get_schema_names(), ["main"], "schemas")
    same("nation" in inspector.get_table_names(schema="main"), True, "names of tables")
    same([c["name"] for c in inspector.get_columns("nation", schema="main")], ["n_nationkey", "n_name", "n_regionkey", "n_comment"], "columns")
engine.dispose()
print("ok")
