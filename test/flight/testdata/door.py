"""What the programs of these tests share."""

import os
import sys

import adbc_driver_flightsql.dbapi as flightsql

URI, KEY, USER = (os.environ[name] for name in ("TAVANA_FLIGHT_URI", "TAVANA_KEY", "PGUSER"))
with open(os.environ["PGSSLROOTCERT"]) as file:
    ROOT = file.read()

TLS = {"adbc.flight.sql.client_option.tls_root_certs": ROOT}
BEARER = {"adbc.flight.sql.authorization_header": "Bearer " + KEY}


def connect(options=None, **more):
    """Connects, with options of the database in place of the key."""
    return flightsql.connect(URI, {**TLS, **(options or BEARER)}, autocommit=True, **more)


def rows(conn, sql, parameters=None):
    with conn.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def same(got, want, what=""):
    if got != want:
        raise AssertionError(f"{what}: got {got!r}, want {want!r}")


def refused(what, *words, kind=flightsql.Error):
    """Runs what must fail with an error that has all the words in it."""
    try:
        got = what()
    except kind as error:
        for word in words:
            if word not in str(error):
                raise AssertionError(f"got the error {error}, want one with {word!r}") from error
        return error
    raise AssertionError(f"got {got!r}, want an error with {words}")


def idle():
    """Waits until no query runs and no child works; too long fails the test."""
    print("idle?")
    same(sys.stdin.readline(), "yes\n")
