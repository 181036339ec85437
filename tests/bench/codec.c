#include "b.h"
/* what pictures, sound and archives are made of: bytes and half-words, rounded, clipped and widened, lane by lane */
enum { N = 1 << 14 };
static unsigned char a[N + 64], b[N + 64], o[N + 64];
static short s[N + 64], t[N + 64], u[N + 64];
static int w[N + 64], z[N + 64];
static float f[N + 64], g[N + 64];
static double d[N + 64];
static u64 sum(const void *p, size_t n) { const u64 *q = p; u64 h = 0; for (size_t i = 0; i < n / 8; i++) h = mix(h, q[i]); return h; }
static int clip8(int x) { return x < 0 ? 0 : x > 255 ? 255 : x; }
static int clip16(int x) { return x < -32768 ? -32768 : x > 32767 ? 32767 : x; }
#define KERNEL static __attribute__((noinline)) void
KERNEL blend(int k) { for (int i = 0; i < N; i++) o[i] = (unsigned char)((a[i] * k + b[i] * (256 - k) + 128) >> 8); }
KERNEL average(void) { for (int i = 0; i < N; i++) o[i] = (unsigned char)((a[i] + b[i] + 1) >> 1); }
KERNEL halve(void) { for (int i = 0; i < N; i++) o[i] = (unsigned char)((a[i] + b[i]) >> 1); }
KERNEL residual(void) { for (int i = 0; i < N; i++) o[i] = (unsigned char)clip8(a[i] + ((s[i] + 32) >> 6)); }
KERNEL saturate(void) { for (int i = 0; i < N; i++) u[i] = (short)clip16(s[i] + t[i]); }
KERNEL quantize(void) { for (int i = 0; i < N; i++) u[i] = (short)clip16((s[i] * t[i] + 0x4000) >> 15); }
KERNEL narrow(int by) { for (int i = 0; i < N; i++) u[i] = (short)clip16(w[i] >> by); }
KERNEL shift(void) { for (int i = 0; i < N; i++) z[i] = w[i] << (i & 7) ^ (int)((unsigned)w[i] >> (i & 15)); }
KERNEL zeros(void) { for (int i = 0; i < N; i++) z[i] = __builtin_clz((unsigned)w[i] | 1); }
KERNEL reverse(void) { for (int i = 0; i < N; i++) o[i] = __builtin_bitreverse8(a[i]); }
KERNEL transpose(void) { for (int i = 0; i < N; i += 16) for (int j = 0; j < 4; j++) for (int k = 0; k < 4; k++) o[i + k * 4 + j] = a[i + j * 4 + k]; }
KERNEL planes(void) { for (int i = 0; i < N / 3; i++) { o[i] = a[i * 3]; o[N / 3 + i] = a[i * 3 + 1]; o[2 * (N / 3) + i] = a[i * 3 + 2]; } }
KERNEL to_int(float k) { for (int i = 0; i < N; i++) z[i] = (int)(f[i] * k); }
KERNEL to_float(float k) { for (int i = 0; i < N; i++) g[i] = (float)w[i] * k + (float)a[i]; }
KERNEL to_byte(void) { for (int i = 0; i < N; i++) o[i] = (unsigned char)clip8((int)(f[i] * 255.0f + 0.5f)); }
KERNEL to_double(void) { for (int i = 0; i < N; i++) d[i] = (double)w[i] * 0.25 + (double)f[i]; }
KERNEL rounded(void) { for (int i = 0; i < N; i++) g[i] = __builtin_floorf(f[i] * 16.0f) + __builtin_fabsf(g[i] - f[i]); }
static __attribute__((noinline)) u64 differences(void) { unsigned x = 0; for (int i = 0; i < N; i++) x += (unsigned)(a[i] > b[i] ? a[i] - b[i] : b[i] - a[i]); return x; }
static __attribute__((noinline)) u64 products(void) { int x = 0; for (int i = 0; i < N; i++) x += (signed char)a[i] * (signed char)b[i]; return (u64)(unsigned)x; }
static __attribute__((noinline)) u64 energy(void) { long long x = 0; for (int i = 0; i < N; i++) x += (long long)s[i] * s[i]; return (u64)x; }
static __attribute__((noinline)) u64 bits(void) { u64 x = 0; for (int i = 0; i < N; i++) x += (u64)__builtin_popcount((unsigned)w[i]); return x; }
int main(int c, char **v) {
  int reps = c > 1 ? atoi(v[1]) : 1000;
  u64 r = 11, h = 0;
  for (int i = 0; i < N + 64; i++) {
    u64 x = rng_next(&r);
    a[i] = (unsigned char)x; b[i] = (unsigned char)(x >> 8); s[i] = (short)(x >> 16); t[i] = (short)(x >> 32);
    w[i] = (int)(x >> 24); f[i] = (float)(x >> 40 & 0xffff) / 65536.0f; g[i] = 0;
  }
  for (int k = 0; k < reps; k++) {
    blend(k & 255); h = mix(h, sum(o, 256)); average(); h = mix(h, sum(o, 256)); halve(); h = mix(h, sum(o, 256));
    residual(); h = mix(h, sum(o, 256)); saturate(); h = mix(h, sum(u, 256)); quantize(); h = mix(h, sum(u, 256));
    narrow(k & 15); h = mix(h, sum(u, 256)); shift(); h = mix(h, sum(z, 256)); zeros(); h = mix(h, sum(z, 256));
    reverse(); h = mix(h, sum(o, 256)); transpose(); h = mix(h, sum(o, 256)); planes(); h = mix(h, sum(o, 256));
    to_int((float)(k & 1023)); h = mix(h, sum(z, 256)); to_float(0.5f); h = mix(h, sum(g, 256)); to_byte(); h = mix(h, sum(o, 256));
    to_double(); h = mix(h, sum(d, 256)); rounded(); h = mix(h, sum(g, 256));
    h = mix(h, differences()); h = mix(h, products()); h = mix(h, energy()); h = mix(h, bits());
    a[k & (N - 1)] ^= (unsigned char)h; s[k & (N - 1)] ^= (short)(h >> 8);
  }
  printf("codec %016llx\n", (unsigned long long)h);
  return 0;
}
