#!/usr/bin/env node
require("../dist/kinesis-plan.cjs");
