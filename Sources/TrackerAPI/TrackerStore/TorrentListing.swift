package import BitTorrentTypes

/// Which page of the catalogue to list.
package struct TorrentListing: Hashable, Sendable {
    /// The columns that may order a page; nothing of outside ever becomes a column name.
    package enum Sort: String, CaseIterable, Hashable, Sendable {
        case name
        case size
        case pieces
        case completed
        case createdAt = "created_at"
    }

    package static let maximumPerPage = 200

    /// Part of the name, in any case; empty lists everything.
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
