#!/usr/bin/env python3
"""Views of what was listened to, against a model in python, over made-up rows.

SP_SEED=N draws others. The rows are put into the tables as the loader leaves
them: plays of the API, streams of an export, and which are the same listening.
"""
import collections
import datetime
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
import zoneinfo

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "lib"))
import tap
from tap import ok

BUILD = os.environ.get("SP_BUILD", "build")
SEED = int(os.environ.get("SP_SEED") or 1)
ZONES = "America/New_York", "Asia/Kathmandu"
rnd = random.Random(SEED)
tap.seed = SEED


def same(got, want, name):
    """Whether two lists of rows are the same; prints the first that are not."""
    odd = [pair for pair in zip(got, want) if pair[0] != pair[1]]
    ok(got == want, name, f"{len(got)} rows, not {len(want)}\n" +
       "\n".join(f"got  {a}\nwant {b}" for a, b in odd[:3]))


def text(at):
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


def fresh(folder, name):
    """A database as the programs make it."""
    path = os.path.join(folder, name)
    subprocess.run([os.path.join(BUILD, "sp-queue"), "add", "--db", path,
                    "37i9dQZF1DXcBWIGoYBM5M"], check=True)
    db = sqlite3.connect(path)
    db.row_factory = sqlite3.Row
    return db


def insert(db, table, **row):
    names = [n for n in row if row[n] is not None]
    return db.execute(
        f"insert into {table} ({', '.join(names)}) "
        f"values ({', '.join('?' * len(names))})",
        [row[n] for n in names]).lastrowid


def rows(db, sql, *values):
    return [tuple(r) for r in db.execute(sql, values)]


# --- made-up history ---------------------------------------------------------

