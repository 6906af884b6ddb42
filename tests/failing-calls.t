#!/bin/sh
# Chosen calls fail: what each program says of it; and some of all calls of
# all commands. `make fault` has many more of them fail.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
inject=$tmp/inject.so
mark=$tmp/mark

# A sanitizer has to be loaded first; and without the library nothing fails.
# The loader takes a space for the end of its name.
[ -e "$build/tests/fault/inject.so" ] &&
    cp "$build/tests/fault/inject.so" "$tmp" &&
    LD_PRELOAD=$inject "$build/sp-transform" -V >"$tmp/out" 2>&1 &&
    ! grep -v '^sp-transform [0-9.]*$' "$tmp/out" || {
	echo "1..0 # SKIP nothing can be preloaded here"
	exit
}

# faulty CALL:N:HOW COMMAND...: runs it with a call that fails. Then $struck
# returns whether any was.
faulty() {
	head -c 16 /dev/zero >"$mark"
	fault=$1
	shift
	run timeout 20 env LD_PRELOAD="$inject" SP_FAULT="$fault" \
	    SP_FAULT_MARK="$mark" SP_FAULT_IN="$in" "$@"
	struck=$(od -An -tu8 -j8 "$mark" | tr -d ' ')
}

section "sp-transform: what fails of its own is not the captures' fault"
{
	printf '{"type":"run","run":"R"}\n'
	for n in 1 2 3; do
		printf '{"type":"capture","run":"R","seq":%d,' "$n"
		printf '"endpoint":"me","user":"kim","status":200,'
		printf '"fetched_at":"2026-11-22T07:00:00.000Z",'
		printf '"body":{"id":"kim","display_name":"Kim %d"}}\n' "$n"
	done
	printf '{"type":"end","run":"R","status":"complete"}\n'
} >"$tmp/captures"
echo '{table: "users", row: {user_id: .body.id}}' >"$tmp/f.jq"
"$build/sp-transform" <"$tmp/captures" | grep '"type":"row"' >"$tmp/built-in"
"$build/sp-transform" -f "$tmp/f.jq" <"$tmp/captures" |
    grep '"type":"row"' >"$tmp/filter"
[ -s "$tmp/built-in" ] && [ -s "$tmp/filter" ]
ok $? "there are rows to compare"

# transform FAULT STATUS MESSAGE: with built-in mappings and with a filter.
transform() {
	for with in built-in filter; do
		faulty "$1" "$build/sp-transform" \
		    $([ $with = filter ] && echo -f "$tmp/f.jq" ||
			echo --engine libjq) \
		    <"$tmp/captures"
		is "$status $(grep -c '"type":"error"' "$tmp/out")" "$2 0" \
		    "$1 of the $in, $with: ends, and refuses no capture"
		[ "$struck" -gt 0 ]
		ok $? "a call was struck"
		if [ "$2" = 0 ]; then
			is "$(grep '"type":"row"' "$tmp/out")" \
			    "$(cat "$tmp/$with")" "all rows are there"
		else
			is "$err" "sp-transform: $3" "and a message says why"
		fi
	done
}

in=parent
for how in EIO ENOMEM EPIPE; do
	transform send:1:$how 0
done
transform recv:1:EIO 0
transform send:1+:EIO 69 \
    'cannot talk to a worker: Input/output error'
transform send:1+:ENOMEM 71 \
    'cannot talk to a worker: Cannot allocate memory'
transform recv:1+:EIO 69 \
    'cannot talk to a worker: Input/output error'
transform fork:1+:EAGAIN 69 \
    'cannot start a worker: Resource temporarily unavailable'
transform fork:1+:ENOMEM 71 'cannot start a worker: Cannot allocate memory'
transform socketpair:1+:EMFILE 69 \
    'cannot start a worker: Too many open files'
transform poll:2+:ENOMEM 71 'cannot wait for a worker: Cannot allocate memory'
transform poll:1:EINTR 0
transform waitpid:1:ECHILD 0

faulty malloc:0:ENOMEM "$build/sp-transform" <"$tmp/captures"
wrong= calls=$(od -An -tu8 -N8 "$mark" | tr -d ' ')
for n in $(seq "$calls"); do
	faulty malloc:$n:ENOMEM "$build/sp-transform" <"$tmp/captures"
	case $status in
	0 | 71) ;;
	*) wrong="$wrong $n:$status" ;;
	esac
