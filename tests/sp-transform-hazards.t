#!/bin/sh
# sp-transform: mappings that abort, use up all memory, never end, or read what
# they must not. Only their capture is refused.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/stream.sh

# Small limits, so that what breaks breaks soon.
transform() {
	"$build/sp-transform" --memory "${memory:-200M}" \
	    --timeout "${timeout:-20s}" "$@"
}
case ${SP_SLOW:-}${build##*/} in
1* | asan | fault) limited=false ;; # there is no limit of memory there
*) limited=true ;;
esac
$limited || memory=1024G

{
	printf '{"type":"run","run":"R"}\n'
	for n in 1 2 3; do
		printf '{"type":"capture","run":"R","seq":%d,' "$n"
		printf '"endpoint":"any","user":"kim","status":200,'
		printf '"fetched_at":"2026-11-22T07:00:00.000Z",'
		printf '"body":{"n":%d}}\n' "$n"
	done
	printf '{"type":"end","run":"R"}\n'
} >"$tmp/three"
good='{table: "t", row: {n: .body.n}}'
# with FILTER OPTION...: run it; $got is the status, numbers and refusals.
with() {
	printf '%s\n' "$1" >"$tmp/f.jq"
	shift
	run transform -f "$tmp/f.jq" "$@" <"$tmp/three"
	got="$status $(echo "$out" | jq -r 'if .type == "row" then
		(.row.n | tostring) elif .type == "error" then .code
		else empty end' | tr '\n' ,)"
}

section "a user's filter"
with "$good"
is "$got" "0 1,2,3," "a filter maps captures of any endpoint"
with '{table: "t", op: "delete", row: {n: .body.n}}'
like "$out" '^{"type":"row","table":"t","op":"delete","row":{"n":1},"at":' \
    "an op is passed on"
with '{table: "t", known: {n: .body.n, x: null, y: [null]}},
    ({n: .body.n, x: null} | {table: "t", row: .})'
is "$(echo "$out" | rows | head -n 2)" 't {"n":1,"y":[null]}
t {"n":1,"x":null}' "null members are left out of known, not of row"
with "$good, $good, (range(5) | {table: \"u\", row: {n: (. % 2)}})"
is "$got" "0 1,0,1,2,0,1,3,0,1," "a repeated row is left out"
with "$good, {table: \"t\", op: \"delete\", row: {n: 0}}, $good"
is "$got" "0 1,0,1,2,0,2,3,0,3," "but not across an op"
with '{refuse: "one\u000atwo"}'
is "$got $(echo "$out" | jq -r 'select(.type == "error") | .reason' |
	sort -u)" "1 bad item,bad item,bad item, one two" "a refused part, as one line"
"$build/sp-transform" --print-filter recently-played >"$tmp/my.jq"
"$build/sp-transform" play-history \
    <tests/data/transform/recently-played.json >"$tmp/a"
"$build/sp-transform" -f "$tmp/my.jq" play-history \
    <tests/data/transform/recently-played.json | cmp -s - "$tmp/a"
ok $? "a printed built-in mapping gives the same rows"
run transform -f "$tmp/none.jq" <"$tmp/three"
is "$status $out $err" "78  sp-transform: $tmp/none.jq: cannot open: No such file or directory" \
    "a filter that is not there"
run transform -f "$tmp" <"$tmp/three"
is "$status $out" "78 " "a filter that is a folder"
head -c 1100000 /dev/zero | tr '\0' ' ' >"$tmp/f.jq"
run transform -f "$tmp/f.jq" <"$tmp/three"
is "$status $out" "78 " "a filter that is far too long"
fails() { # filter, what is said
	printf '%b' "$1" >"$tmp/f.jq"
	run transform -f "$tmp/f.jq" <"$tmp/three"
	is "$status $out" "78 " "does not compile: $2"
	like "$err" "^sp-transform: $tmp/f.jq: $2" "the reason is named: $2"
}
fails '.a |\n\n foo' 'foo/0 is not defined.*, line 3'
fails '{' 'syntax error, unexpected .*, line 1'
fails 'import "a" as a; a' "'import' cannot be used: a mapping is one file"
fails 'include "a"; a' "'include' cannot be used: a mapping is one file"
fails 'import "a" as $a; $a' "'import' cannot be used: a mapping is one file"
fails 'module {}; .' "'module' cannot be used: a mapping is one file"
fails '# shape: n\n.' "'# shape:' is not NAME:KIND ..."
fails '.\0000' 'the file holds a NUL'
fails "$(printf '%40000s' '' | tr ' ' '(')" '[^ ]'
echo 'def no: end' >"$tmp/.jq"
printf '%s\n' "$good" >"$tmp/f.jq"
run env HOME="$tmp" "$build/sp-transform" -f "$tmp/f.jq" <"$tmp/three"
is "$status $err" "0 " "no ~/.jq is read"

