# The definitions that every mapping can use, those of a user too. This file is
# put before a mapping as one line: comments must be on lines of their own, and
# no string may span lines.

# A mapping is a pure function of its capture.
def now: error("'now' cannot be used: the only time a mapping has is its capture's");
def input: error("'input' cannot be used: a mapping reads one capture");
def inputs: input;
def input_filename: error("'input_filename' cannot be used: a mapping has no access to files");
def input_line_number: error("'input_line_number' cannot be used: a mapping reads one capture");
def env: error("'env' cannot be used: a mapping has no access to the environment");
def halt: error("'halt' cannot be used: a mapping cannot stop the program");
def halt_error: halt;
def halt_error(status): halt;
def modulemeta: error("'modulemeta' cannot be used: a mapping is one file");
def get_search_list: modulemeta;
def get_prog_origin: modulemeta;
def get_jq_origin: modulemeta;
def stderr: debug;
def sp_error: error;
def error: if . == null then "error(null)" | sp_error else sp_error end;
def error(message): message | error;

def sp_digits($from; $to): reduce .[$from:$to][] as $d (0;
	if . == null or $d < 48 or $d > 57 then null else . * 10 + $d - 48 end);
def sp_pad($n): ("0000" + tostring)[-$n:];

# Unix milliseconds as 2026-11-22T06:40:00.123Z.
def iso:
	. as $ms
	| ($ms / 86400000 | floor) as $day
	| ($ms - $day * 86400000) as $rest
	| ($day + 719468) as $z
	| ($z / 146097 | floor) as $era
	| ($z - $era * 146097) as $doe
	| (($doe - ($doe / 1460 | floor) + ($doe / 36524 | floor)
		- ($doe / 146096 | floor)) / 365 | floor) as $yoe
	| ($doe - (365 * $yoe + ($yoe / 4 | floor) - ($yoe / 100 | floor))) as $doy
	| ((5 * $doy + 2) / 153 | floor) as $mp
	| (if $mp < 10 then $mp + 3 else $mp - 9 end) as $m
	| ($yoe + $era * 400 + (if $m <= 2 then 1 else 0 end) | sp_pad(4))
		+ "-" + ($m | sp_pad(2))
		+ "-" + ($doy - ((153 * $mp + 2) / 5 | floor) + 1 | sp_pad(2))
		+ "T" + ($rest / 3600000 | floor | sp_pad(2))
		+ ":" + ($rest / 60000 | floor % 60 | sp_pad(2))
		+ ":" + ($rest / 1000 | floor % 60 | sp_pad(2))
		+ "." + ($rest % 1000 | sp_pad(3)) + "Z";

def sp_days($y; $m; $d):
	(if $m <= 2 then $y - 1 else $y end) as $y
	| ($y / 400 | floor) as $era
	| ($y - $era * 400) as $yoe
	| ((153 * (if $m > 2 then $m - 3 else $m + 9 end) + 2) / 5 | floor) as $days
	| $era * 146097 + $yoe * 365 + ($yoe / 4 | floor) - ($yoe / 100 | floor)
		+ $days + $d - 1 - 719468;

# A time like 2026-11-22T06:40:00Z, with a fraction or without, as Unix
# milliseconds; null if it is none.
def ms:
	if type != "string" then null else
		. as $text | explode | length as $n
		| if $n < 20 or $n == 21 or $n > 30 or .[4] != 45 or .[7] != 45
			or .[10] != 84 or .[13] != 58 or .[16] != 58 or .[$n - 1] != 90
			or ($n > 20 and (.[19] != 46 or sp_digits(20; $n - 1) == null))
		then null else
			[sp_digits(0; 4), sp_digits(5; 7), sp_digits(8; 10),
				sp_digits(11; 13), sp_digits(14; 16), sp_digits(17; 19),
				(.[20:$n - 1] + [48, 48, 48] | sp_digits(0; 3))]
			| if any(.[]; . == null) then null else
				sp_days(.[0]; .[1]; .[2]) * 86400000 + .[3] * 3600000
					+ .[4] * 60000 + .[5] * 1000 + .[6]
				| if iso[0:19] == $text[0:19] then . else null end
			end
		end
	end;

