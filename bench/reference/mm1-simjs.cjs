// The peer of `npm run bench -- mm1`: an M/M/1 queue on simjs, with a Facility for the server.
// mm1-simjs.cjs FILE CUSTOMERS; FILE is sim.js of the package. Prints CPU seconds and the mean wait.
const [file, customers] = [process.argv[2], Number(process.argv[3])];

// The package exports nothing; its library is left on the window, where there is one.
globalThis.window = globalThis;
require(file);
const { Sim, Entity, Facility, Random } = globalThis.Sim;

const before = process.cpuUsage();
const random = new Random(1);
const server = new Facility("server");

class Source extends Entity {
  arrivals = 0;

  start() {
    this.setTimer(random.exponential(0.8)).done(this.arrive);
  }

  arrive() {
    this.useFacility(server, random.exponential(1));
    this.arrivals += 1;
    if (this.arrivals < customers) this.setTimer(random.exponential(0.8)).done(this.arrive);
  }
}

const sim = new Sim();
sim.addEntity(Source);
sim.simulate(Number.POSITIVE_INFINITY);
const { user, system } = process.cpuUsage(before);
const meanWait = server.queueStats().durationSeries.average();
console.log(JSON.stringify({ seconds: (user + system) / 1e6, meanWait }));
