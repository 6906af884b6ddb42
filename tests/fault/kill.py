#!/usr/bin/env python3
"""kill.py [--rounds N] [--for TIME] [--seed N] [--from ROUND] [--verbose]

Runs the jobs against a mock API, and ends one or more of the stages at
a random instant: with SIGKILL, SIGTERM or SIGINT. After every round the
database must be whole, have every play that it had, none twice, no cursor
beyond its plays, no list of tracks that never was, and no run that counts
as complete and is not; and the status must have been true. Then the
job is run again: that completes it, and the tables equal those that the captures
give an empty database, to the last column once they are replayed.

Some rounds have others at the database too: one that writes and takes its
time, or one that reads and never ends. Rounds go on for as many, and for as
long, as is said. A round that is broken says how to repeat it; it begins
with the rounds that shared its database, and chance is the same, but what a
machine does meanwhile is not.
"""
import argparse
import calendar
import collections
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
from provenance import provenance  # noqa: E402
from common import (BOOKS, CAPTURED, STATUSES, Api, Broken, Progress, check,
                    differences, duration, folder, is_whole, opened, program,
                    rebuild, tables)

STAGES = ["sp-queue", "sp-fetch", "sp-stage", "sp-transform", "sp-load"]
WORKER = len(STAGES)  # a process of sp-transform's, that it replaces
GROUP = WORKER + 1  # all of the pipeline, and what they started
EPOCH = 20  # rounds with one API and one database
JOBS = {"play-history": 10, "playlists": 7, "profile": 2, "audio-features": 1,
        "all": 2}
EMPTY_PLAY_CURSOR = -1


def unix_ms(text):
    seconds = calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))
    return seconds * 1000 + int(text[20:23])


