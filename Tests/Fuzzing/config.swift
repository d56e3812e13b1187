import Foundation

/// A configuration file: refused with a reason in one line, or settings that survive being handed to a child process.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = UnsafeBufferPointer(start: start, count: size)
    guard let text = String(validating: bytes, as: UTF8.self) else { return 0 }
    var settings = Settings()
    do throws(SettingsError) {
        try settings.apply(yaml: text, path: "config.yaml")
    } catch {
        precondition(error.description.utf8.count < 4_096, "a reason that can be read")
        return 0
    }
    var again = Settings()
    do throws(SettingsError) {
        try again.apply(environment: settings.environment)
    } catch {
        fatalError("a child refuses what its parent took: \(error)")
    }
    precondition(again == settings, "a child has other settings")
    return 0
}
