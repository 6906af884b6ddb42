# token: that the token endpoint, which renews logins, says to come back later.
# sp-fetch makes a capture of nothing else that it says, and of no body. See
# `--print-filter recently-played` for what a mapping is.
#
# Rows of endpoint_status.

# main
if ok then empty else not_ok("") end
