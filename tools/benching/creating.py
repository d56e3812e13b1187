"""`create` beside its rivals: wall, CPU, memory; interleaved."""
import os

from benching import makers
from benching.measuring import Failed, in_turns, per_gib, run
from benching.sizes import MIB, spread, summary


def bench(report, content, path, size, arguments, binaries, rivals, folder):
    """Makes torrents of `path` with every maker in turns; gives the runs by maker and format."""
    torrent = f"{folder}/made.torrent"
    lanes = [(maker, kind) for kind in arguments.formats
             for maker in [makers.p2pctl(binaries), *rivals] if kind in maker.formats]
    runs = {lane: [] for lane in lanes}
    expected = None
    for lane, _ in in_turns(lanes, arguments.runs):
        maker, kind = lane
        if os.path.exists(torrent):
            os.unlink(torrent)
        measured, output = run(maker.command(path, torrent, arguments.piece_length, kind))
        measured["own_clock_s"] = makers.own_clock(output)
        runs[lane].append(measured)
        report.progress(f"create {content}, {kind}, {maker.name}: {measured['wall_s']:.2f} s, "
                        f"{measured['others_cores']:.1f} cores busy with others")
        if kind == "v1":
            expected = expected or makers.pieces(torrent)
            if makers.pieces(torrent) != expected:
                raise Failed(f"{maker.name} made other piece hashes of {path} than the maker before it")
    os.unlink(torrent)
    write(report, content, size, runs)
    return runs


def write(report, content, size, runs):
    rows = []
    for (maker, kind), lane in runs.items():
        ours = [measured["wall_s"] for measured in next(runs[key] for key in runs if key[1] == kind)]
        for name, walls in clocks(maker, lane):
            rate = size / summary(walls)["median"]
            ratio = summary(walls)["median"] / summary(ours)["median"]
            peak = max(measured["peak_rss_bytes"] for measured in lane)
            cpu = [per_gib(measured["cpu_s"], size) for measured in lane]
            others = summary([measured["others_cores"] for measured in lane])["median"]
            report.row("create", content=content, tool=name, format=kind, bytes=size, runs=len(walls),
                       wall_s=summary(walls), bytes_per_second=round(rate), cpu_s_per_gib=summary(cpu),
                       peak_rss_bytes=peak, wall_over_p2pctl=round(ratio, 3),
                       others_cores=round(others, 2))
            rows.append([name, kind, spread(walls), f"{rate / 1e6:.0f}", spread(cpu, 3), f"{peak / MIB:.0f}",
                         f"{ratio:.2f}", f"{others:.1f}"])
    report.table(f"create, {content}: median (min-max) of {len(next(iter(runs.values())))} interleaved runs",
                 ["tool", "format", "wall s", "MB/s", "CPU s/GiB", "peak RSS MiB", "wall / p2pctl", "cores of others"],
                 rows)


def clocks(maker, lane):
    """The wall times of a maker: with the start of its process and, for a script, without that as well."""
    yield maker.name, [measured["wall_s"] for measured in lane]
    if all(measured["own_clock_s"] for measured in lane):
        yield f"{maker.name}, without starting Python", [measured["own_clock_s"] for measured in lane]


def median_wall(runs, name, kind="v1"):
    """Seconds; None when that maker did not run."""
    for (maker, format), lane in runs.items():
        if maker.name == name and format == kind:
            return summary([measured["wall_s"] for measured in lane])["median"]
    return None
