#define _GNU_SOURCE
#include "CDoorSockets.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

// MARK: - Waiting

int door_poll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

static int control(int poll, int operation, int descriptor, uint64_t token, uint32_t events) {
    struct epoll_event event = {.events = events, .data.u64 = token};
    return epoll_ctl(poll, operation, descriptor, &event);
}

int door_poll_add(int poll, int descriptor, uint64_t token, uint32_t events) {
    return control(poll, EPOLL_CTL_ADD, descriptor, token, events);
}

int door_poll_change(int poll, int descriptor, uint64_t token, uint32_t events) {
    return control(poll, EPOLL_CTL_MOD, descriptor, token, events);
}

int door_poll_remove(int poll, int descriptor) { return control(poll, EPOLL_CTL_DEL, descriptor, 0, 0); }

int door_poll_wait(int poll, struct door_ready *ready, int count, int milliseconds) {
    struct epoll_event events[256];
    int limit = count < 256 ? count : 256;
    int found = epoll_wait(poll, events, limit, milliseconds);
    for (int number = 0; number < found; number++) {
        uint32_t seen = events[number].events;
        ready[number].token = events[number].data.u64;
        ready[number].events = (seen & (EPOLLIN | EPOLLERR | EPOLLHUP) ? DOOR_READABLE : 0) | (seen & EPOLLOUT ? DOOR_WRITABLE : 0);
    }
    return found;
}

int door_bell_create(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

void door_bell_ring(int bell) {
    uint64_t one = 1;
    ssize_t ignored = write(bell, &one, sizeof one);
    (void)ignored;
}

void door_bell_quiet(int bell) {
    uint64_t count;
    ssize_t ignored = read(bell, &count, sizeof count);
    (void)ignored;
}

// MARK: - Addresses

static socklen_t socket_address(const struct door_address *address, struct sockaddr_storage *storage) {
    memset(storage, 0, sizeof *storage);
    if (!address->is_ipv6) {
        struct sockaddr_in *four = (struct sockaddr_in *)storage;
        four->sin_family = AF_INET;
        four->sin_port = htons(address->port);
        four->sin_addr.s_addr = htonl(address->four);
        return sizeof *four;
    }
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)storage;
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(address->port);
    uint64_t words[2] = {htobe64(address->high), htobe64(address->low)};
    memcpy(&six->sin6_addr, words, sizeof words);
    return sizeof *six;
}

static void door_address_of(const struct sockaddr_storage *storage, struct door_address *address) {
    address->is_ipv6 = storage->ss_family == AF_INET6;
    if (!address->is_ipv6) {
        const struct sockaddr_in *four = (const struct sockaddr_in *)storage;
        address->four = ntohl(four->sin_addr.s_addr);
        address->port = ntohs(four->sin_port);
        address->high = address->low = 0;
        return;
    }
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)storage;
    uint64_t words[2];
    memcpy(words, &six->sin6_addr, sizeof words);
    address->high = be64toh(words[0]);
    address->low = be64toh(words[1]);
    address->four = 0;
    address->port = ntohs(six->sin6_port);
}

static int close_failing(int descriptor) {
    int code = errno;
    close(descriptor);
    errno = code;
    return -1;
}

static int open_socket(const struct door_address *address, int kind) {
    int family = address->is_ipv6 ? AF_INET6 : AF_INET;
    int descriptor = socket(family, kind | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    if (descriptor >= 0 && address->is_ipv6 && setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0)
        return close_failing(descriptor);
    return descriptor;
}

int door_bound_port(int descriptor) {
    struct sockaddr_storage storage;
    socklen_t length = sizeof storage;
    struct door_address address;
    if (getsockname(descriptor, (struct sockaddr *)&storage, &length) != 0) return -1;
    door_address_of(&storage, &address);
    return address.port;
}

// MARK: - TCP

int door_listen(const struct door_address *address, int backlog) {
    struct sockaddr_storage storage;
    socklen_t length = socket_address(address, &storage);
    int descriptor = open_socket(address, SOCK_STREAM);
    if (descriptor < 0) return -1;
    int on = 1;
    if (setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0
        || bind(descriptor, (struct sockaddr *)&storage, length) != 0 || listen(descriptor, backlog) != 0)
        return close_failing(descriptor);
    return descriptor;
}

int door_accept(int listener, struct door_address *source) {
    struct sockaddr_storage storage;
    socklen_t length = sizeof storage;
    int descriptor = accept4(listener, (struct sockaddr *)&storage, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor >= 0) door_address_of(&storage, source);
    return descriptor;
}

// MARK: - UDP

int door_set_sharing(int descriptor, int shares) {
    return setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &shares, sizeof shares);
}

