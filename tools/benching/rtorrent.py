"""rtorrent as a seeder in a process of its own, steered over its SCGI socket."""
import hashlib
import os
import shutil
import socket
import subprocess
import time
import xmlrpc.client

from benching.measuring import Failed, cpu_seconds

PATIENCE = 60
# Nobody is there.
TRACKER = b"http://127.0.0.1:9/announce"
LOOK = 0.05

SETTINGS = """\
system.daemon.set = true
network.scgi.open_local = {socket}
network.bind_address.set = 127.0.0.1
network.local_address.set = 127.0.0.1
network.port_range.set = {port}-{port}
network.port_random.set = no
dht.mode.set = disable
protocol.pex.set = no
trackers.use_udp.set = no
protocol.encryption.set = none
throttle.global_down.max_rate.set_kb = 0
throttle.global_up.max_rate.set_kb = 0
pieces.memory.max.set = 2048M
"""


def is_installed():
    return shutil.which("rtorrent") is not None


class RtorrentSeeder:
    """Gives and never dials. Fails when rtorrent does not start or take a torrent within a minute."""

    def __init__(self, folder):
        os.makedirs(folder)
        self.folder, self.socket = folder, f"{folder}/scgi"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.host = free.getsockname()
        with open(f"{folder}/rc", "w") as file:
            file.write(SETTINGS.format(socket=self.socket, port=self.host[1]))
        self.process = subprocess.Popen(["rtorrent", "-n", "-o", f"import={folder}/rc"], cwd=folder,
                                        env={**os.environ, "HOME": folder, "TERM": "xterm"}, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.pids = [self.process.pid]
        try:
            self._await(lambda: os.path.exists(self.socket) and self._call("system.pid"), "start")
        except Failed:
            self.stop()
            raise

    def seed(self, torrent, folder):
        """Of a torrent without trackers, as p2pctl makes it: `info` is its last key. rtorrent wants one tracker."""
        with open(torrent, "rb") as file:
            content = file.read()
        identifier = hashlib.sha1(content[content.index(b"4:info") + len(b"4:info"):-1]).hexdigest().upper()
        tracked = f"{self.folder}/tracked.torrent"
        with open(tracked, "wb") as file:
            file.write(b"d8:announce%d:%s" % (len(TRACKER), TRACKER) + content[1:])
        self._call("load.start", "", tracked, f'd.directory.set="{folder}"')
        self._await(lambda: identifier in self._call("download_list"), "take the torrent")
        self._await(lambda: self._call("d.complete", identifier) and not self._call("d.hashing", identifier)
                    and self._call("d.is_active", identifier), "seed")

    def cpu(self):
        return cpu_seconds(self.pids)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _await(self, condition, what):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                if condition():
                    return
            except OSError:
                pass
            if self.process.poll() is not None:
                raise Failed(f"rtorrent ended: exit {self.process.returncode}")
            time.sleep(LOOK)
        raise Failed(f"rtorrent did not {what} within {PATIENCE} s")

    def _call(self, method, *arguments):
        """XML-RPC over SCGI: a netstring of headers, then the body."""
        body = xmlrpc.client.dumps(arguments, method).encode()
        head = b"CONTENT_LENGTH\0%d\0SCGI\0001\0" % len(body)
        answer = b""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(PATIENCE)
            connection.connect(self.socket)
            connection.sendall(b"%d:%s,%s" % (len(head), head, body))
            while part := connection.recv(1 << 16):
                answer += part
        return xmlrpc.client.loads(answer.split(b"\r\n\r\n", 1)[1])[0][0]

