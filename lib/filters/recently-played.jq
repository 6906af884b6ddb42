# recently-played: what a page of /me/player/recently-played says.
#
# A mapping is a jq program. Its input is one capture: an object with
# `endpoint`, `user`, `status`, `fetched_at`, `body` and so on. Its results
# are rows of the database:
#
#	{table: "tracks", row: {track_id: "...", name: "..."}}
#	{table: "tracks", known: {...}}      the same, but null members are left out
#	{table: ..., op: "delete", row: ...} a row that goes
#	{refuse: "why", place: "which"}      a part of the capture to complain of
#
# A column that a row does not name keeps its value; a null erases it. All of
# a capture's rows are taken or, when the program ends in an error, none.
# Functions that are defined nowhere here (track_rows, ms, ...) are shown by
# `sp-transform --print-filter prelude`. To map in another way:
#
#	sp-transform --print-filter recently-played > my.jq
#	sp-transform -f my.jq
#
# The next lines are read by sp-transform, which explains them in its page:
# which members, at any depth, are never looked at; what others are, so that
# whatever is of another kind is refused by itself and not met here; where the
# repeating part is, and which of its members `rest` reads.
#
# skip: available_markets external_ids external_urls href preview_url
# skip: explicit disc_number track_number is_playable linked_from restrictions
# skip: total_tracks release_date_precision album_type album_group genres
# skip: copyrights label followers cursors next
# shape: id:text uri:text name:text type:string album:object artists:array
# shape: artists[]:object images:array release_date:date is_local:boolean
# shape: duration_ms:length|object totalMilliseconds:length popularity:number episode:boolean
# shape: items[]:object track:object|boolean item:object context:object
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

def unusable($odd):
	range(length) as $i
	| .[$i]
	| if $odd[$i | tostring] then empty
	elif (.track | track_id) == null then
		{place: place($i), refuse: "holds no track"}
	elif (.played_at | time) == null then
		{place: place($i), refuse: "has no valid 'played_at'"}
	else empty end;

# Playlists that were played from, each with its newest play. A play of the
# future names none yet: nothing would be newer.
def newest(pairs):
	reduce pairs as $p ({};
		if .[$p[0]] < $p[1] then setpath([$p[0]]; $p[1]) else . end);
def queue($user; $now):
	newest(.[].known
		| if .context_uri and ($now == null or .played_at <= $now)
		then [.context_uri, .played_at] else empty end)
	| newest(to_entries[] | [(.key | playlist_id), .value]
		| if .[0] then . else empty end)
	| to_entries[]
	| {table: "playlist_ingest_queue",
		known: {playlist_id: .key, played_at: .value, user_id: $user}};

# What was asked for by a plan, as against by hand or what was saved.
def planned: .request != null and .user != null;

# A time of the page's URL, in milliseconds; null where it has none.
def bound($name):
	.url | query($name) // "" | tonumber? // null
	| if . == null or . < 0 then null else floor end;

# A page leaves out no play that the API had between its oldest and its newest
# one. Asked for what was before a time, as the next pages are, it reaches up
# to that; the next pages of what was after a time reach down to it.
def covered($from; $to; $now):
	bound("before") as $before
	| (if (.page // 1) > 1 then bound("after") else null end) as $after
	| {table: "play_coverage", row: {user_id: .user,
		covered_from: (if $after != null and $after < ($from | ms)
			then $after | iso else $from end),
		covered_to: (if $before != null and $before > ($to | ms)
			and $before <= ($now | ms) then $before | iso else $to end)}};

# A planned answer says what is known of the plays, and moves the cursor to the
# newest. Dates of the future, or from before Spotify was founded, say nothing.
def progress($times; $now):
	[$times[] | if . <= $now and . >= "2006" then . else empty end] as $known
	| if (planned | not) or ($known | length) == 0 then empty else
		($known | max) as $newest
		| {table: "cursors", row: {user_id: .user, job: "play-history",
			value: ($newest | ms)}},
		covered($known | min; $newest; $now)
	end;

# Elsewhere, what an item holds is called `item` since 2026. Should it be so
# here, it is taken for the track.
def rest:
	.user as $user
	| (.fetched_at | time) as $now
	| sp_odd_whole as $odd
	| (.body | object | .items | list("items")) as $told
	| ($told | contains([{item: {}}]) or contains([{track: true}])
		or contains([{track: false}])) as $renamed
	| (if $renamed then [$told[] | .track = held] else $told end) as $items
	| [$items[] | .played_at] as $times
	| ($times | times_are_plain) as $plain
	| (if $plain then $times else [$times[] | time | values] end) as $at
	| [$items[] | play($user; $plain)] as $plays
	| (if $renamed then $told[] | item_rows else empty end), $plays[],
		(if ($plays | length) < ($items | length) then
			$items | unusable($odd)
		else empty end),
		($plays | queue($user; $now)), progress($at; $now),
		endpoint_status("");

# main
if ok then
	(.body | objects | .items | arrays | .[] | objects | .track | unit), rest
else not_ok("") end