class History:
    """Rows of the tables, and the listenings that they are."""

    def __init__(self, db):
        self.db = db
        self.at = datetime.datetime(2024, 2, 27, 20)
        self.listens = []
        self.tracks, self.artists, self.albums = {}, {}, {}
        for n in range(6):
            self.artists[f"artist{n}"] = f"Artist {n // 2 if n > 3 else n}"
            self.albums[f"album{n}"] = f"Album {n}"
        for id, name in self.artists.items():
            insert(db, "artists", artist_id=id, name=name)
        for id, name in self.albums.items():
            insert(db, "albums", album_id=id, name=name)
        for n in range(24):
            self.make_track(n)

    def make_track(self, n):
        """Of the first 16, the API has; the others, only an export."""
        id = f"track{n}"
        known = n < 16
        t = dict(name=f"Track {n}" if known else None,
                 length=200000 + n if known and n % 5 else None,
                 album=f"album{n % 6}" if known and n % 7 else None,
                 artists=rnd.sample(sorted(self.artists), 1 + n % 2)
                 if known and n % 8 else [],
                 export=(f"Track {n} (then)", f"Artist {n % 7}",
                         f"Album {n % 9}"))
        self.tracks[id] = t
        if known:
            insert(self.db, "tracks", track_id=id, name=t["name"],
                   duration_ms=t["length"], album_id=t["album"])
        for artist in t["artists"]:
            insert(self.db, "track_artists", track_id=id, artist_id=artist)

    def play(self, user, track, at):
        return insert(self.db, "play_history", user_id=user, track_id=track,
                      played_at=text(at), source="spotify",
                      context_type="album")

    def stream(self, user, track, end, ms, **more):
        names = (None,) * 3
        if track:
            names = self.tracks[track]["export"]
        row = dict(user_id=user, ts=text(end), item=f"spotify:track:{track}",
                   offline_timestamp=0, ms_played=ms, nth=1, form="extended",
                   kind="track", track_id=track, track_name=names[0],
                   artist_name=names[1], album_name=names[2], phantom=0,
                   started_at=text(end - datetime.timedelta(milliseconds=ms)),
                   reason_start="clickrow", reason_end="trackdone", shuffle=1,
                   skipped=0, incognito_mode=0, platform="ios")
        row.update(more)
        return insert(self.db, "streaming_history", **row), row

    def match(self, stream, play, leader, rule):
        insert(self.db, "play_matches", stream_id=stream, play_id=play,
               leader_id=leader, rule=rule, distance_ms=500)

    def listened(self, source, user, track, at, stream=None, **more):
        """Note a listening that listens must have."""
        row = dict(user_id=user, track_id=track, played_at=text(at),
                   source=source, ended_at=text(at), started_at=None,
                   ms_played=None, phantom=None, reason_end=None,
                   platform=None, shuffle=None, track_name=None,
                   artist_name=None, album_name=None, kind="track")
        for name in stream or ():
            if name in row and name not in ("user_id", "track_id"):
                row[name] = stream[name]
        if stream:
            row["ended_at"] = stream["ts"]
        row.update(more)
        self.listens.append(row)

    def tick(self):
        self.at += datetime.timedelta(
            seconds=rnd.randrange(40, 4000), milliseconds=rnd.randrange(1000))
        return self.at

    def add(self):
        user = rnd.choice(["kim", "kim", "lee"])
        track = f"track{int(24 * rnd.random() ** 2)}"
        end = self.tick().replace(microsecond=0)
        ms = rnd.choice([0, 1500, 29999, 30000, 200000])
        late = end + datetime.timedelta(milliseconds=rnd.randrange(3000))
        kind = rnd.choice(["api", "export", "both", "both", "pieces",
                           "phantom", "basic", "names", "nothing"])
        getattr(self, "add_" + kind)(user, track, end, ms, late)

    def add_api(self, user, track, end, ms, late):
        self.play(user, track, late)
        self.listened("api", user, track, late)

    def add_export(self, user, track, end, ms, late):
        self.listened("export", user, track, end,
                      self.stream(user, track, end, ms)[1])

    def add_both(self, user, track, end, ms, late):
        id, row = self.stream(user, track, end, ms)
        self.match(id, self.play(user, track, late), id, "track")
        self.listened("both", user, track, late, row)

    def add_pieces(self, user, track, end, ms, late):
        """A listening that moved twice; the last piece represents it."""
        ids, first, sum = [], None, 0
        for n in range(3):
            id, row = self.stream(
                user, track, end + datetime.timedelta(seconds=40 * n),
                12000 + n, reason_end="trackdone" if n == 2 else "remote")
            ids.append(id)
            first = first or row["started_at"]
            sum += 12000 + n
        late += datetime.timedelta(seconds=80)
        play = self.play(user, track, late)
        for id in ids:
            self.match(id, play, ids[2],
                       "track" if id == ids[2] else "piece")
        self.listened("both", user, track, late, row, started_at=first,
                      ms_played=sum)
        self.tick()

    def add_phantom(self, user, track, end, ms, late):
        self.listened("export", user, track, end, self.stream(
            user, track, end, 149000, phantom=1,
            started_at=text(end - datetime.timedelta(seconds=5)))[1])

    def add_basic(self, user, track, end, ms, late):
        """A row of a basic export, which an extended one replaces."""
        id, row = self.stream(user, track, end, ms)
        basic, _ = self.stream(user, None, end.replace(second=0), ms,
                               form="basic", item="Artist\tTrack")
        if rnd.random() < .5:
            play = self.play(user, track, late)
            self.match(id, play, id, "track")
            self.match(basic, play, id, "basic")
            self.listened("both", user, track, late, row)
        else:
            self.match(basic, None, id, "basic")
            self.listened("export", user, track, end, row)

    def add_names(self, user, track, end, ms, late):
        n = rnd.randrange(8)
        artist = rnd.choice([f"Artist {n}", f"Artist {n}", None])
        self.listened("export", user, None, end, self.stream(
            user, None, end, ms, item=f"{artist}\tTrack {n}",
            track_name=f"Track {n}", artist_name=artist,
            album_name=f"Album {n}" if n % 2 else None)[1])

    def add_nothing(self, user, track, end, ms, late):
        """A removed track, of which the export knows nothing."""
        self.listened("export", user, None, end,
                      self.stream(user, None, end, ms, item="")[1])

    # What the views must say of a listening.

    def counts(self, l):
        return int(not l["phantom"] and (l["ms_played"] is None or
                                         l["ms_played"] >= 30000))

    def track_of(self, l):
        return self.tracks.get(l["track_id"]) or dict(
            name=None, length=None, album=None, artists=[])

    def names(self, l):
        t = self.track_of(l)
        artists = ", ".join(sorted(self.artists[a] for a in t["artists"]))
        return (t["name"] or l["track_name"], artists or l["artist_name"],
                self.albums.get(t["album"]) or l["album_name"])

    def ms(self, l):
        if l["ms_played"] is not None:
            return l["ms_played"]
        return self.track_of(l)["length"] or 0


