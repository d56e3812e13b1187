import Bencode
import BitTorrentTypes

extension Metainfo {
    /// The same torrent, same info-hash, with the tiers appended whose URLs it lacks; unusable URLs are left out.
    package func addingTrackers(_ tiers: [[String]]) -> Metainfo {
        var list = TrackerList(tiers: trackers)
        for tier in tiers { list.append(tier.map { Array($0.utf8) }, field: "tracker") }
        guard list.tiers != trackers else { return self }
        return replacingTrackers(list.tiers)
    }

    /// Writes the outer dictionary anew around the untouched bytes of every other entry.
    private func replacingTrackers(_ tiers: [[String]]) -> Metainfo {
        var copy = self
        var entries: [(key: [UInt8], value: ArraySlice<UInt8>)] = []
        for entry in outerEntries where !Self.trackerKeys.contains(entry.key) {
            entries.append((entry.key, bytes[entry.value.range]))
        }
        for (key, value) in BencodeValue.trackerEntries(tiers) {
            entries.append((key, value.encoded()[...]))
        }
        entries.sort { $0.key.lexicographicallyPrecedes($1.key) }

        copy.bytes = [UInt8(ascii: "d")]
        for (key, value) in entries {
            copy.bytes += BencodeValue.string(key).encoded()
            if key == Array("info".utf8) { copy.infoRange = copy.bytes.count..<copy.bytes.count + value.count }
            copy.bytes += value
        }
        copy.bytes.append(UInt8(ascii: "e"))
        copy.trackers = tiers
        return copy
    }

    private var outerEntries: [BencodeDictionary.Entry] {
        do throws(BencodeError) {
            return try BencodeNode.decode(bytes, limits: BencodeLimits(maximumBytes: .max)).dictionary?.entries ?? []
        } catch {
            preconditionFailure("a torrent that was parsed can be parsed again: \(error)")
        }
    }

    /// In the order of the file.
    static let trackerKeys = [Array("announce".utf8), Array("announce-list".utf8)]
}

extension BencodeValue {
    /// `announce` for the first tracker, `announce-list` (BEP 12) when there are more.
    static func trackerEntries(_ tiers: [[String]]) -> [[UInt8]: BencodeValue] {
        guard let first = tiers.first?.first else { return [:] }
        var entries = [Array("announce".utf8): BencodeValue.text(first)]
        if tiers != [[first]] {
            entries[Array("announce-list".utf8)] = .list(tiers.map { .list($0.map { .text($0) }) })
        }
        return entries
    }
}

/// Tiers as they are collected: usable addresses only, each once, and not without end.
struct TrackerList {
    static let maximumTrackers = 200

    private(set) var tiers: [[String]]
    private(set) var warnings: [String] = []
    private(set) var leftOut = 0
    private var known: Set<String>

    init(tiers: [[String]] = []) {
        self.tiers = tiers
        known = Set(tiers.joined())
    }

    mutating func append(_ tier: [[UInt8]], field: String) {
        var kept: [String] = []
        for bytes in tier {
            switch TrackerURL.check(bytes) {
            case .success(let url):
                guard !known.contains(url) else { continue }
                guard known.count < Self.maximumTrackers else {
                    leftOut += 1
                    continue
                }
                known.insert(url)
                kept.append(url)
            case .failure(let refusal):
                warnings.append("\(field) dropped, it \(refusal.reason): \(PrintableText.escape(bytes.prefix(200)))")
            }
        }
        if !kept.isEmpty { tiers.append(kept) }
    }
}