class Epoch:
    """An API, a database that was empty, and what is known of both."""

    def __init__(self, path, rng):
        self.path, self.db = path, path + "/music.db"
        self.api = Api(path, "--user", "kim",
                       "--seed", str(rng.randrange(1, 10 ** 6)),
                       "--latency", f"{rng.choice([0, 5, 20])}ms",
                       "--access-mode", rng.choice(["extended", "development",
                                               "grandfathered"]),
                       "--big-playlist", str(rng.choice([120, 300])),
                       "--clock", "2026-11-01T08:00:00Z")
        self.env = {**os.environ, "SP_DB": self.db,
                    "SP_TOKEN_FILE": self.api.token}
        self.owed = set()  # played_at of plays that must never go again
        self.versions = collections.defaultdict(set)  # of lists, as they were
        self.rebuilds = 0

    def run(self, job, options, strike=None):
        """The pipeline; strike ends stages. Statuses and what they said."""
        load = [program("sp-load"), *options]
        commands = [[program("sp-queue"), "next", job],
                    [program("sp-fetch"), "--backoff", "10ms"],
                    [program("sp-stage")], [program("sp-transform")], load]
        said = open(self.path + "/said", "w+")
        stages, out = [], subprocess.DEVNULL

        def join():
            """All are of one group, as those of a shell's job are."""
            os.setpgid(0, stages[-1].pid if stages else 0)

        # The last one first: all are there when the first one begins.
        for command in reversed(commands):
            first = command is commands[0]
            stage = subprocess.Popen(
                command, env=self.env, stdout=out, stderr=said,
                preexec_fn=join,
                stdin=subprocess.DEVNULL if first else subprocess.PIPE)
            if out != subprocess.DEVNULL:
                out.close()
            out = stage.stdin
            stages.insert(0, stage)
        began = time.monotonic()
        if strike:
            strike(stages)
        ends = [None] * len(stages)
        while None in ends:
            now = time.monotonic() - began
            for i, stage in enumerate(stages):
                if ends[i] is None and stage.poll() is not None:
                    ends[i] = now
            if now > 60:
                for stage in stages:
                    stage.kill()
                raise Broken("the pipeline hangs")
            time.sleep(0.001)
        said.seek(0)
        with said:
            return [s.returncode for s in stages], ends, said.read()

    def ask(self, sql, *values):
        if not os.path.exists(self.db):
            return []
        with opened(self.db) as db:
            if not db.execute("select 1 from sqlite_master "
                              "where name = 'ingest_runs'").fetchall():
                return []
            return db.execute(sql, values).fetchall()

    def plays(self):
        return set(self.ask(
            "select user_id, track_id, played_at from play_history"))

    def cursor(self):
        rows = self.ask("select value from cursors where job = 'play-history'")
        return rows[0][0] if rows else EMPTY_PLAY_CURSOR

    def runs(self):
        return dict(self.ask("select run_id, status from ingest_runs "
                             "where replay_of is null"))

    def jobs(self, runs):
        return [self.ask("select job from ingest_runs where run_id = ?", r)
                [0][0]
                for r in runs]

    def look(self):
        """What is true now, while the simulated clock is not moved."""
        self.truth = self.api.records("plays")
        clock = self.api.ask("clock").strip().strip('"')
        seen = [p for p in self.truth if p["visible_at"] <= self.now(clock)]
        self.window = sorted(p["played_at"] for p in seen)[-50:]
        for p in self.api.records("playlists"):
            self.versions[p["id"]].add(tuple(
                (i["kind"], i.get("uri")) for i in p["items"]))

    @staticmethod
    def now(clock):
        start = clock.find("20")
        return clock[start:start + 24]

    def check_tables(self, before, moved_from):
        """What must be so at every moment."""
        is_whole(self.db)
        plays = self.plays()
        check(before <= plays, "plays are lost:", list(before - plays)[:3])
        times = collections.Counter(p[2] for p in plays)
        true = collections.Counter(p["played_at"] for p in self.truth)
        check(times <= true, "plays that never were, or were not so often:",
              list((times - true).items())[:3])
        cursor = self.cursor()
        check(cursor >= moved_from, "the cursor went back:", moved_from,
              cursor)
        if cursor != moved_from:
            self.owed |= {t for t in self.window if unix_ms(t) <= cursor}
        check(self.owed <= set(times), "the cursor is ahead of its plays:",
              sorted(self.owed - set(times))[:3], "cursor", cursor)
        self.check_lists()

    def check_lists(self):
        lists = collections.defaultdict(list)
        for playlist, position, kind, uri in self.ask(
                "select playlist_id, position, kind, uri from playlist_tracks "
                "order by playlist_id, position"):
            check(position == len(lists[playlist]),
                  f"playlist {playlist} has no position",
                  len(lists[playlist]))
            lists[playlist].append((kind, uri))
        for playlist, items in lists.items():
            # A list that is gone is not returned any more.
            check(not self.versions[playlist] or
                  tuple(items) in self.versions[playlist],
                  f"playlist {playlist} never was what it is now:",
                  len(items), "items")

    def due(self, job):
        """How many runs the job is."""
        said = subprocess.run([program("sp-queue"), "next", job],
                              env=self.env, capture_output=True, text=True)
        return said.stdout.count('"type":"run"')

    def check_status(self, due, status, known, moved_from, said):
        """What the last program said of the runs, and what they are."""
        runs = {r: s for r, s in self.runs().items() if r not in known}
        whole = len(runs) == due and set(runs.values()) <= {"complete"}
        check(set(runs.values()) <= {"complete", "failed", "deferred"},
              "a run is", runs)
        check(whole or status not in (0, 1), f"status {status}, but of",
              due, "runs these are", runs, said)
        check(not whole or status in (0, 1) or status < 0 or
              "interrupted" in said,
              f"status {status}, but the runs are", runs, said)
        good = [r for r, s in runs.items() if s == "complete"]
        check(self.cursor() == moved_from or
              "play-history" in self.jobs(good),
              "a cursor moved, but no run of its job is complete:", runs)
        if whole and set(self.jobs(runs)) == {"play-history"}:
            check(set(self.window) <= {p[2] for p in self.plays()},
                  "a run is complete, but plays are missing")
            check(self.cursor() == unix_ms(self.window[-1]),
                  "a run is complete, but its cursor has not moved")
        return whole

    def check_captures(self):
        """The tables have nothing that is in no capture."""
        bodies = "\n".join(b for (_, b) in self.ask(CAPTURED))
        for table, key, pattern in (
                ("play_history", "played_at", r'"played_at":"([^"]*)"'),
                ("tracks", "track_id", r'"(?:id|uri)":"([^"]*)"'),
                ("albums", "album_id", r'"id":"([^"]*)"'),
                ("playlist_tracks", "uri", r'"uri":"([^"]*)"')):
            captured = set(re.findall(pattern, bodies))
            stored = {v for (v,) in self.ask(f"select {key} from {table}")
                    if v is not None and "\\" not in v}
            check(stored <= captured, f"{table} has what is in no capture:",
                  list(stored - captured)[:3])

    def check_rebuild(self):
        """The tables are those that the captures give."""
        self.rebuilds += 1
        copy = f"{self.path}/rebuilt-{self.rebuilds}.db"
        for db in (copy, self.db):
            status, said = rebuild(self.db, db)
            if "no captures match" in said:
                return  # the job had nothing to ask for yet
            # A list that was cut may be among the captures.
            check(status == 0 or
                  (status == 1 and said.count("\n") ==
                   said.count("keeping the stored track list")), "a rebuild ends with", status, said)
            if db == copy:
                made = tables(copy)
                said = differences(tables(self.db, BOOKS), tables(copy, BOOKS))
                check(not said, "the captures give something else:", said)
        said = differences(tables(self.db), made)
        check(not said, "replayed, the tables differ:", said)
        said = differences(provenance(self.db), provenance(copy))
        check(not said, "values come from other captures:", said)
        for name in os.listdir(self.path):
            if name.startswith("rebuilt-"):
                os.remove(os.path.join(self.path, name))


