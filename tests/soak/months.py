#!/usr/bin/env python3
"""months.py [--days N] [--seed N] [--faults SHARE]

A timer that nobody looks after: every hour at first, after two weeks every
four hours, for half a year of simulated time, all that is due is fetched and
loaded. The programs see that time through libfaketime. Some runs meet faults
of the API or of the token endpoint, some are killed in a stage, some see a
clock that is days off; pages are fetched by hand in between; sometimes the
machine is off, tokens end, plays arrive up to three days late, and playlists
change while they are read.

After each complete run of play-history all that the API shows must be in the
tables. In the end every play since the first run must be there, once, or in a
gap that was reported, unless it came late and no run could see it; a gap must be
one behind which the API had no more to show, and the gaps those between what
the answers cover that were kept; nothing else may be there; the database must
be whole, its rebuild from the captures the same in every column; no run without
a fault may have failed; and when the login is about to end that must have been
said.
"""
import argparse
import collections
import datetime
import glob
import json
import os
import random
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "fault"))
from common import (Api, Broken, check, differences, folder,  # noqa: E402
                    is_whole, opened, program, rebuild, STATUSES, tables)

BEGIN = datetime.datetime(2026, 3, 1, 6)
HOURLY = datetime.timedelta(days=14)
CEILING = 50  # plays that the API has
LOGIN_DAYS = 182  # a login lasts so long, or a little longer
WARN_DAYS = 14
PIPELINE = ("'{queue}' next all | '{fetch}' --backoff 5ms --max-wait 1s "
            "--timeout 2s | '{stage}' | '{transform}' | '{load}'")

FAULTS = [
    "kind=500&times=2", "kind=503&times=20", "kind=429&retry_after=1",
    "kind=429&retry_after=40000", "kind=429&times=30", "kind=401", "kind=403",
    "kind=429&retry_after=86400&reason=QUOTA_EXCEEDED&message=enough",
    "kind=reset", "kind=cut", "kind=html", "kind=badjson",
    "kind=slow&ms=3000", "kind=drip&ms=1", "kind=badnext", "kind=selfnext",
    "kind=redirect&to=http://127.0.0.1:9/", "kind=change",
    "kind=change&mode=swap"]
TOKEN_FAULTS = ["kind=rotate", "kind=500&times=9", "kind=html&times=9",
                "kind=429&retry_after=20000", "kind=reset", "kind=badjson"]


BY_HAND = ("'{fetch}' --backoff 5ms /me/player/recently-played | '{stage}' | "
           "'{transform}' | '{load}'")


def text(when):
    return when.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def libfaketime():
    found = glob.glob("/usr/lib/*/faketime/libfaketime.so.1") + glob.glob(
        "/usr/lib*/faketime/libfaketime.so.1")
    if not found:
        sys.exit("months.py: libfaketime is not there: make deps")
    return found[0]


def answers(db):
    """The plays of each planned answer that was kept, and its time."""
    for fetched_at, body in db.execute(
            "select fetched_at, body_text(b.body) from staging_raw s "
            "join staging_bodies b using (body_id) "
            "where endpoint = 'recently-played' and status = 200 "
            "and json_extract(extra_json, '$.request') is not null"):
        try:
            yield fetched_at, [i["played_at"]
                               for i in json.loads(body)["items"]]
        except ValueError:
            pass  # it was broken off, or is a page of HTML


def holes(spans):
    """Between spans of time: the end of one, the begin of the next."""
    found, end = [], None
    for begin, until in sorted(spans):
        if end is not None and begin > end:
            found.append((end, begin))
        end = max(end or until, until)
    return found


