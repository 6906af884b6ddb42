# recently-played: a page of /me/player/recently-played.
#
# A mapping is a jq program. Its input is one capture: an object with
# `endpoint`, `user`, `status`, `fetched_at`, `body` and so on. Its results
# are rows of the database:
#
#	{table: "tracks", row: {track_id: "...", name: "..."}}
#	{table: "tracks", known: {...}}      the same, but null members are left out
#	{table: ..., known: ..., of: OBJECT} and with the columns that an object of
#	                                     the API has, as the prelude declares
#	{table: ..., op: "delete", row: ...} a row to delete
#	{refuse: "why", place: "which"}      a part of the capture that is refused
#
# A column that a row does not name keeps its value; a null erases it. If the
# program ends in an error, none of the capture's rows is used. Functions that
# are not defined here (track_rows, ms, ...) are shown by `sp-transform
# --print-filter prelude`. To change a mapping:
#
#	sp-transform --print-filter recently-played > my.jq
#	sp-transform -f my.jq
#
# The next lines declare of what kinds values are: one of another kind is refused
# before the mapping runs; see sp-transform(1).
#
# shape: id:text uri:text name:text type:string album:object artists:array
# shape: artists[]:object images:array release_date:date is_local:boolean
# shape: duration_ms:length|object totalMilliseconds:length
# shape: popularity:number episode:boolean explicit:boolean disc_number:length track_number:length
# shape: external_ids:object isrc:text linked_from:object album_type:string
# shape: total_tracks:number release_date_precision:string show:object
# shape: description:string publisher:string total_episodes:number
# shape: items[]:object track:object|boolean item:object context:object

# The row of an item that was played at a time, or its refusal. The API names no
# user: it is that of the capture.
def play($user; $at; $i; $odd):
	item_track as $track
	| ($track | is_episode) as $episode
	| ($track | if $episode then episode_id else track_id end) as $id
	| if $id != null and $at != null then
		{table: (if $episode then "episode_history" else "play_history" end),
			known: {user_id: $user,
				(if $episode then "episode_id" else "track_id" end): $id,
				played_at: $at, context_type: .context.type,
				context_uri: .context.uri, source: "spotify"}}
	elif $odd["\($i)"] then empty
	elif $id == null then {place: place($i), refuse: "holds no track"}
	else {place: place($i), refuse: "has no valid 'played_at'"} end;

# Playlists that were played from, each with its newest play. A play in the
# future is left out, as it would stay the newest one.
def queue($plays; $now):
	.user as $user
	| reduce ($plays[].known
		| select($now == null or .played_at <= $now)
		| {id: (.context_uri | playlist_id), at: .played_at}
		| select(.id)) as $play ({};
		if .[$play.id] < $play.at then .[$play.id] = $play.at else . end)
	| to_entries[]
	| {table: "playlist_ingest_queue",
		known: {playlist_id: .key, played_at: .value, user_id: $user}};

# Whether the request comes from a plan, not from a user or a saved body.
def planned: .request != null and .user != null;

# A time in the page's URL, in milliseconds; null if it has none.
def bound($name):
	.url | query($name) // "" | tonumber? // null
	| if . == null or . < 0 then null else floor end;

# The period in which a page contains all plays that the API had: from its
# oldest to its newest play. With the parameter `before`, it extends to that
# time; on later pages of a request with `after`, it begins at that one.
def covered($from; $to; $now):
	bound("before") as $before
	| (if (.page // 1) > 1 then bound("after") else null end) as $after
	| {table: "play_coverage", row: {user_id: .user,
		covered_from: (if $after != null and $after < ($from | ms)
			then $after | iso else $from end),
		covered_to: (if $before != null and $before > ($to | ms)
			and $before <= ($now | ms) then $before | iso else $to end)}};

# The response to a planned request moves the cursor to the newest play. Times
# in the future, or from before Spotify was founded, are ignored.
def progress($times; $now):
	[$times[] | select(. <= $now and . >= "2006")] as $known
	| if (planned | not) or $known == [] then empty else
		($known | max) as $newest
		| {table: "cursors", row: {user_id: .user, job: "play-history",
			value: ($newest | ms)}},
		covered($known | min; $newest; $now)
	end;

if ok then
	.user as $user
	| (.fetched_at | time) as $now
	| sp_odd_whole as $odd
	| (.body | object | .items | list("items")) as $items
	| [$items[].played_at | time] as $times
	| [range($items | length) as $i
		| $items[$i] | play($user; $times[$i]; $i; $odd)] as $plays
	| ($items[] | item_track | track_rows),
		$plays[],
		queue($plays; $now),
		progress($times; $now),
		endpoint_status("")
else not_ok("") end
