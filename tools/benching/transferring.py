"""`tools/bench transfer`: one seeder to one leecher, beside libtorrent and rtorrent; interleaved."""
import contextlib
import hashlib
import os
import shutil
import time

from benching import makers, payload, peers, rtorrent
from benching.measuring import Failed, Others, in_turns, per_gib, run
from benching.sizes import named, spread, summary

# The clients may look at their clocks and at each other before anything is counted.
SETTLING = 0.3


def bench(report, arguments, binaries, folder):
    payload.check_room(folder, 2 * arguments.size, report)
    os.mkdir(f"{folder}/data")
    report.progress(f"writing {named(arguments.size)}")
    file = payload.write_file(f"{folder}/data/file.bin", arguments.size)
    payload.warm(file)
    kinds = {kind.name: kind for kind in peers.kinds(report, binaries)}
    lanes = [(kind, kind) for kind in kinds.values()]
    if arguments.mixed and "libtorrent-tuned" in kinds:
        lanes += [(kinds["p2p"], kinds["libtorrent-tuned"]), (kinds["libtorrent-tuned"], kinds["p2p"])]
    # The fastest pair of others: rtorrent gives quicker than libtorrent, libtorrent takes quicker than rtorrent.
    if "libtorrent" in kinds:
        if rtorrent.is_installed():
            lanes.append((peers.Kind("rtorrent", start_rtorrent), kinds["libtorrent"]))
        else:
            report.progress("rtorrent is not installed and is left out (tools/setup --tests installs it)")
            report.row("missing", tool="rtorrent")
    for length in arguments.piece_lengths:
        torrent = f"{folder}/{length}.torrent"
        run(makers.p2pctl(binaries).command(file, torrent, length, "v1"))
        runs = {(seeder.name, leecher.name): [] for seeder, leecher in lanes}
        for (seeder, leecher), counts in in_turns(lanes, arguments.runs, arguments.warm):
            measured = transfer(seeder, leecher, torrent, file, arguments.size, f"{folder}/run")
            if counts:
                runs[seeder.name, leecher.name].append(measured)
            report.progress(
                f"{named(length)} pieces, {seeder.name} -> {leecher.name}: {measured['wall_s']:.2f} s, "
                f"{arguments.size / measured['wall_s'] / 1e6:.0f} MB/s, CPU s/GiB "
                f"{per_gib(measured['seeder_cpu_s'], arguments.size):.2f} / "
                f"{per_gib(measured['leecher_cpu_s'], arguments.size):.2f}, "
                f"{measured['others_cores']:.1f} cores busy with others")
        write(report, arguments.size, length, runs)


def start_rtorrent(folder, stack):
    client = rtorrent.RtorrentSeeder(folder)
    stack.callback(client.stop)
    return client


def transfer(seeder, leecher, torrent, file, size, folder):
    """Moves the file once, with clients that are started anew; the content is compared."""
    os.makedirs(f"{folder}/target")
    try:
        with contextlib.ExitStack() as stack:
            source = seeder.start(f"{folder}/seeder", stack)
            source.seed(torrent, os.path.dirname(file))
            target = leecher.start(f"{folder}/leecher", stack)
            time.sleep(SETTLING)
            others, used = Others(), (source.cpu(), target.cpu())
            begun = time.monotonic()
            target.start_download(torrent, f"{folder}/target", [source.host])
            wall = target.wait() - begun
            cpu = source.cpu() - used[0], target.cpu() - used[1]
            busy = others.cores(sum(cpu))
        with open(file, "rb") as sent, open(f"{folder}/target/{os.path.basename(file)}", "rb") as got:
            if hashlib.file_digest(sent, "sha1").digest() != hashlib.file_digest(got, "sha1").digest():
                raise Failed(f"{seeder.name} -> {leecher.name}: the file that came is not the one that was sent")
        return {"wall_s": wall, "seeder_cpu_s": cpu[0], "leecher_cpu_s": cpu[1], "others_cores": busy}
    finally:
        shutil.rmtree(folder)


def write(report, size, length, runs):
    rows, medians = [], {}
    for (seeder, leecher), lane in runs.items():
        walls = [measured["wall_s"] for measured in lane]
        cpu = [[per_gib(measured[side], size) for measured in lane] for side in ("seeder_cpu_s", "leecher_cpu_s")]
        medians[seeder, leecher] = [summary(values)["median"] for values in (walls, *cpu)]
        others = summary([measured["others_cores"] for measured in lane])["median"]
        rate = size / medians[seeder, leecher][0]
        report.row("transfer", seeder=seeder, leecher=leecher, bytes=size, piece_length=length, runs=len(lane),
                   wall_s=summary(walls), bytes_per_second=round(rate), seeder_cpu_s_per_gib=summary(cpu[0]),
                   leecher_cpu_s_per_gib=summary(cpu[1]), others_cores=round(others, 2))
        rows.append([f"{seeder} -> {leecher}", spread(walls), f"{rate / 1e6:.0f}", spread(cpu[0]), spread(cpu[1]),
                     f"{others:.1f}"])
    report.table(f"{named(size)}, {named(length)} pieces: median (min-max) of {len(next(iter(runs.values())))} "
                 "interleaved runs",
                 ["seeder -> leecher", "wall s", "MB/s", "seeder CPU s/GiB", "leecher CPU s/GiB", "cores of others"],
                 rows)
    ours = medians["p2p", "p2p"]
    rivals = {lane: medians[lane] for lane in medians if "p2p" not in lane}
    if rivals:
        what = f"transfer, {named(length)} pieces:"
        report.text("")
        fastest = min(wall for (seeder, _), (wall, _, _) in rivals.items() if seeder != "rtorrent")
        report.ratio(f"{what} times as fast as the faster libtorrent pair", fastest / ours[0], 3)
        if ("rtorrent", "libtorrent") in rivals:
            mixed = rivals["rtorrent", "libtorrent"][0]
            report.ratio(f"{what} times as fast as rtorrent to libtorrent", mixed / ours[0], 2)
        report.ratio(f"{what} CPU of the seeder over the best rival's", ours[1] / min(one[1] for one in rivals.values()), 0.6,
                     at_most=True)
        report.ratio(f"{what} CPU of the leecher over the best rival's", ours[2] / min(one[2] for one in rivals.values()), 0.5,
                     at_most=True)
