"""pg8000: pure Python, text both ways."""

import io
import ssl

import pg8000.exceptions
import pg8000.native
import runner


class Client:
    def connect(self, password=runner.PASSWORD, sslrootcert=runner.ROOT):
        return pg8000.native.Connection(
            runner.USER,
            host=runner.HOST,
            port=runner.PORT,
            database=runner.DATABASE,
            password=password,
            ssl_context=ssl.create_default_context(cafile=sslrootcert),
        )

    def open(self, _):
        self.conn = self.connect()

    def close(self):
        self.conn.close()

    def error(self, e):
        if isinstance(e, pg8000.exceptions.DatabaseError) and isinstance(e.args[0], dict):
            fields = e.args[0]
            return {"state": fields.get("C"), "severity": fields.get("S"), "position": fields.get("P")}
        return None

    def login(self, step):
        self.connect(**step["changes"]).close()

    def table(self, conn, found):
        answer = {"count": conn.row_count}
        if conn.columns:
            answer["columns"] = [[c["name"], c["type_oid"], c["type_modifier"], c["type_size"]] for c in conn.columns]
            answer["rows"] = runner.rows(found)
        return answer

    def query(self, step):
        sql = runner.placeholders(step["sql"], ":p{}")
        args = {f"p{i}": arg for i, arg in enumerate(runner.arguments(step), 1)}
        return self.table(self.conn, self.conn.run(sql, **args))

    def multi(self, step):
        return self.table(self.conn, self.conn.run(step["sql"]))

    def reuse(self, step):
        statement = self.conn.prepare(runner.placeholders(step["sql"], ":p{}"))
        results = [self.table(statement, statement.run(p1=runner.argument(arg))) for arg in step["args"]]
        statement.close()
        return {"results": results}

    def copy(self, step):
        data = io.BytesIO()
        self.conn.run(step["sql"], stream=data)
        return runner.copied(data.getvalue())


if __name__ == "__main__":
    runner.main(Client())
