import Foundation
import GRDB

/// Cells of a state database, which may have been damaged while nobody looked.
///
/// SQLite keeps any kind of value in any column. One bit makes a time of eight bytes a real number, and GRDB's own
/// subscript ends the process at it, at every start anew.
extension Row {
    /// `nil` when there is nothing, or nothing of this kind.
    func cell<Value: DatabaseValueConvertible>(_ column: String, as type: Value.Type = Value.self) -> Value? {
        let value: DatabaseValue? = self[column]
        return value.flatMap(Value.fromDatabaseValue)
    }

    /// Empty when there are none.
    func bytes(_ column: String) -> [UInt8] { cell(column, as: Data.self).map { Array($0) } ?? [] }

    /// A number that has only ever grown from 0, and that is still to grow.
    func counter(_ column: String) -> Int { Swift.min(Swift.max(0, cell(column) ?? 0), 1 << 56) }
}