def strike_child(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as f:
            children = f.read().split()
        if children:
            os.kill(int(children[0]), signal.SIGKILL)
    except OSError:
        pass  # it has ended already


def strike_group(pid):
    try:
        os.killpg(pid, signal.SIGINT)
    except ProcessLookupError:
        pass  # all have ended already


class Other:
    """Someone else at the database, from before a job to some time in it."""

    def __init__(self, epoch, rng):
        self.kind = rng.choices(["nobody", "a writer", "a reader"],
                                [6, 1, 1])[0]
        self.seconds = rng.uniform(0, 0.4)
        self.db = None
        if self.kind != "nobody" and os.path.exists(epoch.db):
            self.db = sqlite3.connect(epoch.db, timeout=60,
                                      check_same_thread=False)
            self.db.execute("begin immediate" if self.kind == "a writer"
                            else "begin")
            self.db.execute("select count(*) from sqlite_master").fetchall()
        self.timer = threading.Timer(self.seconds, self.leave)

    def come(self):
        if self.kind == "a writer" and self.db:
            self.timer.start()

    def leave(self):
        if self.db:
            self.db.rollback()
            self.db.close()

    def end(self):
        if self.kind == "a writer" and self.db:
            self.timer.join()
        else:
            self.leave()


class Striker:
    """Ends some stages, each at an instant of its own."""

    def __init__(self, rng, took):
        self.signal = rng.choices(
            [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], [8, 2, 2])[0]
        group = rng.random()
        self.group = group < 0.1
        if self.group:
            # As a terminal does it: to all programs.
            self.signal = signal.SIGINT
            victims, count = [GROUP], 5
        elif group < 0.15:
            victims, count = range(5), 5
        elif group < 0.25:
            self.signal = signal.SIGKILL
            victims, count = [WORKER], 1
        else:
            count = rng.choice([1, 1, 1, 2, 3])
            victims = rng.sample(range(5), count)
        self.harmless = WORKER in victims
        late = rng.random() < 0.4
        part = rng.uniform(0.7 if late else 0, 1)
        # A stage is struck while it lives; all of them at one instant.
        lives = [max(took) if count == 5 else (took + [took[3]])[v]
                 for v in victims]
        self.plan = sorted((part * live, v)
                           for v, live in zip(victims, lives))

    def __str__(self):
        return self.signal.name + " " + ", ".join(
            f"{(STAGES + ['a worker', 'the group'])[v]} at {at * 1000:.0f} ms"
            for at, v in self.plan)

    def __call__(self, stages):
        began = time.monotonic()
        for at, victim in self.plan:
            left = began + at - time.monotonic()
            if left > 0:
                time.sleep(left)
            if victim == WORKER:
                strike_child(stages[3].pid)
            elif victim == GROUP:
                strike_group(stages[4].pid)
            else:
                stages[victim].send_signal(self.signal)


def check_ends(statuses, strike, said):
    """Each stage ended as sp(7) says, or by what struck it, or unread."""
    may = STATUSES | {-strike.signal, -signal.SIGPIPE}
    check(set(statuses) <= may, "the statuses are", statuses, said)


def one_round(epoch, rng, took, show):
    epoch.api.ask(f"clock?advance={rng.randint(1, 12)}h", post=True)
    epoch.look()
    job = rng.choices(list(JOBS), JOBS.values())[0]
    options = ["--batch-rows", rng.choice(["20", "300", "200000"]),
               "--batch-time", rng.choice(["1ms", "50ms", "1s"])]
    strike = Striker(rng, took[job])
    other = Other(epoch, rng)
    show(f"{job} {' '.join(options)}: {strike}, {other.kind}")
    plays, cursor, known = epoch.plays(), epoch.cursor(), epoch.runs()
    due = epoch.due(job)
    other.come()
    try:
        statuses, _, said = epoch.run(job, options, strike)
    finally:
        other.end()
    show(f"statuses {statuses}")
    check_ends(statuses, strike, said)
    check(not strike.harmless or statuses == [0] * 5,
          "a worker was killed, the statuses are", statuses, said)
    if os.path.exists(epoch.db):
        epoch.check_tables(plays, cursor)
        done = epoch.check_status(due, statuses[-1], known, cursor, said)
        epoch.check_captures()
    else:
        done = False

    plays, cursor, known = epoch.plays(), epoch.cursor(), epoch.runs()
    due = epoch.due(job)
    statuses, took[job], said = epoch.run(job, [])
    check(statuses == [0] * 5, "run again, the statuses are", statuses, said)
    epoch.check_tables(plays, cursor)
    epoch.check_status(due, 0, known, cursor, said)
    if job == "play-history":
        have = {(p, u) for p, u in epoch.ask(
            "select played_at, uri from play_history join tracks "
            "using (track_id)")}
        want = {(p["played_at"], p["uri"]) for p in epoch.truth
                if p["played_at"] in set(epoch.window)}
        check(want <= have, "plays are missing or have no track:",
              list(want - have)[:3])
    epoch.check_rebuild()
    return bool(done)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--rounds", type=int, default=None)
    parser.add_argument("--for", type=duration, default=None, dest="seconds")
    parser.add_argument("--from", type=int, default=0, dest="first")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--verbose", action="store_true")
    o = parser.parse_args()
    seed = random.randrange(10 ** 9) if o.seed is None else o.seed
    rounds = o.rounds or (sys.maxsize if o.seconds else 20)
    first = o.first - o.first % EPOCH
    progress = Progress()
    print(f"# kill.py --seed {seed}", flush=True)
    # When each stage ended, when last nobody ended it.
    took = {job: [0.01, 0.05, 0.06, 0.1, 0.12] for job in JOBS}
    broken = survived = 0
    with folder() as path:
        epoch, done = None, 0
        for n in range(first, first + rounds):
            if o.seconds and progress.seconds() > o.seconds:
                break
            progress.show(f"{done} rounds, {broken} broken")
            done += 1
            rng = random.Random(f"{seed}/{n}")
            words = []
            if n % EPOCH == 0 or not epoch:
                if epoch:
                    epoch.api.close()
                    shutil.rmtree(epoch.path)
                epoch = Epoch(f"{path}/{n}", rng)
            try:
                survived += one_round(epoch, rng, took, words.append)
            except (Broken, sqlite3.Error, OSError,
                    subprocess.TimeoutExpired) as e:
                broken += 1
                progress.wipe()
                keep = os.path.abspath(f"fault-{seed}-{n}")
                shutil.copytree(epoch.path, keep, dirs_exist_ok=True)
                print(f"not ok - round {n}: {e!r}\n# " + "\n# ".join(words) +
                      f"\n# kept: {keep}\n# repeat: tests/fault/kill.py "
                      f"--seed {seed} --from {n} --rounds {n % EPOCH + 1}",
                      flush=True)
                epoch.api.close()
                epoch = None
                continue
            if o.verbose:
                print(f"# round {n}: {'; '.join(words)}", flush=True)
        if epoch:
            epoch.api.close()
    progress.wipe()
    print(f"{'not ' if broken else ''}ok - {done} rounds of killed "
          f"stages, {broken} broken, {survived} had completed all the same")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
