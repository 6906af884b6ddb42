# Batch runs, driven by make. Each recipe is one pipeline, and its status is
# the status of its last program: nothing here needs pipefail.
#
#	make -f jobs.mk play-history DB=$HOME/music.db
#	make -f jobs.mk runs DB=$HOME/music.db
#	make -f jobs.mk rebuild DB=$HOME/music.db NEW=$HOME/rebuilt.db
#
# A status of 75 means that the API wants us back later: make says `Error 75`,
# and the next run goes on where this one stopped.

DB ?= $(HOME)/.local/share/sp/spotify.db
NEW ?= $(DB).new
ACCOUNT ?= default

export SP_DB = $(DB)
export SP_ACCOUNT = $(ACCOUNT)

help:
	@sed -n 's/^#	//p' $(firstword $(MAKEFILE_LIST))

# The plays since the last run.
play-history:
	sp-queue next play-history | sp-fetch | sp-stage | sp-transform | sp-load

# What the last runs did.
runs:
	sp-stage runs --table

# All tables once more from the raw captures, into a new file.
rebuild:
	rm -f '$(NEW)' '$(NEW)-wal' '$(NEW)-shm'
	sp-stage replay | sp-transform | sp-load --db '$(NEW)'

# What a mapping of one's own would change; nothing is written.
preview:
	sp-stage replay | sp-transform -f '$(FILTER)' | sp-load --dry-run

.PHONY: help play-history runs rebuild preview
