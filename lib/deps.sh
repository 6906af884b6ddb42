#!/bin/sh
# deps.sh: installs what is missing to build sp and to run its tests, with the
# system's own package manager. As a user without sudo it says what an
# administrator would run, and fails.
set -eu

CC=${CC:-cc}
PKG_CONFIG=${PKG_CONFIG:-pkg-config}

has() { command -v "$1" >/dev/null 2>&1; }

# Whether a program that includes the header links with the library.
has_lib() {
	printf '#include <stddef.h>\n#include <stdint.h>\n#include <sys/types.h>
#include <stdio.h>\n#include <%s>\nint main(void) { return 0; }\n' "$2" |
	    $CC $($PKG_CONFIG --cflags "$1" 2>/dev/null || :) -x c - \
		-o /dev/null \
		$($PKG_CONFIG --libs "$1" 2>/dev/null || echo "-l${1#lib}") \
		>/dev/null 2>&1
}

# One line for each thing needed: how it is called by apt, dnf, apk, pacman, brew.
missing() {
	has "$CC" || echo 'gcc gcc gcc gcc gcc'
	[ -e /usr/include/stdio.h ] || [ "$(uname)" = Darwin ] ||
		echo 'libc6-dev glibc-devel musl-dev glibc -'
	has make || echo 'make make make make make'
	has "$PKG_CONFIG" || echo 'pkg-config pkgconf pkgconf pkgconf pkg-config'
	has_lib libcurl curl/curl.h ||
		echo 'libcurl4-openssl-dev libcurl-devel curl-dev curl curl'
	has_lib libjq jq.h || echo 'libjq-dev jq-devel jq-dev jq jq'
	has_lib sqlite3 sqlite3.h ||
		echo 'libsqlite3-dev sqlite-devel sqlite-dev sqlite sqlite'
	has_lib libdeflate libdeflate.h ||
		echo 'libdeflate-dev libdeflate-devel libdeflate-dev libdeflate libdeflate'
	has_lib libmicrohttpd microhttpd.h ||
		echo 'libmicrohttpd-dev libmicrohttpd-devel libmicrohttpd-dev libmicrohttpd libmicrohttpd'
	has sqlite3 || echo 'sqlite3 sqlite sqlite sqlite sqlite'
	has jq || echo 'jq jq jq jq jq'
	has curl || echo 'curl curl curl curl curl'
	has mandoc || echo 'mandoc mandoc mandoc mandoc mandoc'
	has prove || echo 'perl perl-Test-Harness perl-utils perl perl'
	has python3 || echo 'python3 python3 python3 python python3'
	has openssl || echo 'openssl openssl openssl openssl openssl'
	(PATH=$PATH:/usr/sbin; has nghttpx) ||
		echo 'nghttp2-proxy nghttp2 nghttp2 nghttp2 nghttp2'
	has faketime || echo 'faketime libfaketime libfaketime libfaketime -'
	has ps || echo 'procps procps-ng procps procps-ng -'
}

if has apt-get; then
	column=1 install='apt-get install -y --no-install-recommends'
elif has dnf; then
	column=2 install='dnf install -y'
elif has apk; then
	column=3 install='apk add'
elif has pacman; then
	column=4 install='pacman -S --needed --noconfirm'
elif has brew; then
	column=5 install='brew install'
else
	column=1 install=
fi

packages=$(missing | cut -d' ' -f"$column" | grep -v '^-$' | sort -u | xargs)
if [ -z "$packages" ]; then
	echo 'deps: nothing is missing'
	exit 0
fi
if [ -z "$install" ]; then
	echo "deps: no package manager known here; install (Debian's names)" \
		"$packages" >&2
	exit 69
fi

if [ "$(id -u)" = 0 ] || [ "$column" = 5 ]; then
	as_root=
elif has sudo && sudo -n true 2>/dev/null; then
	as_root=sudo
elif has sudo && [ -t 0 ]; then
	as_root=sudo
else
	echo 'deps: needs an administrator to run:' >&2
	echo "	$install $packages" >&2
	exit 77
fi
echo "deps: ${as_root:+$as_root }$install $packages"
case $column in
1)
	export DEBIAN_FRONTEND=noninteractive
	$as_root apt-get update -q
	;;
esac
# shellcheck disable=SC2086
$as_root $install $packages </dev/null

left=$(missing | cut -d' ' -f"$column" | xargs)
[ -z "$left" ] || {
	echo "deps: still missing after the install: $left" >&2
	exit 69
}
