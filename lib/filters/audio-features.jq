# audio-features: what /audio-features/ID or ?ids=... says, kept whole. A
# track without features comes as null. See `--print-filter recently-played`
# for what a mapping is.

def row:
	if type != "object" then empty
	elif .id == null then {refuse: "features without the id of a track"}
	else {table: "tracks", row: {track_id: .id, audio_features_json: .}} end;

# main
if ok then
	(.body | if has("audio_features") then
		.audio_features | list("audio_features")[] | row
	elif .id == null then error("the body has no audio features")
	else row end), endpoint_status(subject)
else not_ok(subject) end
