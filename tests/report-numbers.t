#!/usr/bin/env python3
"""Every number of sp-report --json, computed again in python from the base
tables, by the definitions of sp-report(1): random small histories in several
time zones.

SP_SEED=N draws others, SP_ROUNDS=N more of them.
"""
import collections
import datetime
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import zoneinfo

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "lib"))
import tap
from tap import ok

BUILD = os.path.abspath(os.environ.get("SP_BUILD", "build"))
SEED = int(os.environ.get("SP_SEED") or 8)
ROUNDS = int(os.environ.get("SP_ROUNDS") or 6)
ZONES = ("Europe/Berlin", "Asia/Kathmandu", "America/New_York", "UTC",
         "Pacific/Chatham", "America/Sao_Paulo")
HOUR = 3600000
rnd = random.Random(SEED)
tap.seed = SEED


def utc(ms):
    at = datetime.datetime.fromtimestamp(ms // 1000, datetime.timezone.utc)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03}Z"


def milliseconds(text):
    at = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return round(at.timestamp() * 1000)


def insert(db, table, **row):
    names = [n for n in row if row[n] is not None]
    return db.execute(
        f"insert or ignore into {table} ({', '.join(names)}) "
        f"values ({', '.join('?' * len(names))})",
        [row[n] for n in names]).lastrowid


# --- a random history --------------------------------------------------------

NAMES = ["Rain", "Rain", "<script>", "Ålesund", "נ", "💿", None, "O'Neil"]


def catalogue(db):
    for n in range(6):
        insert(db, "artists", artist_id=f"artist{n}", name=NAMES[n])
        insert(db, "albums", album_id=f"album{n}", name=NAMES[-n])
    for n in range(5):
        insert(db, "album_artists", album_id=f"album{n}",
               artist_id=f"artist{n}", position=1)
        insert(db, "album_artists", album_id=f"album{n}",
               artist_id=f"artist{(n + 2) % 6}", position=0)
    for n in range(9):
        insert(db, "tracks", track_id=f"track{n}", name=NAMES[n % 8],
               album_id=f"album{n % 5}" if n % 4 else None,
               duration_ms=150000 + 7 * n if n % 3 else None)
        for m in rnd.sample(range(7), n % 3):
            insert(db, "track_artists", track_id=f"track{n}",
                   artist_id=f"artist{m}")
    for n in range(2):
        insert(db, "episodes", episode_id=f"episode{n}",
               duration_ms=1800000 if n else None)


def add_stream(db, user, at):
    """A row of an export that ended at a time, and when it began."""
    ms = rnd.choice([0, 4000, 29999, 30000, 180000, 200000])
    kind = rnd.choice(["track"] * 9 + ["episode", "video"])
    form = rnd.choice(["extended"] * 4 + ["basic"])
    track = rnd.choice([f"track{n}" for n in range(14)] + [None] * 2)
    if form == "basic":
        track, at = None, at - at % 60000
    n = int(track[5:]) if track else rnd.randrange(8)
    row = dict(
        user_id=user, ts=utc(at - at % 1000), offline_timestamp=0,
        item=f"{kind}:{track}{n}", ms_played=ms, nth=1, form=form, kind=kind,
        started_at=utc(at - at % 1000 - ms - rnd.choice([0, 0, HOUR])),
        phantom=rnd.random() < .05, incognito_mode=rnd.random() < .1)
    if kind == "episode":
        row["episode_id"] = f"episode{n % 2}"
    else:
        row.update(track_id=track,
                   track_name=rnd.choice([f"Song {n % 5}"] * 9 + [None]),
                   artist_name=rnd.choice([NAMES[n % 8]] +
                                          [f"Band {n % 2}"] * 5),
                   album_name=rnd.choice([None, f"LP {n % 4}"]))
    if form == "extended":
        row.update(skipped=rnd.choice([0, 1, None]),
                   reason_end=rnd.choice(
                       ["trackdone", "fwdbtn", "clickrow", "", None]))
    insert(db, "streaming_history", **row)
    return row


def add_play(db, user, at, track, kind="track"):
    uri = rnd.choice([None, "spotify:album:album1", "spotify:playlist:list1",
                      "spotify:playlist:list5"])
    context = dict(context_uri=uri, context_type=uri and uri.split(":")[1])
    if kind == "episode":
        insert(db, "episode_history", user_id=user, played_at=utc(at),
               episode_id=track, source="spotify", **context)
    else:
        insert(db, "play_history", user_id=user, played_at=utc(at),
               track_id=track, source="spotify", **context)


def listen(db, user, at):
    what = rnd.choice(["api", "export", "export", "both", "both"])
    if what == "api":
        kind = rnd.choice(["track"] * 8 + ["episode"])
        add_play(db, user, at, f"{kind}{rnd.randrange(2 if kind != 'track' else 12)}",
                 kind)
        return
    row = add_stream(db, user, at)
    id = row.get("track_id") or row.get("episode_id")
    if what == "both" and id:
        add_play(db, user, at + rnd.randrange(2000), id, row["kind"])


def moments(zone, now):
    """When things are heard: in clusters, also where clocks change."""
    local = [datetime.datetime(2024, 3, 31, 1, 40),
             datetime.datetime(2024, 10, 27, 1, 30),
             datetime.datetime(2024, 11, 3, 1, 10),
             datetime.datetime(2024, 12, 31, 23, 20),
             datetime.datetime(2025, 3, 1, 23, 50),
             datetime.datetime(2023, 6, 1, 12, 0)]
    starts = [round(d.replace(tzinfo=zone).timestamp() * 1000) for d in local]
    starts += [now - 26 * HOUR, now - 50 * HOUR]
    for start in rnd.sample(starts, 4 + rnd.randrange(len(starts) - 3)):
        at = start
        for _ in range(rnd.randrange(2, 14)):
            at += rnd.choice([0, 0, 31000, 190000, 240000, 25 * 60000, 1799999,
                              30 * 60000, 33 * 60000, 3 * HOUR, 20 * HOUR])
            if at < now:
                yield at


def people(db):
    insert(db, "users", user_id="kim", display_name=rnd.choice(["Kim", None]),
           is_me=1)
    for n in range(40):
        insert(db, "users", user_id=f"user{n:02}",
               display_name=f"User {n}" if n % 3 else None)
    for _ in range(rnd.choice([3, 80])):
        insert(db, "user_relationships",
               user_id=rnd.choice(["kim", f"user{rnd.randrange(40):02}"]),
               other_id=f"user{rnd.randrange(40):02}",
               kind=rnd.choice(["follows-playlist-of", "collaborates-with"]),
               first_seen="2025-01-01T00:00:00.000Z",
               last_seen="2025-01-01T00:00:00.000Z")
    for n in rnd.sample(range(50), rnd.choice([4, 45])):
        insert(db, "user_relationships", other_id=f"artist{n}",
               user_id=rnd.choice(["kim", "kim", "user07"]),
               kind="follows-artist", first_seen="2025-01-01T00:00:00.000Z",
               last_seen="2025-01-01T00:00:00.000Z")


def playlists(db):
    seen = "2025-03-01T10:00:00.000Z"
    for n in range(5):
        insert(db, "playlists", playlist_id=f"list{n}", name=f"List {n % 2}",
               owner_id=f"user{n:02}", tracks_total=n,
               tracks_updated="2025-03-02T23:30:00.000Z")
        if n != 1:
            insert(db, "user_playlists", user_id="kim" if n else "robin",
                   playlist_id=f"list{n}", first_seen=seen, last_seen=seen)
        for m in range(rnd.randrange(30)):
            added = rnd.choice(["1970-01-01T00:00:00.000Z",
                                utc(milliseconds(seen) - rnd.randrange(
                                    400 * 24 * HOUR))])
            insert(db, "playlist_item_history", playlist_id=f"list{n}",
                   uri=f"spotify:track:track{m % 12}", added_at=added,
                   first_seen=seen, last_seen=rnd.choice(
                       [seen, "2025-03-02T23:30:00.000Z"]))
        for m in range(n):
            insert(db, "playlist_tracks", playlist_id=f"list{n}", position=m,
                   track_id="track1", added_by=f"user{m:02}")


def coverage(db, now):
    at = milliseconds("2024-03-20T00:00:00Z")
    for _ in range(rnd.choice([0, 1, 6])):
        to = at + rnd.randrange(1, 60 * 24) * HOUR
        insert(db, "play_coverage", user_id="kim", covered_from=utc(at),
               covered_to=utc(min(to, now)), created_at=utc(now))
        at = min(to, now) + rnd.choice([-5, 0, 30, 900]) * HOUR
    for n in range(rnd.choice([0, 3])):
        at = milliseconds("2023-01-01T00:00:00Z") + n * 7000 * HOUR
        insert(db, "streaming_coverage", user_id="kim", sha256=f"{n:064}",
               first_row=1, file=rnd.choice([None, f"Audio_{n}.json"]),
               form="extended", rows=5, file_rows=rnd.choice([5, 6, None]),
               covered_from=utc(at),
               covered_to=utc(at + rnd.choice([20, 6000]) * HOUR))


def move(db):
    """Some listenings moved from one device to another."""
    free = [r[0] for r in db.execute(
        "select stream_id from streaming_history where user_id = 'kim' and "
        "kind = 'track' and "
        "stream_id not in (select stream_id from play_matches)")]
    led = [r for r in db.execute(
        "select play_id, leader_id from play_matches "
        "join streaming_history using (stream_id) "
        "where leader_id = stream_id and play_id and user_id = 'kim'")]
    for piece, (play, leader) in zip(free, led[:4]):
        insert(db, "play_matches", stream_id=piece, play_id=play,
               leader_id=leader, rule="piece")


def make(path, zone):
    subprocess.run([f"{BUILD}/sp-queue", "add", "--db", path, "37i9dQZF1DXcBWIGoYBM5M"],
                   check=True)
    db = sqlite3.connect(path)
    now = round(datetime.datetime.now().timestamp() * 1000)
    catalogue(db)
    people(db)
    playlists(db)
    coverage(db, now)
    for at in moments(zone, now):
        listen(db, rnd.choice(["kim"] * 5 + ["robin"]), at)
    whose = ["kim", "robin", None]
    for n in range(rnd.randrange(6)):
        run = dict(run_id=f"R{n}", user_id=rnd.choice(whose))
        insert(db, "ingest_errors", stage="sp-load", reason="odd",
               seen_at=utc(now), **rnd.choice([run, {"run_id": f"R{n}"}, {}]))
        insert(db, "ingest_errors", stage="sp-fetch", seen_at=utc(now),
               reason="not sent: not logged in")
        insert(db, "ingest_runs", status="failed",
               **run | {"user_id": rnd.choice(whose)})
    insert(db, "ingest_runs", run_id="R9", status="complete", replay_of="R1")
    db.commit()
    db.close()
    subprocess.run([f"{BUILD}/sp-load", "--rematch", "--db", path], check=True)
    db = sqlite3.connect(path)
    move(db)
    db.commit()
    db.close()


# --- what the report must say ------------------------------------------------

class Model:
    """Reads the base tables, and computes each part of the report."""

    def __init__(self, path, zone, since, until, incognito, now):
        self.db = sqlite3.connect(path)
        self.db.row_factory = sqlite3.Row
        self.zone, self.now = zone, now
        self.since, self.until = since or "", until or "9999"
        self.incognito = incognito
        self.tracks = {r["track_id"]: r for r in self.table("tracks")}
        self.albums = {r["album_id"]: r["name"] for r in self.table("albums")}
        self.artists = {r["artist_id"]: r["name"]
                        for r in self.table("artists")}
        self.users = {r["user_id"]: r for r in self.table("users")}
        self.counted = dict(all=0, phantom=0, short=0, incognito=0)
        self.all = sorted(self.listens(), key=lambda l: l["played_at"])
        self.private = [l for l in self.all if l["incognito"]]
        if not incognito:
            self.all = [l for l in self.all if not l["incognito"]]
        self.name_tracks()
        self.heard = [l for l in self.all if self.within(l["played_at"])]

    def table(self, name):
        return [dict(r) for r in self.db.execute(f"select * from {name}")]

    def within(self, at):
        return self.since <= at < self.until

    def local(self, at):
        return datetime.datetime.fromisoformat(
            at.replace("Z", "+00:00")).astimezone(self.zone)

    def day(self, at):
        return str(self.local(at).date())

    def listens(self):
        """The listenings of kim that count, each once."""
        streams = {s["stream_id"]: s for s in self.table("streaming_history")}
        matches = {m["stream_id"]: m for m in self.table("play_matches")}
        pieces = collections.defaultdict(list)
        leader_of = {}
        for m in matches.values():
            if m["rule"] == "piece":
                pieces[m["leader_id"]].append(streams[m["stream_id"]])
            if m["play_id"] and m["leader_id"] == m["stream_id"]:
                leader_of[m["play_id"]] = m["stream_id"]
        lengths = {e["episode_id"]: e["duration_ms"]
                   for e in self.table("episodes")}
        found = []
        for p in self.table("play_history"):
            s = streams.get(leader_of.get(p["play_id"]))
            found.append((p, s, "both" if s else "api"))
        episodes = [e for e in self.table("episode_history")]
        for id, s in streams.items():
            m = matches.get(id)
            if m and (m["play_id"] or m["leader_id"] != id):
                continue
            plays = [e for e in episodes if self.same_episode(e, s)]
            for e in plays:
                e["matched"] = True
            found.append((None, s, "both" if plays else "export"))
        found += [(e, None, "api") for e in episodes if "matched" not in e]
        for play, s, source in found:
            l = dict(play or s)
            if l["user_id"] != "kim":
                continue
            parts = [s] + pieces[s["stream_id"]] if s else []
            at = play["played_at"] if play else s["ts"]
            left_out = s and (
                "phantom" if s["phantom"] else "short"
                if sum(x["ms_played"] for x in parts) < 30000 else
                "incognito" if s["incognito_mode"] else None)
            for what in {"all", left_out} if self.within(at) else ():
                if what:
                    self.counted[what] += 1
            if left_out in ("phantom", "short"):
                continue
            length = lengths.get(l.get("episode_id"))
            if l.get("track_id") in self.tracks:
                length = self.tracks[l["track_id"]]["duration_ms"]
            ms = sum(x["ms_played"] for x in parts) if s else length or 0
            yield dict(
                played_at=at, local=self.local(at), day=self.day(at), ms=ms,
                source=source, track_id=l.get("track_id"),
                kind=s["kind"] if s else
                "episode" if "episode_id" in l else "track",
                names=[s and s[n] for n in
                       ("track_name", "artist_name", "album_name")],
                incognito=bool(s and s["incognito_mode"]),
                context=(play or {}).get("context_uri"),
                start=min(milliseconds(x["started_at"]) for x in parts)
                if s else milliseconds(at) - ms)

    @staticmethod
    def same_episode(e, s):
        if (e["user_id"], e["episode_id"]) != (s["user_id"], s["episode_id"]):
            return False
        late = milliseconds(s["ts"]) - milliseconds(e["played_at"])
        return (-15 * 60000 <= late <= 24 * HOUR and
                milliseconds(s["started_at"]) <=
                milliseconds(e["played_at"]) + 5000)

    @staticmethod
    def item(track_id, names):
        if track_id:
            return track_id
        return None if names[0] is None else f"{names[1] or ''}\t{names[0]}"

    @staticmethod
    def greatest(texts):
        return max((t for t in texts if t is not None),
                   key=lambda t: t.encode(), default=None)

    def name_tracks(self):
        """The track of each listen, by id or else by its names."""
        names = collections.defaultdict(list)
        for l in self.all:
            l["item"] = self.item(l["track_id"], l["names"])
            names[l["item"]].append(l["names"])
        names.pop(None, None)
        export = {item: [self.greatest(x[n] for x in some) for n in range(3)]
                  for item, some in names.items()}
        ids = {l["track_id"] for l in self.all} - {None}
        self.key_of = {}
        for item in export:
            same = [i for i in ids if None not in export[i][:2]
                    and export[i][:2] == export[item][:2]]
            self.key_of[item] = same[0] if item not in ids and len(
                same) == 1 else item
        self.ids = ids
        self.export = {
            key: [self.greatest(export[item][n] for item in export
                                if self.key_of[item] == key)
                  for n in range(3)] for key in self.key_of.values()}
        for l in self.all:
            l["key"] = self.key_of.get(l["item"])
        credits = collections.defaultdict(set)
        for r in self.table("track_artists"):
            credits[r["track_id"]].add(r["artist_id"])
        by_name = collections.Counter(self.artists.values())
        self.credits = {}
        for key in self.export:
            if key in self.ids and credits[key]:
                self.credits[key] = credits[key]
                continue
            name = self.export[key][1]
            one = [i for i in self.artists if self.artists[i] == name]
            self.credits[key] = set() if name is None else {
                one[0] if by_name[name] == 1 else "\t" + name}

    def artist(self, key):
        if key[0] == "\t":
            return dict(artist=key[1:], artist_id=None)
        return dict(artist=self.artists.get(key), artist_id=key)

    def track(self, key):
        t = self.tracks.get(key, {}) if key in self.ids else {}
        names = sorted((self.artists.get(a) for a in self.credits[key]
                        if a[0] != "\t" and t_has(self, key) and
                        self.artists.get(a) is not None),
                       key=lambda n: n.encode())
        album = self.albums.get(t.get("album_id"))
        return dict(
            track=t.get("name") if t.get("name") is not None
            else self.export[key][0],
            artists=", ".join(names) if names else self.export[key][1],
            album=album if album is not None else self.export[key][2])

    def album_of(self, key):
        id = self.tracks[key]["album_id"] if key in self.tracks and \
            key in self.ids else None
        if id:
            return id
        names = self.export[key]
        return None if names[2] is None else f"{names[1] or ''}\t{names[2]}"

    # Parts of the report.

    @staticmethod
    def sums(listens, key, names):
        of = collections.defaultdict(lambda: [0, 0])
        for l in listens:
            of[key(l)][0] += 1
            of[key(l)][1] += l["ms"]
        return [dict(zip(names, k), listens=n, ms=ms)
                for k, (n, ms) in sorted(of.items())]

    def totals(self):
        known = [l for l in self.heard if l["key"]]
        first = {}
        for l in reversed(self.all):
            for what in [l["key"]] if l["key"] else []:
                first[what] = l["played_at"]
                for artist in self.credits[what]:
                    first["artist", artist] = l["played_at"]
        new = [k for k, at in first.items() if self.within(at)]
        return dict(
            listens=len(self.heard), ms=sum(l["ms"] for l in self.heard),
            tracks=len({l["key"] for l in known}),
            artists=len({a for l in known for a in self.credits[l["key"]]}),
            albums=len({self.album_of(l["key"]) for l in known} - {None}),
            new_tracks=len([k for k in new if isinstance(k, str)]),
            new_artists=len([k for k in new if isinstance(k, tuple)]),
            days=len({l["day"] for l in self.heard}))

    def months(self):
        if not self.heard:
            return []
        missing = set()
        for gap in self.gaps():
            day = datetime.date.fromisoformat(gap["first_day"])
            while str(day) <= gap["last_day"]:
                missing.add(str(day))
                day += datetime.timedelta(days=1)
        first, last = self.heard[0]["day"], self.heard[-1]["day"]
        month, every = first[:7], []
        while month <= last[:7]:
            these = [l for l in self.heard if l["day"][:7] == month]
            every.append(dict(
                month=month, listens=len(these), ms=sum(l["ms"] for l in these),
                days_missing=len([d for d in missing if d[:7] == month])))
            year, number = map(int, month.split("-"))
            month = f"{year + number // 12}-{number % 12 + 1:02}"
        return every

    def files(self):
        return [f for f in self.table("streaming_coverage")
                if f["user_id"] == "kim"]

    def gaps(self):
        spans = sorted((c["covered_from"], c["covered_to"])
                       for c in self.table("play_coverage"))
        whole = [f for f in self.files() if f["rows"] == f["file_rows"]]
        found, end = [], None
        for a, b in spans:
            if end is not None and end < a and not any(
                    f["covered_from"][:19] <= end[:19] and
                    f["covered_to"][:19] >= a[:19] for f in whole):
                found.append((end, a, "api"))
            end = max(end or b, b)
        if spans and whole:
            found.append((max(f["covered_to"] for f in whole), spans[0][0],
                          "export-api"))
        found = [(max(a, self.since), min(b, self.until), what)
                 for a, b, what in found if a < b and a < self.until
                 and b > self.since]
        return [{"from": a, "to": b, "first_day": self.day(a),
                 "last_day": self.day(utc(milliseconds(b) - 1)),
                 "between": what} for a, b, what in sorted(found)]

    def top(self, keys, describe, count=25):
        of = collections.defaultdict(lambda: [0, 0, "", set()])
        for l in self.heard:
            for key in keys(l["key"]) if l["key"] else ():
                t = of[key]
                t[0] += 1
                t[1] += l["ms"]
                t[2] = max(t[2], l["played_at"])
                t[3].add(l["key"])
        order = sorted(of, key=str.encode)
        order.sort(key=lambda k: of[k][2], reverse=True)
        order.sort(key=lambda k: of[k][0], reverse=True)
        return [dict(describe(k), listens=of[k][0], ms=of[k][1],
                     tracks=len(of[k][3])) for k in order[:count]]

    def top_tracks(self):
        rows = self.top(lambda k: [k], lambda k: dict(
            self.track(k), track_id=k if k in self.ids else None))
        for r in rows:
            del r["tracks"]
        return rows

    def album(self, key):
        keys = [l["key"] for l in self.heard
                if l["key"] and self.album_of(l["key"]) == key]
        id = None if "\t" in key else key
        names = [self.artists.get(r["artist_id"]) for r in sorted(
            self.table("album_artists"), key=lambda r: r["position"])
            if r["album_id"] == id and r["artist_id"] in self.artists]
        names = [n for n in names if n is not None]
        return dict(album=self.greatest(self.track(k)["album"] for k in keys),
                    artists=", ".join(names) if names else
                    self.greatest(self.export[k][1] for k in keys),
                    album_id=id)

    def firsts(self):
        by_year = {}
        for l in sorted((l for l in self.heard if l["key"]),
                        key=lambda l: (l["played_at"], l["item"].encode())):
            by_year.setdefault(l["day"][:4], l)
        return [dict(year=int(y), day=l["day"],
                     track=self.track(l["key"])["track"],
                     artists=self.track(l["key"])["artists"])
                for y, l in sorted(by_year.items())]

    def loved(self):
        of = collections.defaultdict(list)
        for l in self.heard:
            for a in self.credits[l["key"]] if l["key"] else ():
                of[a].append(l)
        def months(a):
            return self.sums(of[a], lambda l: (l["day"][:7],), ["month"])
        def days(a):
            return [l["day"] for l in of[a]]
        order = sorted(of, key=lambda a: (
            -len(months(a)), -len(of[a]), a.encode()))
        return [dict(self.artist(a), first_day=min(days(a)),
                     last_day=max(days(a)), months=len(months(a)),
                     listens=len(of[a]), by_month=months(a))
                for a in order[:15]]

    def sessions(self):
        found, end = [], None
        for l in sorted(self.heard, key=lambda l: (l["start"], l["ms"])):
            if end is None or l["start"] - end >= 30 * 60000:
                found.append([])
                end = l["start"] + l["ms"]
            found[-1].append(l)
            end = max(end, l["start"] + l["ms"])
        longest = max(found, default=None,
                      key=lambda s: (sum(l["ms"] for l in s), -s[0]["start"]))
        return dict(
            count=len(found), ms=sum(l["ms"] for l in self.heard),
            longest=longest and {
                "day": str(self.local(utc(longest[0]["start"])).date()),
                "from": utc(longest[0]["start"]),
                "to": utc(max(l["start"] + l["ms"] for l in longest)),
                "ms": sum(l["ms"] for l in longest),
                "listens": len(longest)})

    def streaks(self):
        days = sorted({l["local"].date() for l in self.heard})
        found = []
        for d in days:
            if not found or d - found[-1][-1] > datetime.timedelta(days=1):
                found.append([])
            found[-1].append(d)
        def show(s):
            return {"from": str(s[0]), "to": str(s[-1]), "days": len(s)}
        yesterday = self.local(self.now).date() - datetime.timedelta(days=1)
        return dict(longest=show(max(found, key=len)) if found else None,
                    current=show(found[-1]) if found and
                    found[-1][-1] >= yesterday else None)

    def streams(self):
        return [s for s in self.table("streaming_history")
                if s["user_id"] == "kim" and self.within(s["ts"])
                and s["form"] == "extended" and not s["phantom"]
                and (self.incognito or not s["incognito_mode"])]

    def endings(self):
        of = collections.Counter(s["reason_end"] or "unknown"
                                 for s in self.streams())
        return [dict(reason=r, streams=n) for r, n in
                sorted(of.items(), key=lambda x: (-x[1], x[0]))]

    def skips(self):
        streams = [s for s in self.streams() if s["kind"] == "track"]
        def skipped(these):
            return len([s for s in these if s["skipped"] or
                        s["reason_end"] == "fwdbtn"])
        by_track = collections.defaultdict(list)
        for s in streams:
            item = self.item(s["track_id"], [s["track_name"],
                                             s["artist_name"]])
            by_track[self.key_of.get(item, item)].append(s)
        order = [k for k in by_track if skipped(by_track[k])]
        order.sort(key=lambda k: (-skipped(by_track[k]), len(by_track[k]),
                                  (k or "").encode()))
        def names(key):
            if key in self.export:
                t = self.track(key)
                found = t["track"], t["artists"]
            else:
                found = None, None
            return dict(zip(("track", "artists"), (
                f if f is not None else self.greatest(
                    s[n] for s in by_track[key])
                for f, n in zip(found, ("track_name", "artist_name")))))
        return streams and dict(
            streams=len(streams), skipped=skipped(streams),
            tracks=[dict(names(k), streams=len(by_track[k]),
                         skipped=skipped(by_track[k]))
                    for k in order[:15]]) or None

    def lists(self):
        plays = collections.Counter(
            l["context"].split(":")[2] for l in self.heard
            if (l["context"] or "").startswith("spotify:playlist:"))
        for r in self.table("user_playlists"):
            if r["user_id"] == "kim":
                plays[r["playlist_id"]] += 0
        return plays

    def display(self, user):
        name = self.users.get(user, {}).get("display_name")
        return user if name is None else name

    def playlists(self):
        known = {p["playlist_id"]: p for p in self.table("playlists")}
        plays = self.lists()
        rows = [(id, n, known.get(id)) for id, n in plays.items()]
        rows.sort(key=lambda r: (-r[1], r[2] is not None,
                                 r[2] and r[2]["name"], r[0]))
        return [dict(playlist_id=id, name=p and p["name"],
                     owner=p and self.display(p["owner_id"]),
                     tracks=p and p["tracks_total"], listens=n,
                     updated=p and self.day(p["tracks_updated"]))
                for id, n, p in rows]

    def playlist_changes(self):
        known = {p["playlist_id"]: p for p in self.table("playlists")}
        changes = []
        for i in self.table("playlist_item_history"):
            p = known[i["playlist_id"]]
            if p["playlist_id"] not in self.lists():
                continue
            at = i["first_seen"] if i["added_at"] < "1971" else i["added_at"]
            changes.append((at, p, "added", i["uri"]))
            # All lists but the last were seen at one time, here.
            if i["last_seen"] < p["tracks_updated"]:
                changes.append((p["tracks_updated"], p, "removed", i["uri"]))
        changes = [c for c in changes if self.within(c[0])]
        changes.sort(key=lambda c: (c[1]["playlist_id"], c[2], c[3]))
        changes.sort(key=lambda c: c[0], reverse=True)
        rows = []
        for at, p, change, uri in changes[:60]:
            id = uri.split(":")[2]
            t = self.tracks.get(id, {})
            names = sorted((self.artists[r["artist_id"]]
                            for r in self.table("track_artists")
                            if r["track_id"] == id and t and
                            self.artists.get(r["artist_id"]) is not None),
                           key=str.encode)
            name = t.get("name")
            rows.append(dict(
                day=self.day(at), playlist=p["name"],
                playlist_id=p["playlist_id"], change=change,
                track=uri if name is None else name,
                artists=", ".join(names) if names else None))
        return rows

    def graph(self):
        owners = {p["playlist_id"]: p["owner_id"]
                  for p in self.table("playlists")}
        edges = {(r["user_id"], r["other_id"], r["kind"])
                 for r in self.table("user_relationships")}
        edges |= {(i["added_by"], owners[i["playlist_id"]],
                   "added-to-playlist-of")
                  for i in self.table("playlist_tracks")
                  if i["added_by"] != owners[i["playlist_id"]]}
        def node(id, kind="user"):
            return f"{kind}:{id}"
        edges = [(node(a), node(b, "artist" if k == "follows-artist"
                                else "user"), k) for a, b, k in edges
                 if k != "follows-artist" or a == "kim"]
        near = collections.defaultdict(list)
        for a, b, _ in edges:
            near[a].append(b)
            near[b].append(a)
        me = node("kim")
        users = sorted((n for n in near if n != me and n[:5] == "user:"
                        and {n, *near[n]} & set(near[me])),
                       key=lambda n: (me not in near[n], -len(near[n]), n))[:29]
        listens = collections.Counter(
            node(a, "artist") for l in self.heard if l["key"]
            for a in self.credits[l["key"]])
        artists = sorted({b for _, b, k in edges if k == "follows-artist"},
                         key=lambda n: (-listens[n], n))[:59 - len(users)]
        names = {node(a, "artist"): n for a, n in self.artists.items()}
        names.update({node(u): self.display(u) for u in self.users})
        nodes = [(me, "me")] + [(u, "user") for u in sorted(users)] + \
            [(a, "artist") for a in artists]
        chosen = {n for n, _ in nodes}
        return dict(
            nodes=[dict(id=n, kind=kind, name=names.get(n) if names.get(n)
                        is not None else n.split(":", 1)[1])
                   for n, kind in nodes],
            edges=[{"from": a, "to": b, "kind": k,
                    "weight": max(1, listens[b])}
                   for a, b, k in sorted(edges) if {a, b} <= chosen])

    def sources(self):
        return [dict(source=s, listens=len(days), first_day=min(days),
                     last_day=max(days)) for s in ("api", "both", "export")
                if (days := [l["day"] for l in self.heard
                             if l["source"] == s])]

    def missing(self):
        owner = {r["run_id"]: r["user_id"] for r in self.table("ingest_runs")}
        runs = {r["run_id"] for r in self.table("ingest_runs")
                if r["status"] == "failed"
                and r["user_id"] != "robin"} - {"R1"}
        unnamed = [k for k in {l["key"] for l in self.heard} - {None}
                   if self.track(k)["track"] is None]
        return [dict(what=w, count=n) for w, n in (
            ("gaps", len(self.gaps())),
            ("refused", sum(not e["reason"].startswith("not sent: ")
                            and (e["user_id"] or owner.get(e["run_id"]))
                            != "robin" for e in self.table("ingest_errors"))),
            ("unnamed_tracks", len(unnamed)), ("unloaded", len(runs)))]

    def parts(self):
        days = [l["day"] for l in self.heard]
        kinds = self.sums(self.heard, lambda l: (l["kind"],), ["kind"])
        return dict(
            user=dict(user_id="kim", name=self.display("kim")),
            period={"from": min(days, default=None),
                    "to": max(days, default=None)},
            totals=self.totals(), counted=self.counted,
            incognito=dict(included=self.incognito, listens=len(
                [l for l in self.private if self.within(l["played_at"])])),
            kinds=sorted(kinds, key=lambda k: -k["listens"]),
            days=self.sums(self.heard, lambda l: (l["day"],), ["day"]),
            hours=self.sums(self.heard, lambda l: (
                l["local"].isoweekday(), l["local"].hour),
                ["weekday", "hour"]),
            months=self.months(), gaps=self.gaps(),
            top_artists=self.top(self.credits.get, self.artist),
            top_tracks=self.top_tracks(),
            top_albums=self.top(lambda k: [self.album_of(k)] if
                                self.album_of(k) else [], self.album),
            firsts=self.firsts(), loved=self.loved(),
            sessions=self.sessions(), streaks=self.streaks(),
            endings=self.endings(), skips=self.skips(),
            playlists=self.playlists(),
            playlist_changes=self.playlist_changes(), graph=self.graph(),
            sources=self.sources(), files=[dict(
                file=f["file"] or f["sha256"], form=f["form"], rows=f["rows"],
                first_day=self.day(f["covered_from"]),
                last_day=self.day(f["covered_to"])) for f in self.files()],
            missing=self.missing())


def t_has(model, key):
    """Whether the API has artists of the track."""
    return key in model.ids and any(a[0] != "\t" for a in model.credits[key])


PERIODS = ([], ["--year", "2024"], ["--since", "2024-03-31"],
           ["--until", "2024-10-27T05:30:00Z", "--incognito"],
           ["--since", "2024-03-31", "--until", "2024-12-31"], ["--incognito"])


def compare(path, zone_name, options):
    run = subprocess.run(
        [f"{BUILD}/sp-report", "--db", path, "--json", "--user", "kim",
         *options], env={**os.environ, "TZ": zone_name}, check=True,
        capture_output=True, text=True)
    got = json.loads(run.stdout)
    zone = zoneinfo.ZoneInfo(zone_name)

    def midnight(day, more):
        at = (datetime.datetime.fromisoformat(day) +
              datetime.timedelta(days=more)).replace(tzinfo=zone)
        return utc(round(at.timestamp() * 1000))
    given = dict(zip(options[::2], options[1::2]))
    if "--year" in given:
        given = {"--since": "2024-01-01", "--until": "2024-12-31"}
    since, until = (
        given.get(o) and (midnight(given[o], o == "--until") if len(given[o]) == 10
                          else utc(milliseconds(given[o])))
        for o in ("--since", "--until"))
    model = Model(path, zone, since, until, "--incognito" in options,
                  got["generated_at"])
    want = model.parts()
    want["period"].update(since=since, until=until,
                          year=2024 if "--year" in options else None)
    odd = [name for name in want if got.get(name) != want[name]]
    ok(not odd and got["zone"] == zone_name,
       f"{zone_name} {' '.join(options)}: {len(model.heard)} listens",
       "".join(f"{name}\n#   got  {got.get(name)}\n#   want {want[name]}\n# "
               for name in odd))
    return set(want) - set(name for name in want if not want[name])


with tempfile.TemporaryDirectory() as folder:
    parts = set()
    for n in range(ROUNDS):
        zone_name = ZONES[n % len(ZONES)]
        path = os.path.join(folder, f"{n}.db")
        make(path, zoneinfo.ZoneInfo(zone_name))
        for options in PERIODS if ROUNDS > 6 else rnd.sample(PERIODS, 2):
            parts |= compare(path, zone_name, options)
    ok(len(parts) == 25, "no part was always empty", sorted(parts))
sys.exit(tap.finish())
