#!/usr/bin/env python3
"""examples/warehouse against a real PostgreSQL server: whatever happens to
databases, to push.sh and to the server, a push that succeeds leaves the same
rows in the warehouse, and nothing else.

    warehouse.py [--seed N] [--seconds S] [--examples DIR]

Random histories of several databases: captures of tests/property, a listener of
sp-rehearse with an export, what sp-stage takes back and prunes, SQL of a user,
columns that are added. push.sh is killed, and so is the server; two push at
once, and while rows are loaded. --examples takes push.sh from another folder,
such as one that is broken on purpose.
"""
import argparse
import contextlib
import datetime
import glob
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "property"))
from histories import Story, line  # noqa: E402

TOP = os.path.abspath(os.path.join(HERE, "..", ".."))
BUILD = os.path.abspath(os.environ.get("SP_BUILD", "build"))
PIPELINE = "sp-stage | sp-transform | sp-load"

# What the programs need for themselves, and the columns of provenance.
OWN_TABLES = {
    "accounts", "catalogue_answers", "cursors", "endpoint_status",
    "ingest_errors", "ingest_runs", "lifted_deadlines", "playlist_ingest_done",
    "playlist_ingest_queue", "playlist_pages", "sources", "staging_bodies",
    "staging_raw", "unmatched_spans", "sqlite_sequence", "outbox",
    "outbox_tables"}
OWN_COLUMNS = {"column_sources", "column_times", "first_source", "row_source",
               "tracks_sources"}


class Wrong(Exception):
    pass


def check(good, *words):
    if not good:
        raise Wrong(" ".join(map(str, words)))


class Server:
    """A PostgreSQL server in a folder, reached by a socket there. The server
    refuses to run as root, so that is left for `nobody`."""

    def __init__(self, folder):
        self.folder, self.data = folder, os.path.join(folder, "data")
        self.bin = self.programs()
        self.user = "nobody" if os.geteuid() == 0 else None
        os.mkdir(folder)
        if self.user:
            shutil.chown(folder, self.user)
        subprocess.run([f"{self.bin}/initdb", "-D", self.data, "-U", "sp",
                        "-A", "trust", "-E", "UTF8", "--locale=C"],
                       check=True, stdout=subprocess.DEVNULL, user=self.user)
        os.environ.update(PGHOST=folder, PGUSER="sp", PGDATABASE="postgres",
                          PGCONNECT_TIMEOUT="10")
        self.start()

    @staticmethod
    def programs():
        found = shutil.which("initdb")
        places = [os.path.dirname(os.path.realpath(found))] if found else []
        places += sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)
        places += glob.glob("/usr/libexec/postgresql*")
        if not places:
            sys.exit("warehouse: no initdb: make deps check-warehouse")
        return places[0]

    def start(self):
        """Syncs and waits for them as usual: what is committed stays."""
        self.process = None
        until = time.monotonic() + 60
        while subprocess.run(
                ["psql", "-Xqc", "select"], stderr=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL).returncode:
            check(time.monotonic() < until, "the server does not start")
            # It ends at once if a process of a killed one is still there.
            if not self.process or self.process.poll() is not None:
                self.process = subprocess.Popen(
                    [f"{self.bin}/postgres", "-D", self.data, "-k", self.folder,
                     "-c", "listen_addresses="], user=self.user,
                    stderr=open(self.folder + ".log", "ab"),
                    start_new_session=True)
            time.sleep(0.02)

    def kill(self):
        """The server with all of its processes, each of which has a group."""
        parents = {}
        for stat in glob.glob("/proc/[0-9]*/stat"):
            with contextlib.suppress(OSError), open(stat) as f:
                fields = f.read().rpartition(")")[2].split()
                parents[int(stat.split("/")[2])] = int(fields[1])
        for pid, parent in parents.items():
            if parent == self.process.pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait()


def ask(query):
    done = subprocess.run(
        ["psql", "-XqAtc", "set timezone = 'UTC'", "-c", query],
        capture_output=True, text=True)
    check(done.returncode == 0, "psql:", done.stderr)
    return done.stdout.splitlines()


# --- comparing ---------------------------------------------------------------

def moment(text):
    return text and datetime.datetime.fromisoformat(
        text.replace("Z", "+00:00")).isoformat()


