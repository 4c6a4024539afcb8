"""DuckDB's postgres extension: queries, and an attached database."""

import pathlib
import re

import duckdb
import duckdb_extension_postgres_scanner
import runner

FOLDER = pathlib.Path(duckdb_extension_postgres_scanner.__file__).parent / "extensions" / f"v{duckdb.__version__}"


class Client:
    def attach(self, **changes):
        conn = duckdb.connect()
        conn.execute(f"LOAD '{FOLDER / 'postgres_scanner.duckdb_extension'}'")
        conn.execute("SET TimeZone = 'UTC'")
        words = " ".join(f"{name}={value}" for name, value in changes.items())
        conn.execute(f"ATTACH '{words}' AS pg (TYPE postgres, READ_ONLY)")
        return conn

    def open(self, _):
        self.conn = self.attach()

    def close(self):
        self.conn.close()

    def error(self, e):
        if not isinstance(e, duckdb.Error):
            return None
        found = re.search(r"ERROR:\s+(.*)", str(e))
        return {"state": "error" if found else runner.login_state(str(e)), "class": type(e).__name__}

    def login(self, step):
        self.attach(**step["changes"]).close()

    def table(self, found):
        return {"columns": [[c[0], str(c[1])] for c in found.description], "rows": runner.rows(found.fetchall())}

    def query(self, step):
        quoted = step["sql"].replace("'", "''")
        return self.table(self.conn.execute(f"FROM postgres_query('pg', '{quoted}')"))

    def scan(self, step):
        return self.table(self.conn.execute(step["sql"]))


if __name__ == "__main__":
    runner.main(Client())
