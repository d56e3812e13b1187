/// Rows under headings, each column as wide as its widest cell.
///
///     NAME        SIZE  STATE
///     film.mkv  64 MiB  seeding
struct TextTable {
    struct Column {
        let title: String
        /// Numbers stand under each other's last digit.
        let isNumber: Bool
        /// Left out of a table that is too wide: the highest rank first; `nil` is never left out.
        var rank: Int?

        static func text(_ title: String) -> Column { Column(title: title, isNumber: false) }
        static func number(_ title: String) -> Column { Column(title: title, isNumber: true) }

        func droppable(_ rank: Int) -> Column { Column(title: title, isNumber: isNumber, rank: rank) }
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

    /// The narrowest that the first column becomes.
    private static let leastWidth = 12

    /// The lines; when they are wider than `width`, columns are left out by their rank while the first one would become
    /// narrower than twelve, and then the first one gives way.
    func lines(width: Int?) -> [String] {
        var widths = columns.indices.map { index in
            ([columns[index].title] + rows.map { $0[index] }).map { DisplayText.width($0) }.max() ?? 0
        }
        var shown = Array(columns.indices)
        if let width {
            func excess() -> Int { shown.reduce(0) { $0 + widths[$1] } + 2 * (shown.count - 1) - width }
            while excess() > max(0, widths[0] - Self.leastWidth),
                let last = shown.filter({ columns[$0].rank != nil }).max(by: { rank($0) < rank($1) })
            {
                shown.removeAll { $0 == last }
            }
            if excess() > 0 { widths[0] = min(widths[0], max(Self.leastWidth, widths[0] - excess())) }
        }
        return ([columns.map(\.title)] + rows).map { cells in
            let padded = shown.map { index in
                DisplayText.padded(
                    DisplayText.truncated(cells[index], to: widths[index]),
                    to: widths[index],
                    alignedRight: columns[index].isNumber
                )
            }
            return String(padded.joined(separator: "  ").trimmedEnd)
        }
    }

    private func rank(_ index: Int) -> Int { columns[index].rank ?? -1 }
}

extension String {
    /// Without the spaces at the end.
    fileprivate var trimmedEnd: Substring {
        guard let last = lastIndex(where: { $0 != " " }) else { return "" }
        return self[...last]
    }
}
