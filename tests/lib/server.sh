# server.sh: small HTTP servers for tests. Source it after tap.sh, and `kill
# $servers` in the trap for EXIT.

servers=''
# server NAME PERL [ARGUMENT...]: a server on 127.0.0.1 that does PERL for each
# connection $c. Its first line and headers are in $head, and are appended to
# $tmp/NAME.log; $dir is $tmp, $base the server's address, $ok the head of a
# response to go on with, and @ARGV the arguments. Leaves the address in $NAME,
# and the process in $NAME_pid.
server() {
	server_name=$1
	rm -f "$tmp/$1.port"
	shift
	perl -MIO::Socket::INET -e '
		$SIG{PIPE} = "IGNORE";
		my ($dir, $name, $do) = splice(@ARGV, 0, 3);
		my $s = IO::Socket::INET->new(Listen => 9,
			LocalAddr => "127.0.0.1") or die;
		my $base = "http://127.0.0.1:" . $s->sockport;
		open(my $f, ">", "$dir/$name.new") or die;
		print $f $s->sockport; close $f;
		rename "$dir/$name.new", "$dir/$name.port";
		my $ok = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
		while (my $c = $s->accept) {
			my $head = "";
			while (my $l = <$c>) { $head .= $l; last if $l =~ /^\r?$/ }
			open(my $log, ">>", "$dir/$name.log") or die;
			print $log $head; close $log;
			eval $do; close $c;
		}' "$tmp" "$server_name" "$@" 2>/dev/null &
	eval "${server_name}_pid=\$!"
	servers="$servers $!"
	wait_until [ -s "$tmp/$server_name.port" ]
	eval "$server_name=http://127.0.0.1:$(cat "$tmp/$server_name.port")"
}
