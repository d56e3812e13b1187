import Bencode

/// What decodes is what its own bytes say: written anew and read again it is the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: size))
    for limits in [BencodeLimits.message, .default] {
        guard let root = try? BencodeNode.decode(bytes, limits: limits) else { continue }
        let value = BencodeValue(root)
        let written = value.encoded()
        guard let again = try? BencodeNode.decode(written, limits: limits) else {
            fatalError("what was written cannot be read")
        }
        precondition(BencodeValue(again) == value, "what was written reads otherwise")
    }
    return 0
}