# A time in the form that is stored; null if it is none.
def time: ms | if . == null then null else iso end;

def sp_times_are($fraction): tojson | test("^\\[(\"[0-9]{4}-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]" + $fraction + "Z\",?)*\\]$");

# Whether all times of a list are in that form already. One regular expression
# over all of them costs less than a test of each. It does not match 29
# February, so that such lists are tested one by one.
def times_are_plain: sp_times_are("\\.[0-9]{3}");

# The id of a playlist, from spotify:playlist:ID or the older
# spotify:user:NAME:playlist:ID; null for any other text.
def playlist_id:
	if type != "string" then null
	elif startswith("spotify:playlist:") or startswith("spotify:user:") then
		split(":")
		| if .[-1] == "" then null
		elif .[1] == "playlist" and length == 3 then .[2]
		elif .[1] == "user" and length >= 5 and .[-2] == "playlist" then .[-1]
		else null end
	else null end;

# Percent-decoding of a URL's UTF-8: the value of a hexadecimal digit, ...
def sp_hex:
	if . == null then null
	elif . >= 48 and . <= 57 then . - 48
	elif . >= 65 and . <= 70 then . - 55
	elif . >= 97 and . <= 102 then . - 87
	else null end;
# ... and the bytes of a character; an incomplete or invalid one is U+FFFD.
def sp_break: if .more == 0 then . else .out += [65533] | .more = 0 end;
def sp_lead($code; $more; $least):
	.code = $code | .more = $more | .least = $least;
def sp_byte($b):
	if $b < 128 then sp_break | .out += [$b]
	elif $b < 192 then
		if .more == 0 then .out += [65533] else
			.code = .code * 64 + $b - 128 | .more -= 1
			| if .more != 0 then .
			elif .code < .least or .code > 1114111
				or (.code >= 55296 and .code <= 57343)
			then .out += [65533]
			else .out += [.code] end
		end
	elif $b < 224 then sp_break | sp_lead($b - 192; 1; 128)
	elif $b < 240 then sp_break | sp_lead($b - 224; 2; 2048)
	else sp_break | sp_lead($b - 240; 3; 65536) end;
def url_decode:
	if index("%") == null then . else
		explode as $c
		| reduce range($c | length) as $i ({out: [], skip: 0, more: 0};
			if .skip > 0 then .skip -= 1
			elif $c[$i] == 37 and ($c[$i + 1] | sp_hex) != null
				and ($c[$i + 2] | sp_hex) != null
			then .skip = 2 | sp_byte(($c[$i + 1] | sp_hex) * 16
				+ ($c[$i + 2] | sp_hex))
			else sp_break | .out += [$c[$i]] end)
		| sp_break | .out | implode
	end;