# --- the checks --------------------------------------------------------------

BEFORE = """
select h.play_id, h.user_id, h.played_at, substr(h.played_at, 1, 10) as day,
	cast(substr(h.played_at, 12, 2) as integer) as hour,
	h.track_id, t.name as track,
	(select group_concat(name, ', ') from (
		select a.name from track_artists
		join artists a using (artist_id)
		where track_id = h.track_id order by a.name)) as artists,
	t.album_id, al.name as album, t.duration_ms,
	h.context_type, h.context_uri, h.source
from play_history h
left join tracks t on t.track_id = h.track_id
left join albums al on al.album_id = t.album_id"""


def check_without_export(folder):
    db = fresh(folder, "api.db")
    h = History(db)
    for _ in range(200):
        end = h.tick()
        h.add_api("kim", f"track{rnd.randrange(18)}", None, None, end)
    before = db.execute(BEFORE + " order by played_at")
    columns = [d[0] for d in before.description]
    same(rows(db, f"select {', '.join(columns)} from plays order by played_at"),
         [tuple(r) for r in before],
         "without an export: plays shows the plays of the API")
    same(rows(db, "select user_id, track_id, plays, ms from top_tracks"),
         rows(db, "select user_id, track_id, count(*), "
              "coalesce(sum(duration_ms), 0) from (" + BEFORE + ") "
              "group by 1, 2 order by 3 desc, max(played_at) desc"),
         "and top_tracks their whole lengths")
    return db


def check_listens(h):
    columns = list(h.listens[0])
    order = "user_id, played_at, ended_at, track_id, track_name, ms_played"

    def key(row):
        d = dict(zip(columns, row))
        return [(d[n] is not None, d[n]) for n in order.split(", ")]
    want = sorted((tuple(l.values()) for l in h.listens), key=key)
    same(rows(h.db, f"select {', '.join(columns)} from listens "
              f"order by {order}"), want, "every listening is there once")
    want = sorted((l["user_id"], l["played_at"], l["ended_at"],
                   l["ms_played"] or 0, h.counts(l), *map(str, h.names(l)))
                  for l in h.listens)
    for view in "listens", "plays":
        same(sorted((*r[:5], *map(str, r[5:])) for r in rows(
            h.db, "select user_id, played_at, ended_at, "
            "coalesce(ms_played, 0), counts, track, artists, album "
            f"from {view}")), want, f"{view}: names, and what counts")
    ok(len({l["source"] for l in h.listens}) == 3, "of all sources")


def top(h, keys):
    """(user, key) -> plays, tracks, ms, first, last; `keys` of a listening."""
    sums = collections.defaultdict(lambda: [0, set(), 0, "9", ""])
    for l in h.listens:
        if not h.counts(l):
            continue
        for key in keys(l):
            s = sums[l["user_id"], *key]
            s[0] += 1
            s[1].add(l["track_id"] or (l["artist_name"], l["track_name"]))
            s[2] += h.ms(l)
            s[3] = min(s[3], l["played_at"])
            s[4] = max(s[4], l["played_at"])
    return sorted(([*map(str, key), s[0], len(s[1]), *s[2:]]
                   for key, s in sums.items()), key=str)


