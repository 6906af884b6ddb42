# audio-features: /audio-features/ID or ?ids=..., stored unchanged. A track
# without features is null there, and gets the status 404. See `--print-filter
# recently-played` for what a mapping is.
#
# Rows of tracks, endpoint_status.

def row($requested):
	if type != "object" then
		{refuse: "audio features that are not an object"}
	else
		(.id // $requested // (if .uri == null then null else track_id end)) as $id
		| if $id == null then {refuse: "audio features without a track id"}
		else {table: "tracks", row: {track_id: $id, audio_features_json: .}} end
	end;

# The ids in the URL, in whose order the list is.
def requested($count):
	(.url | query("ids") // "" | split(",")) as $ids
	| if ($ids | length) == $count then $ids else [] end;

# Marks a track without features, so that it is not requested again soon.
def none($user; $id):
	if $user == null or $id == null then empty else
		{table: "endpoint_status", row: {user_id: $user,
			endpoint: "audio-features", subject: $id, status: 404,
			reason: null, retry_at: null}}
	end;

def batch:
	.user as $user
	| (.body.audio_features | list("audio_features")) as $all
	| requested($all | length) as $ids
	| range($all | length) as $i
	| $all[$i] | if . == null then none($user; $ids[$i])
		else row($ids[$i]) end;

def single:
	(.url | path_id("audio-features")) as $requested
	| .body | if .id == null and .danceability == null then
		error("the body has no audio features")
	else row($requested) end;

if ok then
	(.body | object) as $body
	| (if $body | has("audio_features") then batch else single end),
		endpoint_status(subject)
else not_ok(subject) end
