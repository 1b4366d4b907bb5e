// The ES module of js-yaml gives each document's parser state a shape of its own, which makes it half as fast as the CommonJS one.
import jsYaml from "../../node_modules/js-yaml/dist/js-yaml.cjs.js";

export const {
  CORE_SCHEMA,
  constructFromEvents,
  EVENT_MAPPING,
  EVENT_POP,
  EVENT_SCALAR,
  EVENT_SEQUENCE,
  getScalarValue,
  load,
  parseEvents,
  YAMLException,
} = jsYaml;
