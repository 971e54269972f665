// For secrets: whether this process is a copy of the one that asked before, and erasure.
//
// Secret random numbers must not go on in a child where the parent's stream stands: both would draw the same. Each
// process has a generation, a number above those of all its ancestors; a stream that finds another generation than
// that of its key draws a new key. It costs two loads.
#ifndef ATOLL_SECRET_H
#define ATOLL_SECRET_H
#include <stddef.h>
#include <stdint.h>

#if defined(__has_feature)
#if __has_feature(nullability)
#pragma clang assume_nonnull begin
#endif
#endif

// What holds the generation; 0 in a process that has not been asked yet. Not to be used directly.
extern const volatile uint64_t *atoll_fork_mark;

// Sets the generation of a process that has none.
uint64_t atoll_fork_begin(void);

static inline uint64_t atoll_fork_generation(void) {
  uint64_t generation = *atoll_fork_mark;
  return generation != 0 ? generation : atoll_fork_begin();
}

// Overwrites with zeros, also where nobody reads them.
void atoll_erase(void *bytes, size_t count);

#if defined(__has_feature)
#if __has_feature(nullability)
#pragma clang assume_nonnull end
#endif
#endif
#endif
