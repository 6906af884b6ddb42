#!/usr/bin/env python3
"""months.py [--days N] [--seed N] [--faults SHARE]

A timer that nobody looks after: every four hours, for half a year of
rehearsed time, all that is due is fetched and loaded. The programs see that
time through libfaketime. Some runs meet faults of the API or of the token
endpoint, sometimes the machine is off, tokens end, and playlists change
while they are read.

In the end every play since the first run must be in the tables, once, or in
a gap that was told; nothing else may be there; the database must be whole,
its rebuild from the captures the same; no run without a fault may have
failed; and when the login is about to end that must have been said.
"""
import argparse
import collections
import datetime
import glob
import json
import os
import random
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "fault"))
from common import (Api, Broken, check, folder, is_whole, opened,  # noqa: E402
                    program, rebuild, STATUSES)

BEGIN = datetime.datetime(2026, 3, 1, 6)
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


def text(when):
    return when.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def libfaketime():
    found = glob.glob("/usr/lib/*/faketime/libfaketime.so.1") + glob.glob(
        "/usr/lib*/faketime/libfaketime.so.1")
    if not found:
        sys.exit("months.py: libfaketime is not there: make deps")
    return found[0]


def digest(db):
    """What the tables say, but for the queue: a plan takes out of it what it
    finds held already, and no capture tells of that."""
    done = subprocess.run([program("sp-load"), "--digest", "--db", db],
                          text=True, capture_output=True, check=True)
    said = (json.loads(line) for line in done.stdout.splitlines())
    return {d["table"]: d["digest"] for d in said
            if not d["table"].startswith("playlist_ingest_")}


class Timer:
    def __init__(self, path, rng):
        self.rng, self.db, self.now = rng, path + "/music.db", BEGIN
        regime = rng.choice(["extended", "development", "grandfathered"])
        self.api = Api(path, "--seed", str(rng.randrange(1, 10 ** 6)),
                       "--clock", text(BEGIN), "--regime", regime,
                       "--plays-per-day", "45")
        self.env = {**os.environ, "LD_PRELOAD": libfaketime(), "TZ": "UTC",
                    "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                    "SP_DB": self.db, "SP_TOKEN_FILE": self.api.token}
        names = ["queue", "fetch", "stage", "transform", "load"]
        self.command = PIPELINE.format(
            **{name: program("sp-" + name) for name in names})
        self.statuses = collections.Counter()
        self.warned = None  # when the end of the login was first told
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

    def run(self, broken):
        env = {**self.env, "FAKETIME": "@" + str(self.now)}
        done = subprocess.run(["sh", "-c", self.command], env=env, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=120)
        status = done.returncode
        self.statuses[status] += 1
        check(status in STATUSES, self.now, "status", status, done.stderr)
        # 75 and 69 may be of a limit, or of an outage, that was met before.
        check(broken or status in (0, 75), self.now, "status", status,
              "without a fault:", done.stderr)
        if not self.warned and "the login of" in done.stderr:
            self.warned = self.now

    def look_after(self, days, share):
        off = 0
        while self.now - BEGIN < datetime.timedelta(days=days):
            self.go_on(datetime.timedelta(
                hours=4, seconds=self.rng.randint(0, 120)))
            if off:
                off -= 1
                continue
            if self.rng.random() < 0.004:
                off = self.rng.randint(2, 12)
                continue
            broken = self.rng.random() < share
            if broken:
                self.break_something()
            else:
                self.api.ask("fault?clear=1", post=True)
            self.run(broken)
        # What still holds something up lets go, what comes late has come.
        self.api.ask("fault?clear=1", post=True)
        for _ in range(8):
            self.go_on(datetime.timedelta(hours=7))
            self.run(False)

    def judge(self, path):
        """Compare what is held with what was played; counts, in words."""
        is_whole(self.db)
        with opened(self.db) as db:
            plays = db.execute(
                "select played_at, track_id from play_history").fetchall()
            held = {p[0] for p in plays}
            named = set(plays)
            gaps = db.execute(
                "select gap_from, gap_to from play_gaps").fetchall()
        check(len(held) == len(plays), "plays are there twice")
        truth = [p for p in self.api.records("plays")
                 if p["visible_at"] <= text(self.now)]
        lost = [p for p in truth if p["played_at"] not in held and
                p["played_at"] >= text(BEGIN)]
        told = [p for p in lost
                if any(a <= p["played_at"] <= b for a, b in gaps)]
        check(len(lost) == len(told), "plays are missing and no gap tells:",
              [p for p in lost if p not in told][:3], "of", len(lost))
        check(held <= {p["played_at"] for p in truth},
              "plays are there that never were")
        check(all((p["played_at"], p["track_id"]) in named for p in truth
                  if p["track_id"] and p["played_at"] in held),
              "plays are of another track")
        # A rebuild knows what is in the captures, and that is all of it.
        status, said = rebuild(self.db, path + "/rebuilt.db")
        check(status in (0, 1), "the rebuild ends with", status, said)
        mine, theirs = (digest(db) for db in
                        (self.db, path + "/rebuilt.db"))
        check(mine == theirs, "the rebuild differs in:",
              *(t for t in mine if mine[t] != theirs.get(t)))
        return (f"{len(plays)} plays, {len(told)} more in {len(gaps)} gaps, "
                "statuses " + ", ".join(f"{s}: {n}" for s, n in sorted(
                    self.statuses.items())))


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
            said = timer.judge(path)
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
