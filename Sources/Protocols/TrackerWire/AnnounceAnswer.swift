package import BitTorrentTypes

/// Writes a tracker's compact answer over HTTP into memory that is there already: the same bytes as
/// ``AnnounceResponse/encoded(compact:noPeerID:)`` without the values in between.
package struct AnnounceAnswer {
    /// Room for any answer: a hundred peers of IPv6 and the words around them.
    package static let capacity = AnnounceRequest.maximumPeers * 18 + 256

    private let start: UnsafeMutableRawPointer
    private var length = 0

    /// Returns how many bytes were written; there is room for ``capacity``.
    package static func write(
        interval: Int,
        minInterval: Int,
        complete: Int,
        incomplete: Int,
        externalIP: IPAddress,
        fours: UnsafeRawBufferPointer,
        sixes: UnsafeRawBufferPointer,
        to start: UnsafeMutableRawPointer
    ) -> Int {
        var answer = AnnounceAnswer(start: start)
        answer.append("d8:completei")
        answer.append(complete)
        answer.append("e11:external ip")
        answer.append(externalIP)
        answer.append("10:incompletei")
        answer.append(incomplete)
        answer.append("e8:intervali")
        answer.append(interval)
        answer.append("e12:min intervali")
        answer.append(minInterval)
        answer.append("e5:peers")
        answer.append(fours)
        if !sixes.isEmpty {
            answer.append("6:peers6")
            answer.append(sixes)
        }
        answer.append("e")
        return answer.length
    }

    private init(start: UnsafeMutableRawPointer) { self.start = start }

    private mutating func append(_ text: StaticString) {
        (start + length).copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
        length += text.utf8CodeUnitCount
    }

    /// - Parameter number: not negative.
    private mutating func append(_ number: Int) { length += Self.writeDecimal(number, to: start + length) }

    private mutating func append(_ bytes: UnsafeRawBufferPointer) {
        append(bytes.count)
        append(":")
        if let base = bytes.baseAddress { (start + length).copyMemory(from: base, byteCount: bytes.count) }
        length += bytes.count
    }

    private mutating func append(_ ip: IPAddress) {
        switch ip {
        case .v4(let word):
            append("4:")
            (start + length).storeBytes(of: word.bigEndian, as: UInt32.self)
            length += 4
        case .v6(let high, let low):
            append("16:")
            (start + length).storeBytes(of: high.bigEndian, as: UInt64.self)
            (start + length).storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
            length += 16
        }
    }

    /// Writes a number that is not negative in decimal digits; returns how many.
    package static func writeDecimal(_ number: Int, to place: UnsafeMutableRawPointer) -> Int {
        var rest = UInt(number)
        var digits = 1
        var bound: UInt = 10
        while digits < 20, rest >= bound {
            digits += 1
            let (next, overflow) = bound.multipliedReportingOverflow(by: 10)
            if overflow { break }
            bound = next
        }
        for index in stride(from: digits - 1, through: 0, by: -1) {
            place.storeBytes(
                of: UInt8(truncatingIfNeeded: rest % 10) + UInt8(ascii: "0"),
                toByteOffset: index,
                as: UInt8.self
            )
            rest /= 10
        }
        return digits
    }
}
