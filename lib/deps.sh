#!/bin/sh
# deps.sh [GOAL...]: installs with the system's package manager what is missing to
# build sp and to run its demo, and what these goals of make need: a goal that is
# not known here needs what the tests need. For a user without sudo it prints the
# command that root has to run, and fails.
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

# One line for each missing package: its names for apt, dnf, apk, pacman, brew.
missing_to_build() {
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
	has_lib libarchive archive.h ||
		echo 'libarchive-dev libarchive-devel libarchive-dev libarchive libarchive'
	has_lib libmicrohttpd microhttpd.h ||
		echo 'libmicrohttpd-dev libmicrohttpd-devel libmicrohttpd-dev libmicrohttpd libmicrohttpd'
	has sqlite3 || echo 'sqlite3 sqlite sqlite sqlite sqlite'
	has jq || echo 'jq jq jq jq jq'
	has curl || echo 'curl curl curl curl curl'
}

missing_to_check() {
	has mandoc || echo 'mandoc mandoc mandoc mandoc mandoc'
	has prove || echo 'perl perl-Test-Harness perl-utils perl perl'
	has python3 || echo 'python3 python3 python3 python python3'
	has openssl || echo 'openssl openssl openssl openssl openssl'
	(PATH=$PATH:/usr/sbin; has nghttpx) ||
		echo 'nghttp2-proxy nghttp2 nghttp2 nghttp2 nghttp2'
	has faketime || echo 'faketime libfaketime libfaketime libfaketime -'
	has zsh || echo 'zsh zsh zsh zsh zsh'
	has gnuplot || echo 'gnuplot-nox gnuplot gnuplot gnuplot gnuplot'
	has ps || echo 'procps procps-ng procps procps-ng -'
	has valgrind || echo 'valgrind valgrind valgrind valgrind -'
	has bash || echo 'bash bash bash bash bash'
	has fish || echo 'fish fish fish fish fish'
}

missing_to_deb() {
	has git || echo 'git git git git git'
	has dpkg-buildpackage || echo 'build-essential - - - -'
	has dh || echo 'debhelper - - - -'
	has lintian || echo 'lintian - - - -'
}

missing_to_check_deb() {
	has git || echo 'git git git git git'
	(PATH=$PATH:/usr/sbin; has debootstrap) || echo 'debootstrap - - - -'
}

missing_to_check_report() {
	has chromium || has chromium-browser || has google-chrome ||
		echo 'chromium chromium chromium chromium -'
	has firefox-esr || has firefox ||
		echo 'firefox-esr firefox firefox-esr firefox -'
	has pdftotext ||
		echo 'poppler-utils poppler-utils poppler-utils poppler poppler'
	fc-list 2>/dev/null | grep -q . ||
		echo 'fonts-noto-core google-noto-sans-fonts font-noto noto-fonts -'
	has tidy || echo 'tidy tidy tidyhtml tidy tidy-html5'
	has python3 || echo 'python3 python3 python3 python python3'
	has prove || echo 'perl perl-Test-Harness perl-utils perl perl'
}

missing_to_check_warehouse() {
	has psql && { has initdb || [ "$(find /usr/lib/postgresql \
	    -name initdb 2>/dev/null)" ]; } ||
		echo 'postgresql postgresql-server postgresql postgresql postgresql'
	has python3 || echo 'python3 python3 python3 python python3'
}

missing() {
	missing_to_build
	for goal in $goals; do
		case $goal in
		all | demo | install | uninstall | clean | help) ;;
		deb) missing_to_deb ;;
		check-deb) missing_to_check_deb ;;
		check-warehouse) missing_to_check_warehouse ;;
		check-report | report-picture) missing_to_check_report ;;
		*) missing_to_check ;;
		esac
	done
}
goals=$*

update=
if has apt-get; then
	column=1 install='apt-get install -y --no-install-recommends'
	ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1 ||
		update='apt-get update -q'
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
	echo "deps: nothing is missing${goals:+ for $goals}"
	exit 0
fi
if [ -z "$install" ]; then
	echo "deps: no known package manager; install (names in Debian)" \
		"$packages" >&2
	exit 69
fi
# Debian enables the service of a package that it installs. The tests start these
# themselves, so the files of the services are left out; and PostgreSQL is not to
# make a database of its own.
leave_out() {
	[ "$column" != 1 ] || for file; do
		install="$install -o Dpkg::Options::=--path-exclude=$file"
	done
}
cluster=
case " $packages " in
*' nghttp2-proxy '*) leave_out '*/nghttpx.service' /etc/init.d/nghttpx ;;
esac
case " $packages " in
*' postgresql '*)
	leave_out '*/postgresql*.service' /etc/init.d/postgresql
	cluster=/etc/postgresql-common/createcluster.conf
	[ "$column" = 1 ] && [ ! -e $cluster ] || cluster=
	;;
esac

if [ "$(id -u)" = 0 ] || [ "$column" = 5 ]; then
	as_root=
elif has sudo && sudo -n true 2>/dev/null; then
	as_root=sudo
elif has sudo && [ -t 0 ]; then
	as_root=sudo
else
	echo 'deps: run as root:' >&2
	echo "	${update:+$update && }$install $packages" >&2
	exit 77
fi

[ "$column" != 1 ] || export DEBIAN_FRONTEND=noninteractive
# The commands below are split into words, without expanding patterns.
set -f
# shellcheck disable=SC2086
as_root() {
	echo "deps: ${as_root:+$as_root }$*"
	$as_root "$@" </dev/null
}
# shellcheck disable=SC2086
{
	[ -z "$update" ] || as_root $update
	[ -z "$cluster" ] || as_root sh -c "mkdir -p ${cluster%/*} &&
		echo 'create_main_cluster = false' >$cluster"
	# If the package lists are out of date, update them and try again.
	as_root $install $packages || {
		[ "$column" = 1 ] && [ -z "$update" ] || exit
		as_root apt-get update -q
		as_root $install $packages
	}
}

left=$(missing | cut -d' ' -f"$column" | grep -v '^-$' | xargs)
[ -z "$left" ] || {
	echo "deps: still missing after the install: $left" >&2
	exit 69
}
