"""Files to be imported, written into the folder that is the argument."""
import json
import os
import sys

os.chdir(sys.argv[1])


def extended(i, **more):
    """A row of the extended history, with a time of its own."""
    row = {
        "ts": "2023-05-%02dT%02d:%02d:46Z" % (i // 1440 + 1, i // 60 % 24, i % 60),
        "username": "kim", "platform": "android", "ms_played": 180000 + i % 7,
        "conn_country": "NZ", "ip_addr_decrypted": "192.0.2.7",
        "user_agent_decrypted": "a private agent",
        "master_metadata_track_name": "Tide",
        "master_metadata_album_artist_name": "Low Sun",
        "master_metadata_album_album_name": "Shore",
        "spotify_track_uri": "spotify:track:t%d" % i,
        "episode_name": None, "episode_show_name": None,
        "spotify_episode_uri": None, "reason_start": "trackdone",
        "reason_end": "trackdone", "shuffle": False, "skipped": None,
        "offline": False, "offline_timestamp": 1682900000 + 60 * i,
        "incognito_mode": False}
    row.update(more)
    return row


def write(name, text):
    with open(name, "w", encoding="utf-8") as file:
        file.write(text)


rows = [extended(i) for i in range(2300)]
# The same stream three times: in other spellings, and in another capture.
rows[5] = extended(4)
rows[9] = extended(8, ts="2023-05-01 00:08:46",
                   offline_timestamp=(1682900000 + 480) * 1000,
                   ip_addr="192.0.2.9", more={"ip_addr": "192.0.2.9", "a": [1]})
rows[1000] = dict(rows[9], platform="ios")
write("extended.json", json.dumps(rows))
