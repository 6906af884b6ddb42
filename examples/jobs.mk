# Batch runs, driven by make. Each recipe is a pipeline, and the status of its
# last program is that of the whole pipeline: nothing here needs pipefail.
#
#	make -f jobs.mk play-history DB=$HOME/music.db
#	make -f jobs.mk playlists audio-features profile DB=$HOME/music.db
#	make -f jobs.mk catalogue DB=$HOME/music.db LIMIT=50
#	make -f jobs.mk all DB=$HOME/music.db
#	make -f jobs.mk status DB=$HOME/music.db
#	make -f jobs.mk runs DB=$HOME/music.db
#	make -f jobs.mk prune DB=$HOME/music.db KEEP=365d
#	make -f jobs.mk preview FILTER=recently-played=my.jq
#	make -f jobs.mk rebuild DB=$HOME/music.db NEW=$HOME/rebuilt.db
#
# A status of 75 means "try again later": make prints `Error 75`, and the next
# run continues where this one stopped.

DB ?= $(HOME)/.local/share/sp/spotify.db
NEW ?= $(DB).new
ACCOUNT ?= default
KEEP ?= 365d
LIMIT ?= 200

export SP_DB = $(DB)
export SP_ACCOUNT = $(ACCOUNT)

help:
	@sed -n 's/^#	//p' '$(strip $(MAKEFILE_LIST))'

fetch_and_load = sp-fetch | sp-stage | sp-transform | sp-load

# All plays that the API still has.
play-history:
	sp-queue next play-history | $(fetch_and_load)

# The list of playlists and those that are due; then those that are new in it.
playlists:
	sp-queue next playlists | $(fetch_and_load)
	sp-queue next playlists | $(fetch_and_load)

# The audio features of tracks without them, if the app has access to them.
audio-features:
	sp-queue next audio-features | $(fetch_and_load)

# Profiles: the account, the artists it follows, and its playlists' owners.
profile:
	sp-queue next profile | $(fetch_and_load)

# Tracks known by their id only, and what only full objects of artists and
# albums have: at most LIMIT requests a day.
catalogue:
	sp-queue next --catalogue-limit '$(LIMIT)' catalogue | $(fetch_and_load)

# Every job that is due: plays hourly, playlists weekly or when some are queued,
# the profile monthly, the catalogue daily while something is open.
all:
	sp-queue next --catalogue-limit '$(LIMIT)' all | $(fetch_and_load)

# What is due, waiting or blocked, and the results of the last runs.
status:
	sp-queue status --table

# The results of the last runs.
runs:
	sp-stage runs --table

# Rebuild all tables from the raw captures, in a new file.
rebuild:
	rm -f '$(NEW)' '$(NEW)-wal' '$(NEW)-shm'
	sp-stage replay | sp-transform | sp-load --db '$(NEW)'

# Remove captures older than KEEP that are not needed to rebuild any table.
prune:
	sp-stage prune --keep '$(KEEP)'

# Show what a custom mapping would change; nothing is written.
preview:
	sp-stage replay | sp-transform -f '$(FILTER)' | sp-load --dry-run

.PHONY: all audio-features catalogue help play-history playlists preview profile \
	prune rebuild runs status