def check_top(h):
    def tracks(l):
        if l["track_id"]:
            return [(l["track_id"], None, None)]
        names = l["track_name"], l["artist_name"]
        return [(None, *names)] if names[0] else []
    got = rows(h.db, "select user_id, track_id, iif(track_id is null, track, "
               "null), iif(track_id is null, artists, null), plays, 1, ms, "
               "first_played, last_played from top_tracks")
    same(sorted(([*map(str, r[:4]), *r[4:]] for r in got), key=str),
         top(h, tracks), "top_tracks")
    same([r[4] for r in got], sorted((r[4] for r in got), reverse=True),
         "most played first")

    unique = collections.Counter(h.artists.values())

    def artists(l):
        if h.track_of(l)["artists"]:
            return [(a, h.artists[a]) for a in h.track_of(l)["artists"]]
        name = l["artist_name"] or (h.tracks[l["track_id"]]["export"][1]
                                    if streamed(l) else None)
        ids = [i for i in h.artists if h.artists[i] == name]
        return [(ids[0] if unique[name] == 1 else None, name)] if name else []

    def albums(l):
        id = h.track_of(l)["album"]
        if id:
            return [(id, h.albums[id], None)]
        names = (l["album_name"], l["artist_name"])
        if streamed(l) and not names[0]:
            names = h.tracks[l["track_id"]]["export"][2:0:-1]
        return [(None, *names)] if names[0] else []
    seen = {(l["user_id"], l["track_id"]) for l in h.listens
            if l["track_name"] and h.counts(l)}

    def streamed(l):
        """Whether a stream of the track has the names."""
        return (l["user_id"], l["track_id"]) in seen and l["track_id"]
    same(sorted(([*map(str, r[:3]), *r[3:]] for r in rows(
        h.db, "select user_id, artist_id, artist, plays, tracks, ms, "
        "first_played, last_played from top_artists")), key=str),
        top(h, artists), "top_artists, some by name only")
    same(sorted([str(r[0]), str(r[1]), str(r[2]), *r[3:]] for r in rows(
        h.db, "select user_id, album_id, album, plays, tracks, ms, "
        "first_played, last_played from top_albums")),
        sorted([*r[:3], *r[4:]] for r in top(h, albums)),
        "top_albums, some by name only")


def check_local(h):
    def local(l, zone):
        return datetime.datetime.fromisoformat(
            l["played_at"].replace("Z", "+00:00")).astimezone(zone)
    for name in ZONES:
        zone = zoneinfo.ZoneInfo(name)
        os.environ["TZ"] = name
        time.tzset()
        same(sorted(rows(h.db, "select played_at, local_day, local_hour, "
                         "local_weekday, day, hour from plays")),
             sorted((l["played_at"], str(local(l, zone).date()),
                     local(l, zone).hour, local(l, zone).isoweekday() % 7,
                     l["played_at"][:10], int(l["played_at"][11:13]))
                    for l in h.listens),
             f"{name}: the local time of each play, beside UTC")
        for view, column, of in (
                ("day", "local_day", lambda at: str(at.date())),
                ("hour", "local_hour", lambda at: at.hour)):
            want = collections.defaultdict(lambda: [0, set(), 0])
            for l in h.listens:
                if h.counts(l):
                    w = want[l["user_id"], of(local(l, zone))]
                    w[0] += 1
                    w[1].add(l["track_id"] or l["track_name"] and (
                        l["artist_name"], l["track_name"]))
                    w[2] += h.ms(l)
            same(rows(h.db, f"select user_id, {column}, plays, tracks, ms "
                      f"from listening_by_{view}"),
                 sorted((*key, n, len(t - {None}), ms)
                        for key, (n, t, ms) in want.items()),
                 f"{name}: listening_by_{view} is in local time")


