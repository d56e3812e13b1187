import Foundation
import RunningSuite

/// A package in the Python of this checkout, where `tools/setup --tests` puts it.
enum PythonPackage {
    static func isInstalled(_ name: String) -> Bool {
        let library = Checkout.path + "/.venv/lib"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: library)) ?? []
        return versions.contains { FileManager.default.fileExists(atPath: "\(library)/\($0)/site-packages/\(name)") }
    }

    /// A program that a package brought.
    static func program(_ name: String) -> String { Checkout.path + "/.venv/bin/" + name }
}