# The id after a name in the path of a URL, decoded: with "playlists", that of
# .../playlists/ID/items. Null if there is none.
def path_id($name):
	if type != "string" then null else
		split("?")[0] // "" | split("/") | index($name) as $i
		| if $i == null or (.[$i + 1] // "") == "" then null
		else .[$i + 1] | url_decode end
	end;

# A parameter of a URL, decoded; null if it has none of that name.
def query($name):
	if type != "string" then null else
		[split("?")[1] // "" | split("#")[0] // "" | split("&")[]
			| split("=") | select(.[0] == $name) | .[1:] | join("=")]
		| if length == 0 then null else .[0] | url_decode end
	end;

def sp_named($name):
	.[$name] | strings | if . == "" then empty else $name + " " + . end;

# Names an item of a list in a refusal: by its time, id or uri, which the item
# has on any other page, too, or else by its number.
def place($i):
	if type != "object" then "item \($i + 1)" else
		first(sp_named("played_at"), sp_named("id"), sp_named("uri"),
			((.track, .item) | objects | sp_named("id"), sp_named("uri")),
			sp_named("added_at"), "item \($i + 1)")
	end;

# Names a row of an export by its file and its number in it.
def is_export: .endpoint | type == "string" and startswith("streaming-history");
def sp_file: .file | if type == "string" then split("/")[-1] else null end;
def row_place($i):
	(sp_file | if . then . + " " else "" end) + "row \((.first_row // 1) + $i)";

# Refuses the values of a capture that are of another kind than the mapping
# declares; see `# shape:` in sp-transform(1), which runs this for each mapping.
def sp_path: reduce .[] as $p (""; . + if $p | type == "number" then "[\($p)]"
	elif . == "" then $p else "." + $p end);
def sp_odd:
	. as $capture
	| .odd[]
	| .reason as $reason
	| .path as $path
	| ([range($path | length) as $i
		| if $path[$i] | type == "number" then $i else empty end][0]) as $i
	| if $i == null then {refuse: "'\($path[1:] | sp_path)' \($reason)"}
	else
		{place: (if $capture | is_export then $capture | row_place($path[$i])
			else $path[:$i + 1] as $to | $capture | getpath($to)
				| place($path[$i])
			end),
		refuse: ($path[$i + 1:] | if length == 0 then $reason
			else "'\(sp_path)' \($reason)" end)}
	end;

# The indexes of list items in which a value was refused so; and of those that
# were refused themselves, or whose track was.
def sp_odd_items:
	if .odd == null then null else
		reduce .odd[].path as $path ({};
			.[$path | map(numbers)[0] | tostring] = true)
	end;
def sp_odd_whole:
	if .odd == null then null else
		reduce (.odd[].path | if .[-1] | type == "number" or . == "track"
			or . == "item" then . else empty end) as $path ({};
			.[$path | map(numbers)[0] | tostring] = true)
	end;

# The id in a uri like spotify:artist:ID, for objects without an id.
def sp_uri_id($prefix):
	if (.uri | type) == "string" and (.uri | startswith($prefix)) then
		.uri[($prefix | length):] | if . == "" then null else . end
	else null end;
def artist_id: if .id then .id else sp_uri_id("spotify:artist:") end;
def album_id: if .id then .id else sp_uri_id("spotify:album:") end;
def user_id: if .id then .id else sp_uri_id("spotify:user:") end;

# The objects of the API. `of` adds their columns to a row, which the next lines
# declare: the columns of each table that are members of its objects; which
# members are columns of a mapping's own making, or rows; and which members only
# a full object has. The other members of a full object are its vendor_json,
# sorted by name, `without` these:
#
# without: available_markets email
# columns tracks: name uri popularity is_local explicit disc_number track_number
# columns tracks: external_ids.isrc:isrc linked_from.id:linked_from_id
# elsewhere tracks: id album artists duration_ms track episode
# full tracks: album external_ids
# columns albums: name uri release_date release_date_precision album_type
# columns albums: total_tracks label external_ids.upc:upc images[]:images_json
# elsewhere albums: id artists tracks
# full albums: tracks
# columns artists: name uri popularity followers.total:followers
# columns artists: genres:genres_json images[]:images_json
# elsewhere artists: id followers
# full artists: images
# columns episodes: name uri duration_ms release_date release_date_precision
# columns episodes: explicit description images[]:images_json
# elsewhere episodes: id show track episode
# full episodes: show
# columns shows: name uri publisher description total_episodes
# columns shows: images[]:images_json
# columns playlists: name uri public collaborative description snapshot_id
# columns playlists: images:images_json
# elsewhere playlists: id owner tracks items
# full playlists: followers
# columns users: display_name uri followers.total:followers country product
# columns users: account_id images:images_json
# elsewhere users: id followers
# full users: images

# The rows of entities. They are `known`, without null members: null means that
# the API gives no value, and the column keeps its own.
def artist_rows:
	(if .id then .id else artist_id end) as $id
	| if $id then {table: "artists", known: {artist_id: $id}, of: .}
	else empty end;

# The artists of an object, and their places in it: rows of `table`, whose other
# column `key` is the id of the object.
def sp_artists($table; $key; $id):
	if .artists then
		foreach .artists[] as $artist (-1; . + 1;
			. as $position
			| $artist
			| (if .id then .id else artist_id end) as $artist_id
			| if $artist_id then
				{table: "artists", known: {artist_id: $artist_id},
					of: .},
				{table: $table, row: {($key): $id,
					artist_id: $artist_id, $position}}
			else empty end)
	else empty end;

def album_rows:
	(if .id then .id else album_id end) as $id
	| if $id then
		{table: "albums", known: {album_id: $id}, of: .},
		sp_artists("album_artists"; "album_id"; $id)
	else empty end;

# A local file has no id; its uri is used. The uri of a track contains its id.
def track_id:
	if .id then .id
	elif (.uri | type) == "string" and (.uri | startswith("spotify:track:"))
	then .uri[14:] | if . == "" then null else . end
	else .uri end;

# Playlists contain episodes, too, which are no tracks.
def is_episode:
	if .uri then .uri | startswith("spotify:episode:")
	else .type == "episode" or .episode == true end;

# An episode of a podcast, and its show.
def episode_id: if .id then .id else sp_uri_id("spotify:episode:") end;
def show_id: if .id then .id else sp_uri_id("spotify:show:") end;
def show_rows:
	if type != "object" then empty else
		show_id as $id
		| if $id then {table: "shows", known: {show_id: $id}, of: .}
		else empty end
	end;
def episode_rows:
	episode_id as $id
	| if $id then
		{table: "episodes", known: {episode_id: $id,
			show_id: (.show | if type == "object" then show_id
				else null end)}, of: .},
		(.show | show_rows)
	else empty end;

# A duration in milliseconds; that of a local file is an object.
def sp_duration:
	if . < {} then . elif has("totalMilliseconds") then .totalMilliseconds
	else . end;

def sp_track_rows($id; $album_id):
	{table: "tracks", known: {track_id: $id, album_id: $album_id,
		duration_ms: (.duration_ms | sp_duration)}, of: .},
	sp_artists("track_artists"; "track_id"; $id);

# The rows of a track, or of an episode in the place of one.
def track_rows:
	if type != "object" then empty
	elif is_episode then episode_rows
	else
		(if .id then .id else track_id end) as $id
		| if $id then
			sp_track_rows($id; .album | if .id then .id
				else album_id end), (.album | album_rows)
		else empty end
	end;

# The track or episode of a list item: in `track` or, since 2026, in `item`;
# then `track` may be the value true.
def item_track: if (.track | type) == "object" then .track else .item end;

# The rows of an item whose track is not in `track`.
def item_rows:
	if .item then
		if (.track | type) == "object" then empty else .item | track_rows end
	else empty end;

def user_rows:
	if type != "object" then empty else
		user_id as $id
		| if $id == null then empty else
			{table: "users", known: {user_id: $id}, of: .}
		end
	end;

# A relation of one account to another, or to an artist, seen at a time.
def relation($user; $other; $kind; $at):
	if $user == null or $other == null or $user == $other then empty else
		{table: "user_relationships", known: {user_id: $user,
			other_id: $other, kind: $kind, first_seen: $at, last_seen: $at}}
	end;

# How many items a playlist has, from `items` or `tracks`.
def sp_tracks_total:
	[.items, .tracks | if type == "object" then .total else null end
		| if type == "number" then . else empty end][0];

# For a description and images, null means that the playlist has none.
def sp_without($id):
	(if has("description") and .description == null then ["description"]
		else [] end)
	+ (if has("images") and .images == null then ["images_json"] else [] end)
	| if length == 0 then empty else
		{table: "playlists", row: (reduce .[] as $column (
			{playlist_id: $id}; .[$column] = null))}
	end;

# The rows of a playlist object and its owner.
def playlist_rows($id; $refreshed):
	(.owner | user_id) as $owner
	| {table: "playlists", known: {playlist_id: $id, owner_id: $owner,
		owner_type: (if $owner == "spotify" then "spotify"
			else .owner.type end), tracks_total: sp_tracks_total,
		last_refreshed: $refreshed}, of: .},
		sp_without($id), (.owner | user_rows);

# Who added an item; null if that is unknown, as in old playlists.
def added_by:
	.added_by | if type == "object" then user_id else null end;

# The users who added the items of a list, each once.
def adders:
	reduce (.[] | if type == "object" then . else {} end
		| added_by as $id | if $id == null then empty
		else {$id, uri: .added_by.uri} end)
		as $by ({}; .[$by.id] = (.[$by.id] // $by.uri))
	| to_entries[]
	| {table: "users", known: {user_id: .key, uri: .value}};

# A playlist item as it is stored in its list; null if the item has no track at
# all, as when a request chose its fields. An item that cannot be used, or whose
# track was refused, keeps its position.
def sp_entry($plain; $odd):
	if . == null then {kind: (if $odd then "refused" else "unavailable" end)}
	else
		item_track as $track
		| (if $track == null then
				if $odd then {kind: "refused"}
				elif has("item") or (has("track") and .track == null) then
					{kind: "unavailable"}
				else null end
			elif ($track | track_id) == null then
				if $odd then {kind: "refused"}
				elif $track | has("id") or has("uri") then
					{kind: "unavailable"}
				else null end
			else
				(if $track | is_episode then {kind: "episode"} else
					{kind: (if .is_local == true or $track.is_local == true
							or (($track.uri | type) == "string"
							and ($track.uri | startswith("spotify:local:")))
						then "local" else "track" end),
					track_id: ($track | track_id)}
				end)
				+ (if $track.uri != null then {uri: $track.uri}
					elif $track.id != null and ($track | is_episode)
					then {uri: "spotify:episode:\($track.id)"}
					else {} end)
			end) as $what
		| if $what == null then null else
			$what + (.added_at
				| if $plain and . != null then .[0:19] + ".000Z"
				else time end
				| if . == null then {} else {added_at: .} end)
			+ (added_by | if . == null then {} else {added_by: .} end)
		end
	end;

# The list of a playlist's tracks that a page belongs to: the pages of one
# request, or those that were imported together. A request that resumes another
# one has its own list, which follows the other.
def list_of:
	if .run != null and .request != null then
		{list: "\(.run)/\(.request)", follows: .list}
	else
		{list: (if (.list | type) == "string" then .list
			elif .run == null then null
			else "\(.run)/import" end)}
	end;

# The offset of a page without the member `offset`.
def page_offset($url; $href):
	($url // $href) | query("offset") // "" | explode
	| sp_digits(0; length) // 0;

# The row of a page of a playlist's items, from the object with `items`. `about`
# has the other columns of the row, `odd` is of sp_odd_items. `last` is set only
# where `next` and `total` disagree.
def playlist_page($about; $offset; $odd):
	(.offset | if type == "number" then . else $offset end) as $offset
	| (if (.total | type) == "number" then .total
		elif has("next") and .next == null then
			$offset + (.items | length)
		else null end) as $total
	| .items as $items
	| (.next == null) as $ended
	| (if has("next") and $ended != ($offset + ($items | length) >= $total)
		then $ended else null end) as $last
	| ([$items[] | if type == "object" then .added_at else null end
		| if . == null then empty else . end]
		| sp_times_are("")) as $plain
	| [range($items | length) as $i
		| $items[$i] | sp_entry($plain; $odd[$i | tostring])] as $entries
	| ($entries | contains([null])) as $unknown
	| (if $plain then empty else
		range($items | length) as $i
		| $items[$i]
		| if type == "object" and .added_at != null and .added_at != ""
			and (.added_at | time) == null
		then {place: place($i), refuse: "has no valid 'added_at'"}
		else empty end
	end),
	(if $unknown then
		range($items | length) as $i
		| if $entries[$i] then empty else
			{place: ($items[$i] | place($i)),
				refuse: "does not say what it is"}
		end
	else empty end),
	if $unknown and ([$entries[] | objects | .kind | . == "track"
		or . == "episode" or . == "local"] | any | not)
	then {refuse: "no item says what it is: the list is not kept"}
	elif $total == null then
		{refuse: "the list does not say how long it is: it is not kept"}
	else
		{table: "playlist_tracks", op: "page", known: ($about
			+ {offset: $offset, total: $total, last: $last,
				items: (if $unknown
					then [$entries[] | . // {kind: "refused"}]
					else $entries end)})}
	end;

# Refuses each item of a list that has no track.
def without_track($items; $odd):
	range($items | length) as $i
	| $items[$i]
	| if (.track | track_id) != null or $odd[$i | tostring] then empty
	else {place: place($i), refuse: "holds no track"} end;

# The body, which must be an object.
def object: if type == "object" then . else error("the body is not an object") end;

# A list of the body, which must be an array.
def list($name):
	if type == "array" then . else error("the body has no list '\($name)'") end;

# The subject of a request: the id in a URL like /v1/playlists/ID/items, and ""
# for one like /v1/me/playlists, which is about the account.
def subject:
	.url | if type != "string" then "" else
		split("?")[0] // "" | split("/") | index("v1") as $i
		| if $i == null or .[$i + 1] == "me" then ""
		else .[$i + 2] // "" | url_decode end
	end;

# The API's message about an error, after its fixed reason.
def api_message:
	if (.body | type) == "object" then
		.body.error
		| if type == "object" then
			if (.reason | type) != "string" then .message
			elif (.message | type) != "string" then .reason
			else .reason + ": " + .message end
		elif type == "string" then . else null end
	else .text end
	| if type == "string" and . != "" then .[0:300] else null end;

# Whether the request succeeded. A capture of any other status only gives the
# row of endpoint_status.
def ok: (.status // 200) | . >= 200 and . < 300;

# The outcome of the request, with every capture of a known user. The subject is
# "" for endpoints that have only one, else that of `subject`. Null clears an
# earlier reason or deadline; `denied` is read only with a status of 403.
def endpoint_status($subject):
	if .user == null then empty else
		ok as $good
		| .denied as $denied
		| {table: "endpoint_status", row: {user_id: .user,
			endpoint: .endpoint, subject: $subject, status: (.status // 200),
			reason: (if $good then null else api_message end),
			retry_at: (if $good then null else .retry_at end)}}
		| if $denied == null then . else .row.denied = $denied end
	end;

def not_ok($subject):
	# A rate limit before the user was known; sp-queue finds it.
	if .user == null and .retry_at != null then empty
	elif .user == null then
		error("status \(.status), and no user to record it for"
			+ (api_message | if . == null then "" else ": " + . end))
	else endpoint_status($subject) end;

# The catalogue: tracks, albums and artists, asked for one by one or in batches.
# The ids of a request: those in `?ids=`, or the one in its path after a name.
def sp_asked($name):
	.url | if type != "string" then [] else
		query("ids") as $ids
		| if $ids then $ids | split(",") | map(select(. != ""))
		else [path_id($name) | values] end
	end;

# What the API answered about an id, so that it is not asked for again soon.
def sp_answer($kind; $id; $status):
	{table: "catalogue_answers", row: {kind: $kind, id: $id, status: $status}};

# Which object of a list answers an id: that of the id, or the one that is linked
# from it, or in a list of one object for each id that in its place, unless it
# has an id that was asked for, too. Null if there is none.
def sp_object_of($i; $ids; $list):
	$ids[$i] as $id
	| first($list[] | select(.id == $id)) // first($list[]
		| select((.linked_from | type) == "object"
			and .linked_from.id == $id))
	// (if ($ids | length) != ($list | length) then null else
		$list[$i]
		| if . != null and .id != null and (.id | IN($ids[])) then null
		else . end
	end);

# The rows of a list of objects: its own, and what was answered about each id
# that was asked for. The API may answer with another id, to which it links the
# one that was asked for: then the object is of both ids.
def catalogue_rows($kind; $list; rows):
	sp_odd_whole as $odd
	| sp_asked($kind + "s") as $ids
	| ($list[] | objects | rows),
		(range($ids | length) as $i
		| $ids[$i] as $id
		| if $ids[:$i] | index($id) != null then empty else
			sp_object_of($i; $ids; $list)
			| (if . == null or .id == null or .id == $id then empty
			else . + {$id, uri: "spotify:\($kind):\($id)"} | rows end),
			sp_answer($kind; $id; if . != null
				or $odd[$i | tostring] then 200 else 404 end)
		end);

# The outcome of a request for an object that was not answered with 200.
def catalogue_not_ok($kind; $subject):
	not_ok($subject),
	(if .status == 404 or .status == 410 or .status == 400
		or (.status == 403 and (.denied == "endpoint"
			or .denied == "subject"))
	then
		.status as $status
		| if .url | query("ids") then empty
		else sp_asked($kind + "s")[] | sp_answer($kind; .; $status) end
	else empty end);

# An album as its own endpoint has it: with the first page of its tracks.
def full_album_rows:
	album_id as $album
	| album_rows,
	((.tracks | objects | .items // []) as $items
		| range($items | length) as $i
		| $items[$i]
		| if . == null then empty
		elif track_id == null then {place: place($i), refuse: "has no id"}
		else sp_track_rows(track_id; $album) end);

# Refuses the objects of a list that have no id.
def sp_without_id(id):
	range(length) as $i
	| .[$i]
	| if . == null or id != null then empty
	else {place: place($i), refuse: "has no id"} end;

# Refuses a body without an id.
def sp_body_without_id(id):
	if .body | object | id == null then {refuse: "the body has no id"}
	else empty end;

# Rows of a streaming history export. Their members have the names of the
# extended form; a mapping of another form adds these names.

# The end of a stream as a time with whole seconds, where it is one: a blank may
# be in the place of the T, and seconds and zone may be missing.
def sp_ended:
	if type != "string" then null else
		split(" ") | join("T")
		| rtrimstr("TUTC") | rtrimstr("+00:00") | rtrimstr("Z")
		| if length == 16 then . + ":00Z" else . + "Z" end
	end;
def sp_ends_are_plain: sp_times_are("") and (min // "") >= "1970";

# The names of what was played, where there is no uri.
def sp_names:
	[.master_metadata_album_artist_name, .master_metadata_track_name,
		.episode_show_name, .episode_name,
		.audiobook_title, .audiobook_chapter_title | values] | join("\t");
def sp_kind:
	if .spotify_episode_uri or .episode_name or .episode_show_name
	then "episode"
	elif .audiobook_uri or .audiobook_title or .audiobook_chapter_uri
		or .audiobook_chapter_title
	then "audiobook"
	else "track" end;

# The id of a track, where a local file's is its uri; or of an episode.
def sp_track_id:
	ltrimstr("spotify:track:") as $id
	| if $id != . or startswith("spotify:local:") then $id else null end;
def sp_episode_id:
	if . == null then null else
		ltrimstr("spotify:episode:") as $id
		| if $id != . then $id else null end
	end;

# The members that have no column.
def sp_others($names):
	. as $row
	| reduce $names[] as $name ({}; if $row[$name] == null then .
		else .[$name] = $row[$name] end)
	| if . == {} then null else . end;

# Counts equal streams where the capture, as a body by itself, does not.
def sp_count:
	foreach .[] as $stream ({};
		($stream.known | [.ts, .item, .offline_timestamp, .ms_played] | tojson)
			as $key
		| setpath(["key"]; $key) | setpath([$key]; (.[$key] // 0) + 1);
		.[.key] as $nth | $stream | .known.nth = $nth);

# The indexes of rows whose refusal by their shape says why they are not used.
def sp_odd_rows($names):
	reduce (.odd // [] | .[].path
		| select(length == 2 or .[2] == $names.ended or .[2] == $names.played))
		as $path ({}; .[$path[1] | tostring] = true);

# The streams in the rows of a capture, the rows that are refused, and what they
# cover. $names: those of the members with the end and with what was played, and
# all known ones. A million rows pass here, and a call with arguments costs as
# much as ten members do: so the row of a stream is one expression. Where the
# ends have one plain form, functions in C read them. What sp-load would
# refuse is refused here, so that its file covers nothing.
def streams($form; $names):
	.user as $user
	| (.body | if type == "array" then .
		else error("the body is no list of rows") end) as $listed
	| [$listed[] | .ts] as $ends
	| ($ends | sp_ends_are_plain) as $given
	| (if $given then $listed else
		[$listed[] | . + {ts: (.ts | sp_ended)}] end) as $rows
	| (if $given then $ends else [$rows[] | .ts] end) as $times
	| ($given or ($times | sp_ends_are_plain)) as $plain
	| (sp_file // "" | ascii_downcase | contains("video")) as $video
	| (($rows | add // {} | keys) - $names.known
		- ["username", "ip_addr", "ip_addr_decrypted",
			"user_agent_decrypted", "sp_nth"]) as $others
	| def stream:
		.ms_played as $played
		| (if $plain then
				.ts | strptime("%Y-%m-%dT%H:%M:%SZ") | mktime * 1000
			else .ts | ms end) as $ended
		| if $ended == null or $played == null
				or $played > 9007199254740991 then empty else
		.offline_timestamp as $clock
		| (if $clock == null or $clock <= 0 or $clock > 9e15 then 0
			elif $clock > 1e11 then $clock | floor
			else $clock * 1000 + 0.5 | floor end) as $clock
		| (if $clock == 0 or $clock > $ended + 3000
				or $clock < $ended - 604800000
			then $ended - $played else $clock end) as $started
		| .spotify_track_uri as $track
		| {table: "streaming_history", known: {user_id: $user,
			ts: (if $plain then .ts | rtrimstr("Z") + ".000Z"
				else $ended | iso end),
			item: (if $track then $track else .spotify_episode_uri
				// .audiobook_chapter_uri // .audiobook_uri
				// sp_names end),
			offline_timestamp: $clock, ms_played: $played,
			nth: (if .sp_nth then .sp_nth else 1 end), form: $form,
			kind: (if $video then "video" elif $track then "track"
				else sp_kind end),
			track_id: (if $track then $track | sp_track_id
				else null end),
			episode_id: (.spotify_episode_uri | sp_episode_id),
			started_at: (if $started < 0 then null
				elif $started % 1000 != 0 then $started | iso
				else $started / 1000
					| strftime("%Y-%m-%dT%H:%M:%S.000Z") end),
			phantom: ($started < 0
				or $played > $ended - $started + 3000),
			track_name: .master_metadata_track_name,
			artist_name: .master_metadata_album_artist_name,
			album_name: .master_metadata_album_album_name,
			episode_name, show_name: .episode_show_name,
			audiobook_title, audiobook_uri,
			audiobook_chapter_title, audiobook_chapter_uri,
			reason_start, reason_end, skipped, shuffle, offline,
			incognito_mode, platform, conn_country,
			vendor_json: (if $others == [] then null
				else sp_others($others) end)}}
		end;
	(reduce (.repeats // {} | to_entries[]
			| (.key | tonumber) as $i
			| select($i < ($rows | length)) | .key = $i)
		as $repeat ($rows; .[$repeat.key].sp_nth = $repeat.value)) as $rows
	| [$rows[] | stream] as $streams
	| (if .first_row == null then $streams | sp_count else $streams[] end),
	(if ($streams | length) == ($rows | length) then empty else
		sp_odd_rows($names) as $odd
		| range($rows | length) as $i
		| if $odd[$i | tostring] or ([$rows[$i] | stream] != []) then empty
		else {place: row_place($i), refuse: ($listed[$i]
			| if . == null then "is null"
			elif $rows[$i].ts | ms == null then
				"has no valid '\($names.ended)'"
			else "has no valid '\($names.played)'" end)} end
	end),
	# A file of the basic form that has only podcasts says nothing about music.
	if $video or .sha256 == null or ($form == "basic"
		and ($streams | any(.known.kind == "track") | not))
	then empty else
		(if $plain then $times else [$streams[].known.ts] end) as $known
		| {table: "streaming_coverage", known: {user_id: $user, sha256,
			first_row, file, form: $form, rows: ($streams | length),
			file_rows, covered_from: ($known | min | time),
			covered_to: ($known | max | time)}}
	end;