section "hazards"
# A mapping that goes wrong at the second capture: the other two are mapped.
breaks() { # what it does, code, detail
	with "$good, (if .body.n == 2 then ($1) else empty end)"
	is "$got" "1 1,$2,3," \
	    "refused alone: $(printf '%s' "$1" | tr -d '\\')"
	like "$err" "stdin:3: R/2: $2: $3" "the reason is named: $2: $3"
}
# Which filters crash depends on the version of libjq.
crashes() { # filter, signal
	jq -n "$1" >/dev/null 2>&1
	if [ $? -eq $((128 + $2)) ]; then
		breaks "$1" 'mapping crashed' "its worker ended by signal $2\$"
	else
		skip "this libjq does not crash" "refused alone: $1"
	fi
}
crashes '0 | strftime(1)' 6
timeout=2s
breaks "def f: empty, f; f" 'mapping timed out' 'it took longer than 2 s$'
timeout=
breaks 'error("why\nthis")' 'mapping failed' 'why this$'
breaks 'error(null)' 'mapping failed' 'error\(null\)$'
breaks 'null | error' 'mapping failed' 'error\(null\)$'
breaks 'error' 'mapping failed' '{"type":"capture"'
breaks 'error({a: [1]})' 'mapping failed' '{"a":\[1\]}$'
breaks '"x" * 100000 | error' 'mapping failed' 'x{300,400}\.\.\.$'
breaks '.body.n.x' 'mapping failed' 'Cannot index number with'
breaks '"x" * 100000 | .[0].a' 'mapping failed' 'Cannot index string'
breaks 'halt' 'mapping failed' "'halt' cannot be used"
breaks '"x" | halt_error' 'mapping failed' "'halt' cannot be used"
breaks 'halt_error(1)' 'mapping failed' "'halt' cannot be used"
breaks 'env' 'mapping failed' "'env' cannot be used"
breaks 'now' 'mapping failed' "'now' cannot be used"
breaks 'input' 'mapping failed' "'input' cannot be used"
breaks '[inputs]' 'mapping failed' "'input' cannot be used"
breaks 'input_filename' 'mapping failed' "'input_filename' cannot be used"
breaks 'input_line_number' 'mapping failed' "'input_line_number' cannot be"
breaks '"a" | modulemeta' 'mapping failed' "'modulemeta' cannot be used"
breaks 'get_search_list' 'mapping failed' "'modulemeta' cannot be used"
breaks '1' 'mapping failed' 'a result is no object$'
breaks '{row: {}}' 'mapping failed' "a result has neither 'table' nor"
breaks '{table: "t"}' 'mapping failed' "a result has no 'row'"
breaks '{table: 1, row: {}}' 'mapping failed' "a result has no 'table'"
breaks '{table: "t", row: []}' 'mapping failed' "a result has no 'row'"
breaks '{table: "t", row: {}, x: 1}' 'mapping failed' 'a result has more than'
breaks '{table: "t", row: {}, op: 1}' 'mapping failed' "an 'op' is no string"
breaks '{refuse: 1}' 'mapping failed' "a 'refuse' is no string"
breaks '{table: "t", row: {x: nan}}' 'mapping failed' 'a number that JSON'
breaks '{table: "t", row: {x: infinite}}' 'mapping failed' 'a number that JSON'
breaks '{table: "t", row: (reduce range(600) as $i ({}; {a: .}))}' \
    'mapping failed' 'nested too deep$'
