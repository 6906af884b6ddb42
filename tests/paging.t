#!/bin/sh
# sp-fetch and lists that a server cuts short, counts wrongly or never ends:
# every entry comes, or the run says that some did not.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/api.sh
. tests/lib/fetch.sh
. tests/lib/server.sh

# A server of 45 playlists, followed artists and so on. The Perl in $tmp/how
# changes a page before it is sent: its members in %m, its entries in @items.
# shellcheck disable=SC2016
server pager '
	my ($url) = $head =~ /^GET (\S+)/;
	open(my $urls, ">>", "$dir/urls") or die;
	print $urls "$url\n"; close $urls;
	our $n ||= 0;
	my ($offset) = $url =~ /offset=(\d+)/;
	my ($after) = $url =~ /after=(\w+)/;
	my ($limit) = $url =~ /limit=(\d+)/;
	my $first = $offset || ($after ? $after =~ s/\D//gr : 0);
	my $artists = $url =~ /following/;
	my $plays = $url =~ /recently/;
	$limit = 20 if !$limit || $limit > 20;
	my @all = map {
		my $t = "{\"id\":\"t$_\",\"uri\":\"spotify:track:t$_\","
			. "\"name\":\"T $_\",\"type\":\"track\"}";
		$plays ? "{\"track\":$t,\"played_at\":\"2026-11-2${_}T00:00:00Z\"}"
		: $artists ? "{\"id\":\"a$_\",\"name\":\"A $_\"}"
		: $url =~ /(items|tracks)\?/ || $url =~ m{/playlists/}
			? "{\"added_at\":\"2026-01-01T00:00:00Z\",\"track\":$t}"
		: "{\"id\":\"p$_\",\"name\":\"P $_\",\"owner\":{\"id\":\"kim\"}}"
	} 1 .. 45;
	my $last = $first + $limit - 1;
	my @items = @all[$first .. ($last > 44 ? 44 : $last)];
	my $to = $first + @items;
	my $rest = $to < 45;
	my %m = (limit => $limit, total => 45);
	if ($artists || $plays) {
		$m{cursors} = $rest ? "{\"after\":\"a$to\"}" : "{\"after\":null}";
		$m{next} = $rest ? "\"$base/v1/me/following?type=artist&after=a$to\"" : "null";
	} else {
		$m{offset} = $first;
		$m{next} = $rest ? "\"$base/v1/users/kim/playlists?offset=$to&limit=$limit\"" : "null";
	}
	if (open(my $how, "<", "$dir/how")) { local $/; eval <$how>; warn $@ if $@ }
	my $body = "{\"items\":[" . join(",", @items) . "]"
		. join("", map { ",\"$_\":$m{$_}" } sort keys %m) . "}";
	$body = "{\"artists\":$body}" if $artists;
	$body = "{\"id\":\"L\",\"name\":\"L\",\"snapshot_id\":\"s\",\"tracks\":$body}"
		if $url =~ m{^/v1/playlists/L(\?|$)};
	$body = "{\"id\":\"kim\"}" if $url eq "/v1/me";
	print $c "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n",
		"Connection: close\r\nContent-Length: ", length $body,
		"\r\n\r\n$body"'
trap 'kill $api_pid $servers 2>/dev/null; clean_up' EXIT
mkdir -p "$tmp/login"
(umask 077 && printf '{"access_token":"abcdefghijk","user_id":"kim","api_url":"%s"}' \
    "$pager" >"$tmp/login/token.json")
export SP_TOKEN_FILE="$tmp/login/token.json"
unset SP_API SP_ACCOUNT SP_TOKEN_URL http_proxy

artists='{"endpoint":"followed-artists","url":"/v1/me/following?type=artist&limit=20","paging":"next"}'
saved='{"endpoint":"saved-tracks","url":"/v1/me/tracks?limit=20","paging":"next"}'
playlist='{"endpoint":"playlist","url":"/v1/playlists/L","paging":"playlist"}'

# came_of REQUEST [PERL]: how the run ended, how many entries came of how many
# requests, each counted once.
came_of() {
	printf '%s' "${2:-}" >"$tmp/how"
	: >"$tmp/urls"
	echo "$1" | try | sed 's/ balanced//; s/: [0-9 ]*:/:/'
	printf '%s of %s\n' "$(jq -r 'select(.type == "capture").body |
	    (.artists // .tracks // .).items // [] | .[] | objects |
	    .id // .track.id' "$tmp/out" | sort -u | wc -l)" \
	    "$(wc -l <"$tmp/urls")"
}
# all PERL REQUESTS NAME [REQUEST]: everything comes, of so many requests.
all() {
	is "$(came_of "${4:-$lists}" "$1" | xargs)" "0: complete 0: 45 of $2" "$3"
}
# cut PERL ENTRIES MESSAGE NAME [REQUEST]: a shorter list, which is reported.
cut() {
	is "$(came_of "${5:-$lists}" "$1" | xargs | sed 's/ of .*//')" \
	    "1: complete 0: incomplete list $2" "$4"
	like "$(cat "$tmp/err")" "^sp-fetch: stdin:2: /v1/[^ ]*: the list is incomplete: $3\$" \
	    "which is reported"
	like "$(jq -r 'select(.type == "end").reason' "$tmp/out")" "$3\$" \
	    "and is in the record of the run"
}
# broken PERL MESSAGE NAME [REQUEST]: the list cannot be read.
broken() {
	is "$(came_of "${4:-$lists}" "$1" | head -n 1)" \
	    "69: failed 69: bad next page" "$3"
	like "$(cat "$tmp/err")" "$2" "by name"
}

section "numbers"
all '' 3 "a list whose server allows a smaller limit"
for number in 20.0 2e1 0 -1 '"20"' null 1e400 20.5 true '[20]'; do
	all "\$m{limit} = q($number)" 3 "limit $number"
done
all 'delete $m{limit}' 3 "no limit"
all '$m{$_} .= ".0" for qw(limit offset total)' 3 "whole numbers with a point"
all '$m{total} = q(4.5e1)' 3 "or an exponent"
all '$m{total} = 0' 3 "a total of 0, with a next page"
all '$m{total} = 7' 3 "or of less than one page"
for number in null '"45"' -1 44.5; do
	all "\$m{total} = q($number)" 3 "a total of $number"
done
all 'delete $m{total}' 3 "no total"
all 'delete $m{next}' 3 "no link"
all '$m{next} = "null"' 3 "a link of null before the end"
all 'delete @m{qw(next total)}' 4 "neither: until the empty page"
all 'delete @m{qw(next limit offset)}' 3 "the total only"
all '$m{offset} = q("0")' 3 "an offset that is no number"
all '$m{offset} = q(null)' 3 "or null"

section "short pages"
all '@items = @all[$first .. ($first + 6 > 44 ? 44 : $first + 6)]' 7 \
    "pages of seven, called pages of twenty"
cut '@items = grep { !/"p9"/ } @items' 44 'it ends after 44 of 45 entries' \
    "an entry that is never shown"
is "$(came_of "$lists" '$items[3] = "null"; $items[4] = "null"' | xargs)" \
    "0: complete 0: 39 of 3" "entries that are null are entries"
cut '@items = () if $first' 20 'it ends after 20 of 45 entries' \
    "an empty page before the end"
cut '@items = () if $first; $m{next} = "null"' 20 \
    'it ends after 20 of 45 entries' "and no link"
cut '$m{total} = 50' 45 'it ends after 45 of 50 entries' \
    "a total that is too great"

section "offsets that are ignored"
broken '@items = @all[0 .. 19]; $m{offset} = "0.0"' \
    'refused: the offset of this page is 0, not 20$' "the first page again"
broken '@items = @all[0 .. 19]; $m{offset} = $first' \
    'refused: this page is the same as one before$' "which calls itself another"
broken '@items = @all[0 .. 19]; delete $m{offset}; $m{next} = "null"' \
    'refused: this page is the same as one before$' "or does not say"

section "lists without end"
all '$m{next} = "\"$base/v1/me/playlists?offset=$to\""' 4 \
    "a next page of the empty one"
all '$m{next} = "\"$base/v1/me/playlists?offset=$to\"";
    @items = @all[25 .. 44] if $first > 44; $m{offset} = $first' 4 \
    "or of the last"
is "$(came_of "$lists" '@items = map { s/"p/"q$n/r } @all[0 .. 19];
    $n++; $m{next} = q("/v1/x")' | xargs)" \
    "1: complete 0: incomplete list 80 of 4" "new entries without end"
like "$(cat "$tmp/err")" 'incomplete: it goes on after its 45 entries$' "by name"
all '$m{next} = "\"$base/v1/me/following?type=artist&after=a$to\""' 4 \
    "followed artists whose next is never null" "$artists"
broken '$m{next} = "\"$base/v1/me/following?type=artist&after=a20\""' \
    'a page that was requested before' "or repeats" "$artists"
all '$m{next} = "null"' 3 "without a link, but a cursor" "$artists"
cut '$m{next} = "null"; $m{cursors} = "null"' 20 \
    'it ends after 20 of 45 entries' "with neither" "$artists"
all '$m{total} = "45.0"' 3 "followed artists" "$artists"
is "$(came_of "$recent" 'delete $m{total};
    $m{next} = "\"$base/v1/me/player/recently-played?after=a$to\""' |
    xargs)" "0: complete 0: 45 of 4" "plays until the empty page"
broken 'delete $m{total}; @items = @all[0 .. 19]; $n++;
    $m{next} = "\"$base/v1/me/player/recently-played?after=a$n\""' \
    'the same as one before' "the same plays without end" "$recent"
all '$m{next} =~ s/users.*playlists/me\/tracks/' 3 "saved tracks" "$saved"
all '$m{next} = "null"' 3 "saved tracks without a link" "$saved"
cut '$m{next} =~ s/users.*playlists/me\/tracks/; @items = () if $first' 20 \
    'it ends after 20 of 45 entries' "fewer of them" "$saved"

section "playlists"
is "$(came_of "$playlist" '$m{next} = "null"' | xargs)" \
    "0: complete 0: 45 of 4" "a playlist without links, and its check"
is "$(sed 's/.*L//' "$tmp/urls" | xargs)" "/tracks?offset=20&limit=50\
 /tracks?offset=40&limit=50 ?fields=id,snapshot_id" "asked for by offset"
broken '$m{next} = "null"; @items = @all[0 .. 19]; $m{offset} = 0' \
    'refused: the offset of this page is 0, not 20$' \
    "that ignores offsets" "$playlist"

section "the tables"
tables() {
	rm -f "$SP_DB"*
	echo "$1" | plan | sp-fetch 2>/dev/null | sp-stage | sp-transform |
	    sp-load 2>"$tmp/said"
	echo "$? $(sql "$2")"
}
printf '$items[3] = $items[4] = "null"; $m{next} = "null"' >"$tmp/how"
is "$(tables "$playlist" "select count(*), sum(kind = 'unavailable')
    from playlist_tracks") $(cat "$tmp/said")" "0 45|6 " \
    "a list of tracks counts those that are null"
printf '@items = () if $first' >"$tmp/how"
is "$(tables "$lists" "select status, refused > 0, count(user_playlists.playlist_id)
    from ingest_runs, user_playlists group by 1, 2")" \
    "1 complete|1|20" "a list that is cut short is on record"

finish
