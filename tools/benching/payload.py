"""The data that is hashed: real bytes, written once, in the page cache."""
import os
import shutil

from benching.measuring import Failed
from benching.sizes import GIB, KIB, MIB

SMALL_FILE = 10 * KIB


def check_room(folder, size, report):
    """Refuses when the disk is too small; remarks when the page cache is."""
    free = shutil.disk_usage(folder).free
    if free < size * 1.1 + 256 * MIB:
        raise Failed(f"{folder} has {free / GIB:.1f} GiB free and the bench writes {size / GIB:.1f} GiB; "
                     "use a smaller --size, or another --temporary")
    with open("/proc/meminfo") as meminfo:
        available = next(int(line.split()[1]) * KIB for line in meminfo if line.startswith("MemAvailable:"))
    if available < size * 1.2:
        report.progress(f"only {available / GIB:.1f} GiB of memory for {size / GIB:.1f} GiB of data: "
                        "this measures the disk, not the page cache")


def write_file(path, size):
    """Random bytes; on the disk as well, so that write-back does not run beside what is measured."""
    with open(path, "wb", buffering=0) as file:
        left = size
        while left:
            left -= file.write(os.urandom(min(left, 4 * MIB)))
        os.fsync(file.fileno())
    return path


def write_tree(path, files):
    """Files of 10 KiB, a hundred a folder."""
    content = bytearray(os.urandom(SMALL_FILE))
    for number in range(files):
        folder = f"{path}/{number // 100:04d}"
        if number % 100 == 0:
            os.makedirs(folder)
        # Every block differs from every other; random bytes for each would only take longer.
        for block in range(0, SMALL_FILE, 4 * KIB):
            content[block:block + 8] = (number << 8 | block >> 12).to_bytes(8, "big")
        with open(f"{folder}/{number:06d}", "wb", buffering=0) as file:
            file.write(content)
    os.sync()
    return path


def warm(path):
    """Reads everything once, so that it is in the page cache."""
    buffer = bytearray(4 * MIB)
    paths = [path] if os.path.isfile(path) else [
        os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names]
    for one in paths:
        with open(one, "rb", buffering=0) as file:
            while file.readinto(buffer):
                pass
