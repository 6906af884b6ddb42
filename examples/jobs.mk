# Batch runs, driven by make. The status of a recipe is that of its pipeline:
# nothing here needs pipefail.
#
#	make -f jobs.mk play-history DB=$HOME/music.db
#	make -f jobs.mk playlists audio-features profile DB=$HOME/music.db
#	make -f jobs.mk catalogue DB=$HOME/music.db LIMIT=50
#	make -f jobs.mk all DB=$HOME/music.db
#	make -f jobs.mk status DB=$HOME/music.db
#	make -f jobs.mk health DB=$HOME/music.db
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

# sp-run JOB is this pipeline, and a second round of it if the first one finds
# more to fetch:
#	sp-queue next JOB | sp-fetch | sp-stage | sp-transform | sp-load

# All plays that the API still has.
play-history:
	sp-run play-history

# The list of playlists and those that are due; then those that are new in it.
playlists:
	sp-run playlists

# The audio features of tracks without them, if the app has access to them.
audio-features:
	sp-run audio-features

# Profiles: the account, the artists it follows, and its playlists' owners.
profile:
	sp-run profile

# Tracks known by their id only, and what only full objects of artists and
# albums have: at most LIMIT requests a day.
catalogue:
	sp-run --catalogue-limit '$(LIMIT)' catalogue

# Every job that is due: plays hourly, playlists weekly or when some are queued,
# the profile monthly, the catalogue daily while something is open.
all:
	sp-run --catalogue-limit '$(LIMIT)'

# What is due, waiting or blocked, and the results of the last runs.
status:
	sp-queue status --table

# Whether all is well: status 1 to have a look, 77 to log in.
health:
	sp-queue health

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
	sp-stage replay | sp-transform -f '$(FILTER)' | sp-load --dry-run | \
		jq -c 'select(.change != "unchanged")'

.PHONY: all audio-features catalogue health help play-history playlists preview profile \
	prune rebuild runs status
