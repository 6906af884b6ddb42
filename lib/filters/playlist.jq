# playlist: /playlists/ID: the playlist and its owner, and of its first page of
# items, the tracks, who added them, and the page itself, which sp-load joins
# with those of `playlist-items`. See `--print-filter recently-played` for what
# a mapping is.
#
# Rows of playlists, users, user_relationships ("added-to-playlist-of"),
# tracks, albums, artists, track_artists, album_artists, episodes, shows,
# playlist_tracks ("page", "check"),
# endpoint_status; and playlist_ingest_queue ("delete") for a playlist whose
# items are not available.
#
# shape: id:text uri:text name:text type:string album:object artists:array
# shape: artists[]:object images:array release_date:date is_local:boolean
# shape: duration_ms:length|object totalMilliseconds:length
# shape: popularity:number episode:boolean explicit:boolean disc_number:length track_number:length
# shape: external_ids:object isrc:text linked_from:object album_type:string
# shape: total_tracks:number release_date_precision:string show:object
# shape: description:string publisher:string total_episodes:number
# shape: items[]:object track:object|boolean item:object
# shape: added_by:object total:count offset:count
# shape: tracks:object items:object|array owner:object snapshot_id:text
# shape: public:boolean collaborative:boolean followers:object
# shape: display_name:string

# The object with the items: `items`, `tracks`, or both with equal content. Null
# if the API does not show them, which does not mean that there are none.
def container:
	if (.items | type) == "object" and (.items.items | type) == "array" then
		.items
	elif (.tracks | type) == "object" then .tracks
	else .items end;

# The playlist's id, from the first member that has it.
def id($url):
	.id // ($url | path_id("playlists")) // (.uri | playlist_id)
		// (.href | path_id("playlists"))
		// (container | if type == "object" then .href else null end
			| path_id("playlists"));

# The time of the capture if the API does not show the items, so that the
# playlist is not requested again soon; null if the request chose its fields.
def refreshed($capture):
	if container == null and .name != null and .owner != null
		and ($capture.url | query("fields")) == null
	then $capture.fetched_at else null end;

# Whether the snapshot must be checked after the last page, as the playlist may
# change between pages. Spotify's own have another snapshot at each request.
def check_due($capture; $items):
	if $capture.request != null and .owner.id != "spotify"
		and (($items.next | type) == "string"
			or (($items.total | type) == "number"
				and $items.total > ($items.items | length)))
	then true else null end;

# The rows of the tracks in `tracks` and `items`, which may both be there.
def listed_rows:
	(.tracks, .items) | objects | .items | arrays | .[] | item_track | track_rows;

def page($capture; $id; $items):
	.owner.id as $owner
	| check_due($capture; $items) as $due
	| (($capture | list_of) + {playlist_id: $id, snapshot_id: .snapshot_id,
		check_due: $due}) as $about
	| ($items.items | adders
		| ., relation(.known.user_id; $owner; "added-to-playlist-of";
			$capture.fetched_at)),
	($items | playlist_page($about; 0; $capture | sp_odd_items));

# A page of items under the name of this endpoint, as in an import of all saved
# bodies of a playlist.
def items_page($capture; $id):
	(.items[] | item_track | track_rows),
	(.items | adders),
	((($capture | list_of) + {playlist_id: $id}) as $about
		| playlist_page($about; page_offset($capture.url; .href);
			$capture | sp_odd_items));

def check($capture; $id):
	{table: "playlists", known: {playlist_id: $id,
		snapshot_id: .snapshot_id}},
	{table: "playlist_tracks", op: "check", known: (($capture | list_of)
		+ {playlist_id: $id, snapshot_id: .snapshot_id})};

# Deletes a playlist from the queue: nothing more of it can be read.
def delete_from_queue($id):
	{table: "playlist_ingest_queue", op: "delete", row: {playlist_id: $id}};

def rows($capture; $id):
	if $id == null then error("the body has no id")
	elif has("id") or has("uri") or has("href") or has("name")
		or has("owner") or has("snapshot_id") or has("items")
		or has("tracks") | not
	then error("the body is no playlist")
	elif (.items | type) == "array" then items_page($capture; $id)
	elif $capture.check == true then check($capture; $id)
	else
		container as $items
		| listed_rows,
		(if $capture.url | query("fields") == null then .
			else del(.followers) end
			| playlist_rows($id; refreshed($capture))),
		(if $items | type == "object" and (.items | type) == "array" then
			page($capture; $id; $items)
		elif $capture.request == null then empty
		else delete_from_queue($id) end)
	end;

# Whether this playlist is not available, rather than any.
def unavailable: .status == 404 or .denied == "subject";

def dequeue:
	(.url | path_id("playlists")) as $id
	| if $id == null or (unavailable | not) then empty else delete_from_queue($id) end;

if ok then
	. as $capture
	| (.body | object | id($capture.url)) as $id
	| (.body | rows($capture; $id)),
		endpoint_status((.url | path_id("playlists")) // $id)
else not_ok(subject), dequeue end
