"""Who may come in, and how: a key as a bearer token or as a password."""

from door import BEARER, KEY, TLS, URI, USER, connect, flightsql, refused, rows, same

ONE = "SELECT count(*) FROM region"
for options in (BEARER, {"username": USER, "password": KEY}):
    with connect(options) as conn:
        same(rows(conn, ONE), [(5,)], "the rows")
        same(rows(conn, "SELECT current_user"), [(USER,)], "the user")


def attempt(options, tls=TLS):
    with flightsql.connect(URI, {**tls, **options}, autocommit=True) as conn:
        return rows(conn, ONE)


wrong = KEY[:-1] + ("0" if KEY[-1] != "0" else "1")
refused(lambda: attempt({"adbc.flight.sql.authorization_header": "Bearer " + wrong}), "UNAUTHENTICATED", "28P01")
refused(lambda: attempt({"adbc.flight.sql.authorization_header": "Bearer "}), "UNAUTHENTICATED", "28P01")
refused(lambda: attempt({"username": USER, "password": wrong}), "UNAUTHENTICATED", "28P01")
refused(lambda: attempt({"username": "nobody", "password": KEY}), "UNAUTHENTICATED", "28P01")
refused(lambda: attempt({}), "UNAUTHENTICATED", "28P01")
refused(lambda: attempt(BEARER, tls={}), "certificate signed by unknown authority")
print("ok")
