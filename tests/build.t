#!/bin/sh
# What is built: what each program links, what it says of itself, and that
# installing and removing leave nothing behind.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
unset MAKEFLAGS MFLAGS MAKELEVEL GNUMAKEFLAGS

# The build as make knows it: relative, as a path may hold spaces.
B=${build#"$PWD"/}

programs() { ls cmd | sed -n 's/^\(sp-[a-z]*\)\.\(c\|sh\)$/\1/p'; }

links() {
	case $1 in
	sp-queue | sp-load) echo libsqlite3 ;;
	sp-stage) printf 'libdeflate\nlibsqlite3\n' ;;
	sp-fetch) echo libcurl ;;
	sp-transform) echo libjq ;;
	sp-rehearse) echo libmicrohttpd ;;
	esac
}

check_links() {
	if ! command -v ldd >/dev/null; then
		skip "no ldd here" "$1 links only what it needs"
		return
	fi
	is "$(ldd "$build/$1" |
		grep -oE 'lib(curl|jq|sqlite3|microhttpd|deflate)' | sort -u)" \
	    "$(links "$1")" "$1 links only what it needs"
}

# Files of the library know of each other, if at all, by different names: of
# two with one name, the one that is linked would be a matter of luck.
check_names() {
	if ! command -v nm >/dev/null; then
		skip "no nm here" "every public name of the library is one thing"
		return
	fi
	is "$(nm -g "$build/libsp.a" 2>/dev/null |
		awk 'NF == 3 && $2 ~ /^[TDRB]$/ { print $3 }' | sort | uniq -d)" \
	    "" "every public name of the library is one thing"
}

# Memory comes from lib/base/mem.c alone, which ends the program without any.
allocators='(m|c|re|aligned_)alloc|reallocarray|strn?dup|v?asprintf'
check_memory() {
	is "$(grep -nE "(^|[^a-z_])($allocators) *\\(" lib/*/*.c cmd/*.c |
		grep -v '^lib/base/mem\.c:')" "" "only lib/base/mem.c allocates"
}

# The words of a synopsis, without how they are laid out.
words() {
	LC_ALL=C sed "s/.$(printf '\b')//g" | tr -s ' \t\n' '   ' |
		sed 's/^ //; s/ $//; s/ *| */|/g; s/ *\.\.\./.../g'
}

check_usage() {
	run "$build/$1" --help
	is "$status" 0 "$1 --help exits 0"
	like "$out" "^usage: $1" "$1 --help says how it is used"
	if ! command -v mandoc >/dev/null; then
		skip "no mandoc here" "$1: usage is the page's synopsis"
		return
	fi
	is "$(printf '%s\n' "$out" | sed -n '/^usage:/,/^$/p' |
		sed 's/^usage://' | words)" \
	    "$(mandoc -Tascii "man/$1.1" | LC_ALL=C sed \
		"s/.$(printf '\b')//g" | sed -n '/^SYNOPSIS/,/^[A-RT-Z]/p' |
		sed '1d;$d' | words)" "$1: usage is the page's synopsis"
}

# Close the reader of a program that is at work: it must end by itself.
check_closed_reader() {
	if ! command -v timeout >/dev/null; then
		skip "no timeout here" "$1 ends when its reader has gone"
		return
	fi
	line='{"type":"row","table":"none","row":{},"src":"none/1"}'
	{
		yes "$line" 2>/dev/null | head -n 20000 |
		    { timeout 20 "$build/$1" 2>/dev/null; echo $? >"$tmp/rc"; } |
		    true
	} 2>/dev/null
	[ "$(cat "$tmp/rc")" -ne 124 ]
	ok $? "$1 ends when its reader has gone"
}

check_names
check_memory
for program in $(programs); do
	[ ! -e "cmd/$program.c" ] || check_links "$program"
	check_usage "$program"

	run "$build/$program" --version
	is "$status" 0 "$program --version exits 0"
	like "$out" "^$program [0-9]+\.[0-9]+\.[0-9]+$" "and says which"
	run "$build/$program" -V
	like "$out" "^$program [0-9]" "$program -V too"

	run "$build/$program" --no-such-option </dev/null
	is "$status" 64 "$program: an unknown option is a usage error"
	is "$out" "" "with nothing on stdout"
	like "$err" "^(.*/)?$program: .*no-such-option" "that names the option"
	like "$err" "^(usage: $program|try '$program --help'$)" "and what to read"

	if [ -e /dev/full ]; then
		"$build/$program" --help >/dev/full 2>/dev/null
		is $? 74 "$program --help notices a full disk"
		"$build/$program" --version >/dev/full 2>/dev/null
		is $? 74 "$program --version too"
	fi
	case $program in
	sp-stage | sp-transform | sp-fetch)
		SP_DB=$tmp/reader.db XDG_CONFIG_HOME=$tmp \
			check_closed_reader "$program"
		;;
	esac
done

version=$(sed -n 's/^VERSION := //p' Makefile)
like "$version" '^[0-9]+\.[0-9]+\.[0-9]+$' "the Makefile has the version"
is "$(sed -n '/^## [0-9]/{s/^## \([0-9.]*\).*/\1/p;q;}' CHANGELOG.md)" "$version" \
    "and so has CHANGELOG.md"
is "$(sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)" "$version" \
    "and debian/changelog"

is "$(find examples -type f ! -perm -100 -exec grep -l '^#!' {} +)" "" \
    "every script among the examples is executable"

run make -q B="$B" all
is "$status" 0 "make has nothing to do a second time"

run make -s B="$B" DESTDIR="$tmp/a root" PREFIX=/opt/sp install
is "$status" 0 "make install"
is "$err" "" "without a word"
for program in $(programs); do
	run "$tmp/a root/opt/sp/bin/$program" --version
	is "$status" 0 "$program runs where it is installed"
done
is "$(cd "$tmp/a root/opt/sp/share/sp" && find filters report schema -type f 2>/dev/null | sort)" \
    "$(cd lib && find filters report schema -type f 2>/dev/null | sort)" \
    "filters, report and schema are installed"
is "$(find "$tmp/a root/opt/sp/share/man" -type f 2>/dev/null | wc -l)" \
    "$(find man -name '*.[157]' 2>/dev/null | wc -l)" \
    "and every manual page"
is "$(find "$tmp/a root/opt/sp/lib/systemd/user" -type f | wc -l)" \
    "$(find examples -name '*.service' -o -name '*.timer' | wc -l)" \
    "and every systemd unit, for users"
for completion in bash-completion/completions/sp-queue \
    zsh/site-functions/_sp-queue fish/vendor_completions.d/sp-queue.fish; do
	grep -q 'made from its --help' "$tmp/a root/opt/sp/share/$completion"
	ok $? "and $completion"
done
run make -s B="$B" DESTDIR="$tmp/a root" PREFIX=/opt/sp uninstall
is "$status" 0 "make uninstall"
is "$(find "$tmp/a root" -type f)" "" "leaves no file"
[ ! -e "$tmp/a root/opt/sp/share/sp" ]
ok $? "and no folder that is ours"
finish
