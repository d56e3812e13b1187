import BitTorrentTypes
import Glibc

/// One row of the table of settings: what a key means, what it takes, and where its value lives.
package struct SettingKey: Sendable {
    /// Dotted, as `--set` takes it: `tracker.http.port`.
    package let name: String
    /// The comment over it in the configuration file, line by line.
    let about: [String]
    /// What its value must be, to follow "must be".
    let expects: String
    let text: @Sendable (Settings) -> String
    /// Whether the text was a good value; otherwise the settings stay as they are.
    let assign: @Sendable (inout Settings, String) -> Bool

    /// `P2P_TRACKER_HTTP_PORT` for `tracker.http.port`.
    package var environmentName: String {
        "P2P_" + name.uppercased().replacing(".", with: "_")
    }

    static func named(_ name: String) -> SettingKey? { all.first { $0.name == name } }
}

// MARK: - The kinds of values

extension SettingKey {
    typealias Place<Value> = WritableKeyPath<Settings, Value> & Sendable

    static func port(_ name: String, _ place: any Place<UInt16>, _ about: String...) -> SettingKey {
        SettingKey(
            name: name,
            about: about,
            expects: "a whole number from 0 to 65535",
            text: { String($0[keyPath: place]) },
            assign: { settings, text in
                guard isDecimal(text), let port = UInt16(text) else { return false }
                settings[keyPath: place] = port
                return true
            }
        )
    }

    static func count(_ name: String, _ place: any Place<Int>, in range: ClosedRange<Int>, _ about: String...)
        -> SettingKey
    {
        SettingKey(
            name: name,
            about: about,
            expects: "a whole number from \(range.lowerBound) to \(range.upperBound)",
            text: { String($0[keyPath: place]) },
            assign: { settings, text in
                guard isDecimal(text), let count = Int(text), range.contains(count) else { return false }
                settings[keyPath: place] = count
                return true
            }
        )
    }

    static func countOrAuto(
        _ name: String,
        _ place: any Place<Int?>,
        in range: ClosedRange<Int>,
        _ about: String...
    ) -> SettingKey {
        SettingKey(
            name: name,
            about: about,
            expects: "auto or a whole number from \(range.lowerBound) to \(range.upperBound)",
            text: { $0[keyPath: place].map { String($0) } ?? "auto" },
            assign: { settings, text in
                if text == "auto" {
                    settings[keyPath: place] = nil
                    return true
                }
                guard isDecimal(text), let count = Int(text), range.contains(count) else { return false }
                settings[keyPath: place] = count
                return true
            }
        )
    }

    static func countOrOff(
        _ name: String,
        _ place: any Place<Int?>,
        in range: ClosedRange<Int>,
        _ about: String...
    ) -> SettingKey {
        SettingKey(
            name: name,
            about: about,
            expects: "off or a whole number from \(range.lowerBound) to \(range.upperBound)",
            text: { $0[keyPath: place].map { String($0) } ?? "off" },
            assign: { settings, text in
                if text == "off" {
                    settings[keyPath: place] = nil
                    return true
                }
                guard isDecimal(text), let count = Int(text), range.contains(count) else { return false }
                settings[keyPath: place] = count
                return true
            }
        )
    }

    static func ratio(_ name: String, _ place: any Place<Double?>, _ about: String...) -> SettingKey {
        SettingKey(
            name: name,
            about: about,
            expects: "off or a number that is not negative, such as 1.5",
            text: { $0[keyPath: place].map { String($0) } ?? "off" },
            assign: { settings, text in
                if text == "off" {
                    settings[keyPath: place] = nil
                    return true
                }
                guard text.first?.isNumber == true, let ratio = Double(text), ratio.isFinite, ratio >= 0 else {
                    return false
                }
                settings[keyPath: place] = ratio
                return true
            }
        )
    }

    static func rate(_ name: String, _ place: any Place<RateLimit>, _ about: String...) -> SettingKey {
        SettingKey(
            name: name,
            about: about,
            expects: "off or bytes a second from 1KiB on, such as 500KiB or 2MiB",
            text: { $0[keyPath: place].description },
            assign: { settings, text in
                guard let limit = RateLimit(text) else { return false }
                settings[keyPath: place] = limit
                return true
            }
        )
    }

    static func timeOfDay(_ name: String, _ place: any Place<Int>, _ about: String...) -> SettingKey {
        SettingKey(
            name: name,
            about: about,
            expects: "a time of the day such as 22:00",
            text: { SpeedSchedule.text(minutes: $0[keyPath: place]) },
            assign: { settings, text in
                guard let minutes = SpeedSchedule.minutes(text) else { return false }
                settings[keyPath: place] = minutes
                return true
            }
        )
    }

    static func days(_ name: String, _ place: any Place<Set<Int>>, _ about: String...) -> SettingKey {
        SettingKey(
            name: name,
            about: about,
            expects: "daily, or days such as mon-fri or sat,sun",
            text: { SpeedSchedule.text(days: $0[keyPath: place]) },
            assign: { settings, text in
                guard let days = SpeedSchedule.days(text) else { return false }
                settings[keyPath: place] = days
                return true
            }
        )
    }

