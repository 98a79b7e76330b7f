/*
 * The loops of the Java benchmarks "pair" and "churn", on malloc and free of the C library or of what
 * LD_PRELOAD puts in its place. The draws are those of java.util.SplittableRandom(42), so that both
 * languages replace the same blocks by the same sizes in the same order.
 *
 *   loops pair SIZE WARMUP_MILLIS MEASURE_MILLIS
 *   loops churn LIVE WARMUP_MILLIS MEASURE_MILLIS
 *   loops draws LIVE
 *
 * prints one line of JSON. Compile with -O2 -fno-builtin-malloc -fno-builtin-free: a compiler that
 * knows what malloc is leaves out a pair whose block is not used.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SEED = 42, LEAST_DRAWS = 1 << 14, DRAWS_PER_BLOCK = 4 };
enum { LEAST_BYTES = 16, UNIFORM_SIZES = 1024, PAGE_BYTES = 4096, BATCH = 1024 };

static const double NANOS_PER_SECOND = 1e9;
static const double NANOS_PER_MILLI = 1e6;

/* One block after the other is replaced; then it begins again. */
struct plan {
  int live;
  int length; /* a power of two */
  int *slots;
  int *sizes;
};

struct loop {
  int size;          /* of a pair's block */
  struct plan plan;  /* of churn; no live block means pair */
  void **blocks;
  int next;
};

static void *required(void *memory) {
  if (memory == NULL) {
    fputs("loops: no memory\n", stderr);
    exit(1);
  }
  return memory;
}

/* SplittableRandom.nextInt(). */
static int32_t draw(uint64_t *state) {
  uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
  z = (z ^ (z >> 33)) * UINT64_C(0x62A9D9ED799705F5);
  return (int32_t)(((z ^ (z >> 28)) * UINT64_C(0xCB24D0A5C88C35B3)) >> 32);
}

static int draw_count(int live) {
  int highest = 1;
  while (highest <= live / 2) {
    highest *= 2;
  }
  const int count = highest * DRAWS_PER_BLOCK;
  return count > LEAST_DRAWS ? count : LEAST_DRAWS;
}

static struct plan uniform_plan(int live) {
  struct plan plan = {.live = live, .length = draw_count(live)};
  plan.slots = required(malloc(sizeof(int) * plan.length));
  plan.sizes = required(malloc(sizeof(int) * plan.length));
  uint64_t state = SEED;
  for (int i = 0; i < plan.length; i++) {
    const int32_t drawn = draw(&state);
    plan.slots[i] = (int)(((uint64_t)(uint32_t)drawn * live) >> 32);
    plan.sizes[i] = LEAST_BYTES + (drawn & (UNIFORM_SIZES - 1));
  }
  return plan;
}

static inline void touch_pages(void *block, int size) {
  *(volatile uint64_t *)block = (uintptr_t)block;
  for (int offset = PAGE_BYTES; offset < size; offset += PAGE_BYTES) {
    ((volatile char *)block)[offset] = 1;
  }
}

static inline void *allocate(int size) {
  void *block = malloc(size);
  if (__builtin_expect(block == NULL, 0)) {
    required(block);
  }
  touch_pages(block, size);
  return block;
}

static void run_batch(struct loop *loop) {
  if (loop->plan.live == 0) {
    for (int i = 0; i < BATCH; i++) {
      free(allocate(loop->size));
    }
    return;
  }
  for (int i = 0; i < BATCH; i++) {
    const int index = loop->next++ & (loop->plan.length - 1);
    void **block = &loop->blocks[loop->plan.slots[index]];
    free(*block);
    *block = allocate(loop->plan.sizes[index]);
  }
}

static double nanos(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * NANOS_PER_SECOND + now.tv_nsec;
}

/* The mean time of an operation over at least so many milliseconds. */
static double repeat(struct loop *loop, int millis) {
  const double start = nanos();
  double elapsed;
  int64_t operations = 0;
  do {
    run_batch(loop);
    operations += BATCH;
    elapsed = nanos() - start;
  } while (elapsed < millis * NANOS_PER_MILLI);
  return elapsed / operations;
}

/* The file that malloc comes from: a library that cannot be preloaded is only warned of. */
static const char *library_of_malloc(void) {
  Dl_info info;
  void *function = dlsym(RTLD_DEFAULT, "malloc");
  return function != NULL && dladdr(function, &info) != 0 ? info.dli_fname : "unknown";
}

static int positive(const char *text) {
  char *end;
  const long value = strtol(text, &end, 10);
  if (*text == '\0' || *end != '\0' || value < 1 || value > INT32_MAX) {
    fprintf(stderr, "loops: '%s' is not a positive number\n", text);
    exit(2);
  }
  return (int)value;
}

static int print_draws(int live) {
  const struct plan plan = uniform_plan(live);
  uint64_t hash = 0;
  for (int i = 0; i < plan.length; i++) {
    hash = 31 * (31 * hash + plan.slots[i]) + plan.sizes[i];
  }
  printf("{\"length\":%d,\"hash\":\"%016" PRIx64 "\"}\n", plan.length, hash);
  return 0;
}

static int usage(void) {
  fputs("usage: loops pair SIZE WARMUP_MILLIS MEASURE_MILLIS\n"
        "       loops churn LIVE WARMUP_MILLIS MEASURE_MILLIS\n"
        "       loops draws LIVE\n",
        stderr);
  return 2;
}

int main(int count, char **arguments) {
  if (count == 3 && strcmp(arguments[1], "draws") == 0) {
    return print_draws(positive(arguments[2]));
  }
  if (count != 5) {
    return usage();
  }
  struct loop loop = {0};
  if (strcmp(arguments[1], "pair") == 0) {
    loop.size = positive(arguments[2]);
    if (loop.size < LEAST_BYTES) {
      fprintf(stderr, "loops: a block of %d bytes is less than %d\n", loop.size, LEAST_BYTES);
      return 2;
    }
  } else if (strcmp(arguments[1], "churn") == 0) {
    loop.plan = uniform_plan(positive(arguments[2]));
    loop.blocks = required(malloc(sizeof(void *) * loop.plan.live));
    for (int i = 0; i < loop.plan.live; i++) {
      loop.blocks[i] = allocate(loop.plan.sizes[i & (loop.plan.length - 1)]);
    }
  } else {
    return usage();
  }
  const int warmup_millis = positive(arguments[3]);
  const int measure_millis = positive(arguments[4]);
  repeat(&loop, warmup_millis);
  const double nanos_per_operation = repeat(&loop, measure_millis);
  printf("{\"nsPerOp\":%.3f,\"library\":\"%s\"}\n", nanos_per_operation, library_of_malloc());
  return 0;
}
