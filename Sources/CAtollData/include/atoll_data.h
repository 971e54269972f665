// Data that ship inside the binary, so that one file is the whole product.
#ifndef ATOLL_DATA_H
#define ATOLL_DATA_H
#include <stddef.h>

// Wisconsin Diagnostic Breast Cancer: W. H. Wolberg, W. N. Street, O. L. Mangasarian (1993), UCI Machine Learning
// Repository, CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/). 569 rows, 30 measurements of cell nuclei, and
// `malignant` (1 or 0). The table is the one in scikit-learn's package (sklearn/datasets/data/breast_cancer.csv), its
// column names with underscores for blanks, `malignant` = 1 − target.
const unsigned char *_Nonnull atoll_breast_tumours_start(void);
extern const size_t atoll_breast_tumours_count;
#endif
