"""What this machine can do at most: reading the cached file, and copying memory, with one process and with two."""
import multiprocessing
import os
import time

from benching.sizes import KIB, MIB, spread, summary

# Larger than what a core has of the cache.
COPIED = 64 * MIB


def read_range(path, begin, end, start, result):
    """Only `pread`, into one buffer that stays in the cache of the core."""
    buffer = bytearray(256 * KIB)
    file = os.open(path, os.O_RDONLY)
    start.wait()
    begun = time.monotonic()
    offset = begin
    while offset < end:
        offset += os.preadv(file, [memoryview(buffer)[:end - offset]], offset)
    result.put((begun, time.monotonic()))
    os.close(file)


def copy_memory(path, begin, end, start, result):
    """Only `memcpy`, from memory to memory."""
    source, sink = memoryview(bytearray(COPIED)), memoryview(bytearray(COPIED))
    sink[:] = source
    start.wait()
    begun = time.monotonic()
    for _ in range((end - begin) // COPIED):
        sink[:] = source
    result.put((begun, time.monotonic()))


def rate(work, path, size, processes):
    """Bytes a second of `processes` that share `size` bytes of work."""
    context = multiprocessing.get_context("fork")
    start, result = context.Barrier(processes), context.Queue()
    share = size // processes
    workers = [context.Process(target=work, args=(path, number * share, (number + 1) * share, start, result))
               for number in range(processes)]
    for worker in workers:
        worker.start()
    times = [result.get() for _ in workers]
    for worker in workers:
        worker.join()
    return share * processes / (max(end for _, end in times) - min(begin for begin, _ in times))


def bench(report, path, size, runs):
    """Rates in bytes a second by (name, processes)."""
    lanes = [("pread of the cached file", read_range), ("memcpy", copy_memory)]
    rates = {(name, processes): [] for name, _ in lanes for processes in (1, 2)}
    # Copies are whole, and there are enough of them.
    sizes = {read_range: size, copy_memory: max(size // (2 * COPIED), 4) * 2 * COPIED}
    for _ in range(runs):
        for name, work in lanes:
            for processes in (1, 2):
                rates[name, processes].append(rate(work, path, sizes[work], processes))
    rows = []
    for (name, processes), values in rates.items():
        report.row("limit", what=name, processes=processes, bytes_per_second=summary(values))
        rows.append([name, processes, spread(values, 1, 1e-9),
                     f"{summary(values)['median'] / summary(rates[name, 1])['median']:.2f}"])
    report.table("Limits of this machine", ["what", "processes", "GB/s", "of one"], rows)
    return {key: summary(values)["median"] for key, values in rates.items()}
