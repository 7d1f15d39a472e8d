"""A disk that fails under a process: its reads of one file come back with EIO, as of a share whose server is away or a
drive that was pulled out. Done beneath Python and libav, by a library that the process is started with.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

FILE, FROM, TO, HANDLES = "FAILING_FILE", "FAILING_FROM", "FAILING_TO", "FAILING_HANDLES"
"""Environment of the process, which it may set while it runs. FILE: how the path of the file ends. FROM, TO: bytes
that cannot be read. HANDLES: so many open files break, each for good, before the disk is back; -1: it stays away."""

_SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int broken = -1, count;

static long told(const char *name, long usual) { const char *text = getenv(name); return text ? atol(text) : usual; }

static int fails(int fd) {
    const char *file = getenv("FAILING_FILE");
    char link[64], path[4096];
    if (!file) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size < (ssize_t)strlen(file)) return 0;
    path[size] = 0;
    if (strcmp(path + size - strlen(file), file)) return 0;
    if (fd == broken) return 1;
    long at = lseek(fd, 0, SEEK_CUR), handles = told("FAILING_HANDLES", -1);
    if (at < told("FAILING_FROM", 0) || at >= told("FAILING_TO", 1L << 62)) return 0;
    if (handles >= 0 && count >= handles) return 0;
    broken = fd;
    count++;
    return 1;
}

ssize_t read(int fd, void *buffer, size_t size) {
    static ssize_t (*whole)(int, void *, size_t);
    if (!whole) whole = dlsym(RTLD_NEXT, "read");
    if (fails(fd)) { errno = EIO; return -1; }
    return whole(fd, buffer, size);
}

int close(int fd) {
    static int (*whole)(int);
    if (!whole) whole = dlsym(RTLD_NEXT, "close");
    if (fd == broken) broken = -1;
    return whole(fd);
}
"""


def failing_disk(folder: Path) -> dict[str, str]:
    """Environment for a process under which a disk may fail. Skips the test where no such library can be made."""
    if (compiler := shutil.which("cc")) is None:
        pytest.skip("no C compiler to make a disk fail with")
    library = folder / "failing_disk.so"
    command = [compiler, "-shared", "-fPIC", "-o", str(library), "-x", "c", "-", "-ldl"]
    made = subprocess.run(command, input=_SOURCE, capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"no library to make a disk fail with: {made.stderr.strip()[-200:]}")
    return os.environ | {"LD_PRELOAD": str(library)}
