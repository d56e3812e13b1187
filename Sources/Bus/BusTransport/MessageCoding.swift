package import SwiftProtobuf

/// How bodies become bytes and back, under the limits of the bus.
extension Message {
    /// Reads `body`: cut, mistyped or too deeply nested bytes are refused, never guessed at.
    package init(body: [UInt8]) throws(BusFault) {
        guard body.count <= BusLimits.messageBytes else {
            throw BusFault(.invalid, "a message of \(body.count) bytes is over the limit of \(BusLimits.messageBytes)")
        }
        var options = BinaryDecodingOptions()
        options.messageDepthLimit = BusLimits.nestingDepth
        do {
            try self.init(serializedBytes: body, options: options)
        } catch {
            throw BusFault(.invalid, "a \(Self.protoMessageName) cannot be read: \(error)")
        }
    }

    /// The bytes of this message.
    package func body() throws(BusFault) -> [UInt8] {
        let bytes: [UInt8]
        do {
            bytes = try serializedBytes()
        } catch {
            throw BusFault(.invalid, "a \(Self.protoMessageName) cannot be written: \(error)")
        }
        guard bytes.count <= BusLimits.messageBytes else {
            throw BusFault(.invalid, "a message of \(bytes.count) bytes is over the limit of \(BusLimits.messageBytes)")
        }
        return bytes
    }
}
