#!/usr/bin/env node
import "../dist/kinesis-plan.js";