if $limited; then
	crashes 'reduce range(400000) as $i (1; [.]) | empty' 11
	breaks '[range(1e9)]' 'mapping out of memory' \
	    'it needs more memory than 200 MiB$'
	breaks '[] | .[100000000] = 1' 'mapping out of memory' ''
	breaks '("x" * 20000) as $x | {table: "t", row: {n: range(1e9), x: $x}}' \
	    'mapping failed' 'too much in one capture'
else
	skip "no limit of memory here" "mappings that use up all memory"
fi

section "captures and rows nested as deep as a line may be"
# nested N VALUE: VALUE in N arrays.
nested() {
	printf '%*s%s%*s' "$1" '' "$2" "$1" '' | sed 's/^ */\n&\n/' |
		sed '2s/ /[/g; 3s/ /]/g' | tr -d '\n'
}
deepest() { # FILTER BODY: in both engines
	for engine in own libjq; do
		printf '%s\n' "$1" >"$tmp/f.jq"
		printf '{"type":"capture","endpoint":"any","body":%s}\n' "$2" |
			"$build/sp-transform" --engine $engine \
			    -f "$tmp/f.jq" >"$tmp/$engine" 2>"$tmp/err"
		echo "$engine $? $(grep -c '^{"type":"row"' "$tmp/$engine")"
	done | tr '\n' ' '
}
row='{table: "tracks", row: {track_id: "t", name: .body}}'
both="own 0 1 libjq 0 1 "
is "$(deepest "$good" "{\"n\":$(nested 1 7),\"x\":$(nested 510 1)}")" "$both" \
    "a capture of 512 levels"
is "$(deepest "$row" "$(nested 510 1)")" "$both" "a row that makes 512 levels"
"$build/sp-load" --db "$tmp/deep.db" <"$tmp/own" 2>"$tmp/err"
is "$(grep -c "nested too deep" "$tmp/err")" 0 "sp-load can read its line"
is "$(deepest "$row" "$(nested 510 '[]')")" "own 1 0 libjq 1 0 " \
    "a row that makes 513 levels is refused"

section "limits of both engines"
# limited_by FILTER OWN [LIBJQ]: what ends it at the second capture, in each
# engine; the other two are mapped.
limited_by() {
	for engine in own libjq; do
		with "if .body.n == 2 then $1 else $good end" --engine $engine
		case $engine in
		own) want=$2 ;;
		*) want=${3:-$2} ;;
		esac
		is "$got" "1 1,mapping ${want%%: *},3," "$engine: refused alone: $1"
		like "$err" "^sp-transform: stdin:3: R/2: mapping $want" \
		    "the reason is named: $want"
	done
}
late='timed out: it took longer than 1 s$'
large='out of memory: it needs more memory than'
deep='failed: the mapping nests too deeply$'
timeout=1s
limited_by 'def f: f; f' "$deep" "$late"
limited_by 'range(1e15) | select(false)' "$late"
limited_by '(reduce range(100000) as $i (1; [.])) | {table: "t", row: {n: .}}' \
    'failed: nested too deep$'
limited_by 'error({a: 1})' 'failed: {"a":1}$'
timeout=
if $limited; then
	memory=60M
	limited_by 'try (def f: 1 + f; f) catch "caught"' "$deep" "$large"
	limited_by '[range(1e12)]' "$large"
	limited_by 'reduce range(1e6) as $i ([]; . + [{a: {b: $i}}])' "$large"
	limited_by 'reduce range(1e6) as $i ({}; .["k\($i)"] = {a: $i})' "$large"
	limited_by 'reduce range(100) as $i ("x"; . + .)' "$large"
	memory=200M
else
	skip "no limit of memory here" "mappings that use up all memory"
fi
for engine in own libjq; do
	with "if .body.n == 2 then (reduce range(100000) as \$i ({};
	    .[\$i | tostring] = 1)) | {table: \"t\", row: {n: length}}
	    else $good end" --engine $engine
	is "$got" "0 1,100000,3," "$engine: 100,000 members of an object are none"
done

section "an environment of its own"
SP_TOKEN=not-to-be-seen with '{table: "t", row: {n: 0, env: $ENV}}'
is "$status $(echo "$out" | grep -c '"env":{"TZ"')" "0 3" "its own environment"
is "$(echo "$out$err" | grep not-to-be-seen)" "" "has no secrets"
times='{table: "t", row: {n: ("2026-07-01T00:00:00Z" | fromdate),
    s: ("2026-07-01T00:00:00Z" | strptime("%Y-%m-%dT%H:%M:%SZ") | mktime),
    l: (0 | localtime | todate), ms: ("2026-07-01T00:00:00.123Z" | ms)}}'
