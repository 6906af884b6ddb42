#!/usr/bin/env python3
"""power.py [--rounds N] [--seconds S] [--seed N] [--verbose]

Runs jobs against a mock API while power.so writes down what they ask of
the file system, and then works out what a power cut at any instant may have
left: at each sync, and at random instants between, in many ways each, as
power_disk.py has it. In every such image the database must be whole and at
a state between two commits; what a program had said by then must be there:
each capture that sp-stage had passed on, all that a pipeline which ended with
0 had loaded, what sp-queue had put into the queue; no cursor may be beyond
its plays; the token file must hold a token, and the new one once sp-fetch had
gone on with it, and a login that succeeded. The jobs run again must complete it, to tables with the same
digest as those that no power cut had met. Some rounds begin with what a power
cut has left.

With --self-test the programs are run with syncs that are not honoured, and
with less of them than they ask for: what is lost then has to be found.

A seed repeats the jobs, the instants and what is lost, but not how the stages
take turns. Of a round that fails its folder is kept: the log, the image, and
why.
"""
import argparse
import collections
import datetime
import fcntl
import hashlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

from common import (BOOKS, Api, Broken, check, differences, folder, is_whole,
                    opened, program, tables, to_preload)
from power_disk import Disk, Mood, read_log

EPOCH = 6  # rounds with one API and one database
JOBS = {"play-history": 6, "playlists": 5, "profile": 2, "audio-features": 1,
        "all": 2}
# All that there is to do, whatever was done already. What was done decides
# which lists are taken for fresh, so all of them are asked for.
COMPLETE = ["play-history", "playlists", "--force playlists",
            "audio-features", "audio-features", "audio-features", "profile",
            "profile"]
# Tables whose rows may leave again.
LEAVES = {"playlist_ingest_queue", "ingest_errors"}
# What differs from one request to the next: which snapshot the service's own
# lists have, and how something is refused; and which run brought a list. What
# a run that was cut was refused may wait in the queue until it is asked for
# again.
UNSTEADY_TABLES = {"endpoint_status", "playlist_ingest_queue",
                   "playlist_ingest_done"}
UNSTEADY = {"snapshot_id", "tracks_snapshot_id", "tracks_list"}
NOTHING = "nothing"  # the state of a database that is not there yet

# What the programs are given, to see what is found then; whether that damages
# a database; and after how many pages to copy the log: what is only in the
# log is lost without being damaged, while a copy makes up for a missing sync.
TRICKS = {
    "syncs ignored": ({"SP_POWER_IGNORE": "sync"}, True, 5),
    "syncs of folders ignored": ({"SP_POWER_IGNORE": "folder"}, None, None),
    "synchronous = off": ({"SP_POWER_SYNCHRONOUS": "off"}, None, 5),
    "synchronous = normal": ({"SP_POWER_SYNCHRONOUS": "1"}, False, None),
}


class Lost(Broken):
    """What was acknowledged is not there."""


def keeps(good, *words):
    if not good:
        raise Lost(" ".join(str(w) for w in words))


class House:
    """An API, a database to be, and a clock that advances only when it is moved."""

    def __init__(self, path, rng):
        self.path, self.root = path, path + "/root"
        self.api = Api(self.root, "--user", "kim",
                       "--seed", str(rng.randrange(1, 10 ** 6)),
                       "--access-mode", rng.choice(["extended", "development"]),
                       "--playlists", str(rng.choice([3, 6])),
                       "--big-playlist", "120",
                       "--clock", "2026-11-01T08:00:00Z")
        self.library = to_preload("power.so", path)
        self.home = self.root + "/share"  # the folder that is made
        self.db = self.home + "/sp/music.db"
        self.token = self.api.token
        self.second = self.root + "/config/sp/tokens/second.json"

    def look(self):
        """What is true now, while the clock is not moved."""
        clock = self.api.ask("clock")
        self.now = clock[clock.find("20"):][:24]
        seen = [p for p in self.api.records("plays")
                if p["visible_at"] <= self.now]
        self.window = sorted(p["played_at"] for p in seen)[-50:]

    def env(self, db=None, log=None, out=False, trick=None, checkpoint=None,
            login=None):
        env = {**os.environ, "LD_PRELOAD": self.library,
               "SP_DB": db or self.db, "SP_TOKEN_FILE": self.token,
               "SP_POWER_CLOCK": str(unix_ms(self.now))}
        if log:
            env.update(SP_POWER_LOG=log, SP_POWER_ROOT=self.root,
                       **(trick or {}))
            if out:
                env["SP_POWER_OUT"] = "1"
            if login:
                env["BROWSER"] = login
            if checkpoint:
                env["SP_POWER_CHECKPOINT"] = str(checkpoint)
        return env


