import BitTorrentTypes

/// Which blocks to ask of a peer.
///
/// In this order:
/// 1. the pieces that this peer began, so that its blocks come in long runs and bad pieces have one sender;
/// 2. started pieces that nobody works on;
/// 3. a new piece of the highest priority there is: at random until four are finished, so that we soon have something to
///    give, then the rarest, of equals the one that follows a piece that this peer began; or the first, when the order is
///    sequential;
/// 4. pieces that others work on, when nothing new is left.
///
/// A piece is in exactly one of: startable (in `rarity`), under way (in `partials`), finished, skipped.
struct PiecePicker: Sendable {
    /// One peer's wish for work.
    struct Wish {
        let key: PeerKey
        let has: Bitfield
        /// How many of `has` are wanted and not verified yet.
        let interesting: Int
        var count: Int
        /// Suspected of a bad piece: works alone, on pieces that nobody else touches.
        var isOnParole = false
        /// The pieces that a peer works on of which no piece was verified yet; `nil` when it is proven.
        var probation: [PieceIndex]?
        /// What the peer would like to send.
        var suggestions: [PieceIndex] = []
        /// Bytes that were thrown away to give a suspect a clean piece.
        var discarded = 0
    }

    /// While so few pieces are finished, new ones are chosen at random.
    static let randomFirstPieces = 4
    /// Pieces are begun in a row within extents of so many bytes, of which a torrent has at least so many: with longer
    /// rows the peers of a seeder would have less to give to one another.
    static let extentLength = 4 << 20
    static let extentCount = 64
    /// An unproven peer works on no more pieces than this: what a liar can spoil before it is found.
    static let probationPieces = 2

    let layout: PieceLayout
    var order = PieceOrder.rarestFirst
    var rarity: PieceRarity
    private(set) var partials: [PartialPiece] = []
    /// Bad pieces that the next peer begins before all others and downloads alone, so that the outcome says who lied.
    private var retries: [PieceIndex] = []
    /// Where each piece is in `partials`; -1 when it is not.
    private var places: [Int32]
    private var finishedCount: Int

    init(layout: PieceLayout, verified: Bitfield, using generator: inout some RandomNumberGenerator) {
        self.layout = layout
        rarity = PieceRarity(layout: layout, using: &generator)
        places = Array(repeating: -1, count: layout.pieceCount)
        finishedCount = verified.count
        for piece in layout.pieces where verified.contains(piece) { rarity.takeOut(piece) }
    }

    /// Appends up to `wish.count` blocks to `ranges` and marks them as asked.
    mutating func pick(
        for wish: inout Wish,
        at now: EngineTime,
        using generator: inout some RandomNumberGenerator,
        into ranges: inout [BlockRange]
    ) {
        let key = wish.key
        ask(where: { $0.owner == key }, for: &wish, at: now, into: &ranges)
        ask(where: { $0.owner == nil }, for: &wish, at: now, into: &ranges)
        startNew(for: &wish, at: now, using: &generator, into: &ranges)
        guard wish.count > 0 else { return }
        if wish.isOnParole {
            cleanOne(for: &wish, at: now, into: &ranges)
        } else {
            ask(where: { _ in true }, for: &wish, at: now, into: &ranges)
        }
    }

    private mutating func ask(
        where suits: (PartialPiece) -> Bool,
        for wish: inout Wish,
        at now: EngineTime,
        into ranges: inout [BlockRange]
    ) {
        var place = 0
        while wish.count > 0, place < partials.count {
            let isOpen = partials[place].unasked > 0 && suits(partials[place])
            if isOpen, allows(partials[place], wish), admit(partials[place].piece, to: &wish) {
                if partials[place].owner == nil { partials[place].owner = wish.key }
                if wish.isOnParole, partials[place].exclusiveSince == nil { partials[place].exclusiveSince = now }
                wish.count -= partials[place].ask(upTo: wish.count, layout: layout, into: &ranges)
            }
            place += 1
        }
    }

    private func allows(_ partial: PartialPiece, _ wish: Wish) -> Bool {
        guard wish.has.contains(partial.piece) else { return false }
        if partial.isExclusive { return partial.owner == wish.key }
        return !wish.isOnParole || (partial.isIdle && partial.received == 0)
    }

