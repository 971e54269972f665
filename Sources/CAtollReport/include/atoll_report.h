// What pages carry: their style sheets and scripts, as UTF-8.
#ifndef ATOLL_REPORT_H
#define ATOLL_REPORT_H
#include <stddef.h>

const unsigned char *_Nonnull atoll_base_style_start(void);
extern const size_t atoll_base_style_count;
const unsigned char *_Nonnull atoll_report_style_start(void);
extern const size_t atoll_report_style_count;
const unsigned char *_Nonnull atoll_dashboard_style_start(void);
extern const size_t atoll_dashboard_style_count;
const unsigned char *_Nonnull atoll_report_script_start(void);
extern const size_t atoll_report_script_count;
const unsigned char *_Nonnull atoll_dashboard_script_start(void);
extern const size_t atoll_dashboard_script_count;
#endif
