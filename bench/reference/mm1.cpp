// The peer of `npm run bench -- mm1`: an M/M/1 queue, event by event on std::priority_queue. Random numbers are of sfc32,
// exponential variates by inversion, -log(u); time is counted in ticks of 1 µs.
// mm1 CUSTOMERS; prints CPU seconds and the mean wait in seconds.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <queue>
#include <vector>

/** Chris Doty-Humphrey's Small Fast Chaotic generator with 128 bits of state. */
class Sfc32 {
 public:
  explicit Sfc32(uint32_t seed) : a_(seed) {
    for (int draw = 0; draw < 12; ++draw) next();
  }

  uint32_t next() {
    const uint32_t result = a_ + b_ + counter_++;
    a_ = b_ ^ (b_ >> 9);
    b_ = c_ + (c_ << 3);
    c_ = ((c_ << 21) | (c_ >> 11)) + result;
    return result;
  }

  double exponential() { return -std::log((next() + 0.5) * 0x1p-32); }

 private:
  uint32_t a_;
  uint32_t b_ = 0;
  uint32_t c_ = 0;
  uint32_t counter_ = 1;
};

enum class Kind : uint32_t { arrival, departure };

struct Event {
  int64_t time;
  uint32_t sequence;
  Kind kind;
};

struct Later {
  bool operator()(const Event& a, const Event& b) const {
    return a.time != b.time ? a.time > b.time : a.sequence > b.sequence;
  }
};

int main(int, char** arguments) {
  const uint32_t customers = atoi(arguments[1]);
  const double interarrivalTicks = 1e6 / 0.8;
  const double serviceTicks = 1e6;
  constexpr uint32_t mask = 4'095;
  const clock_t begun = clock();
  Sfc32 arrivals(1);
  Sfc32 services(2);
  std::priority_queue<Event, std::vector<Event>, Later> events;
  std::vector<int64_t> ring(mask + 1);  // when those arrived who wait
  uint32_t head = 0;
  uint32_t tail = 0;
  uint32_t sequence = 0;
  uint32_t arrived = 0;
  bool busy = false;
  double waited = 0;

  const auto serve = [&](int64_t now, int64_t waitingSince) {
    busy = true;
    waited += double(now - waitingSince);
    events.push({now + int64_t(services.exponential() * serviceTicks), sequence++, Kind::departure});
  };

  events.push({int64_t(arrivals.exponential() * interarrivalTicks), sequence++, Kind::arrival});
  while (!events.empty()) {
    const Event event = events.top();
    events.pop();
    if (event.kind == Kind::arrival) {
      if (++arrived < customers)
        events.push({event.time + int64_t(arrivals.exponential() * interarrivalTicks), sequence++, Kind::arrival});
      if (!busy) {
        serve(event.time, event.time);
      } else {
        if (tail - head > mask) return 1;
        ring[tail++ & mask] = event.time;
      }
    } else if (head == tail) {
      busy = false;
    } else {
      serve(event.time, ring[head++ & mask]);
    }
  }
  const double seconds = double(clock() - begun) / CLOCKS_PER_SEC;
  printf("{\"seconds\": %.6f, \"meanWait\": %.6f}\n", seconds, waited / customers / 1e6);
}
