"""psycopg 3: server-side parameters, binary results, pipelines."""

import psycopg
import runner


class Client:
    def connect(self, **changes):
        return psycopg.connect(**changes, autocommit=True)

    def open(self, _):
        self.conn = self.connect()

    def close(self):
        self.conn.close()

    def error(self, e):
        if not isinstance(e, psycopg.Error):
            return None
        if e.diag.sqlstate is None:
            return {"state": runner.login_state(str(e))}
        return {
            "state": e.diag.sqlstate,
            "severity": e.diag.severity,
            "position": e.diag.statement_position,
            "class": type(e).__name__,
        }

    def login(self, step):
        self.connect(**step["changes"]).close()

    def table(self, cursor):
        answer = {"tag": cursor.statusmessage, "status": self.conn.info.transaction_status.name}
        result = cursor.pgresult
        if cursor.description:
            answer["columns"] = [
                [c.name, result.ftype(i), result.fmod(i), result.fsize(i), result.fformat(i)]
                for i, c in enumerate(cursor.description)
            ]
            answer["rows"] = runner.rows(cursor.fetchall())
        return answer

    def query(self, step):
        sql, args = runner.placeholders(step["sql"], "%s"), runner.arguments(step) or None
        with self.conn.cursor(binary=step.get("binary", False)) as cursor:
            return self.table(cursor.execute(sql, args))

    def multi(self, step):
        with self.conn.cursor() as cursor:
            cursor.execute(step["sql"])
            results = [self.table(cursor)]
            while cursor.nextset():
                results.append(self.table(cursor))
            return {"results": results}

    def reuse(self, step):
        sql, results = runner.placeholders(step["sql"], "%s"), []
        with self.conn.cursor() as cursor:
            for arg in step["args"]:
                results.append(self.table(cursor.execute(sql, [runner.argument(arg)], prepare=True)))
        return {"results": results}

    def pipeline(self, step):
        with self.conn.pipeline():
            cursors = [self.conn.execute(sql) for sql in step["sqls"]]
            return {"results": [self.table(c) for c in cursors]}

    def fetch(self, step):
        with self.conn.transaction(), self.conn.cursor("c") as cursor:
            cursor.itersize = step["size"]
            cursor.execute(step["sql"])
            return runner.digest(cursor)

    def copy(self, step):
        with self.conn.cursor().copy(step["sql"]) as copy:
            return runner.copied(b"".join(bytes(block) for block in copy))

    def cancel(self, step):
        with runner.repeated(self.conn.cancel_safe):
            return self.query(step)

    def begin(self, _):
        self.conn.autocommit = False

    def commit(self, _):
        self.conn.commit()
        self.conn.autocommit = True
        return {"status": self.conn.info.transaction_status.name}

    def rollback(self, _):
        self.conn.rollback()
        self.conn.autocommit = True
        return {"status": self.conn.info.transaction_status.name}


if __name__ == "__main__":
    runner.main(Client())
