/// Bytes of an open file, from `offset` on.
///
/// The descriptor stays open as long as this value lives.
package struct FilePlace: Sendable {
    private let file: OpenFile
    package let offset: Int

    init(file: OpenFile, offset: Int) {
        self.file = file
        self.offset = offset
    }

    package var descriptor: CInt { file.descriptor }
}
