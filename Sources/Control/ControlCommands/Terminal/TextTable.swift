/// Rows under headings, each column as wide as its widest cell.
///
///     NAME        SIZE  STATE
///     film.mkv  64 MiB  seeding
struct TextTable {
    struct Column {
        let title: String
        /// Numbers stand under each other's last digit.
        let isNumber: Bool

        static func text(_ title: String) -> Column { Column(title: title, isNumber: false) }
        static func number(_ title: String) -> Column { Column(title: title, isNumber: true) }
    }

    private let columns: [Column]
    private var rows: [[String]] = []

    init(_ columns: Column...) {
        self.columns = columns
    }

    /// Adds a row; cells are escaped here, so that no caller can forget it.
    mutating func add(_ cells: String...) {
        precondition(cells.count == columns.count, "a row has a cell for each column")
        rows.append(cells.map { DisplayText.escaped($0) })
    }

    /// The lines; when they are wider than `width`, the first column gives way, down to twelve columns.
    func lines(width: Int?) -> [String] {
        var widths = columns.indices.map { index in
            ([columns[index].title] + rows.map { $0[index] }).map { DisplayText.width($0) }.max() ?? 0
        }
        if let width {
            let excess = widths.reduce(0, +) + 2 * (columns.count - 1) - width
            if excess > 0 { widths[0] = min(widths[0], max(12, widths[0] - excess)) }
        }
        return ([columns.map(\.title)] + rows).map { cells in
            let padded = columns.indices.map { index in
                DisplayText.padded(
                    DisplayText.truncated(cells[index], to: widths[index]),
                    to: widths[index],
                    alignedRight: columns[index].isNumber
                )
            }
            return String(padded.joined(separator: "  ").trimmedEnd)
        }
    }
}

extension String {
    /// Without the spaces at the end.
    fileprivate var trimmedEnd: Substring {
        guard let last = lastIndex(where: { $0 != " " }) else { return "" }
        return self[...last]
    }
}
