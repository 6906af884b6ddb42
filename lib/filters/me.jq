# me: what /me says of the account itself. See `--print-filter
# recently-played` for what a mapping is.

def rows:
	if .id == null then error("the body has no id") else
		{table: "users", known: {user_id: .id, display_name: .display_name,
			uri: .uri, images_json: .images, is_me: true}}
	end;

# main
if ok then (.body | rows), endpoint_status("") else not_ok("") end