for zone in UTC America/New_York Asia/Tokyo; do
	TZ=$zone with "$times"
	is "$(echo "$out" | rows | head -n 1)" \
	    't {"n":1782864000,"s":1782864000,"l":"1970-01-01T00:00:00Z","ms":1782864000123}' \
	    "times are right in $zone"
done
with 'debug | .body.n | stderr | {table: "t", row: {n: .}}'
is "$got $(echo "$err" | tail -n 1)" "0 1,2,3, sp-transform: debug: 3" \
    "debug and stderr go to stderr"
with "(\"x\" * 5000 | debug) as \$x | $good"
[ "$(echo "$err" | awk '{print length($0)}' | sort -n | tail -n 1)" -lt 500 ]
ok $? "and not endlessly"
timeout=2s
with "def f: (1 | debug) | f; if .body.n == 2 then f else $good end"
is "$got $(echo "$err" | wc -l | tr -d ' ')" "1 1,mapping timed out,3, 1001" \
    "not even if a mapping does nothing else"
timeout=

section "memory over many captures"
# A mapping that leaks, as some of libjq's functions do: workers are changed
# before it is too much.
if $limited; then
	capture=$(sed -n 2p "$tmp/three")
	yes "$capture" | head -n 24 >"$tmp/many"
	echo 'last(range(100000) | ltrimstr("x")) as $n |
		{table: "t", row: {n: $n}}' >"$tmp/f.jq"
	memory=64M
	run transform -f "$tmp/f.jq" <"$tmp/many"
	is "$status $(echo "$out" | rows | sort | uniq -c | tr -s ' ')" \
	    "0  24 t {\"n\":99999}" "a worker that leaks memory is replaced"
	memory=200M
else
	skip "no limit of memory here" "a worker that leaks memory is replaced"
fi

section "a worker that is killed"
workers() { # of a process
	ps -eo pid=,ppid= | awk -v p="$1" '$2 == p {print $1}'
}
# killing TIMES: kill the worker that debugs, as often; status and rows.
killing() {
	: >"$tmp/err"
	timeout 60 "$build/sp-transform" --timeout 20s -f "$tmp/f.jq" \
	    <"$tmp/three" >"$tmp/out" 2>"$tmp/err" &
	pid=$!
	main=
	for n in $(seq "$1"); do
		wait_until prints "$n" grep -c debug "$tmp/err"
		main=$(workers $pid)
		worker=$(workers "${main:-none}")
		[ -z "$worker" ] || kill -s KILL $worker
	done
	wait $pid
	got="$? $(rows <"$tmp/out" | tr '\n' ' ')"
}
echo "if .body.n == 2 then debug | def f: f; f else $good end" >"$tmp/f.jq"
killing 2
is "$got" '1 t {"n":1} t {"n":3} ' \
    "a worker that is killed twice over a capture: refused, no hang"
like "$(cat "$tmp/err")" 'R/2: mapping crashed: its worker ended by signal 9' \
    "the reason is named: the worker was killed"
echo "if .body.n == 2 then (1 | debug | last(range(1000000))) as \$x | $good
    else $good end" >"$tmp/f.jq"
killing 1
is "$got" '0 t {"n":1} t {"n":2} t {"n":3} ' "once: another one maps it"
echo 'debug | def f: f; f' >"$tmp/f.jq"
: >"$tmp/err"
"$build/sp-transform" -f "$tmp/f.jq" <"$tmp/three" >"$tmp/out" \
    2>"$tmp/err" &
pid=$!
wait_until grep -q debug "$tmp/err"
worker=$(workers $pid)
kill -s KILL $pid
wait $pid 2>/dev/null
wait_until not kill -0 "$worker"
ok $? "a worker ends with the program, even in the middle of an endless one"

finish
