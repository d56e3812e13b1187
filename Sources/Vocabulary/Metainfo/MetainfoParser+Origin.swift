import Bencode
import BitTorrentTypes

/// What does not say what the data is: who tracks it, who made it. Unusable parts are dropped with a warning.
extension MetainfoParser {
    private static let maximumTextLength = 1 << 20
    private static let maximumWebSeeds = 100

    mutating func trackers(in root: BencodeNode) -> [[String]] {
        var list = TrackerList()
        if let tiers = root["announce-list"] {
            if tiers.list == nil { warnings.add("'announce-list' ignored: it is not a list") }
            for tier in tiers.list ?? [] {
                guard let urls = tier.list?.strings ?? tier.string.map({ [$0] }) else {
                    warnings.add("tier of trackers ignored: it is not a list of strings")
                    continue
                }
                list.append(urls, field: "tracker")
            }
        }
        if let announce = root["announce"] {
            if let url = announce.string {
                // BEP 12: the list replaces the single tracker.
                if list.tiers.isEmpty, !url.isEmpty { list.append([url], field: "tracker") }
            } else {
                warnings.add("'announce' ignored: it is not a string")
            }
        }
        for warning in list.warnings { warnings.add(warning) }
        if list.leftOut > 0 {
            warnings.add("\(list.leftOut) trackers left out: more than \(TrackerList.maximumTrackers)")
        }
        return list.tiers
    }

    mutating func webSeeds(in root: BencodeNode) -> [String] {
        guard let field = root["url-list"] else { return [] }
        guard let addresses = field.list?.strings ?? field.string.map({ $0.isEmpty ? [] : [$0] }) else {
            warnings.add("'url-list' ignored: it is not a list of strings")
            return []
        }
        var kept: [String] = []
        for address in addresses {
            switch TrackerURL.check(address, schemes: TrackerURL.webSeedSchemes) {
            case .success(let url):
                if kept.count < Self.maximumWebSeeds {
                    kept.append(url)
                } else {
                    warnings.add("web seed left out: more than \(Self.maximumWebSeeds)")
                }
            case .failure(let refusal):
                warnings.add(
                    "web seed dropped, it \(refusal.reason): \(PrintableText.escape(address.prefix(200)))"
                )
            }
        }
        return kept
    }

    mutating func isPrivate(_ info: BencodeNode) -> Bool {
        guard let field = info["private"] else { return false }
        guard let flag = field.integer else {
            warnings.add("'private' ignored: it is not an integer")
            return false
        }
        return flag == 1
    }

    mutating func creationDate(in root: BencodeNode) -> Int? {
        guard let field = root["creation date"] else { return nil }
        if field.integer == nil { warnings.add("'creation date' ignored: it is not an integer of 64 bits") }
        return field.integer
    }

    mutating func text(_ field: String, in node: BencodeNode) throws(MetainfoError) -> [UInt8]? {
        guard let value = node[field] else { return nil }
        guard let text = value.string else {
            warnings.add("'\(field)' ignored: it is not a string")
            return nil
        }
        guard text.count <= Self.maximumTextLength else {
            throw .tooLong(field: field, count: text.count, limit: Self.maximumTextLength)
        }
        return text
    }
}
