"""ConnectorX: partitions of a query, read at once, by COPY in binary or by rows."""

import urllib.parse

import connectorx
import runner


class Client:
    def uri(self, password=runner.PASSWORD, sslrootcert=runner.ROOT):
        user, password = urllib.parse.quote(runner.USER), urllib.parse.quote(password)
        options = urllib.parse.urlencode({"sslmode": "require", "sslrootcert": sslrootcert})
        return f"postgresql://{user}:{password}@{runner.HOST}:{runner.PORT}/{runner.DATABASE}?{options}"

    def open(self, _):
        pass

    def close(self):
        pass

    def error(self, e):
        return {"state": runner.login_state(str(e)), "class": type(e).__name__}

    def login(self, step):
        connectorx.read_sql(self.uri(**step["changes"]), "SELECT 1 AS one")

    def read(self, sql, protocol, **how):
        frame = connectorx.read_sql(self.uri(), sql, protocol=protocol, return_type="polars", **how)
        columns = [[n, str(t)] for n, t in frame.schema.items()]
        return {"columns": columns, "rows": runner.rows(frame.rows())}

    def query(self, step):
        return self.read(step["sql"], "binary" if step.get("binary") else "cursor")

    def partitions(self, step):
        answer = self.read(step["sql"], "binary", partition_on=step["column"], partition_num=4)
        return {"columns": answer["columns"], "count": len(answer["rows"]), "rows": sorted(answer["rows"])[:20]}


if __name__ == "__main__":
    runner.main(Client())
