# followed-artists: a page of /me/following?type=artist: artists, and that the
# user follows them. See `--print-filter recently-played` for
# what a mapping is.
#
# Rows of artists, user_relationships ("follows-artist"), endpoint_status.
#
# shape: id:text uri:text name:text images:array genres:array
# shape: popularity:number followers:object total:count items[]:object

def rows($user; $at; $i):
	artist_id as $id
	| if . == null then empty
	elif $id != null then
		artist_rows, relation($user; $id; "follows-artist"; $at)
	else {place: place($i), refuse: "is not an artist"} end;

if ok then
	(.body | object | .artists | if type == "object" then .items else null end
		| list("artists.items")) as $items
	| .user as $user
	| .fetched_at as $at
	| (range($items | length) as $i
		| $items[$i] | rows($user; $at; $i)), endpoint_status("")
else not_ok("") end
