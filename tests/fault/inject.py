#!/usr/bin/env python3
"""inject.py [--calls N] [--most N] [--for TIME] [--seed N] [--jobs N]
             [--only CASE] [--fault CALL:HOW[:N]]

Makes one call after the other of each program fail: reads, writes, syncs,
allocations and more, once, or from then on. However it fails, a program
ends with a status of sp(7), and in time; says why where that is not 0; and
where it is 0, nothing is missing. The database stays whole, and the same
command completes the work once nothing fails any more.

At most N calls of each kind are struck, chosen at random; 0 is all of them.
With --most, no more than so many in each command.
With --for, again and again, with other seeds, until the time is over. What
is broken says how to repeat it.
"""
import argparse
import collections
import concurrent.futures
import http.client
import itertools
import json
import os
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import time
import urllib.request

from common import (CAPTURED, STATUSES, Api, Broken, Progress, check,
                    differences, duration, folder, is_whole, opened, program,
                    rebuild, tables, to_preload)


# What may fail, and how; "+" is from then on. After EINTR, and after a short
# read or write, a program goes on as if nothing had been.
FAULTS = [
    ("read", "EIO"), ("read", "EINTR"), ("read", "short"),
    ("read+", "short"),
    ("write", "EIO"), ("write", "ENOSPC"), ("write+", "ENOSPC"),
    ("write", "EINTR"), ("write", "short"), ("write+", "short"),
    ("pread", "EIO"), ("pread", "EINTR"), ("pread", "short"),
    ("pwrite", "EIO"), ("pwrite", "ENOSPC"), ("pwrite+", "ENOSPC"),
    ("pwrite", "EINTR"), ("pwrite", "short"),
    ("fsync", "EIO"), ("fsync+", "EIO"), ("fsync", "ENOSPC"),
    ("open", "EMFILE"), ("open+", "EMFILE"), ("open", "EACCES"),
    ("ftruncate", "EIO"), ("ftruncate", "ENOSPC"), ("ftruncate", "EINTR"),
    ("malloc", "ENOMEM"), ("malloc+", "ENOMEM"),
    ("mmap", "ENOMEM"), ("rename", "EIO"), ("unlink", "EIO"),
    ("mkdir", "ENOSPC"), ("close", "EIO"),
    ("poll", "EINTR"), ("poll", "ENOMEM"), ("poll+", "ENOMEM"),
    ("recv", "EINTR"), ("recv", "ECONNRESET"), ("recv", "EIO"), ("recv+", "EIO"), ("recv", "short"),
    ("send", "EINTR"), ("send", "ECONNRESET"), ("send", "EPIPE"),
    ("send", "EIO"), ("send+", "EIO"), ("send", "ENOMEM"), ("send", "short"),
    ("socketpair", "EMFILE"), ("socketpair+", "EMFILE"),
    ("fork", "EAGAIN"), ("fork+", "EAGAIN"), ("fork", "ENOMEM"),
    ("waitpid", "EINTR"), ("waitpid", "ECHILD"),
    ("setrlimit", "EINVAL"), ("setrlimit+", "EINVAL"),
    ("fcntl", "EMFILE"), ("fcntl+", "EMFILE"),
]
TRANSPARENT = {"EINTR", "short"}


def records(text):
    """The whole lines of an output; what a cut left at its end is none."""
    return [json.loads(line) for line in text.split("\n")[:-1] if line]


