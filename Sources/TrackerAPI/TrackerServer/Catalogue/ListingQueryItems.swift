import AnnounceDoors
import Hummingbird
import TrackerEngine
import TrackerStore

extension TorrentListing {
    /// Reads `q&state&category&tag&uploader&private&min_size&max_size&sort&order&page&per_page`.
    ///
    /// - Throws: ``Problem`` 400 for a value that has no meaning.
    init(_ query: QueryItems, swarms: Swarms) throws(Problem) {
        self.init()
        text = String((query["q"] ?? "").prefix(200))
        try readOrder(query)
        turn(toPage: try query.number("page") ?? 1, perPage: try query.number("per_page") ?? 50)
        category = query["category"]
        tags = (query["tag"] ?? "").split(separator: ",").prefix(TorrentLabels.maximumTags).map { $0.lowercased() }
        uploader = query["uploader"]
        switch query["private"] {
        case nil: break
        case "true": isPrivate = true
        case "false": isPrivate = false
        default: throw Problem(.badRequest, "private is yes or no.", action: "Set private to true or false.")
        }
        let least = max(0, try query.number("min_size") ?? 0)
        let most = max(0, try query.number("max_size") ?? .max)
        guard least <= most else {
            throw Problem(.badRequest, "No size is at least \(least) and at most \(most).", action: "Exchange the two.")
        }
        sizes = least...most
        switch query["state"] {
        case nil, "", "all": break
        case "active": only = swarms.infoHashes { $0.seeders + $0.leechers > 0 }
        case "seeded": only = swarms.infoHashes { $0.seeders > 0 }
        case "idle": except = swarms.infoHashes { $0.seeders + $0.leechers > 0 }
        default:
            throw Problem(.badRequest, "There is no such state.", action: "Set state to all, active, seeded or idle.")
        }
    }

    private mutating func readOrder(_ query: QueryItems) throws(Problem) {
        if let name = query["sort"] {
            guard let column = Sort(rawValue: name) else {
                let columns = Sort.allCases.map(\.rawValue).joined(separator: ", ")
                throw Problem(.badRequest, "There is no such order.", action: "Set sort to one of \(columns).")
            }
            sort = column
        }
        switch query["order"] {
        case nil: isAscending = [.name, .category, .relevance].contains(sort)
        case "asc": isAscending = true
        case "desc": isAscending = false
        default: throw Problem(.badRequest, "There is no such direction.", action: "Set order to asc or desc.")
        }
    }
}
