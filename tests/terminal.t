#!/bin/sh
# What people see in a terminal: one progress line a pipeline, and tables that
# fit the window.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/db.sh
. tests/lib/stream.sh
. tests/lib/api.sh

export TERM=xterm LC_ALL=C.UTF-8
unset COLUMNS

# terminal COLUMNS NAME COMMAND: tests/lib/terminal.py, into $tmp/NAME.*
terminal() { python3 tests/lib/terminal.py "$1" "$tmp/$2" "$3"; }
raw() { cat "$tmp/$1.raw"; }

section "progress"
api_start --user kim --seed 5 --latency 200ms
slow="sp-fetch --parallel 1 /me /me /me /me"
terminal 80 file "$slow >'$tmp/out'; echo done" &
runs=$!
terminal 40 pipe "$slow | sp-stage | sp-transform | sp-load; echo done" &
runs="$runs $!"
terminal 80 stdout "$slow" &
runs="$runs $!"
TERM=dumb terminal 80 dumb "$slow >'$tmp/out.dumb'" &
runs="$runs $!"
# shellcheck disable=SC2086
wait $runs
like "$(cat "$tmp/file.drawn")" \
    '^sp-fetch: [34] requests, [123] captures?, 0.0 MB, [0-9.]+ a second$' \
    "a line says how far it is"
is "$(cat "$tmp/file.screen")" "done" "and is erased in the end"
like "$(raw pipe)" '^\^M\^\[\[Ksp-fetch: [^^]*\^M\^M\^\[\[Ksp-' \
    "a pipeline has one, erased before each change"
is "$(grep -c 'sp-[str][a-z]*: [0-9]* \(capture\|record\)' "$tmp/pipe.raw")" 0 \
    "of one program"
is "$(grep -c "sp-fetch.*wrapped" "$tmp/pipe.drawn")" 0 "which fits a narrow window"
like "$(cat "$tmp/pipe.screen")" '^sp-load: 4 rows: .*
done$' "and leaves only the summary"
is "$(grep -c sp-fetch "$tmp/stdout.raw")" 0 \
    "none is shown where the records are"
is "$(raw dumb)" "" "nor on a dumb terminal"
echo '{"type":"novelty"}' >"$tmp/in"
terminal 80 short "sp-transform <'$tmp/in' >'$tmp/out'"
is "$(raw short)" "" "nor for less than half a second"

section "erasing the line"
erase='^M^[[K' unknown='{"type":"novelty"}'
terminal 80 message "sp-queue next frob"
is "$(raw message | head -n 1 | cut -c 1-15)" "${erase}sp-queue:" \
    "a message erases the line first"
TERM=dumb terminal 80 message "sp-queue next frob"
is "$(raw message | head -n 1 | cut -c 1-9)" "sp-queue:" "not on a dumb terminal"
terminal 80 filter "echo '$unknown' | sp-transform"
is "$(raw filter)" "$erase$unknown" "so does a filter in a pipeline"
terminal 80 filter "sp-transform <'$tmp/in'"
is "$(raw filter)" "$unknown" "but not one that reads a file"

finish
