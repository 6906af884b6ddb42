# my-playlists: a page of /me/playlists: playlists, their owners, and that the
# user has them; or of /users/ID/playlists, for that user.
# See `--print-filter recently-played` for what a mapping is.
#
# Rows of playlists, users, user_playlists, user_relationships
# ("follows-playlist-of", "collaborates-with"), endpoint_status; and deletes
# from playlist_ingest_queue.
#
# shape: id:text uri:text name:text type:string description:string owner:object
# shape: images:array public:boolean collaborative:boolean snapshot_id:text
# shape: items[]:object items:object|array tracks:object total:count
# shape: display_name:string

# The user whose playlists these are.
def list_user:
	(if .url != null then .url else .body.href end | path_id("users")) // .user;

def rows($user; $at; $id):
	playlist_rows($id; null),
	(if $user == null then empty else
		{table: "user_playlists", known: {user_id: $user, playlist_id: $id,
			first_seen: $at, last_seen: $at}}
	end),
	(.owner | user_id) as $owner
	| relation($user; $owner; "follows-playlist-of"; $at),
	(if .collaborative == true then
		relation($user; $owner; "collaborates-with"; $at)
	else empty end);

# The API sometimes lists null in place of a playlist.
def element($user; $at; $i):
	if . == null then empty else
		(.id // (.uri | playlist_id) // (.href | path_id("playlists"))) as $id
		| if $id == null then {place: place($i), refuse: "has no id"}
		else rows($user; $at; $id) end
	end;

# Playlists that the plan found to be up to date.
def dequeue:
	.dequeue | arrays[] | strings
	| {table: "playlist_ingest_queue", op: "delete", row: {playlist_id: .}};

if ok then
	(.body | object | .items | list("items")) as $items
	| list_user as $user
	| .fetched_at as $at
	| (range($items | length) as $i
		| $items[$i] | element($user; $at; $i)), endpoint_status(""),
		dequeue
else not_ok("") end