    private func admit(_ piece: PieceIndex, to wish: inout Wish) -> Bool {
        guard let probation = wish.probation, !probation.contains(piece) else { return true }
        guard probation.count < Self.probationPieces else { return false }
        wish.probation?.append(piece)
        return true
    }

    private mutating func startNew(
        for wish: inout Wish,
        at now: EngineTime,
        using generator: inout some RandomNumberGenerator,
        into ranges: inout [BlockRange]
    ) {
        guard wish.count > 0 else { return }
        // Counted first, so that a search through all pieces always ends with a find.
        var left = wish.interesting - underWay(of: wish.has)
        while wish.count > 0, left > 0 {
            let retry = retries.first { wish.has.contains($0) && rarity.contains($0) }
            guard let piece = retry ?? newPiece(for: wish, using: &generator), admit(piece, to: &wish) else { return }
            let place = begin(piece, for: wish.key)
            if wish.isOnParole || retry != nil { partials[place].exclusiveSince = now }
            wish.count -= partials[place].ask(upTo: wish.count, layout: layout, into: &ranges)
            left -= 1
        }
    }

    /// How many wanted pieces of `has` are under way; in a function of its own, where nothing is copied.
    private func underWay(of has: Bitfield) -> Int {
        partials.withUnsafeBufferPointer { partials in
            var count = 0
            for place in partials.indices where has.contains(partials[place].piece) && isWanted(partials[place].piece) {
                count += 1
            }
            return count
        }
    }

    /// The piece that follows one that the peer works on, if it is wanted as much as `best`, as rare, and in the same extent.
    ///
    /// Its bytes lie side by side then: one write of ours, one read of the peer's, one run for a hasher.
    private func neighbour(of best: PieceIndex, for wish: Wish) -> PieceIndex? {
        let piecesPerExtent = max(1, min(Self.extentLength / layout.pieceLength, layout.pieceCount / Self.extentCount))
        return partials.withUnsafeBufferPointer { partials in
            for place in partials.indices.reversed() where partials[place].owner == wish.key {
                let number = partials[place].piece.rawValue + 1
                guard !number.isMultiple(of: piecesPerExtent), let next = layout.piece(number), wish.has.contains(next),
                    rarity.contains(next), rarity.isAlike(next, best)
                else { continue }
                return next
            }
            return nil
        }
    }

    private mutating func newPiece(
        for wish: Wish,
        using generator: inout some RandomNumberGenerator
    ) -> PieceIndex? {
        let has = wish.has
        guard order == .rarestFirst else { return rarity.first(of: has, in: layout) }
        let isRandom = finishedCount < Self.randomFirstPieces
        let best = isRandom ? rarity.random(of: has, using: &generator) : rarity.rarest(of: has)
        guard let best else { return nil }
        // A suggestion is taken when nothing is wanted more.
        let priority = rarity.priority(of: best)
        let suggestion = wish.suggestions.first {
            has.contains($0) && rarity.contains($0) && rarity.priority(of: $0) >= priority
        }
        return suggestion ?? (isRandom ? nil : neighbour(of: best, for: wish)) ?? best
    }

    /// Puts a piece that can be started under way; returns its place.
    private mutating func begin(_ piece: PieceIndex, for owner: PeerKey) -> Int {
        rarity.takeOut(piece)
        if !retries.isEmpty { retries.removeAll { $0 == piece } }
        places[piece.rawValue] = Int32(truncatingIfNeeded: partials.count)
        partials.append(PartialPiece(piece: piece, blockCount: layout.blockCount(of: piece), owner: owner))
        return partials.count - 1
    }

    /// Nothing is left but pieces that hold blocks of others: a suspect gets one of them anew, alone.
    private mutating func cleanOne(for wish: inout Wish, at now: EngineTime, into ranges: inout [BlockRange]) {
        let place = partials.firstIndex {
            $0.isIdle && !$0.isFull && !$0.isExclusive && wish.has.contains($0.piece)
        }
        guard let place, admit(partials[place].piece, to: &wish) else { return }
        wish.discarded += discardBlocks(at: place, from: nil)
        partials[place].owner = wish.key
        partials[place].exclusiveSince = now
        wish.count -= partials[place].ask(upTo: wish.count, layout: layout, into: &ranges)
    }
}

