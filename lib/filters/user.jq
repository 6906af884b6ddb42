# user: what /users/ID says of another user. See `--print-filter
# recently-played` for what a mapping is.

def rows:
	if .id == null then error("the body has no id") else
		{table: "users", known: {user_id: .id, display_name: .display_name,
			uri: .uri, images_json: .images}}
	end;

# main
if ok then (.body | rows), endpoint_status(subject) else not_ok(subject) end
