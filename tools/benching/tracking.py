"""`tools/bench tracker`: the tracker under load, beside opentracker, in turns."""
import http.client
import json
import os
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import time
import urllib.parse

from benching.measuring import Failed, cpu_seconds
from benching.sizes import MIB
from benching.suite import Suite

# Of what opentracker can do at most: where answers should still come at once.
PART_OF_LOAD = 0.7
FILL_TORRENTS = 10_000


def bench(report, arguments, binaries, folder):
    load = Load(binaries, arguments.seconds)
    rival = None
    if shutil.which("opentracker"):
        rival = Opentracker(folder, load.hashes(max(arguments.torrents)))
    else:
        report.progress("opentracker is not installed and left out")
    try:
        with Suite(binaries, f"{folder}/home", workers=0, nodes=0, settings=["tracker.udp.port=0"]) as suite:
            bench_load(report, arguments, load, [Ours(suite)] + ([rival] if rival else []))
            bench_connections(report, arguments, load, Ours(suite))
    finally:
        if rival:
            rival.stop()
    if arguments.peers:
        with Suite(binaries, f"{folder}/full", workers=0, nodes=0, settings=["tracker.udp.port=0"]) as suite:
            bench_memory(report, arguments, load, Ours(suite))


class Load:
    """tracker-bench, which loads; and wrk."""

    def __init__(self, binaries, seconds):
        self.program = f"{binaries}/tracker-bench"
        self.seconds = seconds

    def run(self, mode, tracker, **arguments):
        """What came back, with the tracker's CPU in microseconds for each answer."""
        port = tracker.http if mode == "http" else tracker.udp
        words = [f"{key}={value}" for key, value in {"port": port, "seconds": self.seconds, **arguments}.items()]
        used = cpu_seconds([tracker.pid])
        ended = subprocess.run([self.program, mode, *words], capture_output=True, text=True, check=True)
        row = json.loads(ended.stdout)
        row["cpu_us"] = (cpu_seconds([tracker.pid]) - used) * 1e6 / max(1, row["answers"])
        return row

    def hashes(self, count):
        ended = subprocess.run([self.program, "hashes", f"torrents={count}"], capture_output=True, text=True, check=True)
        return ended.stdout

    def wrk(self, tracker, torrent):
        """Requests a second over kept connections, as wrk counts them, and the tracker's CPU for each."""
        query = f"info_hash={urllib.parse.quote(bytes.fromhex(torrent))}&peer_id=-BE0001-000000000001&port=1&left=1&compact=1"
        used = cpu_seconds([tracker.pid])
        ended = subprocess.run(["wrk", "-t1", "-c32", f"-d{self.seconds}", f"http://127.0.0.1:{tracker.http}/announce?{query}"],
                               capture_output=True, text=True, check=True)
        requests = int(next(line.split()[0] for line in ended.stdout.splitlines() if "requests in" in line))
        return {"rate": requests / self.seconds, "cpu_us": (cpu_seconds([tracker.pid]) - used) * 1e6 / max(1, requests),
                "answers": requests, "p50_us": 0, "p99_us": 0, "bytes_each": 0}


class Ours:
    name = "p2p"

    def __init__(self, suite):
        self.suite = suite
        status = json.loads(suite.control("status", "--json"))
        self.http = urllib.parse.urlsplit(status["http_url"]).port
        self.udp = urllib.parse.urlsplit(status["udp_url"]).port

    @property
    def pid(self):
        return self.suite.processes("tracker-api")[0]["pid"]


