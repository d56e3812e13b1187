import BusTransport
import Hummingbird
import TrackerStore

extension HTTPResponse.Status {
    static var noSpace: Self { Self(code: 507, reasonPhrase: "Insufficient Storage") }
}

extension Problem {
    init(_ error: TrackerStoreError) {
        switch error {
        case .diskFull:
            self.init(.noSpace, "The disk that holds the catalogue is full.", action: "Free some space.")
        case .busy, .locked:
            self.init(.serviceUnavailable, "Another process holds the catalogue.", action: "Try again in a while.")
            headers[.retryAfter] = "5"
        case .cannotOpen, .newerSchema, .failed:
            self.init(
                .serviceUnavailable,
                "The catalogue did not answer.",
                action: "Try again; see the tracker's log."
            )
        }
    }

    init(_ error: UploadError) {
        switch error {
        case .multipart(let error):
            self.init(.badRequest, "\(error)", action: "Send a form with the field file, as browsers and curl -F do.")
        case .noFile:
            self.init(.unprocessableContent, "The form has no file.", action: "Put it into the field file.")
        case .unnamedFile:
            self.init(.unprocessableContent, "A file has no name.", action: "Name it in the part's filename.")
        case .empty:
            self.init(.unprocessableContent, "The upload has no bytes.", action: "Choose a file that is not empty.")
        case .tooLarge(let limit):
            self.init(
                .contentTooLarge,
                "The upload is larger than \(limit) bytes.",
                action: "Seed it with p2pctl seed."
            )
        case .tooManyParts(let limit):
            self.init(
                .contentTooLarge,
                "The form has more than \(limit) parts.",
                action: "Seed large folders with p2pctl seed."
            )
        case .tooManyNames(let limit):
            self.init(
                .contentTooLarge,
                "The names of the files make a .torrent file of more than \(limit) bytes.",
                action: "Seed large folders with p2pctl seed, or upload them in parts."
            )
        case .overQuota(let limit):
            self.init(
                .noSpace,
                "All uploads together may take \(limit) bytes, and it would be more.",
                action: "Remove torrents with p2pctl remove --delete-data, or raise storage.quota."
            )
        case .noTorrent(let error):
            self.init(.unprocessableContent, "\(error)", action: "Choose another .torrent file.")
        case .torrentAmongFiles:
            self.init(
                .unprocessableContent,
                "A .torrent file comes alone.",
                action: "Send either one field torrent, or fields file."
            )
        case .labels(let error):
            self.init(error)
        case .notShareable(let path):
            self.init(
                .forbidden,
                "\(path) is in no folder that may be shared.",
                action: "Name a folder above it in storage.shareable."
            )
        case .missing(let path):
            self.init(.notFound, "There is no file or folder \(path).", action: "Check the path.")
        case .noSpace:
            self.init(.noSpace, "The tracker's disk has no room for it.", action: "Free some space there.")
        case .disk(_, let reason):
            self.init(.internalServerError, "The tracker cannot write: \(reason).", action: "See the tracker's log.")
        case .refused(let error):
            self.init(.unprocessableContent, "No torrent can be made of it: \(error).", action: "Rename the files.")
        case .unreadable(let reason):
            self.init(.internalServerError, "The upload cannot be read back: \(reason).", action: "Upload it again.")
        case .hashing(let fault):
            self.init(
                .serviceUnavailable,
                "Nobody hashed it: \(fault).",
                action: "See p2pctl ps, then upload it again."
            )
        case .cancelled:
            self.init(.conflict, "The upload was cancelled while it was hashed.", action: "Upload it again.")
        case .seeding(let fault):
            self.init(.serviceUnavailable, "Nobody seeds it: \(fault).", action: "See p2pctl ps, then upload it again.")
        case .store(let error):
            self.init(error)
        case .interrupted:
            self.init(.badRequest, "The connection broke during the upload.", action: "Upload it again.")
        }
    }
}