class Case:
    """A command on small inputs, and what is to come of it."""

    name = command = None
    stdin = ""
    database = False  # it writes one
    start = None  # the database that it begins with
    without_memory = {0, 1, 71}  # the statuses
    statuses = STATUSES
    only_in = None  # strike the parent, or the children

    def __init__(self, house):
        self.house = house
        self.want = self.wanted = None

    def arguments(self, path):
        return [program(self.command[0]), *self.command[1:]]

    def set_up(self, path):
        os.makedirs(path)
        if self.start:
            shutil.copy(self.start, path + "/music.db")

    def env(self, path):
        return {**os.environ, "SP_DB": path + "/music.db",
                "SP_TOKEN_FILE": path + "/token.json", "HOME": path}

    def run(self, path, fault=None):
        """Status, stdout, stderr, and how many calls there were and failed;
        a status of None is a program that hangs."""
        env, mark = self.env(path), path + "/mark"
        if fault:
            with open(mark, "wb") as f:
                f.write(bytes(16))
            env.update(LD_PRELOAD=self.house.library, SP_FAULT=fault, SP_FAULT_MARK=mark,
                       SP_FAULT_IN=self.only_in or "")
        process = subprocess.Popen(
            self.arguments(path), env=env, cwd=path, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            errors="replace")
        try:
            out, err = process.communicate(self.stdin, timeout=20)
            status = process.returncode
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            status = None
        counts = (0, 0)
        if fault:
            with open(mark, "rb") as f:
                counts = struct.unpack("=QQ", f.read(16))
        return status, out, err, counts

    def result(self, path, out):
        """What came of it, to compare with what comes of it otherwise."""
        return (self.plain(out),
                tables(path + "/music.db", {"ingest_runs", "ingest_errors"})
                if self.database else None)

    def plain(self, out):
        return out

    def check_always(self, path, status, out, err):
        """What must be so whatever failed."""
        if self.database and os.path.exists(path + "/music.db"):
            is_whole(path + "/music.db")

    def refused(self, path, out, err):
        """Whether a status of 1 is a good one."""
        return False

    def reference(self, path):
        self.set_up(path)
        status, out, err, _ = self.run(path)
        check(status == 0, self.name, "ends with", status, err)
        self.wanted = self.result(path, out)
        check(self.wanted == self.result(path, out), "no result to compare")

    def again(self, path):
        """Run once more, with nothing that fails."""
        return self.run(path)[:3]

    def differs(self, path, out):
        got = self.result(path, out)
        if got[0] != self.wanted[0]:
            return "stdout differs"
        if got[1] != self.wanted[1]:
            return differences(self.wanted[1], got[1])
        return ""


def timeless(out):
    """Records without what the clock and chance gave them."""
    out = re.sub(r'"run":"[0-9A-Z]{26}"', '"run":"R"', out)
    return re.sub(r'"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"', '"T"', out)


def ends_well(out):
    """Whether a stream says that all is there."""
    last = out.rstrip("\n").rsplit("\n", 1)[-1]
    return (out.endswith("\n") and '"type":"end"' in last and
            '"status":"complete"' in last)


class Next(Case):
    name, command = "sp-queue next", ("sp-queue", "next", "play-history")

    def set_up(self, path):
        self.start = self.house.full
        super().set_up(path)

    def plain(self, out):
        return timeless(out)


class NextPlaylists(Next):
    name = "sp-queue next playlists"
    command = ("sp-queue", "next", "playlists")


class NextProfile(Next):
    name = "sp-queue next profile"
    command = ("sp-queue", "next", "profile")


class NextFeatures(Next):
    name = "sp-queue next audio-features"
    command = ("sp-queue", "next", "audio-features")


class Status(Next):
    name, command = "sp-queue status", ("sp-queue", "status")


class Budget(Next):
    name, command = "sp-queue budget", ("sp-queue", "budget", "playlists")


class Queued(Next):
    name, command = "sp-queue list", ("sp-queue", "list")


class Count(Next):
    name, command = "sp-queue count", ("sp-queue", "count")


class Add(Case):
    name = "sp-queue add"
    command = ("sp-queue", "add")
    stdin = "6rqhFgbbKwnb9MLmUQDhG6\n2rqhFgbbKwnb9MLmUQDhG6\n"
    database = True

    def set_up(self, path):
        self.start = self.house.full
        super().set_up(path)

    def result(self, path, out):
        with opened(path + "/music.db") as db:
            return out, {"playlist_ingest_queue": db.execute(
                "select playlist_id from playlist_ingest_queue "
                "order by 1").fetchall()}


class Drop(Add):
    name, command = "sp-queue drop", ("sp-queue", "drop")

    def again(self, path):
        status, out, err = super().again(path)
        return (0 if "not in the queue" in err else status), out, err

    def set_up(self, path):
        super().set_up(path)
        subprocess.run([program("sp-queue"), "add"], input=self.stdin,
                       env=self.env(path), text=True, check=True)


