#!/usr/bin/env python3
"""import.py [--keep] DATABASE FILE...: what one would write to load the files of
an extended streaming history into the tables of sp, columns and all, for the
user "kim". A file that is loaded again changes nothing. With --keep it also
keeps what it has read, as sp-stage does, compressed in pieces of 800 rows."""
import collections
import datetime
import hashlib
import json
import os
import sqlite3
import sys
import zlib

USER = "kim"
PRIVATE = ("username", "ip_addr", "ip_addr_decrypted", "user_agent_decrypted")
COLUMNS = """user_id ts item offline_timestamp ms_played nth form kind track_id
    episode_id started_at phantom track_name artist_name album_name
    episode_name show_name audiobook_title audiobook_uri audiobook_chapter_title
    audiobook_chapter_uri reason_start reason_end skipped shuffle offline
    incognito_mode platform conn_country created_at""".split()
KEY = "ts, user_id, item, offline_timestamp, ms_played, nth"


def iso(ms):
    time = datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc)
    return time.isoformat(timespec="milliseconds")[:23] + "Z"


def clock_of(row, ended):
    """offline_timestamp in milliseconds, which is given in these or seconds."""
    clock = row["offline_timestamp"]
    if not clock or clock < 0 or clock > 9e15:
        return 0
    return int(clock) if clock > 1e11 else round(clock * 1000)


def kind_of(row, is_video):
    if is_video:
        return "video"
    if row["spotify_track_uri"]:
        return "track"
    if row["spotify_episode_uri"] or row["episode_name"]:
        return "episode"
    if row["audiobook_uri"] or row["audiobook_title"]:
        return "audiobook"
    return "track"


def names_of(row):
    names = (row["master_metadata_album_artist_name"],
             row["master_metadata_track_name"], row["episode_show_name"],
             row["episode_name"], row["audiobook_title"],
             row["audiobook_chapter_title"])
    return "\t".join(name for name in names if name is not None)


def streams(rows, is_video, created_at):
    """The rows of streaming_history, in the order of COLUMNS."""
    equal = collections.Counter()
    for row in rows:
        time = datetime.datetime.fromisoformat(row["ts"])
        ended = int(time.timestamp()) * 1000
        played = row["ms_played"]
        clock = clock_of(row, ended)
        in_time = ended - 604800000 <= clock <= ended + 3000
        started = clock if in_time else ended - played
        track = row["spotify_track_uri"]
        episode = row["spotify_episode_uri"]
        item = (track or episode or row["audiobook_chapter_uri"]
                or row["audiobook_uri"] or names_of(row))
        ts = row["ts"][:-1] + ".000Z"
        key = (ts, item, clock, played)
        equal[key] += 1
        yield (USER, ts, item, clock, played, equal[key], "extended",
               kind_of(row, is_video),
               track.removeprefix("spotify:track:") if track else None,
               episode.removeprefix("spotify:episode:") if episode else None,
               iso(started) if started >= 0 else None,
               started < 0 or played > ended - started + 3000,
               row["master_metadata_track_name"],
               row["master_metadata_album_artist_name"],
               row["master_metadata_album_album_name"],
               row["episode_name"], row["episode_show_name"],
               row["audiobook_title"], row["audiobook_uri"],
               row["audiobook_chapter_title"], row["audiobook_chapter_uri"],
               row["reason_start"], row["reason_end"], row["skipped"],
               row["shuffle"], row["offline"], row["incognito_mode"],
               row["platform"], row["conn_country"], created_at)


def keep(db, rows, path, sha256):
    """What was read, without what is private."""
    for first in range(0, len(rows), 800):
        part = [{name: value for name, value in row.items()
                 if name not in PRIVATE} for row in rows[first:first + 800]]
        body = json.dumps(part, separators=(",", ":")).encode()
        cursor = db.execute(
            "insert into staging_bodies (sha256, size, body) values (?, ?, ?)"
            " on conflict (sha256) do update set size = size"
            " returning body_id", (hashlib.sha256(body).digest(), len(body),
                                   zlib.compress(body)))
        db.execute("insert into staging_raw (endpoint, user_id, status,"
                   " file_sha256, first_row, body_id) values"
                   " ('streaming-history', ?, 200, ?, ?, ?)",
                   (USER, sha256, first + 1, cursor.fetchone()[0]))


def load(db, path, keeping):
    with open(path, "rb") as file:
        text = file.read()
    sha256 = hashlib.sha256(text).hexdigest()
    rows = json.loads(text)
    created_at = iso(os.stat(path).st_mtime * 1000)
    db.execute("begin")
    if keeping:
        keep(db, rows, path, sha256)
    others = [column for column in COLUMNS if column not in KEY.split(", ")]
    db.executemany(
        f"insert into streaming_history ({', '.join(COLUMNS)})"
        f" values ({', '.join('?' * len(COLUMNS))}) on conflict ({KEY})"
        " do update set "
        + ", ".join(f"{column} = excluded.{column}" for column in others),
        streams(rows, "video" in path.lower(), created_at))
    ends = [row["ts"] for row in rows]
    db.execute("insert or replace into streaming_coverage (user_id, sha256,"
               " first_row, file, form, rows, file_rows, covered_from,"
               " covered_to) values (?, ?, 1, ?, 'extended', ?, ?, ?, ?)",
               (USER, sha256, os.path.basename(path), len(rows), len(rows),
                min(ends), max(ends)))
    db.execute("commit")


def main():
    arguments = sys.argv[1:]
    keeping = arguments[0] == "--keep"
    database, *files = arguments[keeping:]
    db = sqlite3.connect(database, isolation_level=None)
    db.execute("pragma synchronous = full")
    db.execute("pragma cache_size = -65536")
    for path in files:
        load(db, path, keeping)


main()
