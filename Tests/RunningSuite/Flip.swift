import Foundation

/// Turns over the lowest bit of one byte of a file.
package func flipBit(in path: String, at offset: Int) throws {
    let file = try FileHandle(forUpdating: URL(filePath: path))
    defer { try? file.close() }
    try file.seek(toOffset: UInt64(offset))
    guard let byte = try file.read(upToCount: 1)?.first else { throw SuiteFailure("\(path) has no byte \(offset)") }
    try file.seek(toOffset: UInt64(offset))
    try file.write(contentsOf: [byte ^ 1])
}
