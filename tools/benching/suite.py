"""A suite of our processes with a home of its own, for as long as it is measured."""
import json
import os
import queue
import subprocess
import threading
import time

from benching.measuring import Failed, cpu_seconds, peak_rss

PATIENCE = 600


class Suite:
    """`with Suite(…) as suite:` starts it and stops it."""

    def __init__(self, binaries, home, workers):
        self.p2pctl = f"{binaries}/p2pctl"
        self.environment = {**os.environ, "P2P_HOME": home}
        self.workers = workers

    def __enter__(self):
        self.control("up", "--detach", "--set", "tracker.http.port=0", "--set", "peer.nodes=1",
                     "--set", f"hasher.workers={self.workers}")
        try:
            self.events = queue.Queue()
            self.listener = subprocess.Popen(
                [self.p2pctl, "events", "--json", "--topic", "torrent"], env=self.environment,
                stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
            threading.Thread(target=self._listen, daemon=True).start()
            self._next(lambda event: event["event"] == "live")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if hasattr(self, "listener"):
            self.listener.terminate()
            self.listener.wait()
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

    def scale(self, workers):
        """Sets the number of hasher-workers and waits until exactly these are ready."""
        if self.workers == workers:
            return
        self.control("scale", f"hasher-worker={workers}")
        self.workers = workers
        end = time.monotonic() + 30
        while [row["state"] for row in self.processes("hasher-worker")] != ["ready"] * workers:
            if time.monotonic() > end:
                raise Failed(f"there were not {workers} hasher-workers within 30 s of p2pctl scale")
            time.sleep(0.05)

    def add(self, torrent, folder):
        """Adds a torrent whose data is there; gives its id when it seeds."""
        identifier = json.loads(self.control("add", torrent, "--to", folder, "--json"))["info_hash_v1"]
        self._until_checked(identifier, has_begun=True)
        return identifier

    def recheck(self, identifier):
        """Checks a torrent anew, from the start of `p2pctl recheck` until the event says that it seeds again."""
        pids = [row["pid"] for row in self.processes()]
        while not self.events.empty():
            self.events.get()
        used, begun = cpu_seconds(pids), time.monotonic()
        self.control("recheck", identifier)
        ended = self._until_checked(identifier, has_begun=False)
        return {"wall_s": ended - begun, "cpu_s": cpu_seconds(pids) - used}

    def peak_worker_memory(self):
        """Bytes: the largest of the workers that live."""
        return max(peak_rss(row["pid"]) or 0 for row in self.processes("hasher-worker"))

    def _until_checked(self, identifier, has_begun):
        def is_checked(event):
            nonlocal has_begun
            if event["event"] != "torrent_changed" or event["torrent"]["id"] != identifier:
                return False
            state = event["torrent"]["state"]
            if state in ("error", "missing", "downloading"):
                raise Failed(f"the torrent is {state} after its check: {event['torrent'].get('error')}")
            has_begun = has_begun or state in ("checking", "queued")
            return has_begun and state == "seeding"
        return self._next(is_checked)

    def _next(self, wanted):
        """When the next event came that is `wanted`."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                at, event = self.events.get(timeout=end - time.monotonic())
            except (queue.Empty, ValueError):
                raise Failed("the suite's events did not say that the check ended") from None
            if event is None:
                raise Failed("the suite ended while it was measured")
            if wanted(event):
                return at

    def _listen(self):
        for line in self.listener.stdout:
            self.events.put((time.monotonic(), json.loads(line)))
        self.events.put((time.monotonic(), None))
