"""Clients that move a torrent: our suite, and libtorrent in a process of its own. Both are driven in the same way."""
import json
import os
import subprocess
import time

from benching import makers
from benching.measuring import Failed, cpu_seconds
from benching.suite import PATIENCE, Suite

# What people who want speed set; everything else stays as libtorrent has it.
TUNED = {
    "max_out_request_queue": 2000, "max_allowed_in_request_queue": 4000, "send_buffer_watermark": 4 << 20,
    "send_buffer_low_watermark": 1 << 20, "send_buffer_watermark_factor": 200, "send_not_sent_low_watermark": 1 << 20,
    "recv_socket_buffer_size": 1 << 20, "send_socket_buffer_size": 1 << 20, "aio_threads": 2, "hashing_threads": 1,
    "max_queued_disk_bytes": 256 << 20,
}


class SuiteClient:
    """One peer-node of a suite of ours. Its CPU is that of the whole suite: launcher, hub, hashers, tracker."""

    def __init__(self, suite, node=1):
        self.suite, self.node = suite, node
        self.host = suite.address(node)
        self.pids = suite.pids()

    def seed(self, torrent, folder):
        self.suite.control("download", torrent, "--to", folder, "--node", str(self.node), "--json")

    def start_download(self, torrent, folder, peers):
        command = [self.suite.p2pctl, "download", torrent, "--to", folder, "--node", str(self.node), "--json"]
        for host, port in peers:
            command += ["--peer", f"{host}:{port}"]
        self.watcher = subprocess.Popen(command, env=self.suite.environment, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def wait(self):
        """When the download was complete and verified, on the monotonic clock."""
        _, errors = self.watcher.communicate(timeout=PATIENCE)
        if self.watcher.returncode != 0:
            raise Failed(f"p2pctl download: exit {self.watcher.returncode}: {errors.strip()}")
        return time.monotonic()

    def cpu(self):
        return cpu_seconds(self.pids)


class LibtorrentClient:
    """A session of libtorrent in a process of its own."""

    def __init__(self, settings):
        self.process = subprocess.Popen([makers.PYTHON, makers.DRIVER, "peer", json.dumps(settings)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.host = "127.0.0.1", self._answer()["port"]
        self.pids = [self.process.pid]

    def seed(self, torrent, folder):
        self.add([torrent], folder, complete=True)

    def add(self, torrents, folder, peers=(), complete=False):
        order = {"torrents": torrents, "folder": folder, "peers": [list(peer) for peer in peers], "complete": complete}
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        self._answer()

    def start_download(self, torrent, folder, peers):
        self.add([torrent], folder, peers)

    def wait(self):
        return self._answer()["at"]

    def cpu(self):
        return cpu_seconds(self.pids)

    def stop(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise Failed(f"libtorrent ended: exit {self.process.wait()}")
        return json.loads(line)


class Kind:
    """What a lane is made of: starts clients, each with a folder of its own, and stops them all."""

    def __init__(self, name, start):
        self.name, self.start = name, start


def kinds(report, binaries):
    """Ours, and libtorrent as it comes and tuned where it is installed."""
    found = [Kind("p2p", lambda folder, stack: SuiteClient(
        stack.enter_context(Suite(binaries, f"{folder}/home", workers=os.cpu_count()))))]
    if not makers.has_libtorrent():
        report.progress("libtorrent is not installed and is left out (tools/setup --tests installs it)")
        report.row("missing", tool="libtorrent")
        return found

    def libtorrent(settings):
        def start(folder, stack):
            client = LibtorrentClient(settings)
            stack.callback(client.stop)
            return client
        return start
    return found + [Kind("libtorrent", libtorrent({})), Kind("libtorrent-tuned", libtorrent(TUNED))]
