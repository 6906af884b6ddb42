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

# The numbers below 100 as two digits, and what two digits mean.
def sp_digits: ["00", "01", "02", "03", "04", "05", "06", "07", "08", "09",
	"10", "11", "12", "13", "14", "15", "16", "17", "18", "19",
	"20", "21", "22", "23", "24", "25", "26", "27", "28", "29",
	"30", "31", "32", "33", "34", "35", "36", "37", "38", "39",
	"40", "41", "42", "43", "44", "45", "46", "47", "48", "49",
	"50", "51", "52", "53", "54", "55", "56", "57", "58", "59",
	"60", "61", "62", "63", "64", "65", "66", "67", "68", "69",
	"70", "71", "72", "73", "74", "75", "76", "77", "78", "79",
	"80", "81", "82", "83", "84", "85", "86", "87", "88", "89",
	"90", "91", "92", "93", "94", "95", "96", "97", "98", "99"];
def sp_numbers: {"00": 0, "01": 1, "02": 2, "03": 3, "04": 4,
	"05": 5, "06": 6, "07": 7, "08": 8, "09": 9,
	"10": 10, "11": 11, "12": 12, "13": 13, "14": 14,
	"15": 15, "16": 16, "17": 17, "18": 18, "19": 19,
	"20": 20, "21": 21, "22": 22, "23": 23, "24": 24,
	"25": 25, "26": 26, "27": 27, "28": 28, "29": 29,
	"30": 30, "31": 31, "32": 32, "33": 33, "34": 34,
	"35": 35, "36": 36, "37": 37, "38": 38, "39": 39,
	"40": 40, "41": 41, "42": 42, "43": 43, "44": 44,
	"45": 45, "46": 46, "47": 47, "48": 48, "49": 49,
	"50": 50, "51": 51, "52": 52, "53": 53, "54": 54,
	"55": 55, "56": 56, "57": 57, "58": 58, "59": 59,
	"60": 60, "61": 61, "62": 62, "63": 63, "64": 64,
	"65": 65, "66": 66, "67": 67, "68": 68, "69": 69,
	"70": 70, "71": 71, "72": 72, "73": 73, "74": 74,
	"75": 75, "76": 76, "77": 77, "78": 78, "79": 79,
	"80": 80, "81": 81, "82": 82, "83": 83, "84": 84,
	"85": 85, "86": 86, "87": 87, "88": 88, "89": 89,
	"90": 90, "91": 91, "92": 92, "93": 93, "94": 94,
	"95": 95, "96": 96, "97": 97, "98": 98, "99": 99};

# The date that is so many days after 1970-01-01.
def sp_date:
	(. + 719468) as $z
	| ($z / 146097 | floor) as $era
	| ($z - $era * 146097) as $doe
	| (($doe - ($doe / 1460 | floor) + ($doe / 36524 | floor)
		- ($doe / 146096 | floor)) / 365 | floor) as $yoe
	| ($doe - (365 * $yoe + ($yoe / 4 | floor) - ($yoe / 100 | floor))) as $doy
	| ((5 * $doy + 2) / 153 | floor) as $mp
	| (if $mp < 10 then $mp + 3 else $mp - 9 end) as $m
	| ($yoe + $era * 400 + (if $m <= 2 then 1 else 0 end)) as $y
	| sp_digits as $two
	| $two[$y / 100 | floor] + $two[$y % 100] + "-" + $two[$m] + "-"
		+ $two[$doy - ((153 * $mp + 2) / 5 | floor) + 1];

# Milliseconds of a day as T06:40:00.123Z.
def sp_clock_time:
	sp_digits as $two
	| "T" + $two[. / 3600000 % 24] + ":" + $two[. / 60000 % 60]
		+ ":" + $two[. / 1000 % 60]
		+ (if . % 1000 == 0 then ".000Z"
		else ".\(. / 100 % 10)" + $two[. % 100] + "Z" end);

# Unix milliseconds as 2026-11-22T06:40:00.123Z.
def iso:
	(. / 86400000 | floor) as $day
	| ($day | sp_date) + (. - $day * 86400000 | sp_clock_time);

