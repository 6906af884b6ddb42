# A run for each account of a directory, as many at a time as -j says.
#
#	make -f accounts.mk -j8 all DIR=/srv/accounts
#	make -f accounts.mk status DIR=/srv/accounts
#
# An account is a folder, whose name has letters, digits and . _ - only:
#
#	kim/token.json   its login: sp-fetch login --token-file kim/token.json
#	kim/spotify.db   its database
#	kim/status       the exit status of its last run: 0, 75 (try again later) ...
#	                 or `not finished`: it is running, or was killed
#	kim/log          the messages of its last run
#
# The accounts share the quota of one app, so each starts at its own second of
# the hour, which is a hash of its name: start this at every full hour. What is
# late starts at once. SPREAD=600 uses the first ten minutes only, 0 starts all now.
#
# JOB is what sp-run takes, such as play-history or '--catalogue-limit 0 all'.
#
# The target DIR/NAME runs one account, and fails if that does, so any scheduler
# can take the place of -j, if it takes them in the order of the list, in which
# they start. GNU parallel, and a job array of Slurm:
#
#	make -sf accounts.mk list DIR=/srv/accounts >list
#	parallel -j8 make -sf accounts.mk <list
#	sbatch --array=1-$(wc -l <list)%8 --wrap \
#	    'make -sf accounts.mk $(sed -n ${SLURM_ARRAY_TASK_ID}p list)'

DIR ?= accounts
JOB ?= all
SPREAD ?= 3600

help:
	@sed -n 's/^#	//p' '$(firstword $(MAKEFILE_LIST))'

# From "name/" to "second name".
seconds = awk -v spread='$(SPREAD)' ' \
	BEGIN { for (i = 32; i < 127; i++) code[sprintf("%c", i)] = i } \
	sub("/$$", "") && /^[A-Za-z0-9._-]+$$/ { \
		hash = 0; \
		for (i = 1; i <= length($$0); i++) \
			hash = (hash + code[substr($$0, i, 1)]) * 611953 % 1000003; \
		print spread ? hash % spread : 0, $$0 \
	}'
list = ls -Lp '$(DIR)' | $(seconds) | sort -n | sed 's|^[0-9]* |$(DIR)/|'

all:
	@$(MAKE) --no-print-directory -kf '$(firstword $(MAKEFILE_LIST))' $$($(list))

# The accounts, in the order in which they start.
list:
	@$(list)

# How many ended with which status, and who did not with 0.
status:
	@$(list) | while read -r account; do \
		status=; { read -r status <$$account/status; } 2>/dev/null; \
		echo "$${status:-not finished}: $$account"; \
	done | sort -n | awk -F': ' ' \
		{ status = $$1 "" } \
		status != last { if (n) print n, last; n = 0; last = status } \
		{ n++ } status != "0" { bad = bad "\n" $$2 ": " status } \
		END { if (n) print n, last bad }'

# One account. Nobody else runs it: the lock lasts as long as one of its programs.
accounts = $(foreach goal,$(MAKECMDGOALS),$(if $(findstring /,$(goal)),$(goal)))
$(accounts):
	@second=$$(echo '$(notdir $@)/' | $(seconds)); \
	wait=$$(($${second%% *} - $$(date +%s) % 3600)); \
	[ $$wait -le 0 ] || sleep $$wait; \
	cd '$@' && exec 8<. || exit; \
	flock -n 8 || { echo '$@ is running already' >&2; exit 75; }; \
	echo 'not finished' >status || exit 74; \
	SP_DB=spotify.db SP_TOKEN_FILE=token.json sp-run $(JOB) >log 2>&1; \
	status=$$?; echo $$status >status; exit $$status

.PHONY: $(accounts) all help list status
