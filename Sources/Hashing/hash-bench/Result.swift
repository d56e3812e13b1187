import CHashKernels

/// What a contestant reached: a row of the table, or one object a line.
struct Result {
    let contest: Contest
    let contestant: Contestant
    let bytesPerSecond: Double
    let ratio: Double

    private var algorithm: String { contest.algorithm == .sha1 ? "sha1" : "sha256" }

    private var path: String {
        switch contestant {
        case .swiftCrypto: "swift-crypto"
        case .path(let path, _): String(cString: chk_path_name(path))
        }
    }

    private var streams: Int {
        switch contestant {
        case .swiftCrypto: 1
        case .path(_, let streams): streams
        }
    }

    static let heading =
        "algorithm".padded(11) + "message".padded(10) + "path".padded(14) + "streams".padded(9) + "GB/s".padded(8)
        + "x swift-crypto"

    var row: String {
        algorithm.padded(11) + "\(contest.messageLength >> 10) KiB".padded(10) + path.padded(14)
            + "\(streams)".padded(9) + (bytesPerSecond / 1e9).twoDigits.padded(8) + ratio.twoDigits
    }

    var json: String {
        "{\"bench\":\"kernel\",\"algorithm\":\"\(algorithm)\",\"message_length\":\(contest.messageLength),"
            + "\"path\":\"\(path)\",\"streams\":\(streams),\"bytes_per_second\":\(Int(bytesPerSecond)),"
            + "\"ratio_to_swift_crypto\":\(ratio.twoDigits)}"
    }
}

extension String {
    fileprivate func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}

extension Double {
    fileprivate var twoDigits: String {
        let hundredths = Int((self * 100).rounded())
        return "\(hundredths / 100)." + (hundredths % 100 < 10 ? "0" : "") + "\(hundredths % 100)"
    }
}