def as_json(text):
    if text is None:
        return None
    try:
        if re.search(r"\\u(0000|[dD][89a-fA-F])", text):
            return text  # PostgreSQL has no such characters
        return json.loads(text)
    except ValueError:
        return text


def plain(value, kind):
    if kind == "timestamp with time zone":
        return moment(value)
    if kind == "boolean":
        return None if value is None else bool(value)
    return value


def rows_here(path, table, kinds):
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.row_factory = sqlite3.Row
        for row in map(dict, db.execute(f'select * from "{table}"')):
            yield {c: as_json(row.get(c)) if kind == "jsonb" else
                   plain(row.get(c), kind) for c, kind in kinds.items()}


def columns_there():
    """The columns of each table, with their types."""
    kinds = {}
    for text in ask("""
            select table_name || '|' || column_name || '|' || data_type
            from information_schema.columns where table_schema = 'public'
            and column_name <> 'source_db' and table_name <> 'pushes'
            and table_name not in
                (select relname from pg_class where relispartition)"""):
        table, column, kind = text.split("|")
        kinds.setdefault(table, {})[column] = kind
    return kinds


def rows_there(source, kinds):
    """The rows of each table."""
    rows = {table: [] for table in kinds}
    for text in ask(" union all ".join(
            f"""select '{t}|' || row_to_json(t)::text from "{t}" t
                where source_db = '{source}'""" for t in kinds)):
        table, _, row = text.partition("|")
        row = json.loads(row)
        rows[table].append({c: plain(row[c], kind)
                            for c, kind in kinds[table].items()})
    return rows


def as_set(rows):
    return sorted(json.dumps(r, sort_keys=True) for r in rows)


def there(source):
    kinds = columns_there()
    return {table: as_set(rows) for table, rows in rows_there(
        source.name.replace("'", "''"), kinds).items()}


