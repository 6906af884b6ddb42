# A run for each account of a directory, as many at a time as -j says.
#
#	make -f accounts.mk -kj8 all DIR=/srv/accounts
#	make -f accounts.mk status DIR=/srv/accounts
#
# An account is a folder, whose name has letters, digits and . _ - only:
#
#	kim/token.json   its login: sp-fetch login --token-file kim/token.json
#	kim/spotify.db   its database
#	kim/status       the exit status of its last run: 0, 75 (try again later) ...
#	kim/log          the messages of its last run
#
# The accounts share the quota of one app, so each starts at its own second of
# the hour, which is a hash of its name: start this at every full hour. What is
# late starts at once. SPREAD=600 uses the first ten minutes only, 0 starts all now.
#
# JOB is what sp-run takes, such as play-history or '--catalogue-limit 0 all'.
#
# The target DIR/NAME runs one account and exits with its status, so any scheduler
# can take the place of -j. GNU parallel, and a job array of Slurm:
#
#	make -sf accounts.mk list | parallel -j8 make -sf accounts.mk
#	sbatch --array=1-1000%8 --wrap 'make -sf accounts.mk \
#	    $(make -sf accounts.mk list | sed -n ${SLURM_ARRAY_TASK_ID}p)'

DIR ?= accounts
JOB ?= all
SPREAD ?= 3600

help:
	@sed -n 's/^#	//p' '$(firstword $(MAKEFILE_LIST))'

# From names to "second DIR/name".
seconds = awk -v spread='$(SPREAD)' -v dir='$(DIR)' ' \
	BEGIN { for (i = 32; i < 127; i++) code[sprintf("%c", i)] = i } \
	/^[A-Za-z0-9._-]+$$/ { \
		hash = 0; \
		for (i = 1; i <= length($$0); i++) \
			hash = (hash + code[substr($$0, i, 1)]) * 611953 % 1000003; \
		print spread ? hash % spread : 0, dir "/" $$0 \
	}'
names = ls '$(DIR)' | $(seconds) | sort -n | cut -d' ' -f2-

all:
	@$(MAKE) --no-print-directory -f '$(firstword $(MAKEFILE_LIST))' \
		$$($(names))

# The accounts, in the order in which they start.
list:
	@$(names)

# How many ended with which status, and who did not with 0.
status:
	@cd '$(DIR)' && cat -- */status | sort -n | uniq -c && \
		grep -v '^0$$' -- */status || :

$(DIR)/%: again
	@cd '$@' || exit; \
	second=$$(echo '$*' | $(seconds)) now=$$(date +%s); \
	wait=$$(($${second%% *} - now % 3600)); \
	[ $$wait -le 0 ] || sleep $$wait; \
	SP_DB=spotify.db SP_TOKEN_FILE=token.json sp-run $(JOB) >log 2>&1; \
	status=$$?; echo $$status >status; exit $$status

.PHONY: again all help list status
