"""`tools/bench hash`: kernels, create, recheck, and what the machine can do at most."""
import json
import os
import subprocess

from benching import checking, creating, limits, makers, payload
from benching.measuring import Failed
from benching.sizes import KIB, MIB, named

SECTIONS = ("kernel", "create", "recheck", "limits")

# Title, algorithm, length of a message, path (None: the best), times swift-crypto.
KERNEL_TARGETS = (
    ("SHA-1 of 256 KiB with AVX-512, times swift-crypto", "sha1", 256 * KIB, "avx512", 4),
    ("SHA-1 of 256 KiB with SHA-NI, times swift-crypto", "sha1", 256 * KIB, "sha-ni", 2),
    ("SHA-256 of 16 KiB, best path, times swift-crypto", "sha256", 16 * KIB, None, 2),
)


def bench(report, arguments, binaries, folder):
    rivals = makers.rivals(report) if "create" in arguments.only else []
    if "kernel" in arguments.only:
        kernel(report, arguments, binaries)
    if not {"create", "recheck", "limits"} & set(arguments.only):
        return
    tree_size = arguments.files * payload.SMALL_FILE
    payload.check_room(folder, arguments.size + (tree_size if "create" in arguments.only else 0), report)
    os.mkdir(f"{folder}/data")
    report.progress(f"writing {named(arguments.size)}")
    file = payload.write_file(f"{folder}/data/file.bin", arguments.size)
    payload.warm(file)
    if "create" in arguments.only:
        create(report, arguments, binaries, rivals, file, folder)
    top = {}
    if "limits" in arguments.only:
        top = limits.bench(report, file, arguments.size, arguments.runs)
    if "recheck" in arguments.only:
        recheck(report, arguments, binaries, file, folder, top)


def kernel(report, arguments, binaries):
    """What one core hashes of data that is in its cache, by path; `hash-bench` measures it."""
    report.progress("kernels")
    program = f"{binaries}/hash-bench"
    ended = subprocess.run([program, "--json", "--rounds", str(3 * arguments.runs)], capture_output=True, text=True)
    if ended.returncode != 0:
        raise Failed(f"{program}: exit {ended.returncode}: {ended.stderr.strip()}")
    rows = [json.loads(line) for line in ended.stdout.splitlines()]
    for row in rows:
        report.row(**row)
    report.table(f"kernels, one core: medians of {3 * arguments.runs} interleaved rounds",
                 ["algorithm", "message", "path", "streams", "GB/s", "x swift-crypto"],
                 [[row["algorithm"], named(row["message_length"]), row["path"], row["streams"],
                   f"{row['bytes_per_second'] / 1e9:.2f}", row["ratio_to_swift_crypto"]] for row in rows])
    report.text("")
    for what, algorithm, length, path, target in KERNEL_TARGETS:
        ratios = [row["ratio_to_swift_crypto"] for row in rows if row["path"] not in ("swift-crypto", "portable")
                  and (row["algorithm"], row["message_length"]) == (algorithm, length) and path in (row["path"], None)]
        if ratios:
            report.ratio(what, max(ratios), target)


def create(report, arguments, binaries, rivals, file, folder):
    content = f"{named(arguments.size)} file"
    runs = creating.bench(report, content, file, arguments.size, arguments, binaries, rivals, folder)
    ours = creating.median_wall(runs, "p2pctl create")
    rival = creating.median_wall(runs, "mktorrent -t 2")
    if ours and rival:
        report.text("")
        report.ratio(f"create, {content}: times as fast as mktorrent -t 2", rival / ours, target=2.5)

    report.progress(f"writing {arguments.files} files of 10 KiB")
    content = f"{arguments.files} files of 10 KiB"
    tree = payload.write_tree(f"{folder}/data/tree", arguments.files)
    payload.warm(tree)
    size = arguments.files * payload.SMALL_FILE
    runs = creating.bench(report, content, tree, size, arguments, binaries, rivals, folder)
    ours = creating.median_wall(runs, "p2pctl create")
    walls = [creating.median_wall(runs, maker.name) for maker in rivals if "v1" in maker.formats]
    if ours and walls and all(walls):
        report.text("")
        report.ratio(f"create, {content}: time over that of the fastest rival", ours / min(walls), target=0.7,
                     at_most=True)


def recheck(report, arguments, binaries, file, folder, top):
    medians, memory = checking.bench(report, file, arguments.size, arguments, binaries, folder, f"{folder}/home")
    report.text("")
    one, two = medians["p2p, 1 worker"], medians["p2p, 2 workers"]
    report.ratio("recheck: two workers over one", one / two, target=1.8)
    if "libtorrent force_recheck" in medians:
        report.ratio("recheck: two workers, times as fast as libtorrent's force_recheck",
                     medians["libtorrent force_recheck"] / two, target=3.5)
    report.ratio("recheck: peak memory of a worker, MiB", memory / MIB, target=64, at_most=True)
    for what in ("pread of the cached file", "memcpy"):
        if (what, 2) in top:
            share = arguments.size / two / top[what, 2]
            report.row("share", what=what, processes=2, of_limit=round(share, 3))
            report.text(f"recheck by two workers runs at {share:.0%} of what two processes reach with {what} alone")