def compare(source, path):
    """Both have the same tables, columns and rows."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        tables = {t: {c[1] for c in db.execute(f'pragma table_info("{t}")')}
                  - OWN_COLUMNS for t, in db.execute(
                  "select name from sqlite_master where type = 'table'")
                  if t not in OWN_TABLES}
    kinds = columns_there()
    lacking = tables.keys() - kinds.keys()
    check(not lacking, "no table", lacking)
    kinds = {table: kinds[table] for table in tables}
    found = rows_there(source.replace("'", "''"), kinds)
    for table, columns in tables.items():
        here = as_set(rows_here(path, table, kinds[table]))
        there = as_set(found[table])
        # One that no row has a value in need not be there yet.
        for column in columns - kinds[table].keys():
            name = column.replace('"', '""')
            with contextlib.closing(sqlite3.connect(path)) as db:
                check(db.execute(f'select count("{name}") from "{table}"')
                      .fetchone() == (0,), source, table, "lacks", column)
        if here != there:
            only = [r for r in here if r not in there][:3]
            more = [r for r in there if r not in here][:3]
            raise Wrong(f"{source}: {table}: {len(here)} rows, there "
                        f"{len(there)}:\nhere  {only}\nthere {more}")


# --- a database --------------------------------------------------------------

class Source:
    def __init__(self, name, folder, examples):
        self.name, self.path = name, os.path.join(folder, "a 'db' " + name)
        self.examples, self.added = examples, 0
        self.runs = 0

    def shell(self, command, text="", statuses=(0, 1, 65, 69)):
        done = subprocess.run(
            ["sh", "-c", command], input=text.encode(), capture_output=True,
            env={**os.environ, "PATH": BUILD + ":" + os.environ["PATH"],
                 "SP_DB": self.path})
        check(done.returncode in statuses, command, done.returncode,
              done.stderr.decode(errors="replace"))

    def sql(self, text, *values):
        with contextlib.closing(sqlite3.connect(self.path, timeout=60)) as db:
            rows = db.execute(text, values).fetchall()
            db.commit()
            return rows

    def notes(self):
        return self.sql("select * from outbox where table_name <> ''")

    def install(self):
        with open(f"{self.examples}/outbox.sql") as f:
            subprocess.run(["sqlite3", "-bail", self.path], stdin=f, check=True)

    def start_push(self, *options, name=None, path=None, limit="", **env):
        """limit: what the shell does first."""
        return subprocess.Popen(
            ["/bin/sh", "-c", limit + ' exec /bin/sh "$@"', "-",
             f"{self.examples}/push.sh", *options,
             path or self.path, name or self.name],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True, text=True,
            env={**os.environ, **env})

    def push(self, *options, **how):
        pushing = self.start_push(*options, **how)
        said = pushing.communicate()
        check(pushing.returncode == 0, "push:", *said)

    # What may happen to it. r: a random.Random.

    def story(self, r):
        """Captures and rows in a run, which may be taken back later."""
        self.runs += 1
        run = f"01WAREHOUSE{self.runs}"
        records = Story(f"{r.random()}").records
        self.shell(PIPELINE, "".join(t + "\n" for t in [
            line({"type": "run", "run": run, "job": "warehouse"}),
            *map(line, records),
            line({"type": "end", "run": run, "status": "complete"})]))

    def forget(self, r):
        runs = self.sql("select run_id from ingest_runs where job is not null")
        if runs:
            self.shell(f"sp-stage forget {r.choice(runs)[0]} | sp-transform |"
                       " sp-load", statuses=(0, 1, 64, 65, 69))

    def prune(self, r):
        self.shell("sp-stage prune --keep 0d", statuses=(0, 1))

    def by_hand(self, r):
        """SQL of a user: rows go, change, get other keys and odd values."""
        table, key, column = r.choice([
            ("tracks", "track_id", "name"),
            ("artists", "artist_id", "images_json"),
            ("play_history", "play_id", "context_uri"),
            ("playlist_tracks", "position", "uri"),
            ("streaming_history", "stream_id", "platform")])
        some = "where abs(random()) % 4 = 0"
        how = r.choice((0, 0, 1, 2, 3))
        if how == 0:
            self.sql(f"delete from {table} {some}")
        elif how == 1:
            self.sql(f"update {table} set {column} = ? {some}", r.choice([
                None, "", "\\", "a\tb\nc\r\\.", "\\N", "\x01'\u00e9\U0001f30a",
                "a\n\\.\nb", '\n\\.\r\n"', 'a", "b', "0x\\.,",
                '{"a": [1.50, "\\u0007"]}', '{"a": "\\u0000", "b": "\\ud800"}',
                '"\\ud83d\\ude00"', '[1e400, 18446744073709551616]', "[1",
                "9" * 3000, "x" * 1000000]))
        elif how == 2 and table in ("tracks", "artists"):
            self.sql(f"update or ignore {table} set {key} = {key} || '_'"
                     f" {some}")
        elif how == 2:
            self.sql(f"update or ignore {table} set {key} = {key} + 1000"
                     f" {some}")
        elif table != "streaming_history":  # which has a computed column
            self.sql(f"insert or replace into {table} select * from {table}"
                     f" {some}")

    def add_column(self, r):
        """Of one of the tables, with values for some of its rows."""
        if self.added == 3:
            return
        self.added += 1
        table = r.choice(["tracks", "play_history", "playlists"])
        kind = r.choice(["text", "integer", "real", "boolean"])
        name = f'my "own" {kind}'
        with contextlib.suppress(sqlite3.OperationalError):
            self.sql(f"""alter table {table} add column
                         "{name.replace('"', '""')}" {kind}""")
        self.sql(f"""update {table} set "{name.replace('"', '""')}" = ?
                     where abs(random()) % 2""",
                 {"text": "x", "integer": -2**63, "real": 0.1 + 0.2,
                  "boolean": 1}[kind])

    def change(self, r):
        r.choice([self.story] * 4 + [self.forget] * 2 + [self.by_hand] * 4 +
                 [self.prune, self.add_column])(r)


# --- what may go wrong -------------------------------------------------------

def group(pid):
    """The processes of a group, with their names."""
    for stat in glob.glob("/proc/[0-9]*/stat"):
        with contextlib.suppress(OSError), open(stat) as f:
            name, _, rest = f.read().rpartition(")")
            if int(rest.split()[2]) == pid and rest.split()[0] != "Z":
                yield int(stat.split("/")[2]), name.partition("(")[2]


