#!/bin/sh
# Files that are imported: a ZIP from Spotify or what is in it, told by content;
# what is in them is imported once, and whatever is not is named.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/db.sh

export TMPDIR="$tmp"
python3 tests/import-export.py "$tmp" || echo "Bail out! no files to import"

# import ARGUMENT...: run it in the folder of the files.
import() { run sh -c 'cd "$1" && shift && sp-stage import "$@"' - "$tmp" "$@"; }
# captures MEMBER...: these members of each capture of the last import
captures() {
	jq -c "select(.type == \"capture\") | [$*]" "$tmp/out"
}
fresh

section "an extended history"
import --user kim extended.json
is "$status $err" "0 " "is told by its content"
is "$(captures .seq,.endpoint,.user,.status,.file,.first_row,.rows,.file_rows)" \
    '[1,"streaming-history","kim",200,"extended.json",1,858,2300]
[2,"streaming-history","kim",200,"extended.json",859,856,2300]
[3,"streaming-history","kim",200,"extended.json",1715,586,2300]' \
    "and becomes captures of a bounded number of rows"
is "$(captures .sha256 | sort -u)" \
    "[\"$(sha256sum <"$tmp/extended.json" | cut -d' ' -f1)\"]" \
    "with the SHA-256 of the file"
is "$(captures .repeats | xargs)" "[{5:2,9:2}] [{142:3}] [null]" \
    "and which rows are repeated in the file, in any spelling"
is "$(captures .body | jq -c '.[][]' | md5sum)" \
    "$(jq -c '.[] | del(.username, .ip_addr, .ip_addr_decrypted,
	.user_agent_decrypted) | if .more then del(.more.ip_addr) else . end' \
	"$tmp/extended.json" | md5sum)" \
    "with all rows as they are, without private members"
is "$(grep -c '192\.0\.2\|a private agent' "$tmp/out")" 0 "none of which is printed"
is "$(sp-stage replay | grep -c '192\.0\.2\|a private agent')" 0 "or stored"
first=$(jq -c 'select(.type == "capture") | [.run, .seq, .file]' "$tmp/out")
cp "$tmp/extended.json" "$tmp/again.json"
import --user kim again.json
is "$status $(captures .run,.seq,.file)" "0 $first" \
    "imported again, its captures have their first run, seq and file"
is "$(sql 'select count(*) from staging_raw')" 3 "and are not stored again"
is "$(jq -c 'select(.type == "end").ledger' "$tmp/out")" \
    '[{"stage":"sp-stage","produced":{"run":1,"capture":3}}]' \
    "and the ledger has what was printed"

finish
