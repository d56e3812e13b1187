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

    /// A blob column that may be null.
    func optionalBytes(_ column: Int) -> [UInt8]? {
        let data: Data? = self[column]
        return data.map { Array($0) }
    }
}
