"""SQLAlchemy's core over psycopg: its dialect asks the server about itself."""

import runner
import sqlalchemy


class Client:
    def engine(self, **changes):
        return sqlalchemy.create_engine("postgresql+psycopg://", connect_args=changes)

    def open(self, _):
        self.base = self.engine()
        self.conn = self.base.connect()

    def close(self):
        self.conn.close()
        self.base.dispose()

    def error(self, e):
        cause = getattr(e, "orig", None)
        if cause is None:
            return None
        state = cause.diag.sqlstate or runner.login_state(str(cause))
        return {"state": state, "position": cause.diag.statement_position, "class": type(e).__name__}

    def login(self, step):
        engine = self.engine(**step["changes"])
        try:
            engine.connect().close()
        finally:
            engine.dispose()

    def table(self, found):
        if not found.returns_rows:
            return {}
        columns = [[c[0], c[1]] for c in found.cursor.description]
        return {"columns": columns, "rows": runner.rows(found.fetchall())}

    def statement(self, step):
        return sqlalchemy.text(runner.placeholders(step["sql"].replace(":", "\\:"), ":p{}"))

    def query(self, step):
        args = {f"p{i}": arg for i, arg in enumerate(runner.arguments(step), 1)}
        return self.table(self.conn.execute(self.statement(step), args))

    def reuse(self, step):
        statement = self.statement(step)
        return {"results": [self.table(self.conn.execute(statement, {"p1": runner.argument(a)})) for a in step["args"]]}

    def fetch(self, step):
        found = self.conn.execution_options(yield_per=step["size"]).execute(self.statement(step))
        return runner.digest(found)

    def begin(self, _):
        self.conn.rollback()  # what a connection did before began a transaction
        self.transaction = self.conn.begin()

    def commit(self, _):
        self.transaction.commit()

    def rollback(self, _):
        self.transaction.rollback()

    def inspect(self, step):
        found = sqlalchemy.inspect(self.conn)
        columns = [[c["name"], str(c["type"]), c["nullable"]] for c in found.get_columns(step["table"])]
        return {"tables": sorted(found.get_table_names()), "columns": columns}


if __name__ == "__main__":
    runner.main(Client())
