// What cli-table3 measures text with. The package it names compiles a regular expression of 10 KB at each call.
module.exports = require("fast-string-width").default;