class Fetch(Case):
    name, command = "sp-fetch", ("sp-fetch", "--backoff", "1ms",
                                 "--retries", "1", "--timeout", "4s")
    # libcurl says no more than that it failed, or leaves out a header or
    # the query of a URL without a word.
    without_memory = {0, 1, 69, 71, 73, 74, 77, 78}

    def set_up(self, path):
        super().set_up(path)
        self.stdin = self.house.requests
        with open(self.house.api.token) as f:
            login = json.load(f)
        # So that the login is refreshed, and its file written.
        login.pop("access_token", None)
        login.pop("expires_at", None)
        with open(os.open(path + "/token.json", os.O_WRONLY | os.O_CREAT,
                          0o600), "w") as f:
            json.dump(login, f)

    def plain(self, out):
        return timeless(out)

    def refused(self, path, out, err):
        return '"type":"error"' in out

    def differs(self, path, out):
        """Other pages will do, if they hold no less."""
        got, want = self.plain(out), self.wanted[0]
        if got == want or "".join(want).count('"played_at"') in (
                range(1, "".join(got).count('"played_at"') + 1)):
            return ""
        return "stdout differs"

    def check_always(self, path, status, out, err):
        with open(path + "/token.json") as f:
            check("refresh_token" in json.load(f), "the login is lost")


class FetchMany(Fetch):
    """Several requests at once, logged in already."""

    name = "sp-fetch at once"
    command = (*Fetch.command, "--parallel", "4")

    def set_up(self, path):
        Case.set_up(self, path)
        self.stdin = self.house.many
        shutil.copy(self.house.api.token, path + "/token.json")

    def plain(self, out):
        # They come in any order.
        return sorted(re.sub(r'"seq":\d+', "", timeless(out)).split("\n"))


class Accounts(Fetch):
    name, command = "sp-fetch accounts", ("sp-fetch", "accounts")
    stdin = ""
    without_memory = {0, 71}

    def set_up(self, path):
        Case.set_up(self, path)
        shutil.copy(self.house.api.token, path + "/token.json")

    def plain(self, out):
        return [{**r, "file": ""} for r in records(out)]

    def differs(self, path, out):
        return Case.differs(self, path, out)


class Logout(Accounts):
    name, command = "sp-fetch logout", ("sp-fetch", "logout")
    without_memory = {0, 71, 73}

    def result(self, path, out):
        return out, os.path.exists(path + "/token.json")

    def differs(self, path, out):
        return "" if self.result(path, out) == self.wanted else (
            "the login is still there")

    def check_always(self, path, status, out, err):
        if os.path.exists(path + "/token.json"):
            super().check_always(path, status, out, err)

    def again(self, path):
        """There is nothing left to do, or it is done now."""
        status, out, err, _ = self.run(path)
        return (0 if not os.path.exists(path + "/token.json") else status,
                out, err)


class Login(Case):
    """From a browser's consent to a token file, which is whole or not."""

    name, only_in = "sp-fetch login", "parent"
    without_memory = Fetch.without_memory

    def arguments(self, path):
        return [program("sp-fetch"), "login", "--timeout", "3s",
                "--client-id", self.house.client, "--api", self.house.api.url,
                "--auth-url", self.house.api.url + "/authorize",
                "--token-url", self.house.api.url + "/api/token"]

    def env(self, path):
        env = {**super().env(path), "BROWSER": path + "/browser"}
        for name in ("SP_API", "SP_AUTH_URL", "SP_TOKEN_URL"):
            env.pop(name, None)
        return env

    def set_up(self, path):
        super().set_up(path)
        with open(path + "/browser", "w") as f:
            f.write("#!/bin/sh\nunset LD_PRELOAD\n"
                    "curl -sSL --max-time 5 \"$1\" >/dev/null 2>&1\n")
        os.chmod(path + "/browser", 0o755)

    def result(self, path, out):
        with open(path + "/token.json") as f:
            return out, sorted(json.load(f))

    def check_always(self, path, status, out, err):
        if os.path.exists(path + "/token.json"):
            mode = os.stat(path + "/token.json").st_mode & 0o777
            check(mode == 0o600, "the token file's mode is", oct(mode))
            with open(path + "/token.json") as f:
                check("refresh_token" in json.load(f), "half a login")
        else:
            check(status != 0, "status 0, and no login")


