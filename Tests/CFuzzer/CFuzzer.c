#include "CFuzzer.h"

// Of libFuzzer, which is linked with -sanitize=fuzzer.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*body)(const uint8_t *, size_t));

int atoll_run_fuzzer(int *argc, char **_Nullable *argv, int (*body)(const uint8_t *, size_t)) {
  return LLVMFuzzerRunDriver(argc, argv, body);
}
