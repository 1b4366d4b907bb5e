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

#include "random.hpp"

static double byInversion(Sfc32& random) { return -std::log(random.uniform()); }

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
  Sfc32 arrivals(1, 0);
  Sfc32 services(2, 0);
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
    events.push({now + int64_t(byInversion(services) * serviceTicks), sequence++, Kind::departure});
  };

  events.push({int64_t(byInversion(arrivals) * interarrivalTicks), sequence++, Kind::arrival});
  while (!events.empty()) {
    const Event event = events.top();
    events.pop();
    if (event.kind == Kind::arrival) {
      if (++arrived < customers)
        events.push({event.time + int64_t(byInversion(arrivals) * interarrivalTicks), sequence++, Kind::arrival});
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
