import Glibc

/// Each peer and each open file takes a descriptor; the usual soft limit of 1024 is far below what is allowed.
enum OpenFileLimit {
    /// Raises the soft limit to the hard one, at most to 65 536; returns what holds then.
    static func raise() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        let wanted = min(limit.rlim_max, 65_536)
        guard limit.rlim_cur < wanted else { return Int(clamping: limit.rlim_cur) }
        let before = limit.rlim_cur
        limit.rlim_cur = wanted
        let isRaised = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
        return Int(clamping: isRaised ? wanted : before)
    }
}
