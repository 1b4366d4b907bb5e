// What the peers of the stream simulation share: sfc32, the samplers of src/simulation/kernel/samplers.ts and its histogram.
#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <utility>

/** Chris Doty-Humphrey's Small Fast Chaotic generator with 128 bits of state. */
class Sfc32 {
 public:
  Sfc32(uint32_t seed, uint32_t stream) : a_(seed), b_(stream) {
    for (int draw = 0; draw < 12; ++draw) next();
  }

  uint32_t next() {
    const uint32_t result = a_ + b_ + counter_++;
    a_ = b_ ^ (b_ >> 9);
    b_ = c_ + (c_ << 3);
    c_ = ((c_ << 21) | (c_ >> 11)) + result;
    return result;
  }

  double uniform() { return (next() + 0.5) * 0x1p-32; }

 private:
  uint32_t a_;
  uint32_t b_;
  uint32_t c_ = 0;
  uint32_t counter_ = 1;
};

/** ln n!: a table, and Stirling's series beyond it. */
inline double logFactorial(double n) {
  static const auto table = [] {
    std::array<double, 128> logs{};
    for (int at = 2; at < 128; ++at) logs[at] = logs[at - 1] + std::log(at);
    return logs;
  }();
  if (n < 128) return table[int(n)];
  const double inverse = 1 / n;
  return (n + 0.5) * std::log(n) - n + 0.9189385332046727 + inverse * (1.0 / 12 - inverse * inverse / 360);
}

/** A Poisson count of a mean of 10 or more, by transformed rejection (Hörmann 1993, PTRS). */
inline double poisson(Sfc32& random, double mean) {
  const double b = 0.931 + 2.53 * std::sqrt(mean);
  const double a = -0.059 + 0.02483 * b;
  const double vr = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const double u = random.uniform() - 0.5;
    const double v = random.uniform();
    const double us = 0.5 - std::abs(u);
    const double count = std::floor((2 * a / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= vr) return count;
    if (count < 0 || (us < 0.013 && v > us)) continue;
    const double inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
    const double bound = count * std::log(mean) - mean - logFactorial(count);
    if (std::log(v * inverseAlpha / (a / (us * us) + b)) <= bound) return count;
  }
}

/** A falling density in layers of equal area (Marsaglia and Tsang 2000; the layer from a draw of its own, as Doornik 2005 asks). */
struct Ziggurat {
  static constexpr int layers = 256;
  std::array<double, layers + 1> edges{};
  std::array<double, layers + 1> heights{};

  template <class Density, class Inverse>
  Ziggurat(double edge, double area, Density density, Inverse inverse) {
    edges[0] = area / density(edge);
    edges[1] = edge;
    for (int layer = 2; layer < layers; ++layer) edges[layer] = inverse(area / edges[layer - 1] + density(edges[layer - 1]));
    for (int layer = 0; layer <= layers; ++layer) heights[layer] = density(edges[layer]);
  }

  bool isUnder(Sfc32& random, int layer, double density) const {
    return heights[layer] + random.uniform() * (heights[layer + 1] - heights[layer]) < density;
  }
};

/** An exponential variate of mean 1. */
inline double exponential(Sfc32& random) {
  constexpr double edge = 7.69711747013105;
  static const Ziggurat zig(
      edge, 3.949659822581572e-3, [](double x) { return std::exp(-x); }, [](double y) { return -std::log(y); });
  for (double base = 0;;) {
    const int layer = random.next() & (Ziggurat::layers - 1);
    const double x = random.uniform() * zig.edges[layer];
    if (x < zig.edges[layer + 1]) return base + x;
    if (layer == 0) base += edge;
    else if (zig.isUnder(random, layer, std::exp(-x))) return base + x;
  }
}

/** A standard normal variate. */
inline double normal(Sfc32& random) {
  constexpr double edge = 3.6541528853610088;
  static const Ziggurat zig(
      edge, 4.92867323399e-3, [](double x) { return std::exp(-0.5 * x * x); },
      [](double y) { return std::sqrt(-2 * std::log(y)); });
  for (;;) {
    const uint32_t bits = random.next();
    const int layer = bits & (Ziggurat::layers - 1);
    const double sign = (bits & Ziggurat::layers) == 0 ? 1 : -1;
    const double x = random.uniform() * zig.edges[layer];
    if (x < zig.edges[layer + 1]) return sign * x;
    if (layer == 0) {
      for (;;) {
        const double beyond = exponential(random) / edge;
        if (2 * exponential(random) > beyond * beyond) return sign * (edge + beyond);
      }
    }
    if (zig.isUnder(random, layer, std::exp(-0.5 * x * x))) return sign * x;
  }
}

/** Seconds in 128 buckets to each doubling, the bucket read off the bits of the number; values below 2^-10 count as zero. */
class Histogram {
 public:
  void add(double seconds, double weight) {
    total_ += weight;
    if (!(seconds >= 0x1p-10)) {
      zero_ += weight;
      return;
    }
    uint64_t bits;
    std::memcpy(&bits, &seconds, sizeof bits);
    weights_[std::min<int64_t>(int64_t(bits >> 45) - ((1023 - 10) << 7), buckets - 1)] += weight;
  }

  double percentile(double share) const {
    double rest = share * total_ - zero_;
    if (!(rest > 0)) return 0;
    for (int bucket = 0; bucket < buckets; ++bucket) {
      if (weights_[bucket] >= rest)
        return std::ldexp(1 + (bucket % 128 + rest / weights_[bucket]) / 128, bucket / 128 - 10);
      rest -= weights_[bucket];
    }
    return 0;
  }

 private:
  static constexpr int buckets = 36 * 128;
  std::array<double, buckets> weights_{};
  double zero_ = 0;
  double total_ = 0;
};
