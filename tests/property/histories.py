"""Random histories: what may come down the pipe over the years, on few ids
and few times, so that everything meets everything else.

A history is a list of records: captures of every endpoint, and rows typed by
hand. All that is drawn follows from the seed.
"""
import collections
import json
import random

TRACKS = ["t1", "t2", "t3", "t4"]
ALBUMS = ["a1", "a2"]
ARTISTS = ["x1", "x2", "x3"]
PLAYLISTS = ["p1", "p2", "p3"]
USERS = ["kim", "lee", "zo\u00eb"]
RUNS = ["01RUN1", "01RUN2", "01RUN3"]
NAMES = ["Tide", "Ebb", "", "\u00c9t\u00e9 \"\\\n\u0001\U0001f30a"]
NUMBERS = [0, 1, 2, 10, 2**53 - 1, 2**53 + 1, -2**63, 2**63 - 1]
IMAGES = [[], [{"url": "u1", "width": 64, "height": None}], [{"url": "u2"}]]
ENDPOINTS = ["recently-played", "my-playlists", "playlist", "playlist-items",
             "me", "user", "followed-artists", "audio-features",
             "saved-tracks", "track", "tracks", "album", "artist",
             "streaming-history", "streaming-history-basic"]
API = "https://api.spotify.com/v1/"

# What a user adds to the schema: a column, and a table of one's own.
OWN_SCHEMA = """
alter table tracks add column energy real;
create table moods (day text primary key, mood text,
    stars integer not null default 3, last_updated text, column_times text);
"""


def line(record):
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


