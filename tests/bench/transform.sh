#!/bin/sh
# How fast sp-transform maps, on one core, against jq doing the same mapping
# on the same captures. CPU seconds, the best of RUNS=3 interleaved runs;
# PAGES=600 pages of 50 plays each, TRACKS=9000 tracks to choose from.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
sp=${SP_BUILD:-$here/../../build}/sp-transform
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM

# The prelude, the mapping, and what sp-transform does to its results.
{
	"$sp" --print-filter prelude
	echo 'def mapping:'
	"$sp" --print-filter recently-played
	echo ';
	def put($column; $value):
		if $value == null then . else .[$column] = $value end;
	# The columns of the member `of`, which sp-transform itself adds.
	def columns($o):
		put("name"; $o.name) | put("uri"; $o.uri);
	def vendor_json($o; is_full; rest):
		if $o | is_full then .vendor_json = ($o | rest) else . end;
	def images($o): put("images_json"; $o.images | if . == [] then null else . end);
	def with_columns:
		.of as $o
		| if $o == null then .known
		elif .table == "tracks" then
			.known | columns($o)
			| put("popularity"; $o.popularity) | put("is_local"; $o.is_local)
			| put("explicit"; $o.explicit) | put("disc_number"; $o.disc_number)
			| put("track_number"; $o.track_number)
			| put("isrc"; $o.external_ids.isrc)
			| put("linked_from_id"; $o.linked_from.id)
			| vendor_json($o; has("album") and has("external_ids");
				del(.name, .uri, .popularity, .is_local, .explicit,
				.disc_number, .track_number, .id, .album, .artists,
				.duration_ms, .track, .episode, .available_markets))
		elif .table == "albums" then
			.known | columns($o) | put("release_date"; $o.release_date)
			| put("release_date_precision"; $o.release_date_precision)
			| put("album_type"; $o.album_type)
			| put("total_tracks"; $o.total_tracks) | images($o)
		else .known | columns($o) | images($o) end;
	. as $c | mapping | select(.table)
	| (if .row then .row elif .of then with_columns else .known end
		| if .track_id and .played_at and .context_type == null
		then {user_id, track_id, played_at, source}
		else . end) as $row
	| {type: "row", table, row: $row, at: $c.fetched_at,
		src: "\($c.run)/\($c.seq)"}'
} >"$tmp/jq"
"$sp" --print-filter recently-played | sed 's/^# unit:.*//' >"$tmp/skip.jq"

cpu() { # what to run, on stdin's file: CPU seconds
	perl -e 'open STDIN, "<", shift or die; open STDOUT, ">", "/dev/null";
		open E, ">&", \*STDERR; system(@ARGV) == 0 or die;
		my @t = times; printf E "%.2f\n", $t[2] + $t[3]' "$in" "$@" 2>&1
}
least() { # of two numbers, the first maybe empty
	awk -v a="$1" -v b="$2" 'BEGIN {print a == "" || b < a ? b : a}'
}

for full in 1 0; do
	in=$tmp/pages
	awk -v pages="${PAGES:-600}" -v tracks="${TRACKS:-9000}" \
		-v full=$full -f "$here/pages.awk" >"$in"
	# The same rows; sp-transform leaves out repeated ones of a capture.
	head -3 "$in" | jq -cS -f "$tmp/jq" | awk '!seen[$0]++' >"$tmp/a"
	head -3 "$in" | "$sp" -j1 | jq -cS . >"$tmp/b"
	cmp "$tmp/a" "$tmp/b"
	mb=$(($(wc -c <"$in") / 1000000))
	jq= plain= skip= memo=
	for run in $(seq "${RUNS:-3}"); do
		jq=$(least "$jq" "$(cpu jq -c -f "$tmp/jq")")
		plain=$(least "$plain" "$(cpu "$sp" -j1 --no-memo)")
		skip=$(least "$skip" "$(cpu "$sp" -j1 -f "$tmp/skip.jq")")
		memo=$(least "$memo" "$(cpu "$sp" -j1)")
	done
	[ $full = 1 ] && what='all fields' || what='fields of 2026'
	echo "recently-played, $what, $mb MB:"
	for m in "jq:$jq" "all read:$plain" "skipping:$skip" "memo:$memo"; do
		awk -v name="${m%:*}" -v s="${m#*:}" -v jq="$jq" -v mb="$mb" \
			'BEGIN {printf "  %-10s %6.2f s  %6.1f MB/s  x%.1f\n",
			name, s, mb / s, jq / s}'
	done
done
