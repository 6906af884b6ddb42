"""What the fault tests share: the programs, a mock API, a database."""
import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
import zlib

BUILD = os.path.abspath(os.environ.get("SP_BUILD", "build"))

# The statuses of sp(7), but for 70, which is a bug.
STATUSES = {0, 1, 64, 65, 69, 71, 73, 74, 75, 77, 78}

# Columns that number or date what was done, rather than observed values.
BOOKKEEPING = {"play_id", "stream_id", "capture_id", "error_id", "row_source",
               "first_source", "column_sources", "tracks_sources"}
# Tables of what was tried, not of what is so.
BOOKS = {"ingest_runs", "ingest_errors", "accounts", "playlist_pages",
         "staging_raw", "staging_bodies", "sources"}
# What was captured, of which endpoint, to be read by way of opened().
CAPTURED = """select endpoint, body_text(b.body) as body
    from staging_raw s join staging_bodies b using (body_id)"""


class Broken(Exception):
    """Something that must never be."""


def check(good, *words):
    if not good:
        raise Broken(" ".join(str(w) for w in words))


def program(name):
    return os.path.join(BUILD, name)


def to_preload(name, path):
    """A library in a folder, for the loader, which takes a space in its name
    for its end."""
    return shutil.copy(os.path.join(BUILD, "tests/fault", name), path)


@contextlib.contextmanager
def folder():
    """A folder of one's own; SP_KEEP=1 leaves it."""
    path = tempfile.mkdtemp(prefix="sp-fault-")
    try:
        yield path
    finally:
        if os.environ.get("SP_KEEP"):
            print(f"# kept: {path}")
        else:
            shutil.rmtree(path, ignore_errors=True)


class Api:
    """A mock API, at work until it is closed."""

    def __init__(self, path, *options):
        os.makedirs(path, exist_ok=True)
        port, self.token = path + "/port", path + "/login/token.json"
        self.process = subprocess.Popen(
            [program("sp-rehearse"), "--port-file", port,
             "--token-file", self.token, *options],
            stdout=subprocess.DEVNULL)
        until = time.monotonic() + 20
        while not (os.path.exists(port) and os.path.exists(self.token)):
            check(time.monotonic() < until, "sp-rehearse does not start")
            time.sleep(0.02)
        with open(port) as f:
            self.url = "http://127.0.0.1:" + f.read().strip()

    def ask(self, path, post=False):
        request = urllib.request.Request(
            f"{self.url}/rehearse/{path}", method="POST" if post else "GET")
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.read().decode()

    def records(self, path):
        return [json.loads(line) for line in self.ask(path).splitlines()]

    def close(self):
        self.process.terminate()
        self.process.wait()


class Progress:
    """Shows how far it is: on a terminal often, else twice a minute."""

    def __init__(self):
        self.began = self.shown = time.monotonic()
        self.terminal = sys.stderr.isatty()

    def seconds(self):
        return time.monotonic() - self.began

    def show(self, words):
        now = time.monotonic()
        if now - self.shown < (0.5 if self.terminal else 30):
            return
        self.shown = now
        line = f"# {self.seconds():.0f} s: {words}"
        print(f"\r{line}\033[K" if self.terminal else line, file=sys.stderr,
              end="" if self.terminal else "\n", flush=True)

    def wipe(self):
        if self.terminal:
            print("\r\033[K", file=sys.stderr, end="", flush=True)


def duration(text):
    """Seconds of 90, 90s, 15m or 1h."""
    unit = {"s": 1, "m": 60, "h": 3600}.get(text[-1:])
    return float(text[:-1]) * unit if unit else float(text)


@contextlib.contextmanager
def opened(path):
    db = sqlite3.connect(path, timeout=60)
    db.create_function("body_text", 1, lambda body: zlib.decompress(
        body).decode() if isinstance(body, bytes) else body)
    try:
        yield db
    finally:
        db.close()


def is_whole(path):
    """The database opens, and SQLite finds nothing wrong with it."""
    with opened(path) as db:
        try:
            said = db.execute("pragma integrity_check").fetchall()
        except sqlite3.DatabaseError as e:
            said = [(str(e),)]
    check(said == [("ok",)], "the database is broken:", said)


def tables(path, skip=frozenset(BOOKS), without=frozenset()):
    """All that the tables say, to compare two databases: but for some
    tables, and without some columns."""
    rows = {}
    with opened(path) as db:
        names = [n for (n,) in db.execute(
            "select name from sqlite_master where type = 'table' "
            "and name not like 'sqlite_%' order by name")]
        for name in names:
            if name in skip:
                continue
            columns = [c[1] for c in db.execute(f"pragma table_info({name})")
                       if c[1] not in BOOKKEEPING and c[1] not in without]
            rows[name] = sorted(
                db.execute(f"select {', '.join(columns)} from {name}"),
                key=repr)
    return rows


def differences(a, b):
    """Where two results of tables() differ, in words; empty if nowhere."""
    said = []
    for name in sorted(set(a) | set(b)):
        only_a = [r for r in a.get(name, []) if r not in b.get(name, [])]
        only_b = [r for r in b.get(name, []) if r not in a.get(name, [])]
        if only_a or only_b:
            said.append(f"{name}: -{len(only_a)} +{len(only_b)}: "
                        f"{(only_a or only_b)[0]} {(only_b or only_a)[0]}")
    return "; ".join(said)


def rebuild(path, into):
    """Make the tables once more from the captures of a database."""
    command = (f"{program('sp-stage')} replay --db '{path}' | "
               f"{program('sp-transform')} | {program('sp-load')} "
               f"--db '{into}'")
    done = subprocess.run(["sh", "-c", command], capture_output=True,
                          text=True, timeout=120)
    return done.returncode, done.stderr