def check_summer_time(folder):
    """The nights in which the clocks of New York are changed."""
    db = fresh(folder, "night.db")
    for at in ("2026-03-08T06:59:59.999Z", "2026-03-08T07:00:00.000Z",
               "2026-11-01T05:30:00.000Z", "2026-11-01T06:30:00.000Z",
               "2026-11-01T07:30:00.000Z", "2026-11-02T04:59:59.000Z",
               "2006-04-02T07:00:00.000Z"):
        insert(db, "play_history", user_id="kim", track_id="t", played_at=at)
    os.environ["TZ"] = "America/New_York"
    time.tzset()
    same(rows(db, "select played_at, local_day, local_hour, local_weekday "
              "from plays order by played_at"),
         [("2006-04-02T07:00:00.000Z", "2006-04-02", 3, 0),
          ("2026-03-08T06:59:59.999Z", "2026-03-08", 1, 0),
          ("2026-03-08T07:00:00.000Z", "2026-03-08", 3, 0),
          ("2026-11-01T05:30:00.000Z", "2026-11-01", 1, 0),
          ("2026-11-01T06:30:00.000Z", "2026-11-01", 1, 0),
          ("2026-11-01T07:30:00.000Z", "2026-11-01", 2, 0),
          ("2026-11-02T04:59:59.000Z", "2026-11-01", 23, 0)],
         "the nights of a change: an hour that is not there, one that is twice")
    same(rows(db, "select local_day, plays from listening_by_day"),
         [("2006-04-02", 1), ("2026-03-08", 2), ("2026-11-01", 4)],
         "and the day of 25 hours is one day")
    same(rows(db, "select local_hour, plays from listening_by_hour"),
         [(1, 3), (2, 1), (3, 2), (23, 1)], "and its hours")


def check_episodes(folder):
    db = fresh(folder, "episodes.db")
    insert(db, "shows", show_id="s", name="The Show")
    insert(db, "episodes", episode_id="e", name="The Episode", show_id="s",
           duration_ms=1800000)
    for minute in 10, 50:
        insert(db, "episode_history", user_id="kim", episode_id="e",
               played_at=f"2026-11-20T10:{minute}:03.500Z", source="spotify")
    insert(db, "streaming_history", user_id="kim", kind="episode",
           ts="2026-11-20T10:10:00.000Z", item="spotify:episode:e",
           episode_id="e", offline_timestamp=0, ms_played=500000, nth=1,
           started_at="2026-11-20T10:01:00.000Z", episode_name="An Episode",
           show_name="A Show")
    insert(db, "streaming_history", user_id="kim", kind="audiobook",
           ts="2026-11-20T11:10:00.000Z", item="spotify:chapter:c",
           offline_timestamp=0, ms_played=500000, nth=1,
           audiobook_title="The Book", audiobook_chapter_title="Chapter 1")
    same(rows(db, "select played_at, kind, coalesce(episode, chapter), "
              "coalesce(show, audiobook), source, duration_ms from listens "
              "order by played_at"),
         [("2026-11-20T10:10:00.000Z", "episode", "The Episode", "The Show",
           "both", 1800000),
          ("2026-11-20T10:50:03.500Z", "episode", "The Episode", "The Show",
           "api", 1800000),
          ("2026-11-20T11:10:00.000Z", "audiobook", "Chapter 1", "The Book",
           "export", None)],
         "episodes of the API and of the export are there once, and audiobooks")
    same(rows(db, "select plays, tracks, ms from listening_by_day"),
         [(3, 0, 2800000)], "and count as listening, but not as tracks")
    same(rows(db, "select * from top_tracks"), [], "nor in the lists of tracks")