def unix_ms(text):
    at = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return round(at.timestamp() * 1000)


class Pipeline:
    """The stages of a job, started."""

    def __init__(self, house, job, options=(), **how):
        commands = [[program("sp-queue"), "next", *job.split()],
                    [program("sp-fetch"), "--backoff", "10ms"],
                    [program("sp-stage")], [program("sp-transform")],
                    [program("sp-load"), *options]]
        self.job, self.stages, out = job, [], subprocess.DEVNULL
        self.said = open(f"{house.path}/said-{id(self)}", "w+")
        for command in reversed(commands):
            name = os.path.basename(command[0])
            env = house.env(out=name in ("sp-stage", "sp-fetch"), **how)
            if name == "sp-transform":
                del env["LD_PRELOAD"]
            first = command is commands[0]
            stage = subprocess.Popen(
                command, env=env, stdout=out, stderr=self.said,
                stdin=subprocess.DEVNULL if first else subprocess.PIPE)
            if out != subprocess.DEVNULL:
                out.close()
            out = stage.stdin
            self.stages.insert(0, stage)
        self.fetch, self.stage, self.load = (
            self.stages[i].pid for i in (1, 2, 4))

    def wait(self):
        """The statuses, and what was said."""
        # A wait with a time limit of its own would look every 50 ms.
        patience = threading.Timer(60, self.kill)
        patience.start()
        self.statuses = [stage.wait() for stage in self.stages]
        patience.cancel()
        self.said.seek(0)
        with self.said:
            text = self.said.read()
        os.remove(self.said.name)
        return self.statuses, text

    def kill(self, log):
        """Between two notes: half of one would spoil the log."""
        with open(log, "rb") as f:
            fcntl.flock(f, fcntl.LOCK_EX)
            for stage in self.stages:
                stage.kill()
            for stage in self.stages:
                stage.wait()


