#ifndef ATOLL_CZLIB_SHIM_H
#define ATOLL_CZLIB_SHIM_H
#include <zlib.h>
#endif
