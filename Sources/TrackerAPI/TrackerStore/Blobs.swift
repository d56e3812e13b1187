import FoundationEssentials
import GRDB

extension [UInt8] {
    /// As SQLite takes a blob.
    var asData: Data { Data(self) }
}

extension Row {
    /// A blob column as bytes.
    func bytes(_ column: Int) -> [UInt8] {
        let data: Data = self[column]
        return Array(data)
    }
}
