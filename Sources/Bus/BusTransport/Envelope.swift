import BusSchema
import SwiftProtobuf

/// What stands around every message between processes: who, to whom, about what, until when.
///
/// - Units: the deadline is what is left of it when the message is sent; whole milliseconds on the wire.
package struct Envelope: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case request
        case reply
        case progress
        case cancel
        case notice
    }

    /// The protocol that this program speaks.
    package static let version: UInt32 = 1

    package var kind: Kind
    /// Chosen by the asker, unique among its open requests; the answer repeats it.
    package var correlation: UInt64
    package var method = ""
    /// `nil` where the connection already says it.
    package var destination: Destination?
    package var source = ""
    package var epoch: UInt64 = 0
    package var deadline = Duration.zero
    package var fault: BusFault?

    package init(_ kind: Kind, correlation: UInt64) {
        self.kind = kind
        self.correlation = correlation
    }

    /// Reads the first frame of a message.
    package init(_ bytes: [UInt8]) throws(EnvelopeError) {
        let message: P2p_V1_Envelope
        do {
            message = try P2p_V1_Envelope(body: bytes)
        } catch {
            throw .unreadable(error.message)
        }
        guard message.version == Self.version else {
            throw .version(message.version, correlation: message.correlation)
        }
        switch message.kind {
        case .request: kind = .request
        case .reply: kind = .reply
        case .progress: kind = .progress
        case .cancel: kind = .cancel
        case .notice: kind = .notice
        case .unspecified, .UNRECOGNIZED: throw .unknownKind(message.kind.rawValue)
        }
        correlation = message.correlation
        guard message.method.utf8.count <= BusLimits.methodBytes else {
            throw .longMethod(bytes: message.method.utf8.count)
        }
        method = message.method
        if !message.destination.isEmpty {
            guard let destination = Destination(message.destination) else {
                throw .unknownDestination(String(message.destination.prefix(64)))
            }
            self.destination = destination
        }
        source = message.source
        epoch = message.epoch
        deadline = min(.milliseconds(message.deadlineMs), BusLimits.deadline)
        if message.hasFault {
            guard let code = BusFault.Code(message.fault.code) else {
                throw .unknownFault(message.fault.code.rawValue)
            }
            fault = BusFault(code, message.fault.message)
        }
    }

    package var bytes: [UInt8] {
        let message = P2p_V1_Envelope.with {
            $0.version = Self.version
            $0.kind = P2p_V1_MessageKind(kind)
            $0.correlation = correlation
            $0.method = method
            $0.destination = destination?.description ?? ""
            $0.source = source
            $0.epoch = epoch
            $0.deadlineMs = deadline.milliseconds
            if let fault {
                $0.fault.code = P2p_V1_FaultCode(fault.code)
                $0.fault.message = String(decoding: fault.message.utf8.prefix(BusLimits.faultBytes), as: UTF8.self)
            }
        }
        do {
            return try message.body()
        } catch {
            preconditionFailure("an envelope of bounded fields is never over the limits: \(error)")
        }
    }
}

/// Why the first frame of a message was not accepted.
package enum EnvelopeError: Error, Hashable, Sendable {
    case unreadable(String)
    /// Another version of the protocol; it is refused, not guessed at.
    case version(UInt32, correlation: UInt64)
    case unknownKind(Int)
    case unknownDestination(String)
    case unknownFault(Int)
    case longMethod(bytes: Int)
}

extension P2p_V1_MessageKind {
    fileprivate init(_ kind: Envelope.Kind) {
        switch kind {
        case .request: self = .request
        case .reply: self = .reply
        case .progress: self = .progress
        case .cancel: self = .cancel
        case .notice: self = .notice
        }
    }
}

extension P2p_V1_FaultCode {
    fileprivate init(_ code: BusFault.Code) {
        switch code {
        case .invalid: self = .invalid
        case .notFound: self = .notFound
        case .refused: self = .refused
        case .unavailable: self = .unavailable
        case .deadlineExceeded: self = .deadlineExceeded
        case .overloaded: self = .overloaded
        case .cancelled: self = .cancelled
        case .version: self = .version
        case .failed: self = .failed
        case .alreadyExists: self = .alreadyExists
        }
    }
}

extension BusFault.Code {
    fileprivate init?(_ code: P2p_V1_FaultCode) {
        switch code {
        case .invalid: self = .invalid
        case .notFound: self = .notFound
        case .refused: self = .refused
        case .unavailable: self = .unavailable
        case .deadlineExceeded: self = .deadlineExceeded
        case .overloaded: self = .overloaded
        case .cancelled: self = .cancelled
        case .version: self = .version
        case .failed: self = .failed
        case .alreadyExists: self = .alreadyExists
        case .unspecified, .UNRECOGNIZED: return nil
        }
    }
}
