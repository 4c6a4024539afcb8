"""psql, driven as a program: a case is a script on its input."""

import contextlib
import os
import re
import signal
import subprocess

import runner

OPTIONS = ["psql", "--no-psqlrc", "--csv", "--quiet", "--set=VERBOSITY=verbose", "--set=ON_ERROR_STOP=1"]


class Error(Exception):
    pass


class Client:
    """psql keeps one session for each script, so steps are run together: `open`
    starts a program whose input stays open, and each step ends with a mark."""

    def open(self, _):
        self.program = subprocess.Popen(
            ["psql", "--no-psqlrc", "--csv", "--set=VERBOSITY=verbose", "--pset=null=(null)"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.query({"sql": "SELECT 1"})

    def close(self):
        with contextlib.suppress(BrokenPipeError):
            self.program.stdin.close()
        self.program.wait()
        self.program.stdout.close()

    def error(self, e):
        if not isinstance(e, Error):
            return None
        return said(str(e))

    def login(self, step):
        environ = os.environ | {"PG" + name.upper(): value for name, value in step["changes"].items()}
        done = subprocess.run([*OPTIONS, "-c", "SELECT 1"], env=environ, capture_output=True, text=True)
        if done.returncode != 0:
            raise Error(done.stderr)

    def send(self, script):
        self.program.stdin.write(script + "\n\\echo (mark)\n")
        self.program.stdin.flush()

    def receive(self):
        lines = []
        for line in self.program.stdout:
            if line == "(mark)\n":
                return "".join(lines)
            lines.append(line)
        raise Error("".join(lines))

    def ask(self, script):
        self.send(script)
        return answer(self.receive())

    def query(self, step):
        return self.ask(step["sql"] + "\n;")

    def multi(self, step):
        return self.ask(step["sql"].replace(";", "\\;") + ";")

    def fetch(self, step):
        out = self.ask(f"\\set FETCH_COUNT {step['size']}\n{step['sql']};\n\\set FETCH_COUNT 0")
        return runner.digest([line] for line in out["out"].splitlines())

    def copy(self, step):
        done = subprocess.run([*OPTIONS, "-c", step["sql"]], capture_output=True)
        if done.returncode != 0:
            raise Error(done.stderr.decode())
        return runner.copied(done.stdout)

    def cancel(self, step):
        self.send(step["sql"] + ";")
        program = self.program
        try:
            program.wait(timeout=2)
        except subprocess.TimeoutExpired:  # psql turns an interrupt into a CancelRequest, and ends its script
            program.send_signal(signal.SIGINT)
        out = program.stdout.read()
        self.close()
        self.open(None)
        return answer(out)


def answer(out):
    if "ERROR:" in out or "FATAL:" in out:
        raise Error(out)
    return {"out": re.sub(r"^LOCATION:.*\n", "", out, flags=re.MULTILINE)}


def said(text):
    found = re.search(r"(ERROR|FATAL):\s+([0-9A-Z]{5}):", text)
    if found:
        return {"severity": found.group(1), "state": found.group(2), "position": len(marked(text))}
    return {"state": runner.login_state(text)}


def marked(text):
    """The line that marks where the error is."""
    lines = [line for line in text.splitlines() if line.strip() == "^"]
    return lines[0] if lines else ""


if __name__ == "__main__":
    runner.main(Client())
