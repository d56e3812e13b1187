import TrackerStore

/// What a form says besides its files.
struct UploadFields: Sendable {
    private static let known: [String: Int] = [
        "name": 1024, "category": 1024, "tags": 4096, "description": TorrentLabels.maximumDescription,
    ]

    private var values: [String: [UInt8]] = [:]

    /// The longest value of a field, in bytes; `nil` for a field that nobody reads.
    static func limit(_ field: String) -> Int? { known[field] }

    /// An empty value is none; of equal names the last counts.
    mutating func set(_ field: String, to value: [UInt8]) { values[field] = value.isEmpty ? nil : value }

    /// Of the torrent, for files without a common folder.
    var name: [UInt8]? { values["name"] }

    /// `category`, `description`, and `tags` with commas between them.
    func labels() throws(UploadError) -> TorrentLabels {
        let text = { (field: String) in String(decoding: values[field] ?? [], as: UTF8.self) }
        let tags = text("tags").split(separator: ",").map { String($0) }
        return try Self.labels(text("category"), text("description"), tags)
    }

    /// The labels that come with an upload; what is left out is empty.
    static func labels(
        _ category: String?,
        _ description: String?,
        _ tags: [String]?
    ) throws(UploadError) -> TorrentLabels {
        do {
            return try TorrentLabels(category: category ?? "", description: description ?? "", tags: tags ?? [])
        } catch {
            throw .labels(error)
        }
    }
}
