#pragma once
#include <stddef.h>
#include <stdint.h>

/// Runs libFuzzer with a function that is given the bytes.
int atoll_run_fuzzer(int *_Nonnull argc, char *_Nullable *_Nullable *_Nonnull argv,
                     int (*_Nonnull body)(const uint8_t *_Nullable bytes, size_t count));
