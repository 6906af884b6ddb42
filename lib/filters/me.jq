# me: /me, the account itself. See `--print-filter
# recently-played` for what a mapping is.
#
# Rows of users, endpoint_status.
#
# shape: id:text uri:text display_name:string images:array followers:object
# shape: total:count country:text product:text account_id:text

def rows($at):
	if user_id == null then error("the body has no id")
	else user_rows | .known += {is_me: true, last_refreshed: $at} end;

if ok then
	.fetched_at as $at
	| (.body | object | rows($at)), endpoint_status("")
else not_ok("") end
