"""What the Python runners share: cases in, lines of results out.

A client is a class with a method for each kind of step ("do"), `open`, which
connects, `close`, and `error`, which tells what an exception says of SQL.
"""

import contextlib
import datetime
import decimal
import hashlib
import json
import os
import re
import ssl
import sys
import threading
import traceback
import uuid

HOST = os.environ["PGHOST"]
PORT = int(os.environ["PGPORT"])
USER = os.environ["PGUSER"]
PASSWORD = os.environ["PGPASSWORD"]
DATABASE = os.environ["PGDATABASE"]
ROOT = os.environ["PGSSLROOTCERT"]

PARSE = {
    "int2": int,
    "int4": int,
    "int8": int,
    "float8": float,
    "numeric": decimal.Decimal,
    "text": str,
    "bool": lambda text: text == "true",
    "bytea": bytes.fromhex,
    "date": datetime.date.fromisoformat,
    "time": datetime.time.fromisoformat,
    "timestamp": datetime.datetime.fromisoformat,
    "timestamptz": datetime.datetime.fromisoformat,
    "uuid": uuid.UUID,
}


def argument(arg):
    """The Python value of a case's argument."""
    if arg["value"] is None:
        return None
    return PARSE[arg["type"]](arg["value"])


def arguments(step):
    return [argument(arg) for arg in step.get("args", [])]


def placeholders(sql, form):
    """Writes $1 in a driver's own way: form is "%s" or, with a number, ":p{}"."""
    return re.sub(r"\$(\d+)", lambda m: form.format(m.group(1)), sql)


def text(value):
    """A value as a text that tells it and its Python type apart from all others."""
    if value is None:
        return None
    if isinstance(value, memoryview):
        value = bytes(value)
    return f"{type(value).__name__} {value!r}"


def rows(values):
    return [[text(v) for v in row] for row in values]


def digest(values):
    """Many rows in short: how many, the first, the last, and a sum of all."""
    found = rows(values)
    sum_ = hashlib.sha256(json.dumps(found).encode()).hexdigest()
    return {"count": len(found), "first": found[:1], "last": found[-1:], "sum": sum_}


def copied(data):
    """What a COPY gave."""
    if isinstance(data, str):
        data = data.encode()
    return {
        "bytes": len(data),
        "sum": hashlib.sha256(data).hexdigest(),
        "start": data[:200].hex(),
    }


def login_state(message):
    """What a driver that tells no SQLSTATE says of a login that failed."""
    if "password authentication failed" in message:
        return "28P01"
    return "certificate" if re.search("certificate.verify.failed", message, re.IGNORECASE) else "unknown"


def unverified(e):
    """Tells an error of TLS by itself from all others."""
    found = isinstance(e, ssl.SSLError) or isinstance(e.__cause__, ssl.SSLError)
    return {"state": login_state(str(e))} if found else None


@contextlib.contextmanager
def repeated(cancel):
    """Cancels now and again: a cancel that comes before the query does nothing."""
    done = threading.Event()

    def again():
        while not done.wait(0.2):
            cancel()

    thread = threading.Thread(target=again)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def drain(client, step, answer):
    """Runs a step until it fails or not, and adds what it says."""
    try:
        answer.update(getattr(client, step["do"])(step) or {})
    except BaseException as e:  # whatever a driver raises is what the client saw: Polars panics
        if isinstance(e, (KeyboardInterrupt, SystemExit)):
            raise
        answer["error"] = client.error(e) or unverified(e) or {"raised": type(e).__name__}
        answer["note"] = "".join(traceback.format_exception_only(e)).strip()[:500]
        if "raised" in answer["error"]:
            answer["note"] += "\n" + traceback.format_exc()[-1500:]


def run(client, case):
    """Runs a case on a connection of its own."""
    steps = []
    opened = {}
    drain(client, {"do": "open"}, opened)
    if opened:
        steps.append(opened)
    else:
        for step in case["steps"]:
            answer = {}
            drain(client, step, answer)
            steps.append(answer)
    try:
        client.close()
    except Exception as e:
        steps.append({"note": f"close: {e}"})
    return steps


def main(client):
    for case in json.load(sys.stdin):
        print(json.dumps({"case": case["name"], "steps": run(client, case)}), flush=True)
