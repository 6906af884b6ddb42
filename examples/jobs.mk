# Batch runs, driven by make. Each recipe is one pipeline, and its status is
# the status of its last program: nothing here needs pipefail.
#
#	make -f jobs.mk play-history DB=$HOME/music.db
#	make -f jobs.mk playlists audio-features profile DB=$HOME/music.db
#	make -f jobs.mk all DB=$HOME/music.db
#	make -f jobs.mk status DB=$HOME/music.db
#	make -f jobs.mk runs DB=$HOME/music.db
#	make -f jobs.mk prune DB=$HOME/music.db KEEP=365d
#	make -f jobs.mk rebuild DB=$HOME/music.db NEW=$HOME/rebuilt.db
#
# A status of 75 means that the API wants us back later: make says `Error 75`,
# and the next run goes on where this one stopped.

DB ?= $(HOME)/.local/share/sp/spotify.db
NEW ?= $(DB).new
ACCOUNT ?= default
KEEP ?= 365d

export SP_DB = $(DB)
export SP_ACCOUNT = $(ACCOUNT)

help:
	@sed -n 's/^#	//p' '$(strip $(MAKEFILE_LIST))'

fetch_and_load = sp-fetch | sp-stage | sp-transform | sp-load

# The plays since the last run.
play-history:
	sp-queue next play-history | $(fetch_and_load)

# The list of playlists and what is due of them; then what the list brought.
playlists:
	sp-queue next playlists | $(fetch_and_load)
	sp-queue next playlists | $(fetch_and_load)

# The audio features of tracks that miss them, where the app may have them.
audio-features:
	sp-queue next audio-features | $(fetch_and_load)

# Who the account is, whom it follows, and who its playlists are from.
profile:
	sp-queue next profile | $(fetch_and_load)

# Whatever is due: plays hourly, playlists weekly or when the queue holds some,
# the profile monthly.
all:
	sp-queue next all | $(fetch_and_load)

# What is due, what waits, what is held up, and how the last runs went.
status:
	sp-queue status --table

# What the last runs did.
runs:
	sp-stage runs --table

# All tables once more from the raw captures, into a new file.
rebuild:
	rm -f '$(NEW)' '$(NEW)-wal' '$(NEW)-shm'
	sp-stage replay | sp-transform | sp-load --db '$(NEW)'

# What no table needs any more to be made again, and is that old.
prune:
	sp-stage prune --keep '$(KEEP)'

# What a mapping of one's own would change; nothing is written.
preview:
	sp-stage replay | sp-transform -f '$(FILTER)' | sp-load --dry-run

.PHONY: all audio-features help play-history playlists preview profile \
	prune rebuild runs status
