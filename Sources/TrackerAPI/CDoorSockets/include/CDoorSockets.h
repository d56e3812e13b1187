// The calls of Linux that serve many datagrams and connections at a time, which the Glibc module of Swift does not show.
// All descriptors are non-blocking and closed on exec. Calls that fail return -1 with errno set.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// The other end of a socket: IPv4 in `four`, IPv6 in `high` and `low`, all as numbers.
struct door_address {
    uint64_t high, low;
    uint32_t four;
    uint16_t port;
    uint8_t is_ipv6;
};

enum { DOOR_READABLE = 1, DOOR_WRITABLE = 4 };

/// What is ready; `token` is what the descriptor was added with. An error or a hang-up counts as readable.
struct door_ready {
    uint64_t token;
    uint32_t events;
};

int door_poll_create(void);
int door_poll_add(int poll, int descriptor, uint64_t token, uint32_t events);
int door_poll_change(int poll, int descriptor, uint64_t token, uint32_t events);
int door_poll_remove(int poll, int descriptor);
int door_poll_wait(int poll, struct door_ready *ready, int count, int milliseconds);

/// A descriptor that others can make readable, from any thread.
int door_bell_create(void);
void door_bell_ring(int bell);
void door_bell_quiet(int bell);

/// A listening TCP socket at `address`; several loops may wait for it, one is woken for each connection.
int door_listen(const struct door_address *address, int backlog);
int door_accept(int listener, struct door_address *source);

/// A bound UDP socket at `address` with a receive buffer of `buffer` bytes, as far as the system allows.
/// With `shares`, the port may be bound again by sockets of the same user that ask for it too.
int door_bind(const struct door_address *address, int buffer, int shares);
/// Whether other sockets may still bind the port of this one.
int door_set_sharing(int descriptor, int shares);
/// The port that a socket is bound to, or -1.
int door_bound_port(int descriptor);

/// A datagram that came and the answer to it. `length` is 0 when it was too long to be of use;
/// what is put into `answer` is sent back to `source` when `answer_length` is not 0.
struct door_datagram {
    uint8_t *bytes;
    uint32_t length;
    uint32_t answer_length;
    uint8_t *answer;
    struct door_address source;
};

struct door_batch;
/// Room for `count` datagrams of `capacity` bytes, with answers of `answer_capacity` bytes. Ends the process without memory.
struct door_batch *door_batch_create(int count, size_t capacity, size_t answer_capacity);
void door_batch_free(struct door_batch *batch);
struct door_datagram *door_batch_datagrams(struct door_batch *batch);
/// Makes datagram `number` go to `address` instead of to where one came from.
void door_batch_aim(struct door_batch *batch, int number, const struct door_address *address);
/// Takes what is there in one call; returns how many datagrams.
int door_batch_receive(struct door_batch *batch, int descriptor);
/// Sends the answers to the first `count` datagrams in one call; what the system does not take is lost, as on the way.
void door_batch_send(struct door_batch *batch, int descriptor, int count);
