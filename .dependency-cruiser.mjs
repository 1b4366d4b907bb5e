// Lowest floor first. A file may import from its own folder and from any floor below it. Folders that share a floor do not see each
// other: simulation/ checks sizing/, so it must not borrow from it.
const floors = [
  ["units"],
  ["diagnostics"],
  ["service"],
  ["workload"],
  ["sizing", "simulation", "scheduling"],
  ["planning"],
  ["gates"],
  ["report"],
  ["adapters"],
  ["cli"],
];

/** The one folder that may import each library. */
const libraryOwners = {
  "@aws-sdk/client-kinesis": "adapters",
  "@smithy/node-http-handler": "adapters",
  "@valibot/to-json-schema": "report",
  chalk: "report",
  "cli-table3": "report",
  "cli-progress": "cli",
  commander: "cli",
  "csv-parse": "workload",
  "fast-string-width": "report",
  "fastest-levenshtein": "diagnostics",
  "js-md5": "workload",
  "js-yaml": "workload",
  tinypool: "cli",
  valibot: "(workload|report)",
  yaml: "workload",
};

function floorRules() {
  return floors.flatMap((floor, index) =>
    floor.flatMap((folder) => {
      const outOfReach = [...floor.filter((other) => other !== folder), ...floors.slice(index + 1).flat()];
      if (outOfReach.length === 0) return [];
      return [
        {
          name: `${folder}-keeps-to-its-floor`,
          comment: `src/${folder} does not see ${outOfReach.join(", ")}. Move what both need to a lower floor.`,
          severity: "error",
          from: { path: `^src/${folder}/` },
          to: { path: `^src/(${outOfReach.join("|")})/` },
        },
      ];
    }),
  );
}

const ownerRules = Object.entries(libraryOwners).map(([library, owner]) => ({
  name: `${library.replace(/\W+/g, "-")}-has-one-owner`,
  comment: `Only src/${owner} imports ${library}, so that replacing it touches one folder.`,
  severity: "error",
  from: { path: "^src/", pathNot: `^src/${owner}/` },
  to: { path: `node_modules/${library}/` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...floorRules(),
    ...ownerRules,
    {
      name: "only-the-edges-touch-the-machine",
      comment:
        "The floors below adapters/ compute. Files, clocks, streams and exit codes belong to cli/ and adapters/.",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/(cli|adapters)/" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "no-circular",
      comment: "Two files that need each other are one file, or need a third below both.",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "no-import-from-test",
      comment: "Tests depend on the program, never the program on its tests.",
      severity: "error",
      from: { path: "^(src|bin)/" },
      to: { path: "^(test|fixtures)/" },
    },
    {
      name: "not-to-unresolvable",
      comment: "An import that resolves to nothing escapes every other rule.",
      severity: "error",
      from: { path: "^src/" },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^dist/" },
  },
};
