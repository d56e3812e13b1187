import Testing
import TrackerWire

@Suite struct `Tracker address` {
    @Test(arguments: [
        ("http://t.example/announce", "http t.example 80 /announce"),
        ("HTTPS://t.example:444/x/announce?k=1#top", "https t.example 444 /x/announce?k=1"),
        ("udp://t.example:6969", "udp t.example 6969 "), ("udp://t.example:6969/", "udp t.example 6969 /"),
        ("udp://[::1]:6969/announce", "udp ::1 6969 /announce"), ("http://t.example?k=1", "http t.example 80 ?k=1"),
        ("http://a:b@c@t.example:1/", "http t.example 1 / a:b@c"), ("http://127.0.0.1:/x", "http 127.0.0.1 80 /x"),
    ])
    func `is taken apart`(url: String, parts: String) throws {
        let address = try #require(TrackerAddress(url))
        let words = [address.scheme.rawValue, address.host, "\(address.port)", address.target]
        #expect((words + (address.login.map { [$0] } ?? [])).joined(separator: " ") == parts)
    }

    @Test(arguments: [
        "", "t.example", "ftp://t.example/", "udp://t.example/announce", "http:///announce", "http://t.example:0/",
        "http://t.example:65536/", "http://t.example:+1/", "http://[::1/", "http://[fe80::1%25lo]/", "http://a b/",
        "http://t.example/\n", "wss://t.example/",
    ])
    func `is none`(url: String) {
        #expect(TrackerAddress(url) == nil)
    }

    @Test(
        arguments: [
            ("http://t.example/announce", "http://t.example/scrape"),
            ("http://t.example/x/announce.php?k=1", "http://t.example/x/scrape.php?k=1"),
            ("http://t.example/a/announce/", nil), ("http://t.example/x", nil), ("http://t.example", nil),
            ("http://t.example/?announce/announce", nil), ("udp://t.example:1/x", "udp://t.example:1/x"),
            ("no url", nil),
        ] as [(String, String?)]
    )
    func `names where to scrape`(url: String, scrape: String?) {
        #expect(TrackerAddress.scrapeURL(for: url) == scrape)
    }

    @Test(
        arguments: [
            ("/b?c", "http t.example 8080 /b?c"), ("b", "http t.example 8080 /x/b"),
            ("?c", "http t.example 8080 /x/a?c"),
            ("//u.example/b", "http u.example 80 /b"), ("https://u.example/b", "https u.example 443 /b"),
            ("/b?u=http://v.example/", "http t.example 8080 /b?u=http://v.example/"),
            ("ftp://u.example/b", nil), ("file:///etc/passwd", nil), ("http://", nil),
        ] as [(String, String?)]
    )
    func `is redirected`(location: String, parts: String?) throws {
        let address = try #require(TrackerAddress("http://t.example:8080/x/a?k=1"))
        let next = address.redirected(to: location)
        #expect(next.map { "\($0.scheme.rawValue) \($0.host) \($0.port) \($0.target)" } == parts)
    }
}
