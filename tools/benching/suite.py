"""A suite of our processes with a home of its own, for as long as it is measured."""
import json
import os
import subprocess
import time

from benching.measuring import Failed, cpu_seconds, peak_rss

# Seconds; a command that takes longer hangs.
PATIENCE = 600


class Suite:
    """`with Suite(…) as suite:` starts it and stops it."""

    def __init__(self, binaries, home, workers, nodes=1, settings=()):
        self.p2pctl = f"{binaries}/p2pctl"
        self.environment = {**os.environ, "P2P_HOME": home}
        self.workers = workers
        self.nodes = nodes
        self.settings = [word for setting in settings for word in ("--set", setting)]

    def __enter__(self):
        self.control("up", "--detach", "--set", "tracker.http.port=0", "--set", f"peer.nodes={self.nodes}",
                     "--set", "peer.listen.host=127.0.0.1", "--set", "peer.listen.port=0",
                     "--set", f"hasher.workers={self.workers}", *self.settings)
        return self

    def __exit__(self, *_):
        subprocess.run([self.p2pctl, "down"], env=self.environment, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    def control(self, *arguments):
        """What p2pctl printed; fails when it does not exit 0."""
        ended = subprocess.run([self.p2pctl, *arguments], env=self.environment, capture_output=True, text=True,
                               stdin=subprocess.DEVNULL, timeout=PATIENCE)
        if ended.returncode != 0:
            raise Failed(f"p2pctl {' '.join(arguments)}: exit {ended.returncode}: {ended.stderr.strip()}")
        return ended.stdout

    def processes(self, role=None):
        """Rows of `p2pctl ps`."""
        rows = [json.loads(line) for line in self.control("ps", "--json").splitlines()]
        return [row for row in rows if role in (None, row["role"])]

    def pids(self):
        """Of all processes: what a suite uses is what all of them use."""
        return [row["pid"] for row in self.processes()] + [self.launcher()]

    def launcher(self):
        return json.loads(self.control("status", "--json"))["launcher_pid"]

    def address(self, node=1):
        """Where a peer-node takes connections."""
        nodes = json.loads(self.control("status", "--json"))["nodes"]
        return "127.0.0.1", next(row["listen_port"] for row in nodes if row["name"] == f"peer-node/{node}")

    def scale(self, workers):
        """Sets the number of hasher-workers; they are ready when p2pctl says so."""
        if self.workers != workers:
            self.control("scale", f"hasher-worker={workers}")
            self.workers = workers

    def add(self, torrent, folder):
        """Adds a torrent whose data is there; gives its id when the data is checked."""
        return json.loads(self.control("download", torrent, "--to", folder, "--json").splitlines()[-1])["id"]

    def recheck(self, identifier):
        """Checks a torrent anew; measured from the start of `p2pctl recheck` to its end, its own CPU time left out."""
        pids = [row["pid"] for row in self.processes()]
        used, begun = cpu_seconds(pids), time.monotonic()
        answer = json.loads(self.control("recheck", identifier, "--json").splitlines()[-1])
        wall, cpu = time.monotonic() - begun, cpu_seconds(pids) - used
        if answer["state"] != "seeding" or answer["progress"] != 1:
            raise Failed(f"p2pctl recheck left the torrent {answer['state']} at {answer['progress']:.0%}")
        return {"wall_s": wall, "cpu_s": cpu}

    def peak_worker_memory(self):
        """Bytes: the largest of the workers that live."""
        return max(peak_rss(row["pid"]) or 0 for row in self.processes("hasher-worker"))