    static func seconds(
        _ name: String,
        _ place: any Place<Duration>,
        in range: ClosedRange<Int>,
        _ about: String...
    ) -> SettingKey {
        SettingKey(
            name: name,
            about: about,
            expects: "a whole number of seconds from \(range.lowerBound) to \(range.upperBound)",
            text: { String($0[keyPath: place].components.seconds) },
            assign: { settings, text in
                guard isDecimal(text), let seconds = Int(text), range.contains(seconds) else { return false }
                settings[keyPath: place] = .seconds(seconds)
                return true
            }
        )
    }

    static func choice<Value: RawRepresentable & CaseIterable & Sendable>(
        _ name: String,
        _ place: any Place<Value>,
        _ about: String...
    ) -> SettingKey where Value.RawValue == String {
        SettingKey(
            name: name,
            about: about,
            expects: "one of " + Value.allCases.map(\.rawValue).joined(separator: ", "),
            text: { $0[keyPath: place].rawValue },
            assign: { settings, text in
                guard let value = Value(rawValue: text) else { return false }
                settings[keyPath: place] = value
                return true
            }
        )
    }

    static func folder(_ name: String, _ place: any Place<String>, _ about: String...) -> SettingKey {
        text(name, place, expects: "a folder, written out (~ is not expanded)", about) { text in
            !text.isEmpty && !text.hasPrefix("~") && !text.utf8.contains(0)
        }
    }

    /// Web origins, or none of them.
    static func origins(_ name: String, _ place: any Place<[String]>, _ about: String...) -> SettingKey {
        SettingKey(
            name: name,
            about: about,
            expects: "off, or web origins such as https://example.org, separated by commas",
            text: { $0[keyPath: place].isEmpty ? "off" : $0[keyPath: place].joined(separator: ", ") },
            assign: { settings, text in
                let origins = text == "off" ? [] : text.split(separator: ",").map { $0.filter { $0 != " " } }
                guard text == "off" || !origins.isEmpty, origins.allSatisfy(isOrigin) else { return false }
                settings[keyPath: place] = origins
                return true
            }
        )
    }

    /// As browsers send it: scheme, host and port, in small letters, nothing after them.
    private static func isOrigin(_ text: String) -> Bool {
        guard let scheme = ["http://", "https://"].first(where: text.hasPrefix) else { return false }
        let rest = text.dropFirst(scheme.count)
        return !rest.isEmpty && rest.utf8.count <= 255
            && rest.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || ".-:[]".contains($0)) }
    }

    static func addresses(_ name: String, _ place: any Place<[String]>, _ about: String...) -> SettingKey {
        SettingKey(
            name: name,
            about: about,
            expects: "one or several different IPv4 or IPv6 addresses with commas between them",
            text: { $0[keyPath: place].joined(separator: ", ") },
            assign: { settings, text in
                let parts = text.split(separator: ",", omittingEmptySubsequences: false)
                let hosts = parts.map { String($0.drop { $0 == " " }.prefix { $0 != " " }) }
                let isPlain = zip(parts, hosts).allSatisfy { $0.filter { $0 != " " } == $1 }
                guard isPlain, hosts.allSatisfy(isAddress), Set(hosts).count == hosts.count else { return false }
                settings[keyPath: place] = hosts
                return true
            }
        )
    }

    static func networks(_ name: String, _ place: any Place<[String]>, _ about: String...) -> SettingKey {
        SettingKey(
            name: name,
            about: about,
            expects: "none, or addresses and networks such as 10.0.0.0/8 with commas between them",
            text: { $0[keyPath: place].isEmpty ? "none" : $0[keyPath: place].joined(separator: ", ") },
            assign: { settings, text in
                let parts = text == "none" ? [] : text.split(separator: ",", omittingEmptySubsequences: false)
                let networks = parts.map { String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
                guard networks.allSatisfy(isNetwork) else { return false }
                settings[keyPath: place] = networks
                return true
            }
        )
    }

    static func loopback(_ name: String, _ place: any Place<String>, _ about: String...) -> SettingKey {
        let expects =
            "127.0.0.1, ::1 or another loopback address, since nobody has to log in; let others in by a proxy that asks"
        return text(name, place, expects: expects, about) { text in
            text == "localhost" || text == "::1" || text.hasPrefix("127.") && isAddress(text)
        }
    }

    private static func text(
        _ name: String,
        _ place: any Place<String>,
        expects: String,
        _ about: [String],
        isGood: @escaping @Sendable (String) -> Bool
    ) -> SettingKey {
        SettingKey(
            name: name,
            about: about,
            expects: expects,
            text: { $0[keyPath: place] },
            assign: { settings, text in
                guard isGood(text) else { return false }
                settings[keyPath: place] = text
                return true
            }
        )
    }

    /// Digits only: `Int("+5")` is a number to Swift, but hardly meant.
    private static func isDecimal(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    private static let isNetwork: @Sendable (String) -> Bool = { text in
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, isAddress(String(parts[0])) else { return false }
        guard parts.count == 2 else { return true }
        guard isDecimal(String(parts[1])), let length = Int(parts[1]) else { return false }
        return length <= (parts[0].contains(":") ? 128 : 32)
    }

    private static let isAddress: @Sendable (String) -> Bool = { text in
        var four = in_addr()
        var six = in6_addr()
        return inet_pton(AF_INET, text, &four) == 1 || inet_pton(AF_INET6, text, &six) == 1
    }
}
