# pages.awk: made-up captures of recently-played, one a line, 50 plays each.
#
#	awk -v pages=1000 -v tracks=6000 -v full=1 -f pages.awk
#
# full=1 has the fields that new applications are not given any more
# (available_markets above all), full=0 has not. Plays come in the order of
# time; tracks are chosen so that few are played often and many once.
function markets(  i, s)
{
	s = ""
	for (i = 0; i < 180; i++)
		s = s (i ? "," : "") "\"" substr(letters, 1 + i % 26, 1) \
		    substr(letters, 1 + int(i / 7) % 26, 1) "\""
	return "\"available_markets\":[" s "],"
}
function id(kind, n)
{
	return sprintf("%s%019.0fx", kind, n * 7919)
}
function artist(n,  a)
{
	a = id("ar", n)
	return "{\"external_urls\":{\"spotify\":\"https://open.example/artist/" \
	    a "\"},\"href\":\"https://api.example/v1/artists/" a "\",\"id\":\"" \
	    a "\",\"name\":\"The Band No. " n "\",\"type\":\"artist\"," \
	    "\"uri\":\"spotify:artist:" a "\"}"
}
function track(n,  t, l, al, s, i)
{
	t = id("tr", n)
	l = int(n / 9)
	al = id("al", l)
	s = ""
	for (i = 0; i < 3; i++)
		s = s (i ? "," : "") "{\"height\":" 640 / (i * i + 1) \
		    ",\"url\":\"https://img.example/image/ab67616d0000b273" \
		    al i "\",\"width\":" 640 / (i * i + 1) "}"
	return "{\"album\":{\"album_type\":\"album\",\"artists\":[" \
	    artist(l % 2000) "]," (full ? market_list : "") \
	    "\"external_urls\":{\"spotify\":\"https://open.example/album/" al \
	    "\"},\"href\":\"https://api.example/v1/albums/" al \
	    "\",\"id\":\"" al "\",\"images\":[" s "],\"name\":\"Songs of the " \
	    "Year " l "\",\"release_date\":\"" 1960 + l % 66 "-03-0" 1 + l % 9 \
	    "\",\"release_date_precision\":\"day\",\"total_tracks\":9," \
	    "\"type\":\"album\",\"uri\":\"spotify:album:" al "\"}," \
	    "\"artists\":[" artist(l % 2000) \
	    (n % 3 ? "" : "," artist((n + 11) % 2000)) "]," \
	    (full ? market_list : "") "\"disc_number\":1,\"duration_ms\":" \
	    120000 + n % 240000 ",\"explicit\":false," \
	    (full ? "\"external_ids\":{\"isrc\":\"XXA0" n "\"}," : "") \
	    "\"external_urls\":{\"spotify\":\"https://open.example/track/" t \
	    "\"},\"href\":\"https://api.example/v1/tracks/" t "\",\"id\":\"" t \
	    "\",\"is_local\":false,\"name\":\"Song Number " n " (Live)\"," \
	    (full ? "\"popularity\":" n % 100 "," : "") \
	    "\"preview_url\":null,\"track_number\":" 1 + n % 9 \
	    ",\"type\":\"track\",\"uri\":\"spotify:track:" t "\"}"
}
# 2026-01-01 and n * 200 seconds on, within the year.
function when(n,  day, s, m)
{
	s = n * 200
	day = int(s / 86400) % 336
	m = int(day / 28)
	s %= 86400
	return sprintf("2026-%02d-%02dT%02d:%02d:%02d.%03dZ", m + 1,
	    day % 28 + 1, int(s / 3600), int(s / 60) % 60, s % 60, n % 1000)
}
BEGIN {
	letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	market_list = markets()
	srand(7)
	for (p = 0; p < pages; p++) {
		printf "{\"type\":\"capture\",\"seq\":%d,\"run\":\"01J\"," \
		    "\"endpoint\":\"recently-played\",\"user\":\"listener\"," \
		    "\"url\":\"https://api.example/v1/me/player/" \
		    "recently-played?limit=50\",\"status\":200," \
		    "\"fetched_at\":\"2026-12-01T00:00:00.000Z\"," \
		    "\"body\":{\"items\":[", p + 1
		for (i = 0; i < 50; i++) {
			r = rand()
			n = int(tracks * r * r * r)
			if (!(n in known))
				known[n] = track(n)
			pl = id("pl", n % 40)
			printf "%s{\"track\":%s,\"played_at\":\"%s\"," \
			    "\"context\":%s}", i ? "," : "", known[n],
			    when(p * 50 + 49 - i), i % 3 == 0 ? "null" : \
			    "{\"type\":\"playlist\",\"href\":\"https://" \
			    "api.example/v1/playlists/" pl "\",\"external_urls\":" \
			    "{},\"uri\":\"spotify:playlist:" pl "\"}"
		}
		printf "],\"next\":null,\"cursors\":{\"after\":\"1\"," \
		    "\"before\":\"1\"},\"limit\":50}}\n"
	}
}
