package import BitTorrentTypes

/// Which page of the catalogue to list.
package struct TorrentListing: Hashable, Sendable {
    /// What may order a page; nothing of outside ever becomes a column name.
    package enum Sort: String, CaseIterable, Hashable, Sendable {
        case name
        case size
        case pieces
        case files
        case completed
        case seeders
        case leechers
        case createdAt = "created_at"
        case updatedAt = "updated_at"
        case category
        /// How well it fits ``text``: the best first when ascending.
        case relevance
    }

    package static let maximumPerPage = 200

    /// Words of the name, the file names, the description, the tags; or any part of the name.
    ///
    /// Empty lists everything.
    package var text = ""
    package var sort = Sort.createdAt
    package var isAscending = false
    /// From one.
    package private(set) var page = 1
    package private(set) var perPage = 50
    /// Only these, when given.
    package var only: [InfoHash]?
    /// All but these.
    package var except: [InfoHash] = []
    /// Exactly this one; empty: those without.
    package var category: String?
    /// Those that have all of these.
    package var tags: [String] = []
    package var uploader: String?
    package var isPrivate: Bool?
    /// In bytes, both ends included.
    package var sizes = 0...Int.max

    package init() {}

    /// Takes the page as asked, as far as it makes sense: from 1, and 1 to 200 torrents a page.
    package mutating func turn(toPage page: Int, perPage: Int) {
        self.page = max(1, page)
        self.perPage = min(max(1, perPage), Self.maximumPerPage)
    }

    /// How many torrents lie before the page; `nil` when no catalogue is that long.
    var offset: Int? {
        let (offset, overflow) = (page - 1).multipliedReportingOverflow(by: perPage)
        return overflow ? nil : offset
    }
}

/// One page of the catalogue.
package struct TorrentPage: Hashable, Sendable {
    package let items: [CatalogueTorrent]
    /// How many torrents all the pages have.
    package let total: Int
}
