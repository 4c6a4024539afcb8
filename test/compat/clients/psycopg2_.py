"""psycopg2: the simple protocol, parameters written into the text."""

import io
import psycopg2
import psycopg2.extensions
import runner

STATUS = {0: "IDLE", 1: "ACTIVE", 2: "INTRANS", 3: "INERROR", 4: "UNKNOWN"}


class Client:
    def open(self, _):
        self.conn = psycopg2.connect("")
        self.conn.autocommit = True

    def close(self):
        self.conn.close()

    def error(self, e):
        if not isinstance(e, psycopg2.Error):
            return None
        if e.pgcode is None:
            return {"state": runner.login_state(str(e))}
        return {
            "state": e.pgcode,
            "severity": e.diag.severity,
            "position": e.diag.statement_position,
            "class": type(e).__name__,
        }

    def login(self, step):
        psycopg2.connect("", **step["changes"]).close()

    def table(self, cursor):
        answer = {"tag": cursor.statusmessage, "status": STATUS[self.conn.info.transaction_status]}
        if cursor.description:
            answer["columns"] = [
                [c.name, c.type_code, c.internal_size, c.precision, c.scale] for c in cursor.description
            ]
            answer["rows"] = runner.rows(cursor.fetchall())
        return answer

    def query(self, step):
        with self.conn.cursor() as cursor:
            args = [str(a) if type(a).__name__ == "UUID" else a for a in runner.arguments(step)]
            cursor.execute(runner.placeholders(step["sql"], "%s"), args or None)
            return self.table(cursor)

    def reuse(self, step):
        return {"results": [self.query({"sql": step["sql"], "args": [arg]}) for arg in step["args"]]}

    def multi(self, step):
        return self.query(step)

    def fetch(self, step):
        self.conn.autocommit = False
        with self.conn, self.conn.cursor("c") as cursor:
            cursor.itersize = step["size"]
            cursor.execute(step["sql"])
            return runner.digest(cursor)

    def copy(self, step):
        data = io.BytesIO()
        with self.conn.cursor() as cursor:
            cursor.copy_expert(step["sql"], data)
        return runner.copied(data.getvalue())

    def cancel(self, step):
        with runner.repeated(self.conn.cancel):
            return self.query(step)

    def begin(self, _):
        self.conn.autocommit = False

    def commit(self, _):
        self.conn.commit()
        self.conn.autocommit = True
        return {"status": STATUS[self.conn.info.transaction_status]}

    def rollback(self, _):
        self.conn.rollback()
        self.conn.autocommit = True
        return {"status": STATUS[self.conn.info.transaction_status]}


if __name__ == "__main__":
    runner.main(Client())
