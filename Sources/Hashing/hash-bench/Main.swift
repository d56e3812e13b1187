// hash-bench: how many bytes a second one core hashes on each path of CHashKernels, beside swift-crypto.
//
// May touch: nothing but its own memory. Fails: never, short of memory.
//
//     hash-bench [--json] [--rounds N]
//
// The runs are interleaved, so that a disturbance meets all of them, and counted in processor time of the thread, so that
// other work on the machine costs little. Printed are medians.

import CHashKernels
import Glibc

@main
struct HashBench {
    static func main() {
        var json = false
        var rounds = 9
        var arguments = CommandLine.arguments.dropFirst()
        while let argument = arguments.popFirst() {
            switch argument {
            case "--json": json = true
            case "--rounds":
                guard let count = arguments.popFirst().flatMap({ Int($0) }), count > 0 else { usage() }
                rounds = count
            default: usage()
            }
        }
        let memory = Memory(bytes: 4 << 20)
        let contests = [
            Contest(algorithm: .sha1, messageLength: 256 << 10),
            Contest(algorithm: .sha256, messageLength: 256 << 10),
            Contest(algorithm: .sha256, messageLength: 16 << 10),
        ]
        if !json { print(Result.heading) }
        for contest in contests {
            for result in contest.run(rounds: rounds, memory: memory) {
                print(json ? result.json : result.row)
            }
        }
    }

    private static func usage() -> Never {
        let usage = "usage: hash-bench [--json] [--rounds N]\n"
        write(STDERR_FILENO, usage, usage.utf8.count)
        exit(64)
    }
}
