#!/usr/bin/env python3
"""pages.py MB: prints captures of made-up recently-played pages, 50 plays
each, in the shape of the API: some tracks are played often, most rarely."""
import json
import random
import sys

ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
rnd = random.Random(7)
WORDS = ("amber river stone night engine glass harbor winter paper signal "
         "hollow copper meadow ghost velvet north lantern Füchse søvn 夜").split()
MARKETS = [a + b for a in "ABCDEFGHI" for b in "KLMNOPQRS"]


def ident():
    return "".join(rnd.choice(ALPHABET) for _ in range(22))


def words(n):
    return " ".join(rnd.choice(WORDS) for _ in range(rnd.randint(1, n))).title()


def links(kind, i):
    return {"external_urls": {"spotify": f"https://open.spotify.com/{kind}/{i}"},
            "href": f"https://api.spotify.com/v1/{kind}s/{i}", "id": i,
            "type": kind, "uri": f"spotify:{kind}:{i}"}


def artist():
    return {**links("artist", ident()), "name": words(3)}


def image(size):
    return {"height": size, "width": size,
            "url": f"https://i.scdn.co/image/{rnd.getrandbits(160):040x}"}


def track():
    album = {"album_type": "album", "artists": [artist()],
             "available_markets": MARKETS, **links("album", ident()),
             "images": [image(640), image(300), image(64)],
             "name": words(4), "release_date": f"{rnd.randint(1960, 2026)}-03-01",
             "release_date_precision": "day", "total_tracks": 12}
    return {"album": album, "artists": [artist() for _ in range(rnd.randint(1, 3))],
            "available_markets": MARKETS, "disc_number": 1,
            "duration_ms": rnd.randint(90000, 400000), "explicit": False,
            "external_ids": {"isrc": "XX" + ident()[:10].upper()},
            **links("track", ident()), "is_local": False,
            "name": words(5) + rnd.choice(["", "", ' - "Live"']),
            "popularity": rnd.randint(0, 90), "preview_url": None,
            "track_number": rnd.randint(1, 12)}


def main():
    left = float(sys.argv[1]) * 1e6
    tracks = [json.dumps(track(), ensure_ascii=False, separators=(",", ":"))
              for _ in range(3000)]
    seq = 0
    while left > 0:
        seq += 1
        items = ",".join(
            '{"track":%s,"played_at":"2026-01-%02dT%02d:%02d:%02d.%03dZ",'
            '"context":null}' % (
                tracks[int(len(tracks) * rnd.random() ** 3)],
                1 + seq % 28, i // 3, i, rnd.randrange(60), rnd.randrange(1000))
            for i in range(50))
        line = ('{"type":"capture","run":"01J8ZQ4V6M0000000000000000",'
                '"seq":%d,"endpoint":"recently-played","user":"kim",'
                '"url":"https://api.spotify.com/v1/me/player/recently-played",'
                '"status":200,"fetched_at":"2026-11-22T06:40:00.123Z",'
                '"body":{"items":[%s],"next":null,"cursors":null,"limit":50}}\n'
                % (seq, items))
        left -= len(line.encode())
        sys.stdout.write(line)


main()
