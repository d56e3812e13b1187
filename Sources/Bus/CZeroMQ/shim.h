// libzmq, and the eventfd that wakes its owner thread (the Glibc module does not have it).
#pragma once
#include <sys/eventfd.h>
#include <zmq.h>
