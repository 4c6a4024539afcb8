"""pyarrow's own client of Flight, which knows no SQL: commands by hand."""

import base64

from pyarrow import flight

from door import KEY, ROOT, URI, USER, refused, same


def varint(n):
    out = b""
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])


def field(number, value):
    return bytes([number << 3 | 2]) + varint(len(value)) + value


def command(name, body):
    """A command of Flight SQL: a google.protobuf.Any."""
    kind = b"type.googleapis.com/arrow.flight.protocol.sql." + name.encode()
    return flight.FlightDescriptor.for_command(field(1, kind) + field(2, body))


def query(sql):
    return command("CommandStatementQuery", field(1, sql.encode()))


with flight.FlightClient(URI, tls_root_certs=ROOT) as client:
    bearer = flight.FlightCallOptions(headers=[(b"authorization", b"Bearer " + KEY.encode())])
    session = flight.FlightCallOptions(headers=[client.authenticate_basic_token(USER, KEY)])
    for options in (bearer, session):
        info = client.get_flight_info(query("SELECT * FROM region ORDER BY r_regionkey"), options)
        same(info.schema.names, ["r_regionkey", "r_name", "r_comment"], "the schema")
        [endpoint] = info.endpoints
        table = client.do_get(endpoint.ticket, options).read_all()
        same(table["r_name"].to_pylist(), ["AFRICA", "AMERICA", "ASIA", "EUROPE", "MIDDLE EAST"], "the rows")
        refused(lambda: client.do_get(endpoint.ticket, options).read_all(), "ticket", kind=Exception)  # noqa: B023 - runs at once

    wrong = flight.FlightCallOptions(headers=[(b"authorization", b"Bearer tvn_" + b"0" * 64)])
    refused(lambda: client.get_flight_info(query("SELECT 1"), wrong), "28P01", kind=flight.FlightUnauthenticatedError)
    refused(lambda: client.authenticate_basic_token(USER, "no"), "28P01", kind=flight.FlightUnauthenticatedError)
    basic = b"Basic " + base64.b64encode(f"{USER}:{KEY}".encode())
    again = flight.FlightCallOptions(headers=[(b"authorization", basic)])
    same(client.get_flight_info(query("SELECT 1 AS one"), again).schema.names, ["one"], "Basic on any call")
    refused(lambda: client.do_get(flight.Ticket(b"x" * 48), bearer).read_all(), "invalid argument", kind=Exception)
    refused(lambda: client.get_flight_info(flight.FlightDescriptor.for_path("region"), bearer), kind=Exception)
    refused(lambda: client.get_flight_info(flight.FlightDescriptor.for_command(b"\xff"), bearer), kind=Exception)
    late = flight.FlightCallOptions(headers=[(b"authorization", b"Bearer " + KEY.encode())], timeout=1)
    silent = client.get_flight_info(query("SELECT sum(a.i * b.i % 7) FROM range(100000000) a(i), range(100000) b(i)"), bearer)
    refused(lambda: client.do_get(silent.endpoints[0].ticket, late).read_all(), kind=flight.FlightTimedOutError)
print("ok")
