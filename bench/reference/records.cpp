// The peer of `npm run bench -- records`: one shard record by record. Exponential gaps, a bucket of records and one of bytes, polls with
// jitter on the shard's read buckets, a bounded prefetch buffer, a processor of constant speed, ages by the second, latencies.
// records HOURS RATE; prints CPU seconds and the run's figures.
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

#include "random.hpp"

constexpr double mib = 1'048'576;
constexpr double recordBytes = 800, writeRecords = 1'000, writeBytes = mib;
constexpr double readBytes = 2 * mib, readCalls = 5, bytesPerCall = 10 * mib;
constexpr uint32_t recordsPerCall = 10'000, prefetchRecords = 30'000;
constexpr double prefetchBytes = 8 * mib, pollSeconds = 1, jitter = 0.1, serviceSeconds = 0.0008;
constexpr int chunkTicks = 60;

/** Accepted records that are not processed, and some that are. */
struct Log {
  static constexpr uint32_t mask = (1 << 18) - 1;
  std::vector<double> arrivals = std::vector<double>(mask + 1), sizes = std::vector<double>(mask + 1);
  uint32_t accepted = 0, fetched = 0, processed = 0;
};

class Writer {
 public:
  double offered = 0;

  Writer(Log& log, double rate) : log_(log), rate_(rate) { next_ = exponential(random_) / rate_; }

  void writeUntil(double end) {
    for (; next_ < end; next_ += exponential(random_) / rate_) {
      const double passed = next_ - seconds_;
      seconds_ = next_;
      records_ = std::min(writeRecords, records_ + passed * writeRecords);
      bytes_ = std::min(writeBytes, bytes_ + passed * writeBytes);
      ++offered;
      if (records_ < 1 || bytes_ < recordBytes) continue;
      --records_;
      bytes_ -= recordBytes;
      if (log_.accepted - log_.processed > Log::mask) abort();
      log_.arrivals[log_.accepted & Log::mask] = next_;
      log_.sizes[log_.accepted++ & Log::mask] = recordBytes;
    }
  }

 private:
  Sfc32 random_{1, 1};
  Log& log_;
  double rate_, next_, seconds_ = 0, records_ = writeRecords, bytes_ = writeBytes;
};

class Reader {
 public:
  Histogram latencies, ages;
  double throttled = 0;

  explicit Reader(Log& log) : log_(log), nextPoll_(random_.uniform() * pollSeconds) {}

  void readUntil(double end) {
    for (; nextPoll_ < end; nextPoll_ += pollSeconds * (1 + jitter * (2 * random_.uniform() - 1))) poll(nextPoll_);
    advance(end);
  }

 private:
  void poll(double now) {
    advance(now);
    if (log_.fetched > log_.processed && (log_.fetched - log_.processed >= prefetchRecords || heldBytes_ >= prefetchBytes))
      return;
    bytes_ = std::min(readBytes, bytes_ + (now - bucketSeconds_) * readBytes);
    calls_ = std::min(readCalls, calls_ + (now - bucketSeconds_) * readCalls);
    bucketSeconds_ = now;
    if (bytes_ < 0 || calls_ < 1) {
      ++throttled;
      return;
    }
    const double before = heldBytes_;
    for (uint32_t count = 0; count < recordsPerCall && log_.fetched < log_.accepted; ++count) {
      const double size = log_.sizes[log_.fetched & Log::mask];
      if (log_.arrivals[log_.fetched & Log::mask] > now || heldBytes_ - before + size > bytesPerCall) break;
      ++log_.fetched;
      heldBytes_ += size;
    }
    bytes_ -= heldBytes_ - before;
    --calls_;
    if (!busy_) doneAt_ = std::max(doneAt_, now);
  }

  /** The processor takes what is fetched, in order, and the age is looked at on every second. */
  void advance(double seconds) {
    while (tick_ + 1 <= seconds) {
      ++tick_;
      process(tick_);
      if (log_.processed < log_.accepted) ages.add(tick_ - log_.arrivals[log_.processed & Log::mask], 1);
    }
    process(seconds);
  }

  void process(double until) {
    for (;;) {
      if (busy_) {
        if (doneAt_ > until) return;
        busy_ = false;
        heldBytes_ -= log_.sizes[log_.processed++ & Log::mask];
      }
      if (log_.processed == log_.fetched || doneAt_ >= until) return;
      doneAt_ += serviceSeconds;
      busy_ = true;
      latencies.add(doneAt_ - log_.arrivals[log_.processed & Log::mask], 1);
    }
  }

  Sfc32 random_{1, 2};
  Log& log_;
  double nextPoll_, heldBytes_ = 0, doneAt_ = 0, bytes_ = readBytes, calls_ = readCalls, bucketSeconds_ = 0;
  int tick_ = 0;
  bool busy_ = false;
};

int main(int, char** arguments) {
  const int ticks = atoi(arguments[1]) * 3'600;
  const double rate = atof(arguments[2]);
  const clock_t begun = clock();
  Log log;
  Writer writer(log, rate);
  Reader reader(log);
  for (int tick = chunkTicks; tick <= ticks; tick += chunkTicks) {
    writer.writeUntil(tick);
    reader.readUntil(tick);
  }
  const double seconds = double(clock() - begun) / CLOCKS_PER_SEC;
  printf("{\"seconds\": %.6f, \"offered\": %.0f, \"accepted\": %u, \"processed\": %u, ", seconds, writer.offered, log.accepted,
         log.processed);
  printf("\"latencyP50\": %.6f, \"latencyP99\": %.6f}\n", reader.latencies.percentile(0.5), reader.latencies.percentile(0.99));
}