int door_bind(const struct door_address *address, int buffer, int shares) {
    struct sockaddr_storage storage;
    socklen_t length = socket_address(address, &storage);
    int descriptor = open_socket(address, SOCK_DGRAM);
    if (descriptor < 0) return -1;
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    if ((shares && door_set_sharing(descriptor, 1) != 0)
        || bind(descriptor, (struct sockaddr *)&storage, length) != 0)
        return close_failing(descriptor);
    return descriptor;
}

struct door_batch {
    int count;
    size_t capacity;
    uint8_t *memory;
    struct door_datagram *datagrams;
    struct sockaddr_storage *names;
    struct mmsghdr *in, *out;
    struct iovec *in_parts, *out_parts;
};

static void *zeroed(size_t count, size_t size) {
    void *memory = calloc(count, size);
    if (!memory) abort();
    return memory;
}

struct door_batch *door_batch_create(int count, size_t capacity, size_t answer_capacity) {
    struct door_batch *batch = zeroed(1, sizeof *batch);
    batch->count = count;
    batch->capacity = capacity;
    batch->memory = zeroed(count, capacity + answer_capacity);
    batch->datagrams = zeroed(count, sizeof *batch->datagrams);
    batch->names = zeroed(count, sizeof *batch->names);
    batch->in = zeroed(count, sizeof *batch->in);
    batch->out = zeroed(count, sizeof *batch->out);
    batch->in_parts = zeroed(count, sizeof *batch->in_parts);
    batch->out_parts = zeroed(count, sizeof *batch->out_parts);
    for (int number = 0; number < count; number++) {
        uint8_t *memory = batch->memory + number * (capacity + answer_capacity);
        batch->datagrams[number].bytes = memory;
        batch->datagrams[number].answer = memory + capacity;
        batch->in_parts[number] = (struct iovec){memory, capacity};
        batch->in[number].msg_hdr.msg_iov = &batch->in_parts[number];
        batch->in[number].msg_hdr.msg_iovlen = 1;
        batch->in[number].msg_hdr.msg_name = &batch->names[number];
    }
    return batch;
}

void door_batch_free(struct door_batch *batch) {
    free(batch->memory);
    free(batch->datagrams);
    free(batch->names);
    free(batch->in);
    free(batch->out);
    free(batch->in_parts);
    free(batch->out_parts);
    free(batch);
}

struct door_datagram *door_batch_datagrams(struct door_batch *batch) { return batch->datagrams; }

void door_batch_aim(struct door_batch *batch, int number, const struct door_address *address) {
    batch->in[number].msg_hdr.msg_namelen = socket_address(address, &batch->names[number]);
}

int door_batch_receive(struct door_batch *batch, int descriptor) {
    for (int number = 0; number < batch->count; number++)
        batch->in[number].msg_hdr.msg_namelen = sizeof batch->names[number];
    int received = recvmmsg(descriptor, batch->in, batch->count, MSG_DONTWAIT, NULL);
    for (int number = 0; number < received; number++) {
        struct door_datagram *datagram = &batch->datagrams[number];
        datagram->length = batch->in[number].msg_hdr.msg_flags & MSG_TRUNC ? 0 : batch->in[number].msg_len;
        datagram->answer_length = 0;
        door_address_of(&batch->names[number], &datagram->source);
    }
    return received;
}

void door_batch_send(struct door_batch *batch, int descriptor, int count) {
    int answers = 0;
    for (int number = 0; number < count; number++) {
        struct door_datagram *datagram = &batch->datagrams[number];
        if (!datagram->answer_length) continue;
        batch->out_parts[answers] = (struct iovec){datagram->answer, datagram->answer_length};
        batch->out[answers].msg_hdr.msg_iov = &batch->out_parts[answers];
        batch->out[answers].msg_hdr.msg_iovlen = 1;
        batch->out[answers].msg_hdr.msg_name = &batch->names[number];
        batch->out[answers].msg_hdr.msg_namelen = batch->in[number].msg_hdr.msg_namelen;
        answers++;
    }
    int sent = 0;
    while (sent < answers) {
        int count = sendmmsg(descriptor, batch->out + sent, answers - sent, MSG_DONTWAIT);
        // One address that cannot be reached must not hold up the answers behind it.
        sent += count > 0 ? count : 1;
        if (count < 0 && errno == EINTR) sent--;
    }
}