# The same, given a time and its milliseconds, which are mostly of the same day.
def sp_iso_near($time; $ms):
	(. / 86400000 | floor) as $day
	| (if $day == ($ms / 86400000 | floor) then $time[0:10]
		else $day | sp_date end)
		+ (. - $day * 86400000 | sp_clock_time);

# The days from 1970 to a date. The years begin in March here.
def sp_days($year; $m; $d):
	(if $m > 2 then $year else $year - 1 end) as $y
	| $y * 365 + ($y / 4 | floor) - ($y / 100 | floor) + ($y / 400 | floor)
		+ [null, 306, 337, 0, 31, 61, 92, 122, 153, 184, 214, 245, 275][$m]
		+ $d - 719469;

# How many days a month has.
def sp_month_days($y; $m):
	if $m == 4 or $m == 6 or $m == 9 or $m == 11 then 30
	elif $m != 2 then 31
	elif $y % 4 == 0 and ($y % 100 != 0 or $y % 400 == 0) then 29
	else 28 end;

# The fraction that a time has, as three digits.
def sp_fraction: .[20:-1] + "000" | .[0:3];

# Whether a text has, but for its digits, the form of a time.
def sp_like_time:
	length as $n
	| ($n == 20 or ($n > 21 and $n <= 30))
	and (explode as $c
		| $c[4] == 45 and $c[7] == 45 and $c[10] == 84
		and $c[13] == 58 and $c[16] == 58 and $c[-1] == 90
		and ($n == 20 or ($c[19] == 46
			and all($c[20:-1][]; . >= 48 and . <= 57))));

# A time like 2026-11-22T06:40:00Z, with a fraction or without, as Unix
# milliseconds; null for any other value. What is null is less than a number.
def ms:
	if type != "string" or (sp_like_time | not) then null else
		sp_numbers as $two
		| $two[.[0:2]] as $century
		| $two[.[2:4]] as $year
		| $two[.[5:7]] as $month
		| $two[.[8:10]] as $day
		| $two[.[11:13]] as $hour
		| $two[.[14:16]] as $minute
		| $two[.[17:19]] as $second
		| if $century >= 0 and $year >= 0
			and $month >= 1 and $month <= 12 and $day >= 1
			and ($day <= 28 or $day
				<= sp_month_days($century * 100 + $year; $month))
			and $hour >= 0 and $hour < 24
			and $minute >= 0 and $minute < 60
			and $second >= 0 and $second < 60
		then
			sp_days($century * 100 + $year; $month; $day) * 86400000
				+ $hour * 3600000 + $minute * 60000 + $second * 1000
				+ (if length == 20 then 0
				else sp_fraction | tonumber end)
		else null end
	end;
def is_time: ms != null;

# A time in the form that is stored; null for any other value.
def sp_time:
	if length == 24 then .
	elif length == 20 then .[0:19] + ".000Z"
	else .[0:19] + "." + sp_fraction + "Z" end;
def time: if is_time then sp_time else null end;

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
def artist_id: .id // sp_uri_id("spotify:artist:");
def album_id: .id // sp_uri_id("spotify:album:");
def user_id: .id // sp_uri_id("spotify:user:");

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
	artist_id as $id
	| if $id == null then empty
	else {table: "artists", known: {artist_id: $id}, of: .} end;

# The artists of an object, and their places in it: rows of `table`, whose other
# column `key` is the id of the object.
def sp_artists($table; $key; $id):
	(.artists // []) as $artists
	| range($artists | length) as $i
	| $artists[$i]
	| artist_id as $artist_id
	| if $artist_id == null then empty
	else
		artist_rows,
		{table: $table, row: {($key): $id, artist_id: $artist_id,
			position: $i}}
	end;

def album_rows:
	album_id as $id
	| if $id == null then empty
	else
		{table: "albums", known: {album_id: $id}, of: .},
		sp_artists("album_artists"; "album_id"; $id)
	end;

# A local file has no id; its uri is used. The uri of a track contains its id.
def track_id: .id // sp_uri_id("spotify:track:") // (.uri
	| if . == "spotify:track:" then null else . end);

# Playlists contain episodes, too, which are no tracks.
def is_episode:
	if .uri then .uri | startswith("spotify:episode:")
	else .type == "episode" or .episode == true end;

