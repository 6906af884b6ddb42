#!/usr/bin/env python3
"""Streams of exports meet plays of the API: random histories of a few users,
loaded in any order, in pieces and batches of any size, some of it twice, some by
a program that is killed, give the matches that a plain reading of the rules gives: below, `Rules` compares
every stream with every play.

    matching.py [--seed N] [--only I] [--rounds N | --seconds S] [--load PROGRAM]

--only I tries history I of the seed alone.
"""
import argparse
import collections
import datetime
import itertools
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

BUILD = os.path.abspath(os.environ.get("SP_BUILD", "build"))
SECOND, MINUTE, HOUR, DAY = 1000, 60000, 3600000, 86400000
BEGIN = 1772323200000  # of the histories: in March 2026


def text(ms):
    at = datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=ms)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


def number(written):
    at = datetime.datetime.strptime(written, "%Y-%m-%dT%H:%M:%S.%fZ")
    return round((at - datetime.datetime(1970, 1, 1)).total_seconds() * 1000)


# --- the rules, read plainly ---------------------------------------------------

class Stream:
    def __init__(self, row):
        self.__dict__.update(row)
        self.key = (self.ts, self.user_id, self.item, self.offline_timestamp,
                    self.ms_played, self.nth)
        self.end = number(self.ts)
        self.start = number(self.started_at)
        self.ended, self.began = self.reason_end or "", self.reason_start or ""
        self.crashed = self.ended.startswith("unexpected-exit")
        self.basic = self.form == "basic"
        self.title = self.track_name or self.episode_name
        self.by = self.artist_name or self.show_name
        self.rule = self.play = self.leader = self.distance = None

    def may_be_a_play(self):
        return not self.phantom and not self.incognito_mode and (
            self.ms_played >= 30000 or self.crashed or
            self.ended in ("trackdone", "remote", "logout"))

    def window(self):
        late = DAY if self.crashed else 15 * MINUTE
        return (self.start - 5 * SECOND,
                self.end + late + (MINUTE - 1 if self.basic else 0))

    def apart(self, at):
        if self.basic:
            return abs(at - self.end - MINUTE // 2)
        return min(abs(at - self.end), abs(at - self.start - self.ms_played))


Play = collections.namedtuple("Play", "played_at track_id at")


class Rules:
    def __init__(self, db, user):
        db.row_factory = sqlite3.Row
        self.streams = sorted((Stream(dict(r)) for r in db.execute(
            "select * from streaming_history where user_id = ?", (user,))),
            key=lambda s: s.key)
        self.plays = sorted(Play(r["played_at"], r["track_id"],
                                 number(r["played_at"])) for r in db.execute(
            "select * from play_history where user_id = ?", (user,)))
        self.isrc = dict(tuple(r) for r in db.execute(
            "select track_id, isrc from tracks where isrc is not null"))
        self.names = collections.defaultdict(set)
        for r in db.execute("""select track_id, t.name, a.name from tracks t
                join track_artists using (track_id)
                join artists a using (artist_id)"""):
            self.names[r[0]].add((r[1], r[2]))
        self.taken = set()
        self.replace_basic()
        self.assign("track", lambda s, p: s.track_id == p.track_id)
        self.assign("isrc", lambda s, p: s.track_id and
                    self.isrc.get(s.track_id, s) == self.isrc.get(p.track_id))
        self.assign("names", lambda s, p: not s.track_id and s.track_name and
                    (s.title, s.by) in self.names[p.track_id])
        for track in {s.track_id for s in self.streams if s.track_id}:
            self.pieces([s for s in self.streams if s.track_id == track and
                         not s.phantom and not s.incognito_mode])
        for s in self.streams:
            if s.rule == "basic":
                s.play = s.leader.play

    def replace_basic(self):
        for b in (s for s in self.streams if s.basic):
            same = [s for s in self.streams if not s.basic and
                    s.end // MINUTE == b.end // MINUTE and s.title and s.by and
                    (s.title, s.by) == (b.title, b.by)]
            if same:
                b.leader = min(same, key=lambda s: (
                    s.ms_played != b.ms_played, s.key))
                b.rule = "basic"

    def assign(self, rule, fits):
        pairs = sorted(
            ((s.ended != "trackdone", s.apart(p.at), p, s.key), p, s)
            for s in self.streams for p in self.plays
            if not s.rule and p not in self.taken and s.may_be_a_play() and
            s.window()[0] <= p.at <= s.window()[1] and fits(s, p))
        for (_, apart, _, _), p, s in pairs:
            if not s.rule and p not in self.taken:
                s.rule, s.play, s.leader, s.distance = rule, p, s, apart
                self.taken.add(p)

    def pieces(self, streams):
        def joined(a, b):
            return abs(b.start - a.end) <= 60 * SECOND and (
                a.crashed or a.ended in ("remote", "logout") or
                b.began in ("remote", "appload"))

        found = []
        for i, s in enumerate(streams):
            for step in (1, -1):
                at, apart = i, None
                while not s.play and 0 <= at + step < len(streams):
                    a, b = sorted((at, at + step))
                    if not joined(streams[a], streams[b]):
                        break
                    if apart is None:
                        apart = abs(streams[b].start - streams[a].end)
                    at += step
                    if streams[at].play:
                        found.append((s, streams[at], apart))
                        break
                if found and found[-1][0] is s:
                    break
        for s, leader, apart in found:
            s.rule, s.play, s.leader, s.distance = (
                "piece", leader.play, leader, apart)

    def matches(self):
        return {s.key: (s.play and s.play[:2], s.leader.key, s.rule,
                        s.distance) for s in self.streams if s.rule}


Stream.__lt__ = lambda a, b: a.key < b.key


def stored(db, user):
    key = ("{0}.ts, {0}.user_id, {0}.item, {0}.offline_timestamp, "
           "{0}.ms_played, {0}.nth")
    rows = db.execute(f"""select {key.format("s")}, {key.format("l")},
            p.played_at, p.track_id, m.rule, m.distance_ms, m.play_id
        from play_matches m left join streaming_history s using (stream_id)
        left join streaming_history l on l.stream_id = m.leader_id
        left join play_history p on p.play_id = m.play_id
        where s.user_id is ?""", (user,)).fetchall()
    for r in rows:
        assert (r[12] is None) == (r[16] is None), "a play that is gone"
    return {tuple(r[:6]): (r[12] and (r[12], r[13]), tuple(r[6:12]), r[14],
                           r[15]) for r in rows}


# --- histories ------------------------------------------------------------------

class History:
    """Rows of one user: what was heard, as both sides report it."""

    def __init__(self, r, user):
        self.r, self.user = r, user
        self.rows, self.seen = [], collections.Counter()
        self.tracks = [f"{user}{i}" for i in range(r.randint(1, 4))]
        self.now = BEGIN + r.randrange(HOUR)
        kinds = [self.listen, self.listen, self.loop, self.hand_over,
                 self.flight, self.phantoms, self.crash, self.private,
                 self.short, self.play_alone, self.basic, self.basic_twin,
                 self.same, self.anything, self.pause, self.names,
                 self.between]
        kinds = r.sample(kinds, r.randint(1, 6))
        self.catalogue()
        for _ in range(r.randint(1, 12)):
            r.choice(kinds)()
            self.now += r.choice((0, 0, 500, 20 * SECOND, 3 * MINUTE, HOUR,
                                  HOUR, DAY))
        count = len(self.rows)
        for i in range(r.randint(0, 8)):
            self.change(text(BEGIN + (2 + i) * DAY))
        self.late = self.rows[count:]
        del self.rows[count:]

    def add(self, table, at=None, **row):
        self.rows.append({"type": "row", "table": table, "row": row,
                          "at": at or "2026-04-01T00:00:00.000Z"})

    def catalogue(self):
        """What is known of the tracks, at some time: it changes."""
        r = self.r
        for t in r.sample(self.tracks, r.randint(0, len(self.tracks))):
            at = text(BEGIN + r.randrange(DAY))
            self.track(t, at)
            self.artist(t, at)

    def track(self, track, at):
        self.add("tracks", at, track_id=track,
                 name=self.r.choice(("Tide", "Ebb")),
                 isrc=self.r.choice((None, self.user + "A", self.user + "A",
                                     "B")))

    def artist(self, track, at):
        artist = self.user + self.r.choice("xy")
        self.add("track_artists", track_id=track, artist_id=artist)
        self.add("artists", at, artist_id=artist,
                 name=self.r.choice(("Ana", "Bo")))

    def change(self, at):
        """One or two rows that change what others made."""
        r = self.r
        streams = [row["row"] for row in self.rows
                   if row["table"] == "streaming_history"]
        kind = r.randrange(6)
        if kind < 2:
            self.track(r.choice(self.tracks), at)
        elif kind == 2:
            self.artist(r.choice(self.tracks), at)
        elif kind == 3 or not streams:
            self.play(self.now - r.randrange(HOUR))
        elif kind == 4:
            near = number(r.choice(streams)["ts"])
            self.play(near + r.choice((0, 500, 8000)))
        else:
            row = {**r.choice(streams), "phantom": r.random() < 0.3,
                   "reason_end": r.choice(("trackdone", "fwdbtn", "logout"))}
            if r.random() < 0.3:
                row["started_at"] = text(number(row["ts"]) - r.randrange(DAY))
            self.add("streaming_history", at, **row)

    def stream(self, end, ms, track=None, start=None, nth=None, **more):
        r = self.r
        track = track or r.choice(self.tracks)
        end = end // 1000 * 1000
        start = start // 1000 * 1000 if start else end - ms
        if not end - 7 * DAY <= start <= end + 3 * SECOND:
            start = end - ms
        row = {"user_id": self.user, "ts": text(end),
               "item": "spotify:track:" + track, "track_id": track,
               "offline_timestamp": start if r.random() < 0.5 else 0,
               "ms_played": ms, "form": "extended", "kind": "track",
               "started_at": text(start), "phantom": ms > end - start + 3000,
               "track_name": r.choice(("Tide", "Tide", "Ebb")),
               "artist_name": r.choice(("Ana", "Bo")),
               "reason_start": r.choice(("trackdone", "clickrow", "remote",
                                         "appload")),
               "reason_end": r.choice(("trackdone", "trackdone", "fwdbtn",
                                       "remote", "logout", "endplay")),
               "incognito_mode": r.random() < 0.05}
        row.update(more)
        self.put(row, nth)
        return row

    def put(self, row, nth=None):
        key = (row["ts"], row["item"], row["offline_timestamp"],
               row["ms_played"])
        self.seen[key] += 1
        row["nth"] = nth or self.seen[key]
        self.add("streaming_history", **row)

    def play(self, at, track=None):
        self.add("play_history", user_id=self.user, played_at=text(at),
                 track_id=track or self.r.choice(self.tracks))

    def delay(self):
        r = self.r
        return r.choice((0, -1500, r.randrange(1000), r.randrange(-6000, 6000),
                         109 * SECOND, 890 * SECOND, 901 * SECOND,
                         -r.randrange(200) * SECOND))

    def listen(self, track=None, **more):
        r = self.r
        track = track or r.choice(self.tracks)
        ms = r.choice((180000, 200000, 30000, 29999, 240000))
        self.now += ms
        self.stream(self.now, ms, track, **more)
        if r.random() < 0.8:
            self.play(self.now + self.delay(), track)

    def loop(self):
        track = self.r.choice(self.tracks)
        for _ in range(self.r.randint(2, 5)):
            self.listen(track)
            self.now += self.r.choice((0, 0, SECOND, 61 * SECOND))

    def hand_over(self):
        r, track = self.r, self.r.choice(self.tracks)
        for began, ended in (("clickrow", "logout"), ("remote", "remote"),
                             ("appload", r.choice(("trackdone", "fwdbtn")))):
            ms = r.choice((20000, 60000, 5000))
            self.now += ms
            self.stream(self.now, ms, track, reason_start=began,
                        reason_end=ended)
            self.now += r.choice((0, 2 * SECOND, 59 * SECOND, 62 * SECOND))
        self.play(self.now + self.delay(), track)

    def flight(self):
        r, track = self.r, self.r.choice(self.tracks)
        start, ms = self.now, 200000
        late = r.choice((HOUR, 35 * HOUR, 6 * DAY, 8 * DAY))
        self.stream(start + late, ms, track, start, offline=True)
        self.play(start + ms + self.delay(), track)

    def phantoms(self):
        for i in range(self.r.randint(1, 6)):
            self.stream(self.now + i * 7000, 149000,
                        start=self.now + i * 7000 - 5000)

    def crash(self):
        r, track = self.r, self.r.choice(self.tracks)
        self.stream(self.now + r.choice((0, HOUR)), 100000, track, self.now,
                    reason_end=r.choice(("unexpected-exit",
                                         "unexpected-exit-while-paused")))
        self.play(self.now + r.choice((MINUTE, 23 * HOUR, 26 * HOUR)), track)

    def private(self):
        self.listen(incognito_mode=True)

    def short(self):
        track = self.r.choice(self.tracks)
        for ms in (1906, 0, 180):
            self.stream(self.now, ms, track)
        self.play(self.now + self.delay(), track)

    def pause(self):
        self.stream(self.now + 15 * MINUTE, 180000, self.tracks[0], self.now)
        self.now += 15 * MINUTE
        self.play(self.now + self.delay(), self.tracks[0])

    def play_alone(self):
        self.play(self.now + self.delay())

    def basic(self):
        r = self.r
        end, ms = self.now // MINUTE * MINUTE, r.choice((29000, 180000))
        names = r.choice(("Tide", "Ebb")), r.choice(("Ana", "Bo"))
        kind = r.choice(("track", "track", "track", "episode"))
        row = {"user_id": self.user, "ts": text(end), "item": "\t".join(names),
               "offline_timestamp": 0, "ms_played": ms, "form": "basic",
               "kind": kind, "started_at": text(end - ms)}
        row.update(zip(("track_name", "artist_name") if kind == "track" else
                       ("episode_name", "show_name"), names))
        self.put(row)
        if r.random() < 0.6:
            self.play(end + r.randrange(70 * SECOND))

    def basic_twin(self):
        row = self.stream(self.now, 180000)
        self.put({"user_id": self.user, "form": "basic", "kind": "track",
                  "ts": text(number(row["ts"]) // MINUTE * MINUTE),
                  "item": row["track_name"] + "\t" + row["artist_name"],
                  "offline_timestamp": 0, "nth": 1,
                  "ms_played": self.r.choice((180000, 90000)),
                  "track_name": row["track_name"],
                  "artist_name": row["artist_name"],
                  "started_at": text(number(row["ts"]) // MINUTE * MINUTE
                                     - 180000)})

    def names(self):
        """A track without a uri, or a uri without names."""
        if self.r.random() < 0.5:
            self.listen(track_name=None, artist_name=None)
        else:
            self.stream(self.now, 180000, item="Tide\tAna", track_id=None,
                        track_name="Tide", artist_name="Ana")
            self.play(self.now + self.delay())

    def same(self):
        """Streams that are equal, and one that is reported in two ways."""
        track = self.r.choice(self.tracks)
        for nth in (1, 2):
            self.stream(self.now, 180000, track, nth=nth, offline_timestamp=0)
        self.rows[-1]["at"] = "2026-04-02T00:00:00.000Z"
        self.stream(self.now, 180000, track, nth=2, offline_timestamp=0)
        self.play(self.now + self.delay(), track)
        self.play(self.now + self.delay(), track)

    def between(self):
        """Plays as far from a stream on one side as on the other."""
        track, apart = self.r.choice(self.tracks), self.r.choice((2000, 7000))
        self.now = self.now // 1000 * 1000
        for _ in range(self.r.randint(1, 2)):
            self.stream(self.now, 180000, track, offline_timestamp=0)
            self.play(self.now - apart, track)
            self.play(self.now + apart, track)
            self.now += 2 * apart

    def anything(self):
        r = self.r
        end = self.now + r.randrange(-HOUR, HOUR)
        self.stream(end, r.randrange(400000),
                    start=end - r.choice((r.randrange(400000),
                                          r.randrange(7 * DAY))))
        self.play(self.now + r.randrange(-HOUR, HOUR))


# --- loading ------------------------------------------------------------------

def load(program, path, rows, *options, kill_after=None):
    """Load rows; with kill_after, it is first tried by one that is killed."""
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    if kill_after is not None:
        with subprocess.Popen([program, "--db", path, *options],
                              stdin=subprocess.PIPE,
                              stderr=subprocess.DEVNULL) as loader:
            threading.Timer(kill_after, loader.kill).start()
            try:
                loader.communicate(lines.encode())
            except BrokenPipeError:
                pass
    done = subprocess.run([program, "--db", path, *options],
                          input=lines.encode(), capture_output=True)
    if done.returncode != 0:
        sys.exit(f"{program}: status {done.returncode}: "
                 + done.stderr.decode(errors="replace")[-500:])


def deliver(r, program, path, histories):
    """Load rows in any order, in pieces, some of them twice; then, a row of each
    user at a time, what changes little."""
    rows = [row for h in histories for row in h.rows]
    if r.random() < 0.2:
        rows += [row for h in histories for row in h.late]
    rows += r.sample(rows, len(rows) // 4)
    if r.random() < 0.8:
        r.shuffle(rows)
    while rows:
        n = r.choice((len(rows), r.randint(1, len(rows))))
        load(program, path, rows[:n], "--batch-rows",
             str(r.choice((1 if n < 30 else 30, 11, 50, 100000))),
             kill_after=r.random() / 20 if r.random() < 0.1 else None)
        rows = rows[n:]
    for rows in itertools.zip_longest(*(h.late for h in histories)):
        load(program, path, [row for row in rows if row])


def compare(path, users):
    """The first difference between what is stored and what the rules say."""
    db = sqlite3.connect(path)
    if db.execute("select count(*) from unmatched_spans").fetchone()[0]:
        return "some spans are left"
    counts = collections.Counter()
    for user in users:
        want, have = Rules(db, user).matches(), stored(db, user)
        counts.update(m[2] for m in want.values())
        for key in sorted(set(want) | set(have)):
            if want.get(key) != have.get(key):
                return f"{key}\n  want {want.get(key)}\n  have {have.get(key)}"
    return counts


def try_history(args, folder, index):
    r = random.Random(f"{args.seed}/{index}")
    users = [f"user{i}" for i in range(r.randint(1, 30))]
    histories = [History(r, user) for user in users]
    path = os.path.join(folder, f"{index}.db")
    deliver(r, args.load, path, histories)
    result = compare(path, users)
    if isinstance(result, str):
        sys.exit(f"# seed {args.seed}, history {index}: {result}\n"
                 f"# the rows are in {keep(folder, histories)}")
    return result


def keep(folder, histories):
    path = os.path.join(os.path.dirname(folder), "matching.ndjson")
    with open(path, "w") as file:
        file.writelines(json.dumps(row) + "\n" for h in histories
                        for row in h.rows + h.late)
    return path


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--seed", default="1")
    p.add_argument("--only", type=int)
    p.add_argument("--rounds", type=int, default=1000000)
    p.add_argument("--seconds", type=float, default=1e9)
    p.add_argument("--load", default=os.path.join(BUILD, "sp-load"))
    args = p.parse_args()
    counts, began, tried = collections.Counter(), time.time(), 0
    with tempfile.TemporaryDirectory() as folder:
        rounds = [args.only] if args.only is not None else range(args.rounds)
        for index in rounds:
            counts.update(try_history(args, folder, index))
            tried += 1
            if time.time() - began > args.seconds:
                break
    print(f"{tried} histories:",
          ", ".join(f"{n} {rule}" for rule, n in sorted(counts.items())))


main()