class LoginAgain(Login):
    """Over an older login, which is lost at no time."""

    name = "sp-fetch login --force"

    def arguments(self, path):
        return [*super().arguments(path), "--force"]

    def set_up(self, path):
        super().set_up(path)
        shutil.copy(self.house.api.token, path + "/token.json")
        os.chmod(path + "/token.json", 0o600)

    def check_always(self, path, status, out, err):
        super().check_always(path, status, out, err)
        check(os.path.exists(path + "/token.json"), "the login is lost")


class Stage(Case):
    name, command, database = "sp-stage", ("sp-stage",), True

    def set_up(self, path):
        super().set_up(path)
        self.stdin = self.house.captures

    def check_always(self, path, status, out, err):
        super().check_always(path, status, out, err)
        sent = [r for r in records(out) if r["type"] == "capture"]
        if not sent:
            return
        with opened(path + "/music.db") as db:
            kept = set(db.execute("select run_id, seq from staging_raw"))
        check({(r["run"], r["seq"]) for r in sent} <= kept,
              "captures were passed on that are not staged")


class Replay(Case):
    name, command = "sp-stage replay", ("sp-stage", "replay")

    def set_up(self, path):
        self.start = self.house.full
        super().set_up(path)

    def plain(self, out):
        # The run is a new one, its captures are not.
        return [r for r in records(out) if r["type"] == "capture"]


class Runs(Case):
    name, command = "sp-stage runs", ("sp-stage", "runs")

    def set_up(self, path):
        self.start = self.house.full
        super().set_up(path)


class WhyCapture(Runs):
    name = "sp-stage why --capture"

    def arguments(self, path):
        return [program("sp-stage"), "why", "--capture", "tracks",
                self.house.track]


class Import(Case):
    name = "sp-stage import"
    command = ("sp-stage", "import", "--endpoint", "recently-played",
               "--user", "kim", "--fetched-at", "2026-11-01")
    database = True

    def set_up(self, path):
        super().set_up(path)
        self.stdin = self.house.body

    def refused(self, path, out, err):
        """A file that cannot be read is refused by name, as others are."""
        return "stdin: cannot read" in err and '"type":"error"' in out

    def result(self, path, out):
        with opened(path + "/music.db") as db:
            return (timeless(out), {"staging_raw": sorted(set(
                db.execute(CAPTURED)))})


class Compact(Case):
    name, command = "sp-stage compact", ("sp-stage", "compact")
    database = True

    def set_up(self, path):
        self.start = self.house.full
        super().set_up(path)
        with opened(path + "/music.db") as db:
            db.executescript("""update staging_raw set body_id = null, body = (
                select body_text(b.body) from staging_bodies b
                where b.body_id = staging_raw.body_id);
                delete from staging_bodies""")

    def check_always(self, path, status, out, err):
        super().check_always(path, status, out, err)
        with opened(path + "/music.db") as db:
            now = sorted(db.execute(CAPTURED))
        with opened(self.house.full) as db:
            check(now == sorted(db.execute(CAPTURED)), "bodies are lost")

    def result(self, path, out):
        with opened(path + "/music.db") as db:
            return (len(out.splitlines()), {"staging_raw": db.execute(
                "select count(body), count(body_id) from staging_raw")
                .fetchall()})


class Prune(Case):
    name, command = "sp-stage prune", ("sp-stage", "prune", "--keep", "0")
    database = True

    def set_up(self, path):
        self.start = self.house.full
        super().set_up(path)
        # Twice as many, of an earlier time that tells of nothing.
        with opened(path + "/music.db") as db:
            db.executescript("""insert into staging_raw (run_id, seq, endpoint,
                fetched_at, body_id) select run_id, seq + 1000, endpoint,
                '2001-01-01T00:00:00.000Z', body_id from staging_raw;
                insert into staging_bodies (sha256, size, body)
                values ('x', 2, '{}');
                update staging_raw set body_id = last_insert_rowid()
                where seq = 1001""")

    def kept(self, path):
        with opened(path + "/music.db") as db:
            return db.execute(
                "select run_id, seq, b.size, b.body from staging_raw left join"
                " staging_bodies b using (body_id) order by 1, 2").fetchall()

    def check_always(self, path, status, out, err):
        super().check_always(path, status, out, err)
        if self.wanted:
            check(set(self.wanted[1]["staging_raw"]) <= set(self.kept(path)),
                  "captures are lost")

    def result(self, path, out):
        return (out, {"staging_raw": self.kept(path)})


