# Row records of made-up plays, as sp-transform makes them from pages of 50:
#
#	awk -v plays=N -v mode=mixed|unique|plays -f rows.awk
#
# In "mixed", tracks are played again and again, a few of them often; in
# "unique", none is. "plays" is the same as "mixed", but without the tracks, their
# artists and albums. With -v from=N, these are the plays after the first N; they
# begin in `year` (2020) and are `step` seconds (180) apart.

# Ids come in no order, as Spotify's do.
function make_id(prefix, n) {
	return sprintf("%010.0f%s%011d", n * 2654435761 % 4294967296, prefix, n)
}

function when(seconds) {
	# Days of a year of twelve months of 28: good enough, and quick.
	return sprintf("%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
	    year + int(seconds / 29030400), 1 + int(seconds / 2419200) % 12,
	    1 + int(seconds / 86400) % 28, int(seconds / 3600) % 24,
	    int(seconds / 60) % 60, seconds % 60, seconds % 1000)
}

function row(table, object) {
	printf("{\"type\":\"row\",\"table\":\"%s\",\"row\":{%s}," \
	    "\"at\":\"%s\",\"src\":\"%s/%d\"}\n", table, object, at, run, page)
}

function entity(key, key_id, name, kind, n) {
	return sprintf("\"%s\":\"%s\",\"name\":\"%s %d\"," \
	    "\"uri\":\"spotify:%s:%s\"", key, key_id, name, n, kind, key_id)
}

function play(n, album, artist, guest, t) {
	# Mixed, an album has 8 tracks, an artist has two albums.
	album = make_id("b", mode == "unique" ? n : int(n / 8))
	artist = make_id("a", mode == "unique" ? n : int(n / 16))
	guest = make_id("g", mode == "unique" ? n : int(n / 64))
	t = make_id("t", n)
	if (mode != "plays")
		entities(n, album, artist, guest, t)
	row("play_history", "\"user_id\":\"listener\",\"track_id\":\"" t \
	    "\",\"played_at\":\"" when(clock) "\",\"context_type\":" \
	    "\"playlist\",\"context_uri\":\"spotify:playlist:" make_id("p", n % 40) \
	    "\",\"source\":\"spotify\"")
}

function entities(n, album, artist, guest, t) {
	row("artists", entity("artist_id", artist, "Artist", \
	    "artist", n))
	row("artists", entity("artist_id", guest, "Guest", \
	    "artist", n))
	row("albums", entity("album_id", album, "Album", "album", n) \
	    ",\"release_date\":\"2001-02-03\",\"images_json\":[{\"url\":" \
	    "\"https://i.example/" album "\",\"height\":640,\"width\":640}]")
	row("tracks", entity("track_id", t, "Track", "track", n) \
	    ",\"album_id\":\"" album "\",\"duration_ms\":" 100000 + n \
	    ",\"is_local\":false,\"popularity\":" n % 100)
	row("track_artists", "\"track_id\":\"" t "\",\"artist_id\":\"" \
	    artist "\"")
	row("track_artists", "\"track_id\":\"" t "\",\"artist_id\":\"" \
	    guest "\"")
}

BEGIN {
	srand(1 + from)
	if (!year)
		year = 2020
	if (!step)
		step = 180
	run = "01JBENCH000000000000000000"
	page = int(from / 50)
	for (i = from; i < from + plays; i++) {
		clock = (i + 1) * step
		if (i % 50 == 0) {
			page++
			at = when(clock + 9000)
		}
		play(mode == "unique" ? i : int(20000 * rand() ^ 4))
	}
}
