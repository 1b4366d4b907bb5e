// The peer of `npm run bench -- hold`: the HOLD model on std::priority_queue. The earliest of `timers` pending events is taken out
// and put back at its time plus the next increment, `operations` times.
// hold INCREMENTS TIMERS OPERATIONS stable|unstable; prints CPU seconds and, for `stable`, what the pending times add up to.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <queue>
#include <vector>

struct Event {
  int64_t time;
  uint32_t sequence;
  uint32_t slot;
};

/** Events at one time leave in the order in which they were put in. */
struct StableLater {
  bool operator()(const Event& a, const Event& b) const {
    return a.time != b.time ? a.time > b.time : a.sequence > b.sequence;
  }
};

/** Events at one time leave in any order. */
struct Later {
  bool operator()(const Event& a, const Event& b) const { return a.time > b.time; }
};

template <class Order>
void hold(const std::vector<int32_t>& increments, uint32_t timers, uint32_t operations) {
  std::vector<Event> room;
  room.reserve(timers + 1);
  std::priority_queue<Event, std::vector<Event>, Order> queue(Order{}, std::move(room));
  uint32_t sequence = 0;
  for (; sequence < timers; ++sequence) queue.push({increments[sequence], sequence, sequence});

  const clock_t begun = clock();
  for (const uint32_t end = timers + operations; sequence < end; ++sequence) {
    const Event first = queue.top();
    queue.pop();
    queue.push({first.time + increments[sequence], sequence, first.slot});
  }
  const double seconds = double(clock() - begun) / CLOCKS_PER_SEC;

  uint64_t check = 0;
  for (; !queue.empty(); queue.pop()) check += uint64_t(queue.top().time) * (queue.top().slot % 8 + 1);
  printf("{\"seconds\": %.6f, \"check\": %llu}\n", seconds, static_cast<unsigned long long>(check));
}

int main(int, char** arguments) {
  const uint32_t timers = atoi(arguments[2]);
  const uint32_t operations = atoi(arguments[3]);
  std::vector<int32_t> increments(timers + operations);
  FILE* file = fopen(arguments[1], "rb");
  if (!file || fread(increments.data(), sizeof(int32_t), increments.size(), file) != increments.size()) return 1;
  if (strcmp(arguments[4], "stable") == 0) hold<StableLater>(increments, timers, operations);
  else hold<Later>(increments, timers, operations);
}
