/* What differs between systems, and small calls that want care everywhere. */
#ifndef SP_BASE_OS_H
#define SP_BASE_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct buf;
struct stat;

/* Fill with the system's random bytes; false if there are none. */
bool os_random(void *, size_t n);

/*
 * Put a path under the user's data or configuration folder into `path`:
 * $XDG_DATA_HOME/sp/NAME or $HOME/.local/share/sp/NAME, and likewise for
 * configuration with .config. False where neither variable is set.
 */
bool os_data_path(struct buf *path, const char *name);
bool os_config_path(struct buf *path, const char *name);

/*
 * Append all that can be read from a file. False where that fails, with errno,
 * or is more than the buf's maximum, with `failed`.
 */
bool os_read_all(int fd, struct buf *);

/*
 * Open a new file in $TMPDIR, or else in /tmp, that has no name and is gone
 * once it is closed; -1 sets errno.
 */
int os_open_temporary(void);

/* When a file was last written, Unix ms. */
int64_t os_file_time(const struct stat *);

/*
 * fsync the folder of a file, so that files created, renamed or removed in it
 * survive a power cut. True also where folders cannot be synced; false sets
 * errno.
 */
bool os_sync_folder(const char *path);

/*
 * Create the folders above a file with this mode, so that they survive a
 * power cut; false sets errno.
 */
bool os_make_parents(const char *path, unsigned mode);

/*
 * End this process, just forked by `parent`, when its parent ends, where the
 * system supports that; elsewhere the process must notice by itself.
 */
void os_die_with_parent(pid_t parent);

#define OS_PROCESS_TEXT 64

/*
 * Name a process: its number and, where the system reports it, when it began,
 * so that no later one has the same name. False if it does not run.
 */
bool os_process_name(pid_t pid, char name[OS_PROCESS_TEXT]);

/* Whether the process of that name is running on this machine. */
bool os_process_runs(const char *name);

#endif
