import Glibc

/// The descriptors 0, 1 and 2, which a caller may have closed (`p2pctl list >&-`).
enum StandardDescriptors {
    /// Takes the free ones, or the next file opened would get its number and our output.
    ///
    /// What takes their place refuses use: output that nobody gets must fail, not vanish.
    static func fill() {
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where isClosed(descriptor) {
            _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }

    private static func isClosed(_ descriptor: Int32) -> Bool {
        var status = stat()
        return fstat(descriptor, &status) != 0
    }
}
