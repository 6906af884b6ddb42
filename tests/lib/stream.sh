# stream.sh: records of the stream, as sp-stream(5) has them. Source it after
# tap.sh. Values are put into the JSON as they are.

# begin_run RUN [JOB]: the record of a planned run of user kim.
begin_run() {
	printf '{"type":"run","run":"%s","job":"%s","account":"default",' \
	    "$1" "${2:-profile}"
	printf '"user":"kim","started_at":"2026-03-01T00:00:00.000Z"}\n'
}
# end_run RUN [STATUS]
end_run() {
	printf '{"type":"end","run":"%s","status":"%s","ledger":[]}\n' \
	    "$1" "${2:-complete}"
}

# capture ENDPOINT STATUS MEMBERS [PATH [RUN [SEQ [DAY]]]]: a capture of user
# kim, fetched on a DAY of March 2026, or at $capture_at. MEMBERS are its body and whatever else
# it has.
capture() {
	printf '{"type":"capture","run":"%s","seq":%d,"endpoint":"%s",' \
	    "${5:-R}" "${6:-1}" "$1"
	printf '"user":"kim","url":"https://api.example/v1/%s","status":%d,' \
	    "${4:-me}" "$2"
	printf '"fetched_at":"%s",%s}\n' \
	    "${capture_at:-2026-03-${7:-01}T00:00:00.000Z}" "$3"
}
# captures RUN COUNT ENDPOINT BODY: a whole run of as many captures, of no
# account. The BODY is a format of printf(1), which gets the number of each.
captures() {
	printf '{"type":"run","run":"%s","job":"test"}\n' "$1"
	for captures_n in $(seq "$2"); do
		# shellcheck disable=SC2059
		capture "$3" 200 "\"body\":$(printf "$4" "$captures_n")" "$3" "$1" \
		    "$captures_n" "$(printf %02d $(((captures_n - 1) % 28 + 1)))"
	done
	end_run "$1"
}

# row TABLE OBJECT [DAY [OP]]: a row observed on a day of March 2026, in
# capture $row_run/DAY if that is set.
row_run=
row() {
	printf '{"type":"row","table":"%s"%s,"row":%s%s%s}\n' "$1" \
	    "${4:+,\"op\":\"$4\"}" "$2" \
	    "${3:+,\"at\":\"2026-03-${3}T00:00:00.000Z\"}" \
	    "${row_run:+,\"src\":\"$row_run/$3\"}" | one_line
}
# one_line: a record that was written on several lines of a test.
one_line() { tr -d '\n\t'; echo; }
# rows [FILE...]: `TABLE ROW`, a line each, of the rows in a stream.
rows() {
	jq -r 'select(.type == "row") | .table + " " + (.row | tostring)' "$@"
}
