"""`tools/bench idle`: what torrents and connections cost that do nothing, beside libtorrent."""
import concurrent.futures
import hashlib
import json
import os
import resource
import secrets
import socket
import subprocess
import threading
import time

from benching import makers
from benching.measuring import Failed, cpu_seconds
from benching.peers import LibtorrentClient
from benching.sizes import KIB, MIB
from benching.suite import PATIENCE, Suite

LENGTH = 64 * KIB
PIECE_LENGTH = 16 * KIB
ADDERS = 4


def bench(report, arguments, binaries, folder):
    report.progress(f"writing {arguments.torrents} torrents of 64 KiB")
    os.mkdir(f"{folder}/data")
    torrents = [make(f"{folder}/data", number) for number in range(arguments.torrents)]
    rows = []
    # As many connections as are asked for, which are more than a node takes otherwise.
    limit = f"peer.connections.node={max(2000, arguments.connections + 100)}"
    with Suite(binaries, f"{folder}/home", workers=1, settings=[limit]) as suite:
        rows.append(("p2p", ours(report, arguments, suite, torrents, f"{folder}/data")))
    if makers.has_libtorrent():
        rows.append(("libtorrent", libtorrent(report, arguments, torrents, f"{folder}/data")))
    write(report, arguments, rows)


def make(folder, number):
    """A file of its own and its torrent; gives the path and the info-hash."""
    data = number.to_bytes(8, "big") * (LENGTH // 8)
    with open(f"{folder}/{number:06d}.bin", "wb") as file:
        file.write(data)
    pieces = b"".join(hashlib.sha1(data[begin:begin + PIECE_LENGTH]).digest() for begin in range(0, LENGTH, PIECE_LENGTH))
    info = b"d6:lengthi%de4:name10:%06d.bin12:piece lengthi%de6:pieces%d:%se" % (
        LENGTH, number, PIECE_LENGTH, len(pieces), pieces)
    path = f"{folder}/{number:06d}.torrent"
    with open(path, "wb") as file:
        file.write(b"d4:info%se" % info)
    return path, hashlib.sha1(info).digest()


def ours(report, arguments, suite, torrents, folder):
    report.progress("adding them")
    with concurrent.futures.ThreadPoolExecutor(ADDERS) as adders:
        for _ in adders.map(lambda one: suite.control("add", one[0], "--to", folder), torrents):
            pass
    until_seeding(suite, len(torrents))
    ready, pid = restart(suite)
    until_seeding(suite, len(torrents))
    time.sleep(arguments.settle)
    row = {"ready_s": ready, "pss_bytes": pss(pid), "cpu_ms_per_s": cpu_rate(pid, arguments.seconds)}
    report.progress(f"p2p: ready in {ready:.2f} s, {row['pss_bytes'] / MIB:.1f} MiB, {row['cpu_ms_per_s']:.2f} ms/s")
    if arguments.connections:
        row["bytes_per_connection"], row["cpu_ms_per_s_connected"] = connections(report, arguments, suite, torrents, pid)
    return row


def until_seeding(suite, count):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        states = [json.loads(line)["state"] for line in suite.control("list", "--json").splitlines()]
        if states.count("seeding") == count:
            return
        if "error" in states or "missing" in states:
            raise Failed("a torrent stopped; see p2pctl list")
        time.sleep(0.2)
    raise Failed(f"not all {count} torrents seed after {PATIENCE} s")


def restart(suite):
    """Seconds from the start of the node's process until it says that it is ready; and its pid."""
    watcher = subprocess.Popen([suite.p2pctl, "events", "--topic", "process", "--json"], env=suite.environment,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, text=True)
    try:
        time.sleep(0.5)
        before = next(row["pid"] for row in suite.processes("peer-node"))
        threading.Thread(target=suite.control, args=("restart", "peer-node/1"), daemon=True).start()
        begun = None
        for line in watcher.stdout:
            event = json.loads(line)
            process = event.get("process", {})
            if process.get("role") != "peer-node" or process["pid"] in (0, before):
                continue
            begun = begun or event["time_ms"]
            if process["state"] == "ready":
                return (event["time_ms"] - begun) / 1000, process["pid"]
    finally:
        watcher.terminate()
        watcher.wait()
    raise Failed("the node did not come back")


def connections(report, arguments, suite, torrents, pid):
    """Bytes for each of many peers that shook hands and then say nothing."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    count = min(arguments.connections, hard - 256, 60 * len(torrents))
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, count + 256), hard))
    before, host, peers = pss(pid), suite.address(), []
    try:
        for number in range(count):
            peer = socket.create_connection(host)
            infohash = torrents[number % len(torrents)][1]
            peer.sendall(b"\x13BitTorrent protocol" + bytes(8) + infohash + b"-XX0000-" + secrets.token_bytes(12))
            peers.append(peer)
            if len(peer.recv(68, socket.MSG_WAITALL)) != 68:
                raise Failed(f"connection {number} was refused")
        time.sleep(arguments.settle)
        each = (pss(pid) - before) / count
        report.progress(f"p2p: {count} idle connections, {each / KIB:.1f} KiB each")
        return each, cpu_rate(pid, arguments.seconds)
    finally:
        for peer in peers:
            peer.close()


def libtorrent(report, arguments, torrents, folder):
    client = LibtorrentClient({})
    try:
        begun = time.monotonic()
        client.add([path for path, _ in torrents], folder, complete=True)
        ready, pid = time.monotonic() - begun, client.pids[0]
        time.sleep(arguments.settle)
        row = {"ready_s": ready, "pss_bytes": pss(pid), "cpu_ms_per_s": cpu_rate(pid, arguments.seconds)}
        report.progress(f"libtorrent: ready in {ready:.2f} s, {row['pss_bytes'] / MIB:.1f} MiB, "
                        f"{row['cpu_ms_per_s']:.2f} ms/s")
        return row
    finally:
        client.stop()


def pss(pid):
    """Bytes of memory that a process answers for, its share of shared pages included."""
    with open(f"/proc/{pid}/smaps_rollup") as rollup:
        return next(int(line.split()[1]) for line in rollup if line.startswith("Pss:")) * KIB


def cpu_rate(pid, seconds):
    """Milliseconds of CPU a second."""
    used, begun = cpu_seconds([pid]), time.monotonic()
    time.sleep(seconds)
    return (cpu_seconds([pid]) - used) * 1000 / (time.monotonic() - begun)


def write(report, arguments, rows):
    for name, row in rows:
        report.row("idle", client=name, torrents=arguments.torrents, **{key: round(value, 3) for key, value in row.items()})
    report.table(f"{arguments.torrents} idle seeding torrents", ["client", "ready s", "PSS MiB", "CPU ms/s"],
                 [[name, f"{row['ready_s']:.2f}", f"{row['pss_bytes'] / MIB:.1f}", f"{row['cpu_ms_per_s']:.2f}"]
                  for name, row in rows])
    ours = rows[0][1]
    report.text("")
    report.ratio("idle: seconds until ready", ours["ready_s"], 0.5, at_most=True)
    report.ratio("idle: PSS, MiB", ours["pss_bytes"] / MIB, 30, at_most=True)
    report.ratio("idle: CPU, ms a second", ours["cpu_ms_per_s"], 3, at_most=True)
    if "bytes_per_connection" in ours:
        report.ratio("idle: KiB for each silent connection", ours["bytes_per_connection"] / KIB, 20, at_most=True)
        report.text(f"with them, CPU is {ours['cpu_ms_per_s_connected']:.2f} ms a second")
