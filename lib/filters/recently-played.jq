# recently-played: what a page of /me/player/recently-played says.
#
# A mapping is a jq program. Its input is one capture: an object with
# `endpoint`, `user`, `status`, `fetched_at`, `body` and so on. Its results
# are rows of the database:
#
#	{table: "tracks", row: {track_id: "...", name: "..."}}
#	{table: "tracks", known: {...}}      the same, but null members are left out
#	{table: ..., op: "delete", row: ...} a row that goes
#	{refuse: "why"}                      a part of the capture to complain of
#
# A column that a row does not name keeps its value; a null erases it. All of
# a capture's rows are taken or, when the program ends in an error, none.
# Functions that are defined nowhere here (track_rows, ms, ...) are shown by
# `sp-transform --print-filter prelude`. To map in another way:
#
#	sp-transform --print-filter recently-played > my.jq
#	sp-transform -f my.jq
#
# The next lines are read by sp-transform, and make it fast: which members,
# at any depth, are never looked at; where the repeating part is, and which
# of its members `rest` reads. sp-transform(1) explains them.
#
# skip: available_markets external_ids external_urls href preview_url
# skip: explicit disc_number track_number is_playable linked_from restrictions
# skip: total_tracks release_date_precision album_type album_group genres
# skip: copyrights label followers cursors next
# unit: .body.items[].track
# keep: id uri

# The track of one play: rows of tracks, albums, artists, track_artists.
def unit: track_rows;

# One play. The API names no user: it is the account of the capture. What
# cannot be one gives nothing here, and is told of by `unusable`.
def play($user; $plain):
	.track as $track
	| (if $track.id then $track.id else $track | track_id end) as $id
	| if $id then
		(if $plain then .played_at else .played_at | time end) as $at
		| if $at then
			.context as $context
			| {table: "play_history", known: {user_id: $user,
				track_id: $id, played_at: $at,
				context_type: $context.type,
				context_uri: $context.uri, source: "spotify"}}
		else empty end
	else empty end;

def unusable:
	range(length) as $i
	| .[$i]
	| if (.track | track_id) == null then
		{refuse: "item \($i + 1) holds no track"}
	elif (.played_at | time) == null then
		{refuse: "item \($i + 1) has no time it was played at"}
	else empty end;

# Playlists that were played from, each with its newest play.
def newest(pairs):
	reduce pairs as $p ({};
		if .[$p[0]] < $p[1] then setpath([$p[0]]; $p[1]) else . end);
def queue($user):
	newest(.[].known
		| if .context_uri then [.context_uri, .played_at] else empty end)
	| newest(to_entries[] | [(.key | playlist_id), .value]
		| if .[0] then . else empty end)
	| to_entries[]
	| {table: "playlist_ingest_queue",
		known: {playlist_id: .key, played_at: .value, user_id: $user}};

# The next fetch goes on from the newest play.
def cursor($user; $newest):
	if $user == null or $newest == null then empty else
		{table: "cursors", row: {user_id: $user, job: "play-history",
			value: ($newest | ms)}}
	end;

# From when on plays were asked for: that is before the cursor, since some
# arrive late.
def asked_from:
	[.cursor, ((.url // "") | split("after=")[1] // ""
		| split("&")[0] // "" | tonumber? // empty)] | min;

# A full first page whose oldest play is newer than the cursor that it was
# planned from: what was played between may be lost, and what came late before.
def gap($oldest; $count):
	if .user == null or (.cursor | type) != "number" or (.page // 1) != 1
		or $count < 50 or $oldest == null or ($oldest | ms) <= .cursor
	then empty else
		{table: "play_gaps", row: {user_id: .user,
			gap_from: (asked_from | iso), gap_to: $oldest}}
	end;

# Elsewhere, what an item holds is called `item` since 2026. Should it be so
# here, it is taken for the track.
def rest:
	.user as $user
	| (.body | object | .items | list("items")) as $told
	| ($told | contains([{item: {}}])) as $renamed
	| (if $renamed then [$told[] | .track = held] else $told end) as $items
	| [$items[] | .played_at] as $times
	| ($times | times_are_plain) as $plain
	| (if $plain then $times else [$times[] | time | values] end) as $at
	| [$items[] | play($user; $plain)] as $plays
	| (if $renamed then $told[] | item_rows else empty end), $plays[],
		(if ($plays | length) < ($items | length) then $items | unusable
		else empty end),
		($plays | queue($user)), cursor($user; $at | max),
		gap($at | min; $items | length), endpoint_status("");

# main
if ok then
	(.body | objects | .items | arrays | .[] | objects | .track | unit), rest
else not_ok("") end
