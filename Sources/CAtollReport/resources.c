#include "atoll_report.h"

// #embed is C23, which clang offers earlier under a warning.
#pragma clang diagnostic ignored "-Wc23-extensions"
static const unsigned char base_style[] = {
#embed "base.css"
};
static const unsigned char report_style[] = {
#embed "report.css"
};
static const unsigned char dashboard_style[] = {
#embed "dashboard.css"
};
static const unsigned char report_script[] = {
#embed "report.js"
};
static const unsigned char dashboard_script[] = {
#embed "dashboard.js"
};
const size_t atoll_base_style_count = sizeof base_style;
const size_t atoll_report_style_count = sizeof report_style;
const size_t atoll_dashboard_style_count = sizeof dashboard_style;
const size_t atoll_report_script_count = sizeof report_script;
const size_t atoll_dashboard_script_count = sizeof dashboard_script;

const unsigned char *atoll_base_style_start(void) { return base_style; }
const unsigned char *atoll_report_style_start(void) { return report_style; }
const unsigned char *atoll_dashboard_style_start(void) { return dashboard_style; }
const unsigned char *atoll_report_script_start(void) { return report_script; }
const unsigned char *atoll_dashboard_script_start(void) { return dashboard_script; }
