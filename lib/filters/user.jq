# user: /users/ID, another user. See `--print-filter
# recently-played` for what a mapping is.
#
# Rows of users, endpoint_status.
#
# shape: id:text uri:text display_name:string images:array followers:object
# shape: total:count

def rows($at):
	if user_id == null then error("the body has no id")
	else user_rows | .known.last_refreshed = $at end;

if ok then
	.fetched_at as $at
	| (.body | object | rows($at)), endpoint_status(
		(.url | path_id("users")) // (.body | user_id))
else not_ok(subject) end
