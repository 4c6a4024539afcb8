"""psqlODBC through unixODBC and pyodbc, as Debian ships the driver."""

import glob

import pyodbc
import runner

DRIVER = glob.glob("/usr/lib/*/odbc/psqlodbcw.so")[0]


class Client:
    def connect(self, password=runner.PASSWORD, sslrootcert=runner.ROOT, **options):
        words = {
            "Driver": DRIVER,
            "Servername": runner.HOST,
            "Port": runner.PORT,
            "Database": runner.DATABASE,
            "UID": runner.USER,
            "PWD": password,
            "SSLmode": "verify-full",
            "pqopt": f"{{sslrootcert={sslrootcert}}}",
        } | options
        return pyodbc.connect(";".join(f"{k}={v}" for k, v in words.items()), autocommit=True)

    def open(self, _):
        self.conn = self.connect()

    def close(self):
        self.conn.close()

    def error(self, e):
        if not isinstance(e, pyodbc.Error):
            return None
        state = e.args[0] if e.args[0] != "08001" else runner.login_state(str(e))
        return {"state": state, "class": type(e).__name__}

    def login(self, step):
        self.connect(**step["changes"]).close()

    def table(self, cursor):
        answer = {}
        if cursor.description:  # its sizes are those of the data, and its count is none behind the last result
            answer["columns"] = [[c[0], c[1].__name__, c[5]] for c in cursor.description]
            answer["rows"] = runner.rows(cursor.fetchall())
        return answer

    def query(self, step):
        with self.conn.cursor() as cursor:
            return self.table(cursor.execute(runner.placeholders(step["sql"], "?"), runner.arguments(step)))

    def reuse(self, step):
        with self.conn.cursor() as cursor:
            sql = runner.placeholders(step["sql"], "?")
            return {"results": [self.table(cursor.execute(sql, runner.argument(a))) for a in step["args"]]}

    def multi(self, step):
        with self.conn.cursor() as cursor:
            cursor.execute(step["sql"])
            results = [self.table(cursor)]
            while cursor.nextset():
                results.append(self.table(cursor))
            return {"results": results}

    def fetch(self, step):
        conn = self.connect(UseDeclareFetch=1, Fetch=step["size"])
        try:
            with conn.cursor() as cursor:
                return runner.digest(cursor.execute(step["sql"]).fetchall())
        finally:
            conn.close()

    def cancel(self, step):
        with self.conn.cursor() as cursor, runner.repeated(cursor.cancel):
            cursor.execute(step["sql"])
            return self.table(cursor)

    def begin(self, _):
        self.conn.autocommit = False

    def commit(self, _):
        self.conn.commit()
        self.conn.autocommit = True

    def rollback(self, _):
        self.conn.rollback()
        self.conn.autocommit = True


if __name__ == "__main__":
    runner.main(Client())