class Recording:
    """Some runs of jobs with all that they asked of the file system."""

    def __init__(self, house, rng, trick, show):
        self.house, self.rng, self.show = house, rng, show
        self.log = house.path + "/log"
        open(self.log, "wb").close()
        self.how = {"log": self.log, "trick": trick, "checkpoint":
                    rng.choice([None, None, 1, 5, 30])}
        if trick:
            self.how.update(trick=trick[0], checkpoint=trick[2])
        self.pipelines, self.added = [], {}
        self.typed, self.logins = {}, set()
        self.together = rng.random() < 0.25
        self.disk = Disk(house.root)
        show(f"checkpoint {self.how['checkpoint']}")
        self.run()
        self.notes = read_log(self.log)

    def start(self):
        rng = self.rng
        job = rng.choices(list(JOBS), JOBS.values())[0]
        options = ["--batch-rows", rng.choice(["5", "100", "200000"]),
                   "--batch-time", rng.choice(["1ms", "1s"])]
        self.show(f"{job} {' '.join(options)}")
        p = Pipeline(self.house, job, options, **self.how)
        self.pipelines.append(p)
        return p

    def run(self):
        rng = self.rng
        reader = self.hold() if rng.random() < 0.3 else None
        if rng.random() < 0.2:
            self.show("killed:")
            p = self.start()
            time.sleep(rng.uniform(0, 0.1))
            p.kill(self.log)
            p.wait()
        # Not before a kill: who is killed while the service changes the
        # token that renews has lost the login, whatever the program does.
        if rng.random() < 0.3:
            self.house.api.ask("expire", post=True)
            self.house.api.ask("fault?kind=rotate", post=True)
            self.show("the token ends")
        started = []
        for _ in range(2 if self.together else rng.choice([1, 1, 2])):
            started.append(self.start())
            if not self.together:
                self.end(started.pop())
        for p in started:
            self.end(p)
        if not self.together:
            for other in (self.add, self.type):
                if rng.random() < 0.2:
                    other()
        if not os.path.exists(self.house.second):
            self.log_in()
        if reader:
            reader.communicate()

    def hold(self):
        """A program that has the database open all the time."""
        self.show("with a reader")
        return subprocess.Popen(
            [program("sp-stage"), "replay"], env=self.house.env(**self.how),
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def end(self, p):
        statuses, said = p.wait()
        check(statuses[-1] in (0, 1), f"{p.job}: without a power cut the "
              "statuses are", statuses, said)

    def once(self, what, command, **how):
        """Run a program that ends with 0; its number."""
        self.show(what)
        with open(f"{self.house.path}/said", "w+") as said:
            done = subprocess.Popen(command, env=self.house.env(**self.how),
                                    stderr=said, **how)
            done.communicate()
            said.seek(0)
            check(done.returncode == 0, what, "ends with", done.returncode,
                  said.read())
        return done.pid

    def add(self):
        name = "added" + "".join(self.rng.choices("abcdefgh", k=17))
        pid = self.once(f"add {name}", [program("sp-queue"), "add", name])
        self.added[pid] = name

    def type(self):
        """A row by hand, which needs no run."""
        row = json.dumps({"type": "row", "table": "users", "row": {
            "user_id": f"by-hand-{self.rng.randrange(10 ** 9)}"}})
        with open(self.house.path + "/row", "w+") as f:
            f.write(row)
            f.seek(0)
            self.typed[self.once("a row by hand", [program("sp-load")],
                                 stdin=f)] = row

    def log_in(self):
        """Log a second account in, in a folder that is not there yet."""
        house = self.house
        browser = house.path + "/browser"
        with open(browser, "w") as f:
            f.write("#!/bin/sh\nexec curl -sSLo /dev/null \"$1\"\n")
        os.chmod(browser, 0o755)
        with open(house.token) as f:
            client = json.load(f)["client_id"]
        self.how["login"] = browser
        pid = self.once("log in", [
            program("sp-fetch"), "login", "--client-id", client,
            "--timeout", "20s", "--token-file", house.second, "--api", house.api.url,
            "--auth-url", house.api.url + "/authorize",
            "--token-url", house.api.url + "/api/token"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        del self.how["login"]
        self.logins.add(pid)


class Facts:
    """What the programs have said by an instant of a recording."""

    def __init__(self, recording):
        self.recording, self.house = recording, recording.house
        self.captures = {}  # (run, seq): line
        self.runs, self.keys, self.queued = set(), {}, set()
        self.cursors = {}
        self.lines = collections.defaultdict(list)  # of a pid
        self.rests = collections.defaultdict(bytes)
        self.stages = {p.stage: p for p in recording.pipelines}
        self.loads = {p.load: p for p in recording.pipelines}
        self.fetches = {p.fetch for p in recording.pipelines}
        # All that the token file was, the last that was used, and whose.
        folder, name = recording.disk.find(self.house.token)
        self.tokens = [bytes(folder.now()[name].now())]
        self.tokens_said, self.renamed = 0, {}
        self.logged_in = False
        self.final = False  # whether the state at hand may not go again

    def take(self, disk, note):
        """Go on by a note, which the disk has taken already."""
        self.final = False
        if note.kind == "1" and note.pid in self.stages:
            text = self.rests[note.pid] + note.data
            *lines, self.rests[note.pid] = text.split(b"\n")
            for line in lines:
                self.take_line(note.pid, line)
        if note.kind in "1x" and note.pid in self.renamed:
            self.tokens_said = max(self.tokens_said, self.renamed[note.pid])
        if note.kind == "x":
            self.take_end(note.pid)
        if note.kind == "r" and note.paths()[1] == self.house.token:
            folder, name = disk.find(self.house.token)
            self.tokens.append(bytes(folder.now()[name].now()))
            self.renamed[note.pid] = len(self.tokens) - 1

    def take_line(self, pid, line):
        self.lines[pid].append(line)
        record = json.loads(line)
        if record["type"] == "capture":
            self.captures[record["run"], record["seq"]] = line

    def take_end(self, pid):
        if pid in self.recording.added:
            self.queued.add(self.recording.added[pid])
        rec = self.recording
        if pid in rec.typed or pid in rec.added:
            self.final = True
        if pid in self.recording.logins:
            self.logged_in = True
        p = self.loads.get(pid)
        if not p or p.statuses[-1] not in (0, 1):
            return
        self.final = not self.recording.together
        done = subprocess.run([program("sp-transform")], check=False,
                              input=b"\n".join(self.lines[p.stage]) + b"\n",
                              capture_output=True)
        for record in map(json.loads, done.stdout.splitlines()):
            if record["type"] == "run":
                self.runs.add(record["run"])
                uncommitted = set(record.get("uncommitted", []))
            if record["type"] == "row" and "op" not in record:
                if (record["table"] != "cursors" or
                        record["src"].split("/")[0] not in uncommitted):
                    self.take_row(record["table"], record["row"])

    def take_row(self, table, row):
        if table == "cursors":
            key = row["user_id"], row["job"]
            self.cursors[key] = max(row["value"], self.cursors.get(key, 0))
        elif table not in LEAVES:
            self.keys.setdefault(table, []).append(row)


class Image:
    """What a power cut has left, and whether that may be."""

    def __init__(self, house, path):
        self.house, self.path = house, path
        self.db, self.token, self.second = (
            os.path.join(path, os.path.relpath(p, house.root))
            for p in (house.db, house.token, house.second))

    def copy(self, path):
        shutil.copytree(self.path, path)
        return Image(self.house, path)

    def state(self):
        """All that the database says, as a digest. Opens it, which a power
        cut may have left to be mended; so this is for a copy."""
        if not os.path.exists(self.db):
            return NOTHING
        digest, any_table = hashlib.sha256(), False
        try:
            with opened(self.db) as db:
                db.text_factory = bytes
                for (name,) in db.execute(
                        "select name from sqlite_master where type = 'table' "
                        "and name not like 'sqlite_%' order by 1").fetchall():
                    any_table = True
                    digest.update(name)
                    for row in db.execute(
                            f"select * from {name.decode()} order by 1, 2"):
                        digest.update(repr(row).encode())
        except sqlite3.DatabaseError as e:
            raise Broken(f"the database is broken: {e}") from e
        return digest.hexdigest() if any_table else NOTHING

    def ask(self, sql, *values):
        """What there is; nothing of a table that an older sp had not."""
        try:
            with opened(self.db) as db:
                return db.execute(sql, values).fetchall()
        except sqlite3.OperationalError as e:
            check("no such table" in str(e), e)
            return []

    def check_facts(self, facts, state):
        """What the programs had said is there."""
        said = facts.captures or facts.runs or facts.queued
        if state == NOTHING:
            keeps(not said, "the database is gone, of",
                  len(facts.captures), "captures")
            return
        is_whole(self.db)
        have = set(self.ask("select run_id, seq from staging_raw"))
        lost = set(facts.captures) - have
        keeps(not lost, len(lost), "captures are lost that were passed on:",
              sorted(lost)[:3])
        complete = {r for (r,) in self.ask(
            "select run_id from ingest_runs where status = 'complete'")}
        keeps(facts.runs <= complete, "runs are lost that were complete:",
              sorted(facts.runs - complete))
        for table, rows in facts.keys.items():
            self.check_rows(table, rows)
        stored = {(u, j): v for u, j, v in self.ask(
            "select user_id, job, value from cursors")}
        for key, value in facts.cursors.items():
            keeps(stored.get(key, -1) >= value, "a cursor is lost:", key,
                  value, stored)
        if facts.final and facts.queued:
            have = {q for (q,) in self.ask(
                "select playlist_id from playlist_ingest_queue")}
            keeps(facts.queued <= have, "playlists are lost that were "
                  "queued:", facts.queued - have)

    def check_rows(self, table, rows):
        with opened(self.db) as db:
            keys = [c[1] for c in db.execute(f"pragma table_info({table})")
                    if c[5]]
            if table == "play_history":
                keys = ["user_id", "played_at", "track_id"]
            have = set(db.execute(f"select {', '.join(keys)} from {table}"))
        want = {tuple(row.get(k) for k in keys) for row in rows}
        keeps(want <= have, len(want - have), f"rows of {table} are lost "
              "that were loaded:", list(want - have)[:2])

    def check_cursor(self, before):
        """No cursor is ahead of its plays, none of which is there twice."""
        stored = self.ask("select value from cursors where job = ?",
                        "play-history")
        cursor = stored[0][0] if stored else -1
        plays = [p for (p,) in self.ask("select played_at from play_history")]
        check(cursor >= before, "the cursor went back:", before, cursor)
        if cursor != before:
            owed = {t for t in self.house.window if unix_ms(t) <= cursor}
            check(owed <= set(plays), "the cursor is ahead of its plays:",
                  sorted(owed - set(plays))[:3])
        twice = self.ask("select 1 from play_history group by user_id, "
                         "track_id, played_at having count(*) > 1")
        check(not twice, "plays are doubled")

    def check_bodies(self, facts):
        """The captures that were passed on are given back as they were."""
        done = subprocess.run([program("sp-stage"), "replay", "--db", self.db],
                              capture_output=True, check=False)
        have = set(done.stdout.splitlines())
        for name, line in facts.captures.items():
            check(line in have, "a capture is another than was passed on:",
                  name)

    def check_token(self, facts):
        text = b""
        if os.path.exists(self.token):
            with open(self.token, "rb") as f:
                text = f.read()
        check(text in facts.tokens, "the token file holds", len(text),
              "bytes that never were its content")
        keeps(text in facts.tokens[facts.tokens_said:],
              "the token is lost that sp-fetch went on with")
        if os.path.exists(self.second):
            with open(self.second) as f:
                check(f.read().endswith("}\n"), "a login is half there")
        else:
            keeps(not facts.logged_in, "a login is lost")

    def asks(self, job):
        """Whether a job has anything to ask for."""
        said = subprocess.run([program("sp-queue"), "next", "--db", self.db,
                               job], env=self.house.env(), check=True,
                              capture_output=True, text=True)
        return '"type":"request"' in said.stdout

    def complete(self, recording):
        """Do all of it again, and print what there is then."""
        env = self.house.env(db=self.db)
        for name in recording.added.values():
            subprocess.run([program("sp-queue"), "add", name], env=env,
                           check=True)
        for row in recording.typed.values():
            subprocess.run([program("sp-load")], env=env, check=True,
                           input=row, text=True)
        done = set()
        for job in COMPLETE:
            if job in done and not self.asks(job):
                continue
            done.add(job)
            p = Pipeline(self.house, job, db=self.db)
            statuses, said = p.wait()
            check(statuses[-1] in (0, 1) and not any(statuses[:-1]),
                  f"{job} run again: the statuses are", statuses, said)
        is_whole(self.db)
        digest = subprocess.run(
            [program("sp-load"), "--digest", "--db", self.db],
            capture_output=True, text=True, check=True).stdout
        steady = [line for line in digest.splitlines()
                  if json.loads(line)["table"]
                  not in UNSTEADY_TABLES | {"playlists"}]
        return steady, tables(self.db, BOOKS | UNSTEADY_TABLES, UNSTEADY)


def first_difference(a, b):
    return (" ".join(x for x in a[0] if x not in b[0]) + " " +
            differences(a[1], b[1]))


class Round:
    """A recording, and the power cuts in it."""

    def __init__(self, house, rng, trick=None, images=60, reruns=2):
        self.house, self.rng = house, rng
        self.words = []
        self.images, self.reruns = images, reruns
        self.alarms = []  # of a trick
        self.trick = trick
        self.counts = collections.Counter()
        self.at = house.path + "/image"
        self.survivor = None

    def prepare(self):
        house = self.house
        house.api.ask(f"clock?advance={self.rng.randint(1, 12)}h", post=True)
        house.look()
        with_db = Image(house, house.root)
        self.cursor = -1
        first = self.fresh(with_db)
        there = first.state() != NOTHING
        if there:
            stored = first.ask("select value from cursors where job = ?",
                             "play-history")
            self.cursor = stored[0][0] if stored else -1
        self.recording = Recording(house, self.rng, self.trick,
                                   self.words.append)
        if not self.trick and self.reruns:
            self.wanted = self.fresh(with_db).complete(self.recording)

    def fresh(self, image):
        """A copy that may be changed."""
        shutil.rmtree(self.at + "-copy", ignore_errors=True)
        return image.copy(self.at + "-copy")

    def cut_points(self):
        """Where something was said, and at syncs and in between; of too many
        some of either."""
        notes = self.recording.notes
        said = {i + 1 for i, n in enumerate(notes) if n.kind in "x1"}
        syncs = [i for i, n in enumerate(notes) if n.kind == "s"]
        other = {i + n for i in syncs for n in (0, 1)}
        other |= {self.rng.randrange(len(notes)) for _ in range(10)}
        other -= said
        self.counts["instants"] = len(said | other)
        # Each gets more than the one image in which all that is not synced
        # is lost, as far as the budget goes.
        half = max(1, self.images // 6)
        return {i for some in (said, other) for i in self.rng.sample(
            sorted(some), min(half, len(some)))}

    def go(self):
        """Look at all images; what is wrong is raised, or with a trick
        collected."""
        self.prepare()
        rec, house = self.recording, self.house
        disk, self.facts = rec.disk, Facts(rec)
        self.states, self.floor, self.seen = [], 0, {}
        points, dirty = self.cut_points(), True
        each = max(1, self.images // max(1, len(points)) - 1)
        for i, note in enumerate([*rec.notes, None]):
            syncs = note is None or note.kind in "sx"
            if dirty and (i in points or syncs):
                self.note_state(disk)
                dirty = False
            if i in points:
                self.cut(i, disk, "lost")
                for _ in range(each):
                    self.cut(i, disk, self.rng.choice(Mood.NAMES[1:]))
            if note is None:
                break
            disk.play(note)
            self.facts.take(disk, note)
            if self.facts.final:
                self.floor = len(self.states) - 1
            dirty = dirty or note.kind in "wtcmur"
        self.counts["cuts"] = len(points)

    def note_state(self, disk):
        """What the database says if nothing is lost."""
        shutil.rmtree(self.at, ignore_errors=True)
        disk.image(Mood("kept", self.rng), self.at)
        state = Image(self.house, self.at).state()
        if not self.states or self.states[-1] != state:
            self.states.append(state)

    def cut(self, i, disk, name):
        shutil.rmtree(self.at, ignore_errors=True)
        disk.image(Mood(name, self.rng), self.at)
        image = Image(self.house, self.at)
        self.counts["images"] += 1
        try:
            self.check(image)
        except Broken as e:
            self.counts["alarms"] += 1
            if not self.trick:
                raise type(e)(f"cut at {i}, unsynced {name}: {e}") from e
            self.alarms.append(e)

    def check(self, image):
        facts, copy = self.facts, self.fresh(image)
        state = copy.state()
        copy.check_facts(facts, state)
        if state != NOTHING:
            copy.check_cursor(self.cursor)
        copy.check_token(facts)
        if self.trick:
            return
        check(state in self.states, "it is at no state between two commits")
        keeps(state in self.states[self.floor:], "an older state is back:",
              self.states.index(state), "of", self.floor)
        if state not in self.seen:
            self.seen[state] = False
            copy.check_bodies(facts)
        # The same rows with another log beside them, now and then too.
        if self.reruns and (not self.seen[state] or
                            self.rng.random() < 0.02) and \
                self.rng.random() < 0.3:
            self.seen[state] = True
            self.reruns -= 1
            self.counts["reruns"] += 1
            rerun = self.fresh(image)
            done = rerun.complete(self.recording)
            if done != self.wanted:
                raise Broken("run again, the tables differ: " +
                             first_difference(done, self.wanted))
        if self.rng.random() < 0.1:
            shutil.rmtree(self.at + "-survivor", ignore_errors=True)
            self.survivor = image.copy(self.at + "-survivor")

    def leave(self):
        """The next round begins with all that there is, or with what a
        power cut has left."""
        if self.survivor and self.rng.random() < 0.4:
            shutil.rmtree(self.house.home, ignore_errors=True)
            left = os.path.join(self.survivor.path, "share")
            if os.path.exists(left):
                shutil.copytree(left, self.house.home)


def keep(house, seed, n, words, e):
    to = os.path.abspath(f"power-{seed}-{n}")
    shutil.copytree(house.path, to, dirs_exist_ok=True)
    text = f"not ok - round {n}: {e}\n# " + "\n# ".join(words)
    with open(to + "/why", "w") as f:
        f.write(text + "\n")
    print(f"{text}\n# kept: {to}", flush=True)


def rounds(o, seed, path):
    """Rounds of power cuts; whether any was broken."""
    counts, broken, house, n = collections.Counter(), 0, None, 0
    until = time.monotonic() + o.seconds if o.seconds else None
    try:
        while (time.monotonic() < until) if until else (n < o.rounds):
            rng = random.Random(f"{seed}/{n}")
            if n % EPOCH == 0 or not house:
                if house:
                    house.api.close()
                    shutil.rmtree(house.path)
                house = House(f"{path}/{n}", rng)
            one = Round(house, rng, images=o.images)
            try:
                one.go()
                one.leave()
            except Broken as e:
                broken += 1
                keep(house, seed, n, one.words, e)
                house.api.close()
                house = None
            counts.update(one.counts)
            if o.verbose:
                print(f"# round {n}: {'; '.join(one.words)}: "
                      f"{dict(one.counts)}", flush=True)
            n += 1
    finally:
        if house:
            house.api.close()
        print(f"{'not ' if broken else ''}ok - {n} rounds, power cuts at "
              f"{counts['cuts']} of {counts['instants']} instants: "
              f"{counts['images']} images, {counts['alarms']} alarms, "
              f"{counts['reruns']} run again", flush=True)
    return broken > 0


def alarmed(o, seed, path, name):
    """One round of programs whose syncs do less."""
    damages = TRICKS[name][1]
    rng = random.Random(f"{seed}/{name}")
    house = House(f"{path}/{seed}-{name.replace(' ', '-')}", rng)
    one = Round(house, rng, TRICKS[name], images=o.images)
    try:
        # What is there already can be damaged.
        if damages is not None:
            house.look()
            Pipeline(house, "play-history").wait()
        one.go()
    finally:
        house.api.close()
    return one


def tricked(o, seed, path, name):
    """Programs whose syncs do less: what is lost is found to be. How the
    stages take turns decides how much that is: of a few rounds, in one."""
    damages = TRICKS[name][1]
    for turn in range(4):
        one = alarmed(o, seed + turn, path, name)
        lost = sum(isinstance(a, Lost) for a in one.alarms)
        damaged = sum("is broken" in str(a) for a in one.alarms)
        good = lost > 0 and damages in (None, damaged > 0)
        if good or (damages is False and damaged > 0):
            break
    print(f"{'' if good else 'not '}ok - {name}: of {one.counts['images']} "
          f"images {lost} have lost what was acknowledged, {damaged} are "
          "corrupt", flush=True)
    if o.verbose or not good:
        for text, n in collections.Counter(map(str, one.alarms)).items():
            print(f"# {n} x {text[:200]}")
    return not good


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=0)
    parser.add_argument("--images", type=int, default=60)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    o = parser.parse_args()
    seed = random.randrange(10 ** 9) if o.seed is None else o.seed
    print(f"# power.py --seed {seed} --rounds {o.rounds} --images {o.images}",
          flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # Hundreds of images, none of which has to outlive anything.
    if os.access("/dev/shm", os.W_OK) and "TMPDIR" not in os.environ:
        tempfile.tempdir = "/dev/shm"
    with folder() as path:
        if o.self_test:
            return any([tricked(o, seed, path, name) for name in TRICKS])
        return rounds(o, seed, path)


if __name__ == "__main__":
    sys.exit(main())
