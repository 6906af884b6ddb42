#!/bin/sh
# examples/accounts.mk: many accounts, each with a database and a status of its own.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/api.sh
unset MAKEFLAGS MFLAGS MAKELEVEL GNUMAKEFLAGS SP_DB
accounts=$tmp/accounts mk=$PWD/examples/accounts.mk
"$build/sp-rehearse" --users 3 --user kim --seed 3 --port-file "$tmp/port" \
    --token-file "$accounts/%/token.json" >/dev/null &
api_pid=$!
wait_until [ -s "$tmp/port" ]
api_url=http://127.0.0.1:$(cat "$tmp/port")
all() {
	run make -skj2 -f "$mk" all DIR="$accounts" SPREAD=0 \
	    JOB=play-history "$@"
}

section "all accounts"
all
api_post "clock?advance=8h"
all
is "$status $(cat "$accounts"/*/status | xargs)" "0 0 0 0" \
    "each run ends well"
differ= now=$(curl -fsS "$api_url/rehearse/clock" | jq -r .clock)
for name in kim kim-2 kim-3; do
	sqlite3 "$accounts/$name/spotify.db" "select played_at
	    from play_history where user_id = '$name' order by 1" >"$tmp/have"
	since=$(head -n 1 "$tmp/have")
	curl -fsS "$api_url/rehearse/plays?user=$name&since=$since" |
	    jq -r --arg now "$now" 'select(.visible_at <= $now).played_at' \
		>"$tmp/want"
	[ "$(wc -l <"$tmp/have")" -gt 50 ] && cmp -s "$tmp/want" "$tmp/have" ||
		differ="$differ $name"
done
is "$differ" "" "every play of an account is in its database"
is "$(clockless <"$accounts/kim-2/log")" "" "there are no messages"
for name in kim kim-2 kim-3; do
	sqlite3 -separator ' ' "$accounts/$name/spotify.db" \
	    'select plays, artist from top_artists'
done | awk '{ n = $1; sub(/^[^ ]* /, ""); sum[$0] += n }
	END { for (a in sum) print sum[a], a }' | sort -rn | head >"$tmp/want"
run sh -c "cd '$tmp' && $(sed -n '/^ls -d/,/^\.Ed/p' man/sp-warehouse.7 |
	grep -v '^\.')"
is "$(wc -l <"$tmp/want" | xargs) $out" "10 $(cat "$tmp/want")" \
    "sp-warehouse(7): a question to all accounts"

section "one that fails"
rm "$accounts/kim-3/token.json"
mkdir "$tmp/bin"
printf '#!/bin/sh\necho "$@" >>"%s"\n' "$tmp/slept" >"$tmp/bin/sleep"
printf '#!/bin/sh\necho 1795000000\n' >"$tmp/bin/date"
chmod +x "$tmp/bin/sleep" "$tmp/bin/date"
PATH=$tmp/bin:$PATH all SPREAD=3600
is "$status $(cd "$accounts" && grep -l '^0$' -- */status | xargs)" \
    "2 kim-2/status kim/status" \
    "the others end well"
mkdir "$accounts/-n"
echo 1 >"$accounts/-n/status"
is "$(make -sf "$mk" status DIR="$accounts" | xargs)" \
    "2 0 1 1 1 77 -n/status:1 kim-3/status:77" \
    "how many ended with which status, and who"
rm -r "$accounts/-n"
like "$(cat "$accounts/kim-3/log")" 'token.json' "its log says why"
mkdir "$accounts/no name" "$accounts/\$x"
is "$(make -sf "$mk" list DIR="$accounts" | wc -l | xargs)" 3 \
    "what is no name of an account is left out"

section "the second of the hour"
[ "$(uniq "$tmp/slept" | wc -l)" -ge 2 ] && sort -cn "$tmp/slept" &&
    [ "$(tail -n 1 "$tmp/slept")" -lt 3600 ]
ok $? "each account starts at a time of its own, in order"

section "other schedulers"
make -sf "$mk" list DIR="$accounts" >"$tmp/list"
run make -sf "$mk" "$(grep kim-3 "$tmp/list")" DIR="$accounts" SPREAD=0
is "$status $(cat "$accounts/kim-3/status")" "2 77" "an account alone"
run env SLURM_ARRAY_TASK_ID=2 DIR="$accounts" SPREAD=0 sh -c "$(
	sed -n "/sbatch/,/p)'/p" "$mk" | sed 's/^#//' | tr -d '\\\n' |
	sed "s/.*--wrap '//; s/'\$//; s|accounts.mk|$mk|g")"
[ "$(find "$accounts" -newer "$tmp/list" -name status | wc -l)" = 2 ]
ok $? "a task of a job array runs the account of its number"
if command -v parallel >/dev/null; then
	touch "$tmp/mark"
	run env DIR="$accounts" SPREAD=0 sh -c "$(sed -n 's/^#//; /| parallel/p' \
		"$mk" | sed "s|accounts.mk|$mk|g")"
	is "$(find "$accounts" -newer "$tmp/mark" -name status | wc -l | xargs)" \
	    3 "GNU parallel runs all"
else
	skip "no GNU parallel here" "GNU parallel runs all"
fi

finish
