#!/usr/bin/env python3
"""The data of a report for a made-up listener, as `sp-report --json` prints it.

usage: example.py [years|year|weeks|large|empty|odd]

A listener is simulated play by play, and everything else is counted from the
plays, so that the numbers agree with each other:

years   five years, from the API and an export, with two gaps (the default)
year    one calendar year
weeks   the first three weeks, from the API alone
large   twelve years
empty   a database without a listen
odd     names that must do no harm: markup, quotes, right-to-left, emoji,
        control characters, a megabyte; counts of one; members left out
"""
import json
import random
import sys
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta

FIRST = """Hollow Salted Distant Paper Copper Northern Quiet Velvet Broken Amber
Static Winter Glass Wooden Electric Pale Crooked Silver Midnight Burning Slow
Coastal Golden Little Lunar Faded Marble Open Feral Blue""".split()
SECOND = """Mountains Gardens Machines Lanterns Harbour Signals Parade Orchard
Rivers Satellites Foxes Cathedral Avenue Weather Ghosts Engines Meadow Tides
Telegraph Choir Horses Letters Islands Pilots Arcade Swallows Kites Atlas
Radio Embers""".split()
PEOPLE = """Mara Lind|Tomas Ilves|Ines Caldeira|Jun Okabe|Noor Haddad|Elsa
Brandt|Sami Korhonen|Lucía Ferrán|Ada Whitlock|Piet van Dael""".replace(
    "\n", " ").split("|")
VERBS = """Waiting Running Dreaming Falling Counting Leaving Sleeping Driving
Burning Learning Dancing Walking""".split()
THINGS = """for Rain|to the Sea|in Colour|on Mondays|at Low Tide|after Midnight|
without You|through Static|under Glass|like Thunder|past the Airport|
over Copenhagen""".replace("\n", "").split("|")
TITLES = """Undertow|Half Light|Postcards|Kilometre Zero|Parallax|Sundial|
Evergreen|Tinderbox|Aftermath|Cartography|Slow Motion|Lighthouse|Ferris Wheel|
Satellite Town|Blue Hour|Second Language""".replace("\n", "").split("|")
# Plays by the hour of the day, on working days and at weekends.
HOURS = (
    [2, 1, 1, 0, 0, 1, 6, 16, 20, 14, 11, 9, 8, 9, 10, 9, 10, 15, 18, 15, 12,
     11, 9, 5],
    [8, 6, 4, 2, 1, 0, 1, 2, 5, 10, 14, 15, 13, 12, 11, 10, 10, 11, 12, 13, 14,
     15, 15, 12])
ENDINGS = (["trackdone"] * 70 + ["fwdbtn"] * 15 + ["endplay"] * 6 +
           ["clickrow"] * 4 + ["backbtn"] * 2 + ["logout"] * 2 +
           ["unexpected-exit-while-paused"])


