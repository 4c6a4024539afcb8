"""ADBC's PostgreSQL driver: results come by COPY in binary, as Arrow."""

import os

import adbc_driver_manager
import adbc_driver_postgresql.dbapi
import runner


class Client:
    def connect(self):
        uri = f"postgresql://{runner.HOST}:{runner.PORT}/{runner.DATABASE}"
        return adbc_driver_postgresql.dbapi.connect(uri, autocommit=True)

    def open(self, _):
        self.conn = self.connect()

    def close(self):
        self.conn.close()

    def error(self, e):
        if not isinstance(e, adbc_driver_manager.Error):
            return None
        return {"state": e.sqlstate or runner.login_state(str(e)), "class": type(e).__name__}

    def login(self, step):
        name, value = next((f"PG{key.upper()}", value) for key, value in step["changes"].items())
        before = os.environ[name]
        os.environ[name] = value  # libpq reads it
        try:
            self.connect().close()
        finally:
            os.environ[name] = before

    def table(self, cursor):
        if not cursor.description:
            return {"count": cursor.rowcount}
        found = cursor.fetch_arrow_table()
        columns = [[f.name, str(f.type), str(f.metadata)] for f in found.schema]
        return {"columns": columns, "rows": runner.rows(zip(*(c.to_pylist() for c in found.columns)))}

    def query(self, step):
        with self.conn.cursor() as cursor:
            cursor.execute(step["sql"], runner.arguments(step) or None)
            return self.table(cursor)

    def reuse(self, step):
        with self.conn.cursor() as cursor:
            results = []
            for arg in step["args"]:
                cursor.execute(step["sql"], [runner.argument(arg)])
                results.append(self.table(cursor))
            return {"results": results}

    def fetch(self, step):
        with self.conn.cursor() as cursor:
            cursor.arraysize = step["size"]
            cursor.execute(step["sql"])
            found = []
            while page := cursor.fetchmany():
                found += page
            return runner.digest(found)

    def cancel(self, step):
        with self.conn.cursor() as cursor, runner.repeated(cursor.adbc_cancel):
            cursor.execute(step["sql"])
            return self.table(cursor)

    def begin(self, _):
        self.conn.adbc_connection.set_autocommit(False)

    def commit(self, _):
        self.conn.commit()
        self.conn.adbc_connection.set_autocommit(True)

    def rollback(self, _):
        self.conn.rollback()
        self.conn.adbc_connection.set_autocommit(True)


if __name__ == "__main__":
    runner.main(Client())