class Why(Case):
    name = "sp-stage why"
    command = ("sp-stage", "why", "users", "kim")

    def set_up(self, path):
        self.start = self.house.full
        super().set_up(path)


class WhyPlay(Why):
    """One that is named by the minute."""

    name = "sp-stage why play_history"

    def set_up(self, path):
        super().set_up(path)
        with opened(path + "/music.db") as db:
            play = db.execute("select user_id, substr(played_at, 1, 16),"
                              " track_id from play_history").fetchone()
        self.command = (*Why.command[:2], "play_history", *play)


class Transform(Case):
    name, command = "sp-transform", ("sp-transform", "-j", "1")

    def set_up(self, path):
        super().set_up(path)
        self.stdin = self.house.captures

    def refused(self, path, out, err):
        """A worker that had no memory costs its capture, by name."""
        load = subprocess.run(
            [program("sp-load"), "--db", path + "/refused.db"], input=out,
            text=True, capture_output=True, timeout=20)
        return (load.returncode == 1 and '"type":"error"' in out and
                "mapping" in err)


class TransformParent(Transform):
    name, only_in = "sp-transform itself", "parent"

    def refused(self, path, out, err):
        return False  # what fails of its own is no capture's fault


class TransformWorkers(Transform):
    name, only_in = "sp-transform's workers", "children"
    command = ("sp-transform", "-j", "2")


class TransformFilter(Transform):
    name = "sp-transform -f"
    without_memory = {0, 1, 71, 78}  # it is too much for the compiler

    def arguments(self, path):
        return [*super().arguments(path), "-f", path + "/filter.jq"]

    def set_up(self, path):
        super().set_up(path)
        with open(path + "/filter.jq", "w") as f:
            f.write('{table: "a", row: {url}}')


class TransformBodies(Transform):
    name = "sp-transform ENDPOINT"
    command = ("sp-transform", "-j", "1", "--user", "kim", "--fetched-at",
               "2026-11-01", "recently-played")

    def set_up(self, path):
        super().set_up(path)
        self.stdin = self.house.body


class Load(Case):
    name, command, database = "sp-load", ("sp-load",), True

    def set_up(self, path):
        super().set_up(path)
        self.stdin = self.house.rows

    def check_always(self, path, status, out, err):
        super().check_always(path, status, out, err)
        if not os.path.exists(path + "/music.db"):
            return
        with opened(path + "/music.db") as db:
            if not db.execute("select 1 from sqlite_master "
                              "where name = 'ingest_runs'").fetchall():
                return
            whole = db.execute("select count(*) from ingest_runs "
                               "where status = 'complete'").fetchone()[0]
            moved = db.execute("select count(*) from cursors").fetchone()[0]
        if whole or moved:
            said = self.differs(path, out)
            check(not said, "a run is complete, or a cursor moved, and rows "
                  "are missing:", said)


class LoadAgain(Load):
    name = "sp-load into a full database"

    def set_up(self, path):
        self.start = self.house.full
        super().set_up(path)


class DryRun(Case):
    name, command = "sp-load -n", ("sp-load", "-n")

    def set_up(self, path):
        self.start = self.house.full
        super().set_up(path)
        self.stdin = self.house.rows


class Digest(Case):
    name, command = "sp-load --digest", ("sp-load", "--digest")

    def set_up(self, path):
        self.start = self.house.full
        super().set_up(path)


