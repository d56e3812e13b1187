import Foundation

/// The folder of the sources that the tests were built from.
package enum Checkout {
    package static let path = URL(filePath: #filePath).appending(path: "../../..").standardized.path
}
