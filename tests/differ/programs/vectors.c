// Loops a compiler makes vector code of, and the instructions of ciphers and hashes by name. Each prints a sum of what it
// wrote; the same program on another machine prints the same.
#include <arm_acle.h>
#include <arm_neon.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define N 1021

static uint64_t seed = 1;
static uint64_t next(void) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static void fill(void *to, size_t bytes) {
    for (uint8_t *at = to; bytes--; at++) *at = next() >> 24;
}

static void tell(const char *name, const void *from, size_t bytes) {
    uint64_t sum = 0xcbf29ce484222325;
    for (const uint8_t *at = from; bytes--; at++) sum = (sum ^ *at) * 0x100000001b3;
    printf("%s %016llx\n", name, (unsigned long long)sum);
}

#define TELL(name, array) tell(name, array, sizeof array)
#define LOOP for (int i = 0; i < N; i++)

static uint8_t a8[4 * N + 64], b8[4 * N + 64], c8[4 * N + 64];
static int16_t a16[N], b16[N], c16[N];
static uint32_t a32[N], b32[N], c32[N];
static int64_t a64[N], b64[N], c64[N];
static float af[2 * N], bf[2 * N], cf[2 * N];
static double ad[N], bd[N], cd[N];

static void bytes(void) {
    LOOP { int s = a8[i] + b8[i]; c8[i] = s > 255 ? 255 : s; }
    TELL("saturating sum", c8);
    LOOP c8[i] = (a8[i] + b8[i] + 1) >> 1;
    TELL("average", c8);
    uint32_t sums[6] = {0};
    LOOP sums[0] += a8[i] > b8[i] ? a8[i] - b8[i] : b8[i] - a8[i];
    LOOP sums[1] += a8[i] * b8[i];
    LOOP sums[2] += __builtin_popcount(a8[i]);
    LOOP sums[3] += a8[i] == b8[i];
    LOOP sums[4] = a8[i] > sums[4] ? a8[i] : sums[4];
    LOOP sums[5] += (int8_t)a8[i] * (int8_t)b8[i];
    TELL("sums of bytes", sums);
    LOOP c8[i] = (77 * a8[3 * i] + 150 * a8[3 * i + 1] + 29 * a8[3 * i + 2]) >> 8;
    TELL("colours to grey", c8);
    LOOP { c8[4 * i] = a8[4 * i + 2]; c8[4 * i + 1] = a8[4 * i + 1]; c8[4 * i + 2] = a8[4 * i]; c8[4 * i + 3] = 255; }
    TELL("colours in another order", c8);
    LOOP { c8[3 * i] = a8[i]; c8[3 * i + 1] = b8[i]; c8[3 * i + 2] = a8[i] ^ b8[i]; }
    TELL("three in turns", c8);
}

static void words(void) {
    LOOP { int p = a16[i] * b16[i] >> 15; c16[i] = p > 32767 ? 32767 : p; }
    TELL("halves", c16);
    LOOP c16[i] = __builtin_bswap16(a16[i]) + (a16[i] < b16[i] ? a16[i] : b16[i]);
    TELL("halves swapped", c16);
    int64_t sum = 0;
    LOOP sum += (int64_t)a16[i] * b16[i];
    tell("halves multiplied", &sum, sizeof sum);
    LOOP c32[i] = (a32[i] << 7 | a32[i] >> 25) ^ __builtin_bswap32(b32[i]) ^ __builtin_clz(a32[i] | 1);
    TELL("words turned", c32);
    LOOP c32[i] = __builtin_bitreverse32(a32[i]) + (a32[i] >> (b32[i] & 31)) + (int32_t)a32[i] / 7;
    TELL("words shifted", c32);
    LOOP c64[i] = a64[i] > b64[i] ? a64[i] * 5 : b64[i] >> 3;
    TELL("long words", c64);
    LOOP c64[i] = (int64_t)(int32_t)a32[i] * (int32_t)b32[i] + a16[i];
    TELL("long products", c64);
    uint32_t greatest = 0, least = ~0u;
    LOOP greatest = a32[i] > greatest ? a32[i] : greatest;
    LOOP least = a32[i] < least ? a32[i] : least;
    printf("greatest %x least %x\n", greatest, least);
}

static void numbers(void) {
    LOOP cf[i] = af[i] * bf[i] + 1.5f;
    TELL("products", cf);
    LOOP cf[i] = __builtin_fmaf(af[i], bf[i], cf[i]);
    TELL("fused", cf);
    LOOP {
        cf[2 * i] = af[2 * i] * bf[2 * i] - af[2 * i + 1] * bf[2 * i + 1];
        cf[2 * i + 1] = af[2 * i] * bf[2 * i + 1] + af[2 * i + 1] * bf[2 * i];
    }
    TELL("complex", cf);
    LOOP cf[i] = sqrtf(fabsf(af[i])) / (1 + bf[i] * bf[i]);
    TELL("roots", cf);
    LOOP cf[i] = rintf(af[i]) + floorf(bf[i]) + ceilf(af[i]) + truncf(bf[i]) + roundf(af[i]);
    TELL("rounded", cf);
    LOOP c32[i] = (int32_t)af[i] + (uint32_t)fabsf(bf[i]);
    TELL("to integers", c32);
    LOOP cf[i] = (float)(int32_t)a32[i] + (float)b32[i];
    TELL("from integers", cf);
    LOOP cd[i] = ad[i] > bd[i] ? ad[i] - bd[i] : (double)af[i];
    TELL("doubles", cd);
    LOOP cf[i] = (float)ad[i];
    TELL("narrowed", cf);
    LOOP c64[i] = (int64_t)ad[i] + (ad[i] < bd[i]);
    TELL("long integers", c64);
    double sum = 0;
    LOOP sum += ad[i] * bd[i];
    printf("sum %.17g\n", sum);
}

