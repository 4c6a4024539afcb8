"""Polars: read_database_uri by ADBC."""

import os

import polars
import runner


class Client:
    def open(self, _):
        self.uri = f"postgresql://{runner.HOST}:{runner.PORT}/{runner.DATABASE}"

    def close(self):
        pass

    def error(self, e):
        state = getattr(e, "sqlstate", None)
        return {"state": state or runner.login_state(str(e)), "class": type(e).__name__}

    def login(self, step):
        name, value = next((f"PG{key.upper()}", value) for key, value in step["changes"].items())
        before = os.environ[name]
        os.environ[name] = value  # libpq reads it
        try:
            polars.read_database_uri("SELECT 1", self.uri, engine="adbc")
        finally:
            os.environ[name] = before

    def query(self, step):
        frame = polars.read_database_uri(step["sql"], self.uri, engine="adbc")
        return {"columns": [[n, str(t)] for n, t in frame.schema.items()], "rows": runner.rows(frame.rows())}


if __name__ == "__main__":
    runner.main(Client())