done
is "$wrong" "" "each of $calls allocations of the parent fails"

in=children
transform setrlimit:1:EINVAL 0
transform setrlimit:1+:EINVAL 69 \
    'cannot start a worker: it ended by status 71'
transform read:1+:EIO 69 'cannot keep a worker: it ended by status 71'
transform write:1+:EIO 69 'cannot start a worker: it ended by status 71'
transform write:2:EIO 0
section "a database that cannot be read is not an empty one"
# every CALL:HOW COMMAND...: each of these calls fails in turn: either all is
# printed, or a message says why not.
in=
every() {
	call=${1%:*} how=${1#*:}
	shift
	faulty "$call:0:EIO" "$@"
	want=$out wrong='' n=0
	calls=$(od -An -tu8 -N8 "$mark" | tr -d ' ')
	while [ $n -lt "$calls" ]; do
		n=$((n + 1))
		faulty "$call:$n:$how" "$@"
		case $status in
		0) [ "$out" = "$want" ] || wrong="$wrong $n" ;;
		*) [ -n "$err" ] || wrong="$wrong $n" ;;
		esac
	done
	is "$wrong" "" "$*: each of $calls $call fails with $how"
}
export SP_DB="$tmp/music.db"
"$build/sp-stage" <"$tmp/captures" | "$build/sp-transform" |
    "$build/sp-load" 2>/dev/null
echo 6rqhFgbbKwnb9MLmUQDhG6 | "$build/sp-queue" add
every pread:EIO "$build/sp-queue" count
faulty malloc:90+:ENOMEM "$build/sp-queue" count
is "$status" 71 "no memory for a connection"
every pread:EIO "$build/sp-stage" why users kim

section "sp-transform: a refusal that cannot be written fails the program"
in=parent
echo 'error("no")' >"$tmp/f.jq"
faulty malloc:0:ENOMEM "$build/sp-transform" -f "$tmp/f.jq" \
    <"$tmp/captures"
is "$status $(grep -c '"type":"error"' "$tmp/out")" "1 3" "3 are refused"
calls=$(od -An -tu8 -N8 "$mark" | tr -d ' ') wrong=
for n in $(seq "$calls"); do
	faulty malloc:$n:ENOMEM "$build/sp-transform" \
	    -f "$tmp/f.jq" <"$tmp/captures"
	case "$status $(grep -c '"type":"error"' "$tmp/out")" in
	'71 '* | '1 3') ;;
	*) wrong="$wrong $n:$status" ;;
	esac
done
is "$wrong" "" "without memory for one of $calls allocations"

section "sp-load: no memory is not the fault of a row"
# 50 MB of names, which wait for the end of the run.
perl -e 'printf qq({"type":"row","op":"delete","table":"ingest_errors",) .
    qq("row":{"src":"%s%d"}}\n), "x" x 1000000, $_ for 1 .. 50' >"$tmp/many"
run "$build/sp-load" <"$tmp/many"
is "$status $err" "0 " "captures that are announced"
run sh -c 'ulimit -v 60000 && "$1" <"$2"' sh "$build/sp-load" "$tmp/many"
is "$status $err" "71 sp-load: out of memory" "too many for the memory"

section "sp-fetch: the token file"
. tests/lib/api.sh
in=
api_start --user kim
for call in ftruncate fsync rename; do
	api_post expire
	faulty $call:1:EINTR "$build/sp-fetch" /me
	is "$status $([ "$struck" -gt 0 ] && echo struck)" "0 struck" \
	    "a signal during $call loses no new login"
done
faulty malloc:0:ENOMEM "$build/sp-fetch" accounts
calls=$(od -An -tu8 -N8 "$mark" | tr -d ' ') wrong=
cp "$SP_TOKEN_FILE" "$tmp/token.copy"
for n in $(seq "$((calls + 40))"); do
	cp -p "$tmp/token.copy" "$SP_TOKEN_FILE"
	faulty malloc:$n+:ENOMEM "$build/sp-fetch" logout
	case $status in
	0 | 71) ;;
	*) wrong="$wrong $n:$status:$err" ;;
	esac
done
is "$wrong" "" "logout says when it lacks memory"

section "every command"
run python3 -B tests/fault/inject.py --seed 1 --most 8
is "$status $(grep "^not ok" "$tmp/out")" "0 " "some calls of each command fail"
finish