def check_names(folder):
    """A basic export has names only: whose id is known is that track."""
    db = fresh(folder, "names.db")
    insert(db, "tracks", track_id="a", name="Tide", duration_ms=1000)

    def stream(minute, artist, track, id=None):
        return insert(db, "streaming_history", user_id="kim", form="basic",
                      ts=f"2026-11-20T10:{minute}:00.000Z", kind="track",
                      item=f"{artist}\t{track}", offline_timestamp=0, nth=1,
                      ms_played=60000, track_name=track, artist_name=artist,
                      track_id=id)
    play = insert(db, "play_history", user_id="kim", track_id="a",
                  played_at="2026-11-20T10:10:30.000Z")
    first = stream(10, "Gulls", "Tide")
    insert(db, "play_matches", stream_id=first, play_id=play,
           leader_id=first, rule="names")
    stream(20, "Gulls", "Tide")
    stream(21, "Terns", "Tide")
    for minute, id in (30, "b"), (31, "c"), (32, None):
        stream(minute, "Gulls", "Two", id)
    same(rows(db, "select track_id, track, artists, plays, ms from top_tracks "
              "order by plays desc, track_id, track, artists"),
         [("a", "Tide", "Gulls", 2, 120000),
          (None, "Tide", "Terns", 1, 60000),
          (None, "Two", "Gulls", 1, 60000), ("b", "Two", "Gulls", 1, 60000),
          ("c", "Two", "Gulls", 1, 60000)],
         "a track known by names is the one that these names had, if just one")


def check_recordings(folder):
    db = fresh(folder, "recordings.db")
    for id, isrc, linked in (
            ("single", "XXA012600001", None), ("album", "XXA012600001", None),
            ("new", "XXA012600002", "gone"), ("alone", None, None),
            ("newer", None, "old"), ("old", None, None)):
        insert(db, "tracks", track_id=id, name=f"The {id}", isrc=isrc,
               linked_from_id=linked, duration_ms=1000)
    for n, track in enumerate(
            "single album album new gone gone alone newer old".split()):
        insert(db, "play_history", user_id="kim", track_id=track,
               played_at=f"2026-11-20T10:{n:02}:00.000Z")
    same(rows(db, "select track_id, recording_id from recordings "
              "order by track_id"),
         [("album", "XXA012600001"), ("alone", "alone"),
          ("gone", "XXA012600002"), ("new", "XXA012600002"),
          ("newer", "old"), ("old", "old"), ("single", "XXA012600001")],
         "recordings: by isrc, and by the track that replaces another one")
    same(rows(db, "select recording_id, track_id, track, releases, plays, ms, "
              "first_played from top_recordings"),
         [("XXA012600002", "gone", None, 2, 3, 1000,
           "2026-11-20T10:03:00.000Z"),
          ("XXA012600001", "album", "The album", 2, 3, 3000,
           "2026-11-20T10:00:00.000Z"),
          ("old", "old", "The old", 2, 2, 2000, "2026-11-20T10:07:00.000Z"),
          ("alone", "alone", "The alone", 1, 1, 1000,
           "2026-11-20T10:06:00.000Z")],
         "top_recordings: the releases together, with the most played one")


def check_gaps(folder):
    db = fresh(folder, "gaps.db")

    def day(n, rest="00:00:00.000"):
        return f"2026-11-{n:02}T{rest}Z"
    for a, b in ((1, 2), (4, 5), (8, 9), (12, 13), (16, 17)):
        insert(db, "play_coverage", user_id="kim", covered_to=day(b),
               covered_from=day(a, "00:00:00.700"), created_at=day(b))
    insert(db, "play_coverage", user_id="lee", covered_from=day(1),
           covered_to=day(2), created_at=day(2))
    insert(db, "play_coverage", user_id="lee", covered_from=day(4),
           covered_to=day(5), created_at=day(5))

    def file(name, user, n, size, a, b):
        insert(db, "streaming_coverage", user_id=user, sha256=name,
               first_row=n, file=name + ".json", rows=10, file_rows=size,
               covered_from=a, covered_to=b)
    # A file in two captures, out of order; its last second is cut.
    file("whole", "kim", 1, 20, day(3), day(4))
    file("whole", "kim", 11, 20, day(1), day(3))
    file("partly", "kim", 1, 20, day(5), day(9))    # half of its rows
    file("cut", "kim", 1, None, day(5), day(9))     # nobody knows its end
    file("short", "kim", 1, 10, day(9, "00:00:01.000"), day(12))
    file("other", "ann", 1, 10, day(1), day(20))    # another person's
    file("zz", "kim", 1, 10, day(13), day(16))
    file("aa", "kim", 1, 10, day(13), day(17))
    same(rows(db, "select user_id, substr(gap_from, 9, 2), closed_by "
              "from play_gaps order by 1, 2"),
         [("kim", "02", "whole.json"), ("kim", "05", None),
          ("kim", "09", None), ("kim", "13", "aa.json"), ("lee", "02", None)],
         "a gap is closed by one whole file that covers it from end to end")
    same(rows(db, "select file, rows, file_rows, is_whole from streaming_files "
              "where user_id = 'kim' and sha256 in ('whole', 'partly', 'cut') "
              "order by file"),
         [("cut.json", 10, None, 0), ("partly.json", 10, 20, 0),
          ("whole.json", 20, 20, 1)], "streaming_files: captures put together")


