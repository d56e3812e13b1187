/// The version of the suite, the same for each of its programs.
package enum ProgramVersion {
    package static let text = "0.1"
}