// MARK: - What became of the blocks

extension PiecePicker {
    func partial(of piece: PieceIndex) -> PartialPiece? { place(of: piece).map { partials[$0] } }

    /// Changes the piece under way, if it is.
    @discardableResult
    mutating func update<Result>(_ piece: PieceIndex, _ change: (inout PartialPiece) -> Result) -> Result? {
        place(of: piece).map { change(&partials[$0]) }
    }

    func isWanted(_ piece: PieceIndex) -> Bool { rarity.priority(of: piece) != .skip }

    /// Takes new priorities; what is under way and not wanted any more is forgotten, and its blocks with it.
    ///
    /// A piece whose blocks are all there stays for its verdict. Returns the bytes thrown away.
    mutating func setPriorities(_ priorities: [PiecePriority], verified: Bitfield) -> Int {
        var wasted = 0
        for place in partials.indices.reversed() {
            let piece = partials[place].piece
            guard priorities[piece.rawValue] == .skip, !partials[place].isFull else { continue }
            wasted += discardBlocks(at: place, from: nil)
            remove(piece)
        }
        let places = places
        rarity.arrange(priorities) { places[$0.rawValue] < 0 && !verified.contains($0) }
        return wasted
    }

    /// Marks the next block of `piece` as asked of a peer whose turn it is not; begins the piece if need be.
    mutating func askOne(of piece: PieceIndex, for key: PeerKey) -> BlockRange? {
        guard rarity.contains(piece) || place(of: piece) != nil else { return nil }
        let place = place(of: piece) ?? begin(piece, for: key)
        guard !partials[place].isExclusive else { return nil }
        if partials[place].owner == nil { partials[place].owner = key }
        var ranges: [BlockRange] = []
        _ = partials[place].ask(upTo: 1, layout: layout, into: &ranges)
        return ranges.first
    }

    /// The piece is verified.
    mutating func finish(_ piece: PieceIndex) {
        remove(piece)
        finishedCount += 1
    }

    /// A finished piece is not there any more: it can be started again.
    mutating func lose(_ piece: PieceIndex) {
        finishedCount -= 1
        rarity.putBack(piece)
    }

    /// The piece was bad: it can be started again.
    mutating func refuse(_ piece: PieceIndex) {
        remove(piece)
        rarity.putBack(piece)
    }

    /// The piece was bad and had several senders: the next time it has one.
    mutating func retryAlone(_ piece: PieceIndex) {
        if rarity.contains(piece), !retries.contains(piece) { retries.append(piece) }
    }

    /// `key` no longer works on what it began.
    ///
    /// A piece that it was to deliver alone loses its blocks: mixed with others' they would prove nothing. Returns the
    /// bytes thrown away so.
    mutating func disown(_ key: PeerKey) -> Int {
        var wasted = 0
        for place in partials.indices where partials[place].owner == key && !partials[place].isFull {
            partials[place].owner = nil
            guard partials[place].isExclusive else { continue }
            partials[place].exclusiveSince = nil
            wasted += discardBlocks(at: place, from: nil)
        }
        return wasted
    }

    /// Forgets what `sender` delivered into pieces that are not full; returns the bytes thrown away.
    mutating func discardBlocks(from sender: Contributor) -> Int {
        var wasted = 0
        for place in partials.indices where !partials[place].isFull { wasted += discardBlocks(at: place, from: sender) }
        return wasted
    }

    private mutating func discardBlocks(at place: Int, from sender: Contributor?) -> Int {
        let numbers = partials[place].discard(from: sender)
        return numbers.reduce(0) { $0 + layout.block($1, of: partials[place].piece).length }
    }

    private func place(of piece: PieceIndex) -> Int? {
        let place = Int(places[piece.rawValue])
        return place < 0 ? nil : place
    }

    private mutating func remove(_ piece: PieceIndex) {
        guard let place = place(of: piece) else { return }
        partials.swapAt(place, partials.count - 1)
        partials.removeLast()
        places[piece.rawValue] = -1
        if place < partials.count { places[partials[place].piece.rawValue] = Int32(truncatingIfNeeded: place) }
    }
}
