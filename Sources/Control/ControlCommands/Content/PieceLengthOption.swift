import ArgumentParser

/// How long the pieces of a new torrent shall be.
///
///     auto · 262144 · 256KiB · 256K · 1MiB · 1M
enum PieceLengthOption: Hashable, Sendable {
    case automatic
    /// Bytes: a power of two from 16 KiB to 256 MiB.
    case bytes(Int)

    static let smallest = 16 << 10
    static let largest = 256 << 20

    /// Why a text is no piece length.
    enum Fault: Error, Hashable {
        case notASize
        case notAPowerOfTwo(Int)
        case outOfRange
    }

    static func parse(_ text: String) throws(Fault) -> PieceLengthOption {
        let text = text.lowercased()
        if text == "auto" { return .automatic }
        let digits = text.utf8.prefix { (0x30...0x39).contains($0) }
        guard !digits.isEmpty, let number = Int(String(decoding: digits, as: UTF8.self)) else { throw .notASize }
        let unit: Int
        switch String(text.dropFirst(digits.count)) {
        case "", "b": unit = 1
        case "k", "kib": unit = 1 << 10
        case "m", "mib": unit = 1 << 20
        default: throw .notASize
        }
        let (length, overflow) = number.multipliedReportingOverflow(by: unit)
        guard !overflow, (smallest...largest).contains(length) else { throw .outOfRange }
        guard length.nonzeroBitCount == 1 else { throw .notAPowerOfTwo(length) }
        return .bytes(length)
    }
}

extension PieceLengthOption: ExpressibleByArgument {
    init?(argument: String) {
        do {
            self = try Self.parse(argument)
        } catch {
            return nil
        }
    }

    var defaultValueDescription: String {
        switch self {
        case .automatic: "auto"
        case .bytes(let length): HumanUnits.bytes(length)
        }
    }

    /// Says in one sentence what `fault` means, for a usage error.
    static func sentence(_ fault: Fault, in text: String) -> String {
        switch fault {
        case .notASize: "'\(text)' is not a piece length; use auto, or a size such as 256KiB or 1MiB"
        case .notAPowerOfTwo: "the piece length \(text) is not a power of two; use 256KiB, 512KiB, 1MiB…"
        case .outOfRange: "the piece length \(text) is not between 16KiB and 256MiB"
        }
    }
}
