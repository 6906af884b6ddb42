#!/bin/sh
# The play history job in plain sh. It saves the output of each stage in FOLDER.
#
#	play-history.sh FOLDER
#
# The last program's status is the pipeline's: the stream itself shows sp-load
# whether every earlier stage has finished.
set -u
dir=${1:?usage: play-history.sh FOLDER}
mkdir -p "$dir" || exit 73

sp-queue next play-history |
	tee "$dir/requests.ndjson" | sp-fetch |
	tee "$dir/captures.ndjson" | sp-stage |
	sp-transform |
	tee "$dir/rows.ndjson" | sp-load
status=$?

case $status in
0) echo "done" ;;
1) echo "done, but records were refused: see ingest_errors" ;;
65) echo "incomplete input: rows kept, cursor not moved; run it again" ;;
75) echo "try again later: a rate limit, or the database is locked" ;;
77) echo "not logged in: sp-fetch login" ;;
*) echo "failed with status $status" ;;
esac
exit $status
