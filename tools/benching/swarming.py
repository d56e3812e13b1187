"""`tools/bench swarm`: one seeder and several leechers, each a process of its own, beside libtorrent; interleaved."""
import contextlib
import hashlib
import os
import shutil
import time

from benching import makers, payload, peers
from benching.measuring import Failed, Others, cpu_seconds, in_turns, run
from benching.sizes import GIB, named, spread, summary
from benching.suite import Suite
from benching.transferring import SETTLING


def bench(report, arguments, binaries, folder):
    payload.check_room(folder, (1 + arguments.leechers) * arguments.size, report)
    os.mkdir(f"{folder}/data")
    report.progress(f"writing {named(arguments.size)}")
    file = payload.write_file(f"{folder}/data/file.bin", arguments.size)
    payload.warm(file)
    torrent = f"{folder}/swarm.torrent"
    run(makers.p2pctl(binaries).command(file, torrent, arguments.piece_length, "v1"))
    ours, *rivals = peers.kinds(report, binaries)
    runs = {kind.name: [] for kind in (ours, *rivals)}
    for kind, counts in in_turns([ours, *rivals], arguments.runs, arguments.warm):
        clients = (suite_clients(binaries) if kind is ours else process_clients(kind))
        measured = swarm(clients, arguments.leechers, torrent, file, f"{folder}/run")
        if counts:
            runs[kind.name].append(measured)
        report.progress(f"swarm, {kind.name}: {measured['wall_s']:.2f} s, CPU {measured['cpu_s']:.2f} s, "
                        f"{measured['others_cores']:.1f} cores busy with others")
    write(report, arguments, runs)


def suite_clients(binaries):
    """Peer-nodes of one suite."""
    def start(count, folder, stack):
        suite = stack.enter_context(Suite(binaries, f"{folder}/home", workers=os.cpu_count(), nodes=count))
        return [peers.SuiteClient(suite, node) for node in range(1, count + 1)]
    return start


def process_clients(kind):
    def start(count, folder, stack):
        return [kind.start(f"{folder}/{number}", stack) for number in range(count)]
    return start


def swarm(start, leechers, torrent, file, folder):
    """Every leecher is told of the seeder and of the leechers before it: a full mesh."""
    os.makedirs(folder)
    try:
        with contextlib.ExitStack() as stack:
            seeder, *others = start(1 + leechers, folder, stack)
            seeder.seed(torrent, os.path.dirname(file))
            targets = [f"{folder}/target-{number}" for number in range(leechers)]
            for target in targets:
                os.mkdir(target)
            pids = {pid for client in (seeder, *others) for pid in client.pids}
            time.sleep(SETTLING)
            foreign, used, begun = Others(), cpu_seconds(pids), time.monotonic()
            for number, (client, target) in enumerate(zip(others, targets)):
                client.start_download(torrent, target, [peer.host for peer in (seeder, *others[:number])])
            ends = sorted(client.wait() - begun for client in others)
            cpu = cpu_seconds(pids) - used
            busy = foreign.cores(cpu)
        expected = digest(file)
        for target in targets:
            if digest(f"{target}/{os.path.basename(file)}") != expected:
                raise Failed(f"the file in {target} is not the one that was sent")
        return {"wall_s": ends[-1], "first_s": ends[0], "cpu_s": cpu, "others_cores": busy}
    finally:
        shutil.rmtree(folder)


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha1").digest()


def write(report, arguments, runs):
    rows, medians = [], {}
    for name, lane in runs.items():
        columns = [[measured[key] for measured in lane] for key in ("wall_s", "first_s", "cpu_s")]
        medians[name] = [summary(values)["median"] for values in columns]
        others = summary([measured["others_cores"] for measured in lane])["median"]
        moved = arguments.size * arguments.leechers
        report.row("swarm", client=name, bytes=arguments.size, leechers=arguments.leechers, runs=len(lane),
                   wall_s=summary(columns[0]), first_s=summary(columns[1]), cpu_s=summary(columns[2]),
                   others_cores=round(others, 2))
        rows.append([name, *map(spread, columns), f"{medians[name][2] / (moved / GIB):.2f}",
                     f"{moved / 1e6 / medians[name][0]:.0f}", f"{others:.1f}"])
    report.table(f"1 seeder, {arguments.leechers} leechers, {named(arguments.size)}: median (min-max) of "
                 f"{arguments.runs} interleaved runs",
                 ["client", "all done s", "first done s", "CPU s", "CPU s/GiB delivered", "MB/s, sum", "cores of others"],
                 rows)
    best = medians.get("libtorrent-tuned")
    if best:
        report.text("")
        report.ratio("swarm: time over that of libtorrent-tuned", medians["p2p"][0] / best[0], 0.5, at_most=True)
        report.ratio("swarm: CPU over that of libtorrent-tuned", medians["p2p"][2] / best[2], 0.5, at_most=True)
