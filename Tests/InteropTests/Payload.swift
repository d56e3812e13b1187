import RunningSuite

/// What is shared with foreign clients.
enum Payload: String, CaseIterable, Sendable {
    case file, tree

    func make(in scratch: ScratchFolder) throws -> String {
        switch self {
        case .file: try scratch.file("payload/file.bin", size: 24 << 20)
        case .tree: try scratch.tree("payload/tree")
        }
    }
}
