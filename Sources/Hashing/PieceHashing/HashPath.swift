import CHashKernels

/// With which instructions pieces are hashed.
///
/// Left alone, each step takes what is fastest for as many pieces as there are. `P2P_HASH_PATH` forces one, so that all can
/// be tested and compared.
package struct HashPath: Hashable, Sendable {
    package static let environmentName = "P2P_HASH_PATH"
    package static let automatic = HashPath(kernels: .automatic)

    let kernels: chk_path

    private init(kernels: chk_path) {
        self.kernels = kernels
    }

    /// The path of that name; an empty name leaves the choice to the kernels.
    package init(named name: String) throws(HashPathError) {
        var found = chk_path.automatic
        guard name.isEmpty || chk_path_named(name, &found) else { throw .unknown(name) }
        guard chk_available(found) else { throw .unavailable(name) }
        kernels = found
    }

    /// What `P2P_HASH_PATH` says.
    package init(environment: [String: String]) throws(HashPathError) {
        try self.init(named: environment[Self.environmentName] ?? "")
    }

    package var name: String { String(cString: chk_path_name(kernels)) }

    /// All that this processor can run.
    package static var available: [HashPath] {
        (0..<UInt8(CHK_PATH_COUNT)).compactMap(chk_path.init(rawValue:)).filter(chk_available).map(
            HashPath.init(kernels:)
        )
    }
}

extension HashPath: CustomStringConvertible {
    package var description: String { name }
}

/// Why a path cannot be taken.
package enum HashPathError: Error, Hashable {
    case unknown(String)
    /// This processor, or its operating system, does not have the instructions.
    case unavailable(String)
}

extension HashPathError: CustomStringConvertible {
    package var description: String {
        let choices = HashPath.available.map(\.name).joined(separator: ", ")
        return switch self {
        case .unknown(let name):
            "\(HashPath.environmentName) is \"\(name)\", which is no way to hash; choose of \(choices)"
        case .unavailable(let name):
            "\(HashPath.environmentName) is \"\(name)\", which this processor cannot; choose of \(choices)"
        }
    }
}
