/* What differs between systems, and small calls that want care everywhere. */
#ifndef SP_BASE_OS_H
#define SP_BASE_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct buf;

/* Fill with random bytes of the system; false if it has none to give. */
bool os_random(void *, size_t n);

/*
 * Put a path under the user's data or configuration folder into `path`:
 * $XDG_DATA_HOME/sp/NAME or $HOME/.local/share/sp/NAME, and likewise for
 * configuration with .config. False where neither variable is set.
 */
bool os_data_path(struct buf *path, const char *name);
bool os_config_path(struct buf *path, const char *name);

/*
 * Have what was made, renamed or removed in the folder of a file outlive a
 * power cut, as fsync does for what is in the file. Where it cannot be asked
 * for, that is no failure; false sets errno.
 */
bool os_sync_folder(const char *path);

/*
 * Create the folders above a file with the given mode, to outlive a power
 * cut; false sets errno.
 */
bool os_make_parents(const char *path, unsigned mode);

/*
 * Have this process, just forked by `parent`, end when its parent ends, where
 * the system can; elsewhere it has to notice by itself.
 */
void os_end_with_parent(pid_t parent);

#define OS_PROCESS_TEXT 64

/*
 * Name a process: its number and, where the system tells, when it began, so
 * that no later one has the same name. False if it does not run.
 */
bool os_process_name(pid_t pid, char name[OS_PROCESS_TEXT]);

/* Whether the process of that name runs on this machine. */
bool os_process_runs(const char *name);

#endif
