"""A network of its own for what is measured: nobody else's traffic, and a congestion control made for a fast line."""
import ctypes
import fcntl
import os
import socket
import struct

CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS, IFF_UP = 0x8914, 1


def enter(report):
    """Moves this process, and all that it starts, into a network that has only loopback.

    Many hosts come with `bbr`, which paces what goes over loopback. Where the kernel allows no new network, the host's is
    used and its congestion control is named.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        report.progress(f"measuring in the network of the host: {os.strerror(ctypes.get_errno())}; "
                        f"congestion control {congestion_control()}")
        return
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH22x", b"lo", IFF_UP))
    try:
        with open("/proc/sys/net/ipv4/tcp_congestion_control", "w") as file:
            file.write("reno")
    except OSError as error:
        report.progress(f"congestion control stays {congestion_control()}: {error}")


def congestion_control():
    with open("/proc/sys/net/ipv4/tcp_congestion_control") as file:
        return file.read().strip()
