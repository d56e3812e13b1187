"""One process measured from its start to its end, and processes measured while they live."""
import contextlib
import os
import subprocess
import threading
import time

from benching.sizes import GIB

TICK = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """A program ended badly; the text is for people."""


def in_turns(lanes, runs, warm=False):
    """Gives each lane `runs` times, with whether it counts.

    Each turn begins with another one, so that nobody always follows the same neighbour.

    With `warm` there is one turn before that counts nothing: memory that the machine has never touched, programs that were
    never read.
    """
    for turn in range(-1 if warm else 0, runs):
        first = turn % len(lanes)
        for lane in lanes[first:] + lanes[:first]:
            yield lane, turn >= 0


def run(command, environment=None):
    """Runs `command` to its end.

    Returns wall and CPU seconds, peak RSS in bytes, the cores that others used meanwhile, and what it printed.
    """
    others = Others()
    begun = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                               env={**os.environ, **(environment or {})})
    peak = PeakMemory(process.pid)
    errors = []
    reader = threading.Thread(target=lambda: errors.append(process.stderr.read()))
    reader.start()
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    reader.join()
    process.stdout.close()
    process.stderr.close()
    cpu = usage.ru_utime + usage.ru_stime
    measured = {"wall_s": wall, "cpu_s": cpu, "peak_rss_bytes": peak.stop(), "others_cores": others.cores(cpu)}
    if process.returncode != 0:
        raise Failed(f"{' '.join(command)}: exit {process.returncode}: {errors[0].decode(errors='replace').strip()}")
    return measured, output.decode(errors="replace")


def peak_rss(pid):
    """The most memory that a process had resident, bytes; None when it has ended."""
    try:
        with open(f"/proc/{pid}/status") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None


def cpu_seconds(pids):
    """CPU seconds that processes have used, ended threads included. A process that is gone counts nothing."""
    total = 0
    for pid in pids:
        # The clock of another process, as clock_getcpuclockid(3) makes its number: nanoseconds, where /proc has ticks of 10 ms.
        with contextlib.suppress(OSError):
            total += time.clock_gettime(~pid << 3 | 2)
    return total


class PeakMemory:
    """Reads the kernel's own high-water mark every 10 ms: a process that has ended no longer has one.

    wait4's figure would not do: it counts what this interpreter had when it forked.
    """

    def __init__(self, pid):
        self.peak = 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._watch, args=(pid,), daemon=True)
        self.thread.start()

    def _watch(self, pid):
        while True:
            self.peak = max(self.peak, peak_rss(pid) or 0)
            if self.ended.wait(0.01):
                return

    def stop(self):
        self.ended.set()
        self.thread.join()
        return self.peak


class Others:
    """How many cores worked for others: with many, wall times are too long and only ratios mean something."""

    def __init__(self):
        self.begun, self.busy = time.monotonic(), self._busy()

    @staticmethod
    def _busy():
        with open("/proc/stat") as stat:
            user, nice, system, _, _, irq, soft, steal = map(int, stat.readline().split()[1:9])
        mine = os.times()
        return (user + nice + system + irq + soft + steal) / TICK - mine.user - mine.system

    def cores(self, ours):
        wall = max(time.monotonic() - self.begun, 1e-3)
        return max(0.0, (self._busy() - self.busy - ours) / wall)


def per_gib(seconds, size):
    return seconds / (size / GIB)
