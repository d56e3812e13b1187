import FoundationEssentials
import GRDB

/// Cells of a database that may have been damaged, or written by somebody else.
///
/// SQLite keeps any kind of value in any column, and GRDB's own subscript ends the process at one of the wrong kind.
extension Row {
    /// `nil` when there is nothing, or nothing of this kind.
    func cell<Value: DatabaseValueConvertible>(_ column: Int, as type: Value.Type = Value.self) -> Value? {
        let value: DatabaseValue? = self[column]
        return value.flatMap(Value.fromDatabaseValue)
    }

    /// A blob; `nil` when there is none.
    func bytes(_ column: Int) -> [UInt8]? { cell(column, as: Data.self).map { Array($0) } }

    /// A count, a size or a time: never negative, and small enough to be added to and multiplied.
    func amount(_ column: Int) -> Int { Swift.min(Swift.max(0, cell(column) ?? 0), 1 << 56) }
}

extension [UInt8] {
    /// As SQLite takes a blob.
    var asData: Data { Data(self) }
}