# An episode of a podcast, and its show.
def episode_id: .id // sp_uri_id("spotify:episode:");
def show_id: .id // sp_uri_id("spotify:show:");
def show_rows:
	(objects | show_id) as $id
	| if $id == null then empty
	else {table: "shows", known: {show_id: $id}, of: .} end;
def episode_rows:
	episode_id as $id
	| if $id == null then empty
	else
		{table: "episodes", known: {episode_id: $id,
			show_id: (.show | if type == "object" then show_id
				else null end)}, of: .},
		(.show | show_rows)
	end;

# A duration in milliseconds; that of a local file is an object.
def sp_duration:
	if type == "object" and has("totalMilliseconds") then .totalMilliseconds
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
		track_id as $id
		| if $id == null then empty
		else
			sp_track_rows($id; .album | album_id),
			(.album | album_rows)
		end
	end;

# The track or episode of a list item: in `track` or, since 2026, in `item`;
# then `track` may be the value true.
def item_track: if (.track | type) == "object" then .track else .item end;

def user_rows:
	(objects | user_id) as $id
	| if $id == null then empty
	else {table: "users", known: {user_id: $id}, of: .} end;

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

# What a playlist item is; null if it has no track at all, as when a request
# chose its fields. An item whose track was refused is `odd`.
def sp_item_kind($track; $odd):
	if $track | track_id != null then
		if $track | is_episode then "episode"
		elif .is_local == true or $track.is_local == true
			or ($track.uri // "" | startswith("spotify:local:"))
		then "local"
		else "track" end
	elif $odd then "refused"
	elif . == null then "unavailable"
	elif $track != null then
		if $track | has("id") or has("uri") then "unavailable" else null end
	elif has("item") or (has("track") and .track == null) then "unavailable"
	else null end;

def sp_put($name; $value): if $value == null then . else .[$name] = $value end;

# A playlist item as it is stored in its list; null if that is not known. One that
# cannot be used keeps its position.
def sp_entry($odd):
	item_track as $track
	| sp_item_kind($track; $odd) as $kind
	| (.added_at | time) as $added_at
	| added_by as $added_by
	| if $kind == null then null else
		{kind: $kind}
		| if $kind == "track" or $kind == "local" then
			.track_id = ($track | track_id) | sp_put("uri"; $track.uri)
		elif $kind == "episode" then
			.uri = ($track.uri // "spotify:episode:" + $track.id)
		else . end
		| sp_put("added_at"; $added_at)
		| sp_put("added_by"; $added_by)
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
	| if all(.[]; . >= 48 and . <= 57) then
		reduce .[] as $digit (0; . * 10 + $digit - 48)
	else 0 end;

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
	| [range($items | length) as $i
		| $items[$i] | sp_entry($odd[$i | tostring])] as $entries
	| any($entries[]; . == null) as $unknown
	| (range($items | length) as $i
		| $items[$i]
		| if .added_at == null or .added_at == "" or $entries[$i].added_at
			or (.added_at | is_time)
		then empty
		else {place: place($i), refuse: "has no valid 'added_at'"} end),
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

# The end of a stream that is no time as it is: a blank may be in the place of the
# T, and seconds and zone may be missing. What it means is a time, or not.
def sp_ended:
	if type != "string" then null
	else
		split(" ") | join("T")
		| rtrimstr("TUTC") | rtrimstr("+00:00") | rtrimstr("Z")
		| if length == 16 then . + ":00Z" else . + "Z" end
	end;

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
	if . == null then null
	elif startswith("spotify:track:") then ltrimstr("spotify:track:")
	elif startswith("spotify:local:") then .
	else null end;
def sp_episode_id:
	if . == null or (startswith("spotify:episode:") | not) then null
	else ltrimstr("spotify:episode:") end;

# The members of these names, which have no column; null if there are none.
def sp_others($names):
	. as $row
	| reduce $names[] as $name (null;
		if $row[$name] == null then . else .[$name] = $row[$name] end);

# Counts equal streams where the capture, as a body by itself, does not.
def sp_count:
	group_by([.ts, .item, .offline_timestamp, .ms_played])[]
	| range(length) as $i | .[$i] | .nth = $i + 1;

# The indexes of rows whose refusal by their shape says why they are not used.
def sp_odd_rows($names):
	reduce (.odd // [] | .[].path
		| select(length == 2 or .[2] == $names.ended or .[2] == $names.played))
		as $path ({}; .[$path[1] | tostring] = true);

# The moment at which the device says that a stream began, in Unix milliseconds,
# where older rows have seconds; 0 if it says nothing usable.
def sp_clock:
	.offline_timestamp
	| if . == null or . <= 0 or . > 9e15 then 0
	elif . > 1e11 then floor
	else . * 1000 + 0.5 | floor end;

# When a stream began: what the device says, if that was within a week before the
# end; else the time played before it.
def sp_started($ended; $clock):
	if $clock == 0 or $clock > $ended + 3000 or $clock < $ended - 604800000
	then $ended - .ms_played
	else $clock end;

# Why a row is no stream; null if it is one.
def sp_no_stream($ended; $names):
	if . == null then "is null"
	elif $ended == null then "has no valid '\($names.ended)'"
	elif .ms_played == null or .ms_played > 9007199254740991
	then "has no valid '\($names.played)'"
	else null end;

# The columns of a stream with this end, the nth that is equal.
def sp_stream($user; $form; $video; $time; $ended; $nth; $others):
	sp_clock as $clock
	| sp_started($ended; $clock) as $started
	| {user_id: $user, ts: ($time | sp_time),
		item: (.spotify_track_uri // .spotify_episode_uri
			// .audiobook_chapter_uri // .audiobook_uri // sp_names),
		offline_timestamp: $clock, ms_played, nth: $nth, form: $form,
		kind: (if $video then "video"
			elif .spotify_track_uri then "track"
			else sp_kind end),
		track_id: (.spotify_track_uri | sp_track_id),
		episode_id: (.spotify_episode_uri | sp_episode_id),
		started_at: (if $started < 0 then null
			else $started | sp_iso_near($time; $ended) end),
		phantom: ($started < 0 or .ms_played > $ended - $started + 3000),
		track_name: .master_metadata_track_name,
		artist_name: .master_metadata_album_artist_name,
		album_name: .master_metadata_album_album_name,
		episode_name, show_name: .episode_show_name,
		audiobook_title, audiobook_uri,
		audiobook_chapter_title, audiobook_chapter_uri,
		reason_start, reason_end, skipped, shuffle, offline,
		incognito_mode, platform, conn_country,
		vendor_json: sp_others($others)};

# What a file of an export covers. One of the basic form that has only podcasts
# says nothing about music, and one of videos says nothing about what was heard.
def sp_coverage($form; $video; $streams):
	if $video or .sha256 == null
		or ($form == "basic" and all($streams[]; .kind != "track"))
	then empty else
		[$streams[].ts] as $times
		| {table: "streaming_coverage", known: {user_id: .user, sha256,
			first_row, file, form: $form, rows: ($streams | length),
			file_rows, covered_from: ($times | min),
			covered_to: ($times | max)}}
	end;

# The streams in the rows of a capture, the rows that are refused, and what they
# cover. $names: those of the members with the end and with what was played, and
# all known ones. What sp-load would refuse is refused here, so that its file
# covers nothing.
def streams($form; $names):
	. as $capture
	| (.body | if type == "array" then .
		else error("the body is no list of rows") end) as $rows
	| (sp_file // "" | ascii_downcase | contains("video")) as $video
	| (($rows | add // {} | keys) - $names.known - ["username", "ip_addr",
		"ip_addr_decrypted", "user_agent_decrypted"]) as $others
	| [range($rows | length) as $i
		| $rows[$i]
		| (.ts | ms) as $ms
		| (.ts | if $ms == null then sp_ended else . end) as $time
		| ($ms // ($time | ms)) as $ended
		| sp_no_stream($ended; $names) as $why
		| if $why == null then
			(if $capture.repeats then $capture.repeats["\($i)"]
				else null end // 1) as $nth
			| {stream: sp_stream($capture.user; $form; $video; $time;
				$ended; $nth; $others)}
		elif $capture | sp_odd_rows($names)["\($i)"] then empty
		else {place: ($capture | row_place($i)), refuse: $why} end] as $results
	| [$results[].stream | values] as $streams
	| (if .first_row == null then $streams | sp_count else $streams[] end
		| {table: "streaming_history", known: .}),
	($results[] | select(.refuse)),
	sp_coverage($form; $video; $streams);