class Story:
    """One history in the making."""

    def __init__(self, seed):
        self.r = random.Random(seed)
        r = self.r
        self.times = [f"2026-03-01T00:00:{s:02}.{r.choice((0, 0, 7)):03}Z"
                      for s in r.sample(range(60), r.randint(2, 8))]
        self.seqs = collections.Counter()
        self.request = 0
        self.files = 0
        self.file = None  # of an export, read last
        self.lists = {}  # the items of each playlist, as read last
        self.records = []
        kinds = [self.plays, self.my_playlists, self.reading, self.reading,
                 self.me, self.user, self.followed, self.features,
                 self.export, self.export, self.export, self.saved,
                 self.track, self.tracks, self.album, self.artist,
                 self.refusal, self.row, self.row, self.row,
                 self.queue, self.queue, self.twin]
        # A story of few kinds has more that meets.
        kinds = r.sample(kinds, r.randint(1, len(kinds)))
        for _ in range(r.randint(1, 14)):
            r.choice(kinds)()

    # --- values ---------------------------------------------------------

    def pick(self, values):
        return self.r.choice(values)

    def perhaps(self, n=2):
        return self.r.randrange(n) == 0

    def time(self):
        return self.pick(self.times)

    def some(self, fixed, **members):
        """An object: of the members some are absent, and some null."""
        for name, values in members.items():
            how = self.r.randrange(8)
            if how > 1:
                fixed[name] = self.pick(values)
            elif how == 1:
                fixed[name] = None
        items = list(fixed.items())
        self.r.shuffle(items)
        return dict(items)

    # --- what the API returns -------------------------------------------

    def an_artist(self):
        id = self.pick(ARTISTS)
        return self.some({"id": id}, name=NAMES, images=IMAGES,
                         uri=[f"spotify:artist:{id}"])

    def artists(self):
        return [self.an_artist() for _ in range(self.r.randint(0, 2))]

    def an_album(self):
        if self.perhaps(6):
            return None
        id = self.pick(ALBUMS)
        if self.perhaps():
            return self.some({"id": id}, name=NAMES)
        return self.some({"id": id}, name=NAMES, images=IMAGES,
                         release_date=["1999", "1999-05", "1999-05-04"],
                         uri=[f"spotify:album:{id}"],
                         artists=[self.artists()], available_markets=[["SE"]])

    def a_track(self):
        if self.perhaps(12):
            return None
        if self.perhaps(12):
            return {"id": None, "uri": "spotify:local:a:b:c:9", "name": "c",
                    "is_local": True, "type": "track", "artists": []}
        if self.perhaps(12):
            return {"id": "e1", "uri": "spotify:episode:e1", "name": "talk",
                    "type": "episode"}
        id = self.pick(TRACKS)
        track = self.some({"id": id}, name=NAMES, duration_ms=NUMBERS[:6],
                          uri=[f"spotify:track:{id}"], type=["track"],
                          is_local=[False])
        if self.perhaps():
            self.some(track)
            track["album"] = self.an_album()
            track["artists"] = self.artists()
            track["popularity"] = self.pick([None, 0, 40, 100])
        return track

    def a_user(self, id=None):
        id = id or self.pick(USERS)
        return self.some({"id": id}, display_name=NAMES, images=IMAGES,
                         uri=[f"spotify:user:{id}"], type=["user"])

    def a_playlist(self, id):
        return self.some(
            {"id": id}, name=NAMES, description=NAMES,
            public=[True, False], collaborative=[True, False],
            owner=[self.a_user(), {"id": "spotify"}], images=IMAGES,
            snapshot_id=["s1", "s2"], uri=[f"spotify:playlist:{id}"])

    def an_item(self):
        if self.perhaps(12):
            return None
        by = self.pick([{"id": "kim"}, {"id": "lee", "uri": "u"}, {"id": ""}])
        content = {self.pick(["track", "track", "item"]): self.a_track()}
        return self.some(content, added_at=["2020-01-01T00:00:00Z",
                                         "2020-01-02T00:00:00.5Z", "junk"],
                         added_by=[by], is_local=[False])

    # --- captures -------------------------------------------------------

    def capture(self, endpoint, path, body, run="", **members):
        record = {"type": "capture"}
        if run == "" and not self.perhaps(5):
            run = self.pick(RUNS)
        if run:
            self.seqs[run] += 1
            record.update(run=run, seq=self.seqs[run])
        record["endpoint"] = endpoint
        if not self.perhaps(8):
            record["user"] = self.pick(USERS[:2])
        record["url"] = API + path
        record["status"] = members.pop("status", 200)
        record["fetched_at"] = members.pop("at", None) or self.time()
        record.update(members)
        if body is not None:
            record["body"] = body
        self.records.append(record)

    def plays(self):
        items, more = [], {}
        for _ in range(self.r.choice((0, 1, 3, 5, 50))):
            if len(items) > 6:
                items.append(items[-6])
                continue
            played = f"2026-02-0{self.r.randint(1, 3)}T00:00:00.00{self.r.randint(0, 2)}Z"
            items.append(self.some(
                {"track": self.a_track(), "played_at": played},
                context=[{"type": "playlist",
                          "uri": "spotify:playlist:" + self.pick(PLAYLISTS)},
                         {"type": "playlist", "uri":
                          "spotify:user:zo%C3%AB:playlist:" +
                          self.pick(PLAYLISTS)},
                         {"type": "album", "uri": "spotify:album:a1"},
                         {"uri": "spotify:playlist:"}, {}]))
        if self.perhaps(20):
            items.append({"track": None, "played_at": "never"})
        if self.perhaps():
            more = {"request": 1, "page": self.pick([1, 2])}
        query = self.pick(["limit=50", "before=1769904000000&limit=50",
                           "after=1769904000000"])
        self.capture("recently-played", "me/player/recently-played?" + query,
                     {"items": items, "next": None,
                      "cursors": self.pick([None, {"after": "1"}])}, **more)

    def my_playlists(self):
        items = [self.pick([None, self.a_playlist(self.pick(PLAYLISTS))])
                 for _ in range(self.r.randint(0, 4))]
        for item in items:
            if item and self.perhaps():
                item[self.pick(["tracks", "items"])] = {
                    "total": self.pick([None, 0, 3])}
        path = self.pick(["me/playlists?offset=0", "users/lee/playlists"])
        self.capture("my-playlists", path, {"items": items})

    def reading(self):
        """A playlist, read page after page, with whatever goes wrong."""
        id, run = self.pick(PLAYLISTS), self.pick(RUNS)
        items = [self.an_item() for _ in range(self.r.randint(0, 6))]
        if self.perhaps():  # the same as before
            items = self.lists.get(id, items)
        self.lists[id] = items
        size = self.r.randint(1, 4)
        flaw = self.r.randrange(10)
        times = sorted(self.time() for _ in range(10))
        self.request += 1
        about = {"run": run, "request": self.request}
        if self.perhaps(5):  # as one that was saved
            about = {"run": None}
            size = max(1, len(items))
        elif self.perhaps(5):
            about = {"run": "01SAVED",
                     "list": f"01SAVED/import/{self.request}"}
        name = self.pick(["tracks", "items"])
        body = self.a_playlist(id)
        snapshot = body.get("snapshot_id")
        path = f"playlists/{id}"
        if self.perhaps(6):  # another's, in development mode
            self.capture("playlist", path, body, at=times.pop(0), **about)
            return
        body[name] = {"items": items[:size], "total": len(items),
                      "offset": 0, "next": None}
        if size < len(items) and self.perhaps():
            body[name]["next"] = "n"
        self.capture("playlist", path, body, at=times.pop(0), page=1, **about)
        rest = list(range(size, len(items), size)) + ["check"] * (
            size < len(items) and flaw != 4)
        how = (path, items, size, flaw, snapshot)
        if "request" not in about or "list" in about or self.perhaps(3):
            return self.pages(how, rest, times, about)
        # A limit came, and one or two others go on from there.
        cut = self.r.randint(0, len(rest))
        self.pages(how, rest[:cut], times, about)
        for _ in range(self.r.randint(1, 2)):
            self.request += 1
            more = {"run": self.pick(RUNS), "request": self.request,
                    "list": f"{run}/{about['request']}"}
            if self.perhaps(3):  # it changed meanwhile
                how = (path, [self.an_item() for _ in items], size, flaw,
                       "changed")
            self.pages(how, rest[cut:], list(times), more)

    def pages(self, how, rest, times, about):
        """The pages of a list after the first, and the check."""
        path, items, size, flaw, snapshot = how
        for from_ in rest:
            if from_ == "check":
                if flaw in (5, 6, 7):
                    snapshot = "changed"
                self.capture("playlist", path + "?fields=snapshot_id",
                             {"snapshot_id": snapshot}, at=times.pop(0),
                             check=True, **about)
                continue
            total = len(items) + (flaw in (1, 8))
            if flaw == 2:
                from_ -= 1
            if flaw == 3 and from_ > size:
                continue
            page = {"items": items[from_:from_ + size], "total": total,
                    "offset": from_}
            if flaw == 8 or self.perhaps():
                page["next"] = None if from_ + size >= len(items) else "n"
            if self.perhaps(3):
                del page["offset"]
            self.capture("playlist-items",
                         f"{path}/items?offset={from_}&limit={size}", page,
                         at=times.pop(0), page=from_ // size + 1, **about)

    def me(self):
        self.capture("me", "me", self.a_user("kim"))

    def user(self):
        user = self.a_user()
        self.capture("user", "users/zo%C3%AB", user)

    def followed(self):
        self.capture("followed-artists", "me/following?type=artist",
                     {"artists": {"items": self.artists()}})

    def features(self):
        ids = self.r.sample(TRACKS, 2)
        features = [self.pick([None, self.some(
            {"id": id}, energy=[0.5, 1, 1e-7], tempo=[120.0, 99.999])])
            for id in ids]
        if self.perhaps():
            self.capture("audio-features", "audio-features?ids=" +
                         ",".join(ids), {"audio_features": features})
        else:
            self.capture("audio-features", "audio-features/" + ids[0],
                         {"danceability": self.pick([0.1, 0.25]),
                          "id": ids[0]})

    def saved(self):
        self.capture("saved-tracks", "me/tracks?offset=0", {"items": [
            {"added_at": "2020-01-01T00:00:00Z", "track": self.a_track()}
            for _ in range(self.r.randint(0, 3))]})

    def track(self):
        id = self.pick(TRACKS)
        self.capture("track", "tracks/" + id, self.a_track())

    def tracks(self):
        self.capture("tracks", "tracks?ids=t1,t2",
                     {"tracks": [self.a_track(), self.a_track()]})

    def album(self):
        body = self.an_album() or {"id": "a1"}
        if self.perhaps():
            body["tracks"] = {"items": [self.a_track(), self.a_track()]}
        self.capture("album", "albums/" + body["id"], body)

    def artist(self):
        self.capture("artist", "artists/x1", self.an_artist())

    def a_stream(self):
        """A row of an export, of few that differ in one part of the key; it
        ends when a play does."""
        row = {"ts": f"2026-02-0{self.r.randint(1, 3)}T00:00:0"
                     f"{self.r.randint(0, 2)}Z",
               "ms_played": self.pick([0, 0, 30000, 200000]),
               "offline_timestamp": self.pick([None, 0, 1769903990,
                                               1769904000500])}
        return self.some(
            row, spotify_track_uri=[f"spotify:track:{t}" for t in TRACKS],
            master_metadata_track_name=NAMES,
            master_metadata_album_artist_name=NAMES,
            reason_start=["clickrow", "remote", "appload"],
            reason_end=["trackdone", "fwdbtn", "logout", ""],
            skipped=[0, 1, True, False], incognito_mode=[True, False],
            platform=["web", "tv"], hue=NUMBERS[:4], ip_addr=["192.0.2.1"])

    def a_basic_stream(self):
        return self.some(
            {"endTime": f"2026-02-0{self.r.randint(1, 3)} 00:00",
             "msPlayed": self.pick([0, 30000, 200000])},
            artistName=NAMES, trackName=NAMES[:2])

    def export(self):
        """Rows of a file, which say which of equal ones they are: of a new
        file, or the next ones of the same."""
        if not self.file or self.perhaps():
            self.files += 1
            basic = self.perhaps(3)
            self.file = {
                "row": self.a_basic_stream if basic else self.a_stream,
                "endpoint": "streaming-history" + "-basic" * basic,
                "seen": collections.Counter(), "next": 1,
                "about": {"file": self.pick(["a.json", "Video.json"]),
                          "sha256": f"{self.files:064x}",
                          "file_rows": self.pick([3, 6, 2000])}}
        file, rows, repeats = self.file, [], {}
        for i in range(self.r.randint(0, 5)):
            row = file["row"]()
            key = line([row.get(name) for name in (
                "ts", "endTime", "spotify_track_uri", "artistName",
                "trackName", "master_metadata_track_name",
                "offline_timestamp", "ms_played", "msPlayed")])
            file["seen"][key] += 1
            if file["seen"][key] > 1:
                repeats[str(i)] = file["seen"][key]
            rows.append(row)
        if self.perhaps(12):
            rows.append(self.pick([None, 7, {"ts": "never"}, {}]))
        more = {"repeats": repeats} if repeats else {}
        self.capture(file["endpoint"], "", rows, url=None,
                     first_row=file["next"], rows=len(rows),
                     **file["about"], **more)
        file["next"] += max(1, len(rows))

    def refusal(self):
        endpoint, path = self.pick([
            ("recently-played", "me/player/recently-played"),
            ("playlist", "playlists/" + self.pick(PLAYLISTS)),
            ("playlist-items", f"playlists/{self.pick(PLAYLISTS)}/items"),
            ("audio-features", "audio-features?ids=t1"),
            ("user", "users/lee"), ("track", "tracks/t1"), ("me", "me")])
        status = self.pick([403, 404, 429, 429, 500])
        error = {"status": status, "message": self.pick(NAMES)}
        more = {}
        if status == 429:
            more["retry_at"] = f"2026-04-0{self.r.randint(1, 3)}T00:00:00.000Z"
            if self.perhaps():
                error["reason"] = "QUOTA_EXCEEDED"
        run = self.pick(RUNS)
        body = {"error": error}
        if self.perhaps(4):
            more["text"], body = "Active premium subscription required", None
        if self.perhaps():
            self.request += 1
            more["request"] = self.request
        self.capture(endpoint, path, body, run=run, status=status, **more)

    # --- rows typed by hand ---------------------------------------------

    def a_row(self, table, row, **members):
        self.records.append({"type": "row", "table": table, **members,
                             "row": row, "at": self.time()})

    def queue(self):
        id = {"playlist_id": self.pick(PLAYLISTS)}
        if self.perhaps(3):
            self.a_row("playlist_ingest_queue", id, op="delete")
        else:
            self.a_row("playlist_ingest_queue", self.some(
                id, played_at=self.times[:2], detected_at=self.times[:3],
                user_id=USERS))

    def twin(self):
        """A row once more, observed at the same time, with something else."""
        rows = [r for r in self.records if r["type"] == "row"]
        if not rows:
            return
        one = self.pick(rows)
        others = [r["row"] for r in rows if r["table"] == one["table"]]
        row, other = dict(one["row"]), self.pick(others)
        for name in ("user_id", "name", "mood", "played_at", "status"):
            if name in other and self.perhaps():
                row[name] = other[name]
        if "user_id" in row and one["table"] == "playlist_ingest_queue":
            row["user_id"] = self.pick(USERS)
        self.records.append({**one, "row": row})

    def row(self):
        track, user = self.pick(TRACKS), self.pick(USERS)
        kind = self.r.randrange(12)
        if kind < 3:
            self.a_row("tracks", self.some(
                {"track_id": track}, name=NAMES, duration_ms=NUMBERS,
                is_local=[True, False, 0, 1], energy=[1, 0.5, 1e-3, 1e300],
                audio_features_json=[[], {"a": 1}, "x"], album_id=ALBUMS))
        elif kind == 3:
            self.a_row("play_history", self.some(
                {"track_id": track, "user_id": user,
                 "played_at": "2026-02-01T01:00:00+01:00"},
                context_type=NAMES, source=NAMES))
        elif kind == 4:
            self.a_row("cursors", {"user_id": user, "job": "play-history",
                                   "value": self.pick(NUMBERS)})
        elif kind == 5:
            self.a_row("user_relationships", self.some(
                {"user_id": user, "other_id": "x1", "kind": "follows-artist"},
                first_seen=self.times, last_seen=self.times))
        elif kind == 6:
            self.a_row("users", self.some({"user_id": user},
                       display_name=NAMES, is_me=[True, False],
                       last_refreshed=self.times))
        elif kind == 7:
            row = self.some({"day": self.pick(["monday", "friday"])},
                            mood=NAMES)
            if self.perhaps():
                row["stars"] = self.pick(NUMBERS)
            self.a_row("moods", row)
        elif kind == 8:
            self.a_row("playlists", self.some(
                {"playlist_id": self.pick(PLAYLISTS)}, name=NAMES,
                snapshot_id=["s1", "s3"], last_refreshed=self.times,
                tracks_total=NUMBERS))
        elif kind == 9:
            self.a_row("endpoint_status", self.some(
                {"user_id": user, "endpoint": "me", "subject": ""},
                status=[200, 429], reason=NAMES, retry_at=self.times))
        elif kind == 10:
            self.a_row("albums", self.some({"album_id": "a1"}, name=NAMES,
                       images_json=IMAGES))
        else:
            self.a_row("streaming_history", self.some(
                {"user_id": user, "ts": "2026-02-01T01:00:00+01:00",
                 "item": self.pick(["", "spotify:track:t1"]),
                 "offline_timestamp": 0, "ms_played": 0,
                 "nth": self.pick([1, 2])},
                track_id=TRACKS[:2], track_name=NAMES, phantom=[True, False],
                started_at=self.times))