class Opentracker:
    name = "opentracker"

    def __init__(self, folder, hashes):
        place = f"{folder}/opentracker"
        os.mkdir(place)
        os.chmod(place, 0o755)
        os.chmod(folder, 0o755)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.http = self.udp = free.getsockname()[1]
        # Debian's build tracks what is listed.
        with open(f"{place}/listed", "w") as file:
            file.write(hashes)
        with open(f"{place}/conf", "w") as file:
            file.write(f"listen.tcp_udp 127.0.0.1:{self.http}\naccess.whitelist listed\ntracker.rootdir {place}\n")
        self.process = subprocess.Popen(["opentracker", "-f", "conf"], cwd=place, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        self.pid = self.process.pid
        end = time.monotonic() + 30
        while time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.http)) == 0:
                    return
            time.sleep(0.1)
        raise Failed("opentracker does not answer")

    def stop(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def bench_load(report, arguments, load, trackers):
    results = {}
    for torrents in arguments.torrents:
        measure(report, arguments, results, f"UDP, {torrents} torrents", trackers,
                lambda tracker: load.run("udp", tracker, torrents=torrents, flight=64))
    few = min(arguments.torrents)
    measure(report, arguments, results, "HTTP, a connection each", trackers,
            lambda tracker: load.run("http", tracker, torrents=few, flight=32, keep=0, threads=os.cpu_count()))
    measure(report, arguments, results, "HTTP, kept", trackers[:1],
            lambda tracker: load.run("http", tracker, torrents=few, flight=32, keep=1, threads=os.cpu_count()))
    if shutil.which("wrk"):
        torrent = load.hashes(1).split()[0]
        measure(report, arguments, results, "HTTP, kept, wrk", trackers[:1], lambda tracker: load.wrk(tracker, torrent))
    rival = trackers[-1].name
    for name, mode, keep in [(f"UDP, {few} torrents", "udp", 1), ("HTTP, a connection each", "http", 0)]:
        rate = int(median(results[name][rival], "rate") * PART_OF_LOAD)
        measure(report, arguments, results, f"{mode.upper()} at {PART_OF_LOAD:.0%} load", trackers,
                lambda tracker: load.run(mode, tracker, torrents=few, flight=256, rate=rate, keep=keep))
    measure(report, arguments, results, "UDP, 10,000/s beside 100,000/s rubbish", trackers,
            lambda tracker: load.run("udp", tracker, torrents=few, rate=10_000, rubbish=100_000))
    report.table("Tracker: medians", ["load", "tracker", "answers/s", "CPU us each", "p50 us", "p99 us", "bytes"],
                 [[name, tracker, f"{median(rows, 'rate'):.0f}", f"{median(rows, 'cpu_us'):.2f}",
                   f"{median(rows, 'p50_us'):.0f}", f"{median(rows, 'p99_us'):.0f}", f"{median(rows, 'bytes_each'):.0f}"]
                  for name, both in results.items() for tracker, rows in both.items()])
    report.text("")
    if len(trackers) == 2:
        ratios(report, results, few)
    noisy = results["UDP, 10,000/s beside 100,000/s rubbish"]["p2p"]
    report.ratio("beside rubbish: p99, ms", median(noisy, "p99_us") / 1000, 50, at_most=True)
    report.ratio("beside rubbish: answered", sum(row["answers"] for row in noisy) / sum(row["asked"] for row in noisy), 0.99)


def measure(report, arguments, results, name, trackers, run):
    rows = results.setdefault(name, {tracker.name: [] for tracker in trackers})
    for number in range(arguments.runs):
        for tracker in trackers:
            row = run(tracker)
            rows[tracker.name].append(row)
            report.row("tracker", load=name, tracker=tracker.name, run=number, **row)
            report.progress(f"{name}: {tracker.name} {row['rate']:.0f}/s, {row['cpu_us']:.2f} us, p99 {row['p99_us']:.0f} us")


def ratios(report, results, few):
    def ratio(name, key, other=None):
        both = results[name]
        theirs = results[other or name]["opentracker"]
        return median(both["p2p"], key) / max(median(theirs, key), 1e-9)

    for name in results:
        if name.startswith("UDP, ") and name.endswith("torrents"):
            report.ratio(f"{name}: answers/s", ratio(name, "rate"), 1)
            report.ratio(f"{name}: CPU each", ratio(name, "cpu_us"), 1, at_most=True)
    each = "HTTP, a connection each"
    report.ratio(f"{each}: answers/s", ratio(each, "rate"), 1)
    report.ratio("HTTP, kept: answers/s", ratio("HTTP, kept", "rate", each), 2.5)
    if "HTTP, kept, wrk" in results:
        report.ratio("HTTP, kept, wrk: answers/s", ratio("HTTP, kept, wrk", "rate", each), 2.5)
    for mode in ("UDP", "HTTP"):
        report.ratio(f"{mode} at 70% load: p99", ratio(f"{mode} at 70% load", "p99_us"), 2, at_most=True)


def bench_connections(report, arguments, load, tracker):
    """Memory for each of many connections that announced once, and how long a new one waits beside them."""
    if not arguments.connections:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    count = min(arguments.connections, hard - 256)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, count + 256), hard))
    torrent = urllib.parse.quote(bytes.fromhex(load.hashes(1).split()[0]))
    pid, peers = tracker.pid, []
    before = resident(pid)
    try:
        for number in range(count):
            peer = socket.socket()
            peer.bind((f"127.0.{1 + number // 250}.{1 + number % 250}", 0))
            peer.connect(("127.0.0.1", tracker.http))
            peer.sendall(f"GET /announce?info_hash={torrent}&peer_id=-BE0001-{number:012d}&port=7&left=1&compact=1&numwant=0 "
                         "HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            if not peer.recv(4096).startswith(b"HTTP/1.1 200"):
                raise Failed(f"connection {number} was refused")
            peers.append(peer)
        each = (resident(pid) - before) / count
        waits = []
        for _ in range(100):
            begun = time.monotonic()
            peers_given(tracker, load.hashes(1).split()[0])
            waits.append(time.monotonic() - begun)
        worst = sorted(waits)[98]
    finally:
        for peer in peers:
            peer.close()
    report.row("tracker connections", connections=count, bytes_each=round(each, 1), p99_s=worst)
    report.ratio(f"{count} connections: KiB each, with their peer", each / 1024, 20, at_most=True)
    report.ratio("a new connection beside them: p99, ms", worst * 1000, 100, at_most=True)


def bench_memory(report, arguments, load, tracker):
    """Memory for each peer, and how soon a tracker that was killed gives peers again."""
    empty = resident(tracker.pid)
    report.progress(f"{arguments.peers} peers in {FILL_TORRENTS} swarms")
    row = load.run("fill", tracker, torrents=FILL_TORRENTS, peers=arguments.peers)
    full = resident(tracker.pid)
    time.sleep(arguments.settle)
    torrent = load.hashes(1).split()[0]
    before = peers_given(tracker, torrent)
    begun = time.monotonic()
    os.kill(tracker.pid, signal.SIGKILL)
    given = 0
    while given < before and time.monotonic() - begun < 60:
        try:
            given = peers_given(tracker, torrent)
        except (OSError, http.client.HTTPException):
            time.sleep(0.01)
    seconds = time.monotonic() - begun
    each = (full - empty) / max(1, row["answers"])
    restored = resident(tracker.pid)
    report.row("tracker memory", peers=row["answers"], empty_bytes=empty, full_bytes=full, bytes_each=round(each, 1),
               restored_bytes=restored, restart_s=round(seconds, 3), peers_given=given)
    report.text(f"\n{row['answers']} peers: {full / MIB:.1f} MiB resident, {empty / MIB:.1f} MiB without them: "
                f"{each:.1f} bytes a peer; {restored / MIB:.1f} MiB after the restart")
    report.ratio("memory of the peers, MiB", (full - empty) / MIB, 80, at_most=True)
    report.ratio("from kill -9 to an answer with peers, s", seconds, 2, at_most=True)


def peers_given(tracker, torrent):
    query = f"info_hash={torrent}&peer_id=-BE0001-asksforpeers&port=1&left=1&compact=1&numwant=50"
    connection = http.client.HTTPConnection("127.0.0.1", tracker.http, timeout=5)
    try:
        connection.request("GET", f"/announce?{query}")
        body = connection.getresponse().read()
    finally:
        connection.close()
    return int(body.split(b"5:peers")[1].split(b":")[0]) // 6


def resident(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:")) * 1024


def median(rows, key):
    return statistics.median(row[key] for row in rows)
