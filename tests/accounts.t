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
mkdir "$accounts/-n" "$accounts/new"
echo 1 >"$accounts/-n/status"
is "$(make -sf "$mk" status DIR="$accounts" | sed "s|$accounts/||" | xargs)" \
    "2 0 1 not finished 1 1 1 77 new: not finished -n: 1 kim-3: 77" \
    "how many ended with which status, and who"
rm -r "$accounts/-n" "$accounts/new"
like "$(cat "$accounts/kim-3/log")" 'token.json' "its log says why"
mkdir "$accounts/no name" "$accounts/\$x"
echo >"$accounts/notes"
is "$(make -sf "$mk" list DIR="$accounts" | wc -l | xargs)" 3 \
    "what is no account is left out"
mv "$accounts/kim/spotify.db" "$accounts/kim/saved"
mkdir "$accounts/kim/spotify.db"
rm "$accounts/kim-2/status"
ln -s /dev/full "$accounts/kim-2/status"
all
rm "$accounts/kim-2/status"
is "$(make -sf "$mk" status DIR="$accounts" | sed "s|$accounts/||" | xargs)" \
    "1 not finished 1 74 1 77 kim-2: not finished kim: 74 kim-3: 77" \
    "each has a status: no database, no space for a status, no login"
rmdir "$accounts/kim/spotify.db"
mv "$accounts/kim/saved" "$accounts/kim/spotify.db"

section "one that is killed"
mkfifo "$tmp/go"
cat >"$tmp/bin/sp-run" <<-END
	#!/bin/sh
	echo \$PPID >"$tmp/shell"
	read -r line <"$tmp/go"
END
chmod +x "$tmp/bin/sp-run"
one() { PATH=$tmp/bin:$PATH make -sf "$mk" "$accounts/kim" SPREAD=0; }
echo 0 >"$accounts/kim/status"
one 2>/dev/null &
wait_until [ -s "$tmp/shell" ]
kill -9 "$(cat "$tmp/shell")"
wait $!
is "$(cat "$accounts/kim/status")" "not finished" "it has no older status"
run one
like "$status $err" "^2 .*/kim is running already" \
    "while its programs run, it does not start again"
is "$(cat "$accounts/kim/status")" "not finished" "nor gets another status"
echo >"$tmp/go"
rm "$tmp/bin/sp-run"
wait_until make -sf "$mk" "$accounts/kim" SPREAD=0
is "$(cat "$accounts/kim/status")" 0 "the next run completes it"

section "the second of the hour"
starts=$(sort -n "$tmp/slept" | xargs)
[ "$(uniq "$tmp/slept" | wc -l)" -ge 2 ] && sort -cn "$tmp/slept" &&
    [ "$(tail -n 1 "$tmp/slept")" -lt 3600 ]
ok $? "each account starts at a time of its own, in order"

section "other schedulers"
run make -sf "$mk" "$accounts/kim-3" SPREAD=0
is "$status $(cat "$accounts/kim-3/status")" "2 77" "an account alone"
sed -n '/^#	make .*>list/,/^$/s/^#	//p' "$mk" >"$tmp/lines"
is "$(sed -n '/^make .*>list/,/^\.Ed/p' man/sp-warehouse.7 |
	sed '/^\./d; s/\\e$/\\/')" "$(cat "$tmp/lines")" \
    "the lines of sp-warehouse(7)"
sed -i "/\\\\$/N; s/\\\\\n//; s|accounts.mk|$mk|g; s|/srv/accounts|$accounts|" \
    "$tmp/lines"
# Runs the tasks of a job array one after another.
cat >"$tmp/bin/sbatch" <<-'END'
	#!/bin/sh
	range=${1#--array=}
	SLURM_ARRAY_TASK_ID=${range%-*}
	range=${range#*-}
	export SLURM_ARRAY_TASK_ID
	while [ "$SLURM_ARRAY_TASK_ID" -le "${range%\%*}" ]; do
		sh -c "$3"
		SLURM_ARRAY_TASK_ID=$((SLURM_ARRAY_TASK_ID + 1))
	done
END
chmod +x "$tmp/bin/sbatch"
scheduler() { # FIRST WORD
	: >"$tmp/slept"
	rm -f "$accounts"/*/status
	run env PATH="$tmp/bin:$PATH" sh -c "cd '$tmp'
		$(grep -e '>list' -e "^$1" "$tmp/lines")"
}
ran() { (cd "$accounts" && grep . -- */status | sort | xargs); }
# GNU parallel sleeps for 10101, too.
for scheduler in sbatch parallel; do
	if command -v $scheduler >/dev/null || [ $scheduler = sbatch ]; then
		scheduler $scheduler
		is "$(ran)" "kim-2/status:0 kim-3/status:77 kim/status:0" \
		    "$scheduler runs all"
		is "$(sort -n "$tmp/slept" | grep -vx 10101 | xargs)" "$starts" \
		    "each at its second"
	else
		skip "no $scheduler" "$scheduler runs all"
	fi
done

finish
