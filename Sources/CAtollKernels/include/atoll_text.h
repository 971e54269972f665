// Reading delimited text, sixteen bytes at a time: separators, and numbers of few digits.
//
// Vectors that every processor has, whose operations are exact: no choice at run time. The functions are in the header so
// that they become part of the loops that use them.
#ifndef ATOLL_TEXT_H
#define ATOLL_TEXT_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(nullability)
#pragma clang assume_nonnull begin
#endif
#endif

#define ATOLL_INLINE static inline __attribute__((always_inline))

typedef uint8_t atoll_bytes __attribute__((vector_size(16)));

ATOLL_INLINE atoll_bytes atoll_load_bytes(const uint8_t *from) {
  atoll_bytes bytes;
  memcpy(&bytes, from, sizeof bytes);
  return bytes;
}

ATOLL_INLINE atoll_bytes atoll_all_bytes(uint8_t byte) { return (atoll_bytes){0} + byte; }

// The top bits of sixteen bytes, the first byte's lowest.
ATOLL_INLINE uint32_t atoll_top_bits(atoll_bytes bytes) {
#if defined(__SSE2__)
  typedef char chars __attribute__((vector_size(16)));
  return (uint32_t)__builtin_ia32_pmovmskb128((chars)bytes);
#else
  // Of eight bytes, bit 8i moves to 56 + i; all other products fall off or stay below.
  uint64_t words[2];
  memcpy(words, &bytes, sizeof words);
  uint64_t low = ((words[0] >> 7 & 0x0101010101010101) * 0x0102040810204080) >> 56;
  uint64_t high = ((words[1] >> 7 & 0x0101010101010101) * 0x0102040810204080) >> 56;
  return (uint32_t)(low | high << 8);
#endif
}

// One bit for each of 64 bytes, the first byte's lowest.
typedef struct {
  // Delimiters, line feeds and carriage returns.
  uint64_t separators;
  // Quotes, zero bytes and bytes beyond ASCII.
  uint64_t odd;
} atoll_marks;

ATOLL_INLINE atoll_marks atoll_find_marks(const uint8_t *text, uint8_t delimiter) {
  atoll_marks marks = {0, 0};
  for (int part = 0; part < 4; part++) {
    atoll_bytes bytes = atoll_load_bytes(text + 16 * part);
    atoll_bytes ends = (atoll_bytes)(bytes == delimiter) | (atoll_bytes)(bytes == '\n') | (atoll_bytes)(bytes == '\r');
    atoll_bytes odd = (atoll_bytes)(bytes == '"') | (atoll_bytes)(bytes == 0) | bytes;
    marks.separators |= (uint64_t)atoll_top_bits(ends) << (16 * part);
    marks.odd |= (uint64_t)atoll_top_bits(odd) << (16 * part);
  }
  return marks;
}

// Sixteen bytes, each a digit 0 to 9, as two numbers of eight digits.
ATOLL_INLINE uint64_t atoll_sixteen_digits(atoll_bytes digits) {
#if defined(__SSE2__)
  typedef short shorts __attribute__((vector_size(16)));
  typedef int ints __attribute__((vector_size(16)));
  shorts words = (shorts)digits;
  // The first digit of a pair is in the low byte.
  shorts pairs = (words & 0xff) * 10 + (shorts)((unsigned short __attribute__((vector_size(16))))words >> 8);
  ints fours = __builtin_ia32_pmaddwd128(pairs, (shorts){100, 1, 100, 1, 100, 1, 100, 1});
  shorts packed = __builtin_ia32_packssdw128(fours, fours);
  ints eights = __builtin_ia32_pmaddwd128(packed, (shorts){10000, 1, 10000, 1, 10000, 1, 10000, 1});
  return (uint64_t)(uint32_t)eights[0] * 100000000 + (uint32_t)eights[1];
#else
  uint64_t eights[2];
  memcpy(eights, &digits, sizeof eights);
  for (int half = 0; half < 2; half++) {
    uint64_t value = eights[half];
    value = (value * 10 + (value >> 8)) & 0x00ff00ff00ff00ff;
    value = (value * 100 + (value >> 16)) & 0x0000ffff0000ffff;
    eights[half] = (value * 10000 + (value >> 32)) & 0xffffffff;
  }
  return eights[0] * 100000000 + eights[1];
#endif
}

// Zeros, then ones: from n on, the last n of sixteen bytes are ones.
static const uint8_t atoll_last_bytes[32] = {0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,
                                             0,   0,   0,   0,   0,   255, 255, 255, 255, 255, 255,
                                             255, 255, 255, 255, 255, 255, 255, 255, 255, 255};

// By the place of the decimal mark among sixteen bytes, 16 where there is none: the power of ten behind it.
static const double atoll_fraction_scale[17] = {1e15, 1e14, 1e13, 1e12, 1e11, 1e10, 1e9, 1e8, 1e7,
                                                1e6,  1e5,  1e4,  1e3,  1e2,  1e1,  1e0, 1e0};

// The number that 1 to 16 bytes spell, rounded once: digits with at most one decimal mark, and a minus before them, whose
// digits as one integer are at most 2^53. Not a number for whatever else the bytes are.
//
// No branch depends on the sign, the number of digits or the place of the mark, which a processor cannot foretell: the
// bytes are moved to the upper end of a vector, all before the first digit is made zero, and what stands before the mark
// moves up by one.
//
// `lead` bytes before the text can be read as well.
ATOLL_INLINE double atoll_short_number(const uint8_t *text, size_t count, size_t lead, uint8_t decimal) {
  uint8_t copy[16] = {0};
  const uint8_t *end = text + count;
  if (lead + count < 16) {
    memcpy(copy + 16 - count, text, count);
    end = copy + 16;
  }
  uint64_t negative = *text == '-';
  size_t length = count - negative;
  // A digit has the bits of 0x30, whatever stands there, and no other byte becomes less than ten.
  atoll_bytes values = (atoll_load_bytes(end - 16) ^ '0') & atoll_load_bytes(atoll_last_bytes + length);
  uint32_t marks = atoll_top_bits((atoll_bytes)(values == (uint8_t)(decimal ^ '0')));
  uint32_t place = (uint32_t)__builtin_ctz(marks | 0x10000);
  // Ones up to the mark: none of them where there is no mark.
  size_t upto = place == 16 ? 0 : place + 1;
  atoll_bytes behind = atoll_load_bytes(atoll_last_bytes + 16 - upto);
  atoll_bytes moved = __builtin_shufflevector((atoll_bytes){0}, values, 0, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27,
                                              28, 29, 30);
  atoll_bytes digits = (values & behind) | (moved & ~behind);
  atoll_bytes nine = atoll_all_bytes(9);
  uint32_t good = atoll_top_bits((atoll_bytes)((atoll_bytes)__builtin_elementwise_max(digits, nine) == nine));
  uint64_t integer = atoll_sixteen_digits(digits);
  if (good != 0xffff || length == (marks != 0) || integer > (uint64_t)1 << 53) return __builtin_nan("");
  double magnitude = (double)(int64_t)integer / atoll_fraction_scale[place];
  uint64_t bits;
  memcpy(&bits, &magnitude, sizeof bits);
  bits |= negative << 63;
  memcpy(&magnitude, &bits, sizeof bits);
  return magnitude;
}

#if defined(__has_feature)
#if __has_feature(nullability)
#pragma clang assume_nonnull end
#endif
#endif
#endif