class Timer:
    def __init__(self, path, rng):
        self.rng, self.db, self.now = rng, path + "/music.db", BEGIN
        mode = rng.choice(["extended", "development", "grandfathered"])
        self.api = Api(path, "--seed", str(rng.randrange(1, 10 ** 6)),
                       "--clock", text(BEGIN), "--access-mode", mode,
                       "--plays-per-day", "45")
        self.env = {**os.environ, "LD_PRELOAD": libfaketime(), "TZ": "UTC",
                    "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                    "SP_DB": self.db, "SP_TOKEN_FILE": self.api.token}
        names = ["queue", "fetch", "stage", "transform", "load"]
        programs = {name: program("sp-" + name) for name in names}
        self.command = PIPELINE.format(**programs)
        self.by_hand = BY_HAND.format(**programs)
        self.late = set()  # plays that came late
        self.completed = 0  # runs of play-history
        self.statuses = collections.Counter()
        self.warned = None  # when the end of the login was first reported
        self.date_login()

    def date_login(self):
        with open(self.api.token) as f:
            login = json.load(f)
        login["authorized_at"] = text(BEGIN)
        with open(self.api.token, "w") as f:
            json.dump(login, f)

    def go_on(self, span):
        self.now += span
        self.api.ask("clock?set=" + text(self.now), post=True)

    def break_something(self):
        """Faults for the next run; true if there are any."""
        self.api.ask("fault?clear=1", post=True)
        for _ in range(self.rng.randint(1, 3)):
            if self.rng.random() < 0.25:
                fault = self.rng.choice(TOKEN_FAULTS) + "&path=/api/token"
            else:
                fault = (self.rng.choice(FAULTS) + "&path=/v1/"
                         f"&skip={self.rng.randint(0, 6)}")
            self.api.ask("fault?" + fault, post=True)

    def play_late(self):
        """A play of up to three days ago, that is to be seen from now on."""
        at = self.now - datetime.timedelta(
            seconds=self.rng.randint(3600, 3 * 86400))
        if at < BEGIN:
            return
        said = self.api.ask(f"play?played_at={text(at)}&visible_at="
                            + text(self.now), post=True)
        self.late.add(json.loads(said)["played_at"])

    def start(self, command, off=datetime.timedelta()):
        env = {**self.env, "FAKETIME": "@" + str(self.now + off)}
        return subprocess.Popen(["sh", "-c", command], env=env, text=True,
                                stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE,
                                start_new_session=True)

    def kill_a_stage(self, shell):
        """Kill one of the programs of the pipeline, at some moment."""
        time.sleep(self.rng.random() * 0.3)
        stages = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/stat") as f:
                    fields = f.read().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == shell.pid:
                stages.append(int(pid))
        if stages:
            os.kill(self.rng.choice(sorted(stages)), signal.SIGKILL)

    def run(self, broken, killed=False, off=datetime.timedelta()):
        shell = self.start(self.command, off)
        if killed:
            self.kill_a_stage(shell)
        said = shell.communicate(timeout=120)[1]
        status = shell.returncode
        self.statuses["killed" if killed else status] += 1
        check(killed or status in STATUSES, self.now, "status", status, said)
        # 75 and 69 may be of a limit, or of an outage, that was met before.
        check(broken or killed or status in (0, 75), self.now, "status",
              status, "without a fault:", said)
        if not off and not self.warned and "the login of" in said:
            self.warned = self.now
        self.check_shown()

    def complete(self):
        """How many runs of play-history are complete."""
        if not os.path.exists(self.db):
            return 0
        with opened(self.db) as db:
            return db.execute("select count(*) from ingest_runs where job = "
                              "'play-history' and status = 'complete'"
                              ).fetchone()[0]

    def check_shown(self):
        """After a complete run, all that the API shows is stored."""
        before, self.completed = self.completed, self.complete()
        if self.completed == before:
            return
        since = text(self.now - datetime.timedelta(days=9))
        shown = sorted(p["played_at"] for p in self.api.records(
            "plays?since=" + since) if p["visible_at"] <= text(self.now))
        with opened(self.db) as db:
            stored = {t for t, in db.execute(
                "select played_at from play_history where played_at >= ?",
                (since,))}
        lost = [t for t in shown[-CEILING:] if t not in stored]
        check(not lost, self.now, "was shown and is not stored:", lost)

    def look_after(self, days, share):
        away = 0
        while self.now - BEGIN < datetime.timedelta(days=days):
            hours = 1 if self.now - BEGIN < HOURLY else 4
            self.go_on(datetime.timedelta(
                hours=hours, seconds=self.rng.randint(0, 120)))
            if self.rng.random() < 0.1:
                self.play_late()
            if away:
                away -= 1
                continue
            if self.rng.random() < 0.004:
                away = self.rng.randint(2, 12)
                continue
            self.api.ask("fault?clear=1", post=True)
            if self.rng.random() < 0.03:
                self.start(self.by_hand).communicate(timeout=120)
            broken = self.rng.random() < share
            if broken:
                self.break_something()
            off = datetime.timedelta()
            if self.rng.random() < 0.02:
                off = datetime.timedelta(hours=self.rng.choice(
                    [-24 * 40, -3, 10, 24 * 2, 24 * 40]))
            self.run(broken, self.rng.random() < 0.03, off)
        # What still holds something up lets go, what comes late has come.
        self.api.ask("fault?clear=1", post=True)
        for _ in range(8):
            self.go_on(datetime.timedelta(hours=7))
            self.run(False)

    def compare(self, path):
        """Compare what is stored with what was played; counts, in words."""
        is_whole(self.db)
        with opened(self.db) as db:
            plays = db.execute(
                "select played_at, track_id from play_history").fetchall()
            stored = {p[0] for p in plays}
            named = set(plays)
            gaps = db.execute("select gap_from, gap_to, created_at "
                              "from play_gaps where closed_by is null "
                              "order by 1").fetchall()
            kept = list(answers(db))
        check(len(stored) == len(plays), "plays are there twice")
        truth = [p for p in self.api.records("plays")
                 if p["visible_at"] <= text(self.now)]
        lost = [p for p in truth if p["played_at"] not in stored and
                p["played_at"] >= text(BEGIN)]
        reported = [p for p in lost
                if any(a <= p["played_at"] <= b for a, b, _ in gaps)]
        # What came late and left again before the next run, nobody saw.
        unseen = [p for p in lost if p not in reported
                  and p["visible_at"] > p["played_at"]]
        check(len(lost) == len(reported) + len(unseen),
              "plays are missing and no gap has:",
              [p for p in lost if p not in reported + unseen][:3], "of", len(lost))
        for a, b, at in gaps:
            shown = [p for p in truth if a < p["played_at"]
                     and p["visible_at"] <= at]
            check(len(shown) >= CEILING, "a gap that is none:", a, b)
        shown = {at for _, items in kept for at in items}
        check(shown <= stored, "plays of a stored answer are missing:",
              sorted(shown - stored)[:3])
        spans = [(min(known), max(known)) for known in (
            [at for at in items if at <= fetched_at]
            for fetched_at, items in kept) if known]
        check([g[:2] for g in gaps] == holes(spans), "gaps:", gaps,
              "but the holes are", holes(spans))
        check(stored <= {p["played_at"] for p in truth},
              "plays are there that never were")
        check(all((p["played_at"], p["track_id"]) in named for p in truth
                  if p["track_id"] and p["played_at"] in stored),
              "plays are of another track")
        # A rebuild knows what is in the captures, and that is all of it.
        status, said = rebuild(self.db, path + "/rebuilt.db")
        check(status in (0, 1), "the rebuild ends with", status, said)
        different = differences(tables(self.db),
                                tables(path + "/rebuilt.db"))
        check(not different, "the rebuild differs:", different)
        return (f"{len(plays)} plays, {len(reported)} more in {len(gaps)} gaps, "
                f"{len(unseen)} unseen, "
                "statuses " + ", ".join(f"{s}: {n}" for s, n in sorted(
                    self.statuses.items(), key=str)))


def main():
    asked = argparse.ArgumentParser()
    asked.add_argument("--days", type=int, default=184)
    asked.add_argument("--seed", type=int,
                       default=int.from_bytes(os.urandom(3), "big"))
    asked.add_argument("--faults", type=float, default=0.2)
    a = asked.parse_args()
    print(f"# months.py --days {a.days} --seed {a.seed} --faults {a.faults}",
          flush=True)
    began = time.monotonic()
    with folder() as path:
        timer = Timer(path, random.Random(a.seed))
        try:
            timer.look_after(a.days, a.faults)
            said = timer.compare(path)
            if a.days >= LOGIN_DAYS - WARN_DAYS + 2:
                check(timer.warned, "nobody said that the login ends")
                left = LOGIN_DAYS - (timer.warned - BEGIN).days
                check(left <= WARN_DAYS + 3, "warned", left, "days before")
        except Broken as e:
            print(f"not ok - {a.days} days, seed {a.seed}: {e}")
            return 1
        finally:
            timer.api.close()
    print(f"ok - {a.days} days in {time.monotonic() - began:.0f} s: {said}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
