#include "atoll_kernels.h"
const atoll_kernels *atoll_kernels_named(const char *name) { (void)name; return 0; }
