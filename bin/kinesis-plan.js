#!/usr/bin/env node
require("./code-cache.js").runBundle();
