#include "atoll_report.h"

// #embed is C23, which clang offers earlier under a warning.
#pragma clang diagnostic ignored "-Wc23-extensions"
static const unsigned char style[] = {
#embed "report.css"
};
static const unsigned char script[] = {
#embed "report.js"
};
const size_t atoll_report_style_count = sizeof style;
const size_t atoll_report_script_count = sizeof script;

const unsigned char *atoll_report_style_start(void) { return style; }
const unsigned char *atoll_report_script_start(void) { return script; }