class Rehearse(Case):
    """A server: it answers, or it has ended with a word."""

    name = "sp-rehearse"
    # The library aborts when it cannot wake a thread of its own.
    statuses = STATUSES | {-signal.SIGABRT}
    without_memory = {0, 69, 71, 73}  # it says no more than that it failed

    def run(self, path, fault=None):
        env, mark, port = self.env(path), path + "/mark", path + "/port"
        if os.path.exists(port):
            os.remove(port)
        with open(mark, "wb") as f:
            f.write(bytes(16))
        if fault:
            env.update(LD_PRELOAD=self.house.library, SP_FAULT=fault, SP_FAULT_MARK=mark)
        said = open(path + "/said", "w+")
        server = subprocess.Popen(
            [program("sp-rehearse"), "--port-file", port, "--token-file",
             path + "/login/token.json", "--user", "kim", "--seed", "3"],
            env=env, stdout=subprocess.DEVNULL, stderr=said)
        until = time.monotonic() + 20
        while server.poll() is None and not os.path.exists(port):
            if time.monotonic() > until:
                break
            time.sleep(0.01)
        out = self.ask(path, port)
        server.terminate()
        try:
            status = server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
            status = server.wait() and None
        said.seek(0)
        with open(mark, "rb") as f, said:
            return status, out, said.read(), struct.unpack("=QQ", f.read(16))

    @staticmethod
    def ask(path, port):
        try:
            with open(port) as f, open(path + "/login/token.json") as t:
                url = "http://127.0.0.1:" + f.read().strip()
                token = json.load(t)["access_token"]
            asked = urllib.request.Request(
                url + "/v1/me", headers={"Authorization": "Bearer " + token})
            with urllib.request.urlopen(asked, timeout=10) as answer:
                return answer.read().decode()
        except (OSError, ValueError, KeyError, http.client.HTTPException):
            return ""

    def differs(self, path, out):
        """One answer may be lost on the way, as with any server."""
        return "" if not out or out == self.wanted[0] else "another answer"


CASES = [Next, NextPlaylists, NextProfile, NextFeatures, Status, Budget,
         Queued, Count, Add, Drop, Fetch, FetchMany, Accounts, Logout, Login,
         LoginAgain, Stage, Replay, Runs, WhyCapture, Import, Compact, Prune,
         Why, WhyPlay, Transform, TransformParent, TransformWorkers,
         TransformFilter, TransformBodies, Load, LoadAgain, DryRun, Digest,
         Rehearse]


class House:
    """Small inputs for each program, made by those before it."""

    def __init__(self, path):
        self.api = Api(path + "/api", "--user", "kim", "--seed", "3",
                       "--playlists", "2", "--plays-per-day", "3")
        self.library = to_preload("inject.so", path)
        self.full = path + "/full.db"
        env = {**os.environ, "SP_DB": self.full,
               "SP_TOKEN_FILE": self.api.token}

        def run(text, *command):
            done = subprocess.run([program(command[0]), *command[1:]],
                                  input=text, env=env, text=True,
                                  capture_output=True, timeout=60)
            check(done.returncode == 0, command, done.returncode, done.stderr)
            return done.stdout

        self.requests = run("", "sp-queue", "next", "play-history")
        fetched = run(self.requests, "sp-fetch")
        self.captures = "".join(
            json.dumps(self.shortened(r), separators=(",", ":"),
                       ensure_ascii=False) + "\n"
            for r in records(fetched))
        self.rows = run(self.captures, "sp-transform")
        self.track = [r["row"]["track_id"] for r in records(self.rows)
                      if r.get("table") == "tracks"][0]
        with open(self.api.token) as f:
            self.client = json.load(f)["client_id"]
        run(self.captures, "sp-stage")
        run(self.rows, "sp-load")
        self.many = run("", "sp-queue", "next", "--force", "profile")
        self.body = json.dumps([r["body"] for r in records(self.captures)
                                if r["type"] == "capture" and
                                r["endpoint"] == "recently-played"][0])

    @staticmethod
    def shortened(record):
        if record["type"] == "capture" and "items" in record["body"]:
            record["body"]["items"] = record["body"]["items"][:3]
        return record


def instants(count, most, rng):
    """Which calls to strike."""
    if not most or count <= most:
        return range(1, count + 1)
    return sorted(rng.sample(range(1, count + 1), most))


