/// The kinds of values that say how much and where.
extension SettingKey {
    private static let units: [(name: String, bytes: Int)] = [
        ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
    ]

    static func sizeOrOff(_ name: String, _ place: any Place<Int?>, _ about: String...) -> SettingKey {
        SettingKey(
            name: name,
            about: about,
            expects: "off or a number of bytes such as 500GiB",
            text: { $0[keyPath: place].map(text(bytes:)) ?? "off" },
            assign: { settings, text in
                if text == "off" {
                    settings[keyPath: place] = nil
                    return true
                }
                guard let bytes = bytes(text) else { return false }
                settings[keyPath: place] = bytes
                return true
            }
        )
    }

    /// Absolute folders with commas between them, or nothing.
    static func folders(_ name: String, _ place: any Place<[String]>, _ about: String...) -> SettingKey {
        SettingKey(
            name: name,
            about: about,
            expects: "nothing, or absolute folders with commas between them",
            text: { $0[keyPath: place].joined(separator: ",") },
            assign: { settings, text in
                let folders = text.split(separator: ",").map { String($0) }
                let areGood = folders.allSatisfy { $0.hasPrefix("/") && $0 != "/" && !$0.utf8.contains(0) }
                guard areGood, folders.joined(separator: ",") == text else { return false }
                settings[keyPath: place] = folders
                return true
            }
        )
    }

    private static func bytes(_ text: String) -> Int? {
        let unit = units.first { text.hasSuffix($0.name) }
        let digits = text.dropLast(unit?.name.count ?? 0)
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int(digits) else {
            return nil
        }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: unit?.bytes ?? 1)
        return overflow || bytes == 0 ? nil : bytes
    }

    private static func text(bytes: Int) -> String {
        let unit = units.last { bytes.isMultiple(of: $0.bytes) }
        return unit.map { "\(bytes / $0.bytes)\($0.name)" } ?? "\(bytes)"
    }
}
