"""Files to be imported, written into the folder that is the argument."""
import io
import json
import os
import sys
import warnings
import zipfile

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


def small(i, **more):
    """A row without a username, as they are since 2023."""
    return {"ts": "2024-02-03T04:%02d:05Z" % i, "ms_played": i,
            "spotify_track_uri": "spotify:track:s%d" % i,
            "ip_addr": "192.0.2.8", **more}


def write(name, data):
    with open(name, "wb") as file:
        file.write(data if isinstance(data, bytes) else data.encode())


def zipped(files, method=zipfile.ZIP_DEFLATED):
    """The bytes of a ZIP; all its files are of one time."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files:
            info = zipfile.ZipInfo(name, (2024, 3, 4, 5, 6, 8))
            info.compress_type = method
            archive.writestr(info, data)
    return out.getvalue()


# An extended history: in it the same stream three times, in other spellings,
# and in another capture.
rows = [extended(i) for i in range(2300)]
rows[5] = extended(4)
rows[9] = extended(8, ts="2023-05-01 00:08:46",
                   offline_timestamp=(1682900000 + 480) * 1000,
                   ip_addr="192.0.2.9", more={"ip_addr": "192.0.2.9", "a": [1]})
rows[1000] = dict(rows[9], platform="ios")
write("extended.json", json.dumps(rows))

# Forms of the same few rows.
few = [small(i) for i in range(4)]
text = json.dumps(few)
write("few.json", text)
write("pretty.json", json.dumps(few, indent=2).replace('": ', '" : '))
write("mark.json", b"\xef\xbb\xbf" + text.encode())
write("joined.json", text + "\n" + json.dumps([small(9)]))
write("escaped.json", text.replace("ip_addr", "\\u0069p_addr"))
write("nul.json", text.encode("utf-16"))
write("latin.json", json.dumps([small(1, platform="Caf\0")]).replace(
    "\\u0000", "\xe9").encode("latin-1"))
write("cut.json", text[:-60])
write("open.json", text[:-1])
write("comma.json", text.replace("}, {", "}\n{", 1))
# Without a quote, a string takes in the beginning of the next row.
write("quote.json", text.replace('192.0.2.8"', "192.0.2.8", 1))
write("long.json", text[:-1] + ', {"a": "%s"}, ' % ("x{" * (1 << 20)) +
      json.dumps(small(9)) + "]")
write("none.json", "[ ]")
write("empty.json", "")
write("page.html", "<html>")
write("other.json", json.dumps({"username": "kim", "country": "NZ"}))

# Basic histories, and a mixed one.
basic = {
    "music": [{"endTime": "2023-05-13 15:3%d" % i, "artistName": "Low Sun",
               "trackName": "Tide", "msPlayed": i} for i in range(3)],
    "podcast": [{"endTime": "2023-05-13 15:35", "podcastName": "Tide Tables",
                 "episodeName": "One", "msPlayed": 1}],
    "audiobook": [{"endTime": "2023-05-13 15:35", "audiobookName": "The Shore",
                   "chapterName": "1", "authorName": "R. Low", "msPlayed": 1}]}
for name, rows in basic.items():
    write(name + ".json", json.dumps(rows))
write("mixed.json", json.dumps(few[:2] + basic["music"] + [small(8), None]))

# Kinds of streams since 2022, by their members alone.
write("kinds.json", json.dumps([
    small(1, spotify_track_uri=None, spotify_episode_uri="spotify:episode:e1"),
    small(2, spotify_track_uri=None, audiobook_uri="spotify:show:b1"),
    small(3, spotify_track_uri=None)]))

# ZIPs.
folder = "Spotify Extended Streaming History/"
files = [
    (folder, ""),
    (folder + "Streaming_History_Audio_2024.json", text),
    (folder + "ReadMeFirst.pdf", "%PDF-1.4"),
    ("__MACOSX/" + folder + "._Streaming_History_Audio_2024.json",
     b"\0\5\x16\7\0\2\0\0Mac OS X"),
    ("MyData/StreamingHistory_music_0.json", json.dumps(basic["music"])),
    ("MyData/Userdata.json", json.dumps({"username": "kim", "country": "NZ"})),
    ("MyData/YourLibrary.json", json.dumps({"tracks": [
        {"artist": "Low Sun", "track": "Tide", "uri": "spotify:track:s1"}]})),
    ("MyData/empty.json", ""), ("MyData/none.json", "[]")]
data = zipped(files)
write("my.zip", data)
write("cut.zip", zipped(
    [("a.json", text), ("b.json", json.dumps([extended(i) for i in range(9)]))],
    zipfile.ZIP_STORED)[:-2000])
write("zip.zip", zipped([("in/my.zip", data), ("after.json",
                                               json.dumps([small(7)]))]))
deep = data
for n in (1, 2):
    deep = zipped([(f"{n}.zip", deep)])
write("deep.zip", zipped([("3.zip", deep), ("after.json",
                                            json.dumps([small(7)]))]))
warnings.simplefilter("ignore")  # of equal names
write("twice.zip", zipped([("a.json", text), ("a.json", json.dumps([small(5)])),
                           ("b.json", text)]))
write("names.zip", zipped([("Größe/\x1b[31m.json", text),
                           ("../../etc/x.json", json.dumps([small(6)]))]))
write("library.zip", zipped(files[5:7]))
write("folder.zip", zipped(files[:1]))
broken = zipped([("a.json", text)], zipfile.ZIP_STORED)
write("crc.zip", broken.replace(b"track:s3", b"track:S3"))
flags = bytearray(zipped([("a.json", text), ("b.json", json.dumps([small(7)]))],
                         zipfile.ZIP_STORED))
flags[6] |= 1
flags[flags.index(b"PK\1\2") + 8] |= 1
write("encrypted.zip", bytes(flags))
write("list.zip", zipped([("a.json", text), ("b.json", '[{"x": ')]))

# What grows by a thousand times.
write("spaces.zip", zipped([("a.json", "[" + " " * (40 << 20) + text[1:])]))
write("bodies.zip", zipped([
    ("a.json", '{"a": "' + "x" * (40 << 20) + '"}'),
    ("b.json", text[:-1] + ', {"a": "' + "x" * (40 << 20) + '"}]'),
    ("c.json", b"\0" * (40 << 20))]))
row = json.dumps(extended(0, platform="x" * 1000)).replace(
    '"ms_played": 180000', '"ms_played": %d')
write("rows.zip", zipped([("a.json", "[" + ",\n".join(
    row % i for i in range(27000)) + "]")]))
