#include "atoll_data.h"

// #embed is C23, which clang offers earlier under a warning.
#pragma clang diagnostic ignored "-Wc23-extensions"
static const unsigned char breast_tumours[] = {
#embed "breast-tumours.csv"
};
const size_t atoll_breast_tumours_count = sizeof breast_tumours;

const unsigned char *atoll_breast_tumours_start(void) { return breast_tumours; }
