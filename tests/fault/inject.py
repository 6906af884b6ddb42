#!/usr/bin/env python3
"""inject.py [--calls N] [--every] [--most N] [--for TIME] [--seed N]
             [--jobs N] [--only CASE] [--fault CALL:HOW[:N]]

Makes one call after the other of each program fail: reads, writes, syncs,
allocations and more, once, or from then on. However it fails, a program
ends with a status of sp(7), and in time; says why where that is not 0; and
where it is 0, nothing is missing. The database stays whole, and the same
command completes the work once nothing fails any more.

A command on a small input makes ten thousand allocations and more, most of
them as many others. So it is noted first who makes each call: by way of which
of the program's own functions, the path, and of which functions of libraries,
the stack. On each path one call fails, chosen by chance; with --calls N, one
of each of N stacks, and of all of them with 0.

--for	until the time is over, stacks that were not struck yet; once there
	are none left, with other calls of each once more
--every	each call in turn, which takes hours: best with --only and --fault
--most	no more than so many in each command, whatever there is

What is broken says how to repeat it.
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
import zipfile

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
    ("recv", "EINTR"), ("recv", "ECONNRESET"), ("recv", "EIO"),
    ("recv+", "EIO"), ("recv", "short"),
    ("send", "EINTR"), ("send", "ECONNRESET"), ("send", "EPIPE"),
    ("send", "EIO"), ("send+", "EIO"), ("send", "ENOMEM"), ("send", "short"),
    ("socketpair", "EMFILE"), ("socketpair+", "EMFILE"),
    ("fork", "EAGAIN"), ("fork+", "EAGAIN"), ("fork", "ENOMEM"),
    ("waitpid", "EINTR"), ("waitpid", "ECHILD"),
    ("setrlimit", "EINVAL"), ("setrlimit+", "EINVAL"),
    ("fcntl", "EMFILE"), ("fcntl+", "EMFILE"),
]
TRANSPARENT = {"EINTR", "short"}

# What the library leaves: how many calls there were, and were struck, and who
# made which.
Mark = collections.namedtuple("Mark", "calls struck places")
Place = collections.namedtuple("Place", "call path stack")
MARK, PLACE = struct.Struct("=QQ"), struct.Struct("=16sQQ")
MOST_CALLS = 1 << 17


def new_mark(path, fault):
    """With room for all that is noted; what is empty takes up nothing."""
    with open(path, "wb") as f:
        f.truncate(MARK.size + (PLACE.size * MOST_CALLS if fault == "note"
                                else 0))


def read_mark(path):
    with open(path, "rb") as f:
        calls, struck = MARK.unpack(f.read(MARK.size))
        return Mark(calls, struck, [
            Place(call.rstrip(b"\0").decode(), path, stack)
            for call, path, stack in PLACE.iter_unpack(
                f.read(PLACE.size * calls))])


def contents(path):
    """What a command can leave in a folder, but for what is ours."""
    content = {}
    for folder_path, _, names in os.walk(path):
        for name in set(names) - {"mark", "said", "port"}:
            with open(os.path.join(folder_path, name), "rb") as f:
                content[name] = f.read()
    return content


def records(text):
    """The whole lines of an output; what a cut left at its end is none."""
    return [json.loads(line) for line in text.split("\n")[:-1] if line]


class Case:
    """A command on small inputs, and what is to come of it."""

    name = command = None
    stdin = ""
    database = False  # it writes one
    start = None  # the database that it begins with
    without_memory = {0, 71}  # the statuses
    statuses = STATUSES
    only_in = None  # strike the parent, or the children
    wavers = False  # in another order each time, as several make the calls

    def __init__(self, house):
        self.house = house
        self.wanted = self.ready = self.begun = self.places = None

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
        """Status, stdout, stderr, and the mark; a status of None is a program
        that hangs."""
        env, mark = self.env(path), path + "/mark"
        if fault:
            new_mark(mark, fault)
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
        return status, out, err, read_mark(mark) if fault else None

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

    def begin(self, path):
        """A folder to run it in, as set_up() makes it."""
        shutil.copytree(self.ready, path)

    def reference(self, path):
        """What comes of it where nothing fails, and who makes which call."""
        self.ready = path + "-ready"
        self.set_up(self.ready)
        self.begun = contents(self.ready)
        self.begin(path)
        status, out, err, _ = self.run(path)
        check(status == 0, self.name, "ends with", status, err)
        self.wanted = self.result(path, out)
        check(self.wanted == self.result(path, out), "no result to compare")
        self.begin(path + "-note")
        mark = self.run(path + "-note", "note")[3]
        self.places = mark.places
        check(len(self.places) == mark.calls, "calls are too many to note")

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
            '"status":"complete"' in last and '"more":true' not in last)


class Next(Case):
    name, command = "sp-queue next", ("sp-queue", "next", "play-history")

    def set_up(self, path):
        self.start = self.house.full
        super().set_up(path)

    def plain(self, out):
        return timeless(out)


class NextAll(Next):
    name, command = "sp-queue next all", ("sp-queue", "next", "all")


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


class StatusTable(Next):
    name = "sp-queue status --table"
    command = ("sp-queue", "status", "--table")


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
    wavers = True
    name, command = "sp-fetch", ("sp-fetch", "--backoff", "1ms",
                                 "--retries", "1", "--timeout", "4s")

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
        # They come in any order; and without memory for it, a page does not
        # say which one follows it.
        return sorted(re.sub(r'"seq":\d+,|"next":"[^"]*",', "",
                             timeless(out)).split("\n"))


class Look(Fetch):
    name, command = "sp-fetch PATH", (*Fetch.command, "/me")


class Accounts(Fetch):
    name, command = "sp-fetch accounts", ("sp-fetch", "accounts")
    stdin = ""

    def set_up(self, path):
        Case.set_up(self, path)
        shutil.copy(self.house.api.token, path + "/token.json")

    def plain(self, out):
        return [{**r, "file": ""} for r in records(out)]

    def differs(self, path, out):
        return Case.differs(self, path, out)


class AccountsTable(Accounts):
    name = "sp-fetch accounts --table"
    command = ("sp-fetch", "accounts", "--table")

    def plain(self, out):
        # Where the login is differs, and how wide that makes the table.
        return [word for word in out.split() if "/token.json" not in word]


class Logout(Accounts):
    name, command = "sp-fetch logout", ("sp-fetch", "logout")

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

    name, only_in, wavers = "sp-fetch login", "parent", True

    def arguments(self, path):
        return [program("sp-fetch"), "login", "--timeout", "3s",
                "--client-id", self.house.client, "--api", self.house.door.url,
                "--auth-url", self.house.door.url + "/authorize",
                "--token-url", self.house.door.url + "/api/token"]

    def env(self, path):
        env = {**super().env(path), "BROWSER": path + "/browser"}
        for name in ("SP_API", "SP_AUTH_URL", "SP_TOKEN_URL"):
            env.pop(name, None)
        return env

    def set_up(self, path):
        super().set_up(path)
        with open(path + "/browser", "w") as f:
            f.write("#!/bin/sh\n"
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
        shutil.copy(self.house.door.token, path + "/token.json")
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


class ReplayRefused(Case):
    name, command = "sp-stage replay --refused", (*Replay.command, "--refused")

    def set_up(self, path):
        self.start = self.house.refused
        super().set_up(path)

    def plain(self, out):
        return timeless(out)


class Runs(Case):
    name, command = "sp-stage runs", ("sp-stage", "runs")

    def set_up(self, path):
        self.start = self.house.full
        super().set_up(path)


class RunsTable(Runs):
    name, command = "sp-stage runs --table", (*Runs.command, "--table")


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

    def plain(self, out):
        return timeless(out)

    def result(self, path, out):
        with opened(path + "/music.db") as db:
            return (self.plain(out), {"staging_raw": sorted(set(
                db.execute(CAPTURED)))})


class ImportPipe(Import):
    """A history in a pipe, which is copied first."""

    name = "sp-stage import of a history in a pipe"
    command = ("sp-stage", "import", "--user", "kim", "--fetched-at",
               "2026-11-01")

    def set_up(self, path):
        Case.set_up(self, path)
        self.stdin = json.dumps([{
            "ts": "2026-10-01T06:%02d:00Z" % i, "username": "kim",
            "ms_played": 1000 * i, "ip_addr": "192.0.2.1",
            "spotify_track_uri": "spotify:track:t%d" % (i // 2)}
            for i in range(40)])

    def refused(self, path, out, err):
        return "cannot " in err and '"type":"error"' in out


class ImportZip(ImportPipe):
    """The same in a ZIP in a ZIP, beside another file."""

    name = "sp-stage import of a ZIP"
    # Without memory, libarchive ends the program in its own ways.
    without_memory = {0, 1, 71, -signal.SIGSEGV}
    statuses = STATUSES | {-signal.SIGSEGV}
    command = (*ImportPipe.command, "outer.zip")

    def set_up(self, path):
        super().set_up(path)
        for outer, files in (("my.zip", {"a/history.json": self.stdin,
                                         "a/library.json": "{}"}),
                             ("outer.zip", {"my.zip": None})):
            with zipfile.ZipFile(path + "/" + outer, "w",
                                 zipfile.ZIP_DEFLATED) as zip_file:
                for name, text in files.items():
                    if text is None:
                        zip_file.write(path + "/" + name, name)
                    else:
                        zip_file.writestr(name, text)
        self.stdin = ""

    def refused(self, path, out, err):
        return "libarchive" in err or '"type":"error"' in out


class Prune(Case):
    name, command = "sp-stage prune", ("sp-stage", "prune", "--keep", "0")
    database = True

    def set_up(self, path):
        self.start = self.house.full
        super().set_up(path)
        # Twice as many, of an earlier time without any rows.
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


class PruneVacuum(Prune):
    name = "sp-stage prune --vacuum"
    command = (*Prune.command, "--vacuum")


class PrunePlan(Prune):
    name = "sp-stage prune -n --even-needed"
    command = (*Prune.command, "-n", "--even-needed")


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
    name, command = "sp-transform", ("sp-transform",)
    wavers = True
    without_memory = {0, 1, 71}

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
    name, only_in = "sp-transform itself, with libjq", "parent"
    command = ("sp-transform", "--engine", "libjq")
    without_memory = Case.without_memory

    def refused(self, path, out, err):
        return False  # what fails of its own is no capture's fault


class TransformWorkers(Transform):
    name, only_in = "sp-transform's worker", "children"
    command = ("sp-transform", "--engine", "libjq")


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
    command = ("sp-transform", "--user", "kim", "--fetched-at", "2026-11-01",
               "recently-played")

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


class LoadLists(Load):
    """Lists of tracks, whose pages wait for their check."""

    name = "sp-load of lists"

    def set_up(self, path):
        super().set_up(path)
        self.stdin = self.house.lists


class LoadRefused(Load):
    """What was refused, and now leaves the list of errors."""

    name = "sp-load of what was refused"

    def set_up(self, path):
        self.start = self.house.refused
        super().set_up(path)
        self.stdin = self.house.resolved

    def result(self, path, out):
        return out, tables(path + "/music.db", {"ingest_runs"})

    def check_always(self, path, status, out, err):
        Case.check_always(self, path, status, out, err)


class DryRun(Case):
    name, command = "sp-load -n", ("sp-load", "-n")

    def set_up(self, path):
        self.start = self.house.full
        super().set_up(path)
        self.stdin = self.house.rows


class DryRunLists(DryRun):
    name = "sp-load -n of lists"

    def set_up(self, path):
        super().set_up(path)
        self.stdin = self.house.lists


class Digest(Case):
    name, command = "sp-load --digest", ("sp-load", "--digest")

    def set_up(self, path):
        self.start = self.house.full
        super().set_up(path)


class Rehearse(Case):
    """A server: it answers, or it has ended with a word."""

    name, wavers = "sp-rehearse", True
    # The library aborts when it cannot wake a thread of its own.
    statuses = STATUSES | {-signal.SIGABRT}
    without_memory = {0, 69, 71}  # libmicrohttpd may say no more

    def run(self, path, fault=None):
        env, mark, port = self.env(path), path + "/mark", path + "/port"
        if os.path.exists(port):
            os.remove(port)
        new_mark(mark, fault)
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
        with said:
            return status, out, said.read(), read_mark(mark)

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


CASES = [Next, NextAll, NextPlaylists, NextProfile, NextFeatures, Status,
         StatusTable, Budget, Queued, Count, Add, Drop, Fetch, FetchMany, Look,
         Accounts, AccountsTable, Logout, Login, LoginAgain, Stage,
         Replay, ReplayRefused, Runs, RunsTable, WhyCapture, Import, ImportPipe, ImportZip,
         Prune, PruneVacuum, PrunePlan, Why, WhyPlay, Transform,
         TransformParent, TransformWorkers, TransformFilter, TransformBodies,
         Load, LoadAgain, LoadLists, LoadRefused, DryRun, DryRunLists, Digest,
         Rehearse]


class House:
    """Small inputs for each program, made by those before it."""

    def __init__(self, path):
        self.api = Api(path + "/api", "--user", "kim", "--seed", "3",
                       "--playlists", "2", "--plays-per-day", "3")
        # A code that is sent twice ends the logins there: no others are to end.
        self.door = Api(path + "/door", "--user", "kim", "--seed", "3")
        self.library = to_preload("inject.so", path)
        self.full = path + "/full.db"
        self.all, self.refused = path + "/all.db", path + "/refused.db"
        env = {**os.environ, "SP_DB": self.full,
               "SP_TOKEN_FILE": self.api.token}

        def run(text, *command, db=self.full, status=0):
            done = subprocess.run([program(command[0]), *command[1:]],
                                  input=text, env={**env, "SP_DB": db},
                                  text=True, capture_output=True, timeout=60)
            check(done.returncode == status, command, done.returncode,
                  done.stderr)
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
        with open(self.door.token) as f:
            self.client = json.load(f)["client_id"]
        run(self.captures, "sp-stage")
        run(self.rows, "sp-load")
        self.many = run("", "sp-queue", "next", "--force", "profile")
        for job in "play-history", "profile", "playlists":
            asked = run("", "sp-queue", "next", job, db=self.all)
            staged = run(run(asked, "sp-fetch"), "sp-stage", db=self.all)
            self.lists = run(staged, "sp-transform")
            run(self.lists, "sp-load", db=self.all)
        run(self.captures, "sp-stage", db=self.refused)
        with open(path + "/no.jq", "w") as f:
            f.write('error("no")')
        run(run(self.captures, "sp-transform", "-f", path + "/no.jq",
                status=1), "sp-load", db=self.refused, status=1)
        self.resolved = run(run("", "sp-stage", "replay", "--refused",
                               db=self.refused), "sp-transform")
        self.body = json.dumps([r["body"] for r in records(self.captures)
                                if r["type"] == "capture" and
                                r["endpoint"] == "recently-played"][0])

    @staticmethod
    def shortened(record):
        if record["type"] == "capture" and "items" in record["body"]:
            record["body"]["items"] = record["body"]["items"][:3]
        return record


def stacks(case, call, every, rng):
    """What is to be struck of the calls of that name: for each path, one call
    of each of its stacks, in any order."""
    paths = collections.defaultdict(lambda: collections.defaultdict(list))
    for n, place in enumerate((p for p in case.places if p.call == call), 1):
        stack = paths[place.path][n if every else place.stack]
        stack.append(f"{len(stack) + 1}@{place.stack:x}" if case.wavers
                     else str(n))
    return [rng.sample([rng.choice(calls) for calls in stack.values()],
                       len(stack)) for stack in paths.values()]


def strike(case, path, fault, n, how):
    """One call fails. Returns the status, or raises what is wrong."""
    call, on = fault.rstrip("+"), fault[-1] == "+"
    case.begin(path)
    status, out, err, mark = case.run(
        path, f"{call}:{n}{'+' if on else ''}:{how}")
    if not mark.struck:
        return "missed"
    check(status is not None, "it hangs", err)
    check(status in case.statuses, f"status {status}", err)
    check(status <= 0 or err, f"status {status} without a word")
    check("(null)" not in err, f"status {status}:", err)
    check(call != "malloc" or status in case.without_memory,
          f"status {status}:", err)
    check(call != "malloc" or status != 71 or "memory" in err,
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
    # From where it began the reference has completed it.
    if contents(path) != case.begun:
        again, out, err = case.again(path)
        check(again == 0, "without a fault, status", again, err)
        said = case.differs(path, out)
        check(not said, "without a fault,", said)
    return status


def plan(case, o, seed):
    """What is to fail, in rounds: each twice as large as the one before."""
    rng, rounds = random.Random(f"{seed}/{case.name}"), []
    call, how, n = (o.fault.split(":", 2) + ["", ""])[:3]
    if n:
        return [[(call, n, how)]]
    for fault in FAULTS:
        if o.fault and fault != (call, how):
            continue
        for calls in stacks(case, fault[0].rstrip("+"), o.every, rng):
            for i, n in enumerate(calls[:o.calls or None], 1):
                while len(rounds) < i.bit_length():
                    rounds.append([])
                rounds[i.bit_length() - 1].append((fault[0], n, fault[1]))
    if o.most:
        work = sum(rounds, [])
        return [rng.sample(work, min(len(work), o.most))]
    return rounds


def try_case(case, path, work, pool):
    """Some faults of one case; how many calls were struck and broken."""
    counts, broken = collections.Counter(), 0

    def one(item):
        at = f"{path}/{'-'.join(item)}"
        try:
            return item, strike(case, at, *item), None
        except Broken as e:
            return item, None, str(e)
        finally:
            shutil.rmtree(at, ignore_errors=True)

    for (fault, n, how), status, wrong in pool.map(one, work):
        counts[status] += 1
        if wrong:
            broken += 1
            print(f"not ok - {case.name}: {fault} {n} fails with {how}: "
                  f"{wrong}\n"
                  f"# repeat: tests/fault/inject.py --only '{case.name}' "
                  f"--fault {fault}:{how}:{n}", flush=True)
    struck = sum(counts.values()) - counts["missed"]
    # Time moves some calls; but what strikes next to nothing tests nothing.
    if counts["missed"] * 2 > len(work):
        broken += 1
        print(f"not ok - {case.name}: most calls were not met again")
    counts = ", ".join(f"{n} times {s}" for s, n in sorted(
        counts.items(), key=lambda c: str(c[0])) if s is not None)
    print(f"{'not ' if broken else ''}ok - {case.name}: {struck} calls "
          f"struck, {broken} broken; statuses: {counts}", flush=True)
    return struck, broken


def passes(cases, o, seed):
    """What to try, one after the other: a case, and what of it is to fail."""
    for again in itertools.count():
        print(f"# inject.py --seed {seed + again}", flush=True)
        plans = [plan(case, o, seed + again) for case in cases]
        for work in itertools.zip_longest(*plans, fillvalue=()):
            yield from zip(cases, work)
        if not o.seconds:
            return


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--calls", type=int, default=None)
    parser.add_argument("--every", action="store_true")
    parser.add_argument("--most", type=int, default=0)
    parser.add_argument("--for", type=duration, default=None, dest="seconds")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default="")
    parser.add_argument("--fault", default="")
    o = parser.parse_args()
    seed = random.randrange(10 ** 9) if o.seed is None else o.seed
    if o.calls is None:
        o.calls = 0 if o.seconds or o.every else 1
    broken = struck = 0
    progress = Progress()
    with folder() as path, \
            concurrent.futures.ThreadPoolExecutor(o.jobs) as pool:
        house = House(path)
        try:
            cases = [kind(house) for kind in CASES
                     if kind.name.startswith(o.only)]
            for number, case in enumerate(cases):
                case.reference(f"{path}/{number}")
            for case, work in passes(cases, o, seed):
                if o.seconds and progress.seconds() >= o.seconds:
                    break
                if work:
                    s, b = try_case(case, path + "/work", work, pool)
                    struck, broken = struck + s, broken + b
        finally:
            house.api.close()
            house.door.close()
    print(f"{'not ' if broken else ''}ok - {struck} calls failed in "
          f"{progress.seconds():.0f} s; {broken} broken")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
