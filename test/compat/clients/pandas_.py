"""pandas.read_sql over SQLAlchemy."""

import pandas
import runner
import sqlalchemy


class Client:
    def engine(self, **changes):
        return sqlalchemy.create_engine("postgresql+psycopg2://", connect_args=changes)

    def open(self, _):
        self.conn = self.engine()

    def close(self):
        self.conn.dispose()

    def error(self, e):
        cause = getattr(e, "orig", None)
        return cause and {"state": cause.pgcode or runner.login_state(str(cause)), "class": type(e).__name__}

    def login(self, step):
        engine = self.engine(**step["changes"])
        try:
            pandas.read_sql(sqlalchemy.text("SELECT 1"), engine)
        finally:
            engine.dispose()

    def statement(self, step):
        return sqlalchemy.text(runner.placeholders(step["sql"].replace(":", "\\:"), ":p{}"))

    def query(self, step):
        args = {f"p{i}": arg for i, arg in enumerate(runner.arguments(step), 1)}
        frame = pandas.read_sql(self.statement(step), self.conn, params=args)
        return {
            "columns": [[name, str(kind)] for name, kind in frame.dtypes.items()],
            "rows": runner.rows(frame.itertuples(index=False)),
        }

    def fetch(self, step):
        with self.conn.connect().execution_options(stream_results=True, max_row_buffer=step["size"]) as conn:
            frames = list(pandas.read_sql(self.statement(step), conn, chunksize=step["size"]))
        found = runner.digest(pandas.concat(frames).itertuples(index=False))
        return found | {"chunks": len(frames)}


if __name__ == "__main__":
    runner.main(Client())
