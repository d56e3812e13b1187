"""The programs that make torrents: ours and its rivals."""
import json
import os
import shutil
import subprocess
from pathlib import Path

from benching.sizes import KIB

CHECKOUT = Path(__file__).resolve().parent.parent.parent
DRIVER = str(CHECKOUT / "tools/libtorrent-driver")
PYTHON = str(CHECKOUT / ".venv/bin/python")


class Maker:
    """A program that makes a torrent: its name, the formats it knows, and its command line."""

    def __init__(self, name, formats, command):
        self.name, self.formats, self.command = name, formats, command


def p2pctl(binaries):
    def command(path, torrent, piece_length, kind):
        return [f"{binaries}/p2pctl", "create", path, "-o", torrent, "--piece-length", str(piece_length), f"--{kind}",
                "--no-date", "--no-progress", "--json"]
    return Maker("p2pctl create", ("v1", "v2", "hybrid"), command)


def mktorrent(path, torrent, piece_length, kind):
    return ["mktorrent", "-t", "2", "-l", str(piece_length.bit_length() - 1), "-o", torrent, path]


def transmission(path, torrent, piece_length, kind):
    return ["transmission-create", "-s", str(piece_length // KIB), "-t", "http://127.0.0.1:1/announce", "-o", torrent,
            path]


def libtorrent(path, torrent, piece_length, kind):
    return [PYTHON, DRIVER, "create", path, torrent, str(piece_length), kind]


def has_libtorrent():
    return os.path.exists(PYTHON) and subprocess.run(
        [PYTHON, "-c", "import libtorrent"], stderr=subprocess.DEVNULL).returncode == 0


def rivals(report):
    """The rivals that are installed; the others are named."""
    found = []
    for name, is_there, formats, command in (
        ("mktorrent -t 2", shutil.which("mktorrent"), ("v1",), mktorrent),
        ("transmission-create", shutil.which("transmission-create"), ("v1",), transmission),
        ("libtorrent", has_libtorrent(), ("v1", "v2", "hybrid"), libtorrent),
    ):
        if is_there:
            found.append(Maker(name, formats, command))
        else:
            report.progress(f"{name} is not installed and is left out (tools/setup --tests installs it)")
            report.row("missing", tool=name)
    return found


def own_clock(output):
    """What libtorrent's driver measured without the start of its interpreter; None for other programs."""
    try:
        return json.loads(output.splitlines()[-1]).get("wall_s")
    except (ValueError, IndexError, AttributeError):
        return None


def pieces(torrent):
    """The SHA-1s in a .torrent file, to hold the makers against each other."""
    with open(torrent, "rb") as file:
        content = file.read()
    begin = content.find(b"6:pieces")
    if begin < 0:
        return None
    colon = content.index(b":", begin + 8)
    length = int(content[begin + 8:colon])
    return content[colon + 1:colon + 1 + length]