class Listener:
    """Artists, and the plays of days from `first` to `last`."""

    def __init__(self, first, last, artists, per_day, seed, gap=None):
        self.r = random.Random(seed)
        self.first, self.last = first, last
        self.make_artists(artists)
        self.gaps = [gap] if gap else self.make_gaps()
        self.make_plays(per_day)

    def make_artists(self, count):
        names = [f"{a} {b}" for a in FIRST for b in SECOND]
        self.r.shuffle(names)
        for i, name in enumerate(names):
            if i % 4 == 0:
                names[i] = "The " + name
        names[3:3] = PEOPLE
        days = (self.last - self.first).days + 1
        self.artists = []
        for i, name in enumerate(names[:count]):
            begin = 0 if i < 8 else self.r.randrange(-days // 3, days)
            length = days if i < 4 else self.r.randrange(40, days + 60)
            self.artists.append({
                "name": name, "id": self.make_id(), "begin": begin,
                "end": begin + length, "weight": 30 / (i + 4),
                "tracks": self.make_tracks(name)})

    def make_id(self):
        letters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz0123456789"
        return "".join(self.r.choice(letters) for _ in range(22))

    def make_tracks(self, artist):
        tracks = []
        for _ in range(self.r.randint(1, 3)):
            album, album_id = self.make_title(), self.make_id()
            for _ in range(self.r.randint(4, 11)):
                tracks.append({
                    "track": self.make_title(), "artists": artist,
                    "album": album, "album_id": album_id,
                    "track_id": self.make_id(),
                    "ms": self.r.randint(140, 330) * 1000})
        return tracks

    def make_title(self):
        if self.r.random() < 0.4:
            return self.r.choice(TITLES)
        return f"{self.r.choice(VERBS)} {self.r.choice(THINGS)}"

    def make_gaps(self):
        days = (self.last - self.first).days
        begins = [(self.first + timedelta(int(days * share)), length)
                  for share, length in ((0.44, 26), (0.83, 9)) if days > 100]
        return [(begin, begin + timedelta(length)) for begin, length in begins]

    def make_plays(self, per_day):
        self.plays = []
        day, mood = self.first, 1.0
        while day <= self.last:
            mood = min(2.2, max(0.25, mood + self.r.gauss(0, 0.12)))
            gap = any(a < day < b for a, b in self.gaps)
            if not gap and self.r.random() > 0.06:
                self.make_day(day, per_day * mood)
            day += timedelta(1)
        self.plays.sort(key=lambda p: p[0])

    def make_day(self, day, mean):
        weekend = day.isoweekday() > 5
        index = (day - self.first).days
        living = [a for a in self.artists if a["begin"] <= index < a["end"]]
        weights = [a["weight"] for a in living]
        left = max(1, int(self.r.gauss(mean, mean / 3)))
        while left > 0:
            hour = self.r.choices(range(24), HOURS[weekend])[0]
            at = datetime(day.year, day.month, day.day, hour,
                          self.r.randrange(60), self.r.randrange(60))
            session = min(left, self.r.randint(1, 14))
            left -= session
            for artist in self.r.choices(living, weights, k=session):
                tracks = artist["tracks"]
                track = tracks[int(len(tracks) * self.r.random() ** 2)]
                if at.date() == day:
                    self.plays.append((at, artist, track))
                at += timedelta(milliseconds=track["ms"])


def utc(at):
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def count(plays, key):
    """The plays by key: {key: [listens, ms]}."""
    sums = defaultdict(lambda: [0, 0])
    for play in plays:
        entry = sums[key(play)]
        entry[0] += 1
        entry[1] += play[2]["ms"]
    return sums


def most(sums, limit):
    return sorted(sums.items(), key=lambda s: (-s[1][0], str(s[0])))[:limit]


def months_of(plays, gaps):
    sums = count(plays, lambda p: p[0].strftime("%Y-%m"))
    missing = Counter()
    for begin, end in gaps:
        for i in range((end - begin).days + 1):
            missing[(begin + timedelta(i)).strftime("%Y-%m")] += 1
    months, month = [], plays[0][0].date().replace(day=1)
    while month <= plays[-1][0].date():
        name = month.strftime("%Y-%m")
        listens, ms = sums.get(name, (0, 0))
        months.append({"month": name, "listens": listens, "ms": ms,
                       "days_missing": missing[name]})
        month = (month + timedelta(32)).replace(day=1)
    return months


def tops(plays):
    artists = {p[1]["id"]: p[1] for p in plays}
    tracks = {p[2]["track_id"]: p[2] for p in plays}
    albums = {p[2]["album_id"]: p[2] for p in plays}
    heard = defaultdict(set)
    for p in plays:
        heard[p[1]["id"]].add(p[2]["track_id"])
    return {
        "top_artists": [
            {"artist": artists[i]["name"], "artist_id": i, "listens": n,
             "ms": ms, "tracks": len(heard[i])}
            for i, (n, ms) in most(count(plays, lambda p: p[1]["id"]), 25)],
        "top_tracks": [
            {k: tracks[i][k] for k in ("track", "artists", "album")} |
            {"track_id": i, "listens": n, "ms": ms}
            for i, (n, ms) in most(
                count(plays, lambda p: p[2]["track_id"]), 25)],
        "top_albums": [
            {"album": albums[i]["album"], "artists": albums[i]["artists"],
             "album_id": i, "listens": n, "ms": ms}
            for i, (n, ms) in most(
                count(plays, lambda p: p[2]["album_id"]), 25)]}


def firsts_of(plays):
    firsts = {}
    for at, _, track in plays:
        firsts.setdefault(at.year, {
            "year": at.year, "day": str(at.date()), "track": track["track"],
            "artists": track["artists"]})
    return list(firsts.values())


def loved_of(plays):
    heard = defaultdict(list)
    for play in plays:
        heard[play[1]["id"]].append(play)
    loved = []
    for i, of_artist in heard.items():
        months = count(of_artist, lambda p: p[0].strftime("%Y-%m"))
        loved.append({
            "artist": of_artist[0][1]["name"], "artist_id": i,
            "first_day": str(of_artist[0][0].date()),
            "last_day": str(of_artist[-1][0].date()),
            "months": len(months), "listens": len(of_artist),
            "by_month": [{"month": month, "listens": n, "ms": ms}
                         for month, (n, ms) in months.items()]})
    return sorted(loved, key=lambda a: (-a["months"], -a["listens"]))[:15]


def sessions_of(plays):
    sessions, last = [], None
    for at, _, track in plays:
        end = at + timedelta(milliseconds=track["ms"])
        if last is None or at - last > timedelta(minutes=30):
            sessions.append({"from": at, "to": end, "ms": 0, "listens": 0})
        sessions[-1]["to"] = last = end
        sessions[-1]["ms"] += track["ms"]
        sessions[-1]["listens"] += 1
    longest = max(sessions, key=lambda s: s["ms"])
    return {"count": len(sessions), "ms": sum(s["ms"] for s in sessions),
            "longest": longest | {"from": utc(longest["from"]),
                                  "to": utc(longest["to"])}}


def streaks_of(plays):
    days = sorted({p[0].date() for p in plays})
    streaks = [[days[0], days[0]]]
    for day in days[1:]:
        if day - streaks[-1][1] == timedelta(1):
            streaks[-1][1] = day
        else:
            streaks.append([day, day])

    def as_json(streak):
        return {"from": str(streak[0]), "to": str(streak[1]),
                "days": (streak[1] - streak[0]).days + 1}
    return {"longest": as_json(max(streaks, key=lambda s: s[1] - s[0])),
            "current": as_json(streaks[-1])}


def skips_of(r, plays, tracks):
    endings, of_track = Counter(), defaultdict(lambda: [0, 0])
    for play in plays + r.sample(plays, len(plays) // 8):
        reason = r.choice(ENDINGS)
        endings[reason] += 1
        entry = of_track[play[2]["track_id"]]
        entry[0] += 1
        entry[1] += reason in ("fwdbtn", "clickrow")
    worst = sorted(of_track.items(), key=lambda t: (-t[1][1], -t[1][0]))[:15]
    return {
        "endings": [{"reason": k, "streams": n}
                    for k, n in endings.most_common()],
        "skips": {
            "streams": sum(endings.values()),
            "skipped": endings["fwdbtn"] + endings["clickrow"],
            "tracks": [{"track": tracks[i]["track"],
                        "artists": tracks[i]["artists"],
                        "streams": n, "skipped": skipped}
                       for i, (n, skipped) in worst]}}


PLAYLISTS = [("Monday, slowly", "Kim"), ("Kitchen", "Kim"),
             ("Long drives", "Robin"), ("Rainy trains", "Kim"),
             ("Office, headphones on", "Kim"), ("Found in 2026", "Kim"),
             ("Robin's cellar", "Robin"), ("Dinner for eight", "Ada W.")]


def playlists_of(r, listener):
    tracks = [t for a in listener.artists[:30] for t in a["tracks"]]
    playlists, changes = [], []
    for name, owner in PLAYLISTS:
        day = listener.last - timedelta(r.randrange(2, 200))
        playlists.append({
            "playlist_id": listener.make_id(), "name": name, "owner": owner,
            "tracks": r.randrange(9, 140), "listens": r.randrange(0, 900),
            "updated": str(day)})
    for playlist in r.choices(playlists[:6], k=34):
        track = r.choice(tracks)
        changes.append({
            "day": str(listener.last - timedelta(r.randrange(90))),
            "playlist": playlist["name"],
            "playlist_id": playlist["playlist_id"],
            "change": r.choice(["added", "added", "added", "removed"]),
            "track": track["track"], "artists": track["artists"]})
    changes.sort(key=lambda c: c["day"], reverse=True)
    return {"playlists": playlists, "playlist_changes": changes}


def graph_of(r, listener, listens):
    nodes = [{"id": "user:kim", "name": "Kim", "kind": "me"}]
    edges = []
    for name in ("Robin", "Ada W.", "Tomek", "Jules", "Nadia", "Oskar"):
        nodes.append({"id": "user:" + name, "name": name, "kind": "user"})
        edges.append({"from": "user:kim", "to": "user:" + name,
                      "kind": "follows-playlist-of",
                      "weight": r.randint(1, 3)})
    edges.append({"from": "user:Robin", "to": "user:kim",
                  "kind": "added-to-playlist-of", "weight": 2})
    edges.append({"from": "user:Tomek", "to": "user:Robin",
                  "kind": "collaborates-with", "weight": 1})
    edges.append({"from": "user:Nadia", "to": "user:Jules",
                  "kind": "added-to-playlist-of", "weight": 1})
    for artist in listener.artists[:26]:
        nodes.append({"id": "artist:" + artist["id"], "name": artist["name"],
                      "kind": "artist"})
        edges.append({"from": "user:kim", "to": "artist:" + artist["id"],
                      "kind": "follows-artist",
                      "weight": listens[artist["id"]][0]})
    return {"nodes": nodes, "edges": edges}


def report(first, last, artists=160, per_day=20, seed=4, export=True,
           year=None, gap=None):
    listener = Listener(first, last, artists, per_day, seed, gap)
    r, plays, gaps = listener.r, listener.plays, listener.gaps
    tracks = {p[2]["track_id"]: p[2] for p in plays}
    days = count(plays, lambda p: str(p[0].date()))
    hours = count(plays, lambda p: (p[0].isoweekday(), p[0].hour))
    reach = {"first_day": str(plays[0][0].date()),
             "last_day": str(plays[-1][0].date())}
    middle = str(first + (last - first) * 4 // 5)
    artists_heard = len({p[1]["id"] for p in plays})
    new = len(tracks) // 3 if year else len(tracks)
    data = {
        "version": "0.2.0", "generated_at": f"{last}T18:20:00Z",
        "zone": "Europe/Berlin", "user": {"user_id": "kim", "name": "Kim"},
        "period": {"from": reach["first_day"], "to": reach["last_day"],
                   "since": None, "until": None, "year": year},
        "totals": {
            "listens": len(plays), "ms": sum(p[2]["ms"] for p in plays),
            "tracks": len(tracks), "artists": artists_heard,
            "albums": len({p[2]["album_id"] for p in plays}),
            "new_tracks": new,
            "new_artists": artists_heard // (4 if year else 1),
            "days": len(days)},
        "days": [{"day": d, "listens": n, "ms": ms}
                 for d, (n, ms) in sorted(days.items())],
        "hours": [{"weekday": w, "hour": h, "listens": n, "ms": ms}
                  for (w, h), (n, ms) in sorted(hours.items())],
        "months": months_of(plays, gaps),
        "gaps": [{"from": f"{a}T10:00:00Z", "to": f"{b}T08:00:00Z",
                  "first_day": str(a), "last_day": str(b)} for a, b in gaps],
        "firsts": firsts_of(plays), "loved": loved_of(plays),
        "sessions": sessions_of(plays), "streaks": streaks_of(plays),
        "endings": [], "skips": None, "kinds": [],
        "graph": graph_of(r, listener, count(plays, lambda p: p[1]["id"])),
        "incognito": {"included": False, "listens": 0},
        "files": [], "missing": [{"what": "gaps", "count": len(gaps)}],
        "sources": [{"source": "api", "listens": len(plays)} | reach]}
    data |= tops(plays) | playlists_of(r, listener)
    if export:
        data |= skips_of(r, plays, tracks)
        old = sum(p[0].date() < date.fromisoformat(middle) for p in plays)
        data["sources"] = [
            {"source": "export", "listens": old,
             "first_day": reach["first_day"], "last_day": middle},
            {"source": "api", "listens": len(plays) - old,
             "first_day": middle, "last_day": reach["last_day"]}]
        data["files"] = [
            {"file": "Streaming_History_Audio_2021-2023_0.json",
             "form": "extended", "rows": old // 2,
             "first_day": reach["first_day"], "last_day": "2023-06-11"},
            {"file": "Streaming_History_Audio_2023-2025_1.json",
             "form": "extended", "rows": old - old // 2,
             "first_day": "2023-06-11", "last_day": middle}]
        data["incognito"]["listens"] = len(plays) // 40
        data["kinds"] = [
            {"kind": "track", "listens": len(plays) - 213,
             "ms": data["totals"]["ms"] - 213 * 1800000},
            {"kind": "episode", "listens": 212, "ms": 212 * 1800000},
            {"kind": "audiobook", "listens": 1, "ms": 1800000}]
        data["missing"] += [{"what": "unnamed_tracks", "count": 41},
                            {"what": "refused", "count": 1}]
    return data


def empty():
    return {
        "version": "0.2.0", "generated_at": "2026-11-30T18:20:00Z",
        "zone": "Europe/Berlin", "user": None,
        "period": {"from": None, "to": None, "since": None, "until": None,
                   "year": None},
        "totals": dict.fromkeys(("listens", "ms", "tracks", "artists",
                                 "albums", "new_tracks", "new_artists",
                                 "days"), 0),
        "sessions": {"count": 0, "ms": 0, "longest": None},
        "streaks": {"longest": None, "current": None}, "skips": None,
        "graph": {"nodes": [], "edges": []}} | {name: [] for name in (
            "days", "hours", "months", "gaps", "top_artists", "top_tracks",
            "top_albums", "firsts", "loved", "endings", "playlists",
            "playlist_changes", "sources", "files", "missing")}


ODD = ["<script>alert(1)</script>", "</style></title><img src=x onerror=a>",
       "\"quoted\" & 'quoted' &amp; <b>", "فيروز والليل الطويل", "שלום עולם",
       "🎧🎶👩🏽‍🚀🏳️‍🌈 party", "\u0000\u0001\u001b[31mred\u0085\u009f\ufffe\uffff",
       "\u202eevil\u202c \u2066left", "M" * 1_000_000, "", "   ",
       "長い日本語の名前がここにあります長い日本語の名前がここにあります",
       "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen" * 3,
       "﷽﷽﷽", "Z̷̢̛͉͎̪̤̩̜̹̈́͊̐͗̾͊ä̸́l̶̈́g̷̈o̶̽", 
       "javascript:alert(1)", "${x} \\(y) {{z}} %s"]


def odd():
    data = report(date(2025, 12, 28), date(2026, 2, 3), 40, 6, seed=9)
    names = iter(ODD * 40)
    for member in data.values():
        for row in member if isinstance(member, list) else []:
            for key in ("artist", "track", "artists", "album", "name",
                        "playlist", "owner", "reason", "file"):
                if key in row:
                    row[key] = next(names)
    data["user"]["name"] = ODD[0] + ODD[3]
    for row in data["skips"]["tracks"]:
        row["track"] = next(names)
    for node in data["graph"]["nodes"]:
        node["name"] = next(names)
    data["graph"]["edges"].append(
        {"from": "nobody", "to": "user:kim", "kind": ODD[0], "weight": 1})
    data["top_artists"][0]["artist"] = None
    data["top_artists"][-1]["listens"] = 1
    data["zone"] = ODD[0]
    data["missing"] = [{"what": ODD[0], "count": 1}]
    data["unknown"] = {"member": 1}
    del data["streaks"], data["totals"]["albums"]
    return data


KINDS = {
    "years": lambda: report(date(2022, 1, 9), date(2026, 11, 30)),
    "year": lambda: report(date(2026, 1, 1), date(2026, 11, 30), year=2026),
    "weeks": lambda: report(date(2026, 11, 9), date(2026, 11, 30), 30,
                            export=False),
    "day": lambda: report(date(2026, 11, 30), date(2026, 11, 30), 9, 40,
                          export=False),
    "broken": lambda: report(date(2024, 1, 9), date(2026, 11, 30), 30, 4,
                             gap=(date(2024, 6, 10), date(2026, 11, 21))),
    "large": lambda: report(date(2015, 3, 1), date(2026, 11, 30), 400, 60),
    "empty": empty, "odd": odd}


if __name__ == "__main__":
    kind = sys.argv[1] if len(sys.argv) > 1 else "years"
    if len(sys.argv) > 2 or kind not in KINDS:
        sys.exit(__doc__)
    json.dump(KINDS[kind](), sys.stdout, ensure_ascii=False)
    print()
