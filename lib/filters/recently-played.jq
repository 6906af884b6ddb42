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
# The next lines are declarations, described in sp-transform(1): which members,
# at any depth, are never read; the kinds of others, where a value of another
# kind is refused before the mapping runs; the path of the repeating part, and
# which of its members `rest` reads.
#
# skip: available_markets album.external_urls album.href album.type
# skip: album.restrictions album.is_playable artists.external_urls artists.href
# skip: artists.type show.external_urls show.href show.type show.copyrights
# skip: show.html_description show.languages show.media_type show.explicit
# skip: cursors next
# shape: id:text uri:text name:text type:string album:object artists:array
# shape: artists[]:object images:array release_date:date is_local:boolean
# shape: duration_ms:length|object totalMilliseconds:length popularity:number episode:boolean
# shape: explicit:boolean disc_number:length track_number:length
# shape: external_ids:object isrc:text linked_from:object album_type:string
# shape: total_tracks:number release_date_precision:string show:object
# shape: description:string publisher:string total_episodes:number
# shape: items[]:object track:object|boolean item:object context:object
# unit: .body.items[].track
# keep: id uri type

# The track or episode of one play.
def unit: track_rows;

# The row of a play, if it has a track and a time; else `unusable` refuses it.
# The API names no user: it is that of the capture.
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

# The same of a page with episodes.
def any_play($user; $plain):
	if .track | is_episode then
		.track.id = (.track | episode_id)
		| if .track.id then play($user; $plain) else empty end
		| {table: "episode_history", known: (.known
			| .episode_id = .track_id | del(.track_id))}
	else play($user; $plain) end;

def has_episodes:
	contains([{track: {type: "episode"}}])
		or contains([{track: {uri: "spotify:episode:"}}]);

def unusable($odd):
	range(length) as $i
	| .[$i]
	| if $odd[$i | tostring] then empty
	elif (.track | if is_episode then episode_id else track_id end) == null
	then
		{place: place($i), refuse: "holds no track"}
	elif (.played_at | time) == null then
		{place: place($i), refuse: "has no valid 'played_at'"}
	else empty end;

# Playlists that were played from, each with its newest play. A play in the
# future is left out, as it would stay the newest one.
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
	[$times[] | if . <= $now and . >= "2006" then . else empty end] as $known
	| if (planned | not) or ($known | length) == 0 then empty else
		($known | max) as $newest
		| {table: "cursors", row: {user_id: .user, job: "play-history",
			value: ($newest | ms)}},
		covered($known | min; $newest; $now)
	end;

# The track may be in `item`, as it is in other endpoints since 2026.
def rest:
	.user as $user
	| (.fetched_at | time) as $now
	| sp_odd_whole as $odd
	| (.body | object | .items | list("items")) as $listed
	| ($listed | contains([{item: {}}]) or contains([{track: true}])
		or contains([{track: false}])) as $renamed
	| (if $renamed then [$listed[] | .track = item_track] else $listed end) as $items
	| [$items[] | .played_at] as $times
	| ($times | times_are_plain) as $plain
	| (if $plain then $times else [$times[] | time | values] end) as $at
	| [if $items | has_episodes then $items[] | any_play($user; $plain)
		else $items[] | play($user; $plain) end] as $plays
	| (if $renamed then $listed[] | item_rows else empty end), $plays[],
		(if ($plays | length) < ($items | length) then
			$items | unusable($odd)
		else empty end),
		($plays | queue($user; $now)), progress($at; $now),
		endpoint_status("");

# main
if ok then
	(.body | objects | .items | arrays | .[] | objects | .track | unit), rest
else not_ok("") end