static void strings(void) {
    memset(b8, 'a', sizeof b8);
    unsigned long total = 0;
    for (int i = 0; i < 300; i++) {
        memmove(b8 + (next() & 63), b8 + (next() & 63), next() & 1023);
        b8[700 + i] = 0;
        total += strlen((char *)b8 + (next() & 63)) + (uintptr_t)memchr(b8, 0, sizeof b8) - (uintptr_t)b8;
        total += memcmp(b8, b8 + 1, i) + strcspn((char *)b8, "xyz");
        b8[700 + i] = 'a' + i % 26;
    }
    printf("strings %lu\n", total);
    TELL("moved", b8);
}

static void ciphers(void) {
    uint8x16_t state = vld1q_u8(a8), key = vld1q_u8(b8);
    for (int i = 0; i < 20; i++) {
        state = vaesmcq_u8(vaeseq_u8(state, key));
        key = vaesimcq_u8(vaesdq_u8(key, state));
        state = vqtbl1q_u8(state, vandq_u8(key, vdupq_n_u8(15)));
    }
    vst1q_u8(c8, veorq_u8(state, key));
    tell("AES", c8, 16);
    uint64x2_t sum = vreinterpretq_u64_u8(state);
    for (int i = 0; i < 20; i++) {
        poly128_t product = vmull_p64(vgetq_lane_u64(sum, 0), vgetq_lane_u64(sum, 1) ^ i);
        sum = veorq_u64(vreinterpretq_u64_p128(product), vdupq_n_u64(next()));
    }
    vst1q_u64((uint64_t *)c8, sum);
    tell("polynomials", c8, 16);
    uint32_t crc = 0;
    for (int i = 0; i < 1000; i++) crc = __crc32b(__crc32cd(crc, next()), a8[i]) ^ __crc32cw(crc, a8[i]);
    printf("CRC %08x\n", crc);
}

static void hashes(void) {
    uint32x4_t w = vld1q_u32(a32), x = vld1q_u32(b32), y = vld1q_u32(a32 + 4), z = vld1q_u32(b32 + 4);
    uint32_t e = a32[9];
    for (int i = 0; i < 20; i++) {
        uint32x4_t was = w;
        w = vsha1su1q_u32(vsha1su0q_u32(w, x, y), z);
        x = vsha1cq_u32(x, e, w);
        y = vsha1pq_u32(y, e, w);
        z = vsha1mq_u32(z, vsha1h_u32(e), was);
        e += vgetq_lane_u32(w, 2);
        was = x;
        x = vsha256hq_u32(x, y, w);
        y = vsha256h2q_u32(y, was, w);
        w = vsha256su1q_u32(vsha256su0q_u32(w, x), y, z);
    }
    vst1q_u32(c32, veorq_u32(veorq_u32(w, x), veorq_u32(y, z)));
    tell("SHA-1 and SHA-256", c32, 16);
    uint64x2_t a = vld1q_u64((uint64_t *)a64), b = vld1q_u64((uint64_t *)b64), c = vld1q_u64((uint64_t *)a64 + 2);
    for (int i = 0; i < 20; i++) {
        uint64x2_t was = a;
        a = vsha512hq_u64(a, b, c);
        b = vsha512h2q_u64(b, c, was);
        c = vsha512su1q_u64(vsha512su0q_u64(c, a), b, was);
        a = vrax1q_u64(veor3q_u64(a, b, c), was);
        b = vxarq_u64(vbcaxq_u64(a, b, c), was, 19);
    }
    vst1q_u64((uint64_t *)c64, veor3q_u64(a, b, c));
    tell("SHA-512 and SHA-3", c64, 16);
}

int main(void) {
    fill(a8, sizeof a8), fill(b8, sizeof b8), fill(a16, sizeof a16), fill(b16, sizeof b16);
    fill(a32, sizeof a32), fill(b32, sizeof b32), fill(a64, sizeof a64), fill(b64, sizeof b64);
    for (int i = 0; i < 2 * N; i++) af[i] = (int32_t)next() / 65536.0f, bf[i] = (int32_t)next() / 1e6f;
    LOOP ad[i] = (int64_t)next() / 1e12, bd[i] = (int64_t)next() / 4294967296.0;
    bytes();
    words();
    numbers();
    strings();
    ciphers();
    hashes();
    return 0;
}
