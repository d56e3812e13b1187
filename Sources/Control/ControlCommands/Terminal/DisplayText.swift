import BitTorrentTypes

/// Names from outside made safe and measurable for a terminal.
///
/// A name in a torrent may carry escape sequences that repaint the screen, or override characters that turn
/// `exe.gpj` into `jpg.exe`. What cannot be shown as it is becomes visible: `\u{1b}`, `\u{202e}`, `\xff`.
enum DisplayText {
    static func escaped(_ bytes: some Collection<UInt8>) -> String {
        PrintableText.escape(bytes)
    }

    static func escaped(_ text: String) -> String {
        PrintableText.escape(text.utf8)
    }

    /// How many columns `text` takes: East Asian wide characters and emoji two, combining marks none.
    static func width(_ text: String) -> Int {
        text.unicodeScalars.reduce(0) { $0 + width($1) }
    }

    /// `text` cut to `columns`, with an ellipsis where something was cut.
    static func truncated(_ text: String, to columns: Int) -> String {
        guard width(text) > columns else { return text }
        guard columns > 0 else { return "" }
        var kept = ""
        var used = 0
        for character in text {
            let next = width(String(character))
            guard used + next <= columns - 1 else { break }
            kept.append(character)
            used += next
        }
        return kept + "…"
    }

    /// `text` with spaces up to `columns`, on the right or (numbers) on the left.
    static func padded(_ text: String, to columns: Int, alignedRight: Bool = false) -> String {
        let spaces = String(repeating: " ", count: max(0, columns - width(text)))
        return alignedRight ? spaces + text : text + spaces
    }

    private static func width(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: return 0
        default: break
        }
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF,
            0x20000...0x3FFFD:
            return 2
        default:
            return 1
        }
    }
}
