#!/bin/sh
# A standard stream that is closed: nothing that is opened is taken for it.
cd "$(dirname "$0")/../.." || exit
. tests/lib/tap.sh
. tests/lib/api.sh
api_start --user kim --seed 3
sp-queue next play-history >"$tmp/requests"
sp-fetch <"$tmp/requests" >"$tmp/captures"
sp-stage <"$tmp/captures" | sp-transform >"$tmp/rows"
sp-load <"$tmp/rows"
cp "$SP_DB" "$tmp/full.db"

# closed STATUS COMMAND: a command line of sh on a full database, with its
# redirections; its status, a message with one that is not 0, and a whole
# database afterwards.
closed() {
	fresh
	cp "$tmp/full.db" "$SP_DB"
	run timeout 10 sh -c "$2"
	is "$status" "$1" "$2"
	case $status$2 in
	0* | *'2>&-') ;;
	*) like "$err" '^sp-[a-z]+: std(in|out): ' "$2: the message names the stream" ;;
	esac
	is "$(sql 'pragma integrity_check')" ok "and integrity_check finds nothing"
}

cd "$tmp" || exit
for stage in 'sp-fetch <&-' 'sp-stage <&-' 'sp-transform <&-' 'sp-load <&-' \
    'sp-queue next play-history >&-' 'sp-queue status >&-' \
    'sp-queue add <&-' 'sp-fetch <requests >&-' 'sp-fetch /me >&-' \
    'sp-stage <captures >&-' 'sp-stage replay >&-' 'sp-stage runs >&-' \
    'sp-transform <captures >&-' 'sp-load -n <rows >&-' 'sp-load --digest >&-' \
    'sp-queue budget playlists >&-' 'sp-queue list >&-' \
    'sp-queue count >&-' 'sp-fetch accounts >&-' \
    'sp-stage why users kim >&-' 'sp-transform --list-filters >&-' \
    'sp-transform -V >&-' 'sp-load --help >&-' \
    'sp-load <&- >&-' 'sp-stage <&- >&-'; do
	closed 74 "$stage"
done
for stage in 'sp-queue next play-history <&-' 'sp-load <rows >&-' \
    'sp-fetch <requests 2>&-' 'sp-stage <captures 2>&-' \
    'sp-transform <captures 2>&-' 'sp-load <rows 2>&-' \
    'sp-load <rows >&- 2>&-' 'sp-stage replay <&-' \
    'sp-queue drop </dev/null >&-' 'sp-queue count <&-' \
    'sp-load --digest <&-'; do
	closed 0 "$stage"
done

closed 1 'echo "{" | sp-load 2>&-' # which nobody hears of

# A socket never gets the number of a stream: no capture is sent to the API.
api_post 'requests?clear=1'
sp-fetch /me >&- 2>/dev/null
is "$(curl -fsS "$api_url/rehearse/requests" | jq -r .method | sort -u)" GET \
    "the API got requests only"
finish
