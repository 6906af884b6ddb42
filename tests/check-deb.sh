#!/bin/sh
# Builds the package in bare Debian systems, and installs, uses and removes it
# there.
#
#	check-deb.sh FOLDER RELEASE...
#
# Needs root, debootstrap and a mirror of Debian. The folder keeps two systems of
# each release for the next time: a bare one, and one with what the build needs.
# Each command there runs in namespaces of its own: its mounts and its processes
# end with it.
set -eu
export LC_ALL=C
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || { echo 'check-deb: run as root' >&2; exit 77; }

mkdir -p "$1"
folder=$(cd "$1" && pwd)
shift
began=$(date +%s)
package=$(sed -n 's/^Package: //p' debian/control)

say() { printf 'check-deb: %3d s: %s\n' $(($(date +%s) - began)) "$release: $*"; }

fail() {
	say "$*" >&2
	exit 1
}

# quietly COMMAND...: show what it prints only if it fails.
quietly() {
	"$@" >"$folder/log" 2>&1 </dev/null || {
		tail -n 40 "$folder/log" >&2
		fail "failed: $*"
	}
}

# equal FILE FILE WHAT
equal() {
	diff "$1" "$2" >"$folder/log" || {
		head -n 40 "$folder/log" >&2
		fail "$3"
	}
}

# in_system SYSTEM COMMAND...: as root.
in_system() {
	system=$1
	shift
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root \
	    DEBIAN_FRONTEND=noninteractive \
	    ${http_proxy:+"http_proxy=$http_proxy"} \
	    ${https_proxy:+"https_proxy=$https_proxy"} \
	    unshare --mount --mount-proc="$system/proc" --pid --fork \
	    --kill-child chroot "$system" "$@"
}

# as_user SYSTEM SCRIPT: as an ordinary user, in the home.
as_user() { in_system "$1" su - kim -c "set -eux; $2"; }

apt_install() {
	system=$1
	shift
	quietly in_system "$system" apt-get install -qy "$@"
}

# The mirror that this machine uses if it is a Debian; otherwise nothing, and
# debootstrap takes its own.
mirror() {
	apt-get indextargets --format '$(SITE)' 'Created-By: Packages' \
	    'Origin: Debian' 'Label: Debian' 2>/dev/null | head -n 1
}

bootstrap() {
	say 'debootstrap'
	rm -rf --one-file-system "$1.new"
	# shellcheck disable=SC2046
	quietly unshare --mount debootstrap --variant=minbase "$release" "$1.new" $(mirror)
	# apt's proxy, and whether it takes lists that are out of date, as here.
	apt-config dump 2>/dev/null | grep -E '^Acquire::(https?::Proxy|Check-)' \
	    >"$1.new/etc/apt/apt.conf.d/99host" || true
	echo force-unsafe-io >"$1.new/etc/dpkg/dpkg.cfg.d/fast"
	quietly in_system "$1.new" useradd --create-home --shell /bin/sh kim
	mv "$1.new" "$1"
}

copy() {
	rm -rf --one-file-system "$2"
	cp -a --reflink=auto "$1" "$2"
}

# Two builds, in folders, time zones, locales and numbers of jobs that differ.
build_package() {
	say 'what the build needs'
	home=$1/home/kim
	for build in one two; do
		rm -rf "$home/$build"
		git archive --prefix="$build/sp/" HEAD | tar -x -C "$home"
	done
	in_system "$1" chown -R kim: /home/kim
	quietly in_system "$1" apt-get build-dep -qy /home/kim/one/sp
	apt_install "$1" lintian

	say 'build and lintian'
	quietly as_user "$1" 'cd one/sp && dpkg-buildpackage -us -uc &&
		lintian --fail-on error,warning ../*.changes'
	say 'build once more'
	quietly as_user "$1" 'cd two/sp && umask 077 &&
		export TZ=Asia/Tokyo LC_ALL=C &&
		DEB_BUILD_OPTIONS="nocheck parallel=1" dpkg-buildpackage -us -uc -b'
	for deb in "$home"/one/*.deb; do
		cmp "$deb" "$home/two/${deb##*/}" ||
			fail 'the package is not reproducible'
	done
}

# Everything in a system that a package could leave there.
list_files() {
	in_system "$1" find / -xdev \( -path /proc -o -path /tmp -o -path /home \
	    -o -path /var/log -o -path /var/cache -o -path /var/lib/apt \
	    -o -path '/var/lib/dpkg/*-old' \) -prune -o -printf '%p %y %l\n' | sort
}

# As a user would, with nothing but the package.
use_package() {
	as_user "$1" '
	export SP_DB=$HOME/music.db SP_TOKEN_FILE=$HOME/token.json
	sp-rehearse --port-file port --token-file "$SP_TOKEN_FILE" --user kim >mock &
	until [ -s port ]; do sleep 0.1; done
	sp-run
	sp-report >me.html
	kill $!
	[ "$(sqlite3 "$SP_DB" "select count(*) from plays")" = 50 ]
	for page in $(find /usr/share/man -name "sp[.-]*" | sed "s,.*/,,"); do
		man -w "${page%.[157].gz}" >/dev/null
	done
	bash -c ". /usr/share/bash-completion/bash_completion
		_completion_loader sp-stage; complete -p sp-stage"
	ls /usr/share/zsh/vendor-completions/_sp-stage \
	    /usr/share/fish/vendor_completions.d/sp-stage.fish
	sh /usr/share/sp/examples/demo.sh
	ls /usr/share/doc/'"$package"'/examples/ | grep -q jobs.mk'
}

check_package() {
	cp "$2" "$1/tmp/$package.deb"
	deb=/tmp/$package.deb

	say 'install'
	# What apt would install with it comes first, so that the lists of files
	# differ by the package alone. The others are for what is tried below.
	# shellcheck disable=SC2046
	apt_install "$1" man-db bash-completion curl $(in_system "$1" apt-get install -sq "$deb" |
		sed -n "/^Inst $package /d; s/^Inst \([^ ]*\).*/\1/p")
	list_files "$1" >"$folder/before"
	apt_install "$1" "$deb"
	list_files "$1" >"$folder/installed"
	in_system "$1" dpkg -L "$package" | sort >"$folder/listed"
	comm -13 "$folder/before" "$folder/installed" | cut -d' ' -f1 |
	    grep -v "^/var/lib/dpkg/info/$package\." >"$folder/new"
	comm -12 "$folder/new" "$folder/listed" >"$folder/both"
	equal "$folder/new" "$folder/both" 'a file is not of the package'
	! find "$1/etc/systemd" "$1/var/lib/systemd" "$1"/home/*/.config \
	    -name 'sp-*' 2>/dev/null | grep . ||
		fail 'a unit is enabled'

	say 'use'
	quietly use_package "$1"

	say 'remove'
	quietly in_system "$1" apt-get remove -qy "$package"
	quietly in_system "$1" dpkg --purge "$package"
	list_files "$1" >"$folder/after"
	equal "$folder/before" "$folder/after" 'the package leaves files behind'
}

for release; do
	bare=$folder/$release builder=$folder/$release-build
	[ -d "$bare" ] || bootstrap "$bare"
	quietly in_system "$bare" apt-get update -q
	[ -d "$builder" ] || copy "$bare" "$builder"
	quietly in_system "$builder" apt-get update -q
	build_package "$builder"

	copy "$bare" "$folder/trial"
	check_package "$folder/trial" "$builder"/home/kim/one/"$package"_*.deb
	rm -rf --one-file-system "$folder/trial"
	say 'done'
done