def plan_of(db, sql):
    """The steps of a plan, each with its parent's number."""
    return [(r["parent"], r["detail"].replace(" TABLE", ""))
            for r in db.execute("explain query plan " + sql)]


def scans_per_row(plan):
    """Steps that read a whole table for each row of another one."""
    readers = collections.defaultdict(list)
    for parent, detail in plan:
        if detail.startswith(("SCAN", "SEARCH")):
            readers[parent].append(detail)
    return [d for steps in readers.values() for d in steps[1:]
            if d.startswith("SCAN")]


def check_last_plays(db):
    for sql in ("select * from plays order by played_at desc limit 10",
                "select * from listens order by played_at desc limit 10",
                "select played_at, track, artists from plays "
                "order by played_at desc limit 10",
                "select * from plays where user_id = 'kim' "
                "order by played_at desc limit 10"):
        plan = plan_of(db, sql)
        ok(plan[0][1] == "MERGE (UNION ALL)" and not any(
            d.startswith(("MATERIALIZE", "SCAN h", "SCAN s", "SCAN e")) and
            " USING " not in d for _, d in plan) and not scans_per_row(plan),
            f"found by an index: {sql}", plan)
    plan = [d for _, d in plan_of(
        db, "select count(*) from plays "
        "where played_at >= '2026-01-01' and played_at < '2026-02-01'")]
    ok(any("SEARCH h USING" in d and "played_at>?" in d for d in plan) and
       any("SEARCH s USING" in d and "ts>?" in d for d in plan),
       "and so is a span of time", plan)


def check_counts(db):
    """Plays are counted in one pass of their index, without their names."""
    for view in ("listening_by_day", "listening_by_hour",
                 "listening_by_track", "top_tracks", "top_artists",
                 "top_albums", "top_recordings"):
        plan = plan_of(db, f"select * from {view}")
        steps = [d for _, d in plan]
        ok(sum("play_history_unique" in d for d in steps) == 1 and
           "SCAN h USING COVERING INDEX play_history_unique" in steps and
           steps.count("SCAN s") >= 1 and not scans_per_row(plan),
           f"{view} reads plays and streams once, and tables by their keys",
           plan)
    for view in "day", "hour":
        plan = plan_of(db, f"select * from listening_by_{view}")
        ok(any(d.startswith("SEARCH t USING AUTOMATIC COVERING INDEX")
               for _, d in plan), "the length of a track is found in a list "
           "of these alone", plan)


def check_plans(db):
    """Views are read as they should be, also with statistics of the tables."""
    for _ in range(2):
        check_last_plays(db)
        check_counts(db)
        db.execute("analyze")
        db.commit()


def main():
    with tempfile.TemporaryDirectory() as folder:
        db = check_without_export(folder)
        check_plans(db)
        h = History(fresh(folder, "both.db"))
        for _ in range(600):
            h.add()
        check_plans(h.db)
        check_listens(h)
        check_top(h)
        check_local(h)
        check_summer_time(folder)
        check_episodes(folder)
        check_names(folder)
        check_recordings(folder)
        check_gaps(folder)
    return tap.finish()


if __name__ == "__main__":
    raise SystemExit(main())
