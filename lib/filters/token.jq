# token: a rate limit of the token endpoint, which renews logins. sp-fetch makes
# captures of no other response of it, and of no body. See `--print-filter
# recently-played` for what a mapping is.
#
# Rows of endpoint_status.

if ok then empty else not_ok("") end
