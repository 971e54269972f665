#ifndef ATOLL_CSQLITE_SHIM_H
#define ATOLL_CSQLITE_SHIM_H
#include <sqlite3.h>
#endif
