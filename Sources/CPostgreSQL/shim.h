#ifndef ATOLL_CPOSTGRESQL_SHIM_H
#define ATOLL_CPOSTGRESQL_SHIM_H
// Debian puts it into a folder of its own.
#if __has_include(<libpq-fe.h>)
#include <libpq-fe.h>
#else
#include <postgresql/libpq-fe.h>
#endif
#endif