class Trial:
    def __init__(self, seed, folder, examples):
        self.r = random.Random(seed)
        self.server = Server(os.path.join(folder, "pg"))
        subprocess.run(["psql", "-Xqv", "ON_ERROR_STOP=1",
                        "-f", f"{examples}/schema.sql"], check=True)
        self.sources = [Source(n, folder, examples)
                        for n in ("kim", "it's", "zo\u00eb \\\"%s")]
        self.counts = {}
        self.takes = 0.5  # seconds, of a push

    def count(self, what):
        self.counts[what] = self.counts.get(what, 0) + 1

    def pushed(self, source):
        began = time.monotonic()
        source.push()
        self.takes = 0.7 * self.takes + 0.3 * (time.monotonic() - began)
        compare(source.name, source.path)
        check(not source.notes(), source.name, "the outbox is not empty")

    def refused(self, source, status, words, *options, **how):
        """It is not pushed, and says why; nothing is changed or forgotten."""
        was, notes = there(source), source.notes()
        pushing = source.start_push(*options, **how)
        said = "".join(pushing.communicate())
        check(pushing.returncode == status and words in said,
              f"not {status}, '{words}', but", pushing.returncode, said)
        check(there(source) == was and source.notes()[:len(notes)] == notes,
              "a push that fails changes something:", words)

    def odd(self, source, folder):
        """What keeps a push from its work, each with its status."""
        self.again(source)
        programs, home = os.path.join(folder, "bin"), os.path.join(folder, "~")
        os.mkdir(programs)
        os.mkdir(home)
        for name in "cat", "dirname", "grep", "sed":
            os.symlink(shutil.which(name), os.path.join(programs, name))
        self.refused(source, 69, "sqlite3 is missing", PATH=programs)
        os.symlink(shutil.which("sqlite3"), programs + "/sqlite3")
        self.refused(source, 69, "psql is missing", PATH=programs)
        self.refused(source, 69, "no connection", PGHOST=folder)
        self.refused(source, 73, "cannot read", path=folder + "/none")
        self.refused(source, 78, "is not a database", path=__file__)
        other = os.path.join(folder, "other")
        source.shell(f"SP_DB='{other}' sp-load", statuses=(0, 65))
        self.refused(source, 78, "has no outbox", path=other)
        self.refused(source, 64, "not a name", name="a\nb")
        self.refused(source, 64, "usage", "--some")
        # One of the same name, such as a rebuilt one.
        with open(f"{source.examples}/outbox.sql") as f:
            subprocess.run(["sqlite3", "-bail", other], stdin=f, check=True)
        self.refused(source, 65, "another database of this name", path=other)
        # The disk is full: of the database, then of the server.
        self.refused(source, 74, "the outbox keeps it",
                     limit="trap '' XFSZ; ulimit -f 1;")
        ask("create role reader login")
        self.refused(source, 77, "denies", PGUSER="reader")
        ask("drop role reader")
        ask("alter table tracks rename to hidden")
        try:
            pushing = source.start_push()
            said = "".join(pushing.communicate())
            check(pushing.returncode == 78 and "schema.sql" in said, said)
        finally:
            ask("alter table hidden rename to tracks")
        for column, value, code in (("popularity", "'many'", "22P02"),
                                    ("name", "cast(x'ff41' as text)", "22021"),
                                    ("last_updated", "'soon'", "22007")):
            source.sql(f"""update tracks set {column} = {value}
                where track_id = (select max(track_id) from tracks)""")
            self.refused(source, 65, code)
            source.sql(f"""update tracks set {column} = null
                where track_id = (select max(track_id) from tracks)""")
        with open(os.path.join(home, ".sqliterc"), "w") as f:
            f.write(".headers on\n.mode box\n")
        source.push(HOME=home)
        compare(source.name, source.path)
        # A text ends at its first NUL. What the warehouse has more stays.
        ask("alter table tracks add column remark text")
        source.sql("""update tracks set name = 'a' || char(0) || 'b'
            where track_id = (select max(track_id) from tracks)""")
        source.push()
        check(ask("select count(*) from tracks where name = 'a'") == ["1"],
              "a text with NUL")
        ask("alter table tracks drop column remark")
        source.sql("update tracks set name = 'a' where name glob 'a*'")
        self.pushed(source)
        plays = ("select count(*) from play_history"
                 " where source_db = 'kim' and user_id = 'kim'")
        check(ask(plays) != ["0"], "no plays of kim")
        source.shell("sp-stage forget --user kim", statuses=(0,))
        self.pushed(source)
        check(ask(plays) == ["0"], "plays of one who is forgotten stay")

    def again(self, source):
        """What is sent twice changes nothing; noted row by row, and whole."""
        source.sql("""insert into outbox (table_name, key)
            select 'tracks', json_array(track_id) from tracks union all
            select 'tracks', '["gone"]' union all
            select 'play_history', json_array(user_id, play_id)
            from play_history""")
        if self.r.randrange(3) == 0:
            source.sql("insert into outbox (table_name) values ('playlists')")

    def killed(self, source):
        """One of the processes of a push, or all."""
        was = there(source)
        pushing = source.start_push()
        time.sleep(self.r.uniform(0, self.takes))
        victims = [pid for pid, _ in group(pushing.pid)]
        if victims and self.r.randrange(2):
            victims = [self.r.choice(victims)]
        for pid in victims:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        said = pushing.communicate()
        # Some of its processes may still be at work.
        while any(True for _ in group(pushing.pid)):
            time.sleep(0.01)
        self.count("cut" if pushing.returncode else "too late")
        self.all_or_nothing(source, was)
        check(pushing.returncode != 0 or not source.notes(),
              "a push that succeeded left notes", *said)

    def killed_halfway(self, source):
        """It has sent some tables, and waits for another one when it dies."""
        for table in ("artists", "playlists", "tracks", "users"):
            source.sql(f"update {table} set uri = coalesce(uri, '') || '+'")
        was = there(source)
        holder = subprocess.Popen(
            ["psql", "-XqAt"], text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE)
        holder.stdin.write("begin; lock table tracks in exclusive mode;\n"
                           "\\echo locked\n")
        holder.stdin.flush()
        holder.stdout.readline()
        pushing = source.start_push()
        while pushing.poll() is None and ask(
                "select count(*) from pg_locks where not granted") == ["0"]:
            time.sleep(0.01)
        for pid, name in group(pushing.pid):
            if name == "psql":
                os.kill(pid, signal.SIGKILL)
        said = pushing.communicate()
        holder.stdin.close()
        holder.wait()
        while len(ask("select 1 from pg_stat_activity"
                      " where backend_type = 'client backend'")) > 1:
            time.sleep(0.01)
        check(pushing.returncode != 0 or was == there(source),
              "it succeeded without psql", *said)
        self.all_or_nothing(source, was)

    def all_or_nothing(self, source, was):
        if there(source) != was:
            compare(source.name, source.path)

    def server_killed(self, source):
        was = there(source)
        pushing = source.start_push()
        time.sleep(self.r.uniform(0, self.takes))
        self.server.kill()
        said = pushing.communicate()
        self.server.start()
        self.all_or_nothing(source, was)
        check(pushing.returncode == 0 or "push.sh:" in said[1],
              "it fails without a word", *said)

    def at_once(self, source):
        """Two or three pushes, while rows are loaded."""
        pushes = [source.start_push() for _ in range(self.r.randint(2, 3))]
        if self.r.randrange(2):
            source.change(self.r)
        for pushing in pushes:
            said = pushing.communicate()
            check(pushing.returncode == 0, "two pushes at once:", *said)

    def overtaken(self, source):
        """A push that has read its rows, and sends them after another one has
        sent newer ones."""
        self.again(source)
        slow = source.start_push()
        stopped = None
        while slow.poll() is None and not stopped:
            names = {name: pid for pid, name in group(slow.pid)}
            if {"psql", "sqlite3"} <= names.keys():
                stopped = names["psql"]
                os.kill(stopped, signal.SIGSTOP)
        while stopped and any(n == "sqlite3" for _, n in group(slow.pid)) and \
                self.r.randrange(10):
            time.sleep(0.01)
        source.sql("update tracks set name = name || '+'")
        source.sql("delete from play_history where play_id % 3 = 0")
        fast = source.start_push()
        with contextlib.suppress(subprocess.TimeoutExpired):
            fast.wait(2)  # it waits if the other one has begun
        if stopped:
            os.kill(stopped, signal.SIGCONT)
        for pushing in (fast, slow):
            said = pushing.communicate()
            check(pushing.returncode == 0, "overtaken:", *said)
        compare(source.name, source.path)

    def all_again(self, source):
        source.push("--all")

    def copied(self, source):
        """A copy that has missed a push is refused, until it is to replace
        what is there; then the other one is."""
        old = source.path + " old"
        with contextlib.closing(sqlite3.connect(source.path)) as db, \
                contextlib.closing(sqlite3.connect(old)) as copy:
            db.backup(copy)
        self.again(source)
        self.pushed(source)
        copy = Source(source.name, "", source.examples)
        copy.path = old
        self.again(copy)
        pushing = copy.start_push()
        said = pushing.communicate()
        check(pushing.returncode == 65 and "another database" in said[1],
              "an old copy is pushed:", *said)
        copy.push("--all")
        compare(source.name, old)
        self.again(source)
        check(source.start_push().wait() == 65,
              "the one that was copied is pushed")
        source.push("--all")
        os.unlink(old)

    def step(self):
        source = self.r.choice(self.sources)
        for _ in range(self.r.randint(0, 3)):
            source.change(self.r)
        if self.r.randrange(4) == 0:
            self.again(source)
        what = self.r.choice(
            [self.killed, self.at_once] * 2 +
            [self.killed, self.killed_halfway, self.server_killed,
             self.overtaken, self.all_again, self.copied])
        self.count(what.__name__)
        what(source)
        self.pushed(source)

    def page(self):
        """The query of sp-warehouse(7) gives what the databases do."""
        with open(os.path.join(TOP, "man/sp-warehouse.7")) as f:
            command = f.read().partition("\npsql -c ")[2].partition("\n.Ed")[0]
        query = command.strip('"')
        got = sorted(ask(query))
        here = {}
        for source in self.sources:
            for artist, plays in source.sql(query.replace(
                    "(source_db, ", "(").replace(" limit 10", "")):
                here[artist] = here.get(artist, 0) + plays
        best = sorted(here.items(), key=lambda p: -p[1])[:10]
        check(got and sorted(int(t.rpartition("|")[2]) for t in got) ==
              sorted(n for _, n in best), "sp-warehouse(7):", got, best)

    def begin(self):
        """The first has months of plays and an export, another some rows, the
        last none; the triggers come to a database that has data."""
        first, second, third = self.sources
        first.shell("""set -e; cd "$(dirname "$SP_DB")"
            sp-rehearse --export export --user kim --plays-per-day 20 \
                --export-since 2026-10-20
            sp-stage import --user kim export/*/*.json | sp-transform |
                sp-load
            sp-rehearse --user kim --port-file port --token-file token.json \
                >api & api=$!
            while [ ! -s port ]; do sleep 0.1; done
            export SP_TOKEN_FILE=token.json
            for round in 1 2; do
                sp-queue next all | sp-fetch | sp-stage | sp-transform |
                    sp-load || :
            done
            kill $api""", statuses=(0,))
        check(first.sql("select count(*) from play_history") > [(49,)],
              "the listener has no plays")
        second.story(self.r)
        third.shell("sp-load", statuses=(0, 65))
        for source in self.sources:
            source.install()
            self.pushed(source)
        first.install()
        check(not first.notes(),
              "outbox.sql, run again, notes what is known")
        self.page()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--seed", type=int, default=random.randrange(10**6))
    p.add_argument("--seconds", type=float, default=100)
    p.add_argument("--examples",
                   default=os.path.join(TOP, "examples/warehouse"))
    options = p.parse_args()
    began, steps = time.monotonic(), 0
    folder = tempfile.mkdtemp(prefix="sp-warehouse-")
    os.chmod(folder, 0o755)
    trial = None
    try:
        trial = Trial(options.seed, folder, os.path.abspath(options.examples))
        trial.begin()
        while time.monotonic() - began < options.seconds:
            trial.step()
            steps += 1
        for source in trial.sources:
            trial.pushed(source)
        trial.odd(trial.sources[0], folder)
    except Wrong as wrong:
        print(f"warehouse: SEED={options.seed}: step {steps}: {wrong}\n"
              f"{trial and trial.counts}", file=sys.stderr)
        return 1
    finally:
        if trial:
            trial.server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"warehouse: {steps} steps, seed {options.seed}: {trial.counts}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
