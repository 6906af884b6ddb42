#!/usr/bin/env python3
"""A made-up history of captures, as sp-stage reads them: history.py SEED END
prints runs of ten months before END (Unix seconds), "hSEED-" before their
names. Few things are asked for again and again while they change; runs fail,
and what is answered is cut, refused, limited, or the same as before."""
import json
import random
import sys

rng = random.Random(int(sys.argv[1]))
end = int(sys.argv[2]) * 1000
calm = rng.random() < 0.4  # no run fails
users = ["kim", "lee", "ana"]
tracks = [f"track{i}" for i in range(7)]
artists = [f"artist{i}" for i in range(5)]
lists = [f"list{i}" for i in range(4)]
now = end - rng.randrange(200, 300) * 86400000
plays = []
items = {p: [] for p in lists}
version = dict.fromkeys(lists, 0)


def iso(ms):
    import datetime
    t = datetime.datetime.fromtimestamp(ms // 1000, datetime.timezone.utc)
    return t.strftime("%Y-%m-%dT%H:%M:%S") + f".{ms % 1000:03d}Z"


def some(members):
    """Each capture has some of all the data."""
    return {k: v for k, v in members.items() if rng.random() < 0.9}


def artist(a):
    return {"id": a, **some({"name": f"{a} {rng.randrange(3)}",
                             "uri": f"spotify:artist:{a}"})}


def track(t):
    return {"id": t, "type": "track", "uri": f"spotify:track:{t}", **some({
        "name": f"{t} {rng.randrange(3)}", "duration_ms": rng.randrange(9),
        "artists": [artist(a) for a in rng.sample(artists, rng.randrange(3))],
        "album": {"id": f"album{int(t[5:]) // 3}", **some({
            "name": f"A{rng.randrange(3)}", "release_date": "2001"})}})}


def user(u):
    return {"id": u, **some({"display_name": f"{u} {rng.randrange(3)}"})}


def playlist(p):
    return {"id": p, "owner": user(rng.choice(users)), **some({
        "name": f"{p} {rng.randrange(3)}", "public": rng.random() < 0.5,
        "description": None, "collaborative": rng.random() < 0.3,
        "snapshot_id": str(version[p])})}


def play_on():
    """Time goes on, mostly with music."""
    global now
    if rng.random() < 0.2:
        return  # the next capture comes in the same millisecond
    now += rng.choice([1, 999, 60000, 3600000, 86400000, 9 * 86400000])
    for _ in range(rng.randrange(4)):
        plays.append((now - rng.randrange(1, 100000), rng.choice(tracks),
                      rng.choice(lists + [None])))
    if rng.random() < 0.4:
        p = rng.choice(lists)
        version[p] += 1
        items[p] = [rng.choice(tracks) for _ in range(rng.randrange(8))]


def recently_played():
    """The last plays, often the same as before, or none."""
    shown = plays[-rng.choice([0, 0, 3, 6]):] if rng.random() < 0.6 else []
    body = {"items": [{
        "track": track(t), "played_at": iso(ms), "context": p and {
            "type": "playlist", "uri": f"spotify:playlist:{p}"}}
        for ms, t, p in shown]}
    if rng.random() < 0.1:
        body["items"].append({"played_at": iso(now)})  # is refused
    more = {"request": 1}
    if rng.random() < 0.2:  # it does not reach back to the page before it
        body["items"] += [{"track": {"id": f"old{i}"},
                           "played_at": iso(now - 1000 - i * 1000)}
                          for i in range(50)]
    yield "recently-played", "/v1/me/player/recently-played", body, more


def my_playlists():
    mine = rng.sample(lists, rng.randrange(1, 5))
    for n, p in enumerate(mine):
        yield ("my-playlists", f"/v1/me/playlists?offset={n}",
               {"items": [playlist(p)], "offset": n, "total": len(mine)},
               {"request": 1})


def pages():
    """A playlist on some pages, sometimes not all, or changed meanwhile."""
    p = rng.choice(lists)
    request = rng.randrange(1, 4)
    size = rng.choice([1, 3, 9])
    listed = list(items[p])
    starts = list(range(0, max(len(listed), 1), size))
    if rng.random() < 0.15:
        starts.pop(rng.randrange(len(starts)))
    more = {"request": request}
    if rng.random() < 0.1:
        more["list"] = f"resumed/{request}"
    for at in starts:
        page = {"offset": at, "total": len(listed), "items": [
            {"added_at": "2020-01-01T00:00:00Z", "added_by": user("lee"),
             "track": track(t)} for t in listed[at:at + size]]}
        if at == 0:
            yield ("playlist", f"/v1/playlists/{p}",
                   {**playlist(p), "tracks": page}, dict(more))
        else:
            yield ("playlist-items", f"/v1/playlists/{p}/tracks?offset={at}",
                   page, dict(more))
    if len(starts) > 1 and rng.random() < 0.8:
        yield ("playlist", f"/v1/playlists/{p}?fields=snapshot_id",
               {"id": p, "snapshot_id": str(version[p])},
               {**more, "check": True})


def single():
    kind = rng.choice(["me", "user", "track", "tracks", "audio-features",
                       "followed-artists", "saved-tracks", "gone"])
    t, u, p = rng.choice(tracks), rng.choice(users), rng.choice(lists)
    if kind == "me":
        yield "me", "/v1/me", user("kim"), {}
    elif kind == "user":
        yield "user", f"/v1/users/{u}", user(u), {}
    elif kind == "track":
        yield "track", f"/v1/tracks/{t}", track(t), {}
    elif kind == "tracks":
        yield "tracks", f"/v1/tracks?ids={t}", {"tracks": [track(t)]}, {}
    elif kind == "audio-features":
        yield ("audio-features", f"/v1/audio-features?ids={t}",
               {"audio_features": [rng.choice([None, {
                   "id": t, "energy": rng.random()}])]}, {})
    elif kind == "followed-artists":
        yield ("followed-artists", "/v1/me/following", {"artists": {
            "items": [artist(rng.choice(artists))]}}, {})
    elif kind == "saved-tracks":
        yield "saved-tracks", "/v1/me/tracks", {"items": [
            {"track": track(t)}]}, {}
    else:
        yield ("playlist", f"/v1/playlists/{p}",
               {"error": {"status": 404, "message": "Not found."}},
               {"status": rng.choice([404, 403, 429]), "request": 1,
                "optional": True})


def emit(record):
    print(json.dumps(record, separators=(",", ":")))


for n in range(rng.randrange(10, 60)):
    run, seq = f"h{sys.argv[1]}-{n:03d}", 0
    how = "complete"
    if not calm:
        how = rng.choice(["complete"] * 7 + ["deferred", "failed", "cut"])
    bare = n > 0 and not calm and rng.random() < 0.05  # of no run at all
    if not bare:
        emit({"type": "run", "run": run, "job": "test", "user": "kim",
              "started_at": iso(now)})
    for _ in range(rng.randrange(1, 5)):
        play_on()
        for endpoint, url, body, more in rng.choice(
                [recently_played, recently_played, my_playlists, pages,
                 pages, single, single])():
            if rng.random() < 0.6:
                now += rng.randrange(3)
            seq += 1
            at = iso(now)
            if now % 1000 == 0 and rng.random() < 0.5:
                at = at[:19] + "Z"
            emit({"type": "capture", "run": run, "seq": seq,
                  "endpoint": endpoint, "user": "kim",
                  "url": "https://api.example" + url, "status": 200,
                  "fetched_at": at, **more, "body": body})
    if how != "cut" and not bare:
        emit({"type": "end", "run": run, "status": how, "ledger": [],
              **({"reason": "so it is", "exit": 75} if how != "complete"
                 else {})})
