"""asyncpg: the extended protocol, all results binary."""

import asyncio
import io
import ssl

import asyncpg
import runner


class Client:
    def __init__(self):
        self.loop = asyncio.new_event_loop()

    def wait(self, coroutine):
        return self.loop.run_until_complete(coroutine)

    def connect(self, password=runner.PASSWORD, sslrootcert=runner.ROOT):
        return asyncpg.connect(password=password, ssl=ssl.create_default_context(cafile=sslrootcert))

    def open(self, _):
        self.conn = self.wait(self.connect())

    def close(self):
        self.wait(self.conn.close(timeout=10))

    def error(self, e):
        if not isinstance(e, asyncpg.PostgresError):
            return None
        return {"state": e.sqlstate, "severity": e.severity, "position": e.position, "class": type(e).__name__}

    def login(self, step):
        self.wait(self.wait(self.connect(**step["changes"])).close())

    async def table(self, statement, args):
        found = await statement.fetch(*args)
        return {
            "columns": [[a.name, a.type.oid, a.type.name] for a in statement.get_attributes()],
            "parameters": [p.oid for p in statement.get_parameters()],
            "rows": runner.rows(found),
            "tag": statement.get_statusmsg(),
            "transaction": self.conn.is_in_transaction(),
        }

    async def one(self, sql, args):
        return await self.table(await self.conn.prepare(sql), args)

    def query(self, step):
        return self.wait(self.one(step["sql"], runner.arguments(step)))

    def reuse(self, step):
        async def all_():
            statement = await self.conn.prepare(step["sql"])
            return [await self.table(statement, [runner.argument(arg)]) for arg in step["args"]]

        return {"results": self.wait(all_())}

    def multi(self, step):
        return {"tag": self.wait(self.conn.execute(step["sql"]))}

    def fetch(self, step):
        async def all_():
            async with self.conn.transaction():
                return [row async for row in self.conn.cursor(step["sql"], prefetch=step["size"])]

        return runner.digest(self.wait(all_()))

    def copy(self, step):
        kind = step["sql"].rsplit("FORMAT ")[1].rstrip(")") if "FORMAT" in step["sql"] else "text"
        query = step["sql"].removeprefix("COPY (").split(") TO STDOUT")[0]
        data = io.BytesIO()
        tag = self.wait(self.conn.copy_from_query(query, output=data, format=kind))
        return runner.copied(data.getvalue()) | {"tag": tag}

    def cancel(self, step):
        async def cancelled():
            task = asyncio.ensure_future(self.conn.fetch(step["sql"]))
            await asyncio.wait([task], timeout=1)
            task.cancel()  # asyncpg sends a CancelRequest, and waits for its effect
            try:
                await task
            except asyncio.CancelledError:
                return {"cancelled": True}
            return {"cancelled": False}

        return self.wait(cancelled())

    def begin(self, _):
        self.transaction = self.conn.transaction()
        self.wait(self.transaction.start())

    def commit(self, _):
        self.wait(self.transaction.commit())

    def rollback(self, _):
        self.wait(self.transaction.rollback())


if __name__ == "__main__":
    runner.main(Client())
