/* A disk between the program and the real one, put there by LD_PRELOAD: it writes down every write, sync, cut, removal and renaming of files
 * under GAIT_DISK_OF into GAIT_DISK_LOG, in their order, for the test to work out what a power cut would have left; and it fails when it is
 * told to: while the file GAIT_DISK_FULL is there nothing can grow, and each sync of a `-wal` fails once after GAIT_DISK_SYNC_FAILS
 * was made (and is taken away by that).
 *
 * A record: kind (1 byte), length of the path (2), offset (8), length (4), path, bytes. All numbers as the machine writes them. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = -1;

#define REAL(name) ({ if (!real_##name) real_##name = dlsym(RTLD_NEXT, #name); real_##name; })
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite64)(int, const void *, size_t, off64_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_ftruncate64)(int, off64_t);
static int (*real_unlink)(const char *);
static int (*real_rename)(const char *, const char *);

static const char *folder(void) { return getenv("GAIT_DISK_OF"); }

static int is_watched(const char *path) {
    const char *of = folder();
    return of && strncmp(path, of, strlen(of)) == 0 && !strstr(path, "-shm");
}

static int path_of(int fd, char *path, size_t size) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, size - 1);
    if (n <= 0) return 0;
    path[n] = 0;
    return is_watched(path);
}

static void put(const void *bytes, size_t length) {
    while (length) {
        ssize_t n = syscall(SYS_write, log_fd, bytes, length);
        if (n <= 0) abort();
        bytes = (const char *)bytes + n;
        length -= (size_t)n;
    }
}

static void note(char kind, const char *path, uint64_t offset, const void *bytes, uint32_t length) {
    const char *to = getenv("GAIT_DISK_LOG");
    if (!to) return;
    if (log_fd < 0) log_fd = (int)syscall(SYS_openat, AT_FDCWD, to, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    uint16_t n = (uint16_t)strlen(path);
    put(&kind, 1), put(&n, 2), put(&offset, 8), put(&length, 4), put(path, n);
    if (length && bytes) put(bytes, length);
}

static int is_there(const char *variable) {
    const char *path = getenv(variable);
    return path && access(path, F_OK) == 0;
}

/* Whether a write would need room that is not there. */
static int is_full(int fd, uint64_t end) {
    struct stat64 now;
    return is_there("GAIT_DISK_FULL") && fstat64(fd, &now) == 0 && end > (uint64_t)now.st_size;
}

static ssize_t written(int fd, const void *bytes, size_t length, off64_t at, ssize_t (*go)(int, const void *, size_t, off64_t)) {
    char path[4096];
    if (!path_of(fd, path, sizeof path)) return go(fd, bytes, length, at);
    pthread_mutex_lock(&one);
    struct stat64 now;
    uint64_t where = (uint64_t)at;
    if (at < 0) {
        int appends = (fcntl(fd, F_GETFL) & O_APPEND) != 0;
        where = appends && fstat64(fd, &now) == 0 ? (uint64_t)now.st_size : (uint64_t)lseek64(fd, 0, SEEK_CUR);
    }
    ssize_t n;
    if (is_full(fd, where + length)) {
        errno = ENOSPC;
        n = -1;
    } else {
        n = go(fd, bytes, length, at);
        if (n > 0) note('w', path, where, bytes, (uint32_t)n);
    }
    pthread_mutex_unlock(&one);
    return n;
}

static ssize_t go_write(int fd, const void *b, size_t n, off64_t at) { (void)at; return REAL(write)(fd, b, n); }
static ssize_t go_pwrite(int fd, const void *b, size_t n, off64_t at) { return REAL(pwrite64)(fd, b, n, at); }

ssize_t write(int fd, const void *b, size_t n) { return written(fd, b, n, -1, go_write); }
ssize_t pwrite(int fd, const void *b, size_t n, off_t at) { return written(fd, b, n, at, go_pwrite); }
ssize_t pwrite64(int fd, const void *b, size_t n, off64_t at) { return written(fd, b, n, at, go_pwrite); }

static int synced(int fd, int (*go)(int)) {
    char path[4096];
    if (!path_of(fd, path, sizeof path)) return go(fd);
    pthread_mutex_lock(&one);
    int done;
    if (strstr(path, "-wal") && is_there("GAIT_DISK_SYNC_FAILS")) {
        REAL(unlink)(getenv("GAIT_DISK_SYNC_FAILS"));
        errno = EIO;
        done = -1;
    } else {
        done = go(fd);
        if (done == 0) note('s', path, 0, NULL, 0);
    }
    pthread_mutex_unlock(&one);
    return done;
}

int fsync(int fd) { return synced(fd, REAL(fsync)); }
int fdatasync(int fd) { return synced(fd, REAL(fdatasync)); }

int ftruncate64(int fd, off64_t length) {
    char path[4096];
    if (!path_of(fd, path, sizeof path)) return REAL(ftruncate64)(fd, length);
    pthread_mutex_lock(&one);
    int done = REAL(ftruncate64)(fd, length);
    if (done == 0) note('t', path, (uint64_t)length, NULL, 0);
    pthread_mutex_unlock(&one);
    return done;
}
int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

int unlink(const char *path) {
    if (!is_watched(path)) return REAL(unlink)(path);
    pthread_mutex_lock(&one);
    int done = REAL(unlink)(path);
    if (done == 0) note('u', path, 0, NULL, 0);
    pthread_mutex_unlock(&one);
    return done;
}

int rename(const char *from, const char *to) {
    if (!is_watched(from)) return REAL(rename)(from, to);
    pthread_mutex_lock(&one);
    int done = REAL(rename)(from, to);
    if (done == 0) note('r', from, 0, to, (uint32_t)strlen(to));
    pthread_mutex_unlock(&one);
    return done;
}
