#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include "atoll_secret.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

// Two ways to learn of a fork, because each misses something. The kernel clears a page that is marked so (Linux 4.14),
// whoever makes the child and however; a handler of pthread_atfork clears it where there are no such pages, but only
// for children that the C library's fork() makes.

static _Alignas(64) uint64_t plain_mark;
const volatile uint64_t *atoll_fork_mark = &plain_mark;

// In memory that a child inherits: above every generation of its ancestors.
static _Atomic uint64_t last_generation;

static void clear_mark(void) { *(volatile uint64_t *)atoll_fork_mark = 0; }

// Before any thread can ask.
__attribute__((constructor)) static void prepare(void) {
#if defined(MADV_WIPEONFORK)
  void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page != MAP_FAILED && madvise(page, 4096, MADV_WIPEONFORK) == 0) atoll_fork_mark = page;
#endif
  pthread_atfork(NULL, NULL, clear_mark);
}

uint64_t atoll_fork_begin(void) {
  // Of threads that come at once, the first one's number stays: any is above the ancestors'.
  uint64_t none = 0;
  uint64_t next = atomic_fetch_add(&last_generation, 1) + 1;
  __atomic_compare_exchange_n((uint64_t *)atoll_fork_mark, &none, next, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  return none == 0 ? next : none;
}

void atoll_erase(void *bytes, size_t count) {
  memset(bytes, 0, count);
  // The compiler has to believe that someone reads the memory here.
  __asm__ volatile("" : : "r"(bytes) : "memory");
}
