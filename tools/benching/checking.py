"""`recheck` of a complete torrent by one worker and by two, beside libtorrent's force_recheck; interleaved."""
import json
import subprocess

from benching import makers
from benching.measuring import Failed, Others, in_turns, peak_rss, per_gib, run
from benching.sizes import MIB, spread, summary
from benching.suite import Suite


class Libtorrent:
    """A session of libtorrent in a process of its own, with one torrent that is complete."""

    def __init__(self, name, torrent, folder, threads=None):
        self.name = name
        command = [makers.PYTHON, makers.DRIVER, "recheck", torrent, folder] + ([str(threads)] if threads else [])
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def start(self):
        self._answer()

    def recheck(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        answer = self._answer()
        if answer["progress"] != 1:
            raise Failed(f"{self.name} found the data incomplete: {answer['progress']}")
        return {"wall_s": answer["wall_s"], "cpu_s": answer["cpu_s"]}

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise Failed(f"{self.name} ended: exit {self.process.wait()}")
        return json.loads(line)

    def peak_memory(self):
        return peak_rss(self.process.pid)

    def stop(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


class Workers:
    """Our suite with so many hasher-workers."""

    def __init__(self, suite, identifier, workers):
        self.suite, self.identifier, self.workers = suite, identifier, workers
        self.name = f"p2p, {workers} worker{'s' if workers > 1 else ''}"
        self.peak = 0

    def start(self):
        pass

    def recheck(self):
        self.suite.scale(self.workers)
        measured = self.suite.recheck(self.identifier)
        self.peak = max(self.peak, self.suite.peak_worker_memory())
        return measured

    def peak_memory(self):
        return self.peak

    def stop(self):
        pass


def bench(report, path, size, arguments, binaries, folder, home):
    """Median wall seconds by lane name, and the peak memory of a worker."""
    torrent = f"{folder}/checked.torrent"
    run(makers.p2pctl(binaries).command(path, torrent, arguments.piece_length, "v1"))
    with Suite(binaries, home, workers=2) as suite:
        data = path.rsplit("/", 1)[0]
        identifier = suite.add(torrent, data)
        lanes = [Workers(suite, identifier, 1), Workers(suite, identifier, 2)]
        if makers.has_libtorrent():
            # Its default is one hashing thread; two is what it could do when somebody set it.
            lanes += [Libtorrent("libtorrent force_recheck", torrent, data),
                      Libtorrent("libtorrent, 2 hashing threads", torrent, data, threads=2)]
        try:
            runs = measure(report, lanes, arguments.runs)
        finally:
            for lane in lanes:
                lane.stop()
    return write(report, size, lanes, runs)


def measure(report, lanes, turns):
    runs = {lane: [] for lane in lanes}
    for lane in lanes:
        lane.start()
    for lane, _ in in_turns(lanes, turns):
        others = Others()
        measured = lane.recheck()
        measured["others_cores"] = others.cores(measured["cpu_s"])
        measured["peak_rss_bytes"] = lane.peak_memory()
        runs[lane].append(measured)
        report.progress(f"recheck, {lane.name}: {measured['wall_s']:.2f} s, "
                        f"{measured['others_cores']:.1f} cores busy with others")
    return runs


def write(report, size, lanes, runs):
    medians, rows = {}, []
    for lane in lanes:
        walls = [measured["wall_s"] for measured in runs[lane]]
        cpu = [per_gib(measured["cpu_s"], size) for measured in runs[lane]]
        peak = runs[lane][-1]["peak_rss_bytes"]
        medians[lane.name] = summary(walls)["median"]
        rate = size / medians[lane.name]
        others = summary([measured["others_cores"] for measured in runs[lane]])["median"]
        report.row("recheck", tool=lane.name, bytes=size, runs=len(walls), wall_s=summary(walls),
                   bytes_per_second=round(rate), cpu_s_per_gib=summary(cpu), peak_rss_bytes=peak,
                   others_cores=round(others, 2))
        rows.append([lane.name, spread(walls), f"{rate / 1e6:.0f}", spread(cpu, 3), f"{peak / MIB:.0f}", f"{others:.1f}"])
    report.table(f"recheck of a complete torrent: median (min-max) of {len(next(iter(runs.values())))} interleaved runs",
                 ["who", "wall s", "MB/s", "CPU s/GiB", "peak RSS MiB (ours: a worker)", "cores of others"],
                 rows)
    return medians, max(runs[lane][-1]["peak_rss_bytes"] for lane in lanes if isinstance(lane, Workers))