def strike(case, path, fault, n, how):
    """One call fails. Returns the status, or raises what is wrong."""
    call, on = fault.rstrip("+"), fault[-1] == "+"
    case.set_up(path)
    status, out, err, (_, struck) = case.run(
        path, f"{call}:{n}{'+' if on else ''}:{how}")
    if not struck:
        return "missed"
    check(status is not None, "it hangs", err)
    check(status in case.statuses, f"status {status}", err)
    check(status <= 0 or err, f"status {status} without a word")
    check("(null)" not in err, f"status {status}:", err)
    check(call != "malloc" or status in case.without_memory,
          f"status {status}:", err)
    case.check_always(path, status, out, err)
    if status == 0:
        said = case.differs(path, out)
        check(not said, "status 0, but", said, err)
    elif status > 0 and how in TRANSPARENT and call not in ("open", "fsync"):
        raise Broken(f"status {status}", err)
    elif status == 1:
        check(case.refused(path, out, err), "status 1", err)
    elif ends_well(out) and case.plain(out) != case.wanted[0]:
        raise Broken(f"status {status}, but the stream says that all is well")
    again, out, err = case.again(path)
    check(again == 0, "without a fault, status", again, err)
    said = case.differs(path, out)
    check(not said, "without a fault,", said)
    return status


def try_case(case, path, o, rng, pool):
    """All the faults of one case; how many calls were struck and broken."""
    counts, broken = collections.Counter(), 0
    case.reference(path + "/reference")
    calls = {}
    for call in sorted({c.rstrip("+") for c, _ in FAULTS}):
        if o.fault and o.fault.split(":")[0].rstrip("+") != call:
            continue
        at = f"{path}/count-{call}"
        case.set_up(at)
        _, _, _, (calls[call], _) = case.run(at, f"{call}:0:EIO")
        shutil.rmtree(at)
    work = []
    for fault, how in FAULTS:
        if o.fault and o.fault.split(":")[:2] != [fault, how]:
            continue
        some = instants(calls[fault.rstrip("+")], o.calls, rng)
        if o.fault and o.fault.count(":") == 2:
            some = [int(o.fault.split(":")[2])]
        work += [(fault, n, how) for n in some]
    if o.most and len(work) > o.most:
        work = rng.sample(work, o.most)

    def one(item):
        fault, n, how = item
        at = f"{path}/{fault}-{n}-{how}"
        try:
            return item, strike(case, at, fault, n, how), None
        except Broken as e:
            return item, None, str(e)
        finally:
            shutil.rmtree(at, ignore_errors=True)

    for (fault, n, how), status, wrong in pool.map(one, work):
        counts[status] += 1
        if wrong:
            broken += 1
            print(f"not ok - {case.name}: {fault} {n} of "
                  f"{calls[fault.rstrip('+')]} fails with {how}: {wrong}\n"
                  f"# repeat: tests/fault/inject.py --only '{case.name}' "
                  f"--fault {fault}:{how}:{n}", flush=True)
    struck = sum(counts.values()) - counts["missed"]
    told = ", ".join(f"{n} times {s}" for s, n in sorted(
        counts.items(), key=lambda c: str(c[0])) if s not in (None, "missed"))
    print(f"{'not ' if broken else ''}ok - {case.name}: {struck} calls "
          f"struck, {broken} broken; statuses: {told}", flush=True)
    return struck, broken


def try_cases(house, path, o, seed, pool):
    """All the faults of all cases, once."""
    struck = broken = 0
    print(f"# inject.py --seed {seed} --calls {o.calls}", flush=True)
    for number, kind in enumerate(CASES):
        if not kind.name.startswith(o.only):
            continue
        rng = random.Random(f"{seed}/{kind.name}")
        s, b = try_case(kind(house), f"{path}/{seed}-{number}", o, rng, pool)
        struck, broken = struck + s, broken + b
    return struck, broken


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--calls", type=int, default=10)
    parser.add_argument("--most", type=int, default=0)
    parser.add_argument("--for", type=duration, default=None, dest="seconds")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default="")
    parser.add_argument("--fault", default="")
    o = parser.parse_args()
    seed = random.randrange(10 ** 9) if o.seed is None else o.seed
    broken = struck = 0
    progress = Progress()
    with folder() as path, \
            concurrent.futures.ThreadPoolExecutor(o.jobs) as pool:
        house = House(path)
        try:
            for again in itertools.count():
                if again and progress.seconds() >= (o.seconds or 0):
                    break
                s, b = try_cases(house, path, o, seed + again, pool)
                struck, broken = struck + s, broken + b
        finally:
            house.api.close()
    print(f"{'not ' if broken else ''}ok - {struck} calls failed in "
          f"{progress.seconds():.0f} s; {broken} broken")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
