#!/bin/sh
# The play history job in plain sh, every stage's output kept to look at.
#
#	play-history.sh FOLDER
#
# The last program's status is the pipeline's: sp-load sees from the stream
# itself whether every stage before it came to its end.
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
65) echo "the stream was cut: rows kept, cursor unmoved; run it again" ;;
75) echo "rate limited: come back later" ;;
77) echo "log in first" ;;
*) echo "failed with status $status" ;;
esac
exit $status
