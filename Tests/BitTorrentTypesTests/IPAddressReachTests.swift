import BitTorrentTypes
import Testing

@Suite struct `Reach of an IP address` {
    @Test(arguments: [
        "1.1.1.1", "8.8.8.8", "172.15.0.1", "172.32.0.1", "100.63.0.1", "2606:4700::1111", "::ffff:8.8.8.8",
    ])
    func `is public`(literal: String) throws {
        #expect(try #require(IPAddress(literal)).isPublic)
    }

    @Test(arguments: [
        "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255",
        "192.168.1.1", "192.0.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fc00::1",
        "fd00:ec2::254", "ff02::1", "2001:db8::1", "2001::1", "2002:7f00:1::", "64:ff9b::7f00:1", "::ffff:127.0.0.1",
    ])
    func `is not public`(literal: String) throws {
        #expect(try !#require(IPAddress(literal)).isPublic)
    }

    @Test func `is one wire`() throws {
        for literal in ["169.254.169.254", "fe80::1", "febf::1", "::ffff:169.254.0.1"] {
            #expect(try #require(IPAddress(literal)).isLinkLocal)
        }
        for literal in ["169.253.0.1", "169.255.0.1", "fec0::1", "::1"] {
            #expect(try !#require(IPAddress(literal)).isLinkLocal)
        }
    }
}
